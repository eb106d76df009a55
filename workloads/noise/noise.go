// Package noise looks for a second or so at what on this machine would disturb a measurement, and says what to do about
// it: time that a hypervisor took, other programs, a frequency that is not steady, late timers, a slow clock.
//
// It is not a benchmark, and what it finds holds for the second in which it looked. Package record says what the machine
// is; this says how it behaves.
//
// Measuring and judging are apart: Observe fills in a Sample, and Judge, which is pure, turns it into findings. What a
// machine does not tell has no finding.
package noise

import (
	"context"
	"fmt"
	"time"

	"daxbench/workloads/record"
)

// Verdict is how much a finding disturbs.
type Verdict uint8

// The verdicts, the worst last.
const (
	Good Verdict = iota // less than a gate would call a change
	Fair                // comparisons by turns stand it; runs one after the other do not
	Poor                // expect wrong answers from anything but comparisons by turns
)

// verdicts are their names in every format.
var verdicts = [...]string{Good: "good", Fair: "fair", Poor: "poor"}

// String returns the verdict in a word.
func (v Verdict) String() string { return verdicts[v] }

// MarshalText writes the verdict in a word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Finding is one thing that was looked at.
type Finding struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit,omitempty"` // of Value: "%", "CPUs", "ns"; "" for a number or a setting
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`             // what was seen, in words
	Advice  string  `json:"advice,omitempty"` // what to do about it; "" if it is good
}

// Report is what a check found.
type Report struct {
	Seconds  float64   `json:"seconds"` // that it looked
	Verdict  Verdict   `json:"verdict"` // the worst of the findings
	Summary  string    `json:"summary"`
	Findings []Finding `json:"findings"`
}

// DefaultTime is how long a check takes: time enough for a few hundred ticks of the kernel's accounting.
const DefaultTime = time.Second

// Check looks at this machine for about as long as d, and judges. Errors: the cause if ctx is done.
func Check(ctx context.Context, d time.Duration, e record.Environment) (Report, error) {
	s, err := newProbe().observe(ctx, d)
	if err != nil {
		return Report{}, err
	}
	s.Environment = e
	return Judge(&s), nil
}

// Judge turns what was observed into findings, in a fixed order.
func Judge(s *Sample) Report {
	r := Report{Seconds: s.Elapsed.Seconds()}
	var counts [len(verdicts)]int
	for _, look := range looks {
		f, ok := look(s)
		if !ok {
			continue
		}
		if f.Verdict == Good {
			f.Advice = ""
		}
		r.Findings = append(r.Findings, f)
		r.Verdict = max(r.Verdict, f.Verdict)
		counts[f.Verdict]++
	}
	r.Summary = summary(r.Verdict, counts)
	return r
}

// summary says what the findings come to.
func summary(worst Verdict, counts [len(verdicts)]int) string {
	switch worst {
	case Good:
		return "quiet: nothing that was looked at would disturb a measurement"
	case Fair:
		return fmt.Sprintf("%d of %d findings are only fair: compare by turns (daxbench gate, or policies within one run), and take more rounds",
			counts[Fair], counts[Good]+counts[Fair])
	}
	return fmt.Sprintf("noisy: %d of %d findings are poor. Compare by turns only (daxbench gate, or policies within one run); "+
		"figures of runs one after the other, or of a stored file, say little here", counts[Poor], counts[Good]+counts[Fair]+counts[Poor])
}
