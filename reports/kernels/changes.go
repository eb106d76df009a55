package kernels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// changes say of each two neighbouring kernels what one does where the other frees pinned blocks, on file systems of one name.
func (m *Matrix) changes(dax []int) (out []Sentence) {
	var groups []string
	for _, i := range dax {
		if g := m.Columns[i].Group; !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	for k := 1; k < len(groups); k++ {
		var order []string
		on := make(map[string][]string) // file systems of which the same is to be said
		for _, i := range dax {
			for _, j := range dax {
				a, b := &m.Columns[i], &m.Columns[j]
				if a.Group != groups[k-1] || b.Group != groups[k] || a.Name != b.Name {
					continue
				}
				text := m.change(i, j)
				if text == "" {
					continue
				}
				if on[text] == nil {
					order = append(order, text)
				}
				on[text] = append(on[text], a.Name)
			}
		}
		for _, text := range order {
			out = append(out, Sentence{Changed, fmt.Sprintf("From %s to %s, on %s: %s.", groups[k-1], groups[k], unit.List(on[text]), text)})
		}
	}
	return out
}

// change says what becomes in column j of the scenarios that free a pinned block in column i, and which do so in j alone; empty if
// all is the same.
func (m *Matrix) change(i, j int) string {
	instead := make(map[Kind]int)
	var first int
	var fresh []string
	for k := range m.Rows {
		a, b := &m.Rows[k].Cells[i], &m.Rows[k].Cells[j]
		switch {
		case a.Freed():
			first++
			if !b.Freed() {
				instead[b.Kind]++
			}
		case b.Freed() && a.Kind.Judged():
			fresh = append(fresh, m.Rows[k].Name)
		}
	}
	var parts []string
	if len(instead) > 0 {
		var words []string
		kinds := make([]Kind, 0, len(instead))
		for kind := range instead {
			kinds = append(kinds, kind)
		}
		slices.SortFunc(kinds, func(a, b Kind) int { return cmp.Or(instead[b]-instead[a], int(b)-int(a)) })
		for _, kind := range kinds {
			words = append(words, fmt.Sprintf(insteads[kind], unit.Count(instead[kind])))
		}
		parts = append(parts, fmt.Sprintf("where a pinned block was freed, in %s, %s", unit.Plural(first, "scenario"), unit.List(words)))
	}
	if len(fresh) > 0 {
		const most = 3
		names := slices.Clone(fresh[:min(len(fresh), most)])
		if left := len(fresh) - len(names); left > 0 {
			names = append(names, unit.Plural(left, "other"))
		}
		parts = append(parts, fmt.Sprintf("one is freed anew in %s", unit.List(names)))
	}
	return strings.Join(parts, "; ")
}

// insteads say what happens instead of a block's being freed.
var insteads = [...]string{
	Unplayed: "%s was not played", Lost: "%s has no verdict", NotApplicable: "%s cannot be run", Safe: "in %s nothing happens", Refused: "in %s a step is refused",
	Parked: "in %s it is put aside", Blocked: "in %s somebody waits", Hung: "in %s somebody waits for as long as another likes", Violated: "in %s something else is broken",
}
