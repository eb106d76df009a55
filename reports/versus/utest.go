package versus

import (
	"math"

	"golang.org/x/perf/benchmath"
)

// Sizes between which testTied stands in for benchmath. Below, benchmath warns of too few samples; above, it does not use
// the exact distribution either (MannWhitneyTiesExactLimit of go-moremath).
const (
	leastTied = 10
	mostTied  = 25
)

// test is benchmath.AssumeNothing.Compare: the rank-sum test of Mann and Whitney.
//
// With ties among 10 to 25 values benchmath takes some 5 ms, which for many benchmarks is nearly all the time that
// benchstat takes. The same p comes from testTied in a fifteenth of that; a test holds the two against each other.
func test(x, y *benchmath.Sample) benchmath.Comparison {
	if n := len(x.Values); n >= leastTied && n <= mostTied && len(y.Values) >= leastTied && len(y.Values) <= mostTied {
		if groups := tied(x.Values, y.Values); groups != nil {
			return benchmath.Comparison{P: testTied(groups, n, len(y.Values)), N1: n, N2: len(y.Values), Alpha: x.Thresholds.CompareAlpha}
		}
	}
	return benchmath.AssumeNothing.Compare(x, y)
}

// tie is how often a value occurs in the two samples.
type tie struct{ x, y int }

// tied groups the values of two sorted samples, ascending. It is nil if no value occurs twice, or if there is only one.
func tied(x, y []float64) []tie {
	groups := make([]tie, 0, len(x)+len(y))
	for i, j := 0, 0; i < len(x) || j < len(y); {
		v := math.Inf(1)
		if i < len(x) {
			v = x[i]
		}
		if j < len(y) {
			v = min(v, y[j])
		}
		var g tie
		for ; i < len(x) && x[i] == v; i++ {
			g.x++
		}
		for ; j < len(y) && y[j] == v; j++ {
			g.y++
		}
		groups = append(groups, g)
	}
	if len(groups) == len(x)+len(y) || len(groups) == 1 {
		return nil
	}
	return groups
}

// testTied is the p that go-moremath gives: twice the probability that U, given the ties, is at most the smaller of the
// two that were seen. U counts the pairs with x above y, tied ones as one half; here all is doubled to be whole.
//
// ways[k][u] counts the choices of k of the values so far for sample x that make a doubled U of u. A group of t equal
// values, r of which go to x, adds r·(2·(values before that went to y) + t − r).
func testTied(groups []tie, n, m int) float64 {
	seen, fromY := 0, 0
	for _, g := range groups {
		seen += g.x * (2*fromY + g.y)
		fromY += g.y
	}
	if 2*seen == 2*n*m {
		return 1
	}
	most := min(seen, 2*n*m-seen)
	width := most + 1
	ways, next := make([]float64, (n+1)*width), make([]float64, (n+1)*width)
	ways[0] = 1
	before := 0
	for _, g := range groups {
		t := g.x + g.y
		clear(next)
		for k := max(0, before-m); k <= min(n, before); k++ {
			from := ways[k*width : (k+1)*width]
			choose := 1.0
			for r := 0; r <= min(t, n-k); r++ {
				if add := r * (2*(before-k) + t - r); add <= most {
					to := next[(k+r)*width+add : (k+r+1)*width]
					for u, w := range from[:len(to)] {
						to[u] += choose * w
					}
				}
				choose *= float64(t-r) / float64(r+1)
			}
		}
		ways, next = next, ways
		before += t
	}
	sum, all := 0.0, 1.0
	for _, w := range ways[n*width:] {
		sum += w
	}
	for i := range n { // of n+m, n
		all *= float64(n+m-i) / float64(i+1)
	}
	return 2 * sum / all
}
