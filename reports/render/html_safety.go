package render

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"daxbench/reports/chart"
	"daxbench/reports/safety"
)

// safetyView is what the matrix comes to, the matrix, and below it what was seen.
type safetyView struct {
	matrixView
	Sentences []sentenceView
	Doubts    []string
	Sources   []string
	Notes     []string
}

// signs are the words for what is known of a cell.
var signs = map[safety.Mark]matrixCell{
	safety.Unknown:  {Class: "unknown", Sign: "–", Word: "unseen"},
	safety.Kept:     {Class: "kept", Sign: "✓", Word: "kept"},
	safety.NotFound: {Class: "notfound", Sign: "○", Word: "not found"},
	safety.Broken:   {Class: "delay", Sign: "!", Word: "broken"},
}

// safetyTones are the words and classes of what a matrix comes to.
var safetyTones = map[safety.Tone]sentenceView{
	safety.Loss:  {Tag: "Data loss", Class: "harm"},
	safety.Delay: {Tag: "Waits", Class: "price"},
	safety.Fine:  {Tag: "Kept", Class: "safe"},
	safety.Blank: {Tag: "Unseen", Class: "open"},
}

// safety makes the view of a matrix; nil if there is none. The tables of the page have been seen to.
func (b *viewer) safety(m *safety.Matrix) *safetyView {
	if m == nil || len(m.Rows) == 0 {
		return nil
	}
	v := &safetyView{Doubts: cleaned(m.Doubts, maxProse), Notes: cleaned(m.Notes, maxProse)}
	v.Label, v.Title, v.Corner = "Policies and hazards", "What each policy keeps and what it breaks", "policy"
	v.About = "This is as it declares itself, except where a cell says “not declared” or “not shown”. Small: in how many of the scenarios that probe it. A cell leads to what was seen."
	for _, s := range m.Sentences() {
		words := safetyTones[s.Tone]
		words.Text = clean(s.Text, maxProse)
		v.Sentences = append(v.Sentences, words)
	}
	for _, s := range m.Sources {
		v.Sources = append(v.Sources, source(s))
	}
	for _, h := range m.Hazards {
		title := "somebody waits or may hang"
		if h.Data {
			title = "data can be lost"
		}
		v.Columns, v.Spans = append(v.Columns, headView{Name: clean(h.Name, maxName), About: clean(h.About, maxProse)}), addSpan(v.Spans, title)
	}
	measured, others := rowGroup{Title: "Policies of this run"}, rowGroup{Title: "Others"}
	for i := range m.Rows {
		row := b.safetyRow(&m.Rows[i], m.Hazards)
		if m.Rows[i].Measured {
			measured.Rows = append(measured.Rows, row)
		} else {
			others.Rows = append(others.Rows, row)
		}
	}
	switch {
	case len(measured.Rows) == 0:
		v.Groups = []rowGroup{{Rows: others.Rows}}
	case len(others.Rows) == 0:
		v.Groups = []rowGroup{{Rows: measured.Rows}}
	default:
		v.Groups = []rowGroup{measured, others}
	}
	return v
}

// source says who looked, and when: "litmus: daxbench 0.1.0 of commit abc, 26 November 2026 01:48 UTC, by the engine's own rules".
func source(s safety.Source) string {
	words := []string{s.Command + ": " + cmp.Or(s.Tool, "a program that is not known") + " of commit " + cmp.Or(s.Commit, "unknown")}
	if when, err := time.Parse(time.RFC3339Nano, s.Date); err == nil {
		words = append(words, when.UTC().Format("2 January 2006, 15:04 UTC"))
	} else if s.Date != "" {
		words = append(words, s.Date)
	}
	if s.Kernel == "" {
		words = append(words, "by the engine's own rules")
	} else {
		words = append(words, "by the rules of Linux "+s.Kernel)
	}
	return clean(strings.Join(words, ", "), maxProse)
}

// newSafetyCell makes the view of a cell.
func newSafetyCell(h *safety.Hazard, c *safety.Cell) matrixCell {
	cell := signs[c.Mark]
	cell.Of, cell.Text, cell.Brief = clean(h.Name, maxName), clean(c.Text, maxProse), clean(c.Brief, maxName)
	switch {
	case c.Mark == safety.Broken:
		if h.Data {
			cell.Class, cell.Sign = "loss", "✗"
		}
		cell.Word = clean(cmp.Or(h.Harm, cell.Word), maxName)
		if !c.Declared {
			cell.Loud = "not declared"
		}
	case c.Declared && c.Mark != safety.Unknown:
		cell.Word = "not shown"
	}
	return cell
}

// safetyRow makes the view of a policy.
func (b *viewer) safetyRow(r *safety.Row, hazards []safety.Hazard) matrixRow {
	row := matrixRow{Name: clean(r.Policy, maxPolicy), ID: clean(r.ID, maxPolicy), Look: chart.LookOf(r.Policy).Var()}
	told := map[string]string{} // by the story's ID, where it stands
	var broken []string
	looked := 0
	for i := range min(len(r.Cells), len(hazards)) {
		c := &r.Cells[i]
		cell := newSafetyCell(&hazards[i], c)
		if c.Mark == safety.Broken {
			broken = append(broken, cell.Of)
		}
		if c.Mark != safety.Unknown {
			looked++
			cell.Href = b.anchor("safety", row.Name, cell.Of)
			row.Findings = append(row.Findings, findingView{
				ID: cell.Href, Class: cell.Class, Sign: cell.Sign, Head: cell.Of, Text: cell.Text, Stories: b.stories(c.Stories, told),
			})
		}
		row.Cells = append(row.Cells, cell)
	}
	row.Summary = "nothing was broken"
	switch {
	case looked == 0:
		row.Summary = "nobody looked"
	case len(broken) > 0:
		row.Summary = "broken: " + strings.Join(broken, ", ")
	}
	if looked > 0 && looked < len(hazards) {
		row.Summary += fmt.Sprintf(", in what was looked at (%d of %d)", looked, len(hazards))
	}
	return row
}

// stories makes the views of stories. told says where those stand that were told before.
func (b *viewer) stories(list []safety.Story, told map[string]string) (out []storyView) {
	for _, s := range list {
		href, again := told[s.ID]
		if !again {
			href = b.anchor("story", s.ID)
			told[s.ID] = href
		}
		opened := len(out) > 0 && out[len(out)-1].Open
		out = append(out, storyView{
			Href: href, Title: clean(s.Title, maxTitle), Steps: strings.Join(cleaned(s.Lines, maxTitle), "\n"), Replay: clean(s.Replay, maxCommand), Told: again, Open: !opened && !again,
		})
	}
	return out
}
