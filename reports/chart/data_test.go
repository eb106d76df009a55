package chart

import (
	"math"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/unit"
)

// table is data on lines.
func table(c *Chart) string {
	head, rows := c.Data()
	lines := []string{strings.Join(head, " | ")}
	for _, r := range rows {
		lines = append(lines, strings.Join(r, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestData(t *testing.T) {
	for name, c := range map[string]struct {
		chart *Chart
		want  string
	}{
		"lines": {
			&Chart{X: Axis{Title: "workers"}, Y: Axis{Title: "ns/evict, less is better", Kind: unit.Nanos}, Series: []Series{
				{Name: "none", Pieces: [][]Point{{{X: 1, Y: 400, Lo: 390, Hi: 412.5}, {X: 2, Y: 1e-12}}}}}},
			"series | workers | ns/evict, less is better | ns/evict, less is better, low | ns/evict, less is better, high\n" +
				"none | 1 | 400 | 390 | 412.5\nnone | 2 | 1e-12 |  | ",
		},
		"percentiles": {
			&Chart{X: Axis{Title: "percentile", Scale: Percentile}, Y: Axis{Title: "latency", Scale: Log, Kind: unit.Nanos}, Series: []Series{
				{Name: "none", Pieces: [][]Point{{{X: 1, Y: 1}, {X: 2, Y: 1234567.8}, {X: 1000, Y: 3e9}}}}}},
			"series | percentile | latency (ns)\nnone | p0 | 1\nnone | p50 | 1234570\nnone | p99.9 | 3000000000",
		},
		"rows and spans": {
			&Chart{X: Axis{Title: "time", Kind: unit.Nanos}, Y: Axis{Scale: Rows, Title: "inode", Names: []string{"a", "b"}}, Series: []Series{
				{Name: "waits", Pieces: [][]Point{{{X: 5, Y: 1}}}, Spans: []Span{{Row: 0, From: 1, To: 9}}}}},
			"series | inode | time (ns) | time (ns), low | time (ns), high\nwaits | b | 5 |  | \nwaits | a |  | 1 | 9",
		},
		"rows below headings, and a mark": {
			&Chart{X: Axis{Title: "cost", Kind: unit.Relative}, Y: Axis{Scale: Rows, Title: "policy", Names: []string{"a", "b", "a"},
				Heads: []Head{{0, "storm 1"}, {2, "storm 2"}}, Said: []string{"dearer", "", "same"}}, Series: []Series{
				{Name: "a", Pieces: [][]Point{{{X: 2, Y: 0}, {X: 1, Y: 2}}}}, {Name: "b", Pieces: [][]Point{{{X: 1.5, Y: 1}}}}},
				Marks: []Mark{{At: 1, Label: "none", Series: Everyone}, {At: 3, Label: "limit", Series: 1}, {At: 4, Series: Everyone}}},
			"series | group | policy | cost (ratio) | said\na | storm 1 | a | 2 | dearer\na | storm 2 | a | 1 | same\nb | storm 1 | b | 1.5 | \n" +
				"none |  |  | 1 | \nb: limit |  |  | 3 | ",
		},
		"marks": {
			&Chart{X: Axis{Title: "workers"}, Y: Axis{Title: "cost"}, Series: []Series{{Name: "s", Pieces: [][]Point{{{X: 1, Y: 2}}}}},
				Marks: []Mark{{At: 40, Label: "the clock", Series: Everyone, Level: true}, {At: 8, Label: "cores", Series: Everyone}}},
			"series | workers | cost\ns | 1 | 2\nthe clock |  | 40\ncores | 8 | ",
		},
		"dates": {
			&Chart{X: Axis{Scale: Date}, Y: Axis{Title: "x"}, Series: []Series{{Name: "s", Pieces: [][]Point{{{X: 86400, Y: 2}}}}}},
			"series | X (UTC) | x\ns | 1970-01-02T00:00:00Z | 2",
		},
		"grid": {
			&Chart{X: Axis{Title: "at", Kind: unit.Nanos}, Y: Axis{Title: "latency", Scale: Log, Kind: unit.Nanos}, Grid: &Grid{
				X: []float64{0, 10, 20}, Y: []float64{1, 2}, Counts: [][]float64{{7}, {0}}}},
			"at (ns), from | at (ns), to | latency (ns), from | latency (ns), to | count\n0 | 10 | 1 | 2 | 7",
		},
	} {
		if err := c.chart.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := table(c.chart); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestDataOfDemos wants every row to be as wide as the head, and each point, span, cell and label to be there.
func TestDataOfDemos(t *testing.T) {
	for _, c := range demos() {
		head, rows := c.Data()
		n := 0
		for _, s := range c.Series {
			n += len(slices.Concat(s.Pieces...)) + len(s.Spans)
		}
		for _, m := range c.Marks {
			if m.Label != "" && c.Grid == nil {
				n++
			}
		}
		if c.Grid != nil {
			for _, column := range c.Grid.Counts {
				for _, count := range column {
					n += int(min(count, 1))
				}
			}
		}
		if len(rows) != n {
			t.Errorf("%s: %d rows, want %d", c.ID, len(rows), n)
		}
		for _, r := range rows {
			if len(r) != len(head) {
				t.Errorf("%s: %q below %q", c.ID, r, head)
				break
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", -2.5: "-2.5", 1234567: "1234570", 0.000123456789: "0.000123457", 1e18: "1e+18", 1e-10: "1e-10",
		math.MaxFloat64: "1.79769e+308"} {
		if got := number(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
