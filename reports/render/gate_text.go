package render

import (
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

var gateTextFormat = GateFormat[gate.Report]{Name: "text", About: "the verdict, tables and reasons for a terminal", Ext: ".txt", Write: GateText}

// Limits of the text format.
const (
	maxNotes   = 20 // cells that are told of below the table; a terminal has so many lines
	gateNarrow = 60 // a terminal below has no room for the verdict beside its reason
	leastName  = 12 // columns of the name of a cell, however narrow the terminal
	mostName   = 60
)

// GateText writes what a gate found for a terminal of o.Width columns: the verdict with what decided it, a table with
// the worst cell first, and below it the reasons, the controls, the warnings and the rule. Of what passed it has one line
// each, unless o.Verbose. Only commands and paths are wider than the terminal: broken, they could not be copied.
func GateText(w io.Writer, r *gate.Report, o Options) error {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	p := &page{paint: paint(o.Colour), width: max(o.Width, minWidth)}
	cells := worst(r.Cells)
	p.gateHead(r)
	p.gateTable(cells, pairs(r), o.Verbose)
	p.gateReasons(cells, pairs(r), o.Verbose)
	p.trend(r.Trend)
	p.gateFoot(r, o.Verbose)
	_, err := w.Write(p.out.Bytes())
	return err
}

// banner writes a verdict, large, and beside it what decided it.
func (p *page) banner(verdict, sentence string, shade text.Colors) {
	line := strings.Repeat("━", min(p.width, maxLine))
	p.line(p.on(line, shade))
	badge := " " + verdict + " "
	lead := p.on(badge, slices.Concat(shade, text.Colors{text.Bold, text.ReverseVideo}))
	if p.width < gateNarrow {
		p.line(lead)
		for _, l := range wrap(sentence, p.width-1) {
			p.line(" " + p.on(l, bold))
		}
	} else {
		for _, l := range wrap(sentence, min(p.width, maxLine)-columns(badge)-1) {
			p.line(lead + " " + p.on(l, bold))
			lead = strings.Repeat(" ", columns(badge))
		}
	}
	p.line(p.on(line, shade))
}

// gateHead writes the verdict, large, and what was compared.
func (p *page) gateHead(r *gate.Report) {
	verdict, sentence := gateTitle(r)
	p.banner(verdict, sentence, gateShade(r.Verdict))
	if words := tally(r.Cells); !strings.Contains(sentence, words) {
		p.prose(1, "", words, neutral)
	}
	p.prose(1, "", strings.Join(gateFacts(r), " · "), faint)
	p.prose(1, "base  ", sideFacts(&r.Base), faint)
	p.prose(1, "head  ", sideFacts(&r.Head), faint)
	for i, w := range first(r.Warnings, maxFootnotes) {
		if i == 0 {
			p.line("")
		}
		p.prose(1, "! ", clean(w, maxProse), dear)
	}
	if n := len(r.Warnings) - maxFootnotes; n > 0 {
		p.prose(1, "! ", unit.Plural(n, "further warning"), dear)
	}
}

// gateTable writes a line per cell, and further ones below where they say something.
func (p *page) gateTable(cells []*gate.Cell, pairs string, verbose bool) {
	if len(cells) == 0 {
		return
	}
	p.line("")
	t := newGateTable(cells, pairs, p.width-indent, verbose)
	p.grid(t.grid(), len(t.lines))
	texts, left := t.notes.shown()
	for i, s := range texts {
		p.prose(indent, unit.Superscript(i+1)+" ", clean(s, maxProse), dear)
	}
	if left > 0 {
		p.prose(indent, "", unit.Plural(left, "further warning"), dear)
	}
	if s := t.legend(); s != "" {
		p.prose(indent, "", s, faint)
	}
}

// gateReasons tells why a cell is not green, and how to look into it. Cells that a control made void have no reason of
// their own.
func (p *page) gateReasons(cells []*gate.Cell, pairs string, verbose bool) {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *gate.Cell) bool {
		return !verbose && (green(c.Verdict) || c.Verdict == gate.Void)
	})
	for _, c := range first(cells, maxNotes) {
		p.line("")
		shade := gateShade(c.Verdict)
		p.prose(0, gateMark(c.Verdict)+" ", clean(c.Name, maxCell), slices.Concat(shade, bold))
		p.prose(indent, "", decided(c), neutral)
		words := effort(c, pairs)
		if v := visibleFrom(decisive(c).measure); v != "" && c.Verdict == gate.NoVerdict {
			words = append(words, v)
		}
		if len(words) > 0 {
			p.prose(indent, "", strings.Join(words, ", "), faint)
		}
		if c.Repeat != "" {
			p.verbatim("repeat   ", c.Repeat)
		}
		for i, file := range c.Profiles {
			if i == 0 {
				p.verbatim("profile  ", file)
			} else {
				p.verbatim("         ", file)
			}
		}
	}
	if n := len(cells) - maxNotes; n > 0 {
		p.line("")
		p.prose(0, "", "Of "+unit.Plural(n, "further cell")+" that did not pass no reason is shown here; the other formats have them.", dear)
	}
}

// verbatim writes a command or a path in one line, however wide.
func (p *page) verbatim(lead, s string) {
	p.line(strings.Repeat(" ", indent) + p.on(lead, faint) + clean(s, maxCommand))
}

// gateFoot writes the controls, the rule, and the command.
func (p *page) gateFoot(r *gate.Report, verbose bool) {
	if held, s := controlsSentence(r); s != "" {
		p.line("")
		if held {
			p.prose(0, "✓ ", s, good)
		} else {
			p.prose(0, "! ", s, dear)
		}
	}
	rule := r.Rule
	if green(r.Verdict) && !verbose {
		rule = "" // who has nothing to doubt need not read it
	}
	p.closing(rule, r.Command)
}

// closing writes by which rule the verdict came about, and the command.
func (p *page) closing(rule, command string) {
	if rule+command != "" {
		p.line("")
	}
	if rule != "" {
		p.prose(0, "", clean(rule, maxRule), faint)
	}
	if command != "" {
		p.line(p.on(clean(command, maxCommand), faint))
	}
}

// first returns the first n of a list, or all of it.
func first[T any](list []T, n int) []T {
	return list[:min(n, len(list))]
}
