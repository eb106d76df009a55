package compare_test

import (
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
)

// TestShares: whose the time waited is, is told of the reference, or else of who waits most, and only where it was recorded.
func TestShares(t *testing.T) {
	stalled := map[string]float64{"blocked-ns/op": 30000, "recall-ns/op": 10000, "late-ns/op": 20000, "wake-ns/op": 3960, "unpin-ns/op": 40,
		"unpin-p50-ns": 190, "wake-p50-ns": 3100, "bare-wake-p50-ns": 5000}
	const shares = "40 % is for as long as was asked, 50 % a late device, 9.9 % waking up, and 0.1 % the engine"
	for _, tt := range []struct {
		name     string
		policies []string // that wait
		without  string   // a figure that was not recorded
		want     []string // in the sentence; nil: there is none
	}{
		{"the reference", []string{"dax-only", "none"}, "", []string{"Of the 40.0 µs that an operation waits under dax-only", shares, "takes 3.10 µs (median), a bare goroutine by turns 5.00 µs"}},
		{"another", []string{"none"}, "", []string{"waits under none", shares}},
		{"nobody", nil, "", nil},
		{"an older run", []string{"dax-only"}, "bare-wake-p50-ns", nil},
	} {
		run := cells("ns/op", map[string][]float64{"dax-only": base, "none": base})
		for _, c := range run.Cells {
			for i := range c.Rounds {
				for unit, v := range stalled {
					if slices.Contains(tt.policies, c.Policy) && unit != tt.without {
						c.Rounds[i].Values.Set(unit, v)
					}
				}
			}
		}
		var said []string
		for _, s := range compare.Sentences(policies(t, run)) {
			if s.Topic == compare.Share {
				said = append(said, s.Text)
			}
		}
		if (len(said) == 1) != (tt.want != nil) {
			t.Errorf("%s: %q", tt.name, said)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(said[0], want) {
				t.Errorf("%s: no %q in %q", tt.name, want, said[0])
			}
		}
	}
}
