package verify

import (
	"fmt"
	"slices"

	"daxbench/engine/layout"
	"daxbench/engine/verify/model"
)

// A Disagreement is a property that only one of the two shows violated under a
// policy: the engine, by a schedule, or the model, by a trace.
type Disagreement struct {
	Policy   string
	Property layout.Property
	Model    bool   // it is the model that shows it
	Where    string // in which shape or set
	Why      string // "": nobody knows
}

// apart says where the engine and the model are known to differ, and why.
var apart = []Disagreement{}

// CrossCheck holds what the model found against what the schedules found. What
// either has found must be in the other: what the engine does and the model
// cannot is a gap in the model, and what the engine never does is a drawing of
// something else, or a shape that is missing. Only properties that were looked
// for on both sides count, and none of a policy that the model does not have. It
// also returns on how many verdicts both agree.
func CrossCheck(res *Result, rows []model.Row) (agree int, list []Disagreement) {
	for i := range rows {
		row := &rows[i]
		for _, x := range layout.Properties {
			v := res.Find(row.Policy, x)
			if v == nil || v.Shapes == 0 && !v.Violated {
				continue
			}
			set, shown := ModelShows(row, x)
			switch {
			case shown == v.Violated:
				agree++
			case shown:
				list = append(list, explained(Disagreement{Policy: row.Policy, Property: x, Model: true, Where: set}))
			case row.Exhausted:
				list = append(list, explained(Disagreement{Policy: row.Policy, Property: x, Where: v.Shape}))
			}
		}
	}
	return agree, list
}

// ModelShows returns the set in which the model violates x, or a cause of it.
func ModelShows(row *model.Row, x layout.Property) (set string, ok bool) {
	for _, p := range model.Properties { // in order: the same set every time
		if r := row.Found[p]; r != nil && (layout.Property(p) == x || family(layout.Property(p)) == x) {
			return r.Set, true
		}
	}
	return "", false
}

func explained(d Disagreement) Disagreement {
	i := slices.IndexFunc(apart, func(k Disagreement) bool {
		return k.Policy == d.Policy && k.Property == d.Property && k.Model == d.Model
	})
	if i >= 0 {
		d.Why = apart[i].Why
	}
	return d
}

// String says who shows what.
func (d Disagreement) String() string {
	who, other := fmt.Sprintf("the engine (shape %s)", d.Where), "the model"
	if d.Model {
		who, other = fmt.Sprintf("the model (set %s)", d.Where), "any schedule of the engine"
	}
	s := fmt.Sprintf("%s violates %s in %s, but not in %s", d.Policy, d.Property, who, other)
	if d.Why != "" {
		s += ": " + d.Why
	}
	return s
}
