package stats

import (
	"math"

	"github.com/montanaflynn/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// driftExact is the number of values up to which all orders are tried: 9! = 362 880, some milliseconds.
const driftExact = 9

// Drift returns Spearman's correlation of the values with their order in time, and the two-sided p-value of none. The
// p-value is exact up to 9 values (all orders of the same values are equally likely) and beyond from Student's t with
// n−2 degrees of freedom for ρ·√((n−2)/(1−ρ²)). Fewer than 3 values, values that are all equal, a NaN or an infinity
// show no drift: 0 and 1.
//
// Source: C. Spearman, American Journal of Psychology 15 (1904), 72–101; the t: M. G. Kendall, Rank Correlation Methods,
// 4th ed. (1970), section 5.14. R: cor.test(seq_along(x), x, method = "spearman", exact = FALSE).
func Drift(x []float64) (rho, p float64) {
	if len(x) < 3 || finite(x) != nil {
		return 0, 1
	}
	order := make([]float64, len(x))
	for i := range order {
		order[i] = float64(i)
	}
	rho, err := stats.Spearman(order, x)
	if err != nil || math.IsNaN(rho) { // all equal
		return 0, 1
	}
	rho = max(-1, min(1, rho))
	if len(x) <= driftExact {
		return rho, orderP(doubleRanks(x))
	}
	freedom := float64(len(x) - 2)
	t := math.Abs(rho) * math.Sqrt(freedom/(1-rho*rho))
	return rho, 2 * distuv.StudentsT{Sigma: 1, Nu: freedom}.Survival(t)
}

// orderP returns the share of all orders of the ranks whose correlation with 0, 1, 2 … is at least as far from none as
// that of the order given.
func orderP(ranks []int) float64 {
	n, all, given := len(ranks), 0, 0
	for i, r := range ranks {
		all += r
		given += i * r
	}
	far := func(sum int) int { return max(2*sum-(n-1)*all, (n-1)*all-2*sum) } // (n−1)·all/2 is the mean over all orders
	asFar, total := 0, 0
	var permute func(k, sum int)
	permute = func(k, sum int) {
		if k == n {
			total++
			if far(sum) >= far(given) {
				asFar++
			}
			return
		}
		for i := k; i < n; i++ {
			ranks[k], ranks[i] = ranks[i], ranks[k]
			permute(k+1, sum+k*ranks[k])
			ranks[k], ranks[i] = ranks[i], ranks[k]
		}
	}
	permute(0, 0)
	return float64(asFar) / float64(total)
}
