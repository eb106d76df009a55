package driver

import (
	"slices"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
	"daxbench/workloads/hist"
)

// total returns how many latencies all columns hold, by bucket.
func total(o *OverTime) (sum hist.Coarse) {
	for _, pairs := range o.Columns {
		for i := 0; i < len(pairs); i += 2 {
			sum[pairs[i]] += uint64(pairs[i+1])
		}
	}
	return sum
}

// longerThan returns the columns that hold a latency of at least d.
func longerThan(o *OverTime, d time.Duration) (columns []int) {
	var r hist.Recorder
	r.Record(int64(d))
	var c hist.Coarse
	r.AddTo(&c)
	least := c.Since(new(hist.Coarse))[0]
	for i, pairs := range o.Columns {
		if n := len(pairs); n > 0 && pairs[n-2] >= least {
			columns = append(columns, i)
		}
	}
	return columns
}

// stalling is a fake storm that notes when its slices begin.
type stalling struct {
	*fake
	first clock.Ticks // the first slice, of those that are measured
	last  clock.Ticks
	n     int // slices since the first
}

func (s *stalling) Resume() {
	s.last = clock.Now()
	if s.workers[0].Latencies().Count() == 0 { // nothing was measured yet, or it was forgotten after warming up
		s.first, s.n = s.last, 0
	}
	s.n++
}

// noted is a stalling storm that also notes what came just before its slices: on a busy machine, that may be long before.
type noted struct {
	*stalling
	seen      *clock.Ticks // the last sign of life of any storm
	notBefore clock.Ticks  // of it, before the first slice that is measured: the calendar begins later
	entered   clock.Ticks  // and before the last slice
	warm      bool         // what was measured while warming up has been forgotten
}

func (s *noted) Resume() {
	s.entered = *s.seen
	if s.workers[0].Latencies().Count() == 0 {
		s.notBefore = s.entered
		s.warm = s.warm || s.n > 0
	}
	s.stalling.Resume()
}

func (s *noted) Pause() { *s.seen = clock.Now() }

// TestStallIsInItsColumn has one policy stall for 100 ms, once, and looks for that where the slice began in which it did.
func TestStallIsInItsColumn(t *testing.T) {
	const stall = 100 * time.Millisecond
	storms := make(map[string]*noted)
	var seen, entered, began clock.Ticks // the latter two: the slice that stalls began between them
	wl := workload(func(Env) func(*Worker) { return nil }, nil)
	wl.SelfTimed = true // nothing is done that is not measured
	wl.Open = func(e Env) (Storm, error) {
		seen = clock.Now()
		s := &noted{stalling: &stalling{fake: &fake{workers: []*Worker{NewWorker(0, 1, vfs.NewTask(e.Context))}}}, seen: &seen}
		storms[e.Policy.Name()] = s
		s.op = func(w *Worker) {
			w.Begin()
			defer w.End()
			spin(20 * time.Microsecond)
			// In the midst of the round, whose two cells have 200 ms each.
			if e.Policy == layout.Default[1] && began == 0 && s.warm && clock.Nanos(s.last-s.first) > int64(stall) {
				entered, began = s.entered, s.last
				spin(stall)
			}
		}
		return s, nil
	}
	r := request(wl)
	r.Rounds, r.Duration = 1, 200*time.Millisecond
	results, err := execute(t, t.Context(), r)
	if err != nil || began == 0 {
		t.Fatalf("%v; stalled at %d", err, began)
	}
	if got := longerThan(results[0].OverTime, stall); len(got) > 0 && results[0].Latency.Max() < int64(stall*9/10) {
		t.Errorf("the policy that did not stall has a stall in the columns %v", got) // else the machine did
	}
	a, b := storms[results[0].Policy], storms[results[1].Policy]
	o := results[1].OverTime
	column := func(at, origin clock.Ticks) int { return int(time.Duration(clock.Nanos(at-origin)) / o.Column) }
	least, most := column(entered, min(a.first, b.first)), column(began, min(a.notBefore, b.notBefore))
	if got := longerThan(o, stall); !slices.ContainsFunc(got, func(i int) bool { return i >= least && i <= most }) || least == 0 {
		t.Errorf("a stall that began in column %d, or up to %d, of %v each is in %v", least, most, o.Column, got)
	}
}

// TestChronicle drives the columns by a clock of its own.
func TestChronicle(t *testing.T) {
	clock.Calibrate()
	storm := &fake{workers: []*Worker{NewWorker(0, 1, nil), NewWorker(1, 1, nil)}}
	begin := func(i int) time.Duration { return time.Duration(i)*time.Millisecond + 600*time.Microsecond }
	for _, tt := range []struct {
		name   string
		slices int           // one each millisecond
		column time.Duration // as planned
		want   time.Duration
		n      int
	}{
		{"as planned", 30, time.Millisecond, time.Millisecond, 30},
		{"longer than planned", 60, time.Millisecond, time.Millisecond, 60},
		{"much longer", 1000, time.Millisecond, 17 * time.Millisecond, 59},
		{"slices longer than columns", 5, time.Millisecond / 4, time.Millisecond / 4, 19},
	} {
		c := &cell{group: &Group{Workers: 2}, storm: storm, calendar: &calendar{column: clock.Of(tt.column)}}
		for id := range 2 {
			storm.workers[id].reset()
		}
		all := hist.New()
		record := func(i int) {
			for id := range 2 {
				v := int64(1) << (i % 20)
				storm.workers[id].Latencies().Record(v)
				all.Record(v)
			}
		}
		slow := tt.slices / 2
		for i := range tt.slices {
			c.enter(clock.Of(begin(i)))
			record(i)
			if i == slow {
				storm.workers[1].Latencies().Record(1e9)
				all.Record(1e9)
			}
		}
		c.closeColumn()
		o := c.chronicle.overTime(c.calendar)
		if d := o.Column - tt.want; d.Abs() > time.Microsecond || len(o.Columns) != tt.n {
			t.Errorf("%s: %d columns of %v, want %d of %v", tt.name, len(o.Columns), o.Column, tt.n, tt.want)
		}
		var want hist.Coarse
		all.AddTo(&want)
		if total(o) != want {
			t.Errorf("%s: the columns add up to %v, want %v", tt.name, total(o), want)
		}
		at := int(begin(slow) / o.Column)
		if got := longerThan(o, time.Second/2); !slices.Equal(got, []int{at}) {
			t.Errorf("%s: the long one is in the columns %v, want %d", tt.name, got, at)
		}
	}
}

// TestOverTimeOfAGroup: all policies have the same columns, whose counts are the latencies.
func TestOverTimeOfAGroup(t *testing.T) {
	r := request(workload(func(Env) func(*Worker) {
		return func(*Worker) { spin(time.Microsecond) }
	}, nil))
	r.Workers = []int{2}
	results, err := execute(t, t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for i, res := range results {
		o, first := res.OverTime, results[i/2*2].OverTime
		if o.Column != first.Column || len(o.Columns) != len(first.Columns) || len(o.Columns) < 3 || len(o.Columns) > mostColumns {
			t.Errorf("result %d: %d columns of %v, its neighbour has %d of %v", i, len(o.Columns), o.Column, len(first.Columns), first.Column)
		}
		var want hist.Coarse
		res.Latency.AddTo(&want)
		if total(o) != want || res.Counters["latencies"] == 0 {
			t.Errorf("result %d: the columns add up to %v, the latencies are %v", i, total(o), want)
		}
	}
}

// BenchmarkColumn is what is done between two slices when a column is over, once in some 10 slices.
func BenchmarkColumn(b *testing.B) {
	clock.Calibrate()
	storm := &fake{workers: []*Worker{NewWorker(0, 1, nil), NewWorker(1, 1, nil)}}
	c := &cell{group: &Group{Workers: 2}, storm: storm, calendar: &calendar{column: 1}}
	for i := range b.N {
		storm.workers[i&1].Latencies().Record(int64(i))
		c.enter(clock.Ticks(i))
		c.chronicle.entries = c.chronicle.entries[:0]
	}
}
