package driver

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/workloads/clock"
)

// fake is a storm without an engine. One operation does what op says.
type fake struct {
	workers []*Worker
	op      func(*Worker)
	finish  error
}

func (f *fake) Run(w *Worker, n int) {
	for range n {
		f.op(w)
	}
}
func (f *fake) Worker(id int) *Worker                    { return f.workers[id] }
func (f *fake) Stats() vfs.Stats                         { return vfs.Stats{} }
func (f *fake) Finish(context.Context) (Findings, error) { return Findings{}, f.finish }
func (f *fake) Resume()                                  {}
func (f *fake) Pause()                                   {}
func (f *fake) Close()                                   {}

// spin passes time without giving up the processor.
func spin(d time.Duration) {
	for end := clock.Now() + clock.Of(d); clock.Now() < end; {
	}
}

// workload wraps op as a workload whose slices take a millisecond.
func workload(op func(Env) func(*Worker), finish error) *Workload {
	return &Workload{
		Name: "fake-storm", Primary: "ns/op", Slice: time.Millisecond, SampleEvery: 1,
		Knobs: []Knob{{Key: "size", Default: "1", Check: CheckInt(1, 10)}},
		Size:  func(Values, int, *Population) (int64, error) { return 4096, nil },
		Open: func(e Env) (Storm, error) {
			f := &fake{op: op(e), finish: finish}
			for id := range e.Workers {
				f.workers = append(f.workers, NewWorker(id, e.Seed, vfs.NewTask(e.Context)))
			}
			return f, nil
		},
	}
}

func request(wl *Workload) Request {
	return Request{
		Workloads: []*Workload{wl}, Policies: layout.Default[:2], Rounds: 2, Duration: 20 * time.Millisecond,
		Workers: []int{1}, Seed: 1, HangLimit: 5 * time.Second,
	}
}

type recorder struct {
	results []Result
	stop    error
}

func (*recorder) Group(int, int, *Group, int, int) {}
func (r *recorder) Round(_ int, results []Result) error {
	r.results = append(r.results, results...)
	return r.stop
}

func execute(t *testing.T, ctx context.Context, r Request) ([]Result, error) {
	t.Helper()
	p, err := NewPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	region, err := pmem.Open(pmem.Options{Size: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer region.Close()
	var rec recorder
	err = p.Run(ctx, []*pmem.Region{region, region}, 1, &rec)
	return rec.results, err
}

func metricOf(r Result, unit string) float64 {
	for _, m := range r.Metrics {
		if m.Unit == unit {
			return m.Value
		}
	}
	return math.NaN()
}

// TestResults: two rounds of two policies, each complete. (Whether a difference
// is found is TestFiguresSurviveTheMachine's matter: times on a shared machine
// prove nothing in a test.)
func TestResults(t *testing.T) {
	results, err := execute(t, t.Context(), request(workload(func(e Env) func(*Worker) {
		return func(*Worker) { spin(time.Microsecond) }
	}, nil)))
	if err != nil || len(results) != 4 {
		t.Fatalf("%d results, %v; want 2 rounds of 2 policies", len(results), err)
	}
	for i, res := range results {
		if res.Round != 1+i/2 || res.Policy != layout.Default[i%2].Name() || res.Outcome != OK {
			t.Errorf("result %d: round %d, %s, %s", i, res.Round, res.Policy, res.Outcome)
		}
		if v := metricOf(res, "ns/op"); !(v >= 1000) {
			t.Errorf("%.0f ns/op for operations of at least 1000", v)
		}
		if res.Ops == 0 || res.Latency.Count() != uint64(res.Ops) || len(res.Timeline) < leastTurns {
			t.Errorf("%d operations, %d latencies, %d points in time", res.Ops, res.Latency.Count(), len(res.Timeline))
		}
	}
}

// TestOpenLoopCountsFromTheDueTime stalls one operation for longer than many
// intervals: those that were due meanwhile must show it, although each is quick.
func TestOpenLoopCountsFromTheDueTime(t *testing.T) {
	r := request(workload(func(Env) func(*Worker) {
		n := 0
		return func(*Worker) {
			if n++; n%200 == 100 {
				spin(5 * time.Millisecond)
			}
		}
	}, nil))
	r.Rate, r.Rounds = 10_000, 1
	results, err := execute(t, t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		// 50 of 200 operations fall due during a stall of 5 ms.
		if p90 := res.Latency.Quantile(0.9); p90 < 1e6 {
			t.Errorf("p90 is %d ns: the operations that were due during the stall do not show it", p90)
		}
	}
}

// TestHang gives up an operation that waits for ever, and goes on with the
// other cell.
func TestHang(t *testing.T) {
	r := request(workload(func(e Env) func(*Worker) {
		if e.Policy.Name() != layout.Default[0].Name() {
			return func(*Worker) { spin(time.Microsecond) }
		}
		return func(w *Worker) {
			if w.Failed() {
				return
			}
			<-e.Context.Done()
			w.Fail(&vfs.HungError{What: "pins", Ino: 7, PFN: 3, Cause: context.Cause(e.Context)})
		}
	}, nil))
	r.HangLimit, r.Rounds = 50*time.Millisecond, 1
	results, err := execute(t, t.Context(), r)
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	if res := results[0]; res.Outcome != Hung || len(res.Metrics) != 0 || res.Counters["hung"] != 1 || !strings.Contains(strings.Join(res.Notes, " "), "inode 7") {
		t.Errorf("hung cell: %+v", res)
	}
	if res := results[1]; res.Outcome != OK || metricOf(res, "ns/op") < 500 {
		t.Errorf("the other cell: %s %v", res.Outcome, res.Metrics)
	}
}

// TestFailedCheckVoidsFigures: a cell that fails its check has none.
func TestFailedCheckVoidsFigures(t *testing.T) {
	results, err := execute(t, t.Context(), request(workload(func(Env) func(*Worker) {
		return func(*Worker) { spin(time.Microsecond) }
	}, errors.New("a block is lost"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		if res.Outcome != Failed || len(res.Metrics) != 0 || !strings.Contains(strings.Join(res.Notes, ""), "a block is lost") {
			t.Errorf("%s %v %v", res.Outcome, res.Metrics, res.Notes)
		}
	}
}

// TestPanicEndsTheRun with the stack, not the process.
func TestPanicEndsTheRun(t *testing.T) {
	_, err := execute(t, t.Context(), request(workload(func(Env) func(*Worker) {
		return func(*Worker) { panic("broken invariant") }
	}, nil)))
	if err == nil || !strings.Contains(err.Error(), "broken invariant") || !strings.Contains(err.Error(), "driver_test.go") {
		t.Errorf("err = %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	r := request(workload(func(Env) func(*Worker) {
		return func(*Worker) {
			spin(time.Microsecond)
			cancel(interrupted)
		}
	}, nil))
	results, err := execute(t, ctx, r)
	if !errors.Is(err, interrupted) || len(results) != 0 {
		t.Errorf("%d results, %v; the round that had begun must be dropped", len(results), err)
	}
}

func TestBadRequests(t *testing.T) {
	good := request(workload(func(Env) func(*Worker) { return func(*Worker) {} }, nil))
	for want, change := range map[string]func(*Request){
		"nothing to run":           func(r *Request) { r.Workloads = nil },
		"0 rounds":                 func(r *Request) { r.Rounds = 0 },
		"-3 rounds":                func(r *Request) { r.Rounds = -3 },
		"duration -1s":             func(r *Request) { r.Duration = -time.Second },
		"duration 1µs":             func(r *Request) { r.Duration = time.Microsecond },
		"no number of workers":     func(r *Request) { r.Workers = nil },
		"0 workers":                func(r *Request) { r.Workers = []int{2, 0} },
		"100000 workers":           func(r *Request) { r.Workers = []int{100000} },
		"rate NaN":                 func(r *Request) { r.Rate = math.NaN() },
		"rate +Inf":                func(r *Request) { r.Rate = math.Inf(1) },
		"rate -1":                  func(r *Request) { r.Rate = -1 },
		"size -4096":               func(r *Request) { r.Size = []int64{-4096} },
		"hang limit 0s":            func(r *Request) { r.HangLimit = 0 },
		`unknown parameter "sise"`: func(r *Request) { r.Set = map[string][]string{"sise": {"1"}} },
		"have: size":               func(r *Request) { r.Set = map[string][]string{"x": {"1"}} },
		"size=11":                  func(r *Request) { r.Set = map[string][]string{"size": {"1", "11"}} },
		"size=abc":                 func(r *Request) { r.Set = map[string][]string{"size": {"abc"}} },
	} {
		r := good
		change(&r)
		if _, err := NewPlan(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	r := good
	r.Size = []int64{1 << 12}
	p, err := NewPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.EngineSize(); err == nil || !strings.Contains(err.Error(), "2097152 bytes") {
		t.Errorf("a region too small says how much is needed: %v", err)
	}
}

// TestCrewRunsTogether checks that all workers of a slice overlap, and that
// each does its share once.
func TestCrewRunsTogether(t *testing.T) {
	const workers = 3
	f := &fake{}
	var begin, end [workers]clock.Ticks
	for id := range workers {
		f.workers = append(f.workers, NewWorker(id, 1, nil))
	}
	c := newCrew(workers, make(chan error, 1))
	defer c.close()
	for round := range 20 {
		counts := [workers]int{}
		f.op = func(w *Worker) {
			if counts[w.ID]++; counts[w.ID] == 1 {
				begin[w.ID] = clock.Now()
			}
			spin(50 * time.Microsecond)
			end[w.ID] = clock.Now()
		}
		c.run(job{storm: f, wl: &Workload{SelfTimed: true}, ops: 10})
		for id, n := range counts {
			if n != 10 {
				t.Fatalf("round %d: worker %d did %d of 10 operations", round, id, n)
			}
		}
	}
}

// TestBacklogIsCarriedOver: an open loop that cannot keep up must say so and
// give no latencies, which would only tell how long the window was; one that
// can gives them.
func TestBacklogIsCarriedOver(t *testing.T) {
	r := request(workload(func(Env) func(*Worker) {
		return func(*Worker) { spin(200 * time.Microsecond) }
	}, nil))
	r.Rate, r.Rounds, r.Duration = 10_000, 1, 60*time.Millisecond // twice what is possible
	results, err := execute(t, t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		if !strings.Contains(strings.Join(res.Notes, " "), "offered 10000") || !math.IsNaN(metricOf(res, "p99-ns")) {
			t.Errorf("overload: notes %q, metrics %v", res.Notes, res.Metrics)
		}
		// The last operations were due a third of the time ago, over all windows.
		if worst := time.Duration(res.Latency.Max()); worst < 25*time.Millisecond {
			t.Errorf("the longest latency is %v: the backlog was dropped between windows of 20ms", worst)
		}
	}
}
