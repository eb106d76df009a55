package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

var versusMarkdown = VersusFormat{Name: "markdown", About: "tables for a pull request or a README", Ext: ".md", Write: VersusMarkdown}

// VersusMarkdown writes files side by side as GitHub-flavoured Markdown, with every column.
func VersusMarkdown(w io.Writer, r *versus.Report, o VersusOptions) error {
	m := &versusPaper{sideBySide: newSideBySide(r, false)}
	for i := range r.Inputs {
		in := &r.Inputs[i]
		line := "- " + escape(clean(in.Label, maxProse))
		if in.Machine != "" {
			line += " · " + escape(clean(in.Machine, maxProse))
		}
		if in.Commit != "" {
			line += " · commit " + escape(clean(in.Commit, maxFact))
		}
		fmt.Fprintln(&m.out, line)
	}
	for _, s := range m.allWarnings() {
		fmt.Fprintf(&m.out, "\n> **Warning:** %s\n", escape(s))
	}
	shown := m.shown(o.All)
	for i, t := range shown {
		if i == 0 || !slices.Equal(shown[i-1].Config, t.Config) {
			m.config(t.Config)
		}
		if n := identical(t); n > 0 && !o.All {
			fmt.Fprintf(&m.out, "\n%s: the same in %s\n", escape(clean(t.Unit, maxName)), unit.Plural(n, "comparison"))
			continue
		}
		s := m.newSheet(t)
		m.table(s, s.columns(others(t)), "", false)
		if r.Reference != "" && slices.ContainsFunc(t.Rows, func(r versus.Row) bool { return hasWithin(&r) }) {
			s := m.newSheet(t)
			m.table(s, s.withinColumns(others(t)), "Ratio to "+clean(r.Reference, maxPolicy)+" in the same file:", true)
		}
	}
	if left := len(m.Tables) - len(shown) - m.besides(shown); left > 0 {
		fmt.Fprintf(&m.out, "\n%s not shown here; `-all` shows them.\n", unit.Plural(left, "further unit"))
	}
	if s := m.legend(); s != "" {
		fmt.Fprintf(&m.out, "\n%s\n", escape(s))
	}
	_, err := w.Write(m.out.Bytes())
	return err
}

// versusPaper is the Markdown while it is being written.
type versusPaper struct {
	*sideBySide
	out bytes.Buffer
}

// others are the columns that are compared with the first.
func others(t *versus.Table) (heads []int) {
	for col := 1; col < len(t.Columns); col++ {
		heads = append(heads, col)
	}
	return heads
}

func (m *versusPaper) config(config []versus.Param) {
	words := make([]string, len(config))
	for i, c := range config {
		words[i] = escape(clean(c.Key+": "+c.Value, maxConfig))
	}
	if len(words) > 0 {
		fmt.Fprintf(&m.out, "\n%s\n", strings.Join(words, " · "))
	}
}

// table writes one table with its notes.
func (m *versusPaper) table(s *sheet, cols []gridColumn, title string, within bool) {
	if title != "" {
		fmt.Fprintf(&m.out, "\n%s\n", escape(title))
	}
	cols, _ = squeeze(cols, 1<<20)
	s.number(cols)
	m.see(cols)
	tw := table.NewWriter()
	tw.Style().Markdown.PadContent = true
	var head table.Row
	var configs []table.ColumnConfig
	rows := make([]table.Row, len(cols[0].texts))
	for _, c := range cols {
		head = append(head, escape(c.head))
		configs = append(configs, table.ColumnConfig{Number: len(head), Align: c.align, AlignHeader: c.align})
		for r := range rows {
			rows[r] = append(rows[r], escape(c.texts[r]))
		}
	}
	tw.AppendHeader(head)
	tw.AppendRows(rows)
	tw.SetColumnConfigs(configs)
	fmt.Fprintf(&m.out, "\n%s\n", tw.RenderMarkdown())
	var notes []string
	if s.common != "" {
		notes = append(notes, "all: "+escape(s.common))
	}
	for i, text := range s.texts[:min(len(s.texts), maxMarks)] {
		notes = append(notes, s.marks(i+1)+" "+escape(clean(text, maxProse)))
	}
	if left := len(s.texts) - maxMarks; left > 0 {
		notes = append(notes, unit.Plural(left, "further warning")+" in the csv and json formats")
	}
	if how := s.reading(within); how != "" {
		notes = append(notes, escape(how))
	}
	markdownLine(&m.out, notes...)
}
