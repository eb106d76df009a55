package folder

import (
	"slices"
	"strings"
)

// Param is one parameter of a workload, or one configuration line of results.txt.
type Param struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Key tells cells apart: what was run, with which parameters, under which policy.
type Key struct {
	Workload string
	Params   []Param // in the order in which the workload declares them
	Policy   string
}

// Group is the key without the policy, as text: "evict-storm dax=50 workers=2". Cells of one group compare.
func (k Key) Group() string {
	var b strings.Builder
	b.WriteString(k.Workload)
	for _, p := range k.Params {
		b.WriteString(" " + p.Key + "=" + p.Value)
	}
	return b.String()
}

// Index finds the cells of a run by their keys.
type Index map[string]*Cell

// Index returns the index of the cells that the run has now.
func (r *Run) Index() Index {
	x := make(Index, len(r.Cells))
	for _, c := range r.Cells {
		x[c.Key.text()] = c
	}
	return x
}

// Of returns the cell with a key, or nil.
func (x Index) Of(k Key) *Cell { return x[k.text()] }

// text is the whole key as text.
func (k Key) text() string { return k.Group() + "\x00" + k.Policy }

// Value returns the value of a parameter, "" if the key has none.
func (k Key) Value(param string) string {
	for _, p := range k.Params {
		if p.Key == param {
			return p.Value
		}
	}
	return ""
}

// Without takes a parameter out of all cells and the plan, so that they can be held against those of runs with another value
// of it. Plan.Taken keeps its value. All cells of the run must have one value, or none: otherwise several would be called the same.
func (r *Run) Without(param string) {
	isIt := func(p Param) bool { return p.Key == param }
	if len(r.Cells) > 0 {
		r.Manifest.Plan.Taken = append(r.Manifest.Plan.Taken, Param{param, r.Cells[0].Value(param)})
	}
	for _, c := range r.Cells {
		c.Name = strings.ReplaceAll(c.Name+"/", "/"+param+"="+c.Value(param)+"/", "/")
		c.Name = strings.TrimSuffix(c.Name, "/")
		c.Params = slices.DeleteFunc(slices.Clone(c.Params), isIt)
	}
	for i := range r.Manifest.Plan.Groups {
		g := &r.Manifest.Plan.Groups[i]
		g.Params = slices.DeleteFunc(slices.Clone(g.Params), isIt)
	}
}

// name is the key as it stands in results.txt, without "Benchmark" before it and GOMAXPROCS after it.
func (k Key) name() string {
	var b strings.Builder
	b.WriteString(camel(k.Workload))
	for _, p := range k.Params {
		b.WriteString("/" + p.Key + "=" + p.Value)
	}
	if k.Policy != "" {
		b.WriteString("/policy=" + k.Policy)
	}
	return b.String()
}

// Cell is one workload with one set of parameters under one policy, in all rounds.
type Cell struct {
	Key
	Name   string  // as run.json names it, or as results.txt does without "Benchmark" and GOMAXPROCS
	Rounds []Round // ascending by Number; rounds in which the cell did not run are absent
}

// Round is one run of a cell, on a fresh engine.
type Round struct {
	Number   int              // from 1
	Ops      uint64           // operations; 0 if results.txt has no line for the round
	Values   Values           // a metric that is zero is absent
	Outcome  string           // "ok", "hung", "violation", "failed"; empty if run.json does not hold the round
	Counters map[string]int64 // from run.json; unlike in Values, a zero may be present and means that it was looked at
	Notes    []string         // from run.json
	Record   *Record          // of run.json; nil if it does not hold the round
}

// Series returns the values of one unit in round order, and the rounds that they belong to. Rounds without a value are
// left out of both.
func (c *Cell) Series(unit string) (rounds []int, values []float64) {
	for _, r := range c.Rounds {
		if v, ok := r.Values.Get(unit); ok {
			rounds = append(rounds, r.Number)
			values = append(values, v)
		}
	}
	return rounds, values
}

// Measured is how many rounds have any figure.
func (c *Cell) Measured() (n int) {
	for i := range c.Rounds {
		if c.Rounds[i].Values.Any() {
			n++
		}
	}
	return n
}

// Pairs returns the values of one unit of two cells in the rounds in which both have one.
func Pairs(a, b *Cell, unit string) (as, bs []float64) {
	for _, ra := range a.Rounds {
		va, ok := ra.Values.Get(unit)
		if !ok {
			continue
		}
		i, ok := slices.BinarySearchFunc(b.Rounds, ra.Number, func(r Round, n int) int { return r.Number - n })
		if !ok {
			continue
		}
		if vb, ok := b.Rounds[i].Values.Get(unit); ok {
			as, bs = append(as, va), append(bs, vb)
		}
	}
	return as, bs
}

// Count returns how often something was counted in the round: the metric of results.txt or the counter of run.json,
// whichever is larger. looked is false if neither mentions it, and then zero is no finding.
func (r *Round) Count(name string) (n int64, looked bool) {
	n, looked = r.Counters[name]
	if v, ok := r.Values.Get(name); ok {
		n, looked = max(n, int64(v)), true
	}
	return n, looked
}

// Ops returns the operations of all rounds.
func (c *Cell) Ops() uint64 {
	var n uint64
	for _, r := range c.Rounds {
		n += r.Ops
	}
	return n
}
