package driver

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// TestFiguresSurviveTheMachine gives two cells a true ratio of 1.05 on a machine
// that runs at half its speed for stretches of several turns and takes the
// processor away now and then.
func TestFiguresSurviveTheMachine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := &cell{}, &cell{}
	speed := 1.0
	for range 200 {
		if rng.IntN(10) == 0 {
			speed = 1 + float64(rng.IntN(2))
		}
		noise := func() float64 {
			n := speed * math.Exp(0.02*rng.NormFloat64())
			if rng.IntN(8) == 0 {
				n *= 1 + 20*rng.Float64() // preempted
			}
			return n
		}
		a.slices = append(a.slices, slice{cost: 100 * noise()})
		b.slices = append(b.slices, slice{cost: 105 * noise()})
	}
	settle([]*cell{a, b}, 0)
	if r := b.cost / a.cost; math.Abs(r-1.05) > 0.01 {
		t.Errorf("ratio %.4f, want 1.05 ± 0.01", r)
	}
	if a.cost < 90 || a.cost > 220 {
		t.Errorf("figure %.1f is no cost that occurred", a.cost)
	}
}

func TestFigures(t *testing.T) {
	mk := func(v ...float64) *cell {
		c := &cell{}
		for _, x := range v {
			c.slices = append(c.slices, slice{cost: x})
		}
		return c
	}
	for name, tt := range map[string]struct {
		cells []*cell
		want  []float64
	}{
		"undisturbed":        {[]*cell{mk(10, 10, 10), mk(20, 20, 20)}, []float64{10, 20}},
		"no slices":          {[]*cell{mk(), mk()}, []float64{0, 0}},
		"a turn left out":    {[]*cell{mk(10, 0, 10), mk(20, 20, 20)}, []float64{10, 20}},
		"no reference value": {[]*cell{mk(0, 0), mk(20, 20)}, []float64{0, 20}},
		"one ended early":    {[]*cell{mk(10, 10, 10), {err: errors.New("hung")}}, []float64{10, 0}},
		"reference ended":    {[]*cell{{err: errors.New("hung")}, mk(20, 20)}, []float64{0, 20}},
		// The third policy stumbles in other turns than the second: it must not
		// move what is said of the second.
		"a third policy":     {[]*cell{mk(10, 10, 10), mk(10, 10, 20), mk(10, 1, 3)}, []float64{10, 10, 3}},
		"speed doubles once": {[]*cell{mk(10, 20, 20), mk(20, 40, 40)}, []float64{20, 40}},
	} {
		got := figures(tt.cells, 0, func(s slice) float64 { return s.cost })
		for i := range got {
			if math.Abs(got[i]-tt.want[i]) > 1e-9 {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
				break
			}
		}
	}
}
