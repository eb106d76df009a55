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

// Budgets of finding the length.
const (
	trialTime  = 150 * time.Millisecond // per length
	leastPairs = 8
)

// chooseSlice sets the length of a cell's slices and how many operations that is. Where several workers share the
// processors, or wait, it tries some on a pair of the base: the best is the one whose ratios come closest to 1 for the time
// spent, that is, with the smallest spread² × time.
func (m *Master) chooseSlice(ctx context.Context, c *Sampled, want time.Duration) error {
	fit := func(d time.Duration) (err error) {
		c.SliceNanos = int64(d)
		c.Ops, err = m.fit(ctx, c, d)
		return err
	}
	switch {
	case want > 0:
		c.Why = "as asked for"
		return fit(want)
	case !c.Sleeps:
		c.Why = "one worker that never sleeps"
		return fit(usualSlice)
	}
	best, bestLoss, tried := time.Duration(0), math.Inf(1), ""
	for _, d := range lengths {
		if err := fit(d); err != nil {
			return err
		}
		loss, spread, err := m.tryLength(ctx, c)
		if err != nil {
			return err
		}
		tried += fmt.Sprintf(", %v: %.1f %%", d, spread*100)
		if loss < bestLoss {
			best, bestLoss = d, loss
		}
	}
	c.Why = "the best of several, by how far the ratios of two slices of the base spread" + tried
	return fit(best)
}

// slices is how many slices of a cell each side has in a fork: as many as are wanted of the usual length, and fewer of longer
// ones for the same time, but an even number of at least leastSlices.
func (m *Master) slices(c *Sampled) int {
	n := int(time.Duration(m.Slices) * usualSlice / time.Duration(max(c.SliceNanos, 1)))
	return max(min(n, m.Slices), leastSlices) / 2 * 2
}

// leastSlices is how many ratios a median takes to shrug off a quarter of wrecks.
const leastSlices = 12

// fit asks the base how many operations a slice of d has. Of three workers the middle one counts.
func (m *Master) fit(ctx context.Context, c *Sampled, d time.Duration) (ops int, err error) {
	var seen []int
	for range 3 {
		p, err := start(ctx, m.Base[0])
		if err != nil {
			return 0, err
		}
		_, err = p.ask(Request{Do: Open, Cell: c.Name, Seed: m.Seed}, replyLimit)
		var reply Reply
		if err == nil {
			reply, err = p.ask(Request{Do: Fit, Nanos: int64(d)}, replyLimit)
		}
		p.stop()
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", c.Name, err)
		}
		seen = append(seen, reply.Ops)
	}
	slices.Sort(seen)
	return max(seen[1], 1), nil
}

// tryLength measures a pair of the base with the cell's length. spread is the interquartile range of the ratios between
// neighbours, as a standard deviation of a normal one; loss is what it comes to for the time that a pair takes.
func (m *Master) tryLength(ctx context.Context, c *Sampled) (loss, spread float64, err error) {
	trial := Master{Base: m.Base[:1], Head: m.Base[:1], Seed: m.Seed, cpus: m.cpus}
	trial.Slices = max(leastPairs, int(trialTime/usualSlice/2))
	begin := time.Now()
	copied := *c
	f, err := trial.fork(ctx, &copied, int(time.Duration(c.SliceNanos)/time.Microsecond), 0) // any number that is no other's
	if err != nil {
		return 0, 0, err
	}
	took := time.Since(begin).Seconds()
	var logs []float64
	for i := range f.Base.Wall {
		if a, b := f.Base.Wall[i], f.Head.Wall[i]; a > 0 && b > 0 {
			logs = append(logs, math.Log(b/a))
		}
	}
	if len(logs) < leastPairs {
		return 0, 0, fmt.Errorf("%s: %d of %d slices could be measured: %v%v", c.Name, len(logs), trial.Slices, f.Base.Notes, f.Head.Notes)
	}
	slices.Sort(logs)
	const normal = 1.349 // the interquartile range of a normal distribution in standard deviations
	spread = (logs[len(logs)*3/4] - logs[len(logs)/4]) / normal
	return spread * spread * took / float64(len(logs)), spread, nil
}
