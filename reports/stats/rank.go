package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Test is the outcome of a significance test.
//
// Each p is the probability, if there were no difference, of what was seen or of something at least as far out. Greater
// and Less are those of the two one-sided tests; P is twice the smaller of them, at most 1.
type Test struct {
	P         float64 // two-sided
	Greater   float64 // small: the location is above zero, or the second sample's above the first's
	Less      float64 // small: it is below
	Statistic float64 // what each test names
	N         int     // values that took part
	Exact     bool    // from the exact distribution given the ranks; otherwise from the normal approximation
}

// newTest returns the test with these one-sided p-values.
func newTest(statistic, greater, less float64, n int, exact bool) Test {
	greater, less = min(greater, 1), min(less, 1)
	return Test{P: min(1, 2*min(greater, less)), Greater: greater, Less: less, Statistic: statistic, N: n, Exact: exact}
}

// normalTest returns the test of a statistic that is roughly normal, with the correction for continuity: a statistic
// that moves in steps of 1 stands for everything within half a step.
func normalTest(statistic, mean, sd float64, n int) Test {
	if sd == 0 { // all tied: nothing can be said
		return newTest(statistic, 1, 1, n, false)
	}
	greater := distuv.UnitNormal.CDF((mean - statistic + 0.5) / sd)
	less := distuv.UnitNormal.CDF((statistic - mean + 0.5) / sd)
	return newTest(statistic, greater, less, n, false)
}

// doubleRanks returns twice the rank of each value, so that midranks, which are what tied values share, are integers.
func doubleRanks(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]int, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = from + 1 + to
		}
		from = to
	}
	return ranks
}

// halve divides all ranks by two if that leaves integers, as it does without ties, and returns by what it divided. The
// distributions below cost as much time as the sum of the ranks.
func halve(doubled []int) (ranks []int, scale int) {
	for _, r := range doubled {
		if r%2 != 0 {
			return doubled, 1
		}
	}
	ranks = make([]int, len(doubled))
	for i, r := range doubled {
		ranks[i] = r / 2
	}
	return ranks, 2
}

// tails returns the probabilities of at most and of at least the statistic, under a distribution on 0, 1, 2 … Each is
// summed from its far end, so that small ones keep their digits and mirrored ones are equal.
func tails(distribution []float64, statistic int) (atMost, atLeast float64) {
	for _, p := range distribution[:statistic+1] {
		atMost += p
	}
	for _, p := range slices.Backward(distribution[statistic:]) {
		atLeast += p
	}
	return atMost, atLeast
}

// counted returns the largest d ≥ 1 for which the d-th smallest and the d-th largest of the averages (or differences)
// that a rank statistic counts hold the location with at least the level, and the confidence reached:
// 1 − 2·P(statistic ≤ d−1). If no d does, it returns 1 and what that reaches.
func counted(distribution []float64, level float64) (d int, confidence float64) {
	tail := distribution[0]
	d, confidence = 1, 1-2*tail
	for s := 1; 2*s < len(distribution); s++ {
		tail += distribution[s]
		if 1-2*tail < level {
			break
		}
		d, confidence = s+1, 1-2*tail
	}
	return d, max(confidence, 0)
}

// countedNormal is counted for a statistic that is roughly normal.
func countedNormal(mean, sd, level float64) (d int, confidence float64) {
	d = max(1, int(math.Floor(mean+0.5+sd*distuv.UnitNormal.Quantile((1-level)/2))))
	return d, max(0, 1-2*distuv.UnitNormal.CDF((float64(d)-0.5-mean)/sd))
}

// kth returns the k-th smallest, k from 1, of very many numbers that are never listed: atMost counts those that are at
// most v, and all lie within [lo, hi]. It bisects over the floating-point numbers themselves, so the result is one of
// the numbers, exactly, after at most 64 steps.
func kth(k int, lo, hi float64, atMost func(v float64) int) float64 {
	low, high := ordinal(lo), ordinal(hi)
	for low < high {
		middle := low + (high-low)/2
		if atMost(float(middle)) >= k {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return float(low)
}

// ordinal maps floats to integers in the same order; float maps back.
func ordinal(v float64) uint64 {
	bits := math.Float64bits(v)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

func float(ordinal uint64) float64 {
	if ordinal>>63 != 0 {
		return math.Float64frombits(ordinal &^ (1 << 63))
	}
	return math.Float64frombits(^ordinal)
}

// estimateOf puts an estimate together from the k-th smallest of count numbers: the median of them, and the d-th from
// either end.
func estimateOf(count, d int, pick func(k int) float64) Estimate {
	d = min(d, (count+1)/2)
	lower, upper := pick((count+1)/2), pick(count/2+1)
	return Estimate{Value: between(lower, upper), Lo: pick(d), Hi: pick(count + 1 - d)}
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return between(sorted[(n-1)/2], sorted[n/2])
}

// between is the mean of two values. It does not overflow, keeps what is too small to be halved, and is monotone.
func between(a, b float64) float64 {
	if sum := a + b; !math.IsInf(sum, 0) {
		return sum / 2
	}
	return a/2 + b/2
}
