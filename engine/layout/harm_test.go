package layout

import "testing"

// TestHarm wants a word for each invariant, and those of data first: a matrix is read from the left.
func TestHarm(t *testing.T) {
	last := true
	for _, i := range Invariants {
		i := Invariant(i)
		if i.Harm() == "" {
			t.Errorf("no word for %s", i)
		}
		if i.LosesData() && !last {
			t.Errorf("%s is about data, and stands behind others", i)
		}
		last = i.LosesData()
	}
	if !Invariant('U').LosesData() || last {
		t.Error("all invariants are about data, or none")
	}
}
