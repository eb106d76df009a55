package record

import (
	"slices"

	"daxbench/workloads/driver"
)

// Words say what the names in a plan stand for, for whoever reads the results without the program: a report, years later.
// They are no part of what is measured.
type Words struct {
	Policies []Term  `json:"policies,omitempty"` // of the plan
	Storms   []Storm `json:"storms,omitempty"`   // of the plan, each once
	Params   []Term  `json:"params,omitempty"`   // that every storm may have
}

// Term is a name with what it stands for, in one line.
type Term struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Storm is a workload, with what it does and what its parameters mean.
type Storm struct {
	Term
	Params []Knob `json:"params,omitempty"`
}

// Knob is a parameter of a storm. Where a group does not name it, it has its default.
type Knob struct {
	Term
	Default string `json:"default"`
}

// Empty says whether there are none: the run began with a program that did not record any.
func (w *Words) Empty() bool { return len(w.Policies)+len(w.Storms)+len(w.Params) == 0 }

// commonParams are the parameters that the driver adds to those of a storm.
var commonParams = []Term{
	{"workers", "threads that work at once"},
	{"size", "bytes of each engine's region"},
	{"kernel", "the Linux that the engine does things as"},
	{"rate", "operations per second that are due in all, whether or not those before them have ended"},
	{"population", "directory tree that the sizes of the files come from"},
}

// newWords returns the words for a plan.
func newWords(p *driver.Plan) Words {
	w := Words{Params: commonParams}
	for _, policy := range p.Policies {
		w.Policies = append(w.Policies, Term{policy.Name(), policy.About()})
	}
	for _, wl := range p.Workloads {
		if slices.ContainsFunc(w.Storms, func(s Storm) bool { return s.Name == wl.Name }) {
			continue
		}
		s := Storm{Term: Term{wl.Name, wl.About}}
		for _, k := range wl.Knobs {
			s.Params = append(s.Params, Knob{Term{k.Key, k.About}, k.Default})
		}
		w.Storms = append(w.Storms, s)
	}
	return w
}

// SameCells says whether two plans lay out the same cells, and time and compare them in the same way. Their words may differ.
func (p *Plan) SameCells(q *Plan) bool {
	return p.Rounds == q.Rounds && p.Workers == q.Workers && p.Reference == q.Reference &&
		slices.EqualFunc(p.Groups, q.Groups, func(a, b Group) bool {
			return a.Workload == b.Workload && slices.Equal(a.Params, b.Params) && slices.Equal(a.Policies, b.Policies) &&
				a.Primary == b.Primary && a.Timing == b.Timing
		})
}
