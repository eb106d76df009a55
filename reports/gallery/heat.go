package gallery

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// heat answers when the slow ones came: a stall is a mark high up, at its time, and with neighbours that went on or did not.
var heat = Kind{Name: "heat", About: "latency over time, so that a stall is visible", Scope: OfGroup,
	Make: func(sources []*Source) ([]Picture, error) { return eachGroup(sources, heats) }}

const (
	// maxColumns is how many columns a picture has, about: they are 10 pixels wide then, and a page with fifty such pictures
	// stays small. Columns of the record are joined for it.
	maxColumns = 120

	// Buckets of half octaves: from 1 ns up, to what a time in nanoseconds can hold.
	minBucket, maxBucket = 0, 125
)

// timeline is the time axis: rounds one after the other, in columns of one length.
type timeline struct {
	width     float64 // ns, of a column
	stretches []stretch
}

// stretch is one round on the time axis.
type stretch struct {
	round   int
	length  float64 // ns, of the record
	first   int     // column
	columns int
}

// heats draws one picture per policy. All have the same axes and the same columns, so that they can be held against each
// other moment by moment.
func heats(src *Source, g *group) (out []Picture, err error) {
	line, low, high, err := layout(g)
	if err != nil || len(line.stretches) == 0 || low > high {
		return nil, err
	}
	edges := &chart.Grid{X: line.edges()}
	for b := low; b <= high+1; b++ {
		edges.Y = append(edges.Y, math.Exp2(float64(b)/2))
	}
	var marks []chart.Mark
	for _, s := range line.stretches {
		marks = append(marks, chart.Mark{At: edges.X[s.first], Label: fmt.Sprintf("round %d", s.round), Series: chart.Everyone})
	}
	ids := make(idents)
	for i, c := range g.cells {
		grid, total, longest, rounds := fill(c, edges, line, low)
		if total == 0 {
			continue
		}
		if len(out) == maxPolicies {
			out[len(out)-1].Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(g.cells)))
			break
		}
		h := &chart.Chart{
			ID: "heat-" + g.id + "-" + ids.unique(cmp.Or(c.Policy, fmt.Sprint(i))), Title: fmt.Sprintf("%s: latency over time, %s", g.title(), policyName(c.Policy)),
			X: chart.Axis{Title: "time, the rounds side by side", Kind: unit.Nanos}, Y: chart.Axis{Title: "latency", Scale: chart.Log, Kind: unit.Nanos},
			Grid: grid, Marks: slices.Clone(marks),
		}
		h.Note = fmt.Sprintf("%s latencies of %s by time and by half octave; the longest took up to %s. A stall is a cell far above the others. "+
			"In a gap no slice of this policy began: others had their turn, or the one before took longer. Their pictures have the same axes.", unit.Count(uint64(total)), countOf(rounds, "round"),
			unit.Format(math.Exp2(float64(longest+1)/2), unit.Nanos))
		if len(line.stretches) == maxColumns && rounds < len(c.Rounds) {
			h.Note += fmt.Sprintf(" The first %d rounds are shown.", rounds)
		}
		out = append(out, Picture{Group: g.index, Chart: h})
	}
	return out, nil
}

// layout lays the rounds of all policies side by side, and returns the lowest and the highest bucket of any.
func layout(g *group) (line timeline, low, high int, err error) {
	low, high = maxBucket, minBucket
	lengths := make(map[int]float64) // by round
	for _, c := range g.cells {
		for i := range c.Rounds {
			r := &c.Rounds[i]
			if r.Record == nil || r.Record.OverTime == nil {
				continue
			}
			o := r.Record.OverTime
			b, t, err := checkOverTime(o)
			if err != nil {
				return line, 0, 0, wrong(c, r.Number, "over_time: %w", err)
			}
			low, high = min(low, b), max(high, t)
			if len(o.Columns) > 0 {
				lengths[r.Number] = max(lengths[r.Number], float64(len(o.Columns))*o.ColumnMS*nanosPerMilli)
				line.width = max(line.width, o.ColumnMS*nanosPerMilli)
			}
		}
	}
	for _, round := range slices.Sorted(maps.Keys(lengths)) {
		if len(line.stretches) < maxColumns {
			line.stretches = append(line.stretches, stretch{round: round, length: lengths[round]})
		}
	}
	line.divide()
	return line, low, high, nil
}

const nanosPerMilli = 1e6

// divide joins columns of the record, the same number everywhere so that none looks busier for holding more, until they are
// no more than a picture has room for. Each round has one at least.
func (t *timeline) divide() {
	one := t.width
	for joined := 1.0; ; joined += max(1, math.Floor(joined/16)) { // nearly the fewest, soon
		t.width = joined * one
		at, most := 0, 1
		for i := range t.stretches {
			s := &t.stretches[i]
			const rounding = 1e-9
			s.first, s.columns = at, max(1, int(math.Ceil(s.length/t.width*(1-rounding))))
			at, most = at+s.columns, max(most, s.columns)
		}
		if at <= maxColumns || most == 1 {
			return
		}
	}
}

// edges are the edges of the columns.
func (t *timeline) edges() []float64 {
	last := t.stretches[len(t.stretches)-1]
	out := make([]float64, last.first+last.columns+1)
	for i := range out {
		out[i] = float64(i) * t.width
	}
	return out
}

// checkOverTime returns the lowest and the highest bucket, or says what is wrong.
func checkOverTime(o *folder.OverTime) (low, high int, err error) {
	low, high = maxBucket, minBucket
	if !(o.ColumnMS > 0) || float64(len(o.Columns))*o.ColumnMS > maxMillis {
		return 0, 0, fmt.Errorf("%d columns of %v ms", len(o.Columns), o.ColumnMS)
	}
	for i, column := range o.Columns {
		if len(column)%2 != 0 {
			return 0, 0, fmt.Errorf("column %d has %d numbers, which are no pairs", i, len(column))
		}
		for k := 0; k < len(column); k += 2 {
			b, n := column[k], column[k+1]
			if b < minBucket || b > maxBucket || n < 0 || k > 0 && b <= column[k-2] {
				return 0, 0, fmt.Errorf("column %d has %d latencies in bucket %d", i, n, b)
			}
			if n > 0 {
				low, high = min(low, int(b)), max(high, int(b))
			}
		}
	}
	return low, high, nil
}

// maxMillis is a year: no round takes longer.
const maxMillis = 365 * 24 * 3600 * 1e3

// fill counts the latencies of one cell into the columns of the picture. longest is the highest bucket that has any.
func fill(c *folder.Cell, edges *chart.Grid, line timeline, low int) (g *chart.Grid, total float64, longest, rounds int) {
	g = &chart.Grid{X: edges.X, Y: edges.Y, Counts: make([][]float64, len(edges.X)-1)}
	for i := range g.Counts {
		g.Counts[i] = make([]float64, len(edges.Y)-1)
	}
	for i := range c.Rounds {
		r := &c.Rounds[i]
		at := slices.IndexFunc(line.stretches, func(s stretch) bool { return s.round == r.Number })
		if at < 0 || r.Record == nil || r.Record.OverTime == nil {
			continue
		}
		s, o := line.stretches[at], r.Record.OverTime
		rounds++
		for k, column := range o.Columns {
			x := min(int((float64(k)+0.5)*o.ColumnMS*nanosPerMilli/line.width), s.columns-1)
			for p := 0; p < len(column); p += 2 {
				g.Counts[s.first+x][int(column[p])-low] += float64(column[p+1])
				total += float64(column[p+1])
				if column[p+1] > 0 {
					longest = max(longest, int(column[p]))
				}
			}
		}
	}
	return g, total, longest, rounds
}
