package kernels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// Part is what one folder has.
type Part struct {
	*Matrix
	Label string // that somebody gave the folder: its columns are called by it; empty: nobody did
	Dir   string // by which columns are told from those of another folder that are called the same
}

// Join puts the columns of several folders side by side, in their order, and rows of one scenario together. A scenario that
// has other steps in another folder is another row there, and the notes say so. Error: there are more columns than a
// matrix has.
func Join(parts []Part) (*Matrix, error) {
	all := new(Matrix)
	n := 0
	for _, p := range parts {
		n += len(p.Columns)
		for i := range p.Rows {
			if r := p.Rows[i]; all.row(&r) < 0 {
				r.Cells = nil
				all.Rows = append(all.Rows, r)
			}
		}
	}
	if n > maxColumns {
		return nil, fmt.Errorf("%d columns are more than the %d that stand side by side", n, maxColumns)
	}
	slices.SortStableFunc(all.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(rank(a.Number), rank(b.Number)), strings.Compare(a.Name, b.Name))
	})
	for i := range all.Rows {
		all.Rows[i].Cells = make([]Cell, n)
	}
	for _, p := range parts {
		for k, c := range p.Columns {
			for i := range p.Rows {
				all.Rows[all.row(&p.Rows[i])].Cells[len(all.Columns)] = p.Rows[i].Cells[k]
			}
			c.Source += len(all.Sources)
			all.Columns = append(all.Columns, all.named(c, p))
		}
		all.Sources = append(all.Sources, p.Sources...)
	}
	all.note()
	return all, nil
}

// named is a column of a part with a label that no other has.
func (m *Matrix) named(c Column, p Part) Column {
	several := slices.ContainsFunc(p.Columns, func(o Column) bool { return o.Group != c.Group })
	switch {
	case p.Label != "" && several:
		c.Group = p.Label + ": " + c.Group
	case p.Label != "":
		c.Group = p.Label
	case slices.ContainsFunc(m.Columns, func(o Column) bool { return o.Label == c.Label }):
		c.Group = p.Dir + ": " + c.Group
	default:
		return c
	}
	c.Label = c.Group + " " + c.Name
	for name, n := c.Name, 2; slices.ContainsFunc(m.Columns, func(o Column) bool { return o.Label == c.Label }); n++ {
		c.Name = fmt.Sprintf("%s (%d)", name, n)
		c.Label = c.Group + " " + c.Name
	}
	return c
}

// rank puts scenarios without a number last.
func rank(number int) uint { return uint(number) - 1 }

// row is the index of a scenario, or -1.
func (m *Matrix) row(r *Row) int {
	return slices.IndexFunc(m.Rows, func(o Row) bool { return o.Name == r.Name && slices.Equal(o.Steps, r.Steps) })
}

// note writes the notes.
func (m *Matrix) note() {
	m.Notes = nil
	say := func(format string, args ...any) { m.Notes = append(m.Notes, fmt.Sprintf(format, args...)) }
	for i := range m.Rows {
		name := m.Rows[i].Name
		if slices.IndexFunc(m.Rows, func(o Row) bool { return o.Name == name }) < i {
			say("%s has other steps in some of the files: it stands here more than once, and the rows do not compare.", name)
		}
	}
	var commits []string
	for _, s := range m.Sources {
		if c := cmp.Or(s.Commit, "one that is not known"); !slices.Contains(commits, c) {
			commits = append(commits, c)
		}
	}
	if len(commits) > 1 {
		say("The kernels were looked at by daxbench of different commits: %s.", unit.List(commits))
	}
	for i := range m.Columns {
		var unplayed, lost int
		for k := range m.Rows {
			switch m.Rows[k].Cells[i].Kind {
			case Unplayed:
				unplayed++
			case Lost:
				lost++
			}
		}
		label := m.Columns[i].Label
		if unplayed > 0 {
			say("%s: %s of %s not played.", label, unit.Count(unplayed), unit.Plural(len(m.Rows), "scenario"))
		}
		if lost > 0 {
			say("%s: %s of %s without a verdict.", label, unit.Count(lost), unit.Plural(len(m.Rows), "scenario"))
		}
	}
}
