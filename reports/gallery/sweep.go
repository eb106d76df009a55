package gallery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// sweep answers how the cost grows with a parameter.
var sweep = Kind{Name: "sweep", About: "cost, and memory, against a parameter that takes several values", Scope: OfRun, Make: makeSweeps}

// about says what the parameters of the storms mean, for the titles of axes. Others are called by their names.
var about = map[string]string{
	"dax": "files that are DAX, %", "pin": "operations or files with a pin, %", "hold": "how long a pin is held", "pages": "pages per file",
	"workers": "workers", "cache": "inodes that the cache may hold", "files": "files", "inodes": "inodes in the cache", "pinned": "pinned inodes",
	"leases": "files with a lease, %", "delay": "how long a holder takes to answer a recall", "never": "holders that never answer, %",
	"deadline": "deadline of a recall", "open": "open files per worker", "stripes": "stripes of the inode cache", "batch": "inodes per reclaim",
	"referenced": "inodes in the cache that are in use, %", "size": "region", "theta": "skew of zipf", "cut": "operations that truncate, %",
}

// swept is a workload with one parameter that varies, while all others stay.
type swept struct {
	workload, key string
	others        []folder.Param // the other parameters
	rest          string         // likewise, in one line
	at            []value
	groups        []*group
}

func makeSweeps(sources []*Source) (out []Picture, err error) {
	src := first(sources)
	if src == nil {
		return nil, nil
	}
	ids := make(idents)
	groups := src.groups()
	all := bundles(sweeps(groups), len(policies(groups)) == 1)
	for i, b := range all {
		id := "sweep-" + ids.unique(b.id())
		pictures, err := b.charts(src, id)
		if err != nil {
			return nil, err
		}
		out = append(out, pictures...)
		if len(out) >= maxGroups && i+1 < len(all) {
			out[len(out)-1].Note += fmt.Sprintf(" %d further sweeps are not drawn.", len(all)-i-1)
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
				s = &swept{workload: g.Workload, key: p.Key, others: rest, rest: words(rest, " ")}
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

// axis is that of the parameter. It is logarithmic if its values lie far apart.
func (s *swept) axis() chart.Axis {
	least, most := s.at[0], s.at[len(s.at)-1]
	x := chart.Axis{Title: cmp.Or(about[s.key], plain(s.key), "parameter"), Kind: least.kind}
	if least.form != "" {
		x.Title += " (" + plain(least.form) + ")"
	}
	if least.size {
		x.Title += ", bytes"
	}
	if least.of > 0 && most.of > wide*least.of {
		x.Scale = chart.Log
	}
	return x
}

// A line is a figure at the values of a parameter, and of how many rounds it is at each.
type line struct {
	name   string
	look   chart.Look
	points []chart.Point
	n      []int
}

// lines are those of a figure by policy, the policies in the order in which they come up.
func (s *swept) lines(figure figure) (out []line, err error) {
	place := make(map[string]int)
	for i, g := range s.groups {
		for k, r := range g.Rows {
			e, err := figure.of(g, k)
			if err != nil {
				return nil, err
			}
			if e.N == 0 {
				continue
			}
			p := chart.Point{X: s.at[i].of, Y: e.Value}
			if e.Bounded() {
				p.Lo, p.Hi = e.Lo, e.Hi
			}
			if _, ok := place[r.Policy]; !ok {
				place[r.Policy] = len(out)
				out = append(out, line{name: policyName(r.Policy), look: chart.LookOf(r.Policy)})
			}
			l := &out[place[r.Policy]]
			l.points, l.n = append(l.points, p), append(l.n, e.N)
		}
	}
	return out, nil
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
