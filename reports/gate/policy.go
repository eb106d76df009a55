package gate

// OnlyUndecided says that what keeps the report from being green is nothing but evidence that was too weak: every cell was
// measured, none is worse that anybody could tell, and the controls held. A policy may let that pass; it may not let pass
// what is missing, unusable, or void.
func (r *Report) OnlyUndecided() bool {
	if r.Verdict != NoVerdict || r.judged() == 0 || r.control() != "" {
		return false
	}
	for i := range r.Cells {
		switch c := &r.Cells[i]; {
		case c.Verdict == Pass, c.Verdict == Improved, c.New:
		case c.Verdict == NoVerdict:
			if !c.measured() {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// measured says that each deciding measure of the cell has an interval.
func (c *Cell) measured() bool {
	if c.unusable {
		return false
	}
	deciding := 0
	for i := range c.Measures {
		if m := &c.Measures[i]; m.Role == Decides {
			deciding++
			if !m.Change.Bounded() {
				return false
			}
		}
	}
	return deciding > 0
}

// Looks returns which look the samples were measured for: 2 if any cell has forks of the second batch, else 1.
func (s *Samples) Looks() int {
	for i := range s.Cells {
		for k := range s.Cells[i].Forks {
			if s.Cells[i].Forks[k].Batch > 1 {
				return 2
			}
		}
	}
	return 1
}
