package litmus

import (
	"errors"
	"fmt"
	"slices"

	"daxbench/engine/target"
)

// MaxOrders bounds how many orders of steps that start together are tried.
const MaxOrders = 2000

// A Cell is what became of one scenario under one policy.
type Cell struct {
	Policy   string         `json:"policy"`
	Scenario string         `json:"scenario"`
	Number   int            `json:"number,omitempty"`
	Outcome  target.Outcome `json:"outcome"` // the worst of all runs
	Runs     []Result       `json:"runs"`
}

// A Result is one variant of a scenario: the worst of all orders.
type Result struct {
	Run     string         `json:"run,omitempty"`
	Outcome target.Outcome `json:"outcome"`
	Hangs   bool           `json:"hangs,omitempty"`  // somebody does, in some order; the outcome can be worse
	Orders  int            `json:"orders"`           // that were tried
	More    bool           `json:"more,omitempty"`   // there are others
	Work    int64          `json:"work,omitempty"`   // see target.Facts; of the worst
	Story   []target.Line  `json:"story,omitempty"`  // of the worst
	Stalls  []target.Stall `json:"stalls,omitempty"` // see target.Facts; likewise
	Log     []string       `json:"log,omitempty"`    // likewise
}

// Run runs a scenario on subjects that m makes. The error is m's or the
// subject's: nothing can be said then.
func Run(m target.Maker, e Entry) (Cell, error) {
	c := Cell{Policy: m.Policy(), Scenario: e.Name, Number: e.Number}
	for _, v := range e.Variants() {
		r, err := runVariant(m, e.Scenario, v)
		if err != nil {
			return c, fmt.Errorf("scenario %s under %s: %w", e.Name, m.Policy(), err)
		}
		c.Runs = append(c.Runs, r)
		c.Outcome = c.Outcome.Worst(r.Outcome)
	}
	return c, nil
}

// runVariant runs one variant in all orders.
func runVariant(m target.Maker, s *target.Scenario, v target.Run) (Result, error) {
	set := s.Settings(v)
	if why := whyNot(m, s, set); why != "" {
		return Result{Run: v.Name, Outcome: target.Outcome{Kind: target.NotApplicable, Why: why}}, nil
	}
	var worst Result
	hangs := false
	var all []target.Finding
	for n := 1; ; n++ {
		r, err := runOnce(m, s, set)
		if err != nil {
			return worst, err
		}
		all = append(all, r.Outcome.Findings...)
		hangs = hangs || r.Hangs
		if n == 1 || worse(&r.Outcome, &worst.Outcome) {
			worst = r
		}
		if more := m.Another(); !more || n == MaxOrders {
			worst.Run, worst.Orders, worst.More, worst.Hangs = v.Name, n, more, hangs
			break
		}
	}
	for _, f := range all { // what other orders show counts, too
		if slices.ContainsFunc(worst.Outcome.Findings, f.Alike) {
			continue
		}
		worst.Outcome.Broken = target.Union(worst.Outcome.Broken, f.Invariants)
		f.Text = otherOrder + f.Text
		if !slices.ContainsFunc(worst.Outcome.Findings, f.Alike) {
			worst.Outcome.Findings = append(worst.Outcome.Findings, f)
		}
	}
	return worst, nil
}

// otherOrder stands before what was found in an order whose story is not told.
const otherOrder = "in another order: "

// worse reports whether o is to be shown rather than p, of the same scenario.
func worse(o, p *target.Outcome) bool {
	return o.Kind > p.Kind || o.Kind == p.Kind && len(o.Broken) > len(p.Broken)
}

// whyNot says why a scenario cannot be run on what m makes.
func whyNot(m target.Maker, s *target.Scenario, set []target.Setting) string {
	for _, set := range set {
		if why := m.WhySetting(set); why != "" {
			return fmt.Sprintf("%s: %s", set, why)
		}
	}
	for i := range s.Steps {
		if why := m.Why(&s.Steps[i]); why != "" {
			return fmt.Sprintf("line %d, %s: %s", s.Steps[i].Line, s.Steps[i].Verb, why)
		}
	}
	return ""
}

// runOnce runs a scenario on one subject.
func runOnce(m target.Maker, s *target.Scenario, set []target.Setting) (res Result, err error) {
	sub, err := m.Make(s, set)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, sub.Close()) }()
	r := newRun(s, sub)
	if err := r.play(); err != nil {
		return res, err
	}
	facts, err := sub.Facts()
	if err != nil {
		return res, err
	}
	res.Outcome = r.outcome(facts)
	res.Work, res.Hangs = facts.Work, r.hangs()
	if res.Outcome.Kind == target.Hung {
		res.Outcome.Why += r.afterwards(facts)
	}
	if facts, err = sub.Facts(); err == nil {
		res.Story, res.Stalls, res.Log = facts.Story, facts.Stalls, facts.Log
	}
	return res, err
}
