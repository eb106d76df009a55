package render

import (
	"io"
	"strings"

	"daxbench/reports/versus"
)

var versusMail = VersusFormat{Name: "mail", About: "plain ASCII within 75 columns, for a patch mail or a commit message", Ext: ".txt", Write: VersusMail}

// mailWidth is what a line of a commit message may have: git format-patch and the kernel's checkpatch.pl warn beyond.
const mailWidth = 75

// VersusMail writes files side by side so that the text can be pasted into a patch mail and a commit message: ASCII, no
// line above 75 columns, the command and the machine with it. Everything is indented but for words of ours, so that no
// line can be what git am takes for the end of the message ("---", "diff -", "Index: ") or git commit for a comment (#).
func VersusMail(w io.Writer, r *versus.Report, o VersusOptions) error {
	p := &versusPage{page{ascii: true, width: mailWidth}, newSideBySide(r, true), ""}
	if r.Command != "" {
		p.prose(0, "Measured with: ", p.say(clean(r.Command, maxProse)), neutral)
	}
	for _, m := range p.machines() {
		p.prose(0, "Machine: ", m, neutral)
	}
	for _, w := range p.allWarnings() {
		p.prose(0, "Note: ", w, neutral)
	}
	p.tables(o.All)
	p.close()
	_, err := w.Write(p.out.Bytes())
	return err
}

// machines are the machines of the files, each once, with what ran there.
func (s *sideBySide) machines() (out []string) {
	seen := make(map[string][]string)
	var order []string
	for i := range s.Inputs {
		m := s.say(clean(s.Inputs[i].Machine, maxProse))
		if m == "" {
			m = "not said"
		}
		if seen[m] == nil {
			order = append(order, m)
		}
		label := s.Inputs[i].Label
		if short, ok := s.labels[label]; ok {
			label = short
		}
		seen[m] = append(seen[m], s.say(clean(label, maxName)))
	}
	for _, m := range order {
		if len(order) > 1 {
			m += " (" + strings.Join(seen[m], ", ") + ")"
		}
		out = append(out, m)
	}
	return out
}
