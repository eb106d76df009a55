package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Change is a place in a history where the level changes.
type Change struct {
	At            int     // index of the first value after the change
	Before, After float64 // medians of what lies between this change and its neighbours
	P             float64 // by permutation: how often the same values in a random order look as broken
}

// shortestSegment is the smallest number of values of a stretch: with fewer, one outlier is a level.
const shortestSegment = 3

// permutations is the number of random orders that a place is held against: p-values down to 0.001.
const permutations = 999

// longestPairs is the number of values up to which two changes are looked for at a time, at quadratic cost: 999 orders of
// 500 values take a tenth of a second. Longer histories are cut in two only.
const longestPairs = 500

// shareAnywhere is the share of alpha for two changes at a time. They have very many places, among which a single recent
// change would not stand out; and where there are two, their p-value is tiny.
const shareAnywhere = 0.25

// ChangePoints returns where the level of a history changes, in order, each significant at alpha.
//
// It looks for the place where the rank sum of the values before it is furthest from its mean, in standard deviations,
// with at least 3 values on either side: Pettitt's statistic, put on one scale so that a recent change counts as much
// as one in the middle. Failing that, it looks for such a stretch in the middle: what got worse and was mended, where
// either change alone hides the other. The p-values come from 999 random orders of the same values, always with the
// same seed. The history is cut at what is significant and each part treated likewise. In the end each change is looked
// for again between its neighbours, where nothing else disturbs it, and dropped if it is not significant there. Ranks
// make all of it deaf to outliers and to the scale.
//
// A history without a change gives one with probability alpha at most; after a true change the parts are further tests.
// Values must be exchangeable where nothing changes: a slow drift shows as changes. A large change shows at 1 %
// once there are 6 values after 24 before it. It returns ErrEmpty, or ErrValue for a NaN, an infinity, or an alpha that
// is not between 0 and 1. Fewer than 6 values have no changes.
//
// Source: A. N. Pettitt, Applied Statistics 28 (1979), 126–135; stretches: circular binary segmentation, A. B. Olshen
// and others, Biostatistics 5 (2004), 557–572. Note: E-Divisive (D. S. Matteson, N. A. James, JASA 109 (2014),
// 334–345), which MongoDB uses on its history, also finds changes of spread alone; a level is all that is asked here.
func ChangePoints(x []float64, alpha float64) ([]Change, error) {
	if err := finite(x); err != nil {
		return nil, err
	}
	if err := inside("an alpha", alpha); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(uint64(len(x)), 0))
	changes := cut(x, 0, alpha, rng)
	for i := 0; i < len(changes); i++ {
		from, to := neighbours(changes, i, len(x))
		_, at, p, found := stretch(x[from:to], prefixes, alpha, rng)
		if !found {
			changes = slices.Delete(changes, i, i+1)
			i = max(-1, i-2) // what is left of it has a new neighbour
			continue
		}
		changes[i].At, changes[i].P = from+at, p
	}
	for i := range changes {
		from, to := neighbours(changes, i, len(x))
		at := changes[i].At
		changes[i].Before = middle(slices.Sorted(slices.Values(x[from:at])))
		changes[i].After = middle(slices.Sorted(slices.Values(x[at:to])))
	}
	return changes, nil
}

// cut returns the places within x, a part of a history that begins at offset.
func cut(x []float64, offset int, alpha float64, rng *rand.Rand) []Change {
	from, to, _, found := stretch(x, prefixes, alpha*(1-shareAnywhere), rng)
	if !found && len(x) <= longestPairs {
		from, to, _, found = stretch(x, anywhere, alpha*shareAnywhere, rng)
	}
	if !found {
		return nil
	}
	var changes []Change
	for _, part := range [][2]int{{0, from}, {from, to}, {to, len(x)}} {
		if part[0] > 0 && part[0] < len(x) {
			changes = append(changes, Change{At: offset + part[0]})
		}
		if part[1]-part[0] < len(x) {
			changes = append(changes, cut(x[part[0]:part[1]], offset+part[0], alpha, rng)...)
		}
	}
	return changes
}

// neighbours returns between which places the i-th change lies.
func neighbours(changes []Change, i, n int) (from, to int) {
	to = n
	if i > 0 {
		from = changes[i-1].At
	}
	if i+1 < len(changes) {
		to = changes[i+1].At
	}
	return from, to
}

// stretches says which stretches are looked at.
type stretches uint8

const (
	prefixes stretches = iota // those that begin with the first value
	anywhere
)

// stretch returns the most conspicuous stretch, and its p-value if that is at or below alpha.
func stretch(x []float64, kind stretches, alpha float64, rng *rand.Rand) (from, to int, p float64, found bool) {
	n := len(x)
	if n < 2*shortestSegment {
		return 0, 0, 0, false
	}
	ranks := doubleRanks(x)
	weights := make([]float64, n) // one over the standard deviation of the sum of so many ranks, up to a constant
	for length := 1; length < n; length++ {
		weights[length] = 1 / math.Sqrt(float64(length)*float64(n-length))
	}
	sums := make([]int, n+1)
	from, to, seen := furthest(ranks, kind, sums, weights)
	if seen == 0 {
		return 0, 0, 0, false
	}
	allowed := int(alpha * (permutations + 1)) // with this many as far out, itself included, p is at alpha
	asFar := 1
	for range permutations {
		rng.Shuffle(n, func(i, j int) { ranks[i], ranks[j] = ranks[j], ranks[i] })
		if _, _, other := furthest(ranks, kind, sums, weights); other >= seen {
			if asFar++; asFar > allowed {
				return 0, 0, 0, false
			}
		}
	}
	return from, to, float64(asFar) / (permutations + 1), asFar <= allowed
}

// furthest returns the stretch whose sum of ranks is furthest from its mean, and how far. It overwrites sums.
func furthest(ranks []int, kind stretches, sums []int, weights []float64) (from, to int, distance float64) {
	n := len(ranks)
	for i, r := range ranks {
		sums[i+1] = sums[i] + r - (n + 1) // doubled ranks are n+1 on average
	}
	for i := 0; i <= n-shortestSegment; i++ {
		if i > 0 && i < shortestSegment {
			continue
		}
		for j := i + shortestSegment; j <= n; j++ {
			if n-j < shortestSegment && (j < n || i == 0) {
				continue
			}
			if d := math.Abs(float64(sums[j]-sums[i])) * weights[j-i]; d > distance {
				from, to, distance = i, j, d
			}
		}
		if kind == prefixes {
			break
		}
	}
	return from, to, distance
}
