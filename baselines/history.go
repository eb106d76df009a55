package baselines

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// LeastForChange is the number of records that a change point at alpha takes: the fewest among which stats.ChangePoints
// finds a perfect step in the middle. It is 0 if no number up to 32 does: then alpha is too small for a permutation test.
func LeastForChange(alpha float64) int {
	const fewest, most = 6, 32 // fewer than 6 values have no changes
	for n := fewest; n <= most; n++ {
		step := make([]float64, n)
		for i := n / 2; i < n; i++ {
			step[i] = 1
		}
		if changes, err := stats.ChangePoints(step, alpha); err == nil && len(changes) > 0 {
			return n
		}
	}
	return 0
}

// Query says which histories are wanted.
type Query struct {
	Unit    string         // "": the primary unit of each workload
	Against string         // a policy: ratios to it, round by round, instead of values; "": none
	Cell    *regexp.Regexp // of the name in the Go benchmark format, without "Benchmark"; nil: all
	Alpha   float64        // of a change point
}

// Point is one cell in one record: the median over the rounds, with its interval.
type Point struct {
	Entry *Entry
	stats.Estimate
}

// Stretch is a part of a series within which times compare.
type Stretch struct {
	Points  []Point
	Changes []stats.Change // in the medians; At counts within Points
	Few     bool           // fewer points than a change takes
	Since   []Difference   // why times do not compare with those of the stretch before; nil for the first
}

// Series is the history of one unit of one cell on one machine, as runs with the same settings saw it.
type Series struct {
	Machine   string
	Cell      string // in the Go benchmark format, without "Benchmark" and GOMAXPROCS
	Key       folder.Key
	Unit      string
	Better    int         // +1: higher; -1: lower; 0: not known
	Settings  Fingerprint // those in which it differs from other series of the same cell
	Stretches []Stretch
	settings  Fingerprint
}

// Len is the number of points.
func (s *Series) Len() (n int) {
	for i := range s.Stretches {
		n += len(s.Stretches[i].Points)
	}
	return n
}

// History returns the histories in the records of one machine, which are sorted by time. Damaged records are left out:
// they have no say. The error is that of stats for values that no run can have written.
func History(entries []*Entry, q Query) ([]*Series, error) {
	var list []*Series
	for _, e := range entries {
		if e.Err() != nil || e.Run == nil {
			continue
		}
		for _, c := range e.Run.Cells {
			if q.Cell != nil && !q.Cell.MatchString(c.Name) {
				continue
			}
			unit := q.Unit
			if unit == "" {
				unit = primary(&e.Run.Manifest, c.Workload)
			}
			estimate, err := q.value(e.Run, c, unit)
			if errors.Is(err, stats.ErrEmpty) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %s: %w", e.Machine, e.Name, oneLine(c.Name), err)
			}
			s := find(&list, e, c, unit)
			s.add(Point{e, estimate})
		}
	}
	for _, s := range list {
		if err := s.changes(q.Alpha); err != nil {
			return nil, fmt.Errorf("%s on %s: %w", oneLine(s.Cell), s.Machine, err)
		}
		s.distinguish(list)
	}
	return list, nil
}

// value is what a series shows of a cell in a run. The error is that of stats: ErrEmpty if there is nothing to show.
func (q *Query) value(run *folder.Run, c *folder.Cell, unit string) (stats.Estimate, error) {
	if q.Against == "" {
		_, values := c.Series(unit)
		return stats.Median(values)
	}
	for _, other := range run.Cells {
		if other.Policy == q.Against && other.Group() == c.Group() && c.Policy != q.Against {
			return stats.PairedRatio(folder.Pairs(c, other, unit))
		}
	}
	return stats.Estimate{}, stats.ErrEmpty
}

// primary is the unit by which a workload is judged.
func primary(m *folder.Manifest, workload string) string {
	for _, g := range m.Plan.Groups {
		if g.Workload == workload && g.Primary != "" {
			return g.Primary
		}
	}
	return "ns/op"
}

// find returns the series of a cell of a record, and begins one if there is none.
func find(list *[]*Series, e *Entry, c *folder.Cell, unit string) *Series {
	for _, s := range *list {
		if s.Machine == e.Machine && s.Cell == c.Name && s.Unit == unit && slices.Equal(s.settings, e.Settings) {
			return s
		}
	}
	s := &Series{Machine: e.Machine, Cell: c.Name, Key: c.Key, Unit: unit, Better: e.Run.Better(unit), settings: e.Settings}
	*list = append(*list, s)
	return s
}

// add adds a point at the end, in a new stretch if its time does not compare with the one before.
func (s *Series) add(p Point) {
	n := len(s.Stretches)
	if n == 0 {
		s.Stretches = []Stretch{{Points: []Point{p}}}
		return
	}
	last := &s.Stretches[n-1]
	before := last.Points[len(last.Points)-1].Entry
	if since := Forbidding(Diff(before.Facts, p.Entry.Facts)); len(since) > 0 {
		s.Stretches = append(s.Stretches, Stretch{Points: []Point{p}, Since: since})
		return
	}
	last.Points = append(last.Points, p)
}

// changes looks for change points within each stretch.
func (s *Series) changes(alpha float64) error {
	needs := LeastForChange(alpha)
	for i := range s.Stretches {
		st := &s.Stretches[i]
		if needs == 0 || len(st.Points) < needs {
			st.Few = true
			continue
		}
		values := make([]float64, len(st.Points))
		for k, p := range st.Points {
			values[k] = p.Value
		}
		var err error
		if st.Changes, err = stats.ChangePoints(values, alpha); err != nil {
			return err
		}
	}
	return nil
}

// distinguish keeps the settings that other series of the same cell have otherwise.
func (s *Series) distinguish(list []*Series) {
	for _, other := range list {
		if other.Machine != s.Machine || other.Cell != s.Cell || other.Unit != s.Unit {
			continue
		}
		for _, d := range Diff(other.settings, s.settings) {
			if fact := (Fact{d.Key, d.B}); !slices.Contains(s.Settings, fact) {
				s.Settings = append(s.Settings, fact)
			}
		}
	}
	slices.SortFunc(s.Settings, func(a, b Fact) int { return strings.Compare(a.Key, b.Key) })
}
