package cells

import (
	"testing"

	"daxbench/engine/peers/table"
)

// TestGroups measures every row on small subjects: each must do what it says, or its check fails.
func TestGroups(t *testing.T) {
	for _, g := range All() {
		t.Run(g.Name, func(t *testing.T) {
			b := Bench{Rounds: 10, Seed: 1, Small: true}
			if err := g.Measure(&b); err != nil {
				t.Fatal(err)
			}
			if len(b.Samples) != len(g.Rows) {
				t.Errorf("%d samples of %d rows", len(b.Samples), len(g.Rows))
			}
			for _, r := range g.Rows {
				s, ok := b.Samples[r.Key()]
				switch {
				case !ok:
					t.Errorf("there is no sample of %q", r.Key())
				case s.Dropped == 1: // the machine is busy, and that is said
				case !(s.Value > 0) && r.Unit == table.Ratio, !(s.Lo <= s.Value && s.Value <= s.Hi):
					t.Errorf("%s: %+v", r.Key(), s)
				}
			}
		})
	}
}
