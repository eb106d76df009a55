package gallery

import (
	"fmt"
	"math"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// latency answers how long the slow ones take.
var latency = Kind{Name: "latency", About: "latency by percentile, all policies of a group", Scope: OfGroup,
	Make: func(sources []*Source) ([]Picture, error) { return eachGroup(sources, latencies) }}

// latencies draws one curve per policy.
func latencies(src *Source, g *group) ([]Picture, error) {
	c := newCurves(g.title() + ": latency by percentile")
	for i, cell := range g.cells {
		if i == maxPolicies {
			break
		}
		if err := c.add(cell, policyName(cell.Policy), chart.LookOf(cell.Policy)); err != nil {
			return nil, err
		}
	}
	if len(c.Series) == 0 {
		return nil, nil
	}
	c.ID = "latency-" + g.id
	c.note(src)
	if len(g.cells) > maxPolicies {
		c.Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(g.cells)))
	}
	return []Picture{{Group: g.index, Chart: c.Chart}}, nil
}

// curves is a chart of latencies by percentile, and what its note says.
type curves struct {
	*chart.Chart
	totals  []uint64 // latencies, by curve
	rounds  []int    // likewise
	longest []string // in words
	few     []string // names of those that recorded too few latencies
	least   float64  // median, ns
}

func newCurves(title string) *curves {
	return &curves{least: math.Inf(1), Chart: &chart.Chart{Title: title, X: chart.Axis{Title: "percentile", Scale: chart.Percentile},
		Y: chart.Axis{Title: "latency", Scale: chart.Log, Kind: unit.Nanos}}}
}

// add draws the curve of a cell, if it has enough latencies for its median.
func (c *curves) add(cell *folder.Cell, name string, look chart.Look) error {
	rounds, err := ofRounds(cell)
	if err != nil {
		return err
	}
	d := merge(rounds)
	switch {
	case d.total == 0:
		return nil
	case d.end() < 2:
		c.few = append(c.few, name)
		return nil
	}
	c.Series = append(c.Series, chart.Series{Name: name, Look: look, Style: chart.Curve, Pieces: [][]chart.Point{d.curve(rounds)}})
	c.totals, c.rounds = append(c.totals, uint64(d.total)), append(c.rounds, len(rounds))
	c.longest = append(c.longest, name+" "+unit.Format(d.most(), unit.Nanos))
	c.least = min(c.least, d.at(2))
	return nil
}

// maxLongest is how many curves have their longest latency in the note: more would be read by nobody.
const maxLongest = 6

// note says what the curves rest on, once all are drawn.
func (c *curves) note(src *Source) {
	low, high := spread(c.totals)
	counts := unit.Count(high)
	if low < high {
		counts = unit.Count(low) + " to " + unit.Count(high)
	}
	from, to := spread(c.rounds)
	c.Note = fmt.Sprintf("%s latencies per curve, of %s", counts, between(from, to, "round"))
	if to > 1 {
		c.Note += "; bars reach from the lowest to the highest round"
	}
	c.Note += fmt.Sprintf(". A curve ends where fewer than %d latencies lie beyond.", beyond)
	if len(c.longest) <= maxLongest {
		c.Note += " The longest: " + strings.Join(c.longest, ", ") + "."
	}
	if few := c.few[:min(len(c.few), maxLongest)]; len(few) > 0 {
		c.Note += fmt.Sprintf(" No curve, for fewer than %d latencies: %s.", 2*beyond, strings.Join(few, ", "))
	}
	harness(c.Chart, src, "clock-ns", "reading the clock", c.least)
}
