package gate

import (
	"fmt"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// Limits of the negative controls. They are the usual ones for time, on purpose: a control that moves by as much as what
// is called a change shows that such changes come by themselves.
const (
	controlFloor     = 0.01
	controlTolerance = 0.03
)

// judgeControls judges what no change can touch, pooled over all forks of all cells. One that moved, in either direction,
// voids the report. One that is too noisy to tell shows nothing, and nor does one that some fork lacks: what happened there
// nobody watched. Without any nothing shows that the machine was fair.
func (r *Report) judgeControls(s *Samples, look int, alpha float64) error {
	all, lacking := drawControls(s, look)
	for i := range all {
		if err := all[i].estimate(); err != nil {
			return err
		}
	}
	p := make([]float64, len(all))
	for i := range all {
		p[i] = all[i].P
	}
	for i, adjusted := range stats.Holm(p) {
		m := &all[i].Measure
		m.Adjusted, m.Alpha = adjusted, alpha
		m.judgeControl()
		if where := lacking[m.Name]; where != "" && m.Verdict == Pass {
			m.Verdict, m.Why = NoVerdict, fmt.Sprintf("the negative control %s was not measured on both sides of %s", m.Name, where)
		}
		r.Controls = append(r.Controls, *m)
	}
	if len(lacking) > 0 {
		r.Warnings = append(r.Warnings, "not on both sides of all forks: the negative control "+unit.List(sortedKeys(lacking)))
	}
	return nil
}

// drawControls draws each control that some side of some fork has. It also says of those that some fork lacks which fork
// that is.
func drawControls(s *Samples, look int) (all []series, lacking map[string]string) {
	var forks []*Fork
	var where []string
	names := make(map[string]bool)
	for i := range s.Cells {
		for j := range s.Cells[i].Forks {
			f := &s.Cells[i].Forks[j]
			if f.Batch > look || f.Base.Outcome != outcomeOK || f.Head.Outcome != outcomeOK {
				continue
			}
			forks, where = append(forks, f), append(where, fmt.Sprintf("fork %d of %s", f.Number, s.Cells[i].Name))
			for _, side := range f.sides() {
				for name := range side.Controls {
					names[name] = true
				}
			}
		}
	}
	lacking = make(map[string]string)
	for _, name := range sortedKeys(names) {
		c := series{Measure: Measure{
			Name: name, Unit: "ns/step", Role: Decides, Floor: controlFloor, Tolerance: controlTolerance,
		}}
		for i, f := range forks {
			one := series{Measure: Measure{Name: name}}
			if one.drawTime([]*Fork{f}, func(side *Side) []float64 { return side.Controls[name] }) == nil {
				c.add(one.base[0], one.head[0])
				c.logs[len(c.logs)-1] = one.logs[0]
			} else if lacking[name] == "" {
				lacking[name] = where[i]
			}
		}
		all = append(all, c)
	}
	return all, lacking
}

// judgeControl says whether a control moved, held, or is too noisy to say.
func (m *Measure) judgeControl() {
	e := m.Change
	significant := e.Bounded() && m.Adjusted < m.Alpha
	m.Verdict, m.Why = NoVerdict, ""
	switch {
	case significant && e.Lo > 1 && e.Value >= 1+m.Floor, significant && e.Hi < 1 && e.Value <= 1/(1+m.Floor):
		m.Verdict, m.Why = Void, fmt.Sprintf("the negative control %s moved, which a change to the engine can hardly cause", m.inWords())
	case e.Bounded() && e.Hi < 1+m.Tolerance && e.Lo > 1/(1+m.Tolerance):
		m.Verdict = Pass
	case e.N == 0:
		m.Why = fmt.Sprintf("the negative control %s was not measured on both sides of any fork", m.Name)
	default:
		m.Why = fmt.Sprintf("the negative control %s may have moved by %s or %s: it is too noisy to show that the machine was fair",
			m.Name, unit.Ratio(e.Lo), unit.Ratio(e.Hi))
	}
}
