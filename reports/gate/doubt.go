package gate

import (
	"fmt"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// doubtful is the level at which a drift over the forks is said: it costs a warning and decides nothing.
const doubtful = 0.01

// maxNotes is how many different notes of a cell are shown. The samples hold the rest.
const maxNotes = 3

// doubt adds what makes the figures of a cell doubtful, beside the cell.
func (c *drawn) doubt(forks []*Fork) {
	add := func(format string, args ...any) { c.Warnings = append(c.Warnings, fmt.Sprintf(format, args...)) }
	for i := range c.series {
		m := &c.series[i]
		if m.Role == Shown {
			continue
		}
		if rho, p := stats.Drift(m.logs); p < doubtful {
			add("%s: the ratio drifted over the forks (rank correlation %+.2f)", m.Name, rho)
		}
		if stats.Bimodal(m.logs) {
			add("%s: the ratios of the forks have two modes", m.Name)
		}
	}
	loose := 0
	for _, f := range forks {
		if f.Loose {
			loose++
		}
	}
	if loose > 0 {
		add("in %d of %d forks the two sides could not be kept on one processor", loose, len(forks))
	}
	c.Warnings = append(c.Warnings, notes(forks)...)
}

// scatter doubts a pass by an interval that is wider than the tolerance to either side: it only ends below it since the head
// looked faster. Seen once, in CI: an Iput with 19 % planted had -5.1 % [-12.7, +0.1], as the base was slow in most forks.
func (c *drawn) scatter() {
	for i := range c.series {
		m := &c.series[i].Measure
		if c.blank != "" || m.Role != Decides || m.Verdict != Pass {
			continue
		}
		if worse := 1 + m.Tolerance; m.Change.Hi/m.Change.Lo > worse*worse {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s: the forks scatter so much that a head that is %s worse might have passed; measure again",
				m.Name, percent(m.Tolerance)))
		}
	}
}

// disagree says that the two clocks exclude each other: the head waits more, or less, than the base. Where processor time
// decides, it may not let pass what wall time says is worse, unless wall time too is shown to be within its tolerance.
func (c *drawn) disagree() {
	var cpu, wall *Measure
	for i := range c.series {
		switch m := &c.series[i].Measure; m.Name {
		case "cpu":
			cpu = m
		case "wall":
			wall = m
		}
	}
	if cpu == nil || wall == nil || !cpu.Change.Bounded() || !wall.Change.Bounded() {
		return
	}
	if wall.Role == Convicts && wall.looksWorse() && !wall.within() {
		c.torn = fmt.Sprintf("the clocks disagree: %s, and %s: processor time may not let that pass", cpu.inWords(), wall.inWords())
	}
	if cpu.Change.Lo > wall.Change.Hi || wall.Change.Lo > cpu.Change.Hi {
		c.Warnings = append(c.Warnings, fmt.Sprintf("the clocks disagree: %s, %s: one side waits more than the other", cpu.inWords(), wall.inWords()))
	}
}

// notes returns what the sides noted, each note once.
func notes(forks []*Fork) (out []string) {
	var texts []string
	times := make(map[string]int)
	for _, f := range forks {
		for _, side := range f.sides() {
			for _, text := range side.Notes {
				text = side.name + ": " + text
				if times[text] == 0 {
					texts = append(texts, text)
				}
				times[text]++
			}
		}
	}
	for i, text := range texts {
		if i == maxNotes {
			return append(out, fmt.Sprintf("%s further notes stand in %s", unit.Count(len(texts)-i), SamplesName))
		}
		out = append(out, fmt.Sprintf("%s (%d of %d forks)", text, times[text], len(forks)))
	}
	return out
}
