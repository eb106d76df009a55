package device

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestParseDist(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"fixed:0s", "fixed:0s"},
		{"fixed:100us", "fixed:100us"},
		{"fixed:100µs", "fixed:100us"},
		{"fixed:10s", "fixed:10s"},
		{"exp:1.5ms", "exp:1.5ms"},
		{"exp:1ns", "exp:1ns"},
		{"uniform:50us-150us", "uniform:50us-150us"},
		{"uniform:0s-0s", "uniform:0s-0s"},
		{"pareto:100us/1.5", "pareto:100us^1.5"},
		{"pareto:100us^1.5", "pareto:100us^1.5"},
		{"pareto:10s/100", "pareto:10s^100"},
	} {
		d, err := ParseDist(c.text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if d.String() != c.want {
			t.Errorf("%q reads as %q, want %q", c.text, d, c.want)
		}
		again, err := ParseDist(d.String())
		if err != nil || again != d {
			t.Errorf("%q does not round-trip: %v, %v", c.text, again, err)
		}
		var read Dist
		if err := read.UnmarshalText([]byte(c.text)); err != nil || read != d {
			t.Errorf("UnmarshalText(%q) = %v, %v", c.text, read, err)
		}
	}
	if got := (Dist{}).String(); got != "fixed:0s" {
		t.Errorf("the zero value is %q", got)
	}
}

func TestParseDistRefuses(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"", "no colon"},
		{"fixed", "no colon"},
		{"poisson:1ms", `"poisson"`},
		{"fixed:", "not a time"},
		{"fixed:100", "not a time"},
		{"fixed:fast", "not a time"},
		{"fixed:-1us", "below 0"},
		{"fixed:11s", "above 10s"},
		{"fixed:9999999h", "not a time"},
		{"exp:0s", "not above 0"},
		{"exp:-1us", "not above 0"},
		{"exp:1h", "above 10s"},
		{"uniform:5us", "no range"},
		{"uniform:10us-5us", "is above 5us"},
		{"uniform:-5us-5us", "not a time"},
		{"uniform:5us-11s", "above 10s"},
		{"pareto:100us", "no MINIMUM/SHAPE"},
		{"pareto:0s/1", "not above 0"},
		{"pareto:100us/0", "shape"},
		{"pareto:100us/-1", "shape"},
		{"pareto:100us/NaN", "shape"},
		{"pareto:100us/Inf", "shape"},
		{"pareto:100us/101", "shape"},
		{"pareto:100us/x", "shape"},
	} {
		d, err := ParseDist(c.text)
		if !errors.Is(err, ErrDist) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if d != (Dist{}) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v and %q, want nothing and %q", c.text, d, err, c.says)
		}
	}
}

// TestDraw compares the mean of many draws with that of the distribution, and the extremes with its bounds.
func TestDraw(t *testing.T) {
	const n = 200_000
	us := float64(time.Microsecond)
	// Pareto with minimum m, shape a, cut at h: mean = a×m^a/(1-(m/h)^a) × (m^(1-a)-h^(1-a))/(a-1).
	paretoMean := 1.5 * math.Pow(100, 1.5) / (1 - math.Pow(1e-3, 1.5)) * (math.Pow(100, -0.5) - math.Pow(1e5, -0.5)) / 0.5
	for _, c := range []struct {
		text      string
		mean      float64 // µs
		tolerance float64 // share of the mean
		low, high time.Duration
	}{
		{"fixed:100us", 100, 0, 100 * time.Microsecond, 100 * time.Microsecond},
		{"exp:100us", 100, 0.02, 0, MaxDelay},
		{"exp:10s", 1e7 * (1 - 1/math.E), 0.02, 0, MaxDelay},
		{"uniform:50us-150us", 100, 0.01, 50 * time.Microsecond, 150 * time.Microsecond},
		{"pareto:100us/1.5", paretoMean, 0.05, 100 * time.Microsecond, 100 * time.Millisecond},
		{"pareto:1us/100", 1.0101, 0.01, time.Microsecond, time.Millisecond},
		{"pareto:10s/0.5", 1e7, 0, MaxDelay, MaxDelay},
	} {
		d, err := ParseDist(c.text)
		if err != nil {
			t.Fatal(err)
		}
		g, same := rand.New(rand.NewPCG(7, 8)), rand.New(rand.NewPCG(7, 8))
		sum := 0.0
		for range n {
			v := d.Draw(g)
			if v < c.low || v > c.high {
				t.Fatalf("%s: drew %v", c.text, v)
			}
			if w := d.Draw(same); v != w {
				t.Fatalf("%s: drew %v and %v from the same state", c.text, v, w)
			}
			sum += float64(v) / us
		}
		if mean := sum / n; math.Abs(mean-c.mean) > c.tolerance*c.mean+1e-6*c.mean {
			t.Errorf("%s: mean %.2f µs, want %.2f", c.text, mean, c.mean)
		}
		if a := testing.AllocsPerRun(100, func() { d.Draw(g) }); a != 0 {
			t.Errorf("%s: %v allocations", c.text, a)
		}
	}
}

func FuzzParseDist(f *testing.F) {
	for _, text := range []string{"fixed:100us", "exp:1ms", "uniform:50us-150us", "pareto:100us/1.5", "pareto:1ns^0.01", "fixed:-1s", ":", "uniform:-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDist(text)
		if err != nil {
			return
		}
		if again, err := ParseDist(d.String()); err != nil || again != d {
			t.Errorf("%q became %q, which reads as %v, %v", text, d, again, err)
		}
		if strings.ContainsAny(d.String(), "/ ") {
			t.Errorf("%q cannot stand in the name of a benchmark", d)
		}
		g := rand.New(rand.NewPCG(1, 1))
		for range 100 {
			if v := d.Draw(g); v < 0 || v > MaxDelay {
				t.Errorf("%q drew %v", text, v)
			}
		}
	})
}
