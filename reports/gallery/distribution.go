package gallery

import (
	"cmp"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
)

const (
	// opHistogram is the histogram of what was timed.
	opHistogram = "op"

	// beyond is how many latencies must lie above a quantile for it to be drawn: of fewer it says little. It is also the rule of
	// sentences about p99.9 (package compare).
	beyond = 10

	// maxCurve is how many points of a curve are kept, and bend how far a point that is left out may lie from the line that
	// replaces it, as a share of the picture: half a pixel of 400.
	maxCurve = 80
	bend     = 1. / 800

	// maxEncoded is the length of a histogram in base64 that is not even looked at. One of three digits up to a minute, full
	// everywhere, takes 120 KB.
	maxEncoded = 1 << 20
)

// bucket is how many latencies had a value, in ns, give or take the width of a bucket.
type bucket struct{ nanos, count float64 }

// distribution is the buckets of latencies, ascending.
type distribution struct {
	buckets []bucket
	total   float64
}

// decode reads a histogram of a round; it has no latencies if there is none.
func decode(c *folder.Cell, r *folder.Round) (d distribution, err error) {
	if r.Record == nil {
		return d, nil
	}
	text := r.Record.Histograms[opHistogram]
	if text == "" {
		return d, nil
	}
	if len(text) > maxEncoded {
		return d, wrong(c, r.Number, "the histogram %q has %d bytes; the most is %d", opHistogram, len(text), maxEncoded)
	}
	h, err := hdrhistogram.DecodePacked([]byte(text))
	if err != nil {
		return d, wrong(c, r.Number, "the histogram %q: %w", opHistogram, err)
	}
	h.ForEachBucket(func(nanos, count int64) bool {
		if count > 0 {
			d.add(float64(nanos), float64(count))
		}
		return true
	})
	return d, nil
}

// add puts a bucket behind the others. What took less than a nanosecond stands at one: the axis is logarithmic.
func (d *distribution) add(nanos, count float64) {
	d.buckets = append(d.buckets, bucket{max(nanos, 1), count})
	d.total += count
}

// merge joins distributions.
func merge(all []distribution) (d distribution) {
	var list []bucket
	for _, one := range all {
		list = append(list, one.buckets...)
	}
	slices.SortFunc(list, func(a, b bucket) int { return cmp.Compare(a.nanos, b.nanos) })
	for _, b := range list {
		if last := len(d.buckets) - 1; last >= 0 && d.buckets[last].nanos == b.nanos {
			d.buckets[last].count += b.count
			d.total += b.count
		} else {
			d.add(b.nanos, b.count)
		}
	}
	return d
}

// at is the value at a place of a Percentile axis: 1 is the least, 2 the median.
func (d *distribution) at(x float64) float64 {
	rank, below := d.total*(1-1/x), 0.0
	i := 0
	for i = range d.buckets {
		if below += d.buckets[i].count; below >= rank {
			break
		}
	}
	return d.buckets[i].nanos
}

// most is the longest latency.
func (d *distribution) most() float64 { return d.buckets[len(d.buckets)-1].nanos }

// end is the last place of a Percentile axis that has enough latencies beyond it.
func (d *distribution) end() float64 { return d.total / beyond }

// spreadAt are the percentiles at which a curve shows its rounds: p50, p90, p99, p99.9.
var spreadAt = []float64{2, 10, 100, 1000}

// curve is the distribution as a line, with the range over the rounds at some percentiles.
func (d *distribution) curve(rounds []distribution) (line []chart.Point) {
	end := d.end()
	line = append(line, chart.Point{X: 1, Y: d.buckets[0].nanos})
	below := 0.0
	for _, b := range d.buckets {
		below += b.count
		x := d.total / (d.total - below)
		if x > end || below == d.total {
			break
		}
		line = append(line, chart.Point{X: x, Y: b.nanos})
	}
	line = append(line, chart.Point{X: end, Y: d.at(end)})
	line = thin(line)
	for _, x := range spreadAt {
		if p, ok := d.spread(x, rounds); ok {
			i, found := slices.BinarySearchFunc(line, x, func(p chart.Point, x float64) int { return cmp.Compare(p.X, x) })
			if found {
				line[i] = p
			} else {
				line = slices.Insert(line, i, p)
			}
		}
	}
	return line
}

// spread is the value at a percentile with the range of it over the rounds; ok is false unless there are several rounds, and
// each has enough latencies beyond.
func (d *distribution) spread(x float64, rounds []distribution) (p chart.Point, ok bool) {
	p = chart.Point{X: x, Y: d.at(x)}
	p.Lo, p.Hi = p.Y, p.Y
	for i := range rounds {
		if rounds[i].end() < x {
			return p, false
		}
		v := rounds[i].at(x)
		p.Lo, p.Hi = min(p.Lo, v), max(p.Hi, v)
	}
	return p, len(rounds) > 1
}

// thin keeps the points at which a line bends most: those that lie furthest from the line through the ones that are kept
// already, until none is left that could be seen. Source: U. Ramer (1972), D. Douglas and T. Peucker (1973), with the
// furthest of all first. Distances are vertical, and on the logarithmic axes of the picture.
func thin(line []chart.Point) []chart.Point {
	if len(line) < 3 {
		return line
	}
	on := plotted(line)
	least := bend * max(on[len(on)-1].y-on[0].y, 1)
	kept := []int{0, len(on) - 1}
	gaps := []spot{furthest(on, 0, len(on)-1)} // the furthest point of each gap between kept ones
	for len(kept) < maxCurve {
		i := 0
		for k := range gaps {
			if gaps[k].off > gaps[i].off {
				i = k
			}
		}
		if gaps[i].off <= least {
			break
		}
		at := gaps[i].at
		kept = slices.Insert(kept, i+1, at)
		gaps[i] = furthest(on, kept[i], at)
		gaps = slices.Insert(gaps, i+1, furthest(on, at, kept[i+2]))
	}
	out := make([]chart.Point, len(kept))
	for i, at := range kept {
		out[i] = line[at]
	}
	return out
}

// place is where a point lies on logarithmic axes.
type place struct{ x, y float64 }

func plotted(line []chart.Point) []place {
	out := make([]place, len(line))
	for i, p := range line {
		out[i] = place{math.Log(p.X), math.Log(p.Y)}
	}
	return out
}

// spot is a point of a line, and how far it lies off another line.
type spot struct {
	at  int
	off float64
}

// furthest is the point between two others that lies furthest off the line through them; none is no way off.
func furthest(line []place, from, to int) (worst spot) {
	for i := from + 1; i < to; i++ {
		if off := line[i].off(line[from], line[to]); off > worst.off {
			worst = spot{i, off}
		}
	}
	return worst
}

// off is how far a point lies off the line from a to b.
func (p place) off(a, b place) float64 {
	along := 0.5
	if b.x > a.x {
		along = (p.x - a.x) / (b.x - a.x)
	}
	return math.Abs(p.y - a.y - along*(b.y-a.y))
}

// ofRounds are the distributions of the rounds of a cell that recorded any latencies.
func ofRounds(c *folder.Cell) (rounds []distribution, err error) {
	for i := range c.Rounds {
		d, err := decode(c, &c.Rounds[i])
		if err != nil {
			return nil, err
		}
		if d.total > 0 {
			rounds = append(rounds, d)
		}
	}
	return rounds, nil
}
