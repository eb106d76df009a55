package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestNewLooks(t *testing.T) {
	l, err := NewLooks(0.01, 20, 30, 40)
	if err != nil || l.Len() != 3 {
		t.Fatal(l, err)
	}
	sum := 0.0
	for i, want := range []float64{0.005, 0.0025, 0.0025} {
		n, alpha := l.At(i)
		if n != 20+10*i || !near(alpha, want) {
			t.Errorf("look %d: %d, %v", i, n, alpha)
		}
		sum += alpha
	}
	if !near(sum, 0.01) {
		t.Errorf("the shares sum to %v", sum)
	}
	for _, c := range []struct {
		alpha float64
		n     []int
		want  error
	}{
		{0.05, nil, ErrEmpty}, {0, []int{20}, ErrValue}, {1, []int{20}, ErrValue}, {math.NaN(), []int{20}, ErrValue},
		{0.05, []int{20, 20}, ErrValue}, {0.05, []int{20, 10}, ErrValue}, {0.05, []int{0, 10}, ErrValue},
		{0.05, []int{-5}, ErrValue}, {0.01, []int{7}, ErrFew}, {0.01, []int{8, 40}, ErrFew},
	} {
		if _, err := NewLooks(c.alpha, c.n...); !errors.Is(err, c.want) {
			t.Errorf("NewLooks(%v, %v): %v, want %v", c.alpha, c.n, err, c.want)
		}
	}
}

func TestDecide(t *testing.T) {
	l, err := NewLooks(0.01, 20, 40)
	if err != nil {
		t.Fatal(err)
	}
	steady := make([]float64, 60)
	for i := range steady {
		steady[i] = float64(i + 1)
	}
	if look, test, found, err := l.Decide(steady); look != 0 || test.N != 20 || !found || err != nil {
		t.Errorf("what the first look sees: %d %+v %v %v", look, test, found, err)
	}
	late := make([]float64, 60)
	for i := range late {
		late[i] = float64(i + 1)
		if i < 20 && i%2 == 0 {
			late[i] = -late[i]
		}
	}
	if look, test, found, err := l.Decide(late[:40]); look != 1 || test.N != 40 || !found || err != nil {
		t.Errorf("what the second look sees: %d %+v %v %v", look, test, found, err)
	}
	if look, test, found, err := l.Decide(late[:39]); look != 0 || test.N != 20 || found || err != nil {
		t.Errorf("before the second look: %d %+v %v %v", look, test, found, err)
	}
	if _, _, found, err := l.Decide(steady[:19]); found || !errors.Is(err, ErrFew) {
		t.Errorf("before the first look: %v %v", found, err)
	}
	if _, _, found, err := (Looks{}).Decide(steady); found || !errors.Is(err, ErrEmpty) {
		t.Errorf("without a plan: %v %v", found, err)
	}
	steady[3] = math.NaN()
	if _, _, found, err := l.Decide(steady); found || !errors.Is(err, ErrValue) {
		t.Errorf("a NaN: %v %v", found, err)
	}
}

// TestLooksKeepTheirError: looking often at a split alpha raises no more false alarms than promised; the same looks at
// the whole alpha each do.
func TestLooksKeepTheirError(t *testing.T) {
	t.Parallel()
	const trials, alpha = 2000, 0.05
	plan := []int{10, 15, 20, 25, 30, 35, 40}
	l, err := NewLooks(alpha, plan...)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(41, 0))
	planned, greedy := 0, 0
	x := make([]float64, 40)
	for range trials {
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		if _, _, found, _ := l.Decide(x); found {
			planned++
		}
		for _, n := range plan {
			if test, _ := SignedRank(x[:n]); test.P <= alpha {
				greedy++
				break
			}
		}
	}
	within(t, "false alarms of the plan", planned, trials, 0, alpha)
	if low, _ := Proportion(greedy, trials, 0.999); low <= alpha {
		t.Errorf("until it is significant: only %d of %d", greedy, trials)
	}
}
