package chart

import (
	"fmt"
	"time"

	"daxbench/reports/unit"
)

// Line is what a history shows of one policy.
type Line struct {
	Name      string    // by which it has its look
	Stretches []Stretch // in the order of time
}

// Stretch is a part of a line within which values compare.
type Stretch struct {
	Records []Record
	Changes []int     // records with which the level changes, ascending
	Ratios  []float64 // levels after and before each change
	Why     string    // it does not compare with the stretch before: "kernel"
}

// Record is one value of a line.
type Record struct {
	When          time.Time
	Value, Lo, Hi float64 // the interval is zero if there is none
	N             int     // rounds that the value rests on; 0: nothing says
}

// History shows values over the dates of their records, with a mark at each change of the level and at each place beyond
// which values do not compare with those before. better is which direction is the good one: +1, -1, or 0.
func History(title, of string, better int, lines []Line) *Chart {
	c := &Chart{Title: title, X: Axis{Scale: Date}, Y: Axis{Title: of, Kind: unit.Of(of)}}
	switch {
	case better > 0:
		c.Y.Title += ", more is better"
	case better < 0:
		c.Y.Title += ", less is better"
	}
	breaks := make(map[float64]bool)
	for i, l := range lines {
		s := Series{Name: l.Name, Look: LookOf(l.Name)}
		for _, st := range l.Stretches {
			piece := make([]Point, len(st.Records))
			for k, r := range st.Records {
				piece[k] = Point{X: seconds(r.When), Y: r.Value, Lo: r.Lo, Hi: r.Hi}
			}
			s.Pieces = append(s.Pieces, piece)
			for k, at := range st.Changes {
				label := fmt.Sprintf("%s %s", l.Name, unit.Ratio(st.Ratios[k]))
				c.Marks = append(c.Marks, Mark{At: piece[at].X, Label: label, Series: i})
			}
			if st.Why != "" && len(piece) > 0 && !breaks[piece[0].X] {
				breaks[piece[0].X] = true
				c.Marks = append(c.Marks, Mark{At: piece[0].X, Label: "other " + st.Why, Series: Everyone})
			}
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// seconds is a time on a Date axis.
func seconds(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }
