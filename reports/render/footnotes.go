package render

import (
	"slices"

	"daxbench/reports/compare"
)

// footnotes numbers the warnings of a group's rows. Rows with the same warning share its number.
type footnotes struct {
	texts []string
	rows  [][]int // per row, the numbers of its warnings
}

// maxFootnotes is how many footnotes a group gets. What is beyond is counted.
const maxFootnotes = 12

// newFootnotes collects the warnings of a group.
func newFootnotes(g *compare.Group) *footnotes {
	f := &footnotes{rows: make([][]int, len(g.Rows))}
	for i := range g.Rows {
		for _, w := range g.Rows[i].Warnings {
			n := slices.Index(f.texts, w)
			if n < 0 {
				f.texts = append(f.texts, w)
				n = len(f.texts) - 1
			}
			if n < maxFootnotes && !slices.Contains(f.rows[i], n+1) {
				f.rows[i] = append(f.rows[i], n+1)
			}
		}
	}
	return f
}

// of returns the numbers of the footnotes of a row.
func (f *footnotes) of(row int) []int {
	return f.rows[row]
}

// shown returns the footnotes that have a number, and how many have none.
func (f *footnotes) shown() (texts []string, left int) {
	n := min(len(f.texts), maxFootnotes)
	return slices.Clone(f.texts[:n]), len(f.texts) - n
}
