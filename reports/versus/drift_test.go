package versus

import (
	"math"
	"math/rand/v2"
	"testing"

	"daxbench/reports/stats"
)

// TestDrift holds the short way against the long one: what it does not look at closely is no drift, and the rest is equal.
func TestDrift(t *testing.T) {
	drifts, closely := 0, 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(7, seed))
		values := make([]float64, 1+rng.IntN(8))
		slope, grid := rng.NormFloat64(), float64(1+rng.IntN(20))
		for i := range values {
			values[i] = math.Round(grid * (slope*float64(i) + rng.NormFloat64()))
		}
		rho, p := drift(values)
		wantRho, wantP := stats.Drift(values)
		switch {
		case p == 1 && wantP >= driftAlpha:
		case math.Abs(rho-wantRho) > 1e-12 || math.Abs(p-wantP) > 1e-12:
			t.Errorf("seed %d: %v, %v; want %v, %v for %v", seed, rho, p, wantRho, wantP, values)
		default:
			closely++
		}
		if wantP < driftAlpha {
			drifts++
		}
	}
	if drifts < 20 || closely < 50 {
		t.Errorf("%d drifts, %d looked at closely: the test sees too little", drifts, closely)
	}
}
