package render

import (
	"slices"
	"strings"

	"daxbench/reports/compare"
	"daxbench/reports/unit"
)

// footnotes numbers the warnings of a table's rows. Rows with the same warning share its number.
type footnotes struct {
	texts []string
	rows  [][]int // per row, the numbers of its warnings
}

// maxFootnotes is how many footnotes a group gets. What is beyond is counted.
const maxFootnotes = 12

// newFootnotes collects the warnings of a group.
func newFootnotes(g *compare.Group) *footnotes {
	warnings := make([][]string, len(g.Rows))
	for i := range g.Rows {
		warnings[i] = g.Rows[i].Warnings
	}
	return numbered(warnings)
}

// numbered numbers the warnings of rows.
func numbered(warnings [][]string) *footnotes {
	f := &footnotes{rows: make([][]int, len(warnings))}
	for i := range warnings {
		for _, w := range warnings[i] {
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

// mark puts the numbers of the footnotes of a row behind its name.
func (f *footnotes) mark(name string, row int) string {
	return name + superscripts(f.of(row))
}

// superscripts are the numbers of footnotes: ²,¹. Without the comma they would read as one number, or as a power.
func superscripts(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = unit.Superscript(n)
	}
	return strings.Join(words, ",")
}

// shown returns the footnotes that have a number, and how many have none.
func (f *footnotes) shown() (texts []string, left int) {
	n := min(len(f.texts), maxFootnotes)
	return slices.Clone(f.texts[:n]), len(f.texts) - n
}
