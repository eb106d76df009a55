// Package table is what is said of the measurements: rows with targets, what several processes found for each, and the
// verdicts.
package table

import (
	"fmt"
	"math"
	"slices"
)

// A Unit says what a row's value is.
type Unit uint8

const (
	Ratio Unit = iota // of times; the middle is that of the logarithms
	Nanos             // per operation
	Percent
	Bytes
	Count
)

var units = [...]string{Ratio: "ratio", Nanos: "ns/op", Percent: "percent", Bytes: "bytes", Count: "count"}

// MarshalText writes the name.
func (u Unit) MarshalText() ([]byte, error) { return []byte(units[u]), nil }

// UnmarshalText reads the name.
func (u *Unit) UnmarshalText(text []byte) error {
	i := slices.Index(units[:], string(text))
	if i < 0 {
		return fmt.Errorf("table: unknown unit %q", text)
	}
	*u = Unit(i)
	return nil
}

// A Target is between what a value must lie. A limit of 0 is none, and with neither the row is only shown, unless None
// is set: then the value must be 0; or Seen: then it must be more.
type Target struct {
	Min, Max   float64
	None, Seen bool
}

// String writes the target as the table has it.
func (t Target) String() string {
	switch {
	case t.None:
		return "0"
	case t.Seen:
		return "> 0"
	case t.Min != 0 && t.Max != 0:
		return fmt.Sprintf("%g–%g", t.Min, t.Max)
	case t.Min != 0:
		return fmt.Sprintf("≥ %g", t.Min)
	case t.Max != 0:
		return fmt.Sprintf("≤ %g", t.Max)
	}
	return ""
}

// IsSet reports whether there is a target.
func (t Target) IsSet() bool { return t != Target{} }

// A Row is one comparison, or one figure.
type Row struct {
	Cell    string // what was measured: load, size, workers
	Subject string
	Against string // empty: the value is the subject's own
	Unit    Unit
	Target  Target
}

// Key names the row: what -cell matches, and what processes know it by.
func (r Row) Key() string {
	if r.Against == "" {
		return r.Cell + " " + r.Subject
	}
	return r.Cell + " " + r.Subject + "/" + r.Against
}

// A Verdict is how a row stands to its target.
type Verdict uint8

const (
	Shown Verdict = iota // there is no target
	Met                  // the whole interval meets it
	Undecided
	Missed // no part of the interval does
)

var verdicts = [...]string{Shown: "", Met: "met", Undecided: "undecided", Missed: "missed"}

// String returns the word.
func (v Verdict) String() string { return verdicts[v] }

// MarshalText writes the word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word.
func (v *Verdict) UnmarshalText(text []byte) error {
	i := slices.Index(verdicts[:], string(text))
	if i < 0 {
		return fmt.Errorf("table: unknown verdict %q", text)
	}
	*v = Verdict(i)
	return nil
}

// judge holds an interval against a target.
func (t Target) judge(lo, hi float64) Verdict {
	least, most := t.Min, t.Max
	switch {
	case !t.IsSet():
		return Shown
	case t.Seen:
		least, most = math.SmallestNonzeroFloat64, hi
	case t.None:
		most = 0
	case most == 0:
		most = hi
	}
	switch {
	case lo > most || hi < least:
		return Missed
	case lo >= least && hi <= most:
		return Met
	}
	return Undecided
}
