package cells

import (
	"errors"
	"testing"

	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// TestGroups measures every row on small subjects: each must do what it says, or its check fails.
func TestGroups(t *testing.T) {
	for _, g := range All() {
		t.Run(g.Name, func(t *testing.T) {
			b := Bench{Rounds: 20, Seed: 1, Small: true}
			switch err := g.Measure(&b); {
			case errors.Is(err, turns.ErrApart):
				t.Skip(err)
			case err != nil:
				t.Fatal(err)
			}
			if len(b.Samples) != len(g.Rows) {
				t.Errorf("%d samples of %d rows", len(b.Samples), len(g.Rows))
			}
			unit := map[string]table.Unit{}
			for _, r := range g.Rows {
				unit[r.Key()] = r.Unit
			}
			for _, s := range b.Samples {
				if !(s.Value > 0) && unit[s.Key] == table.Ratio ||
					s.Lo > s.Value || s.Hi < s.Value {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}
