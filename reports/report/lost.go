package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// missing says what there is no number of: first what is lost of the files, then cells.
func missing(run *folder.Run, t *compare.Table) []string {
	return append(trimmed(run.Damage), lost(run, t)...)
}

// others are the warnings that are not said already.
func others(warnings, said []string) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(w string) bool { return slices.Contains(said, w) })
}

// lost says of a run which cells have no figure in some of its rounds, and why: they hung, failed, or came to their end and
// nothing was measured. A footnote says the same beside each; here it is said before anybody reads a number.
func lost(run *folder.Run, t *compare.Table) (out []string) {
	kinds := []struct {
		what  string
		cells []string
	}{{what: "hung"}, {what: "failed"}, {what: "came to the end of a round without a figure"}, {what: "did not run in a round that others ran in"}}
	all := run.Index()
	for i := range t.Groups {
		g := &t.Groups[i]
		for _, r := range g.Rows {
			c := cellOf(all, g, r.Policy)
			if c == nil {
				continue
			}
			for kind, rounds := range lostRounds(c, g.Unit, t.Run.Done) {
				if len(rounds) > 0 {
					kinds[kind].cells = append(kinds[kind].cells, trim(g.Name())+" under "+trim(r.Policy)+" in "+inRounds(rounds))
				}
			}
		}
	}
	for _, k := range kinds {
		if n := len(k.cells); n > 0 {
			named := k.cells[:min(n, maxLost)]
			if n > len(named) {
				named = append(slices.Clip(named), fmt.Sprintf("and %d more", n-len(named)))
			}
			out = append(out, fmt.Sprintf("%s %s: %s", unit.Plural(n, "cell"), k.what, strings.Join(named, "; ")))
		}
	}
	return out
}

// maxLost is how many cells a warning names.
const maxLost = 3

// lostRounds are the rounds without a figure: hung, failed, of which nothing was measured, and not run at all of so many.
func lostRounds(c *folder.Cell, primary string, done int) (lost [4][]int) {
	for n, i := 1, 0; n <= done; n++ {
		for i < len(c.Rounds) && c.Rounds[i].Number < n {
			i++
		}
		if i == len(c.Rounds) || c.Rounds[i].Number > n {
			lost[3] = append(lost[3], n)
			continue
		}
		r := &c.Rounds[i]
		switch _, measured := r.Values.Get(primary); {
		case measured, r.Record != nil && r.Record.Metrics[primary] > 0: // its line is lost, which is said
		case r.Outcome == "hung":
			lost[0] = append(lost[0], n)
		case r.Outcome == "failed":
			lost[1] = append(lost[1], n)
		default:
			lost[2] = append(lost[2], n)
		}
	}
	return lost
}

// inRounds is "round 3", or "rounds 1, 2 and 5"; of many, how many.
func inRounds(rounds []int) string {
	const most = 6
	switch n := len(rounds); {
	case n == 1:
		return "round " + strconv.Itoa(rounds[0])
	case n > most:
		return unit.Plural(n, "round")
	}
	words := make([]string, len(rounds))
	for i, n := range rounds {
		words[i] = strconv.Itoa(n)
	}
	return "rounds " + unit.List(words)
}
