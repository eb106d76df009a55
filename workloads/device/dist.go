package device

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxDelay bounds every service time that a Dist draws.
	MaxDelay = 10 * time.Second
	// ParetoSpan bounds the tail of a Pareto distribution: no draw is above ParetoSpan times the minimum.
	ParetoSpan = 1000
	// maxShape bounds the shape of a Pareto distribution; beyond it all draws are the minimum.
	maxShape = 100
)

// ErrDist is what every error of ParseDist wraps.
var ErrDist = errors.New("want fixed:100us, exp:100us, uniform:50us-150us or pareto:100us/1.5")

// kind is the family of a Dist.
type kind uint8

const (
	fixed kind = iota
	exponential
	uniform
	pareto
)

// kinds holds the name of each kind.
var kinds = [...]string{fixed: "fixed", exponential: "exp", uniform: "uniform", pareto: "pareto"}

// Dist is a distribution of service times. The zero value is always 0. Comparable.
type Dist struct {
	kind kind
	// low is the value of a fixed one, the mean of an exponential one, the minimum of the others.
	low time.Duration
	// high is the largest draw.
	high time.Duration
	// shape is that of a Pareto distribution, and cut the share of its unbounded form below high.
	shape, cut float64
}

// ParseDist reads a distribution:
//
//	fixed:100us         always 100 µs
//	exp:100us           exponential with mean 100 µs, cut at MaxDelay
//	uniform:50us-150us  uniform, both ends included
//	pareto:100us/1.5    Pareto with minimum 100 µs and shape 1.5, conditioned on at most ParetoSpan times the minimum,
//	                    and at most MaxDelay; also written 100us^1.5, as a benchmark name may not hold a slash
//
// No time may be below 0 or above MaxDelay; mean and Pareto minimum are above 0. Errors wrap ErrDist.
func ParseDist(text string) (Dist, error) {
	d, err := parseDist(text)
	if err != nil {
		return Dist{}, fmt.Errorf("distribution %q: %w; %w", text, err, ErrDist)
	}
	return d, nil
}

// parseDist is ParseDist without the context of its errors.
func parseDist(text string) (Dist, error) {
	family, rest, found := strings.Cut(text, ":")
	if !found {
		return Dist{}, errors.New("no colon")
	}
	switch family {
	case kinds[fixed]:
		t, err := parseTime(rest, 0)
		return Dist{kind: fixed, low: t, high: t}, err
	case kinds[exponential]:
		mean, err := parseTime(rest, 1)
		return Dist{kind: exponential, low: mean, high: MaxDelay}, err
	case kinds[uniform]:
		return parseUniform(rest)
	case kinds[pareto]:
		return parsePareto(rest)
	}
	return Dist{}, fmt.Errorf("no distribution is called %q", family)
}

// parseUniform reads LOW-HIGH.
func parseUniform(text string) (Dist, error) {
	from, to, found := strings.Cut(text, "-")
	if !found {
		return Dist{}, errors.New("no range LOW-HIGH")
	}
	low, err := parseTime(from, 0)
	if err != nil {
		return Dist{}, err
	}
	high, err := parseTime(to, 0)
	if err != nil {
		return Dist{}, err
	}
	if low > high {
		return Dist{}, fmt.Errorf("%s is above %s", from, to)
	}
	return Dist{kind: uniform, low: low, high: high}, nil
}

// parsePareto reads MINIMUM/SHAPE or MINIMUM^SHAPE.
func parsePareto(text string) (Dist, error) {
	at := strings.IndexAny(text, "/^")
	if at < 0 {
		return Dist{}, errors.New("no MINIMUM/SHAPE")
	}
	low, err := parseTime(text[:at], 1)
	if err != nil {
		return Dist{}, err
	}
	shape, err := strconv.ParseFloat(text[at+1:], 64)
	if err != nil || !(shape >= 1.0/maxShape && shape <= maxShape) {
		return Dist{}, fmt.Errorf("shape %q is not a number from %v to %v", text[at+1:], 1.0/maxShape, maxShape)
	}
	high := min(low*ParetoSpan, MaxDelay)
	cut := 1 - math.Pow(float64(low)/float64(high), shape)
	return Dist{kind: pareto, low: low, high: high, shape: shape, cut: cut}, nil
}

// parseTime reads a duration that is not below lowest nor above MaxDelay.
func parseTime(text string, lowest time.Duration) (time.Duration, error) {
	t, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a time such as 100us or 2ms", text)
	case t < lowest && lowest > 0:
		return 0, fmt.Errorf("%s is not above 0", text)
	case t < lowest:
		return 0, fmt.Errorf("%s is below 0", text)
	case t > MaxDelay:
		return 0, fmt.Errorf("%s is above %v", text, MaxDelay)
	}
	return t, nil
}

// String returns what ParseDist reads as the same distribution, in ASCII and without a slash.
func (d Dist) String() string {
	text := kinds[d.kind] + ":" + formatTime(d.low)
	switch d.kind {
	case uniform:
		return text + "-" + formatTime(d.high)
	case pareto:
		return text + "^" + strconv.FormatFloat(d.shape, 'g', -1, 64)
	}
	return text
}

// formatTime writes a duration in ASCII.
func formatTime(t time.Duration) string { return strings.Replace(t.String(), "µ", "u", 1) }

// MarshalText writes String.
func (d Dist) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDist.
func (d *Dist) UnmarshalText(text []byte) error {
	parsed, err := ParseDist(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Draw returns the next service time, 0 to MaxDelay. The same state of g gives the same time. It allocates nothing.
func (d Dist) Draw(g *rand.Rand) time.Duration {
	switch d.kind {
	case exponential:
		return min(time.Duration(g.ExpFloat64()*float64(d.low)), d.high)
	case uniform:
		return d.low + time.Duration(g.Int64N(int64(d.high-d.low)+1))
	case pareto:
		t := float64(d.low) * math.Pow(1-g.Float64()*d.cut, -1/d.shape)
		return min(max(time.Duration(t), d.low), d.high)
	}
	return d.low
}
