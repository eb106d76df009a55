package gallery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// sweep answers how the cost grows with a parameter.
var sweep = Kind{Name: "sweep", About: "cost against a parameter that takes several values", Scope: OfRun, Make: makeSweeps}

// about says what the parameters of the storms mean, for the titles of axes. Others are called by their names.
var about = map[string]string{
	"dax": "files that are DAX, %", "pin": "operations or files with a pin, %", "hold": "how long a pin is held", "pages": "pages per file",
	"workers": "workers", "cache": "inodes that the cache may hold", "files": "files", "inodes": "inodes in the cache", "pinned": "pinned inodes",
	"leases": "files with a lease, %", "delay": "how long a holder takes to answer a recall", "never": "holders that never answer, %",
	"deadline": "deadline of a recall", "open": "open files per worker", "stripes": "stripes of the inode cache", "batch": "inodes per reclaim",
	"theta": "skew of zipf", "cut": "operations that truncate, %",
}

// swept is a workload with one parameter that varies, while all others stay.
type swept struct {
	workload, key string
	rest          string // the other parameters
	title         string // likewise, for people: those that vary elsewhere
	at            []value
	groups        []*group
}

func makeSweeps(sources []*Source) (out []Picture, err error) {
	src := first(sources)
	if src == nil {
		return nil, nil
	}
	ids := make(idents)
	all := sweeps(src.groups())
	for i, s := range all {
		c := s.chart(src)
		if c == nil {
			continue
		}
		c.ID = "sweep-" + ids.unique(s.workload+" "+s.rest+" by "+s.key)
		out = append(out, Picture{Group: Everything, Chart: c})
		if len(out) == maxGroups && i+1 < len(all) {
			c.Note += fmt.Sprintf(" %d further sweeps are not drawn.", len(all)-i-1)
			break
		}
	}
	return out, nil
}

// sweeps finds what varies alone, in the order of the run.
func sweeps(groups []group) (out []*swept) {
	byRest := make(map[string]*swept)
	for i := range groups {
		g := &groups[i]
		for k, p := range g.Params {
			v, ok := parseValue(p.Value)
			if !ok {
				continue
			}
			rest := slices.Delete(slices.Clone(g.Params), k, k+1)
			id := fmt.Sprintf("%s\x00%s\x00%v%v%s", folder.Key{Workload: g.Workload, Params: rest}.Group(), p.Key, v.kind, v.size, v.form)
			s := byRest[id]
			if s == nil {
				s = &swept{workload: g.Workload, key: p.Key, rest: words(rest, " ")}
				s.title = words(rest, ", ")
				byRest[id] = s
				out = append(out, s)
			}
			s.at, s.groups = append(s.at, v), append(s.groups, g)
		}
	}
	return slices.DeleteFunc(out, func(s *swept) bool { return len(s.at) < 2 })
}

// words are parameters in one line.
func words(params []folder.Param, between string) string {
	list := make([]string, len(params))
	for i, p := range params {
		list[i] = p.Key + "=" + p.Value
	}
	return strings.Join(list, between)
}

// chart draws a line per policy; it returns nil if no cell has a cost, or if the groups are not judged by one unit.
func (s *swept) chart(src *Source) *chart.Chart {
	of, better := s.groups[0].Unit, s.groups[0].Better
	c := &chart.Chart{Title: plain(s.workload) + " by " + plain(s.key)}
	if s.title != "" {
		c.Title += " (" + plain(s.title) + ")"
	}
	c.Y = chart.Axis{Title: of + ", less is better", Kind: unit.Of(of)}
	if better > 0 {
		c.Y.Title = of + ", more is better"
	}
	c.X = chart.Axis{Title: cmp.Or(about[s.key], plain(s.key)), Kind: s.at[0].kind}
	if s.at[0].form != "" {
		c.X.Title += " (" + plain(s.at[0].form) + ")"
	}
	if s.at[0].size {
		c.X.Title += ", bytes"
	}
	lines := make(map[string][]chart.Point)
	var names []string
	var xs, ys []float64
	var n []int
	for i, g := range s.groups {
		if g.Unit != of {
			return nil
		}
		xs = append(xs, s.at[i].of)
		for _, r := range g.Rows {
			if r.Cost.N == 0 {
				continue
			}
			p := chart.Point{X: s.at[i].of, Y: r.Cost.Value}
			if r.Cost.Bounded() {
				p.Lo, p.Hi = r.Cost.Lo, r.Cost.Hi
			}
			if lines[r.Policy] == nil {
				names = append(names, r.Policy)
			}
			lines[r.Policy] = append(lines[r.Policy], p)
			ys, n = append(ys, p.Y), append(n, r.Cost.N)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if len(names) > maxPolicies {
		names = names[:maxPolicies]
	}
	for _, policy := range names {
		line := lines[policy]
		slices.SortFunc(line, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
		c.Series = append(c.Series, chart.Series{Name: policyName(policy), Look: chart.LookOf(policy), Pieces: [][]chart.Point{line}})
	}
	if least, most := spread(xs); least > 0 && most > wide*least {
		c.X.Scale = chart.Log
	}
	least, most := spread(ys)
	if most > wide*least {
		c.Y.Scale = chart.Log
	}
	few, many := spread(n)
	c.Note = fmt.Sprintf("Medians of %s", between(few, many, "round"))
	if many >= stats.MinPairs {
		c.Note += " with 95 % intervals"
	}
	c.Note += fmt.Sprintf(", at %d values of %s. Intervals hold the load of the machine too; the ratios, whose rounds are paired, do not.", len(xs), plain(s.key))
	if len(lines) > len(names) {
		c.Note += fmt.Sprintf(" The first %d of %s policies are shown.", len(names), unit.Count(len(lines)))
	}
	if of == "ns/op" {
		harness(c, src, "ns/op", "an empty operation", least)
	}
	return c
}

// harness draws a cost of the harness into a chart of times, or, where it is too small to matter, says it in the Note. least
// is the smallest time in the chart.
func harness(c *chart.Chart, src *Source, key, what string, least float64) {
	cost := src.Run.Manifest.Harness[key]
	switch {
	case cost <= 0:
	case cost >= least/wide:
		c.Marks = append(c.Marks, chart.Mark{At: cost, Label: what, Level: true, Series: chart.Everyone})
	default:
		c.Note += fmt.Sprintf(" For the harness itself: %s takes %s.", what, unit.Format(cost, unit.Nanos))
	}
}
