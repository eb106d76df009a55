package render

import (
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/safety"
)

// safetyView is the matrix, and below it what was seen.
type safetyView struct {
	Hazards []hazardView
	Groups  []safetyGroup // the policies of the run first
	Notes   []string
}

// safetyGroup is some of the rows; Title is empty if it is all of them.
type safetyGroup struct {
	Title string
	Rows  []safetyRow
}

type hazardView struct{ Name, About string }

type safetyRow struct {
	Policy, Look, ID string
	Summary          string
	Cells            []safetyCell
}

// safetyCell says the same three times: by a sign, by a word, and by its colour.
type safetyCell struct {
	Hazard            string
	Class, Sign, Word string
	Aside             string // where it is not what the policy declares
	Href              string // of what was seen; empty if nobody looked
	Text              string
	Stories           []storyView
}

type storyView struct {
	Href, Title, Steps, Replay string
	Told                       bool // it stands above, below another hazard
	Open                       bool // it is seen at once by who looks at the hazard
}

// signs are the words for what is known of a cell.
var signs = map[safety.Mark]safetyCell{
	safety.Unknown:  {Class: "unknown", Sign: "–", Word: "not looked at"},
	safety.Kept:     {Class: "kept", Sign: "✓", Word: "kept"},
	safety.NotFound: {Class: "notfound", Sign: "○", Word: "not found"},
	safety.Broken:   {Class: "broken", Sign: "✗", Word: "broken"},
}

// safety makes the view of a matrix; nil if there is none. The tables of the page have been seen to.
func (b *viewer) safety(m *safety.Matrix) *safetyView {
	if m == nil || len(m.Rows) == 0 {
		return nil
	}
	v := &safetyView{Notes: cleaned(m.Notes, maxProse)}
	for _, h := range m.Hazards {
		v.Hazards = append(v.Hazards, hazardView{Name: clean(h.Name, maxName), About: clean(h.About, maxProse)})
	}
	measured, others := safetyGroup{Title: "Policies of this run"}, safetyGroup{Title: "Others"}
	for i := range m.Rows {
		row := b.safetyRow(&m.Rows[i], v.Hazards)
		if b.seen[row.Policy] {
			measured.Rows = append(measured.Rows, row)
		} else {
			others.Rows = append(others.Rows, row)
		}
	}
	switch {
	case len(measured.Rows) == 0:
		v.Groups = []safetyGroup{{Rows: others.Rows}}
	case len(others.Rows) == 0:
		v.Groups = []safetyGroup{{Rows: measured.Rows}}
	default:
		v.Groups = []safetyGroup{measured, others}
	}
	return v
}

// safetyRow makes the view of a policy.
func (b *viewer) safetyRow(r *safety.Row, hazards []hazardView) safetyRow {
	row := safetyRow{Policy: clean(r.Policy, maxPolicy), ID: clean(r.ID, maxPolicy), Look: chart.LookOf(r.Policy).Var()}
	told := map[string]string{} // by the story's ID, where it stands
	var broken []string
	for i := range min(len(r.Cells), len(hazards)) {
		c := &r.Cells[i]
		cell := signs[c.Mark]
		cell.Hazard, cell.Text = hazards[i].Name, clean(c.Text, maxProse)
		switch {
		case c.Mark == safety.Broken && !c.Declared:
			cell.Aside = "not declared"
		case c.Declared && (c.Mark == safety.Kept || c.Mark == safety.NotFound):
			cell.Aside = "declared broken"
		}
		if c.Mark == safety.Broken {
			broken = append(broken, cell.Hazard)
		}
		if c.Mark != safety.Unknown {
			cell.Href = b.anchor("safety", row.Policy, cell.Hazard)
		}
		for _, s := range c.Stories {
			href, again := told[s.ID]
			if !again {
				href = b.anchor("story", s.ID)
				told[s.ID] = href
			}
			opened := len(cell.Stories) > 0 && cell.Stories[len(cell.Stories)-1].Open
			cell.Stories = append(cell.Stories, storyView{
				Href: href, Title: clean(s.Title, maxTitle), Steps: strings.Join(cleaned(s.Lines, maxTitle), "\n"), Replay: clean(s.Replay, maxCommand), Told: again, Open: !opened && !again,
			})
		}
		row.Cells = append(row.Cells, cell)
	}
	row.Summary = "nothing was broken"
	if len(broken) > 0 {
		row.Summary = "broken: " + strings.Join(broken, ", ")
	}
	return row
}
