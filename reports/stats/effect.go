package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// effectDraws is the number of simulated experiments: the power of what MinimalEffect returns is then right to 1.5
// points at 90 % (√(0.9·0.1/500) = 0.013).
const effectDraws = 500

// MinimalEffect returns the smallest shift that the two-sided signed-rank test at alpha would find with the given power,
// with n observations that are spread as those of x are about their centre. It is what "nothing was found" is worth.
//
// The values of x, less their centre and with either sign, are what n observations are drawn from, 500 times, always
// with the same seed. The test finds a shift δ above zero in a draw exactly if δ exceeds minus the lower end of the
// draw's interval at 1−alpha (see HodgesLehmann); so the wanted shift is the power-quantile of that bound over the draws.
// Spread within a small sample is too small by √((m−1)/m), for which it is corrected; what is not corrected is that the
// spread of few values is itself uncertain: 20 know it to about ±20 %.
//
// It returns ErrFew if x has fewer than 3 values or no p from n observations can reach alpha; ErrEmpty; or ErrValue for
// a NaN, an infinity, an alpha or a power that is not between 0 and 1, or values so far apart that they overflow.
// If all values are equal the result is 0.
func MinimalEffect(x []float64, alpha, power float64, n int) (float64, error) {
	if err := inside("an alpha", alpha); err != nil {
		return 0, err
	}
	if err := inside("a power", power); err != nil {
		return 0, err
	}
	centre, err := HodgesLehmann(x, Level)
	if err != nil {
		return 0, err
	}
	m := float64(len(x))
	if len(x) < 3 || n < 1 {
		return 0, fmt.Errorf("%w: %d seen, %d planned", ErrFew, len(x), n)
	}
	d, confidence := signedRankOrder(n, 1-alpha)
	if confidence < 1-alpha {
		return 0, fmt.Errorf("%w: with %d no p is below %.2g", ErrFew, n, math.Ldexp(2, -n))
	}
	rng := rand.New(rand.NewPCG(uint64(len(x)), uint64(n)))
	draw := make([]float64, n)
	needed := make([]float64, effectDraws)
	for i := range needed {
		for j := range draw {
			draw[j] = (x[rng.IntN(len(x))] - centre.Value) * math.Sqrt(m/(m-1))
			if rng.Uint64()&1 == 0 {
				draw[j] = -draw[j]
			}
		}
		slices.Sort(draw)
		needed[i] = -walsh(draw, d)
	}
	slices.Sort(needed)
	effect := max(0, needed[min(effectDraws-1, int(math.Ceil(power*effectDraws)))])
	if math.IsNaN(effect) || math.IsInf(effect, 0) {
		return 0, fmt.Errorf("%w: a spread of %v", ErrValue, effect)
	}
	return effect, nil
}
