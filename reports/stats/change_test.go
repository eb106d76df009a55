package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// nile is the yearly flow of the Nile at Aswan, 1871 to 1970, in 10^8 m³: R's datasets::Nile. It fell in 1899.
var nile = []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799,
	958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969,
	831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
	944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986,
	797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}

func TestChangePointsKnownAnswer(t *testing.T) {
	got, err := ChangePoints(nile, 0.01)
	if err != nil || len(got) != 1 || got[0].At != 28 || got[0].P != 0.001 || got[0].Before != 1130 || got[0].After != 842.5 {
		t.Fatalf("%+v, %v; want one change, at 28: 1871 to 1898 and 1899 to 1970", got, err)
	}
	for name, x := range map[string][]float64{"scaled": times(nile, 1e-9), "mirrored": times(nile, -1), "logs": logs(nile)} {
		again, err := ChangePoints(x, 0.01)
		if err != nil || len(again) != 1 || again[0].At != 28 || again[0].P != got[0].P {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
	}
}

func logs(x []float64) []float64 {
	y := slices.Clone(x)
	for i := range y {
		y[i] = math.Log(y[i])
	}
	return y
}

// level returns a history: levels[i] for lengths[i] values, with noise of 1 and an outlier every fifteenth value or so.
func level(rng *rand.Rand, lengths []int, levels []float64) []float64 {
	var x []float64
	for i, n := range lengths {
		for range n {
			v := 100 + levels[i] + rng.NormFloat64()
			if rng.IntN(15) == 0 {
				v += 50 * rng.ExpFloat64()
			}
			x = append(x, v)
		}
	}
	return x
}

func TestChangePointsFalseAlarmsAndPower(t *testing.T) {
	t.Parallel()
	const trials, alpha = 100, 0.05
	for _, c := range []struct {
		name    string
		lengths []int
		levels  []float64
		lo, hi  float64 // rate of histories with as many changes as there are, each within 2 of its place
	}{
		{"one, in the middle", []int{15, 15}, []float64{0, 4}, 0.9, 1},
		{"one, just now", []int{24, 6}, []float64{0, 6}, 0.7, 1},
		{"up and back", []int{20, 20, 20}, []float64{0, 5, 0}, 0.8, 1},
		{"a staircase", []int{15, 15, 15}, []float64{0, 5, 10}, 0.8, 1},
	} {
		rng := rand.New(rand.NewPCG(61, uint64(len(c.name))))
		right := 0
		for range trials {
			got, err := ChangePoints(level(rng, c.lengths, c.levels), 0.01)
			if err != nil {
				t.Fatal(err)
			}
			ok, at := len(got) == len(c.lengths)-1, 0
			for i := range got {
				if ok {
					at += c.lengths[i]
					ok = math.Abs(float64(got[i].At-at)) <= 2
				}
			}
			if ok {
				right++
			}
		}
		within(t, c.name, right, trials, c.lo, c.hi)
	}
	for _, n := range []int{8, 15, 40} {
		rng := rand.New(rand.NewPCG(62, uint64(n)))
		alarms, ties := 0, 0
		for range trials {
			x := level(rng, []int{n}, []float64{0})
			if got, _ := ChangePoints(x, alpha); len(got) > 0 {
				alarms++
			}
			for i := range x {
				x[i] = math.Round(x[i])
			}
			if got, _ := ChangePoints(x, alpha); len(got) > 0 {
				ties++
			}
		}
		within(t, "false alarms", alarms, trials, 0, alpha)
		within(t, "false alarms with ties", ties, trials, 0, alpha)
	}
}

func TestChangePointsRefuses(t *testing.T) {
	if _, err := ChangePoints(nil, 0.05); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := ChangePoints([]float64{1, math.NaN()}, 0.05); !errors.Is(err, ErrValue) {
		t.Errorf("a NaN: %v", err)
	}
	if _, err := ChangePoints(nile, 0); !errors.Is(err, ErrValue) {
		t.Errorf("an alpha of 0: %v", err)
	}
	for _, x := range [][]float64{{1}, {1, 1, 1, 9, 9}, slices.Repeat([]float64{4}, 50)} {
		if got, err := ChangePoints(x, 0.05); err != nil || len(got) != 0 {
			t.Errorf("%v: %+v, %v", x, got, err)
		}
	}
}

func TestDrift(t *testing.T) {
	for _, c := range []struct {
		x      []float64
		rho, p float64
	}{
		{[]float64{1, 2, 3, 5, 4}, 0.9, 10. / 120}, // R: cor.test(1:5, c(1,2,3,5,4), method = "spearman")
		{[]float64{1, 2, 3}, 1, 2. / 6},
		{[]float64{3, 2, 1}, -1, 2. / 6},
		{[]float64{5, 5, 5, 5}, 0, 1},
		{[]float64{1, 2}, 0, 1},
		{nil, 0, 1},
		{[]float64{1, 2, math.NaN()}, 0, 1},
	} {
		if rho, p := Drift(c.x); math.Abs(rho-c.rho) > 1e-12 || math.Abs(p-c.p) > 1e-12 {
			t.Errorf("Drift(%v) = %v, %v; want %v, %v", c.x, rho, p, c.rho, c.p)
		}
	}
	// R's help(cor.test), Hollander and Wolfe, p. 187: rho = 0.6, S = 48, p-value = 0.0968.
	lightness := []float64{44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1}
	quality := []float64{2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8}
	byLightness := make([]float64, len(quality))
	for i, r := range doubleRanks(lightness) {
		byLightness[r/2-1] = quality[i]
	}
	if rho, p := Drift(byLightness); !near(rho, 0.6) || math.Abs(p-0.0968) > 5e-5 {
		t.Errorf("Drift(canned tuna) = %v, %v", rho, p)
	}
	const trials = 2000
	for _, n := range []int{10, 20, 60} {
		rng := rand.New(rand.NewPCG(63, uint64(n)))
		alarms, found := 0, 0
		for range trials {
			x := sample(rng, n, rng.ExpFloat64)
			if _, p := Drift(x); p <= 0.05 {
				alarms++
			}
			for i := range x {
				x[i] += 4 * float64(i) / float64(n)
			}
			if rho, p := Drift(x); p <= 0.05 && rho > 0 {
				found++
			}
		}
		within(t, "drift of noise", alarms, trials, 0.045, 0.055)
		within(t, "drift of 4 standard deviations", found, trials, 0.75, 1)
	}
}
