package lockstep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"daxbench/engine/pmem"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

// Serve is a worker: it answers requests from in on out, one after the other, until in ends. Errors are those of the
// pipes, or what ended the engine.
func Serve(ctx context.Context, tool string, in io.Reader, out io.Writer) error {
	ended := make(chan error, 1)
	fatal := make(chan error, 1)
	go func() { ended <- serve(ctx, tool, in, out, fatal) }()
	select {
	case err := <-ended:
		return err
	case err := <-fatal: // a turn may never come back: locks may be held for ever
		return err
	}
}

func serve(ctx context.Context, tool string, in io.Reader, out io.Writer, fatal chan error) error {
	runtime.LockOSThread() // worker 0 of the storm runs here, and its processor time is read
	w := &worker{ctx: ctx, tool: tool, controls: newControls(), fatal: fatal}
	defer w.close()
	requests := newLines(in)
	for {
		var r Request
		switch err := requests.next(&r); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		reply, err := w.answer(&r)
		if err != nil {
			reply.Error = err.Error()
		}
		if err := send(out, &reply); err != nil {
			return err
		}
	}
}

// worker is the state of a worker: at most one cell.
type worker struct {
	ctx      context.Context
	tool     string
	controls *controls
	fatal    chan error
	region   *pmem.Region
	group    *driver.Group
	solo     *driver.Solo
	ops      int // of the last turn
}

// errOrder means that a verb came before the one that it builds upon.
var errOrder = errors.New("there is no open cell")

// answer does what is asked for.
func (w *worker) answer(r *Request) (reply Reply, err error) {
	switch r.Do {
	case Hello:
		reply.Hi = w.hello()
		return reply, nil
	case Open:
		reply.Cell, reply.Unknown, err = w.open(r.Cell, r.Seed)
		return reply, err
	}
	if w.solo == nil {
		return reply, fmt.Errorf("%s: %w", r.Do, errOrder)
	}
	switch r.Do {
	case Fit:
		reply.Ops, err = w.solo.Fit(time.Duration(r.Nanos))
	case WarmUp:
		err = w.solo.WarmUp(r.Ops, r.Times)
	case Turn:
		reply.Turn, err = w.turn(r)
	case Finish:
		reply.Finish, err = w.finish()
	case Profile:
		err = w.profile(r)
	default:
		err = fmt.Errorf("unknown verb %q", r.Do)
	}
	return reply, err
}

func (w *worker) hello() *Hi {
	e := record.Look()
	var build []string
	for key, value := range e.Build {
		build = append(build, key+"="+value)
	}
	slices.Sort(build)
	return &Hi{
		Protocol: Protocol, Tool: w.tool, Commit: record.Stamped(), Go: e.Go, Build: strings.Join(build, " "),
	}
}

// open builds a cell. unknown says that this build does not have it.
func (w *worker) open(name string, seed uint64) (cell *Cell, unknown bool, err error) {
	w.close()
	plan, err := PlanOf(name, seed)
	if err != nil {
		return nil, true, err
	}
	size, err := plan.EngineSize()
	if err != nil {
		return nil, true, err
	}
	if w.region, err = pmem.Open(pmem.Options{Size: size, Populate: true}); err != nil {
		return nil, false, err
	}
	if w.solo, err = driver.OpenSolo(w.ctx, plan, seed, w.region, w.fatal); err != nil {
		return nil, false, err
	}
	w.group = &plan.Groups[0]
	return &Cell{
		Name: w.group.Name(plan.Policies[0].Name()), Workers: w.group.Workers, Waits: w.group.Workload.SelfTimed,
	}, false, nil
}

func (w *worker) turn(r *Request) (*Taken, error) {
	if r.Ops < 1 || !(r.Planted >= 0 && r.Planted <= 10) {
		return nil, fmt.Errorf("a turn of %d operations with %g planted", r.Ops, r.Planted)
	}
	w.ops = r.Ops
	t := &Taken{Controls: w.controls.run()}
	before := processor()
	turn, err := w.solo.Turn(r.Ops, r.Planted)
	t.Wall, t.CPU, t.Slept = turn.Wall, turn.CPU, turn.Slept
	if t.Processor = processor(); t.Processor != before {
		t.Processor = -1
	}
	return t, err
}

// allocOps is over how many operations allocations are counted, where they take microseconds: the few objects that the
// runtime makes for itself then do not look like an allocation per operation.
const allocOps = 20_000

// finish counts allocations in a last slice and verifies the cell.
func (w *worker) finish() (*Ending, error) {
	ops := max(w.ops, 1)
	if !w.group.Workload.SelfTimed {
		ops = max(ops, allocOps)
	}
	allocs, err := w.solo.Allocations(ops)
	if err != nil {
		return nil, err
	}
	result := w.solo.Finish()
	e := &Ending{Counters: result.Counters, Outcome: result.Outcome, Notes: result.Notes}
	e.Counters["ops"] = result.Ops
	e.Counters["allocs"] = int64(allocs)
	e.Counters["allocs_ops"] = int64(ops * w.group.Workers)
	if result.Latency.Count() > 0 {
		e.Latency, err = result.Latency.Encode()
	}
	return e, err
}

func (w *worker) close() {
	if w.solo != nil {
		w.solo.Close()
		w.solo = nil
	}
	if w.region != nil {
		w.region.Close()
		w.region = nil
	}
}
