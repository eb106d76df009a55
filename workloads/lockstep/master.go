package lockstep

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A Master measures cells by two builds in lock-step. Its fields do not change while it does.
type Master struct {
	Base, Head []Build // one each, or as many link layouts of it: fork k takes the k-th of both
	Seed       uint64  // every random choice comes from it
	Slices     int     // of each side in a fork; even, so that each goes first as often
	Step       func(Step) error

	cpus     []int
	patience time.Duration // instead of replyLimit, for tests
}

// A Step tells that a fork is over. An error from it ends the measurement.
type Step struct {
	Cell        string
	Fork, Forks int // of this batch
	Done, All   int // forks of all cells of this batch
}

// build returns the executable of a side for a fork.
func (m *Master) build(of []Build, number int) Build { return of[number%len(of)] }

// limit is how long a worker may take for a request.
func (m *Master) limit(c *Sampled, r *Request) time.Duration {
	limit := replyLimit
	if m.patience > 0 {
		limit = m.patience
	}
	slice := 100 * time.Duration(c.SliceNanos) // a busy machine may well take ten times as long
	switch r.Do {
	case WarmUp:
		return limit + time.Duration(r.Times)*slice
	case Turn:
		return limit + slice
	case Profile:
		return limit + 2*time.Duration(r.Nanos)
	}
	return limit
}

// Meet asks both sides who they are. Errors: ErrProtocol, or a side that cannot be started.
func (m *Master) Meet(ctx context.Context) (base, head Hi, err error) {
	m.cpus = processors(0)
	for _, side := range []struct {
		build Build
		hi    *Hi
	}{{m.Base[0], &base}, {m.Head[0], &head}} {
		p, err := start(ctx, side.build)
		if err != nil {
			return base, head, err
		}
		hello := Request{Do: Hello, Protocol: Protocol}
		reply, err := p.ask(hello, m.limit(&Sampled{}, &hello))
		p.stop()
		switch {
		case ctx.Err() != nil:
			return base, head, context.Cause(ctx)
		case err != nil:
			return base, head, err
		case reply.Hi == nil:
			return base, head, fmt.Errorf("%s: %w: it does not say who it is", side.build.Path, ErrProtocol)
		case reply.Hi.Protocol != Protocol:
			return base, head, fmt.Errorf("%s: %w: it speaks version %d, this one %d", side.build.Path, ErrProtocol, reply.Hi.Protocol, Protocol)
		}
		*side.hi = *reply.Hi
	}
	return base, head, nil
}

// Prepare opens a cell on both sides, once, and finds how long its slices shall be. What a side cannot do stands in the
// cell's errors. slice is the length that is wanted; 0: choose.
func (m *Master) Prepare(ctx context.Context, name string, slice time.Duration) (c Sampled, err error) {
	c = Sampled{Name: name}
	for _, side := range []struct {
		build Build
		fails *string
	}{{m.Base[0], &c.BaseError}, {m.Head[0], &c.HeadError}} {
		cell, unknown, err := m.tryOpen(ctx, side.build, name)
		switch {
		case err == nil:
		case errors.Is(err, ErrProtocol) || ctx.Err() != nil:
			return c, err
		case unknown || side.fails == &c.BaseError || c.BaseError != "": // a head that nothing else will try
			*side.fails = err.Error()
			c.BaseLacks = c.BaseLacks || unknown && side.fails == &c.BaseError
			continue
		default: // the head knows the cell and cannot open it: its forks will show that
			continue
		}
		if cell.Name != name {
			*side.fails = fmt.Sprintf("it is called %s", cell.Name)
		}
		c.Workers, c.Sleeps = cell.Workers, cell.Waits
	}
	if c.BaseError != "" || c.HeadError != "" {
		return c, nil
	}
	err = m.chooseSlice(ctx, &c, slice)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrProtocol) {
		c.BaseError, err = err.Error(), nil // slices are tried on the base
	}
	return c, err
}

// tryOpen lets a fresh worker open a cell. unknown says that this build does not have it; other errors, that it could not.
func (m *Master) tryOpen(ctx context.Context, b Build, name string) (cell *Cell, unknown bool, err error) {
	p, err := start(ctx, b)
	if err != nil {
		return nil, false, err
	}
	defer p.stop()
	reply, err := p.ask(Request{Do: Open, Cell: name, Seed: m.Seed}, m.limit(&Sampled{}, &Request{Do: Open}))
	switch {
	case ctx.Err() != nil:
		return nil, false, context.Cause(ctx)
	case err != nil:
		return nil, reply.Unknown, err
	case reply.Cell == nil:
		return nil, false, fmt.Errorf("%s: %w: no cell in the answer", b.Path, ErrProtocol)
	}
	return reply.Cell, false, nil
}

// Batch measures forks more forks of each of the cells, which must have been prepared. All cells have their k-th fork
// before one has the next, in random order, so that none has the machine's bad minutes for itself.
func (m *Master) Batch(ctx context.Context, cells []*Sampled, batch, forks int) error {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *Sampled) bool { return c.BaseError != "" || c.HeadError != "" })
	rng := rand.New(rand.NewPCG(m.Seed, uint64(batch)<<32))
	done := 0
	for k := range forks {
		for _, i := range rng.Perm(len(cells)) {
			c := cells[i]
			f, err := m.fork(ctx, c, len(c.Forks)+1, batch)
			if err != nil {
				return err
			}
			c.Forks = append(c.Forks, f)
			done++
			if m.Step == nil {
				continue
			}
			if err := m.Step(Step{Cell: c.Name, Fork: k + 1, Forks: forks, Done: done, All: forks * len(cells)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Profiles lets one worker of each side do slices of a cell under the profilers for d, and writes what they found to the
// named files.
func (m *Master) Profiles(ctx context.Context, c *Sampled, d time.Duration, name func(side, kind string) string) (files []string, err error) {
	for _, side := range []struct {
		name    string
		build   Build
		planted float64
	}{{"base", m.Base[0], 0}, {"head", m.Head[0], c.PlantedNow}} {
		r := Request{Do: Profile, Nanos: int64(d), CPU: name(side.name, "cpu"), Mutex: name(side.name, "mutex"), Planted: side.planted}
		if err := m.profile(ctx, side.build, c, r); err != nil {
			return files, err
		}
		files = append(files, r.CPU, r.Mutex)
	}
	return files, nil
}

func (m *Master) profile(ctx context.Context, b Build, c *Sampled, r Request) error {
	p, err := start(ctx, b)
	if err != nil {
		return err
	}
	defer p.stop()
	for _, r := range []Request{{Do: Open, Cell: c.Name, Seed: m.Seed}, {Do: Turn, Ops: c.Ops}, r} {
		if _, err := p.ask(r, m.limit(c, &r)); err != nil {
			return err
		}
	}
	return nil
}
