package gallery

import (
	"cmp"
	"fmt"
	"math"
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

// maxValues is how many values of a parameter are drawn: their points touch from there on.
const maxValues = 100

// order sorts the groups by the value, and keeps as many of them, evenly, as can be drawn. It returns how many there were.
func (s *swept) order() (all int) {
	order := make([]int, len(s.at))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.at[a].of, s.at[b].of) })
	all = len(order)
	at, groups := make([]value, min(all, maxValues)), make([]*group, min(all, maxValues))
	for i := range at {
		from := order[i*(all-1)/max(1, len(at)-1)]
		at[i], groups[i] = s.at[from], s.groups[from]
	}
	s.at, s.groups = at, groups
	return all
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
	return slices.DeleteFunc(out, func(s *swept) bool {
		return !slices.ContainsFunc(s.at, func(v value) bool { return v.of != s.at[0].of })
	})
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
	all := s.order()
	of := s.groups[0].Unit
	if slices.ContainsFunc(s.groups, func(g *group) bool { return g.Unit != of }) {
		return nil
	}
	c := &chart.Chart{Title: plain(s.workload) + " by " + plain(s.key)}
	if s.title != "" {
		c.Title += " (" + cut(s.title, maxTitle) + ")"
	}
	s.axes(c)
	names, lines, n := s.lines()
	if len(names) == 0 {
		return nil
	}
	for _, policy := range names[:min(len(names), maxPolicies)] {
		c.Series = append(c.Series, chart.Series{Name: policyName(policy), Look: chart.LookOf(policy), Pieces: [][]chart.Point{lines[policy]}})
	}
	low, high := math.Inf(1), 0.0
	for _, line := range lines {
		for _, p := range line {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	if high > wide*low {
		c.Y.Scale = chart.Log
	}
	c.Note = s.note(n, all)
	if len(names) > maxPolicies {
		c.Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(names)))
	}
	if of == "ns/op" {
		harness(c, src, "ns/op", "an empty operation", low)
	}
	return c
}

// axes names the axes. That of the parameter is logarithmic if its values lie far apart.
func (s *swept) axes(c *chart.Chart) {
	of := plain(s.groups[0].Unit)
	c.Y = chart.Axis{Title: of + ", less is better", Kind: unit.Of(of)}
	if s.groups[0].Better > 0 {
		c.Y.Title = of + ", more is better"
	}
	first, last := s.at[0], s.at[len(s.at)-1]
	c.X = chart.Axis{Title: cmp.Or(about[s.key], plain(s.key), "parameter"), Kind: first.kind}
	if first.form != "" {
		c.X.Title += " (" + plain(first.form) + ")"
	}
	if first.size {
		c.X.Title += ", bytes"
	}
	if first.of > 0 && last.of > wide*first.of {
		c.X.Scale = chart.Log
	}
}

// lines are the costs by policy, the policies in the order in which they come up, and of how many rounds each cost is.
func (s *swept) lines() (policies []string, lines map[string][]chart.Point, n []int) {
	lines = make(map[string][]chart.Point)
	for i, g := range s.groups {
		for _, r := range g.Rows {
			if r.Cost.N == 0 {
				continue
			}
			p := chart.Point{X: s.at[i].of, Y: r.Cost.Value}
			if r.Cost.Bounded() {
				p.Lo, p.Hi = r.Cost.Lo, r.Cost.Hi
			}
			if lines[r.Policy] == nil {
				policies = append(policies, r.Policy)
			}
			lines[r.Policy] = append(lines[r.Policy], p)
			n = append(n, r.Cost.N)
		}
	}
	return policies, lines, n
}

// note says of how many rounds the costs are, and at how many of all values of the parameter.
func (s *swept) note(n []int, all int) string {
	least, most := spread(n)
	note := "Medians of " + between(least, most, "round")
	if most >= stats.MinPairs {
		note += " with 95 % intervals"
	}
	note += fmt.Sprintf(", at %d values of %s", len(s.at), cmp.Or(plain(s.key), "the parameter"))
	if all > len(s.at) {
		note += " out of " + unit.Count(all)
	}
	return note + ". Intervals hold the load of the machine too; those of the ratios, whose rounds are paired, do not."
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
