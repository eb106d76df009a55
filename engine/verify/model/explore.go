package model

// Options bound an exploration.
type Options struct {
	MaxStates int // 0: a million
	Pinners   int // how many of the tasks that a set can have several of; 0: what the set says
	Workers   int // of Matrix: how many explorations at a time; 0: as many as processors
	Mutant    Mutant
}

const defaultMaxStates = 1_000_000

// A Result is what one policy does in one set.
type Result struct {
	Policy, Set string
	WhatIf      string // of the set
	States      int
	Transitions int
	Depth       int  // steps to the state farthest from the first
	Exhausted   bool // all states were seen: what was not found is not there, within this set
	Found       map[Property]Trace
}

// What can be said about a property.
const (
	violated     = "violated"
	none         = "none" // everything was looked at
	notExhausted = "not exhausted"
)

// Verdict is what can be said about p: "violated"; "none" if everything was
// looked at; otherwise "not exhausted", which is neither.
func (r *Result) Verdict(p Property) string {
	switch _, found := r.Found[p]; {
	case found:
		return violated
	case r.Exhausted:
		return none
	}
	return notExhausted
}

// Explore looks at every state that p can get into with the tasks of set,
// nearest first, so that each trace is as short as can be.
func Explore(p Policy, set Set, o Options) (Result, error) {
	var e explorer
	return e.explore(p, set, o)
}

// An explorer has memory that one exploration leaves to the next.
type explorer struct {
	m        machine
	seen     table
	nodes    []node   // in the order in which they were found
	now, new []packed // states to be expanded, and those that they lead to
}

// A node says how a state was found first.
type node struct {
	parent uint32
	by     step
}

// A step is one way of one task.
type step struct{ task, way uint8 }

// A sighting is where a property was first violated: at a node, or by a step
// from it.
type sighting struct {
	node uint32
	by   step
	edge bool
}

func (e *explorer) explore(p Policy, set Set, o Options) (Result, error) {
	if o.Pinners > 0 {
		var err error
		if set, err = set.withPinners(o.Pinners); err != nil {
			return Result{}, err
		}
	}
	if o.MaxStates <= 0 {
		o.MaxStates = defaultMaxStates
	}
	first := newMachine(p, &set, o.Mutant)
	e.m = *first
	r := Result{Policy: p.Name, Set: set.Name, WhatIf: set.WhatIf}
	seen := e.search(&r, o.MaxStates)
	r.Found = map[Property]Trace{}
	for k, at := range seen {
		if at != nil {
			r.Found[Properties[k]] = e.trace(first, *at, violations(1)<<k)
		}
	}
	return r, nil
}

// search expands state after state, a level at a time.
func (e *explorer) search(r *Result, maxStates int) (found [12]*sighting) {
	m := &e.m
	saw := func(v violations, at sighting) {
		for k := range found {
			if v>>k&1 == 1 && found[k] == nil {
				found[k] = &at
			}
		}
	}
	root := m.pack()
	e.seen.reset()
	e.seen.add(root.fingerprint())
	e.nodes = append(e.nodes[:0], node{})
	e.now = append(e.now[:0], root)
	n := uint32(0) // the node of the state that is expanded
	var s state
	for r.Exhausted = true; len(e.now) > 0 && r.Exhausted; e.now, e.new = e.new, e.now[:0] {
		for i := range e.now {
			e.now[i].unpack(&s)
			m.state = s
			stuck := true
			for t := range m.nt {
				for way := range m.ways(t) {
					if m.hit = 0; !m.step(t, way) {
						continue
					}
					stuck = false
					r.Transitions++
					by := step{t, uint8(way)}
					if m.hit != 0 {
						saw(m.hit, sighting{n, by, true})
					}
					if w := m.pack(); m.hit>>violatesP5&1 == 0 && e.seen.add(w.fingerprint()) {
						e.new = append(e.new, w)
						e.nodes = append(e.nodes, node{n, by})
					}
					m.state = s
				}
			}
			if stuck {
				saw(m.atEnd(), sighting{node: n})
			}
			n++
			if len(e.nodes) > maxStates {
				r.Exhausted = false
				break
			}
		}
		if len(e.new) > 0 {
			r.Depth++
		}
	}
	r.States = len(e.nodes)
	return found
}
