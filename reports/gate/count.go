package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// Counters that the gate knows, as workloads name them.
const (
	countOps        = "ops"
	countViolations = "violations"
	countAllocs     = "allocs"     // objects, during a last slice of their own
	countAllocsOps  = "allocs_ops" // the operations of that slice
)

// work are counters that one worker with one seed always brings to the same numbers, unless it does other things.
var work = []string{countOps, "hits", "misses", "evictions", "freed", "reclaims", "refaults"}

// Allowance for allocations, per fork: they are counted for the whole process, and the runtime has its own. The head may
// have one more in a thousand operations, which package testing would print as 0 allocs/op, and further ones that do not
// grow with the operations: waking a worker, a timer. But of few operations those must not hide what each of them allocates:
// they may be one in two hundred, so from 1600 operations on there are eight.
const (
	freeAllocsPerOp = 0.001
	freeAllocs      = 8
	freeAllocsShare = 0.005
)

// mostForks is the share of forks that must have more allocations. Where so few are free that the runtime's own decide,
// either of two equal sides has more in less than half of the forks, and in 16 of 20 or more less than once in 160 times.
const mostForks = 0.8

// count judges the exact counts of the cell.
func (c *drawn) count(s *Sampled, forks []*Fork, d *Declared) {
	sleeps := s.Sleeps || sleptOften(s, forks)
	c.countViolations(forks)
	c.countAllocs(forks)
	for _, name := range d.Counts {
		c.countDeclared(name, forks, s.Workers == 1 && !sleeps)
	}
	if s.Workers == 1 && !sleeps && s.PlantedNow == 0 {
		c.countWork(forks, d)
	}
}

// undo leaves the cell without a verdict for the first such reason. It takes back no conviction.
func (c *drawn) undo(format string, args ...any) {
	if c.undone == "" {
		c.undone = fmt.Sprintf(format, args...)
	}
}

// sum adds a counter up over the forks; ok is false if a side of a fork does not have it.
func sum(forks []*Fork, name string) (base, head float64, ok bool) {
	for _, f := range forks {
		b, inBase := f.Base.Counters[name]
		h, inHead := f.Head.Counters[name]
		if !inBase || !inHead {
			return 0, 0, false
		}
		base, head = base+float64(b), head+float64(h)
	}
	return base, head, true
}

// lacks says that some side of some fork does not have a counter that another has.
func lacks(forks []*Fork, name string) bool {
	has := 0
	for _, f := range forks {
		for _, side := range f.sides() {
			if _, ok := side.Counters[name]; ok {
				has++
			}
		}
	}
	return has > 0 && has < 2*len(forks)
}

// countViolations finds each one guilty. That none was counted is only said where somebody looked; and if only one side
// looked, nothing is.
func (c *drawn) countViolations(forks []*Fork) {
	base, head, ok := sum(forks, countViolations)
	if !ok {
		for _, f := range forks {
			head += float64(f.Head.Counters[countViolations])
		}
		if lacks(forks, countViolations) {
			c.undo("not both sides of all forks looked for violations")
		}
		if head == 0 {
			return
		}
	}
	n := Count{Name: countViolations, Unit: countViolations, Base: base, Head: head}
	if head > 0 {
		n.Verdict, n.Why = Regressed, fmt.Sprintf("%.0f violations of storage safety in the head", head)
	}
	c.Counts = append(c.Counts, n)
}

// countAllocs compares allocations per operation: regressed if the head has more in most of the forks, and of those in six
// at least, so that what a run left undone does not convict by one of them.
func (c *drawn) countAllocs(forks []*Fork) {
	for _, name := range []string{countAllocs, countAllocsOps} {
		if lacks(forks, name) {
			c.undo("%q was not counted on both sides of all forks", name)
			return
		}
	}
	base, head, ok := sum(forks, countAllocs)
	if !ok {
		return
	}
	baseOps, headOps := 0.0, 0.0
	more, fewer := 0, 0
	for _, f := range forks {
		b, h := allocOps(&f.Base), allocOps(&f.Head)
		baseOps, headOps = baseOps+b, headOps+h
		if b == 0 || h == 0 {
			return
		}
		further := float64(f.Head.Counters[countAllocs]) - float64(f.Base.Counters[countAllocs])/b*h
		if free := freeAllocsPerOp*h + min(freeAllocs, freeAllocsShare*h); further > free {
			more++
		} else if -further > free {
			fewer++
		}
	}
	n := Count{Name: "allocations", Unit: "allocs/op", Base: base / baseOps, Head: head / headOps}
	switch most := max(stats.MinPairs, int(math.Ceil(mostForks*float64(len(forks))))); {
	case more >= most:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("allocations per operation rose from %.3g to %.3g", n.Base, n.Head)
	case fewer >= most:
		n.Verdict = Improved
	}
	c.Counts = append(c.Counts, n)
}

// allocOps is how many operations the allocations of a side were counted over.
func allocOps(s *Side) float64 {
	if n, ok := s.Counters[countAllocsOps]; ok {
		return float64(n)
	}
	return float64(s.Counters[countOps])
}

// countDeclared judges a count that the suite names. It can only be held to the number where the operations do not
// depend on time.
func (c *drawn) countDeclared(name string, forks []*Fork, exact bool) {
	base, head, ok := sum(forks, name)
	n := Count{Name: strings.ReplaceAll(name, "_", " "), Unit: name, Base: base, Head: head}
	switch {
	case !ok:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("%q was not counted on both sides of all forks", name)
	case !exact:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("%q is not exact here: it depends on time", name)
	case head > base:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("%s rose from %.0f to %.0f", n.Name, base, head)
	case head < base:
		n.Verdict = Improved
	}
	if n.Verdict == NoVerdict {
		c.undo("a declared count: %s", n.Why)
	}
	c.Counts = append(c.Counts, n)
}

// countWork says where the two sides did other things. Then their costs are not comparable: a head that evicts less may well
// be faster, and one that evicts more has not become slower.
func (c *drawn) countWork(forks []*Fork, d *Declared) {
	var other []string
	for _, name := range work {
		if slices.Contains(d.Counts, name) {
			continue
		}
		if lacks(forks, name) {
			other = append(other, name+" (not counted on both sides)")
			continue
		}
		if !slices.ContainsFunc(forks, func(f *Fork) bool { return f.Base.Counters[name] != f.Head.Counters[name] }) {
			continue
		}
		base, head, _ := sum(forks, name)
		c.Counts = append(c.Counts, Count{
			Name: name, Unit: name, Base: base, Head: head, Verdict: NoVerdict, Why: "the two sides do different work",
		})
		other = append(other, fmt.Sprintf("%s (%.0f and %.0f)", name, base, head))
	}
	if len(other) > 0 {
		c.undo("the two sides do different work: %s", unit.List(other))
	}
}
