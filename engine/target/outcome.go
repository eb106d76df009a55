package target

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Kind is how a scenario ended, from good to bad.
type Kind uint8

// The kinds. The order is that in which a matrix takes the worst of several.
const (
	NotApplicable Kind = iota // it could not be run here; Why says why
	Safe                      // nothing was broken and nobody waited
	Refused                   // a step was answered with an error that says no
	Parked                    // something was put aside until the pin is gone; nobody waited
	Blocked                   // somebody waited, until the pin was released
	Hung                      // somebody waits for ever, or for as long as somebody else likes
	Violated                  // an invariant of safety was broken
)

var kindNames = [...]string{"not applicable", "safe", "refused", "parked", "blocked", "hung", "violation"}

// String returns the kind as a word.
func (k Kind) String() string { return kindNames[k] }

// MarshalText makes JSON say the word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is no outcome; they are %s", text, strings.Join(kindNames[:], ", "))
	}
	*k = Kind(i)
	return nil
}

// An Outcome is what became of a scenario under one policy.
type Outcome struct {
	Kind   Kind          `json:"kind"`
	Broken string        `json:"broken,omitempty"` // letters of the invariants that were broken, in order
	For    time.Duration `json:"for_ns,omitempty"` // of Blocked and Hung: how long the longest wait was
	Why    string        `json:"why,omitempty"`    // one sentence: the first thing that made it this kind

	Findings []Finding `json:"findings,omitempty"`
}

// Properties that make an outcome a violation although they have no letter.
const (
	Unplugged = "P1u"   // the memory is taken away under a pin
	Crashed   = "crash" // a part of the kernel came to its end in the middle of something; only real ones do
)

// Safety are the invariants whose breach is a violation, whoever waits. The
// others are about waits, which have kinds of their own.
const Safety = "UAX"

// Breaks adds findings to o.
func (o *Outcome) Breaks(list ...Finding) {
	o.Findings = append(o.Findings, list...)
	for _, f := range list {
		o.Broken = Union(o.Broken, f.Invariants)
		if k := f.kind(); k > o.Kind {
			o.Kind, o.Why = k, f.Text
		}
	}
}

// kind returns the kind that a finding by itself makes an outcome. What is
// about waits alone makes none: the waits do.
func (f Finding) kind() Kind {
	switch {
	case strings.ContainsAny(f.Invariants, Safety), f.IsComplaint(), f.Property == "P5", f.Property == Unplugged, f.Property == Crashed:
		return Violated
	case strings.Contains(f.Invariants, "L"), f.Property == "P7":
		return Parked
	}
	return NotApplicable
}

// Alike reports whether f and g say the same, whenever.
func (f Finding) Alike(g Finding) bool {
	return f.Invariants == g.Invariants && f.Property == g.Property && f.Text == g.Text
}

// Has reports whether a finding is of a property.
func (o *Outcome) Has(property string) bool {
	return slices.ContainsFunc(o.Findings, func(f Finding) bool { return f.Property == property })
}

// IsComplaint reports whether f is about the scenario and not about what it
// probes: a step failed, or an expectation was not met.
func (f Finding) IsComplaint() bool { return f.Invariants == "" && f.Property == "" }

// Complaints are the texts of the findings that are complaints.
func (o *Outcome) Complaints() (list []string) {
	for _, f := range o.Findings {
		if f.IsComplaint() {
			list = append(list, f.Text)
		}
	}
	return list
}

// Worst returns the worse of two outcomes of one scenario, with what both broke.
func (o Outcome) Worst(p Outcome) Outcome {
	if p.Kind > o.Kind || p.Kind == o.Kind && (p.For > o.For || o.Why == "") {
		o, p = p, o
	}
	o.Broken = Union(o.Broken, p.Broken)
	for _, f := range p.Findings {
		if !slices.ContainsFunc(o.Findings, f.Alike) {
			o.Findings = append(o.Findings, f)
		}
	}
	return o
}

// Union returns the letters of both, in the order of Invariants.
func Union(a, b string) string {
	var both strings.Builder
	for _, r := range Invariants {
		if strings.ContainsRune(a, r) || strings.ContainsRune(b, r) {
			both.WriteRune(r)
		}
	}
	return both.String()
}

// String returns the outcome in a few words.
func (o Outcome) String() string {
	s := o.Kind.String()
	switch o.Kind {
	case Blocked:
		s = fmt.Sprintf("blocked for %v", o.For)
	case Hung:
		s = "hung"
	case Violated:
		s = "violation"
	}
	if o.Broken != "" {
		s += " (" + o.Broken + ")"
	}
	return s
}
