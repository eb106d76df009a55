package verify

import (
	"fmt"

	"daxbench/engine/layout"
	"daxbench/engine/verify/model"
)

// A Disagreement is a property that only one of the two shows violated under a
// policy: the engine, by a schedule, or the model, by a trace.
type Disagreement struct {
	Policy   string
	Property layout.Property
	Model    bool   // it is the model that shows it
	Why      string // what each of them says
}

// CrossCheck holds what the model found against what the schedules found. What
// either has found must be in the other: what the engine does and the model
// cannot is a gap in the model, and what the engine never does is a drawing of
// something else, or a shape that is missing. Only properties that were looked
// for on both sides count, and none of a policy that the model does not have. It
// also returns on how many verdicts both agree, and on how many nothing can be
// said: one side has found nothing, and has not looked at enough for that.
func CrossCheck(res *Result, rows []model.Row) (agree, undecided int, list []Disagreement) {
	for i := range rows {
		row := &rows[i]
		for _, x := range layout.Properties {
			v := res.Find(row.Policy, x)
			if v == nil || v.Searches == 0 && !v.Violated {
				continue
			}
			set, steps, shown := ModelShows(row, x)
			switch {
			case shown && v.Violated:
				agree++
			case !shown && !row.Exhausted, !v.Violated && !v.Decisive():
				undecided++
			case shown == v.Violated:
				agree++
			case shown:
				list = append(list, Disagreement{row.Policy, x, true,
					fmt.Sprintf("a trace of %d steps in set %s shows it, and %d schedules do not", steps, set, v.Schedules)})
			default:
				list = append(list, Disagreement{row.Policy, x, false,
					fmt.Sprintf("seed %d of shape %s shows it, and none of %d states does", v.Violation.Seed, v.Shape, row.States)})
			}
		}
	}
	return agree, undecided, list
}

// ModelShows returns the set in which the model violates x, or a cause of it, and
// how many steps that takes.
func ModelShows(row *model.Row, x layout.Property) (set string, steps int, ok bool) {
	for _, p := range model.Properties { // in order: the same set every time
		if r := row.Found[p]; r != nil && (layout.Property(p) == x || layout.Property(p).Family() == x) {
			return r.Set, len(r.Found[p]), true
		}
	}
	return "", 0, false
}

// String says who shows what.
func (d Disagreement) String() string {
	who, other := "the engine", "the model"
	if d.Model {
		who, other = other, who
	}
	return fmt.Sprintf("%s violates %s in %s, but not in %s: %s", d.Policy, d.Property, who, other, d.Why)
}
