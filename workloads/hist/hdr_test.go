package hist

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

func TestAgreesWithHdr(t *testing.T) {
	for _, d := range distributions {
		t.Run(d.name, func(t *testing.T) {
			const n = 50_000
			r := New()
			reference := hdrhistogram.New(1, math.MaxInt64, 3)
			for _, v := range draw(t, r, n, d.draw) {
				if err := reference.RecordValue(v); err != nil {
					t.Fatal(err)
				}
			}
			exported := r.ToHdr()
			if exported.TotalCount() != n {
				t.Errorf("exported %d values, want %d", exported.TotalCount(), n)
			}
			for _, q := range quantiles[1:] {
				want := reference.ValueAtQuantile(q * 100)
				if got := r.Quantile(q); !within(got, want, 1.0/128+1.0/1000) {
					t.Errorf("quantile %v: %d, hdrhistogram says %d", q, got, want)
				}
				// The exported value is the middle of ours, and hdrhistogram answers with the upper end of its bucket.
				if got := exported.ValueAtQuantile(q * 100); !within(got, want, 2.0/128+1.0/1000) {
					t.Errorf("quantile %v: exported %d, hdrhistogram says %d", q, got, want)
				}
			}
			if !within(exported.Min(), r.Min(), 1.0/128) || !within(exported.Max(), r.Max(), 1.0/128) {
				t.Errorf("exported min %d max %d, want about %d %d", exported.Min(), exported.Max(), r.Min(), r.Max())
			}
		})
	}
}

// checkRoundTrip encodes r and decodes it again.
func checkRoundTrip(t *testing.T, r *Recorder) {
	t.Helper()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if back.counts != r.counts || back.Over() != r.Over() {
		t.Error("counts changed")
	}
	if !within(back.Min(), r.Min(), 1.0/128) || back.Min() > r.Min() || !within(back.Max(), r.Max(), 1.0/128) || back.Max() < r.Max() {
		t.Errorf("min %d max %d, want about %d %d, rounded outwards", back.Min(), back.Max(), r.Min(), r.Max())
	}
	if r.Over() == 0 && math.Abs(back.Mean()-r.Mean()) > r.Mean()/64 {
		t.Errorf("mean %v, want about %v", back.Mean(), r.Mean())
	}
	if again, err := back.Encode(); err != nil || again != text {
		t.Errorf("encoded again it differs, or %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Run("empty", func(t *testing.T) { checkRoundTrip(t, New()) })
	for _, d := range distributions {
		for _, n := range []int{1, 2, 3, 10_000} {
			t.Run(fmt.Sprintf("%s/%d", d.name, n), func(t *testing.T) {
				r := New()
				draw(t, r, n, d.draw)
				checkRoundTrip(t, r)
			})
		}
	}
	for _, over := range []int{1, 2, 5} {
		for _, below := range []int{0, 1, 100} {
			t.Run(fmt.Sprintf("over/%d/%d", over, below), func(t *testing.T) {
				r := New()
				g := rand.New(rand.NewPCG(3, 4))
				for range over {
					r.Record(MaxValue + 1 + g.Int64N(1<<50))
				}
				r.Record(math.MaxInt64)
				for range below {
					r.Record(g.Int64N(1000))
				}
				checkRoundTrip(t, r)
			})
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "AAAA", "no base64!", "HISTFAAAAA=="} {
		if _, err := Decode(text); err == nil {
			t.Errorf("%q was decoded", text)
		}
	}
	for _, h := range []*hdrhistogram.Histogram{hdrhistogram.New(1, 1e9, 1), hdrhistogram.New(1000, 1e9, 3)} {
		text, err := h.EncodeV2()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(string(text)); !errors.Is(err, ErrCoarse) {
			t.Errorf("%d digits of %d: %v", h.SignificantFigures(), h.LowestTrackableValue(), err)
		}
	}
}

func TestDecodeFiner(t *testing.T) {
	h := hdrhistogram.New(1, 1e9, 3)
	want := New()
	for v := int64(1); v < 1e9; v = v*5/4 + 1 {
		want.Record(v)
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	text, err := h.EncodeV2()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if got.counts != want.counts {
		t.Error("the counts of a finer histogram landed in other buckets")
	}
}

func FuzzDecode(f *testing.F) {
	r := New()
	for _, v := range []int64{0, 1, 1000, MaxValue, math.MaxInt64} {
		r.Record(v)
		text, err := r.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Decode(text)
		if err != nil {
			return
		}
		if n := r.Count(); n > 0 && (r.Min() > r.Max() || r.Quantile(0.5) < r.Min() || r.Quantile(0.5) > r.Max()) {
			t.Errorf("min %d, median %d, max %d", r.Min(), r.Quantile(0.5), r.Max())
		}
	})
}
