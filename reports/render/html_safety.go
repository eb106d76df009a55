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
	Sentences []sentenceView
	Spans     []hazardSpan
	Hazards   []hazardView
	Groups    []safetyGroup // the policies of the run first
	Doubts    []string
	Sources   []string
	Notes     []string
}

// hazardSpan is a heading above some of the columns.
type hazardSpan struct {
	Title string
	N     int
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
	Brief             string // in how many scenarios
	Loud              string // where it is not what the policy declares
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
	for _, s := range m.Sentences() {
		words := safetyTones[s.Tone]
		words.Text = clean(s.Text, maxProse)
		v.Sentences = append(v.Sentences, words)
	}
	for _, s := range m.Sources {
		v.Sources = append(v.Sources, source(s))
	}
	for _, h := range m.Hazards {
		v.Hazards = append(v.Hazards, hazardView{Name: clean(h.Name, maxName), About: clean(h.About, maxProse)})
	}
	v.Spans = spans(m.Hazards)
	measured, others := safetyGroup{Title: "Policies of this run"}, safetyGroup{Title: "Others"}
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
		v.Groups = []safetyGroup{{Rows: others.Rows}}
	case len(others.Rows) == 0:
		v.Groups = []safetyGroup{{Rows: measured.Rows}}
	default:
		v.Groups = []safetyGroup{measured, others}
	}
	return v
}

// spans are the headings above the columns: of those that lose data, and of the others.
func spans(hazards []safety.Hazard) (out []hazardSpan) {
	for _, h := range hazards {
		title := "somebody waits or may hang"
		if h.Data {
			title = "data can be lost"
		}
		if last := len(out) - 1; last >= 0 && out[last].Title == title {
			out[last].N++
		} else {
			out = append(out, hazardSpan{title, 1})
		}
	}
	return out
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

// newSafetyCell makes the view of a cell, without its stories.
func newSafetyCell(h *safety.Hazard, c *safety.Cell) safetyCell {
	cell := signs[c.Mark]
	cell.Hazard, cell.Text, cell.Brief = clean(h.Name, maxName), clean(c.Text, maxProse), clean(c.Brief, maxName)
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
func (b *viewer) safetyRow(r *safety.Row, hazards []safety.Hazard) safetyRow {
	row := safetyRow{Policy: clean(r.Policy, maxPolicy), ID: clean(r.ID, maxPolicy), Look: chart.LookOf(r.Policy).Var()}
	told := map[string]string{} // by the story's ID, where it stands
	var broken []string
	looked := 0
	for i := range min(len(r.Cells), len(hazards)) {
		c := &r.Cells[i]
		cell := newSafetyCell(&hazards[i], c)
		if c.Mark == safety.Broken {
			broken = append(broken, cell.Hazard)
		}
		if c.Mark != safety.Unknown {
			looked++
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
