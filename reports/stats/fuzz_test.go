package stats

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
)

// floats reads eight bytes a value, any bits at all: NaNs, infinities, denormals.
func floats(data []byte) []float64 {
	x := make([]float64, len(data)/8)
	for i := range x {
		x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
	}
	return x
}

func bytesOf(x ...float64) []byte {
	var data []byte
	for _, v := range x {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

// sound fails the test unless the estimate is one, in order and finite, or the error is one of those promised.
func sound(t *testing.T, what string, e Estimate, err error) {
	t.Helper()
	if err != nil {
		promised(t, what, err)
		if e != (Estimate{}) {
			t.Errorf("%s: %+v beside %v", what, e, err)
		}
		return
	}
	if !(e.Lo <= e.Value && e.Value <= e.Hi) || math.IsInf(e.Lo, 0) || math.IsInf(e.Hi, 0) || e.N < 1 ||
		!(e.Confidence >= 0 && e.Confidence <= 1) {
		t.Errorf("%s: %+v", what, e)
	}
}

func promised(t *testing.T, what string, err error) {
	t.Helper()
	for _, known := range []error{ErrEmpty, ErrUnpaired, ErrValue, ErrFew} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("%s: %v", what, err)
}

// fair fails the test unless the p-values are probabilities.
func fair(t *testing.T, what string, test Test, err error) {
	t.Helper()
	if err != nil {
		promised(t, what, err)
		return
	}
	for _, p := range []float64{test.P, test.Greater, test.Less} {
		if !(p >= 0 && p <= 1) {
			t.Errorf("%s: %+v", what, test)
		}
	}
}

// FuzzSample: whatever the values, every function of one sample ends with a sound answer or a promised error, and
// leaves them alone.
func FuzzSample(f *testing.F) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, x := range [][]float64{
		nil, {0}, {nan}, {1, inf}, {1, 2, 3, 4, 5, 6}, slices.Repeat([]float64{7}, 20), nile[:40],
		{math.MaxFloat64, -math.MaxFloat64, 0, 5e-324, -5e-324, 1, 1, 1, 2, 3, 4, -math.MaxFloat64},
		{0, 5e-324, 5e-324, 5e-324, 5e-324, 5e-324, 1e-323, 0, 0, 0, 0}, {math.Copysign(0, -1), 0, 1, -1, 0, 0},
	} {
		f.Add(bytesOf(x...))
	}
	plan, err := NewLooks(0.1, 8, 12)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x := floats(data[:min(len(data), 8*100)])
		before := bytesOf(x...)
		e, err := Median(x)
		sound(t, "Median", e, err)
		e, err = HodgesLehmann(x, Level)
		sound(t, "HodgesLehmann", e, err)
		e, err = BlockBootstrap(x, Level, Resampling{Draws: 20})
		sound(t, "BlockBootstrap", e, err)
		test, err := SignedRank(x)
		fair(t, "SignedRank", test, err)
		if _, test, significant, err := plan.Decide(x); err != nil {
			promised(t, "Decide", err)
		} else if fair(t, "Decide", test, nil); significant && test.P > 0.1 {
			t.Errorf("Decide: significant at %v", test.P)
		}
		if effect, err := MinimalEffect(x, 0.1, 0.9, 8); err != nil {
			promised(t, "MinimalEffect", err)
		} else if !(effect >= 0) || math.IsInf(effect, 1) {
			t.Errorf("MinimalEffect: %v", effect)
		}
		changes, err := ChangePoints(x[:min(len(x), 20)], 0.05)
		if err != nil {
			promised(t, "ChangePoints", err)
		}
		for i, c := range changes {
			if c.At < shortestSegment || c.At > len(x)-shortestSegment || i > 0 && c.At <= changes[i-1].At || !(c.P <= 0.05) {
				t.Errorf("ChangePoints: %+v", changes)
			}
		}
		if block := AutoBlock(x); block < 1 || block > max(1, len(x)) {
			t.Errorf("AutoBlock: %d", block)
		}
		if rho, p := Drift(x[:min(len(x), 30)]); !(rho >= -1 && rho <= 1 && p >= 0 && p <= 1) {
			t.Errorf("Drift: %v, %v", rho, p)
		}
		if Bimodal(x) && finite(x) != nil {
			t.Error("Bimodal in spite of a NaN or an infinity")
		}
		for _, adjusted := range append(Holm(x), BenjaminiHochberg(x)...) {
			if !(adjusted >= 0 && adjusted <= 1) {
				t.Errorf("an adjusted p of %v", adjusted)
			}
		}
		if !slices.Equal(bytesOf(x...), before) {
			t.Error("the argument changed")
		}
	})
}

// FuzzSamples is the same for two.
func FuzzSamples(f *testing.F) {
	f.Add(bytesOf(1, 2, 3, 4), 2, 0.95)
	f.Add(bytesOf(permeability[0]...), 5, 0.9)
	f.Add(bytesOf(math.MaxFloat64, -math.MaxFloat64), 1, 0.95)
	f.Add(bytesOf(5e-324, math.MaxFloat64, math.NaN(), 1, 0, -1), 3, math.NaN())
	f.Add(slices.Repeat(bytesOf(4), 90), 45, 1.0)
	f.Fuzz(func(t *testing.T, data []byte, n int, level float64) {
		all := floats(data[:min(len(data), 8*120)])
		n = max(0, min(n, len(all)))
		x, y := all[:n], all[n:]
		test, err := RankSum(x, y)
		fair(t, "RankSum", test, err)
		e, err := Shift(x, y, level)
		sound(t, "Shift", e, err)
		e, err = PairedRatio(x, y)
		sound(t, "PairedRatio", e, err)
		if log, used, err := ChunkRatio(x, y); err != nil {
			promised(t, "ChunkRatio", err)
		} else if math.IsNaN(log) || math.IsInf(log, 0) || used < 1 || used > n {
			t.Errorf("ChunkRatio: %v of %d", log, used)
		}
		var cells []Estimate
		for _, v := range all {
			cells = append(cells, Estimate{Value: v, N: 1})
		}
		e, err = GeoMean(cells, level)
		sound(t, "GeoMean", e, err)
		if lo, hi := Proportion(n, len(all), level); !(lo >= 0 && lo <= hi && hi <= 1) {
			t.Errorf("Proportion(%d, %d, %v) = %v, %v", n, len(all), level, lo, hi)
		}
	})
}
