package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

// Widths at which strings of a gate's report are cut, in columns.
const (
	maxCell    = 400  // a name where it is told in full
	maxRule    = 2000 // the rule of a gate, and an explanation
	maxCommand = 8000 // a command or a path: cut, it is of no use
)

// none stands where there is no number.
const none = "–"

// green says whether a verdict lets a change through. All others do not, whatever the reason.
func green(v gate.Verdict) bool {
	return v == gate.Pass || v == gate.Improved
}

// gateMark tells verdicts apart without colour.
func gateMark(v gate.Verdict) string {
	switch v {
	case gate.Pass:
		return "✓"
	case gate.Improved:
		return "▲"
	case gate.Regressed:
		return "✗"
	case gate.Void:
		return "∅"
	}
	return "?"
}

// gateShade is the colour of a verdict.
func gateShade(v gate.Verdict) text.Colors {
	switch v {
	case gate.Pass, gate.Improved:
		return good
	case gate.Regressed:
		return bad
	}
	return dear
}

// marked is a verdict with its mark, the same in every format.
func marked(v gate.Verdict) string {
	return gateMark(v) + " " + v.String()
}

// worst returns the cells, the worst verdict first, and within one the greatest change for the worse.
func worst(cells []gate.Cell) []*gate.Cell {
	out := make([]*gate.Cell, len(cells))
	for i := range cells {
		out[i] = &cells[i]
	}
	slices.SortStableFunc(out, func(a, b *gate.Cell) int {
		return cmp.Or(cmp.Compare(b.Verdict, a.Verdict), cmp.Compare(change(b), change(a)))
	})
	return out
}

// change is the ratio that decided a cell, 0 if there is none.
func change(c *gate.Cell) float64 {
	s := decisive(c)
	return s.ratio()
}

// tally counts the verdicts, the worst first: "6 cells: 1 regressed, 5 pass".
func tally(cells []gate.Cell) string {
	counts := map[gate.Verdict]int{}
	for i := range cells {
		counts[cells[i].Verdict]++
	}
	var words []string
	for v := gate.Regressed; ; v-- {
		if n := counts[v]; n > 0 {
			words = append(words, unit.Count(n)+" "+v.String())
		}
		if v == gate.Pass {
			break
		}
	}
	if len(words) == 0 {
		return "no cells"
	}
	return unit.Plural(len(cells), "cell") + ": " + strings.Join(words, ", ")
}

// gateTitle is the verdict of a gate and what decided it.
func gateTitle(r *gate.Report) (verdict, sentence string) {
	if sentence = clean(r.Summary, maxProse); sentence == "" {
		sentence = tally(r.Cells)
	}
	return marked(r.Verdict), sentence
}

// gateFacts is what one has to know of a gate, as short phrases.
func gateFacts(r *gate.Report) (out []string) {
	for _, s := range []string{r.Way, r.Suite, r.Machine} {
		if s != "" {
			out = append(out, clean(s, maxProse/2))
		}
	}
	return out
}

// sideFacts is what one has to know of one side.
func sideFacts(b *gate.Binary) string {
	var out []string
	for _, s := range []string{b.Name, b.Tool, b.Commit, b.Go, b.Build} {
		if s != "" {
			out = append(out, clean(s, maxProse/4))
		}
	}
	if len(out) == 0 {
		return "unknown"
	}
	return strings.Join(out, " · ")
}

// controlsSentence says whether the negative controls held. It is empty for a gate without any that needs none.
func controlsSentence(r *gate.Report) (held bool, sentence string) {
	if len(r.Controls) == 0 {
		if r.Way == "lock-step" {
			return false, "no negative controls were measured"
		}
		return true, ""
	}
	held = true
	words := make([]string, len(r.Controls))
	for i := range r.Controls {
		m := &r.Controls[i]
		words[i] = clean(m.Name, maxName) + " " + cmp.Or(changeWords(m), none)
		if m.Verdict != gate.Pass {
			held = false
			words[i] += ", " + controlVerdict(m.Verdict)
			if m.Why != "" {
				words[i] += " (" + clean(m.Why, maxProse/2) + ")"
			}
		}
	}
	if held {
		return true, "the controls held: " + strings.Join(words, "; ")
	}
	return false, "the controls did not hold: " + strings.Join(words, "; ")
}

// controlVerdict says what a verdict means for what the change cannot touch: it may not become better either.
func controlVerdict(v gate.Verdict) string {
	if v == gate.NoVerdict {
		return v.String()
	}
	return "moved"
}

// changeWords is a change with its interval: "+5.23 % [+4.10, +6.31]". It is empty if there is none.
func changeWords(m *gate.Measure) string {
	if m.Change.N == 0 {
		return ""
	}
	s := percent(m.Change.Value)
	if i := interval(m); i != "" {
		s += " " + i
	}
	return s
}

// measureSentence tells one measure in full.
func measureSentence(m *gate.Measure) string {
	s := clean(m.Name, maxName) + ": " + subject{measure: m}.verdict()
	if words := changeWords(m); words != "" {
		s += ", " + words
		if finite(m.Adjusted) && m.Alpha > 0 {
			s += fmt.Sprintf(", p %s (significant below %.3g)", pValue(m.Adjusted), m.Alpha)
		}
	}
	if v := baseHead(subject{measure: m}); v != "" {
		s += ", " + v
	}
	if v := visibleFrom(m); v != "" {
		s += ", " + v
	}
	if m.Why != "" {
		s += "; " + clean(m.Why, maxProse)
	}
	return s
}

// countSentence tells one count in full.
func countSentence(c *gate.Count) string {
	s := clean(c.Name, maxName) + ": " + c.Verdict.String() + ", " + baseHead(subject{count: c})
	if c.Why != "" {
		s += "; " + clean(c.Why, maxProse)
	}
	return s
}

// details tell a cell in full, a line each.
func details(c *gate.Cell, pairs string) (out []string) {
	if c.Why != "" {
		out = append(out, clean(c.Why, maxProse))
	}
	for _, m := range c.Measures {
		if m.Why == c.Why {
			m.Why = "" // it has been said
		}
		out = append(out, measureSentence(&m))
	}
	for _, n := range c.Counts {
		if n.Why == c.Why {
			n.Why = ""
		}
		out = append(out, countSentence(&n))
	}
	if words := effort(c, pairs); len(words) > 0 {
		out = append(out, strings.Join(words, ", "))
	}
	texts, left := numbered([][]string{c.Warnings}).shown()
	for _, w := range texts {
		out = append(out, "warning: "+clean(w, maxProse))
	}
	if left > 0 {
		out = append(out, unit.Plural(left, "further warning"))
	}
	return out
}

// pairs says what the figures of a gate rest on: pairs of fresh processes, or rounds of runs.
func pairs(r *gate.Report) string {
	if r.Way == "within" {
		return "round"
	}
	return "fork"
}

// effort says what the figures of a cell rest on, as short phrases.
func effort(c *gate.Cell, pairs string) (out []string) {
	if c.Forks > 0 {
		out = append(out, unit.Plural(c.Forks, pairs))
	}
	if c.Looks > 1 {
		out = append(out, unit.Plural(c.Looks, "look"))
	}
	if c.Slice != "" {
		out = append(out, "slices of "+clean(c.Slice, maxProse/2))
	}
	return out
}

// visibleFrom says what such data would have shown. It is empty if that is not known.
func visibleFrom(m *gate.Measure) string {
	if m == nil || !(m.Smallest > 0) || !finite(m.Smallest) {
		return ""
	}
	return "a change of " + share(m.Smallest) + " would have been seen in 9 of 10 cases"
}

// decided says in one sentence how a cell came by its verdict.
func decided(c *gate.Cell) string {
	if c.Why != "" {
		return clean(c.Why, maxProse)
	}
	switch s := decisive(c); {
	case s.measure != nil:
		return measureSentence(s.measure)
	case s.count != nil:
		return countSentence(s.count)
	}
	return "nothing was measured"
}
