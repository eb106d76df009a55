package gallery

import (
	"fmt"
	"slices"

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

// causes are what is waited for, in the order in which they are stacked. A late device and waking up are taken out of
// the first two.
var causes = []struct {
	name string
	look chart.Look
}{{"pins", chart.Pins}, {"recalled leases", chart.Leases}, {"inodes being evicted", chart.Lookups}, {"a late device", chart.Late},
	{"waking up after pins or leases", chart.Waking}}

// waitsOf draws one bar per policy, of the medians over the rounds.
func waitsOf(_ *Source, g *group) ([]Picture, error) {
	c := &chart.Chart{ID: "waits-" + g.id, Title: g.title() + ": time spent waiting", X: chart.Axis{Title: "waiting per operation", Kind: unit.Nanos},
		Y: chart.Axis{Scale: chart.Rows}}
	for _, cause := range causes {
		c.Series = append(c.Series, chart.Series{Name: cause.name, Look: cause.look})
	}
	worth, beyond, late := false, false, false
	var n []int
	var wakes, bare, unpins []float64
	for i, cell := range g.cells {
		rounds := cell.Measured()
		if rounds == 0 || len(c.Y.Names) == maxPolicies {
			continue
		}
		r := &g.Rows[i]
		slept := r.Blocked + r.Recalls
		wake := min(r.Stalls.Wake, slept)
		device := min(r.Stalls.Late, slept-wake)
		asked := 1.0 // the share of sleeping that is neither
		if slept > 0 {
			asked = (slept - wake - device) / slept
		}
		row, from := float64(len(c.Y.Names)), 0.0
		for k, length := range []float64{r.Blocked * asked, r.Recalls * asked, r.Freeing, device, wake} {
			if length > 0 {
				c.Series[k].Spans = append(c.Series[k].Spans, chart.Span{Row: row, From: from, To: from + length})
				from += length
			}
		}
		cost := middle(cell, "ns/op")
		worth = worth || from > 0 && from >= leastWait*cost
		beyond = beyond || from > cost
		late = late || r.ForPins.OfHarness() || r.ForLease.OfHarness()
		if s := &r.Stalls; s.WakeP50 > 0 && s.BareP50 > 0 {
			wakes, bare, unpins = append(wakes, s.WakeP50), append(bare, s.BareP50), append(unpins, s.UnpinP50)
		}
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
	if len(wakes) > 0 {
		c.Note += fmt.Sprintf(" Waking up takes %s (medians), and %s where the device wakes a goroutine by turns without the engine. "+
			"From the end of a pin to its wake-up call the engine takes %s.", span(wakes), span(bare), span(unpins))
	} else if late { // the bars do not show it
		c.Note += " More than a third of the longest waits was the harness's: I/O or an answer that came late, or waking up."
	}
	if len(g.cells) > maxPolicies {
		c.Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(g.cells)))
	}
	return []Picture{{Group: g.index, Chart: c}}, nil
}

// span is the range of some times.
func span(nanos []float64) string {
	lo, hi := unit.Format(slices.Min(nanos), unit.Nanos), unit.Format(slices.Max(nanos), unit.Nanos)
	if lo == hi {
		return lo
	}
	return lo + " to " + hi
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
