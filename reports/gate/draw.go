package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// series is a measure before anything is said of it.
type series struct {
	Measure
	base, head []float64 // one per fork
	logs       []float64 // log(head/base), one per fork: above 0 is worse
}

// add adds a fork.
func (s *series) add(base, head float64) {
	s.base, s.head = append(s.base, base), append(s.head, head)
	s.logs = append(s.logs, math.Log(head)-math.Log(base))
}

// refuse says why there is no verdict, and leaves the figures.
func (s *series) refuse(why string) { s.Verdict, s.Why, s.logs = NoVerdict, why, nil }

// drawn is one cell on its way to a verdict.
type drawn struct {
	Cell
	series []series
	guilty string // why the cell is regressed whatever its figures are
	blank  string // why it has no verdict whatever its figures are
	undone string // likewise: what the counts say
	torn   string // why the clock that decides may not let it pass: wall time says otherwise
}

// draw takes from the samples of a cell what is judged at a look, which counts from 1: of each fork one ratio per
// measure. What is missing or unusable leaves the cell blank, with the reason.
func draw(c *Sampled, d *Declared, plan Plan, look int) *drawn {
	out := &drawn{Cell: Cell{Name: c.Name, Looks: look, Slice: slice(c)}}
	var forks []*Fork
	for i := range c.Forks {
		if f := &c.Forks[i]; f.Batch <= look {
			forks = append(forks, f)
		}
	}
	out.Forks, out.Seconds = len(forks), seconds(c, forks)
	if out.blank = unable(c); out.blank != "" {
		out.New = plan.New == "warn" && c.BaseLacks && c.HeadError == ""
		return out
	}
	out.count(c, forks, d) // first: what it finds counts, however few forks there are
	if out.guilty, out.blank = outcome(forks); out.guilty != "" || out.blank != "" {
		return out
	}
	if out.blank = incomplete(c, forks, plan, look); out.blank != "" {
		return out
	}
	err := out.drawTimes(forks, d, c.Sleeps || sleptOften(c, forks))
	if err == nil {
		err = out.drawTail(forks, d)
	}
	switch {
	case err != nil:
		out.blank = err.Error()
	case out.undone != "":
		out.blank = out.undone
	default:
		out.blank = apart(forks)
	}
	out.doubt(forks)
	return out
}

// seconds is how long all slices took, on both sides together.
func seconds(c *Sampled, forks []*Fork) (sum float64) {
	for _, f := range forks {
		for _, side := range f.sides() {
			for _, ns := range side.Wall {
				sum += ns * float64(c.Ops) / 1e9
			}
		}
	}
	return sum
}

// slice says how long one is: "350 µs, 3,200 operations: …".
func slice(c *Sampled) string {
	s := fmt.Sprintf("%s, %s operations", unit.Format(float64(c.SliceNanos), unit.Nanos), unit.Count(max(0, c.Ops)))
	if c.Why != "" {
		s += ": " + c.Why
	}
	return s
}

// unable says that a side cannot run the cell.
func unable(c *Sampled) string {
	switch {
	case c.BaseError != "" && c.HeadError != "":
		return "neither side can run it: " + c.HeadError
	case c.BaseLacks:
		return "it is new: the base does not have it: " + c.BaseError
	case c.BaseError != "":
		return "the base cannot run it: " + c.BaseError
	case c.HeadError != "":
		return "it is gone: the head cannot run it: " + c.HeadError
	case len(c.Forks) == 0:
		return "nothing was measured"
	}
	return ""
}

// outcome holds it against the head if it came to a bad end where the base did not. Where the base came to one, there is
// nothing to hold the head against.
func outcome(forks []*Fork) (guilty, blank string) {
	for _, f := range forks {
		if f.Base.Outcome != outcomeOK {
			return "", fmt.Sprintf("fork %d: the base ended as %s%s", f.Number, f.Base.Outcome, firstNote(&f.Base))
		}
	}
	for _, f := range forks {
		if f.Head.Outcome != outcomeOK {
			return fmt.Sprintf("fork %d: the head ended as %s, the base as ok%s", f.Number, f.Head.Outcome, firstNote(&f.Head)), ""
		}
	}
	return "", ""
}

func firstNote(s *Side) string {
	if len(s.Notes) == 0 {
		return ""
	}
	return ": " + s.Notes[0]
}

// usualSlice is the shortest slice that is usual, in ns: 0.3 ms (measured.md, part A). Of longer ones a fork has so many
// fewer, but not fewer than a median needs.
const usualSlice = 300_000

// incomplete says that there are fewer forks or slices than declared; or more forks, since a rule that may measure until
// it likes the result is none; or that one side went first more often than the other.
func incomplete(c *Sampled, forks []*Fork, plan Plan, look int) string {
	want := plan.Forks
	if look > 1 {
		want += plan.More
	}
	if len(forks) != want {
		return fmt.Sprintf("%d forks; the rule declares %d for look %d", len(forks), want, look)
	}
	least := max(leastSlices, int(math.Min(1, usualSlice/float64(c.SliceNanos))*float64(plan.Slices)))
	for _, f := range forks {
		if n := len(f.Order); n < least {
			return fmt.Sprintf("fork %d has %d slices; %d are the least for slices of this length", f.Number, n, least)
		}
		if b := strings.Count(f.Order, "b"); max(b, len(f.Order)-b)-min(b, len(f.Order)-b) > 1 {
			return fmt.Sprintf("fork %d: the base went first in %d of %d slices: the order is not balanced", f.Number, b, len(f.Order))
		}
	}
	return ""
}

// maxApart is the share of the slices of a fork in which the sides may have been on different processors: the median of the ratios
// moves little for so few.
const maxApart = 0.1

// apart says that the sides of a fork were on different processors. Of two, one may be shared with somebody whom this machine
// does not show: the same cell then takes 1.6 times as long there, and the controls hardly more.
func apart(forks []*Fork) string {
	for _, f := range forks {
		if float64(f.Apart) > maxApart*float64(len(f.Order)) {
			return fmt.Sprintf("fork %d: in %d of %d slices base and head were not on one processor; with this cell alone (-cell), "+
				"and where taskset works, taskset -c N daxbench gate … keeps them on processor N", f.Number, f.Apart, len(f.Order))
		}
	}
	return ""
}

// maxSleeps is up to how many sleeps of a worker in a slice processor time still tells what an operation costs: one in ten
// slices, whose outliers medians drop.
const maxSleeps = 0.1

// sleptOften says whether the workers of either side slept in more slices than that, by the median of the forks. The base
// alone does not tell: it may be the head that began to wait.
func sleptOften(c *Sampled, forks []*Fork) bool {
	var base, head []float64
	for _, f := range forks {
		n := float64(max(1, len(f.Order)*c.Workers))
		base, head = append(base, float64(f.Base.Slept)/n), append(head, float64(f.Head.Slept)/n)
	}
	return max(median(base), median(head)) > maxSleeps
}

// maxUnusable is the share of the slices of a fork that may be left out because one of the two took no time that the clock
// could tell. They are the shortest, so the median is that of the rest: with a tenth left out, at most the 55th percentile.
const maxUnusable = 0.1

// unitTime is the unit of both clocks.
const unitTime = "ns/op"

// drawTimes adds the clocks, the one that decides first.
func (c *drawn) drawTimes(forks []*Fork, d *Declared, sleeps bool) error {
	limits := Measure{Unit: unitTime, Floor: d.Time.Floor, Tolerance: d.Time.Tolerance}
	wall, cpu := series{Measure: limits}, series{Measure: limits}
	wall.Name, cpu.Name = "wall", "cpu"
	if err := wall.drawTime(forks, func(s *Side) []float64 { return s.Wall }); err != nil {
		return err
	}
	has := 0
	for _, f := range forks {
		for _, s := range f.sides() {
			if len(s.CPU) > 0 {
				has++
			}
		}
	}
	if has > 0 || d.Clock == CPU {
		if has < 2*len(forks) {
			return fmt.Errorf("processor time was measured on %d of %d sides", has, 2*len(forks))
		}
		if err := cpu.drawTime(forks, func(s *Side) []float64 { return s.CPU }); err != nil {
			return err
		}
	}
	switch {
	case has == 0:
		c.series = append(c.series, wall)
	case d.Clock == CPU || d.Clock == Auto && !sleeps:
		wall.Role = Convicts
		c.series = append(c.series, cpu, wall)
	default: // what sleeps costs no processor time, so that clock may only be looked at
		cpu.Role = Shown
		c.series = append(c.series, wall, cpu)
	}
	return nil
}

// drawTime adds the ratio of each fork.
func (s *series) drawTime(forks []*Fork, get func(*Side) []float64) error {
	for _, f := range forks {
		base, head := get(&f.Base), get(&f.Head)
		log, used, err := stats.ChunkRatio(head, base)
		if unusable := len(base) - used; err != nil || float64(unusable) > maxUnusable*float64(len(base)) {
			return fmt.Errorf("fork %d: in %d of %d slices no %s time could be told", f.Number, unusable, len(base), s.Name)
		}
		s.base, s.head = append(s.base, median(base)), append(s.head, median(head))
		s.logs = append(s.logs, log)
	}
	return nil
}

// median is the median of finite values, 0 if there are none.
func median(values []float64) float64 {
	e, err := stats.Median(values)
	if err != nil {
		return 0
	}
	return e.Value
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
