package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// minPairs is how many rounds an interval takes.
const minPairs = stats.MinPairs

// Limits of the table of all groups. A browser lays out so many rows within a second, and the engine has 22 policies.
const (
	maxRows     = 5000
	maxPolicies = 64
)

// summary is the table of all groups and policies. Of a run with more than it holds it has the foremost groups, and the first
// policies, and says so in its title.
func summary(src *gallery.Source) *Table {
	t := src.Table
	names := policies(t)
	limited := ""
	if len(names) > maxPolicies {
		limited = fmt.Sprintf(", %d of %s policies", maxPolicies, unit.Count(len(names)))
		names = slices.DeleteFunc(names, func(p string) bool { return p == reference(t) })[:maxPolicies-1]
		names = append(names, reference(t))
	}
	if len(t.Groups) > maxRows {
		limited += fmt.Sprintf(", %s of %s sets of parameters", unit.Count(maxRows), unit.Count(len(t.Groups)))
	}
	about := "Change against " + trim(reference(t))
	if len(policies(t)) == 1 {
		about = "Cost under " + trim(reference(t))
	}
	out := &Table{ID: "table-overview", Title: about + limited, Columns: []Column{
		{Head: "workload", About: "what was done, with the parameters that took several values; the others stand with each workload below"},
		{Head: "unit", About: "what is counted: the cost of one eviction or operation, or a rate"},
		{Head: trim(reference(t)), About: "the reference: median over the rounds in that unit, with its interval", Numeric: true},
	}}
	for _, p := range names {
		if p != reference(t) {
			out.Columns = append(out.Columns, Column{Head: trim(p), Numeric: true,
				About: "change against " + trim(reference(t)) + ", with its interval: median of the ratios of the rounds"})
		}
	}
	out.Columns = append(out.Columns, Column{Head: "n", About: "rounds that the numbers of the row rest on", Numeric: true})
	differing := t.Differing()
	for _, i := range t.Foremost(maxRows) {
		g := &t.Groups[i]
		row := []Value{textValue(groupTitle(&compare.Group{Workload: g.Workload, Params: differing(g)})), textValue(trim(g.Unit)), none()}
		var ns []int
		for _, p := range names {
			r := rowOf(g, p)
			switch {
			case r == nil:
			case p == reference(t):
				ns = append(ns, r.Cost.N)
			default:
				ns = append(ns, r.Ratio.N)
			}
			switch {
			case p == reference(t) && r != nil:
				row[2] = measured(r.Cost, unit.Of(g.Unit))
			case p == reference(t):
			case r == nil:
				row = append(row, none())
			default:
				row = append(row, signed(r))
			}
		}
		out.Rows = append(out.Rows, append(row, counts(ns)))
	}
	return out
}

// rowOf is the row of a policy, or nil.
func rowOf(g *compare.Group, policy string) *compare.Row {
	for i := range g.Rows {
		if g.Rows[i].Policy == policy {
			return &g.Rows[i]
		}
	}
	return nil
}

// signed is the change of a row with its interval, behind a sign for its verdict.
func signed(r *compare.Row) Value {
	v := change(r)
	sign := map[compare.Judgement]string{compare.Dearer: "▲ ", compare.Cheaper: "▼ ", compare.Same: "= ", compare.Undecided: "? ", compare.TooFew: "? "}
	if iv := interval(r.Ratio); iv.Text != "" {
		v.Text += " " + iv.Text
	}
	v.Text = sign[r.Verdict.Judgement] + v.Text
	if r.Violations > 0 {
		v.Text, v.Tone = strings.TrimSpace("✗ "+v.Text), Bad
	}
	return v
}

// column is a column of a group's table on its way.
type column struct {
	Column
	value func(r *row) Value
}

// row is one policy of a group with all that is known of it.
type row struct {
	*compare.Row
	cell  *folder.Cell
	group *compare.Group
	marks []int // of its footnotes
}

// groupTables are the tables of a group, and the footnotes of their rows.
func groupTables(all folder.Index, g *compare.Group, id string) ([]*Table, []string) {
	rows := make([]*row, len(g.Rows))
	var notes []string
	for i := range g.Rows {
		rows[i] = &row{Row: &g.Rows[i], cell: cellOf(all, g, g.Rows[i].Policy), group: g}
		for _, w := range g.Rows[i].Warnings {
			n := slices.Index(notes, trim(w))
			if n < 0 {
				n = len(notes)
				notes = append(notes, trim(w))
			}
			if n < maxFootnotes {
				rows[i].marks = append(rows[i].marks, n+1)
			}
		}
	}
	for i := range notes[:min(len(notes), maxFootnotes)] {
		notes[i] = unit.Superscript(i+1) + " " + notes[i]
	}
	if left := len(notes) - maxFootnotes; left > 0 {
		notes = append(notes[:maxFootnotes], unit.Plural(left, "further warning")+" in "+folder.ManifestName)
	}
	return []*Table{
		tabled(id+"-cost", unit.Capital(g.Measure()), costColumns(g), rows),
		tabled(id+"-more", "Latencies, rates and waits", moreColumns(), rows),
	}, notes
}

// maxFootnotes is how many footnotes a group gets. What is beyond is counted.
const maxFootnotes = 12

// tabled makes a table of the columns in which some row has a value.
func tabled(id, title string, columns []column, rows []*row) *Table {
	t := &Table{ID: "table-" + id, Title: title, Rows: make([][]Value, len(rows))}
	for _, c := range columns {
		t.Columns = append(t.Columns, c.Column)
		for i, r := range rows {
			t.Rows[i] = append(t.Rows[i], c.value(r))
		}
	}
	t.squeeze()
	return t
}

// squeeze takes the columns away in which no row has a value.
func (t *Table) squeeze() {
	for c := len(t.Columns) - 1; c >= 0; c-- {
		if slices.ContainsFunc(t.Rows, func(row []Value) bool { return row[c].Text != "" }) {
			continue
		}
		t.Columns = slices.Delete(t.Columns, c, c+1)
		for i := range t.Rows {
			t.Rows[i] = slices.Delete(t.Rows[i], c, c+1)
		}
	}
}

// costColumns say what a policy costs, and whether it is safe.
func costColumns(g *compare.Group) []column {
	kind := unit.Of(g.Unit)
	against := trim(g.Reference)
	return []column{
		{Column{Head: "policy"}, policy},
		{Column{g.Heading(), "median over the rounds, in " + trim(g.Unit), true}, func(r *row) Value { return number(r.Cost, kind) }},
		{Column{g.Heading() + " 95 %", "interval of the " + g.Heading() + ": where the median lies with 95 % confidence", true}, func(r *row) Value { return within(r.Cost, kind) }},
		{Column{"change", "median of the ratios to " + against + ", paired by round", true}, func(r *row) Value { return change(r.Row) }},
		{Column{"change 95 %", "interval: where the median of the ratios lies with 95 % confidence", true}, func(r *row) Value { return interval(r.Ratio) }},
		{Column{Head: "verdict", About: "what the interval of the change decides"}, verdict},
		{Column{"violations", "device writes that landed in a block that was no longer their file's", true}, violations},
		{Column{"of writes", "device writes that the oracle looked at", true}, func(r *row) Value { return some(int64(min(r.Writes, math.MaxInt64))) }},
		{Column{"hung", "rounds or operations that ended at the hang limit", true}, func(r *row) Value { return ill(r.Hung) }},
		{Column{"parked", "idle inodes that reclaim could not find at the end of a round", true}, func(r *row) Value { return ill(r.Parked) }},
		{Column{"orphaned", "inodes that were evicted while a page of theirs was pinned", true}, func(r *row) Value { return ill(r.Orphaned) }},
		{Column{"leases lost", "layout leases that were taken away without a recall", true}, func(r *row) Value { return ill(r.Abandoned) }},
		{Column{"n", "rounds", true}, func(r *row) Value { return count(r.Cost.N) }},
	}
}

// moreColumns say how the latencies lie, how much was done, and what was waited for.
func moreColumns() []column {
	of := func(head, about, name string) column {
		return column{Column{head, about, true}, func(r *row) Value { return measured(r.median(name), unit.Of(name)) }}
	}
	waited := func(head, about string, nanos func(r *row) float64) column {
		return column{Column{head, about + ": means, of slow operations too, so that the sum may exceed the cost, which is a median of slices; median over the rounds", true}, func(r *row) Value {
			if v := nanos(r); v > 0 {
				return Value{Text: unit.Format(v, unit.Nanos), Sort: v, CSV: float(v)}
			}
			return none()
		}}
	}
	return []column{
		{Column{Head: "policy"}, policy},
		of("p50", "half of the operations took at most so long, in ns", "p50-ns"),
		of("p90", "nine in ten took at most so long, in ns", "p90-ns"),
		of("p99", "99 in 100 took at most so long, in ns", "p99-ns"),
		of("p99.9", "999 in 1,000 took at most so long, in ns; empty if a round recorded too few latencies", "p99.9-ns"),
		of("max", "the longest operation of a round, in ns", "max-ns"),
		of("operations", "operations per second", "ops/s"),
		of("evictions", "evictions per second", "evict/s"),
		waited("blocked", "ns per operation that were spent waiting for pins", func(r *row) float64 { return r.Blocked }),
		waited("recalls", "ns per operation that were spent waiting for recalled leases", func(r *row) float64 { return r.Recalls }),
		waited("lookups wait", "ns per operation that lookups waited for inodes being evicted", func(r *row) float64 { return r.Freeing }),
		{Column{"latencies", "of the round that recorded the fewest", true}, func(r *row) Value { return some(int64(min(r.LeastLat, math.MaxInt64))) }},
		{Column{"n", "rounds", true}, func(r *row) Value { return count(r.Rounds) }},
	}
}

// median is the median of a unit over the rounds, with its interval; nothing if a round lacks it, as in compare.Row: policies
// would be held against each other by different rounds.
func (r *row) median(name string) stats.Estimate {
	if r.cell == nil {
		return stats.Estimate{}
	}
	_, values := r.cell.Series(name)
	if len(values) < r.cell.Measured() {
		return stats.Estimate{}
	}
	e, err := stats.Median(values)
	if err != nil {
		return stats.Estimate{}
	}
	return e
}

// policy is the name of a row, with the marks of its footnotes.
func policy(r *row) Value {
	name := trim(r.Policy)
	if name == "" {
		name = "–"
	}
	marks := make([]string, len(r.marks))
	for i, n := range r.marks {
		marks[i] = unit.Superscript(n)
	}
	return Value{Text: name + strings.Join(marks, ","), CSV: trim(r.Policy), Sort: math.NaN(), Look: chart.LookOf(r.Policy)}
}

// verdict is what is said of a row.
func verdict(r *row) Value {
	v := textValue(r.Verdict.String())
	v.Tone = tone(r.Row)
	if r.Verdict.Judgement == compare.TooFew {
		v.Text += fmt.Sprintf(" (%d of %d)", r.Ratio.N, minPairs)
	}
	if r.Violations > 0 {
		v.Text, v.Tone = v.Text+", unsafe", Bad
	}
	return v
}

// violations are a finding only if somebody looked.
func violations(r *row) Value {
	switch {
	case r.Violations > 0:
		return ill(r.Violations)
	case r.Writes == 0:
		return none()
	case !r.Looked:
		return Value{Text: "0 ?", CSV: "", Sort: math.NaN(), Tone: Faint}
	}
	return Value{Text: "0", CSV: "0", Tone: Good}
}

// tone is how a verdict strikes.
func tone(r *compare.Row) Tone {
	switch r.Verdict.Judgement {
	case compare.Dearer:
		return Bad
	case compare.Cheaper:
		if r.Violations > 0 || r.Orphaned > 0 || r.Abandoned > 0 {
			return Plain // who does not wait is cheaper, and nothing to be glad of
		}
		return Good
	case compare.Undecided, compare.TooFew, compare.NoValue:
		return Faint
	}
	return Plain
}

// number is an estimate without its interval.
func number(e stats.Estimate, kind unit.Kind) Value {
	if e.N == 0 {
		return none()
	}
	return Value{Text: unit.Format(e.Value, kind), Sort: e.Value, CSV: float(e.Value)}
}

// within is the interval of an estimate, in the unit in which the estimate is written.
func within(e stats.Estimate, kind unit.Kind) Value {
	if !e.Bounded() {
		return none()
	}
	return Value{Text: bounds(e, kind), Sort: e.Lo, CSV: float(e.Lo) + " to " + float(e.Hi), Tone: Faint}
}

// measured is an estimate with its interval behind it, if it has one.
func measured(e stats.Estimate, kind unit.Kind) Value {
	v := number(e, kind)
	if e.Bounded() {
		v.Text += " " + bounds(e, kind)
	}
	return v
}

// bounds is an interval in brackets: "[58.1, 61.9]", with units if they are not that of the value.
func bounds(e stats.Estimate, kind unit.Kind) string {
	words := []string{unit.Format(e.Value, kind), unit.Format(e.Lo, kind), unit.Format(e.Hi, kind)}
	_, name, _ := strings.Cut(words[0], " ")
	lo, ok := strings.CutSuffix(words[1], " "+name)
	hi, both := strings.CutSuffix(words[2], " "+name)
	if name == "" || !ok || !both {
		lo, hi = words[1], words[2]
	}
	return "[" + lo + ", " + hi + "]"
}

// change is a ratio as a change.
func change(r *compare.Row) Value {
	e := r.Ratio
	if e.N == 0 {
		return none()
	}
	return Value{Text: unit.Ratio(e.Value), Sort: e.Value, CSV: float(e.Value), Tone: tone(r)}
}

// interval is the interval of a ratio.
func interval(e stats.Estimate) Value {
	if !e.Bounded() {
		return none()
	}
	lo, hi := unit.Interval(e.Value, e.Lo, e.Hi)
	return Value{Text: "[" + lo + ", " + hi + "]", Sort: e.Lo, CSV: float(e.Lo) + " to " + float(e.Hi), Tone: Faint}
}

// none is the value that there is not.
func none() Value { return Value{Sort: math.NaN()} }

func textValue(s string) Value { return Value{Text: s, CSV: s, Sort: math.NaN()} }

// count is a whole number.
func count(n int) Value { return Value{Text: unit.Count(n), Sort: float64(n), CSV: strconv.Itoa(n)} }

// counts are several numbers of rounds: the one that all are, or the least and the most.
func counts(ns []int) Value {
	if len(ns) == 0 {
		return none()
	}
	v := count(slices.Min(ns))
	if most := slices.Max(ns); most > slices.Min(ns) {
		v.Text += " to " + unit.Count(most)
	}
	return v
}

// some is a whole number that is left out if it is zero.
func some(n int64) Value {
	if n <= 0 {
		return none()
	}
	return Value{Text: unit.Count(n), Sort: float64(n), CSV: strconv.FormatInt(n, 10)}
}

// ill is a count of what ought not to be.
func ill(n int64) Value {
	v := some(n)
	v.Tone = Bad
	return v
}

// float is a number for a spreadsheet.
func float(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
