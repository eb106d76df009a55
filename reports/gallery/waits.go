package gallery

import (
	"fmt"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// waits answers what an operation waited for.
var waits = Kind{Name: "waits", About: "time that an operation spends waiting, by cause", Scope: OfGroup,
	Make: func(sources []*Source) ([]Picture, error) { return eachGroup(sources, waitsOf) }}

// leastWait is the share of the cost of an operation from which on waiting is worth a picture.
const leastWait = 0.05

// causes are what is waited for, in the order in which they are stacked. Waking up is taken out of the first two.
var causes = []struct {
	name string
	look chart.Look
}{{"pins", chart.Pins}, {"recalled leases", chart.Leases}, {"inodes being evicted", chart.Lookups}, {"waking up after pins or leases", chart.Waking}}

// waitsOf draws one bar per policy, of the medians over the rounds.
func waitsOf(_ *Source, g *group) ([]Picture, error) {
	c := &chart.Chart{ID: "waits-" + g.id, Title: g.title() + ": time spent waiting", X: chart.Axis{Title: "waiting per operation", Kind: unit.Nanos},
		Y: chart.Axis{Scale: chart.Rows}}
	for _, cause := range causes {
		c.Series = append(c.Series, chart.Series{Name: cause.name, Look: cause.look})
	}
	worth, beyond, late := false, false, false
	var n []int
	for i, cell := range g.cells {
		rounds := cell.Measured()
		if rounds == 0 || len(c.Y.Names) == maxPolicies {
			continue
		}
		r := &g.Rows[i]
		slept := r.Blocked + r.Recalls
		wake := min(middle(cell, "wake-ns/op"), slept)
		awake := 1.0 // the share of sleeping that is not waking up
		if slept > 0 {
			awake = (slept - wake) / slept
		}
		row, from := float64(len(c.Y.Names)), 0.0
		for k, length := range []float64{r.Blocked * awake, r.Recalls * awake, r.Freeing, wake} {
			if length > 0 {
				c.Series[k].Spans = append(c.Series[k].Spans, chart.Span{Row: row, From: from, To: from + length})
				from += length
			}
		}
		cost := middle(cell, "ns/op")
		worth = worth || from > 0 && from >= leastWait*cost
		beyond = beyond || from > cost
		late = late || r.ForPins.OfHarness() || r.ForLease.OfHarness()
		c.Y.Names = append(c.Y.Names, fmt.Sprintf("%s: %s", policyName(cell.Policy), howLong(from)))
		n = append(n, rounds)
	}
	if !worth {
		return nil, nil
	}
	kept := c.Series[:0]
	for _, s := range c.Series {
		if len(s.Spans) > 0 {
			kept = append(kept, s)
		}
	}
	c.Series = kept
	least, most := spread(n)
	c.Note = fmt.Sprintf("Means over all operations of a round, and of these the medians of %s. A bar adds up all that an operation waits.",
		between(least, most, "round"))
	if beyond {
		c.Note += " The cost of an operation is a median of slices, which the longest waits do not move: it may be less."
	}
	if late {
		c.Note += " More than a third of the longest waits was the harness's: I/O or an answer that came late, or waking up."
	}
	if len(g.cells) > maxPolicies {
		c.Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(g.cells)))
	}
	return []Picture{{Group: g.index, Chart: c}}, nil
}

// howLong is a time that may be none.
func howLong(nanos float64) string {
	if nanos == 0 {
		return "nothing"
	}
	return unit.Format(nanos, unit.Nanos)
}

// middle is the median of a time per operation over the rounds that have figures; one that lacks this one has a zero, which
// results do not hold.
func middle(c *folder.Cell, of string) float64 {
	var values []float64
	for i := range c.Rounds {
		if v := &c.Rounds[i].Values; v.Any() {
			figure, _ := v.Get(of)
			values = append(values, figure)
		}
	}
	e, err := stats.Median(values)
	if err != nil { // no round has figures; package folder lets none in that are not finite
		return 0
	}
	return e.Value
}
