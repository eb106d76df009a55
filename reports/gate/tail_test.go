package gate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

// TestTailAlone plants a p99 that is 30 % longer and leaves the time per operation as it is: the clocks pass, the tail
// convicts, and the histograms differ by more than their interval.
func TestTailAlone(t *testing.T) {
	w := quiet(5)
	w.bias, w.latency, w.tail = 0.005, 20_000, 0.3
	r := gate(t, w.samples(), suiteOf(churn))
	c := cellOf(t, r, churn)
	if r.Verdict != Regressed || !strings.HasPrefix(c.Why, "p99 +") {
		t.Fatal(tell(r))
	}
	for _, m := range c.Measures {
		switch m.Name {
		case "cpu", "wall":
			if m.Verdict != Pass {
				t.Errorf("%s: %s", m.Name, m.Verdict)
			}
		case "p99":
			if m.Change.Lo > 1.3 || m.Change.Hi < 1.3 || m.Change.Hi > 1.4 || m.Unit != "p99-ns" || m.Base < 1500 || m.Base > 3000 {
				t.Errorf("p99: %+v; 1.3 was planted", m)
			}
		case "above base p99":
			if m.Role != Shown || m.Base < 0.008 || m.Base > 0.012 || m.Head < 1.5*m.Base || m.Change.Lo < 1.3 {
				t.Errorf("share above: %+v", m)
			}
		default:
			t.Errorf("a measure %q", m.Name)
		}
	}
	w.tail = 0
	if r := gate(t, w.samples(), suiteOf(churn)); r.Verdict != Pass {
		t.Errorf("the same without the tail: %s", tell(r))
	}
	shown := suiteOf(churn)
	shown.Cells[0].Tail.Role = Shown
	w.tail = 0.3
	if r := gate(t, w.samples(), shown); r.Verdict != Pass {
		t.Errorf("a tail that is only shown: %s", tell(r))
	}
}

// TestFewLatencies: of 900 latencies 9 lie beyond p99, which is one too few.
func TestFewLatencies(t *testing.T) {
	for n, want := range map[int]string{900: "a fork has 900 latencies, and p99 needs 1000", 1000: ""} {
		w := quiet(5)
		w.bias, w.latency = 0.005, n
		s := w.samples()
		r := gate(t, s, suiteOf(churn))
		c := cellOf(t, r, churn)
		if tail := c.Measures[2]; tail.Name != "p99" || tail.Why != want && want != "" || (want == "") != (tail.Change.N > 0) {
			t.Errorf("%d latencies: %+v", n, tail)
		}
		if want != "" && c.Verdict != Pass { // the tail convicts, so it need not be known
			t.Errorf("%d latencies: %s", n, tell(r))
		}
		suite := suiteOf(churn)
		suite.Cells[0].Tail.Role = Decides
		if r := gate(t, s, suite); want != "" && (r.Verdict != NoVerdict || !strings.Contains(r.Summary, want)) {
			t.Errorf("%d latencies, and the tail decides: %s", n, tell(r))
		}
	}
}

// TestQuantiles holds the interpolated quantiles against those of the values themselves.
func TestQuantiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 0))
	for _, scale := range []float64{30, 300, 40_000, 3e8} {
		h := hdrhistogram.New(1, math.MaxInt64, 2)
		var values []float64
		for range 20_000 {
			v := math.Floor(scale * math.Exp(rng.NormFloat64()/2))
			values = append(values, v)
			if err := h.RecordValue(int64(v)); err != nil {
				t.Fatal(err)
			}
		}
		l := newLatencies(h)
		for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
			below := 0.0
			at := l.quantile(q)
			for _, v := range values {
				if v < at {
					below++
				}
			}
			if share := below / float64(len(values)); math.Abs(share-q) > 0.02*q*(1-q)+1/scale+0.0005 {
				t.Errorf("scale %v: %.4f of the values lie below the quantile %v, %v", scale, share, q, at)
			}
			if got := 1 - l.above(at); math.Abs(got-q) > 1e-9 {
				t.Errorf("scale %v: above is not the inverse of quantile at %v: %v", scale, q, got)
			}
		}
	}
}

// TestQuantilesAreNotTied: what moves by a tenth of the width of a bar must move the quantile.
func TestQuantilesAreNotTied(t *testing.T) {
	quantile := func(shift float64) float64 {
		rng := rand.New(rand.NewPCG(7, 0))
		h := hdrhistogram.New(1, math.MaxInt64, 2)
		for range 50_000 {
			if err := h.RecordValue(int64(5000 * shift * math.Exp(rng.NormFloat64()/2))); err != nil {
				t.Fatal(err)
			}
		}
		return newLatencies(h).quantile(0.99)
	}
	if a, b := quantile(1), quantile(1.0008); !(b > a && b < 1.004*a) {
		t.Errorf("p99 %v and %v", a, b)
	}
}

func TestBrokenHistograms(t *testing.T) {
	good := quiet(1).latenciesFor(t, 100)
	empty, err := hdrhistogram.New(1, math.MaxInt64, 2).EncodeV2()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": string(empty), "half": good[:len(good)/2], "not base64": "!" + good, "something else": "aGVsbG8gd29ybGQ=",
	} {
		if _, err := decodeLatency(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if h, err := decodeLatency(good); err != nil || h.TotalCount() != 100 {
		t.Errorf("%v", err)
	}
}
