package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// ratios answers what each policy costs against the reference, in every group at once.
var ratios = Kind{Name: "ratios", About: "what each policy costs, as a ratio to the reference", Scope: OfRun, Make: makeRatios}

// nearBy is the factor up to which ratios share one picture: it lets differences of a few per cent be seen. A ratio that is
// further from 1, or whose interval is, stands in a second picture, with the far ones.
const nearBy = 1.5

func makeRatios(sources []*Source) ([]Picture, error) {
	src := first(sources)
	if src == nil {
		return nil, nil
	}
	groups := src.groups()
	f := forest{kind: "ratios", series: policies(groups), look: chart.LookOf}
	reference, better := "", 0
	for _, g := range groups {
		for _, r := range g.Rows {
			if r.Ratio.N == 0 {
				continue
			}
			reference = g.Reference
			if better == 0 {
				better = g.Better
			} else if better != g.Better {
				better = 2
			}
			f.rows = append(f.rows, forestRow{
				head: g.label, name: policyName(r.Policy), said: said(r), series: slices.Index(f.series, r.Policy), ratio: r.Ratio,
				decided: r.Verdict.Judgement == compare.Dearer || r.Verdict.Judgement == compare.Cheaper,
			})
		}
	}
	f.one = plain(reference)
	f.title = "Cost against " + f.one
	f.axis = "cost against " + f.one
	switch better {
	case -1:
		f.axis += ", less is better"
	case 1:
		f.axis += ", more is better"
	}
	f.what, f.about = "Medians", "ratios of the rounds, paired"
	f.rule = "What is a difference stands beside it; an interval that lies close about the line says that there is none of note."
	f.few = fmt.Sprintf("fewer than %d", stats.MinPairs)
	return f.pictures(), nil
}

// said is the ratio and the verdict in words.
func said(r compare.Row) string {
	if r.Violations > 0 {
		return unit.Ratio(r.Ratio.Value) + ", " + r.Verdict.String() + ", unsafe"
	}
	switch r.Verdict.Judgement {
	case compare.Same:
		return r.Verdict.String()
	case compare.NoValue:
		return unit.Ratio(r.Ratio.Value)
	}
	return unit.Ratio(r.Ratio.Value) + ", " + r.Verdict.String()
}

// forest is ratios in rows, about the line at 1.
type forest struct {
	kind, title string
	axis        string
	one         string // what a ratio of 1 is: its mark
	what        string // "Medians": what the points are
	about       string // "ratios of the rounds": what an interval rests on so many of
	rule        string // a sentence: what a difference is
	few         string // "fewer than 6": what is too few of them for an interval
	series      []string
	look        func(name string) chart.Look
	rows        []forestRow
}

type forestRow struct {
	head    string // what it shares with the rows about it
	name    string
	said    string // the ratio and what is said of it
	series  int
	ratio   stats.Estimate
	decided bool // a difference was shown
}

// near says whether the row fits into the picture of small differences.
func (r *forestRow) near() bool {
	lo, hi := r.ratio.Value, r.ratio.Value
	if r.ratio.Bounded() {
		lo, hi = r.ratio.Lo, r.ratio.Hi
	}
	return lo >= 1/nearBy && hi <= nearBy
}

// distance is how far the ratio is from 1.
func (r *forestRow) distance() float64 { return math.Abs(math.Log(r.ratio.Value)) }

// pictures are one of the rows near 1 and one of those far from it, as far as there are any.
func (f *forest) pictures() (out []Picture) {
	var near, far []forestRow
	for _, r := range f.rows {
		if r.near() {
			near = append(near, r)
		} else {
			far = append(far, r)
		}
	}
	title := f.title
	if len(near) > 0 && len(far) > 0 {
		title += fmt.Sprintf(", within a factor of %v", nearBy)
	}
	out = f.picture(out, f.kind+"-near", title, near)
	if len(near) > 0 {
		title = f.title + fmt.Sprintf(", reaching beyond a factor of %v", nearBy)
	}
	return f.picture(out, f.kind+"-far", title, far)
}

// picture draws some rows, those with the largest differences if they are too many.
func (f *forest) picture(out []Picture, id, title string, rows []forestRow) []Picture {
	if len(rows) == 0 {
		return out
	}
	shown := largest(rows)
	c := &chart.Chart{
		ID: id, Title: title, X: chart.Axis{Title: f.axis, Scale: chart.Log, Kind: unit.Relative},
		Y:     chart.Axis{Title: "policy", Scale: chart.Rows},
		Marks: []chart.Mark{{At: 1, Label: f.one, Series: chart.Everyone}},
	}
	points := make([][]chart.Point, len(f.series))
	var n []int
	unbounded := 0
	for i, r := range shown {
		p := chart.Point{X: r.ratio.Value, Y: float64(i)}
		if r.ratio.Bounded() {
			p.Lo, p.Hi = r.ratio.Lo, r.ratio.Hi
		} else {
			unbounded++
		}
		n = append(n, r.ratio.N)
		if i == 0 || r.head != shown[i-1].head {
			c.Y.Heads = append(c.Y.Heads, chart.Head{Row: i, Name: r.head})
		}
		c.Y.Names, c.Y.Said = append(c.Y.Names, r.name), append(c.Y.Said, r.said)
		points[r.series] = append(points[r.series], p)
	}
	for i, list := range points {
		if len(list) > 0 {
			c.Series = append(c.Series, chart.Series{Name: policyName(f.series[i]), Look: f.look(f.series[i]), Style: chart.Dots,
				Pieces: [][]chart.Point{list}})
		}
	}
	least, most := spread(n)
	c.Note = fmt.Sprintf("%s with 95 %% intervals; n=%s %s. %s", f.what, fromTo(least, most), f.about, f.rule)
	if unbounded > 0 {
		c.Note += " " + f.without(unbounded, len(shown))
	}
	if len(shown) < len(rows) {
		c.Note += fmt.Sprintf(" Of %s rows the %d with the largest differences are shown.", unit.Count(len(rows)), len(shown))
	}
	return append(out, Picture{Group: Everything, Chart: c})
}

// without says how many of the rows have no interval.
func (f *forest) without(n, rows int) string {
	switch {
	case rows == 1:
		return fmt.Sprintf("These are %s, and so there is no interval: nothing follows from them.", f.few)
	case n == rows:
		return fmt.Sprintf("All rows have %s, and so no interval: nothing follows from them.", f.few)
	case n == 1:
		return fmt.Sprintf("1 of the %d rows has %s, and so no interval: nothing follows from it.", rows, f.few)
	}
	return fmt.Sprintf("%d of the %d rows have %s, and so no interval: nothing follows from them.", n, rows, f.few)
}

// largest are as many rows as a picture holds, in their order: those of which a difference was shown before the others, and
// the larger before the smaller.
func largest(rows []forestRow) []forestRow {
	if len(rows) <= maxRows {
		return rows
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if x, y := &rows[a], &rows[b]; x.decided == y.decided {
			return cmp.Compare(y.distance(), x.distance())
		} else if x.decided {
			return -1
		}
		return 1
	})
	order = order[:maxRows]
	slices.Sort(order)
	out := make([]forestRow, len(order))
	for i, at := range order {
		out[i] = rows[at]
	}
	return out
}

// fromTo is "6", or "4 to 6".
func fromTo(least, most int) string {
	if least == most {
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
