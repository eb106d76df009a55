package hist

import (
	"errors"
	"fmt"
	"math"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
)

// hdrDigits gives the exported histogram 128 buckets per octave, two for each of ours, so it is never the coarser one.
const hdrDigits = 2

// ErrCoarse says that the buckets of an encoded histogram are wider than ours, so that its counts cannot be placed.
var ErrCoarse = errors.New("histogram is coarser than 2 digits of 1 ns")

// ToHdr returns the distribution as an HdrHistogram: one value at the exact minimum, one at the exact maximum, every other one
// at the middle of its bucket. Those above MaxValue lie just above it. What it cannot hold is the exact sum and what
// Under counts.
func (r *Recorder) ToHdr() *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, math.MaxInt64, hdrDigits)
	place := func(v int64, n uint64) {
		if err := h.RecordValues(v, int64(n)); err != nil {
			panic(fmt.Sprintf("hist: %d values of %d ns: %v", n, v, err))
		}
	}
	rest := *r
	for i, v := range []int64{r.Min(), r.Max()} {
		if r.Count() > uint64(i) {
			rest.counts[index(v)]--
			place(v, 1)
		}
	}
	for i, n := range rest.counts {
		if n > 0 {
			place(r.clamp(middle(i)), n)
		}
	}
	return h
}

// Encode returns ToHdr in the compressed V2 encoding of HdrHistogram, in base64.
func (r *Recorder) Encode() (string, error) {
	text, err := r.ToHdr().EncodeV2()
	if err != nil {
		return "", fmt.Errorf("hist: encode: %w", err)
	}
	return string(text), nil
}

// Decode reads what Encode wrote. All counts come back, and Encode of the result is the same text. Minimum and maximum come back
// within 1/128, rounded outwards; the sum within 1/128; Under is 0. It returns an error that wraps ErrCoarse for a histogram
// of another shape that does not fit into ours.
func Decode(text string) (*Recorder, error) {
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("hist: decode: %w", err)
	}
	if h.SignificantFigures() < hdrDigits || h.LowestTrackableValue() != 1 {
		return nil, fmt.Errorf("hist: decode: %d digits of %d ns: %w", h.SignificantFigures(), h.LowestTrackableValue(), ErrCoarse)
	}
	r := New()
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			r.addBar(bar)
		}
	}
	return r, nil
}

// addBar adds one bucket of an HdrHistogram.
func (r *Recorder) addBar(bar hdrhistogram.Bar) {
	n := uint64(bar.Count)
	r.counts[index(bar.From)] += n
	r.sum += uint64(bar.From+(bar.To-bar.From)/2) * n
	r.max = max(r.max, uint64(bar.To))
	r.notMin = max(r.notMin, ^uint64(bar.From))
}
