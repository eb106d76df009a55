package driver

import (
	"time"

	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// OverTime is how the latencies of a cell lay in the course of a round. A latency belongs to the column in which its slice
// began; where none did, the column is empty.
type OverTime struct {
	Column  time.Duration // length of a column
	Columns [][]int64     // as many for each cell of a group; see hist.Coarse for what is in them
}

const (
	// plannedColumns is into how many columns the time of a group is divided that its plan says: twelve slices of each
	// cell or so in one, and as many columns as a picture has room for beside others.
	plannedColumns = 30
	// mostColumns bounds them where it took longer; they become longer then.
	mostColumns = 2 * plannedColumns
)

// A calendar divides the time of a group in one round, from the first slice on, into columns. Warming up comes before it.
type calendar struct {
	origin clock.Ticks
	column clock.Ticks // length of one
	n      int         // columns so far, up to the last in which a slice began
}

// newCalendar starts the time of a group of n cells, each of which gets slices for d in all, of the given length. In a column
// that is not shorter than a turn each cell has a slice, as a rule.
func newCalendar(n int, d, slice time.Duration) *calendar {
	turn := time.Duration(float64(slice) * (1 + leadIn))
	return &calendar{origin: clock.Now(), column: clock.Of(time.Duration(n) * max(d/plannedColumns, turn))}
}

// enter returns the column of a slice that begins at t.
func (cal *calendar) enter(t clock.Ticks) int {
	column := int((t - cal.origin) / cal.column)
	cal.n = max(cal.n, column+1)
	return column
}

// A chronicle is what a cell's latencies were, column by column. It is written between slices: the workers' own histograms are
// all that a slice touches.
type chronicle struct {
	column  int // of the slices since the last entry
	seen    hist.Coarse
	entries []entry // without those columns in which nothing came
}

type entry struct {
	column int
	counts hist.Coarse
}

// enter is called before each slice, which begins at t. When its column is not that of the slices before, it closes theirs: it
// reads the workers' histograms, 1.1 µs each (BenchmarkCoarse).
func (c *cell) enter(t clock.Ticks) {
	if column := c.calendar.enter(t); column != c.chronicle.column {
		c.closeColumn()
		c.chronicle.column = column
	}
}

// closeColumn adds what has come since the entry before.
func (c *cell) closeColumn() {
	h := &c.chronicle
	e := entry{column: h.column}
	for id := range c.group.Workers {
		c.storm.Worker(id).Latencies().AddTo(&e.counts)
	}
	if e.counts != h.seen {
		h.entries = append(h.entries, e)
		h.seen = e.counts
	}
}

// overTime returns all columns of the calendar. Where they are more than mostColumns, some become one.
func (h *chronicle) overTime(cal *calendar) *OverTime {
	n := cal.n
	join := max(1, (n+mostColumns-1)/mostColumns)
	o := &OverTime{Column: time.Duration(clock.Nanos(cal.column * clock.Ticks(join)))}
	var last, sum hist.Coarse
	for column, i := 0, 0; column < n; column += join {
		for ; i < len(h.entries) && h.entries[i].column < column+join; i++ {
			sum = h.entries[i].counts
		}
		o.Columns = append(o.Columns, sum.Since(&last))
		last = sum
	}
	return o
}
