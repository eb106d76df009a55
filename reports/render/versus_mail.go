package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

var versusMail = VersusFormat{Name: "mail", About: "plain ASCII within 75 columns, for a patch mail or a commit message", Ext: ".txt", Write: VersusMail}

// mailWidth is what a line of a commit message may have: git format-patch and the kernel's checkpatch.pl warn beyond.
const mailWidth = 75

// VersusMail writes files side by side so that the text can be pasted into a patch mail and a commit message: ASCII, no
// line above 75 columns, the command and the machine with it. Everything is indented but for words of ours, so that no
// line can be what git am takes for the end of the message ("---", "diff -", "Index: ") or git commit for a comment (#).
func VersusMail(w io.Writer, r *versus.Report, o VersusOptions) error {
	p := &versusPage{page{ascii: true, width: mailWidth}, newSideBySide(r, true), "", "", ""}
	if r.Command != "" {
		p.prose(0, "Compared with: ", p.say(clean(r.Command, maxCommand)), neutral)
	}
	for i := range r.Inputs {
		p.measured(&r.Inputs[i])
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

// measured says how a run was measured, so that others can do it again.
func (p *versusPage) measured(in *versus.Input) {
	if !in.Run {
		return
	}
	command := gate.Command(append([]string{"daxbench"}, in.Command...))
	if len(in.Command) == 0 {
		command = "command unknown"
	}
	p.prose(0, "", p.say(clean(p.label(in), maxName)+": "+clean(command, maxCommand)), neutral)
	facts := []string{cmp.Or(in.Tool, "version unknown"), "commit unknown", fmt.Sprintf("seed %d", in.Seed), unit.Plural(in.Rounds, "round")}
	if in.Commit != "" {
		facts[1] = "commit " + in.Commit
	}
	if t, err := time.Parse(time.RFC3339Nano, in.Started); err == nil {
		facts = append(facts, t.UTC().Format(time.DateOnly))
	}
	if in.Status != "finished" {
		facts = append(facts, in.Status)
	}
	for i := range facts {
		facts[i] = p.say(clean(facts[i], maxFact))
	}
	p.prose(indent, "", strings.Join(facts, ", "), neutral)
}

// label is the name of a file, as short as that of its column.
func (s *sideBySide) label(in *versus.Input) string {
	return cmp.Or(s.labels[in.Label], in.Label)
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
		seen[m] = append(seen[m], s.say(clean(s.label(&s.Inputs[i]), maxName)))
	}
	for _, m := range order {
		if len(order) > 1 {
			m += " (" + strings.Join(seen[m], ", ") + ")"
		}
		out = append(out, m)
	}
	return out
}
