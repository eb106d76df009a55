package litmus

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"daxbench/engine/target"
)

// Stories writes what happened in each cell, step by step.
func (m *Matrix) Stories(w io.Writer, l Look) error {
	p := newPage(l)
	for k, e := range m.Scenarios {
		if k > 0 {
			p.line("")
		}
		head := e.Name
		if e.Number > 0 {
			head = fmt.Sprintf("%d %s", e.Number, e.Name)
		}
		p.hang("", 0, head+": "+e.Title, bold)
		if e.Origin != "" {
			p.hang("  ", 2, "From: "+e.Origin+".", faint)
		}
		for _, s := range e.Shows {
			p.hang("  ", 2, s, nil)
		}
		if !Charged(e.Scenario) {
			p.hang("  ", 2, fmt.Sprintf("What it finds is held against the setting %s, a fault of code outside eviction, and not against the policy; which policies mend it all the same is shown.", e.Blames), nil)
		}
		for _, param := range e.Params {
			p.hang("  ", 2, strings.TrimSpace(fmt.Sprintf("%s=%d: %s", param.Name, param.N, param.Why)), faint)
		}
		for _, g := range m.groups(k) {
			p.cell(e, g.names, g.cell)
		}
	}
	return p.writeTo(w)
}

// A group are policies under which just the same happened.
type group struct {
	names []string
	cell  *Cell
}

// groups puts the rows together that tell the same story of scenario k.
func (m *Matrix) groups(k int) (list []*group) {
next:
	for _, r := range m.Rows {
		c, name := &r.Cells[k], strings.TrimSpace(r.ID+" "+r.Policy)
		for _, g := range list {
			if c.alike(g.cell) {
				g.names = append(g.names, name)
				continue next
			}
		}
		list = append(list, &group{[]string{name}, c})
	}
	return list
}

// alike reports whether the same happened in both, with as much work.
func (c *Cell) alike(d *Cell) bool {
	return slices.EqualFunc(c.Runs, d.Runs, func(a, b Result) bool { return a.Run == b.Run && a.alike(b) })
}

// alike reports whether the same happened in two runs.
func (r *Result) alike(o Result) bool {
	o.Run = r.Run
	return reflect.DeepEqual(*r, o)
}

// cell writes the story of a cell.
func (p *page) cell(e Entry, names []string, c *Cell) {
	for i := range c.Runs {
		r := &c.Runs[i]
		if slices.ContainsFunc(c.Runs[:i], r.alike) {
			continue
		}
		p.line("")
		head := strings.Join(names, ", ")
		var runs []string
		for _, other := range c.Runs[i:] {
			if other.Run != "" && r.alike(other) {
				runs = append(runs, other.Run+settings(e, other.Run))
			}
		}
		if len(runs) > 0 {
			head += "; run " + strings.Join(runs, ", ")
		}
		p.hang("  ", 2, head, bold)
		s := signOf(&r.Outcome)
		why := r.Outcome.String()
		if r.Outcome.Why != "" {
			why += ": " + r.Outcome.Why
		}
		p.hang("    ", 4, why+".", s.look)
		p.story(r.Story)
		for _, f := range r.Outcome.Findings {
			if f.Text != r.Outcome.Why {
				p.hang("    "+p.on("!", bad)+" ", 6, label(f)+f.Text+".", bad)
			}
		}
		if text := orders(r); text != "" {
			p.hang("    ", 4, text, faint)
		}
	}
}

// settings are those of a run, in brackets.
func settings(e Entry, run string) string {
	var words []string
	for _, v := range e.Runs {
		if v.Name == run {
			for _, s := range v.Set {
				words = append(words, s.String())
			}
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, " ") + ")"
}

// label is what a finding breaks.
func label(f target.Finding) string {
	switch name := f.Property; {
	case name != "" && f.Invariants != "":
		return fmt.Sprintf("%s (%s): ", letters(f.Invariants), name)
	case f.Invariants != "":
		return letters(f.Invariants) + ": "
	case name != "":
		return name + ": "
	}
	return ""
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// orders says how many orders were tried, and how much work it was.
func orders(r *Result) (s string) {
	if r.Work > 0 {
		s = count(r.Work, "page looked at", "pages looked at") + " in search of pins. "
	}
	if r.Orders > 1 {
		s += fmt.Sprintf("%d orders of the steps that start together were tried; this is the worst.", r.Orders)
	}
	if r.More {
		s += " There are more."
	}
	return strings.TrimSpace(s)
}

// story writes lines with the time where it changes, and the task where it does.
func (p *page) story(lines []target.Line) {
	tasks, times := 0, 0
	for _, l := range lines {
		tasks = max(tasks, len(l.Task))
		times = max(times, len(clock(l.At)))
	}
	last := time.Duration(-1)
	for _, l := range lines {
		at := ""
		if l.At != last {
			at, last = clock(l.At), l.At
		}
		lead := fmt.Sprintf("    %s  %-*s  ", p.on(fmt.Sprintf("%*s", times, at), faint), tasks, l.Task)
		room := 8 + times + tasks
		switch l.Kind {
		case target.Took:
			p.hang(lead, room, l.Text, bold)
		case target.Remarked:
			p.hang(lead, room, l.Text, faint)
		default:
			p.hang(lead+"  ", room+2, l.Text, nil)
		}
	}
}

// clock writes a time of a story.
func clock(d time.Duration) string { return round(d).String() }
