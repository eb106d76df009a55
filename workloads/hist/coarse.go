package hist

import "math"

// coarseBuckets is two for each octave from 1 ns on, and one for what is above MaxValue.
const coarseBuckets = 2*rangeBits + 1

// Coarse counts values by half octaves: bucket b holds those from 2^(b/2) to 2^((b+1)/2) ns. 0 counts as 1 ns, and what is
// above MaxValue is in the last bucket. It is for pictures, not for figures.
type Coarse [coarseBuckets]uint64

// coarseFirst holds, for each bucket of a Coarse, the first bucket of a Recorder that belongs to it. One that √2 cuts in two goes
// where its middle lies, so a limit between two half octaves is off by 1/128 at most; up to 45 ns there is none.
var coarseFirst = func() (first [coarseBuckets + 1]int) {
	b := 0
	for i := range overIndex {
		for half := int(2 * math.Log2(float64(max(1, middle(i))))); b < half; {
			b++
			first[b] = i
		}
	}
	first[coarseBuckets-1], first[coarseBuckets] = overIndex, slots
	return first
}()

// AddTo adds the values of r to c. It reads all of r, which takes a microsecond or two: nothing to be done while a slice is
// measured.
func (r *Recorder) AddTo(c *Coarse) {
	for b := range c {
		sum := uint64(0)
		for _, n := range r.counts[coarseFirst[b]:coarseFirst[b+1]] {
			sum += n
		}
		c[b] += sum
	}
}

// Since returns what c holds more than before, an earlier state of it: pairs of a bucket, ascending, and a count.
func (c *Coarse) Since(before *Coarse) []int64 {
	pairs := []int64{}
	for b, n := range c {
		if n != before[b] {
			pairs = append(pairs, int64(b), int64(n-before[b]))
		}
	}
	return pairs
}
