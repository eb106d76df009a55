package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

// versusRuns answers what changed from one run to the next. What it says of a cell is what package versus says of it, and so
// what the tables beside it say.
var versusRuns = Kind{Name: "versus", About: "how costs changed from run to run, and the latencies of the cells where they did",
	Scope: OfRuns, Make: makeVersus}

// maxChanged is of how many cells that changed the latencies are drawn.
const maxChanged = 8

// match is a cell in all runs.
type match struct {
	group *group
	cells []*folder.Cell // by run; nil where there is none
	found []*versus.Cell // by run: what package versus found of it in the unit that its group is judged by; likewise
}

// makeVersus draws first what the verdict rests on: with a reference policy how the ratios to it changed, and then the values.
func makeVersus(sources []*Source) (out []Picture, err error) {
	if len(sources) < 2 || sources[0].Versus == nil {
		return nil, nil
	}
	v := sources[0].Versus
	groups := sources[0].groups()
	names := runNames(sources)
	all := matches(sources, groups)
	f := forest{one: names[0], series: names[1:], look: func(string) chart.Look { return chart.ByPlace }, few: "too few",
		rule: fmt.Sprintf("A difference has p ≤ %g and an interval clear of the line: the verdicts are those of the tables.", v.Alpha)}
	if len(sources) == 2 { // the only other run needs no colour: the policies have theirs
		f.series, f.look = policies(groups), chart.LookOf
	}
	if v.Reference != "" {
		to := "the ratio to " + plain(v.Reference)
		f.kind, f.title, f.axis = "versus-ratio", "How "+to+" changed against "+names[0], "change of "+to
		f.rows = f.rowsOf(all, names, true)
		out = append(out, f.pictures()...)
	}
	f.kind, f.title, f.axis = "versus", "How costs changed against "+names[0], "change of the cost"
	f.rows = f.rowsOf(all, names, false)
	out = append(out, f.pictures()...)
	curves, err := changedLatencies(sources, names, all, v.Reference != "")
	return append(out, curves...), err
}

// changes are those of the cell against the first run: by run, nil where there is none. Within is how the ratio to the
// reference changed.
func (m *match) changes(within bool) []*versus.Change {
	out := make([]*versus.Change, len(m.cells))
	for run, c := range m.found {
		switch {
		case run == 0 || c == nil:
		case !within:
			out[run] = c.Change
		case c.Within != nil:
			out[run] = c.Within.Change
		}
	}
	return out
}

// rowsOf are the changes of all cells, and says what they rest on.
func (f *forest) rowsOf(all []match, names []string, within bool) (rows []forestRow) {
	f.what, f.about = "Medians of the ratios", "rounds, paired by their seed"
	for i := range all {
		m := &all[i]
		policy := m.cells[0].Policy
		for run, c := range m.changes(within) {
			if c == nil || !(c.Factor() > 0) || math.IsInf(c.Factor(), 0) {
				continue
			}
			if c.Method != versus.Paired {
				f.what, f.about = "Shifts between two samples", "rounds per side"
			}
			row := forestRow{head: m.group.label, name: policyName(policy), said: saidOf(c), series: run - 1, ratio: estimate(c),
				decided: c.Verdict.Differs()}
			if len(names) == 2 {
				row.series = slices.Index(f.series, policy)
			} else {
				row.name += ", " + names[run]
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// saidOf is a change and its verdict in words.
func saidOf(c *versus.Change) string {
	switch c.Verdict {
	case versus.Same:
		return c.Said()
	case versus.FewValues:
		return unit.Ratio(c.Factor()) + ", n too small"
	}
	return unit.Ratio(c.Factor()) + ", " + c.Said()
}

// estimate is the ratio of a change as the tables have it: bounded if they give an interval.
func estimate(c *versus.Change) stats.Estimate {
	e := stats.Estimate{Value: c.Factor(), N: min(c.N1, c.N2)}
	if lo, hi, ok := c.Interval(); ok && lo > 0 {
		e.Lo, e.Hi, e.Confidence = lo, hi, max(float64(c.Ratio.Confidence), stats.Level)
	}
	return e
}

// runNames are the names of the runs, or their numbers.
func runNames(sources []*Source) []string {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = cmp.Or(plain(s.Name), fmt.Sprintf("run %d", i+1))
	}
	return names
}

// matches are the cells of the first run, in its order, each with those of the others and what was found of them.
func matches(sources []*Source, groups []group) (out []match) {
	others := make([]folder.Index, len(sources))
	for i, s := range sources {
		others[i] = s.Run.Index()
	}
	found := foundOf(sources[0].Versus)
	for i := range groups {
		_, tidied := benchunit.Tidy(1, groups[i].Unit) // as package versus keeps it: sec/op for ns/op
		for _, c := range groups[i].cells {
			m := match{group: &groups[i], cells: make([]*folder.Cell, len(sources)), found: found[bench{tidied, c.Name}]}
			for run := range sources {
				m.cells[run] = others[run].Of(c.Key)
			}
			out = append(out, m)
		}
	}
	return out
}

// bench is where a benchmark stands in the tables of package versus: its unit, and its name without GOMAXPROCS.
type bench struct{ unit, name string }

// foundOf are the cells of a comparison of runs by benchmark, and then by run. Tables that lack the first run compare others
// with each other, and are left out.
func foundOf(v *versus.Report) map[bench][]*versus.Cell {
	runs := make(map[string]int, len(v.Inputs)) // by label
	for i := range v.Inputs {
		runs[v.Inputs[i].Label] = i
	}
	out := make(map[bench][]*versus.Cell)
	for i := range v.Tables {
		t := &v.Tables[i]
		if len(t.Columns) < 2 || len(v.Inputs) == 0 || t.Columns[0] != v.Inputs[0].Label {
			continue
		}
		for k := range t.Rows {
			cells := make([]*versus.Cell, len(v.Inputs))
			for col := range t.Rows[k].Cells {
				if run, ok := runs[t.Columns[col]]; ok {
					cells[run] = &t.Rows[k].Cells[col]
				}
			}
			name := t.Rows[k].Name
			out[bench{t.Unit, name}] = cells
			if dash := strings.LastIndexByte(name, '-'); dash > 0 {
				if bare := (bench{t.Unit, name[:dash]}); out[bare] == nil {
					out[bare] = cells
				}
			}
		}
	}
	return out
}

// changedLatencies draws old and new curves of the cells that changed most.
func changedLatencies(sources []*Source, names []string, all []match, within bool) (out []Picture, err error) {
	far := make(map[*match]float64)
	var changed []*match
	for i := range all {
		if by := all[i].distance(within); by > 0 {
			far[&all[i]] = by
			changed = append(changed, &all[i])
		}
	}
	slices.SortStableFunc(changed, func(a, b *match) int { return cmp.Compare(far[b], far[a]) })
	ids := make(idents)
	for i, m := range changed {
		if i == maxChanged {
			if len(out) > 0 {
				out[len(out)-1].Note += fmt.Sprintf(" Such charts are made of the %d cells that changed most; %s more changed.", maxChanged,
					unit.Count(len(changed)-maxChanged))
			}
			break
		}
		p, err := m.latencies(sources, names, ids)
		if err != nil {
			return out, err
		}
		if p != nil {
			out = append(out, Picture{Group: m.group.index, Chart: p})
		}
	}
	return out, nil
}

// distance is the largest change that was shown, as the distance of its logarithm from 0; 0 if none was.
func (m *match) distance(within bool) (most float64) {
	for _, c := range m.changes(within) {
		if c != nil && c.Verdict.Differs() && c.Factor() > 0 {
			most = max(most, math.Abs(math.Log(c.Factor())))
		}
	}
	return most
}

// latencies draws one curve per run, that of the first one grey; nil if fewer than two have one.
func (m *match) latencies(sources []*Source, names []string, ids idents) (*chart.Chart, error) {
	policy := m.cells[0].Policy
	c := newCurves(fmt.Sprintf("%s, %s: latency by percentile, run by run", m.group.title(), policyName(policy)))
	for i := range m.cells {
		i = (i + 1) % len(m.cells) // the first one last, so that the others have the places that they have in the ratios
		look := chart.ByPlace
		switch {
		case m.cells[i] == nil:
			continue
		case i == 0:
			look = chart.Neutral
		case len(sources) == 2:
			look = chart.LookOf(policy)
		}
		if err := c.add(m.cells[i], names[i], look); err != nil {
			return nil, fmt.Errorf("%s: %w", names[i], err)
		}
	}
	if len(c.Series) < 2 {
		return nil, nil
	}
	c.ID = "versus-latency-" + ids.unique(m.group.id+"-"+policy)
	c.note(sources[0])
	return c.Chart, nil
}
