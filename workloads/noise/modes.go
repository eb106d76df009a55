package noise

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// undisturbed is up to how many times the best a chunk may take and still have run without a break: a neighbour on the
// same core makes it up to twice as slow, a preemption at least ten times (a scheduler's slice is 3 ms, a chunk 0.2).
const undisturbed = 3

// whole returns the chunks that ran without a break, as multiples of the quickest.
func whole(chunks []float64) (ratios []float64) {
	if len(chunks) == 0 || slices.Min(chunks) <= 0 {
		return nil
	}
	best := slices.Min(chunks)
	for _, c := range chunks {
		if r := c / best; r <= undisturbed {
			ratios = append(ratios, r)
		}
	}
	return ratios
}

// variation returns the coefficient of variation, standard deviation over mean; 0 of fewer than two.
func variation(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return deviation / mean
}

// Limits of when speeds are said to have two modes.
const (
	leastChunks = 100  // fewer show no shape
	leastShare  = 0.15 // of the chunks in the smaller mode
	leastGap    = 0.10 // between the modes: what a gate calls a large change
	// leastSplit is the share of the variance that two groups must explain. A normal distribution cut in two has 2/π = 0.64,
	// a uniform one 0.75, two narrow peaks close to 1 (the criterion is Otsu's, IEEE Trans. SMC 9(1), 1979).
	leastSplit = 0.85
)

// twoModes says whether the processor ran at two speeds, how much slower the slower one was, and in what share of chunks.
func twoModes(ratios []float64) (gap, share float64, ok bool) {
	n := len(ratios)
	if n < leastChunks {
		return 0, 0, false
	}
	logs := make([]float64, n)
	for i, r := range ratios {
		logs[i] = math.Log(r)
	}
	slices.Sort(logs)
	total, mean := stat.PopVariance(logs, nil), stat.Mean(logs, nil)
	if total == 0 {
		return 0, 0, false
	}
	best, cut, sum := 0.0, 0, 0.0
	for i := 1; i < n; i++ {
		sum += logs[i-1]
		low := sum / float64(i)
		high := (mean*float64(n) - sum) / float64(n-i)
		between := float64(i) * float64(n-i) / float64(n) / float64(n) * (high - low) * (high - low)
		if between > best {
			best, cut = between, i
		}
	}
	share = float64(n-cut) / float64(n)
	gap = math.Exp(logs[cut+(n-cut)/2]-logs[cut/2]) - 1 // between the medians
	return gap, share, best/total >= leastSplit && min(share, 1-share) >= leastShare && gap >= leastGap
}
