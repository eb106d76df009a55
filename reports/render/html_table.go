package render

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/report"
)

type tableView struct {
	ID, Title, Label string // Label is of no other region of the page
	Columns          []columnView
	Explained        bool // a column says what it is
	Rows             []rowView
}

type columnView struct {
	Head, About string
	Numeric     bool
}

type rowView struct {
	Policy string
	Cells  []valueView
}

// valueView is one cell. Sort is the number that it sorts by, and CSV what is copied where that is neither Sort nor Text.
type valueView struct {
	Text, Interval, Class, Look string // Interval is what stands in brackets behind a number
	Sort, CSV                   string
	HasCSV                      bool
}

// tones are the classes of values.
var tones = map[report.Tone]string{report.Good: "good", report.Bad: "bad", report.Faint: "faint"}

func (b *viewer) table(t *report.Table, section string) tableView {
	v := tableView{ID: b.anchor(t.ID), Title: clean(t.Title, maxTitle)}
	v.Label = b.label(section, v.Title)
	for _, c := range t.Columns {
		v.Columns = append(v.Columns, columnView{Head: clean(c.Head, maxValue), About: clean(c.About, maxProse), Numeric: c.Numeric})
		v.Explained = v.Explained || c.About != ""
	}
	for _, values := range t.Rows {
		var row rowView
		for i, value := range values {
			cell := viewOf(value, i < len(t.Columns) && t.Columns[i].Numeric)
			if cell.Look != "" && row.Policy == "" {
				row.Policy = cmp.Or(clean(value.CSV, maxPolicy), cell.Text) // the text may have marks of footnotes
				b.policy(row.Policy, cell.Look)
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// policy remembers a policy and its colour.
func (b *viewer) policy(name, look string) {
	if !b.seen[name] {
		b.seen[name] = true
		b.policies = append(b.policies, policyView{Name: name, Look: look})
	}
}

// viewOf is one value.
func viewOf(value report.Value, numeric bool) valueView {
	v := valueView{Text: clean(value.Text, maxValue), Class: tones[value.Tone]}
	if value.Look != chart.ByPlace {
		v.Look = value.Look.Var()
	}
	csv := clean(value.CSV, maxTitle)
	if numeric {
		v.Class = strings.TrimSpace("num " + v.Class)
		if !math.IsNaN(value.Sort) {
			v.Sort = strconv.FormatFloat(value.Sort, 'g', -1, 64)
		}
		v.HasCSV = csv != v.Sort && (csv != v.Text || v.Sort != "")
	} else {
		v.HasCSV = csv != "" && csv != v.Text
	}
	v.CSV = csv
	if number, in, ok := strings.Cut(v.Text, " ["); ok && numeric {
		v.Text, v.Interval = number, "["+in
	}
	return v
}
