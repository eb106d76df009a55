package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"daxbench/reports/compare"
	"daxbench/reports/unit"
)

var markdownFormat = Format{Name: "markdown", About: "tables and conclusions for a README or a pull request", Ext: ".md", Write: Markdown}

// Markdown writes a table as GitHub-flavoured Markdown: every column that has a value, but for those of great widths; no
// colour, no bars.
func Markdown(w io.Writer, t *compare.Table, _ Options) error {
	var out bytes.Buffer
	phrases := headline(&t.Run)
	for i, s := range phrases {
		phrases[i] = escape(s)
	}
	fmt.Fprintf(&out, "%s\n", strings.Join(phrases, " · "))
	for _, s := range t.Warnings {
		fmt.Fprintf(&out, "\n> **Warning:** %s\n", escape(clean(s, maxProse)))
	}
	for i := range t.Groups {
		markdownGroup(&out, &t.Groups[i])
	}
	markdownConclusions(&out, t)
	_, err := w.Write(out.Bytes())
	return err
}

// markdownGroup writes one section.
func markdownGroup(out *bytes.Buffer, g *compare.Group) {
	fmt.Fprintf(out, "\n### %s", escape(clean(g.Workload, maxName)))
	if params := parameters(g); params != "" {
		fmt.Fprintf(out, " · %s", escape(params))
	}
	fmt.Fprintf(out, " · %s\n\n", escape(measure(g)))

	notes := newFootnotes(g)
	tw := table.NewWriter()
	tw.Style().Markdown.PadContent = true
	var head table.Row
	var configs []table.ColumnConfig
	rows := make([]table.Row, len(g.Rows))
	for _, c := range fit(g, tableColumns(g, notes), 1<<20) {
		if c.drop == dropBar || c.drop >= dropP90 {
			continue
		}
		head = append(head, c.head)
		configs = append(configs, table.ColumnConfig{Number: len(head), Align: c.align, AlignHeader: c.align})
		for r := range rows {
			rows[r] = append(rows[r], escape(c.texts[r]))
		}
	}
	tw.AppendHeader(head)
	tw.AppendRows(rows)
	tw.SetColumnConfigs(configs)
	fmt.Fprintf(out, "%s\n", tw.RenderMarkdown())

	texts, left := notes.shown()
	for i, s := range texts {
		texts[i] = unit.Superscript(i+1) + " " + escape(clean(s, maxProse))
	}
	if left > 0 {
		texts = append(texts, unit.Plural(left, "further warning")+" in run.json")
	}
	markdownLine(out, texts...)
	markdownLine(out, escape(looked(g)), escape(timed(g)))
}

// markdownLine writes phrases, those that are not empty, as one paragraph.
func markdownLine(out *bytes.Buffer, phrases ...string) {
	phrases = slices.DeleteFunc(phrases, func(s string) bool { return s == "" })
	if len(phrases) > 0 {
		fmt.Fprintf(out, "\n%s\n", strings.Join(phrases, " · "))
	}
}

// markdownConclusions writes the sentences as lists.
func markdownConclusions(out *bytes.Buffer, t *compare.Table) {
	sentences := compare.Sentences(t)
	if len(sentences) > 0 {
		out.WriteString("\n### What this run says\n")
	}
	last := -2
	for _, s := range sentences {
		if s.Group != last {
			out.WriteByte('\n')
			if s.Group >= 0 {
				fmt.Fprintf(out, "%s:\n\n", escape(clean(t.Groups[s.Group].Name(), maxProse)))
			}
			last = s.Group
		}
		fmt.Fprintf(out, "- %s\n", escape(clean(s.Text, maxProse)))
	}
	if s := legend(t); s != "" {
		fmt.Fprintf(out, "\n%s\n", escape(s))
	}
}

// escape takes the meaning from the characters that Markdown or HTML give one. Brackets that no link follows have none;
// they are left alone if what they hold is an interval. The pipe is left to the table writer in tables, and means nothing
// outside of them.
var escape = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `](`, `]\(`, `![`, `\!\[`, `#`, `\#`, `~`, `\~`, `@`, `&#64;`,
).Replace
