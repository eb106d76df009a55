package gate

import (
	"testing"

	"daxbench/reports/stats"
)

// TestRates simulates many gatings and holds the rates of false alarms and of detection against what the gate promises
// (issue 4): with the noise that measured.md reports, within the limits of the binomial at 99.9 %.
func TestRates(t *testing.T) {
	for _, c := range []struct {
		effect        float64
		trials        int
		least, most   float64 // rate of "regressed"
		changes, pass float64 // at most so many "improved"; at most so many "pass"
	}{
		{0, 200, 0, 0.02, 0.02, 1},
		{-0.05, 30, 0, 0.02, 1, 0.05},
		{0.02, 60, 0.80, 1, 0, 0.2},
		{0.03, 60, 0.95, 1, 0, 0.05},
		{0.05, 60, 0.98, 1, 0, 0},
		{0.10, 30, 0.98, 1, 0, 0},
	} {
		if testing.Short() {
			c.trials /= 3
		}
		var n [len(verdicts)]int
		for trial := range c.trials {
			w := quiet(uint64(trial))
			w.more, w.effect = 20, c.effect
			r := gate(t, w.samples(), suiteOf(churn))
			n[r.Verdict]++
		}
		t.Logf("%+.0f %%: regressed %d, improved %d, pass %d, no verdict %d, void %d of %d", 100*c.effect,
			n[Regressed], n[Improved], n[Pass], n[NoVerdict], n[Void], c.trials)
		lo, hi := stats.Proportion(n[Regressed], c.trials, 0.999)
		if hi < c.least || lo > c.most {
			t.Errorf("%+.0f %%: %d of %d were called regressed; want %v to %v", 100*c.effect, n[Regressed], c.trials, c.least, c.most)
		}
		if lo, _ := stats.Proportion(n[Improved], c.trials, 0.999); lo > c.changes {
			t.Errorf("%+.0f %%: %d of %d were called improved; want at most %v", 100*c.effect, n[Improved], c.trials, c.changes)
		}
		if lo, _ := stats.Proportion(n[Pass], c.trials, 0.999); lo > c.pass {
			t.Errorf("%+.0f %%: %d of %d passed; want at most %v", 100*c.effect, n[Pass], c.trials, c.pass)
		}
	}
}
