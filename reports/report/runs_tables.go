package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

// unitSection is the part of a page about one unit: its values, or their ratios to the reference policy. ok is false if
// there is nothing to show.
func unitSection(v *versus.Report, t *versus.Table, labels []string, within bool, ids names, rows rowNames) (Section, bool) {
	title, about := unitTitle(t), "Medians over the rounds, each run against "+labels[0]+"."
	if within {
		title += " in relation to " + trim(v.Reference)
		about = "Ratios to " + trim(v.Reference) + " in the same run, and how they changed."
	}
	switch {
	case t.Better > 0:
		about += " More is better."
	case t.Better < 0:
		about += " Less is better."
	}
	s := Section{ID: ids.of(title), Title: title, About: about}
	out := &Table{ID: "table-" + s.ID, Title: title, Columns: runsColumns(t, labels, within)}
	var notes []string
	for i := range t.Rows {
		if row, some := runsRow(t, &t.Rows[i], within, rows, &notes); some {
			out.Rows = append(out.Rows, row)
		}
	}
	for i := range notes[:min(len(notes), maxFootnotes)] {
		notes[i] = unit.Superscript(i+1) + " " + notes[i]
	}
	if left := len(notes) - maxFootnotes; left > 0 {
		notes = append(notes[:maxFootnotes], unit.Plural(left, "further warning")+" from daxbench compare -format json")
	}
	s.Tables, s.Footnotes = []*Table{out}, notes
	return s, len(out.Rows) > 0
}

// unitTitle says in words what a table is of.
func unitTitle(t *versus.Table) string {
	switch phrase, tail := unit.Phrase(t.Unit), versus.Tail(t.Unit); {
	case tail != "":
		return tail + " of the latencies"
	case phrase != "" && t.Better < 0:
		return "Cost " + phrase
	}
	return trim(t.Unit)
}

// runsColumns are the columns of such a table.
func runsColumns(t *versus.Table, labels []string, within bool) []Column {
	what := "median over the rounds, in " + trim(t.Unit)
	if within {
		what = "median of the ratios to the reference policy, round by round"
	}
	out := []Column{{Head: "workload"}, {Head: "policy"}, {labels[0], what, true}}
	for col := 1; col < len(t.Columns); col++ {
		label := trim(t.Columns[col])
		out = append(out, Column{label, what, true},
			Column{"change", "of " + label + " against " + labels[0], true},
			Column{"change 95 %", "interval of the change", true},
			Column{"p", "of a difference as large by chance alone", true},
			Column{Head: "verdict", About: "what is said of the change"},
			Column{"n", "rounds of " + labels[0] + " and of " + label, true})
	}
	return out
}

// runsRow is one benchmark. some is false if no run has a value to show.
func runsRow(t *versus.Table, r *versus.Row, within bool, names rowNames, notes *[]string) (row []Value, some bool) {
	bench, policy := names.of(r.Name)
	name := textValue(bench)
	var marks []string
	for _, w := range doubts(r, within) {
		n := slices.Index(*notes, w)
		if n < 0 {
			n = len(*notes)
			*notes = append(*notes, w)
		}
		if n < maxFootnotes {
			marks = append(marks, unit.Superscript(n+1))
		}
	}
	name.Text += strings.Join(marks, ",")
	row = []Value{name, {Text: policy, CSV: policy, Sort: math.NaN(), Look: chart.LookOf(policy)}}
	for col := range r.Cells {
		c := &r.Cells[col]
		v := cellValue(t, c, within)
		some = some || v.Text != ""
		row = append(row, v)
		if col > 0 {
			row = append(row, changeValues(changeOf(c, within))...)
		}
	}
	return row, some
}

// doubts are the warnings of a row, each once.
func doubts(r *versus.Row, within bool) (out []string) {
	add := func(list []versus.Warning) {
		for _, w := range list {
			if text := trimTo(w.Text, maxFact); !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	for i := range r.Cells {
		add(r.Cells[i].Warnings)
		if c := changeOf(&r.Cells[i], within); c != nil {
			add(c.Warnings)
		}
	}
	return out
}

// cellValue is the value of a run, or its ratio to the reference, with its interval.
func cellValue(t *versus.Table, c *versus.Cell, within bool) Value {
	switch {
	case within && c.Within == nil, c.N == 0, !c.Centre.Finite():
		return none()
	case within:
		v := changeValues(&c.Within.Ratio)
		v[0].Text += behind(v[1].Text)
		v[0].Tone = Plain
		return v[0]
	}
	kind, factor := kindOf(t.Unit)
	v := Value{Text: unit.Format(float64(c.Centre)*factor, kind), Sort: float64(c.Centre), CSV: float(float64(c.Centre))}
	if c.Lo.Finite() && c.Hi.Finite() {
		v.Text += " " + bounds(stats.Estimate{Value: float64(c.Centre) * factor, Lo: float64(c.Lo) * factor, Hi: float64(c.Hi) * factor}, kind)
	}
	return v
}

// kindOf is the kind of a unit in which times are in seconds, as package versus has them, and what makes such a time one in
// nanoseconds.
func kindOf(name string) (kind unit.Kind, factor float64) {
	numerator, denominator, _ := strings.Cut(name, "/")
	if denominator != "s" && (numerator == "sec" || strings.HasSuffix(numerator, "-sec")) {
		return unit.Nanos, 1e9
	}
	return unit.Of(name), 1
}

// changeValues are a change, its interval, p, verdict and numbers of rounds.
func changeValues(c *versus.Change) []Value {
	if c == nil {
		return []Value{none(), none(), none(), none(), none()}
	}
	out := []Value{none(), none(), none(), textValue(c.Said()), rounds(c)}
	if lo, hi, ok := c.Interval(); ok {
		out[1] = Value{Text: intervalOf(c), Sort: lo, CSV: float(lo) + " to " + float(hi), Tone: Faint}
	}
	if r := c.Factor(); !math.IsNaN(r) {
		out[0] = Value{Text: unit.Ratio(r), Sort: r, CSV: float(r), Tone: changeTone(c.Verdict)}
	}
	if p := float64(c.P); !math.IsNaN(p) {
		out[2] = Value{Text: pText(p), Sort: p, CSV: float(p)}
	}
	out[3].Tone = changeTone(c.Verdict)
	return out
}

// changeTone is how a verdict strikes.
func changeTone(v versus.Verdict) Tone {
	switch v {
	case versus.Worse:
		return Bad
	case versus.Better:
		return Good
	case versus.Undecided, versus.FewValues:
		return Faint
	}
	return Plain
}

// rowNames are the cells behind the names of benchmarks.
type rowNames map[string]folder.Key

func newRowNames(sources []*gallery.Source) rowNames {
	n := make(rowNames)
	for _, s := range sources {
		for _, c := range s.Run.Cells {
			n[c.Name] = c.Key
		}
	}
	return n
}

// of returns the workload with its parameters, and the policy. A number behind the last dash of a name is GOMAXPROCS.
func (n rowNames) of(name string) (workload, policy string) {
	key, ok := n[name]
	if i := strings.LastIndex(name, "-"); !ok && i > 0 {
		key, ok = n[name[:i]]
	}
	if !ok {
		return trim(name), ""
	}
	return groupTitle(&compare.Group{Workload: key.Workload, Params: key.Params}), trim(key.Policy)
}

// rounds is how many rounds stand on either side; it sorts by the fewer.
func rounds(c *versus.Change) Value {
	v := count(min(c.N1, c.N2))
	if c.N1 != c.N2 {
		v.Text = fmt.Sprintf("%d and %d", c.N1, c.N2)
		v.CSV = v.Text
	}
	return v
}

// pText writes a p-value as benchstat does.
func pText(p float64) string { return fmt.Sprintf("%.3f", p) }
