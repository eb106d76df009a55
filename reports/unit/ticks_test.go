package unit

import (
	"slices"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		at   []float64
		want []string
	}{
		{Nanos, []float64{90, 100, 110}, []string{"90 ns", "100 ns", "110 ns"}},
		{Nanos, []float64{1000, 1500, 2000}, []string{"1.0 µs", "1.5 µs", "2.0 µs"}},
		{Nanos, []float64{0.00125, 0.00126}, []string{"0.00125 ns", "0.00126 ns"}},
		{Nanos, []float64{10, 100, 1000, 1e4}, []string{"10 ns", "100 ns", "1 µs", "10 µs"}},
		{Nanos, []float64{0.1 + 0.2, 0.4}, []string{"0.3 ns", "0.4 ns"}},
		{Nanos, []float64{1e-12, 1e-6, 1}, []string{"1e-12 ns", "0.000001 ns", "1 ns"}},
		{Rate, []float64{0, 1e6, 2e6}, []string{"0", "1 M/s", "2 M/s"}},
		{Plain, []float64{-1, 0, 1}, []string{"−1", "0", "1"}},
		{Plain, []float64{1e20, 2e20}, []string{"1e+08 T", "2e+08 T"}},
		{Plain, []float64{0}, []string{"0"}},
		{Relative, []float64{0.95, 1, 1.05}, []string{"−5 %", "0", "+5 %"}},
		{Relative, []float64{0.995, 1}, []string{"−0.5 %", "0"}},
		{Relative, []float64{0.5, 1, 2, 5}, []string{"×0.5", "×1", "×2", "×5"}},
		{Relative, []float64{1.5}, []string{"+50 %"}},
		{Relative, []float64{0, 0.5, 1}, []string{"−100 %", "−50 %", "0"}},
		{Plain, nil, []string{}},
	} {
		if got := Ticks(c.at, c.kind); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.at, got, c.want)
		}
	}
}
