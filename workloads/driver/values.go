package driver

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/workloads/device"
)

// Knobs that a kernel's preset sets, and the values of the first.
const (
	KnobLRU       = "lru"
	KnobStripes   = "stripes"
	LRUAny        = "any"
	LRUShrinkable = "shrinkable"
)

// Param is a parameter with its value.
type Param struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Values are the parameters of one cell, in the order of the workload's knobs.
type Values []Param

// Has reports whether key is a knob.
func (v Values) Has(key string) bool {
	return slices.ContainsFunc(v, func(p Param) bool { return p.Key == key })
}

// Get returns the value of key. Asking for a key that is no knob is a bug.
func (v Values) Get(key string) string {
	for _, p := range v {
		if p.Key == key {
			return p.Value
		}
	}
	panic("driver: no parameter " + key)
}

// Int returns a value that CheckInt has passed.
func (v Values) Int(key string) int { return int(must(parseInt(v.Get(key)))) }

// Percent returns a value that CheckPercent has passed, as a fraction.
func (v Values) Percent(key string) float64 { return must(parsePercent(v.Get(key))) / 100 }

// Dist returns a value that CheckDist has passed.
func (v Values) Dist(key string) device.Dist { return must(device.ParseDist(v.Get(key))) }

// Duration returns a value that CheckDuration has passed.
func (v Values) Duration(key string) time.Duration { return must(time.ParseDuration(v.Get(key))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic("driver: unchecked parameter: " + err.Error())
	}
	return v
}

func parseInt(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func parsePercent(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 100) {
		return 0, errors.New("want a percentage from 0 to 100")
	}
	return f, nil
}

// CheckInt returns a check for whole numbers from lo to hi.
func CheckInt(lo, hi int64) func(string) error {
	return func(s string) error {
		n, err := parseInt(s)
		if err != nil || n < lo || n > hi {
			return fmt.Errorf("want a whole number from %d to %d", lo, hi)
		}
		return nil
	}
}

// CheckPercent checks percentages.
func CheckPercent(s string) error {
	_, err := parsePercent(s)
	return err
}

// CheckDist checks distributions of times.
func CheckDist(s string) error {
	_, err := device.ParseDist(s)
	return err
}

// CheckDuration checks times from 0 to an hour.
func CheckDuration(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > time.Hour {
		return errors.New("want a time from 0s to 1h, such as 250us")
	}
	return nil
}

// CheckOneOf returns a check for words.
func CheckOneOf(words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("want one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

// Sweep returns the combinations of parameter values that a workload is run
// with: those of its knobs, replaced by what is set. A key that is set but no
// knob of the workload is ignored here; see Plan.
func (wl *Workload) Sweep(set map[string][]string) ([]Values, error) {
	combos := []Values{nil}
	for _, k := range wl.Knobs {
		list := k.Sweep
		if given, ok := set[k.Key]; ok {
			list = given
		} else if len(list) == 0 {
			list = []string{k.Default}
		}
		var next []Values
		for _, c := range combos {
			for _, value := range list {
				if err := k.Check(value); err != nil {
					return nil, fmt.Errorf("%s: %s=%s: %w", wl.Name, k.Key, value, err)
				}
				next = append(next, append(slices.Clip(c), Param{k.Key, value}))
			}
		}
		combos = next
	}
	return combos, nil
}

// Shown returns the values that identify a cell: those that differ from the
// knob's default, or are swept, or are always worth showing.
func (wl *Workload) Shown(v Values, swept map[string]bool) []Param {
	var out []Param
	for i, k := range wl.Knobs {
		if swept[k.Key] || len(k.Sweep) > 0 || v[i].Value != k.Default {
			out = append(out, v[i])
		}
	}
	return out
}
