package unit

import (
	"slices"
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		v    float64
		kind Kind
		want string
	}{
		{61.23, Nanos, "61.2 ns"}, {0.149, Nanos, "0.15 ns"}, {999.4, Nanos, "999 ns"}, {999.6, Nanos, "1.00 µs"},
		{9.996e3, Nanos, "10.0 µs"}, {12e6, Nanos, "12.0 ms"}, {3.5e9, Nanos, "3.50 s"}, {7200e9, Nanos, "7,200 s"},
		{0, Nanos, "0 ns"}, {1.2e6, Rate, "1.20 M/s"}, {834, Rate, "834 /s"}, {5.5e4, Rate, "55.0 k/s"}, {12, Plain, "12.0"},
		{-12e6, Nanos, "−12.0 ms"},
	} {
		if got := Format(c.v, c.kind); got != c.want {
			t.Errorf("Format(%v, %v) = %q, want %q", c.v, c.kind, got, c.want)
		}
	}
}

func TestColumn(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{52.14, 8.21e3}, []string{"52 ns", "8,210 ns"}},
		{[]float64{52.14, 53.7, 82.66}, []string{"52.1 ns", "53.7 ns", "82.7 ns"}},
		{[]float64{120, 8.2e3, 0}, []string{"120 ns", "8,200 ns", "0"}},
		{[]float64{3e3, 12e6, -1}, []string{"3.00 µs", "12.0 ms", ""}},
		{[]float64{481, 24768}, []string{"481 ns", "24.8 µs"}},
		{[]float64{1.23, 99.2}, []string{"1.23 ns", "99.20 ns"}},
		{nil, []string{}},
		{[]float64{-1, 0}, []string{"", "0"}},
	} {
		if got := Column(c.values, Nanos); !slices.Equal(got, c.want) {
			t.Errorf("Column(%v) = %q, want %q", c.values, got, c.want)
		}
	}
}

func TestRatio(t *testing.T) {
	for _, c := range []struct {
		r    float64
		want string
	}{
		{1.58, "+58 %"}, {1.0213, "+2.1 %"}, {0.97, "−3.0 %"}, {1, "0.0 %"}, {1.00001, "0.0 %"}, {0.1, "−90 %"},
		{2, "×2.00"}, {5.6, "×5.60"}, {4000, "×4,000"}, {1.0996, "+10 %"}, {1.99, "+99 %"},
		{0.00025, "×0.00025"}, {0.099, "×0.099"},
	} {
		if got := Ratio(c.r); got != c.want {
			t.Errorf("Ratio(%v) = %q, want %q", c.r, got, c.want)
		}
	}
	if lo, hi := Interval(1.58, 1.55, 1.62); lo != "+55" || hi != "+62" {
		t.Errorf("Interval = %q, %q", lo, hi)
	}
	if lo, hi := Interval(5.6, 0.9, 12.3); lo != "0.90" || hi != "12.3" {
		t.Errorf("Interval = %q, %q", lo, hi)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 12: "12", 1234: "1,234", 999999: "999,999", 1209999: "1.20 M", 1e6: "1.00 M", 31e9: "31.0 G"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit   string
		kind   Kind
		phrase string
	}{
		{"ns/op", Nanos, "per operation"}, {"ns/evict", Nanos, "per eviction"}, {"p99.9-ns", Nanos, ""},
		{"blocked-ns/op", Nanos, "per operation"}, {"ops/s", Rate, ""}, {"violations", Plain, ""}, {"ns/lookup", Nanos, "per lookup"},
	} {
		if Of(c.unit) != c.kind || Phrase(c.unit) != c.phrase {
			t.Errorf("%s: %v %q, want %v %q", c.unit, Of(c.unit), Phrase(c.unit), c.kind, c.phrase)
		}
	}
}

func TestElapsed(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 59600 * time.Millisecond: "1 min 0 s",
		118 * time.Second: "1 min 58 s", 3661 * time.Second: "1 h 1 min",
	} {
		if got := Elapsed(d); got != want {
			t.Errorf("Elapsed(%v) = %q, want %q", d, got, want)
		}
	}
}
