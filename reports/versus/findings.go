package versus

// Finding is one comparison with where it stands.
type Finding struct {
	Table  *Table
	Row    *Row
	Column int // of the cell that is held against another
	*Change
}

// Findings are the comparisons that the report rests on, and that Pairs counts: of the units that matter, or of all units
// if none of these has any. With a reference policy they are how the ratios to it changed from the first column. What
// the ratios are within one input says nothing between two, so they are findings only where there is no other input.
//
// A benchmark of a run counts once, by the unit that its run judges it by: that an operation takes longer and that the
// eviction in it does is one thing.
func (r *Report) Findings() []Finding {
	if out := r.findings(false); len(out) > 0 {
		return out
	}
	return r.findings(true)
}

func (r *Report) findings(all bool) (out []Finding) {
	for i := range r.Tables {
		t := &r.Tables[i]
		if !all && t.Role != Primary && t.Role != Other {
			continue
		}
		for j := range t.Rows {
			if unit, ok := r.judged[t.Rows[j].Name]; ok && !all && unit != t.Unit {
				continue
			}
			for k := range t.Rows[j].Cells {
				if c := r.change(t, &t.Rows[j].Cells[k]); c != nil {
					out = append(out, Finding{t, &t.Rows[j], k, c})
				}
			}
		}
	}
	return out
}

// change is the change of a cell that counts; nil if there is none.
func (r *Report) change(t *Table, c *Cell) *Change {
	switch w := c.Within; {
	case r.Reference == "":
		return c.Change
	case w == nil:
		return nil
	case w.Change == nil && len(r.Inputs) == 1 && len(t.Columns) == 1:
		return &w.Ratio
	default:
		return w.Change
	}
}
