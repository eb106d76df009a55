package gate

import (
	"fmt"
	"math"
	"strings"
)

// wayLockStep is what Report.Way says of Judge.
const wayLockStep = "lock-step"

// report starts the report of a lock-step measurement with all that is not a verdict.
func (s *Samples) report(suite *Suite) *Report {
	r := &Report{
		Way: wayLockStep, Suite: suite.Title(), Rule: suite.Rule(), Command: Command(s.Command), Machine: Machine(s.Environment),
		Base: s.Base, Head: s.Head, Cells: []Cell{}, Controls: []Measure{},
	}
	r.Warnings = append(r.Warnings, s.Warnings...)
	planted := false
	for i := range s.Cells {
		planted = planted || s.Cells[i].PlantedNow > 0
	}
	switch {
	case planted:
		r.Warnings = append(r.Warnings, "the head was made to do further work, as -prove does")
	case s.Base.Commit != "" && s.Base.Commit == s.Head.Commit:
		r.Warnings = append(r.Warnings, "base and head are the same commit")
	}
	if s.Base.Go != s.Head.Go {
		r.Warnings = append(r.Warnings, fmt.Sprintf("base and head were built by different compilers: %s and %s", s.Base.Go, s.Head.Go))
	}
	if s.Base.Build != s.Head.Build {
		r.Warnings = append(r.Warnings, fmt.Sprintf("base and head were built with different flags: %q and %q", s.Base.Build, s.Head.Build))
	}
	return r
}

// Command is a command line that a shell reads as the same words.
func Command(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\$`&|;<>()*?[]{}~#!") {
			words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// Machine is the machine in one line, from the facts that a run records.
func Machine(environment map[string]any) string {
	fact := func(key string) string {
		if v, ok := environment[key]; ok && v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	var words []string
	add := func(format, value string) {
		if value != "" {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	add("%s", fact("cpu"))
	add("%s cores", fact("cores"))
	kernel := fact("kernel")
	if os := fact("os"); !strings.HasPrefix(strings.ToLower(kernel), os) { // uname's words begin with it
		kernel = strings.TrimSpace(os + " " + kernel)
	}
	add("%s", kernel)
	add("%s", fact("go"))
	return strings.Join(words, ", ")
}

// conclude gives the report its verdict and its sentence. The worst wins, in this order: a cell that exact counts or a bad
// end convict; void; regressed; no verdict; improved; pass. Nothing but passes and improvements is green.
func (r *Report) conclude() {
	why := r.control()
	if r.Verdict == Void {
		for i := range r.Cells {
			switch c := &r.Cells[i]; {
			case c.exact():
			case r.outweighs(c):
				r.Warnings = append(r.Warnings, fmt.Sprintf("%s; %s is slower by far more than that", why, c.Name))
			default:
				c.Verdict, c.Why, c.more = Void, why, false
			}
		}
	}
	n := r.tally()
	switch {
	case n[Regressed] > 0:
		r.Verdict = Regressed
	case r.Verdict == Void:
	case n[NoVerdict] > 0 || r.judged() == 0 || why != "":
		r.Verdict = NoVerdict
	case n[Improved] > 0:
		r.Verdict = Improved
	default:
		r.Verdict = Pass
	}
	r.Summary = r.sentence(n, why)
	for i := range r.Cells {
		if c := &r.Cells[i]; c.New {
			r.Warnings = append(r.Warnings, fmt.Sprintf("nothing is held against %s yet: %s", c.Name, c.Why))
		}
	}
}

// judged is how many cells decide: all but the new ones.
func (r *Report) judged() (n int) {
	for i := range r.Cells {
		if !r.Cells[i].New {
			n++
		}
	}
	return n
}

// outweigh is by how many times a slowdown must exceed what a control may have moved to stand in spite of it. A head that is
// much slower moves the controls itself: its slices are longer, and leave the caches to others for longer. One that was
// three times as slow moved the walk by 1 to 3 %.
const outweigh = 5

// outweighs says that a cell is slower by so much that no unfairness of the size of the controls' explains it.
func (r *Report) outweighs(c *Cell) bool {
	moved := 0.0
	for i := range r.Controls {
		if e := r.Controls[i].Change; e.N > 0 {
			moved = max(moved, math.Abs(math.Log(e.Lo)), math.Abs(math.Log(e.Hi)))
		}
	}
	for i := range c.Measures {
		if m := &c.Measures[i]; m.Verdict == Regressed && m.Role != Shown && math.Log(m.Change.Lo) > outweigh*moved {
			return true
		}
	}
	return false
}

// control says what is wrong with the negative controls, where the way of measuring has them.
func (r *Report) control() (why string) {
	if r.Way != wayLockStep {
		return ""
	}
	for _, want := range []Verdict{Void, NoVerdict} {
		for i := range r.Controls {
			if m := &r.Controls[i]; m.Verdict == want {
				r.Verdict = max(r.Verdict, want)
				return m.Why
			}
		}
	}
	if len(r.Controls) == 0 {
		return "there is no negative control: nothing shows that the machine was fair"
	}
	return ""
}

// exact says that the cell is regressed by what needs no fair machine: a count, or how it ended.
func (c *Cell) exact() bool {
	if c.Verdict != Regressed {
		return false
	}
	for i := range c.Counts {
		if c.Counts[i].Verdict == Regressed {
			return true
		}
	}
	return c.ended
}

// tally counts the cells that decide by verdict.
func (r *Report) tally() (n [len(verdicts)]int) {
	for i := range r.Cells {
		if c := &r.Cells[i]; !c.New {
			n[c.Verdict]++
		}
	}
	return n
}

// sentence says it all in one.
func (r *Report) sentence(n [len(verdicts)]int, why string) (text string) {
	all := r.judged()
	if isNew := len(r.Cells) - all; isNew > 0 {
		defer func() { text += fmt.Sprintf(" %s new, and held against nothing.", areCells(isNew)) }()
	}
	of := func(v Verdict) string {
		return fmt.Sprintf("%d of %s", n[v], cells(all))
	}
	first := func(v Verdict) string {
		for i := range r.Cells {
			if c := &r.Cells[i]; c.Verdict == v && !c.New {
				return c.Name + ": " + c.Why
			}
		}
		return ""
	}
	switch r.Verdict {
	case Void:
		return fmt.Sprintf("Nothing counts: %s.", why)
	case Regressed:
		return fmt.Sprintf("%s regressed: %s.", of(Regressed), first(Regressed))
	case NoVerdict:
		switch {
		case all == 0:
			return "Nothing was judged: there is no cell."
		case n[NoVerdict] == 0:
			return fmt.Sprintf("No verdict: %s.", why)
		}
		return fmt.Sprintf("No verdict on %s: %s.", of(NoVerdict), first(NoVerdict))
	case Improved:
		return fmt.Sprintf("%s improved, and none is worse by its tolerance or more: %s.", of(Improved), first(Improved))
	}
	if r.Way == wayBaseline {
		return fmt.Sprintf("%s passed: all their counts are what they were.", cells(all))
	}
	return fmt.Sprintf("%s passed: each was shown to be worse by less than its tolerance.", cells(all))
}

// areCells is "1 cell is" or "3 cells are".
func areCells(n int) string {
	if n == 1 {
		return "1 cell is"
	}
	return cells(n) + " are"
}

// cells is "1 cell" or "3 cells".
func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}
