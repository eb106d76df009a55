package lockstep

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// usualSlice is how long a slice is where one worker never sleeps. Slices well under the scheduler's own (about 3 ms) run
// undisturbed or not at all, and medians drop the wrecks: of 0.12, 0.48, 2.1, 30 and 178 ms the first two gave a standard
// error of 0.03 and 0.07 %, the last of 5.8 %, for the same work.
const usualSlice = 350 * time.Microsecond

// lengths are tried where several workers share the processors, or wait.
var lengths = []time.Duration{
	350 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
}

// trialTime is how much of each length is measured.
const trialTime = 150 * time.Millisecond

// chooseSlice sets the length of a cell's slices and how many operations that is. Where several workers share the
// processors, or wait, it tries some on a pair of the base: the best is the one whose ratios come closest to 1 for the time
// spent, that is, with the smallest spread² × time.
func (m *Master) chooseSlice(ctx context.Context, c *Sampled, want time.Duration) error {
	list := lengths
	switch {
	case want > 0:
		list, c.Why = []time.Duration{want}, "as asked for"
	case !c.Sleeps && c.Workers == 1:
		list, c.Why = []time.Duration{usualSlice}, "one worker that never sleeps"
	}
	ops, err := m.fit(ctx, c, list)
	if err != nil {
		return err
	}
	best, least, tried := 0, trial{loss: math.Inf(1)}, ""
	for i, d := range list {
		c.SliceNanos, c.Ops = int64(d), ops[i]
		if len(list) == 1 && c.Workers == 1 {
			return nil
		}
		t, err := m.tryLength(ctx, c)
		if err != nil {
			return err
		}
		tried += fmt.Sprintf(", %v %.1f %%", d, t.spread*100)
		if t.loss < least.loss {
			best, least = i, t
		}
	}
	if c.Why == "" {
		c.Why = "the ratios of neighbouring slices of the base spread least for their time" + tried
	}
	c.SliceNanos, c.Ops = int64(list[best]), ops[best]
	c.Sleeps = c.Sleeps || least.slept > rareSleeps
	return nil
}

// slices is how many slices of a cell each side has in a fork: as many as are wanted of the usual length, and fewer of longer
// ones for the same time, but an even number of at least leastSlices.
func (m *Master) slices(c *Sampled) int {
	n := int(time.Duration(m.Slices) * usualSlice / time.Duration(max(c.SliceNanos, 1)))
	return max(min(n, m.Slices), leastSlices) / 2 * 2
}

// leastSlices is how many ratios a median takes to shrug off a quarter of wrecks.
const leastSlices = 12

// fit asks the base how many operations slices of these lengths have. Of three workers the middle one counts.
func (m *Master) fit(ctx context.Context, c *Sampled, list []time.Duration) (ops []int, err error) {
	seen := make([][]int, len(list))
	for range 3 {
		if err := m.fitOnce(ctx, c, list, seen); err != nil {
			return nil, err
		}
	}
	for _, s := range seen {
		slices.Sort(s)
		ops = append(ops, max(s[1], 1))
	}
	return ops, nil
}

// fitOnce appends what one worker says of each length.
func (m *Master) fitOnce(ctx context.Context, c *Sampled, list []time.Duration, seen [][]int) error {
	p, err := start(ctx, m.Base[0])
	if err != nil {
		return err
	}
	defer p.stop()
	_, err = p.ask(Request{Do: Open, Cell: c.Name, Seed: m.Seed}, replyLimit)
	for i, d := range list {
		var reply Reply
		if err == nil {
			reply, err = p.ask(Request{Do: Fit, Nanos: int64(d)}, replyLimit)
		}
		seen[i] = append(seen[i], reply.Ops)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// rareSleeps is up to how many sleeps of a worker in a slice processor time still tells what an operation costs: one in ten
// slices, whose outliers medians drop.
const rareSleeps = 0.1

// trial is what a length was found to be worth.
type trial struct {
	spread float64 // interquartile range of the log ratios between neighbours, as a normal standard deviation
	loss   float64 // spread² × seconds per pair of slices
	slept  float64 // sleeps of a worker in a slice
}

// tryLength measures a pair of the base with the cell's length.
func (m *Master) tryLength(ctx context.Context, c *Sampled) (t trial, err error) {
	pilot := Master{Base: m.Base[:1], Head: m.Base[:1], Seed: m.Seed, cpus: m.cpus[:min(1, len(m.cpus))], Slices: int(trialTime / usualSlice / 2)}
	begin := time.Now()
	f, err := pilot.fork(ctx, c, int(time.Duration(c.SliceNanos)/time.Microsecond), 0) // any number that is no other's
	if err != nil {
		return t, err
	}
	took := time.Since(begin).Seconds()
	var logs []float64
	for i := range f.Base.Wall {
		if a, b := f.Base.Wall[i], f.Head.Wall[i]; a > 0 && b > 0 {
			logs = append(logs, math.Log(b/a))
		}
	}
	if len(logs) < leastSlices/2 {
		return t, fmt.Errorf("%s: %d of %d slices could be measured: %q", c.Name, len(logs), pilot.slices(c), slices.Concat(f.Base.Notes, f.Head.Notes))
	}
	slices.Sort(logs)
	const normal = 1.349 // the interquartile range of a normal distribution in standard deviations
	t.spread = (logs[len(logs)*3/4] - logs[len(logs)/4]) / normal
	t.loss = t.spread * t.spread * took / float64(len(logs))
	t.slept = float64(f.Base.Slept+f.Head.Slept) / float64(2*len(f.Base.Wall)*c.Workers)
	return t, nil
}
