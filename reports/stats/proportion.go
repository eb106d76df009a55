package stats

import "gonum.org/v1/gonum/stat/distuv"

// Proportion returns the interval for a probability of which k of n independent trials were successes, after Clopper and
// Pearson: it holds the probabilities under which neither k or more nor k or fewer would be rarer than (1−level)/2. The
// coverage is at least the level. Without trials, or with numbers that make no sense, it is (0, 1): nothing is known.
//
// Source: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934), 404–413; R's binom.test(k, n)$conf.int.
func Proportion(k, n int, level float64) (lo, hi float64) {
	if n <= 0 || k < 0 || k > n || inside("a level", level) != nil {
		return 0, 1
	}
	lo, hi = 0, 1
	tail := (1 - level) / 2
	if k > 0 {
		lo = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		hi = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return lo, hi
}
