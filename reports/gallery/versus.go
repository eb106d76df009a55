package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// versusRuns answers what changed from one run to the next.
var versusRuns = Kind{Name: "versus", About: "every cell against the same cell of the first run, and the latencies of those that changed",
	Scope: OfRuns, Make: makeVersus}

// maxChanged is of how many cells that changed the latencies are drawn.
const maxChanged = 8

// match is a cell in all runs.
type match struct {
	group  *group
	row    int            // of the group
	cells  []*folder.Cell // by run; nil where there is none
	ratios []stats.Estimate
}

func makeVersus(sources []*Source) ([]Picture, error) {
	if len(sources) < 2 {
		return nil, nil
	}
	groups := sources[0].groups()
	names := runNames(sources)
	f := forest{kind: "versus", title: "Cost against " + names[0], axis: "ratio to " + names[0], one: names[0], series: names[1:],
		look: func(string) chart.Look { return chart.ByPlace }, about: "rounds per side"}
	if sameSeed(sources) {
		f.about = "rounds, paired by their seed"
	}
	two := len(sources) == 2
	if two { // the only other run needs no colour: the policies have theirs
		f.series, f.look = policies(groups), chart.LookOf
	}
	all, err := matches(sources, groups)
	if err != nil {
		return nil, err
	}
	for i := range all {
		m := &all[i]
		for k, e := range m.ratios {
			if e.N == 0 {
				continue
			}
			policy := m.cells[0].Policy
			row := forestRow{name: fmt.Sprintf("%s · %s", m.group.label, policyName(policy)), series: k, ratio: e, decided: differs(e)}
			if two {
				row.series = slices.Index(f.series, policy)
			} else {
				row.name += ", " + names[k+1]
			}
			row.name += ": " + unit.Ratio(e.Value)
			f.rows = append(f.rows, row)
		}
	}
	out := f.pictures()
	curves, err := changedLatencies(sources, names, all)
	return append(out, curves...), err
}

// sameSeed says whether all runs did the same operations.
func sameSeed(sources []*Source) bool {
	return !slices.ContainsFunc(sources, func(s *Source) bool { return s.Run.Manifest.Seed != sources[0].Run.Manifest.Seed })
}

// runNames are the names of the runs, or their numbers.
func runNames(sources []*Source) []string {
	names := make([]string, len(sources))
	for i, s := range sources {
		names[i] = cmp.Or(plain(s.Name), fmt.Sprintf("run %d", i+1))
	}
	return names
}

// matches are the cells that the first run shares with others, in its order.
func matches(sources []*Source, groups []group) (out []match, err error) {
	others := make([]map[string]*folder.Cell, len(sources))
	for i, s := range sources {
		others[i] = make(map[string]*folder.Cell, len(s.Run.Cells))
		for _, c := range s.Run.Cells {
			others[i][c.Group()+"\x00"+c.Policy] = c
		}
	}
	for i := range groups {
		for row, c := range groups[i].cells {
			m := match{group: &groups[i], row: row, cells: make([]*folder.Cell, len(sources))}
			m.cells[0] = c
			for k := 1; k < len(sources); k++ {
				other := others[k][c.Group()+"\x00"+c.Policy]
				m.cells[k] = other
				e, err := ratioOf(sources[0], sources[k], c, other, groups[i].Unit)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", cut(c.Name, maxTitle), plain(groups[i].Unit), err)
				}
				m.ratios = append(m.ratios, e)
			}
			out = append(out, m)
		}
	}
	return out, nil
}

// ratioOf is how a cell changed from one run to another; N is 0 if there is nothing to compare. As in package versus, rounds
// of two runs belong together only if both had the same seed, and so the same operations.
func ratioOf(from, to *Source, a, b *folder.Cell, of string) (stats.Estimate, error) {
	if b == nil {
		return stats.Estimate{}, nil
	}
	if from.Run.Manifest.Seed == to.Run.Manifest.Seed {
		if as, bs := folder.Pairs(a, b, of); len(as) > 0 {
			return stats.PairedRatio(bs, as)
		}
	}
	_, as := a.Series(of)
	_, bs := b.Series(of)
	if len(as) == 0 || len(bs) == 0 {
		return stats.Estimate{}, nil
	}
	e, err := stats.Shift(logs(as), logs(bs), stats.Level)
	if err != nil {
		return stats.Estimate{}, err
	}
	return e.Exp(), nil
}

// logs are logarithms of figures, which are positive.
func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log(v)
	}
	return out
}

// differs says whether a difference was shown, by the rule of package compare for policies.
func differs(e stats.Estimate) bool {
	if !e.Bounded() {
		return false
	}
	up := e.Lo >= 1+compare.MinClear && e.Value >= 1+compare.MinEffect
	down := e.Hi <= 1/(1+compare.MinClear) && e.Value <= 1/(1+compare.MinEffect)
	return up || down
}

// changedLatencies draws old and new curves of the cells that changed most.
func changedLatencies(sources []*Source, names []string, all []match) (out []Picture, err error) {
	changed := slices.DeleteFunc(slices.Clone(all), func(m match) bool { return !slices.ContainsFunc(m.ratios, differs) })
	slices.SortStableFunc(changed, func(a, b match) int { return cmp.Compare(b.change(), a.change()) })
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

// change is the largest change that was shown, as the distance of its logarithm from 0.
func (m *match) change() (most float64) {
	for _, e := range m.ratios {
		if differs(e) {
			most = max(most, math.Abs(math.Log(e.Value)))
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
