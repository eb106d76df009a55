package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// cellWarnings are the warnings of a run about single cells, by the name of the cell.
type cellWarnings map[string][]string

func warningsOf(run *folder.Run) cellWarnings {
	all := make(cellWarnings)
	for _, w := range run.Manifest.Warnings {
		if w.Cell == "" {
			continue
		}
		all[w.Cell] = append(all[w.Cell], w.Text)
		if bare, ok := strings.CutPrefix(w.Cell, "Benchmark"); ok {
			all[bare] = append(all[bare], w.Text)
		}
	}
	return all
}

// warn collects what makes the numbers of a row doubtful. rounds are those that have the primary unit, and doubts what the
// run itself says.
func (r *Row) warn(doubts cellWarnings, g *Group, c *folder.Cell, rounds []int) {
	add := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	var missing, failed []int
	have := rounds // those that are left: both ascend
	for _, round := range c.Rounds {
		if len(have) > 0 && have[0] == round.Number {
			have = have[1:]
		} else {
			missing = append(missing, round.Number)
		}
		if round.Outcome == "failed" {
			failed = append(failed, round.Number)
		}
	}
	if len(failed) > 0 {
		add("failed in %s", inRounds(failed))
	}
	switch {
	case len(rounds) == 0:
		add("has no %s in any round", g.Unit)
	case len(missing) > 0:
		add("has no %s in %s; its numbers are those of the other %d", g.Unit, inRounds(missing), len(rounds))
	}
	if r.Ratio.N > 0 && r.Ratio.N < len(rounds) {
		add("only %d of its %d rounds pair up with %s", r.Ratio.N, len(rounds), g.Reference)
	}
	if n := len(rounds); n >= stats.MinPairs && r.Bounds[1] > 3*r.Bounds[0] {
		add("its rounds lie a factor of %.1f apart", r.Bounds[1]/r.Bounds[0])
	}
	if late := latest(c); late > lateIO {
		add("I/O ended %s late (median): the device shared the processors with the workers", unit.Format(float64(late), unit.Nanos))
	}
	for _, w := range []LongWaits{r.ForPins, r.ForLease} {
		if w.OfHarness() {
			part := "a third" // in words that rows share, so that they share the footnote
			if w.Harness() > 0.5 {
				part = "half"
			}
			add("more than %s of the time of its longest waits was the harness's: I/O or an answer that came late, or waking up", part)
		}
	}
	for _, text := range doubts[c.Name] {
		add("%s", text)
	}
	r.Warnings = append(r.Warnings, notes(c)...)
}

// lateIO is how late I/O may end, in ns, before it is said. It is the slack that Linux gives the timers of a thread unless
// it is told otherwise, so that an idle machine stays below it.
const lateIO = 50_000

// latest is by how many ns I/O ended late in the round in which the median of that was highest.
func latest(c *folder.Cell) (late int64) {
	for i := range c.Rounds {
		late = max(late, c.Rounds[i].Counters[countLate])
	}
	return late
}

// maxNotes is how many different notes of a cell are shown. run.json holds the rest.
const maxNotes = 3

// notes returns what the run noted about the rounds of a cell, each note once.
func notes(c *folder.Cell) (out []string) {
	var texts []string
	rounds := make(map[string][]int)
	for i := range c.Rounds {
		for _, text := range c.Rounds[i].Notes {
			if rounds[text] == nil {
				texts = append(texts, text)
			}
			rounds[text] = append(rounds[text], c.Rounds[i].Number)
		}
	}
	for i, text := range texts {
		if i == maxNotes {
			return append(out, fmt.Sprintf("%d further notes stand in %s", len(texts)-i, folder.ManifestName))
		}
		out = append(out, fmt.Sprintf("%s: %s", inRounds(slices.Compact(rounds[text])), text))
	}
	return out
}

// ownWarnings adds the warnings of the run that no row shows, and what is missing from the whole.
func (t *Table) ownWarnings(run *folder.Run) {
	add := func(format string, args ...any) { t.Warnings = append(t.Warnings, fmt.Sprintf(format, args...)) }
	switch m := &run.Manifest; {
	case m.Status == "interrupted" || m.Status == "running":
		add("the run was %s: what stands here are the rounds that had ended", map[string]string{
			"interrupted": "interrupted", "running": "still going on, or was killed, when this was read"}[m.Status])
	case m.Status == "failed":
		add("the run failed: what stands here are the rounds that had ended")
	}
	cells := make(map[string]bool, len(run.Cells))
	for _, c := range run.Cells {
		cells[c.Name] = true
	}
	for _, w := range run.Manifest.Warnings {
		switch {
		case w.Cell == "":
			add("%s", w.Text)
		case !cells[w.Cell] && !cells[strings.TrimPrefix(w.Cell, "Benchmark")]:
			add("%s: %s", w.Cell, w.Text)
		}
	}
	if len(run.Cells) == 0 {
		add("the run has no finished cell")
	}
	for i := range t.Groups {
		if g := &t.Groups[i]; g.Reference == "" && len(g.Rows) > 1 {
			add("%s has no reference policy, so nothing is compared", g.Name())
		}
	}
}

// inRounds is "round 3", or "rounds 1, 2 and 5".
func inRounds(rounds []int) string {
	if len(rounds) == 1 {
		return "round " + strconv.Itoa(rounds[0])
	}
	words := make([]string, len(rounds))
	for i, n := range rounds {
		words[i] = strconv.Itoa(n)
	}
	return "rounds " + unit.List(words)
}

// Name is the group in one line: "evict-storm, dax=0, workers=2".
func (g *Group) Name() string {
	name := g.Workload
	for _, p := range g.Params {
		name += ", " + p.Key + "=" + p.Value
	}
	return name
}
