package render

import (
	"fmt"
	"math"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/compare"
	"daxbench/reports/unit"
)

// column is one column of a group's table.
type column struct {
	head  string
	align text.Align
	drop  int // columns with the highest number go first when the terminal is narrow; 0 stays
	cells func(g *compare.Group) []string
	shade func(r *compare.Row) text.Colors // nil means plain
}

// The order in which columns are dropped, first to last.
const (
	_ = iota
	dropVerdict
	dropInterval
	dropOrphaned // a sentence says it too
	dropTail
	dropBlocked
	dropRecalls
	dropFreeing
	dropP99
	dropBar
	dropOps
	dropEvicts
	dropP50
	dropP90 // from here on only terminals of great width show a column, and Markdown does not
	dropMax
)

// tableColumns are all columns of a group, in the order in which they stand. A column whose cells are all empty is left out.
func tableColumns(g *compare.Group, notes *footnotes) []column {
	right, left := text.AlignRight, text.AlignLeft
	of := func(kind unit.Kind, value func(r *compare.Row) float64) func(g *compare.Group) []string {
		return func(g *compare.Group) []string { return values(g, kind, value) }
	}
	kind := unit.Of(g.Unit)
	return []column{
		{"policy", left, 0, func(g *compare.Group) []string { return names(g, notes) }, nil},
		{g.Heading(), right, 0, of(kind, func(r *compare.Row) float64 { return r.Cost.Value }), nil},
		{"", left, dropBar, bars, barShade},
		{"change", right, 0, ratios, ratioShade},
		{"interval", right, dropInterval, intervals, func(*compare.Row) text.Colors { return faint }},
		{"verdict", left, dropVerdict, verdicts, ratioShade},
		{"violations", right, 0, counts(func(r *compare.Row) int64 { return r.Violations }, func(r *compare.Row) bool { return r.Looked }), countShade(func(r *compare.Row) int64 { return r.Violations })},
		{"hung", right, 0, counts(func(r *compare.Row) int64 { return r.Hung }, always), countShade(func(r *compare.Row) int64 { return r.Hung })},
		{"parked", right, 0, counts(func(r *compare.Row) int64 { return r.Parked }, always), countShade(func(r *compare.Row) int64 { return r.Parked })},
		{"orphaned", right, dropOrphaned, counts(func(r *compare.Row) int64 { return r.Orphaned }, always), countShade(func(r *compare.Row) int64 { return r.Orphaned })},
		{"p50", right, dropP50, of(unit.Nanos, func(r *compare.Row) float64 { return r.P50 }), nil},
		{"p90", right, dropP90, of(unit.Nanos, func(r *compare.Row) float64 { return r.P90 }), nil},
		{"p99", right, dropP99, of(unit.Nanos, func(r *compare.Row) float64 { return r.P99 }), nil},
		{"p99.9", right, dropTail, of(unit.Nanos, func(r *compare.Row) float64 { return r.P999 }), nil},
		{"max", right, dropMax, of(unit.Nanos, func(r *compare.Row) float64 { return r.Max }), nil},
		{"blocked", right, dropBlocked, waited(func(r *compare.Row) float64 { return r.Blocked }), nil},
		{"recalls", right, dropRecalls, waited(func(r *compare.Row) float64 { return r.Recalls }), nil},
		{"lookups wait", right, dropFreeing, waited(func(r *compare.Row) float64 { return r.Freeing }), nil},
		{"operations", right, dropOps, of(unit.Rate, func(r *compare.Row) float64 { return r.OpsRate }), nil},
		{"evictions", right, dropEvicts, of(unit.Rate, func(r *compare.Row) float64 { return r.Evicts }), nil},
	}
}

// values writes one number per row; zero means that there is none.
func values(g *compare.Group, kind unit.Kind, value func(r *compare.Row) float64) []string {
	numbers := make([]float64, len(g.Rows))
	for i := range g.Rows {
		if numbers[i] = value(&g.Rows[i]); numbers[i] == 0 {
			numbers[i] = -1
		}
	}
	return unit.Column(numbers, kind)
}

// waited is a time per operation that was spent waiting; a zero is shown if any policy of the group has more.
func waited(nanos func(r *compare.Row) float64) func(g *compare.Group) []string {
	return func(g *compare.Group) []string {
		numbers := make([]float64, len(g.Rows))
		most := 0.0
		for i := range g.Rows {
			numbers[i] = nanos(&g.Rows[i])
			if g.Rows[i].Cost.N == 0 {
				numbers[i] = -1
			}
			most = max(most, numbers[i])
		}
		if most == 0 {
			return make([]string, len(g.Rows))
		}
		return unit.Column(numbers, unit.Nanos)
	}
}

// names are the policies, with the marks of their footnotes.
func names(g *compare.Group, notes *footnotes) []string {
	out := make([]string, len(g.Rows))
	for i := range g.Rows {
		r := &g.Rows[i]
		out[i] = clean(r.Policy, maxPolicy)
		if out[i] == "" {
			out[i] = "–"
		}
		out[i] = notes.mark(out[i], i)
	}
	return out
}

// ratios are the changes against the reference.
func ratios(g *compare.Group) []string {
	out := make([]string, len(g.Rows))
	for i := range g.Rows {
		if r := &g.Rows[i]; r.Ratio.N > 0 {
			out[i] = unit.Ratio(r.Ratio.Value)
		}
	}
	return out
}

// intervals are the intervals of the changes.
func intervals(g *compare.Group) []string {
	out := make([]string, len(g.Rows))
	for i := range g.Rows {
		if r := &g.Rows[i]; r.Ratio.Bounded() {
			lo, hi := unit.Interval(r.Ratio.Value, r.Ratio.Lo, r.Ratio.Hi)
			out[i] = "[" + lo + ", " + hi + "]"
		}
	}
	return out
}

// verdicts are the verdicts in words. Too few rounds come with how many there are, and a policy that let a device write
// into another file is not just cheaper.
func verdicts(g *compare.Group) []string {
	out := make([]string, len(g.Rows))
	for i := range g.Rows {
		r := &g.Rows[i]
		out[i] = r.Verdict.String()
		if r.Verdict.Judgement == compare.TooFew {
			out[i] += fmt.Sprintf(" (%d)", r.Ratio.N)
		}
		if r.Violations > 0 {
			out[i] += ", unsafe"
		}
	}
	return out
}

// counts writes what was counted over the rounds, if any row of the group has one. What was not looked at is not a zero.
func counts(count func(*compare.Row) int64, looked func(*compare.Row) bool) func(g *compare.Group) []string {
	return func(g *compare.Group) []string {
		out := make([]string, len(g.Rows))
		found := false
		for i := range g.Rows {
			r := &g.Rows[i]
			found = found || count(r) > 0
			out[i] = "?"
			if looked(r) || count(r) > 0 {
				out[i] = unit.Count(count(r))
			}
		}
		if !found {
			clear(out)
		}
		return out
	}
}

func always(*compare.Row) bool { return true }

// barWidth is the width of the longest bar, in columns.
const barWidth = 8

// bars draw the primary unit from zero, so that twice as long is twice as dear.
func bars(g *compare.Group) []string {
	out := make([]string, len(g.Rows))
	most := 0.0
	for i := range g.Rows {
		most = max(most, g.Rows[i].Cost.Value)
	}
	if len(g.Rows) < 2 || most <= 0 {
		return out
	}
	for i := range g.Rows {
		out[i] = bar(g.Rows[i].Cost.Value / most * barWidth)
	}
	return out
}

// bar draws a length in eighths of a column. What is not zero is at least an eighth long.
func bar(length float64) string {
	if length <= 0 {
		return ""
	}
	eighths := max(1, int(math.Round(length*8)))
	b := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		b += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return b
}

func barShade(r *compare.Row) text.Colors {
	if r.Violations > 0 || r.Hung > 0 {
		return bad
	}
	return shade(r.Verdict)
}

func ratioShade(r *compare.Row) text.Colors {
	if r.Violations > 0 {
		return bad
	}
	return shade(r.Verdict)
}

// countShade colours what should be zero and is not.
func countShade(count func(*compare.Row) int64) func(*compare.Row) text.Colors {
	return func(r *compare.Row) text.Colors {
		if count(r) > 0 {
			return bad
		}
		return neutral
	}
}
