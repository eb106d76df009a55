package gate

import (
	"errors"
	"fmt"
	"math"
	"sort"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

// leastBeyond is how many latencies must lie beyond a quantile on either side of a fork: 1000 latencies for p99, 10 000
// for p99.9, as reports/compare asks for. With fewer the quantile is one of the few largest values, and says so little
// that no interval of forks makes up for it.
const leastBeyond = 10

// needed is how many latencies a side of a fork must have for the tail.
func (t Tail) needed() float64 { return leastBeyond / (1 - t.Quantile) }

// latencies is the distribution of the latencies of one side: at value[i] ns, share[i] of them lie below, and those
// that fell into the same bar half.
//
// Between two bars the share is taken to rise linearly. A quantile then moves with every latency that crosses it, and not
// only when it leaves a bar; bars are 0.4 to 0.8 % wide, so without that a change of 1 % would be one step or none, and
// half the forks would be tied.
type latencies struct {
	value, share []float64
	count        float64
}

// errLatency says that a histogram cannot be used.
var errLatency = errors.New("not a histogram of latencies")

// decodeLatency reads the encoding that Side.Latency has.
func decodeLatency(text string) (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(text))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errLatency, err)
	case h.TotalCount() <= 0:
		return nil, fmt.Errorf("%w: it is empty", errLatency)
	}
	return h, nil
}

// newLatencies takes a histogram apart.
func newLatencies(h *hdrhistogram.Histogram) *latencies {
	l := &latencies{count: float64(h.TotalCount())}
	below := 0.0
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			n := float64(bar.Count)
			l.value = append(l.value, float64(bar.From)+float64(bar.To+1-bar.From)/2)
			l.share = append(l.share, (below+n/2)/l.count)
			below += n
		}
	}
	return l
}

// quantile returns the latency below which the share q lies, in ns.
func (l *latencies) quantile(q float64) float64 { return interpolate(l.share, l.value, q) }

// above returns which share lies above v ns.
func (l *latencies) above(v float64) float64 { return 1 - interpolate(l.value, l.share, v) }

// interpolate returns y at x, both ascending, linearly between neighbours and level beyond the ends.
func interpolate(xs, ys []float64, x float64) float64 {
	i := sort.SearchFloat64s(xs, x)
	switch {
	case i == 0:
		return ys[0]
	case i == len(xs):
		return ys[i-1]
	}
	return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/(xs[i]-xs[i-1])
}

// drawTail adds what is said of the latencies: the quantile, and how many of the head's latencies lie above that of the
// base. whole says that both sides of all forks have latencies; an error, why nothing can be said.
//
// The share above is the difference of the two histograms at the one place where it matters. It is given as a ratio, so
// that it reads as the other measures do: 0.01 on the base and 0.02 on the head is twice as many. In each fork it is
// paired, so that what disturbs both sides of a fork disturbs none of the ratios.
func (c *drawn) drawTail(forks []*Fork, d *Declared) error {
	if d.Tail.Role != Decides && !anyLatency(forks) {
		if d.Tail.Role == Convicts {
			c.Warnings = append(c.Warnings, fmt.Sprintf("no latencies were recorded: %s convicts nothing", d.Tail.Name()))
		}
		return nil
	}
	var base, head []*latencies
	var pooled *hdrhistogram.Histogram
	for _, f := range forks {
		for _, side := range f.sides() {
			if side.Latency == "" {
				return fmt.Errorf("fork %d: the %s has no latencies", f.Number, side.name)
			}
			h, err := decodeLatency(side.Latency)
			if err != nil {
				return fmt.Errorf("fork %d, %s: %w", f.Number, side.name, err)
			}
			if side.Side == &f.Head {
				head = append(head, newLatencies(h))
				continue
			}
			base = append(base, newLatencies(h))
			if pooled == nil {
				pooled = hdrhistogram.New(1, math.MaxInt64, int(h.SignificantFigures()))
			}
			pooled.Merge(h)
		}
	}
	tail := series{Measure: Measure{
		Name: d.Tail.Name(), Unit: d.Tail.Name() + "-ns", Role: d.Tail.Role, Floor: d.Tail.Floor, Tolerance: d.Tail.Tolerance,
	}}
	above := tail
	above.Name, above.Unit, above.Role = "above base "+tail.Name, "share", Shown
	limit := newLatencies(pooled).quantile(d.Tail.Quantile)
	few := math.Inf(1)
	for i := range base {
		few = min(few, base[i].count, head[i].count)
		tail.add(base[i].quantile(d.Tail.Quantile), head[i].quantile(d.Tail.Quantile))
		above.add(base[i].aboveAtLeastHalf(limit), head[i].aboveAtLeastHalf(limit))
	}
	if few < d.Tail.needed() {
		tail.refuse(fmt.Sprintf("a fork has %.0f latencies, and %s needs %.0f", few, tail.Name, math.Ceil(d.Tail.needed())))
		above.refuse(tail.Why)
		if tail.Role == Convicts {
			c.Warnings = append(c.Warnings, tail.Why+": it convicts nothing")
		}
	}
	c.series = append(c.series, tail, above)
	return nil
}

// aboveAtLeastHalf is above, with half a latency for none: a share of zero has no ratio.
func (l *latencies) aboveAtLeastHalf(v float64) float64 { return max(l.above(v), 0.5/l.count) }

// anyLatency says whether any side of any fork has latencies. If none has, the storm records none.
func anyLatency(forks []*Fork) bool {
	for _, f := range forks {
		if f.Base.Latency != "" || f.Head.Latency != "" {
			return true
		}
	}
	return false
}
