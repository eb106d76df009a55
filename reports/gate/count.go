package gate

import (
	"fmt"
	"slices"
	"strings"
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
// grow with the operations: waking a worker, a timer.
const (
	freeAllocsPerOp = 0.001
	freeAllocs      = 8
)

// count judges the exact counts of the cell.
func (c *drawn) count(s *Sampled, forks []*Fork, d *Declared) {
	c.countViolations(forks)
	c.countAllocs(forks)
	for _, name := range d.Counts {
		c.countDeclared(name, s, forks)
	}
	if s.Workers == 1 && !s.Sleeps && s.PlantedNow == 0 {
		c.countWork(forks, d)
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

// countViolations finds each one guilty. That none was counted is only said where somebody looked.
func (c *drawn) countViolations(forks []*Fork) {
	base, head, ok := sum(forks, countViolations)
	if !ok {
		for _, f := range forks {
			head += float64(f.Head.Counters[countViolations])
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

// countAllocs compares allocations per operation: regressed if the head has more in most of the forks.
func (c *drawn) countAllocs(forks []*Fork) {
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
		if further > freeAllocsPerOp*h+freeAllocs {
			more++
		} else if -further > freeAllocsPerOp*h+freeAllocs {
			fewer++
		}
	}
	n := Count{Name: "allocations", Unit: "allocs/op", Base: base / baseOps, Head: head / headOps}
	switch half := len(forks) / 2; {
	case more > half:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("allocations per operation rose from %.3g to %.3g", n.Base, n.Head)
	case fewer > half:
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
func (c *drawn) countDeclared(name string, s *Sampled, forks []*Fork) {
	base, head, ok := sum(forks, name)
	n := Count{Name: strings.ReplaceAll(name, "_", " "), Unit: name, Base: base, Head: head}
	switch {
	case !ok:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("%q was not counted on both sides of all forks", name)
	case s.Workers != 1 || s.Sleeps:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("%q is not exact here: it depends on time", name)
	case head > base:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("%s rose from %.0f to %.0f", n.Name, base, head)
	case head < base:
		n.Verdict = Improved
	}
	if n.Verdict == NoVerdict && c.undone == "" {
		c.undone = "a declared count: " + n.Why
	}
	c.Counts = append(c.Counts, n)
}

// countWork says where the two sides did other things. If they did other numbers of operations, their costs per operation
// are not comparable, and there is no verdict; otherwise the reader is told.
func (c *drawn) countWork(forks []*Fork, d *Declared) {
	var other []string
	for _, name := range work {
		base, head, ok := sum(forks, name)
		if !ok || slices.Contains(d.Counts, name) {
			continue
		}
		same := !slices.ContainsFunc(forks, func(f *Fork) bool { return f.Base.Counters[name] != f.Head.Counters[name] })
		if same {
			continue
		}
		n := Count{Name: name, Unit: name, Base: base, Head: head, Verdict: NoVerdict, Why: "the two sides do different work"}
		c.Counts = append(c.Counts, n)
		other = append(other, fmt.Sprintf("%s (%.0f and %.0f)", name, base, head))
		if name == countOps && c.undone == "" {
			c.undone = fmt.Sprintf("%s: %.0f operations on the base, %.0f on the head", n.Why, base, head)
		}
	}
	if len(other) > 0 {
		c.Warnings = append(c.Warnings, "the two sides do different work: "+list(other))
	}
}
