package render

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

var gateMarkdownFormat = GateFormat[gate.Report]{Name: "markdown", About: "a step summary: the verdict, a table, details folded", Ext: ".md", Write: GateMarkdown}

// maxSummary is how long a step summary may be: GitHub takes 1 MiB and shows nothing of what is longer. A few kilobytes
// are left for what else the step writes.
// Source: docs.github.com, "Workflow commands for GitHub Actions", "Job summary isolation and limits".
const maxSummary = 1<<20 - 16<<10

// GateMarkdown writes what a gate found as GitHub-flavoured Markdown: the verdict, a table with the worst cell first, and
// folded below it the details. It is never longer than a step summary may be; what is cut is counted.
func GateMarkdown(w io.Writer, r *gate.Report, o Options) error {
	cells := worst(r.Cells)
	verdict, sentence := gateTitle(r)
	var head, foot bytes.Buffer
	fmt.Fprintf(&head, "## %s\n\n**%s**\n\n", escape(verdict), escape(sentence))
	if words := tally(r.Cells); !strings.Contains(sentence, words) {
		fmt.Fprintf(&head, "%s\n\n", words)
	}
	for _, s := range first(r.Warnings, maxFootnotes) {
		fmt.Fprintf(&head, "> **Warning:** %s\n\n", escape(clean(s, maxProse)))
	}
	if n := len(r.Warnings) - maxFootnotes; n > 0 {
		fmt.Fprintf(&head, "> %s\n\n", unit.Plural(n, "further warning"))
	}
	gateMarkdownFoot(&foot, r)

	// Two thirds of the room are the table's; the details have what it leaves.
	room := maxSummary - head.Len() - foot.Len()
	heads, rows := gateMarkdownTable(cells, pairs(r), o.Verbose)
	head.WriteString(heads)
	head.WriteString(fitting(rows, room*2/3, "line of the table", "lines of the table"))
	room = maxSummary - head.Len() - foot.Len()
	var notes []string
	for _, c := range cells {
		if !green(c.Verdict) || o.Verbose {
			notes = append(notes, gateMarkdownDetails(c, pairs(r)))
		}
	}
	head.WriteString(fitting(notes, room, "cell's details", "cells' details"))
	head.Write(foot.Bytes())
	_, err := w.Write(head.Bytes())
	return err
}

// fitting joins pieces as far as they fit into size bytes, and says how many did not.
func fitting(pieces []string, size int, one, many string) string {
	const note = 200 // bytes of the sentence
	var b strings.Builder
	for i, s := range pieces {
		if b.Len()+len(s) > size-note {
			left := len(pieces) - i
			if left > 1 {
				one = many
			}
			fmt.Fprintf(&b, "\n%s %s left out: a step summary has no more room. The other formats have all.\n", unit.Count(left), one)
			break
		}
		b.WriteString(s)
	}
	return b.String()
}

// gateMarkdownTable writes the table: its two lines of heads, and its rows.
func gateMarkdownTable(cells []*gate.Cell, pairs string, verbose bool) (heads string, rows []string) {
	if len(cells) == 0 {
		return "", nil
	}
	t := newGateTable(cells, pairs, 1<<20, verbose)
	t.without(columnForest) // its font is not as wide everywhere
	rows = strings.SplitAfter(markdownGrid(t.grid(), len(t.lines))+"\n", "\n")
	var below bytes.Buffer
	texts, left := t.notes.shown()
	for i, s := range texts {
		texts[i] = unit.Superscript(i+1) + " " + escape(clean(s, maxProse))
	}
	if left > 0 {
		texts = append(texts, unit.Plural(left, "further warning"))
	}
	markdownLine(&below, texts...)
	markdownLine(&below, escape(t.legend()))
	rows[len(rows)-1] = below.String()
	return rows[0] + rows[1], rows[2:]
}

// markdownGrid writes columns that all have so many rows.
func markdownGrid(cols []gridColumn, rows int) string {
	tw := table.NewWriter()
	var head table.Row
	var configs []table.ColumnConfig
	body := make([]table.Row, rows)
	for i, c := range cols {
		head = append(head, c.head)
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: c.align, AlignHeader: c.align})
		for r := range body {
			body[r] = append(body[r], escape(c.texts[r]))
		}
	}
	tw.AppendHeader(head)
	tw.AppendRows(body)
	tw.SetColumnConfigs(configs)
	return tw.RenderMarkdown()
}

// gateMarkdownDetails tells a cell in full, folded below its name.
func gateMarkdownDetails(c *gate.Cell, pairs string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n<details><summary>%s: %s</summary>\n\n", marked(c.Verdict), inHTML(clean(c.Name, maxCell)))
	for _, s := range details(c, pairs) {
		fmt.Fprintf(&out, "- %s\n", escape(s))
	}
	if c.Repeat != "" {
		out.WriteString("\nTo measure it again:\n\n" + fenced(clean(c.Repeat, maxCommand)))
	}
	if len(c.Profiles) > 0 {
		files := make([]string, len(c.Profiles))
		for i, f := range c.Profiles {
			files[i] = clean(f, maxCommand)
		}
		out.WriteString("\nProfiles:\n\n" + fenced(strings.Join(files, "\n")))
	}
	out.WriteString("\n</details>\n")
	return out.String()
}

// inHTML takes the meaning from the characters that HTML gives one, and from those with which GitHub finds code and people.
func inHTML(s string) string {
	return strings.NewReplacer("`", "&#96;", "@", "&#64;").Replace(html.EscapeString(s))
}

// fenced is a block of code that nothing in it can end.
func fenced(code string) string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + "\n" + code + "\n" + fence + "\n"
}

// gateMarkdownFoot writes the controls, and folded what was compared, by which rule.
func gateMarkdownFoot(out *bytes.Buffer, r *gate.Report) {
	if held, s := controlsSentence(r); s != "" {
		mark := "✓"
		if !held {
			mark = "!"
		}
		fmt.Fprintf(out, "\n%s %s\n", mark, escape(s))
	}
	markdownTrend(out, r.Trend)
	out.WriteString("\n<details><summary>What was compared, and the rule</summary>\n\n")
	for _, s := range gateFacts(r) {
		fmt.Fprintf(out, "- %s\n", escape(s))
	}
	fmt.Fprintf(out, "- base: %s\n- head: %s\n", escape(sideFacts(&r.Base)), escape(sideFacts(&r.Head)))
	if r.Rule != "" {
		fmt.Fprintf(out, "\n%s\n", escape(clean(r.Rule, maxRule)))
	}
	if r.Command != "" {
		out.WriteString("\n" + fenced(clean(r.Command, maxCommand)))
	}
	out.WriteString("\n</details>\n")
}
