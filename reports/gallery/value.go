package gallery

import (
	"math"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/unit"
)

// value is a parameter's value as a number.
type value struct {
	of   float64 // ns for times, bytes for sizes
	kind unit.Kind
	size bool
	form string // of a distribution: "exp" of exp:100us. Values of two forms do not compare
}

// sizes are the factors that letters behind a number stand for, as those of the command line do: powers of 1024.
var sizes = map[string]float64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

// parseValue reads 50, 0.99, 64M, 20ms, fixed:50us. ok is false for anything else.
func parseValue(s string) (v value, ok bool) {
	if form, rest, found := strings.Cut(s, ":"); found {
		v.form, s = form, rest
	}
	s = strings.TrimSuffix(s, "%")
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		v.of = f
		return v, !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	if d, err := time.ParseDuration(s); err == nil {
		v.of, v.kind = float64(d.Nanoseconds()), unit.Nanos
		return v, true
	}
	bare := strings.TrimSuffix(strings.TrimSuffix(s, "B"), "i")
	if bare == "" {
		return v, false
	}
	factor, known := sizes[strings.ToUpper(bare[len(bare)-1:])]
	f, err := strconv.ParseFloat(bare[:len(bare)-1], 64)
	if !known || err != nil || math.IsNaN(f) || math.IsInf(f*factor, 0) {
		return v, false
	}
	v.of, v.size = f*factor, true
	return v, true
}
