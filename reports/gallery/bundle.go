package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// A bundle is sweeps of one parameter that go into one picture: a single one, with a line per policy, or, of a run that has but
// one policy, all that differ in other parameters, with a line for each of them.
type bundle []*swept

// bundles puts sweeps together, if only one policy was run.
func bundles(list []*swept, onePolicy bool) (out []bundle) {
	for _, s := range list {
		i := slices.IndexFunc(out, func(b bundle) bool { return onePolicy && b[0].fits(s) })
		if i < 0 {
			out = append(out, bundle{s})
		} else {
			out[i] = append(out[i], s)
		}
	}
	return out
}

// fits says whether two sweeps can share their axes.
func (s *swept) fits(o *swept) bool {
	v, w := s.at[0], o.at[0]
	return s.workload == o.workload && s.key == o.key && v.kind == w.kind && v.size == w.size && v.form == w.form &&
		s.groups[0].Unit == o.groups[0].Unit
}

// common are the parameters that all sweeps of the bundle have alike, and whether one is among them.
func (b bundle) common() (list []folder.Param, has func(folder.Param) bool) {
	has = func(p folder.Param) bool {
		return !slices.ContainsFunc(b, func(s *swept) bool { return !slices.Contains(s.others, p) })
	}
	for _, p := range b[0].others {
		if has(p) {
			list = append(list, p)
		}
	}
	return list, has
}

// id is what the bundle is called, apart from what its pictures show.
func (b bundle) id() string {
	params, _ := b.common()
	return b[0].workload + " " + words(params, " ") + " by " + b[0].key
}

// A figure is what a picture shows of cells.
type figure struct {
	name string // in IDs and titles; "" for what the policies are compared by
	unit string // likewise
}

// figures are those that are drawn.
var figures = []figure{{}, {"memory", "B/inode"}}

// of returns the figure of row k of a group.
func (f figure) of(g *group, k int) (e stats.Estimate, err error) {
	if f.unit == "" {
		return g.Rows[k].Cost, nil
	}
	_, values := g.cells[k].Series(f.unit)
	if len(values) == 0 {
		return e, nil
	}
	if e, err = stats.Median(values); err != nil {
		return e, fmt.Errorf("%s: %s: %w", cut(g.cells[k].Name, maxTitle), f.unit, err)
	}
	return e, nil
}

// charts are the pictures of a bundle, none if no cell has a cost or the groups are not judged by one unit.
func (b bundle) charts(src *Source, id string) (out []Picture, err error) {
	all := 0
	for _, s := range b {
		all = max(all, s.order())
		if slices.ContainsFunc(s.groups, func(g *group) bool { return g.Unit != b[0].groups[0].Unit }) {
			return nil, nil
		}
	}
	for _, f := range figures {
		lines, err := b.lines(f)
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 || f.unit != "" && !slices.ContainsFunc(lines, func(l line) bool { return len(l.points) > 1 }) {
			continue
		}
		c := b.chart(src, f, lines, all)
		if c.ID = id; f.name != "" {
			c.ID += "-" + f.name
		}
		out = append(out, Picture{Group: Everything, Chart: c})
	}
	return out, nil
}

// lines are those of a figure: by policy, or by the parameters in which the sweeps differ.
func (b bundle) lines(f figure) (out []line, err error) {
	if len(b) == 1 {
		return b[0].lines(f)
	}
	_, common := b.common()
	for _, s := range b {
		lines, err := s.lines(f)
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 {
			continue
		}
		l := lines[0] // there is one policy
		own := slices.DeleteFunc(slices.Clone(s.others), common)
		l.name, l.look = cut(words(own, " "), maxName), chart.ByPlace
		out = append(out, l)
	}
	return out, nil
}

// chart draws the lines.
func (b bundle) chart(src *Source, f figure, lines []line, all int) *chart.Chart {
	s := b[0]
	of := s.groups[0].Unit
	title := plain(s.workload)
	if f.unit != "" {
		of, title = f.unit, title+": "+f.name
	}
	c := &chart.Chart{Title: title + " by " + plain(s.key), X: b.longest().axis(), Y: chart.Axis{Title: plain(of) + ", less is better", Kind: unit.Of(of)}}
	if params, _ := b.common(); len(params) > 0 {
		c.Title += " (" + cut(words(params, ", "), maxTitle) + ")"
	}
	if f.unit == "" && s.groups[0].Better > 0 {
		c.Y.Title = plain(of) + ", more is better"
	}
	low, high := math.Inf(1), 0.0
	var n []int
	for i, l := range lines {
		n = append(n, l.n...)
		for _, p := range l.points {
			low, high = min(low, p.Y), max(high, p.Y)
		}
		if i < maxPolicies {
			c.Series = append(c.Series, chart.Series{Name: l.name, Look: l.look, Pieces: [][]chart.Point{l.points}})
		}
	}
	if high > wide*low {
		c.Y.Scale = chart.Log
	}
	c.Note = b.note(n, all, f)
	if len(lines) > maxPolicies {
		what := "policies"
		if len(b) > 1 {
			what = "settings"
		}
		c.Note += fmt.Sprintf(" The first %d of %s %s are shown.", maxPolicies, unit.Count(len(lines)), what)
	}
	if of == "ns/op" {
		harness(c, src, "ns/op", "an empty operation", low)
	}
	return c
}

// longest is the sweep that has most values.
func (b bundle) longest() *swept {
	return slices.MaxFunc(b, func(s, o *swept) int { return len(s.at) - len(o.at) })
}

// note says of how many rounds the figures are, at how many of all values of the parameter, and what else there is to know.
func (b bundle) note(n []int, all int, f figure) string {
	s := b.longest()
	least, most := spread(n)
	note := "Medians of " + between(least, most, "round")
	if most >= stats.MinPairs {
		note += " with 95 % intervals"
	}
	if f.unit != "" {
		return note + ". Each inode's share of the anonymous memory that opening the engine added, with all tables and what the storm keeps."
	}
	note += fmt.Sprintf(", at %d values of %s", len(s.at), cmp.Or(plain(s.key), "the parameter"))
	if all > len(s.at) {
		note += " out of " + unit.Count(all)
	}
	return note + ". Intervals hold the load of the machine too; those of the ratios, whose rounds are paired, do not."
}
