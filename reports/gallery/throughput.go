package gallery

import (
	"fmt"

	"daxbench/reports/chart"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// throughput answers how much gets done in a second.
var throughput = Kind{Name: "throughput", About: "operations, and evictions, per second in every group", Scope: OfRun, Make: makeThroughput}

// wide is the factor between the least and the largest value of an axis from which on it is logarithmic: on a linear one, the
// least would lie within a twentieth of the picture.
const wide = 20

func makeThroughput(sources []*Source) (out []Picture, err error) {
	src := first(sources)
	if src == nil {
		return nil, nil
	}
	groups := src.groups()
	ops, err := rates(src, groups, "ops/s")
	if err != nil {
		return nil, err
	}
	evicts, err := rates(src, groups, "evict/s")
	if err != nil {
		return nil, err
	}
	var other []rate // evictions where they are not the operations themselves
	for _, r := range evicts {
		if o := find(ops, r); o == nil || o.of.Value != r.of.Value {
			other = append(other, r)
		}
	}
	out = throughputOf(out, src, groups, ops, "ops", "Operations per second")
	return throughputOf(out, src, groups, other, "evictions", "Evictions per second, where an operation is no eviction"), nil
}

// rate is one cell's.
type rate struct {
	group  int
	policy string
	of     stats.Estimate
}

// find returns the rate of the same cell, or nil.
func find(list []rate, r rate) *rate {
	for i := range list {
		if list[i].group == r.group && list[i].policy == r.policy {
			return &list[i]
		}
	}
	return nil
}

// rates are the medians over the rounds of all cells that have any, of as many groups as a picture has rows.
func rates(src *Source, groups []group, of string) (out []rate, err error) {
	has := 0
	for i := range groups {
		before := len(out)
		for k, c := range groups[i].cells {
			_, values := c.Series(of)
			if len(values) == 0 || k == maxPolicies {
				continue
			}
			e, err := stats.Median(values)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", cut(c.Name, maxTitle), of, err)
			}
			out = append(out, rate{i, c.Policy, e})
		}
		if len(out) > before {
			if has++; has == maxRows {
				break
			}
		}
	}
	return out, nil
}

// throughputOf is one picture: a row per group, and in it a point per policy.
func throughputOf(out []Picture, src *Source, groups []group, list []rate, id, title string) []Picture {
	if len(list) == 0 {
		return out
	}
	c := &chart.Chart{ID: "throughput-" + id, Title: title, X: chart.Axis{Title: "per second, more is better", Kind: unit.Rate},
		Y: chart.Axis{Scale: chart.Rows}}
	row := make(map[int]int)
	var n []int
	points := make(map[string][]chart.Point)
	var values []float64
	for _, r := range list {
		if _, ok := row[r.group]; !ok {
			row[r.group] = len(c.Y.Names)
			c.Y.Names = append(c.Y.Names, groups[r.group].label)
		}
		p := chart.Point{X: r.of.Value, Y: float64(row[r.group])}
		if r.of.Bounded() {
			p.Lo, p.Hi = r.of.Lo, r.of.Hi
		}
		points[r.policy] = append(points[r.policy], p)
		n, values = append(n, r.of.N), append(values, r.of.Value)
	}
	for _, policy := range policies(groups) {
		if list := points[policy]; len(list) > 0 {
			c.Series = append(c.Series, chart.Series{Name: policyName(policy), Look: chart.LookOf(policy), Style: chart.Dots, Pieces: [][]chart.Point{list}})
		}
	}
	if least, most := spread(values); most > wide*least {
		c.X.Scale = chart.Log
	}
	least, most := spread(n)
	c.Note = fmt.Sprintf("Medians of %s", between(least, most, "round"))
	if most >= stats.MinPairs {
		c.Note += " with 95 % intervals"
	}
	c.Note += ". Rates follow the load of the machine: what a policy costs is told by the ratios, whose rounds are paired."
	if empty := src.Run.Manifest.Harness["ns/op"]; empty > 0 {
		c.Note += fmt.Sprintf(" An empty operation takes %s.", unit.Format(empty, unit.Nanos))
	}
	if len(c.Y.Names) == maxRows && len(groups) > maxRows {
		c.Note += fmt.Sprintf(" The first %d of %s groups are shown.", maxRows, unit.Count(len(groups)))
	}
	return append(out, Picture{Group: Everything, Chart: c})
}
