package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/report"
)

// PageMarkdown writes a page as GitHub-flavoured Markdown, for a mail or a README: what HTML shows but for the stories of the
// safety matrix, of which there is the command that tells them. Charts are pictures in o.Charts, and left out without it.
func PageMarkdown(w io.Writer, p *report.Page, o HTMLOptions) error {
	v := newPageView(p, o)
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n", escape(v.Title))
	markdownLine(&out, escape(v.Name))
	markdownLine(&out, escape(v.Lead))
	markdownLine(&out, escaped(v.Facts)...)
	markdownTerms(&out, v.Words)
	for _, s := range append(v.Warnings.First, v.Warnings.Rest...) {
		fmt.Fprintf(&out, "\n> **Warning:** %s\n", escape(s))
	}
	if len(v.Verdict) > 0 {
		out.WriteString("\n## Verdict\n")
		markdownSentences(&out, v.Verdict)
	}
	if len(v.Compared) > 0 {
		out.WriteString("\n## What was compared\n")
		markdownTerms(&out, v.Compared)
	}
	if v.Safety != nil {
		markdownSafety(&out, v.Safety)
	}
	if v.Kernels != nil {
		markdownKernels(&out, v.Kernels)
	}
	for _, part := range v.Parts {
		fmt.Fprintf(&out, "\n## %s\n", escape(part.Title))
		for i := range part.Sections {
			markdownSection(&out, &part.Sections[i])
		}
	}
	if len(v.Reading) > 0 {
		out.WriteString("\n## How to read it\n")
		markdownList(&out, v.Reading)
	}
	markdownOrigin(&out, v)
	_, err := w.Write(out.Bytes())
	return err
}

// escaped escapes each string.
func escaped(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = escape(s)
	}
	return out
}

// markdownList writes strings as a list.
func markdownList(out *bytes.Buffer, list []string) {
	for i, s := range list {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "- %s\n", escape(s))
	}
}

// markdownTerms writes names with what they stand for as a list.
func markdownTerms(out *bytes.Buffer, list []termView) {
	for i, t := range list {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "- **%s:** %s\n", escape(t.Name), escape(t.About))
	}
}

func markdownSentences(out *bytes.Buffer, list []sentenceView) {
	for i, s := range list {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "- **%s:** %s\n", s.Tag, escape(s.Text))
	}
}

// markdownSafety writes the matrix, and of each cell that is broken how to see it.
func markdownSafety(out *bytes.Buffer, v *safetyView) {
	out.WriteString("\n## Safety\n")
	markdownSentences(out, v.Sentences)
	markdownMatrix(out, &v.matrixView)
	markdownList(out, slices.Concat(v.Doubts, v.Sources, v.Notes))
	for _, r := range v.rows() {
		for _, f := range r.Findings {
			if len(f.Stories) > 0 {
				fmt.Fprintf(out, "\n**%s, %s:** %s\n", escape(r.Name), escape(f.Head), escape(f.Text))
				markdownCommand(out, f.Stories[0].Replay)
			}
		}
	}
}

// markdownKernels writes the matrix, and of each cell in which something happened what it was, who waits in which functions, what
// the kernel said, and how to see it again.
func markdownKernels(out *bytes.Buffer, v *kernelsView) {
	out.WriteString("\n## Scenarios on kernels\n")
	markdownSentences(out, v.Sentences)
	for i, l := range v.Legend {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(out, "- %s **%s:** %s\n", l.Sign, escape(l.Word), escape(l.Text))
	}
	markdownMatrix(out, &v.matrixView)
	markdownList(out, v.Notes)
	for _, r := range v.rows() {
		for _, f := range r.Findings {
			if f.Quiet {
				continue
			}
			fmt.Fprintf(out, "\n**%s, %s:** %s %s\n", escape(r.Name), escape(f.Head), f.Sign, escape(f.Text))
			var lines []string
			for _, s := range f.Stalls {
				lines = append(lines, strings.TrimSuffix(s.Text+" In "+strings.Join(s.Stack, " < "), " In "))
			}
			for _, l := range f.Log {
				lines = append(lines, "The kernel said: "+l)
			}
			markdownList(out, slices.Concat(f.Each, lines))
			markdownCommand(out, f.Replay)
		}
	}
}

// markdownMatrix writes the table of a matrix.
func markdownMatrix(out *bytes.Buffer, v *matrixView) {
	tw := newMarkdownTable()
	head := table.Row{escape(v.Corner)}
	for _, c := range v.Columns {
		head = append(head, escape(cmp.Or(c.Full, c.Name)))
	}
	tw.AppendHeader(head)
	for _, r := range v.rows() {
		row := table.Row{escape(r.Name)}
		for _, c := range r.Cells {
			text := escape(c.Word)
			if c.Brief != "" {
				text += ", " + escape(c.Brief)
			}
			if c.Loud != "" {
				text += ", **" + c.Loud + "**"
			}
			row = append(row, c.Sign+" "+text)
		}
		tw.AppendRow(row)
	}
	fmt.Fprintf(out, "\n%s\n", tw.RenderMarkdown())
}

// markdownCommand writes a command as a block that can be copied. It has one line, so that indenting is enough, whatever
// is in it.
func markdownCommand(out *bytes.Buffer, command string) {
	if command != "" {
		fmt.Fprintf(out, "\n    %s\n", command)
	}
}

// markdownSection writes one section: sentences, pictures, tables.
func markdownSection(out *bytes.Buffer, s *sectionView) {
	fmt.Fprintf(out, "\n### %s\n", escape(s.Title))
	markdownLine(out, escape(s.Does))
	markdownTerms(out, s.Named)
	if s.Set != "" {
		markdownLine(out, escape("Fixed: "+s.Set))
	}
	markdownLine(out, escape(s.About))
	markdownSentences(out, s.Sentences)
	for _, set := range s.Sets {
		for _, c := range set.Charts {
			if c.Picture != "" {
				fmt.Fprintf(out, "\n![%s](%s)\n", escape(round(c.Title)), link(c.Picture))
				markdownLine(out, escape(c.Note))
			}
		}
	}
	for i := range s.Tables {
		markdownTable(out, &s.Tables[i])
	}
	for _, f := range s.Footnotes {
		markdownLine(out, escape(f))
	}
}

func markdownTable(out *bytes.Buffer, t *tableView) {
	if len(t.Columns) == 0 {
		return
	}
	tw := newMarkdownTable()
	var head table.Row
	var configs []table.ColumnConfig
	for i, c := range t.Columns {
		head = append(head, escape(c.Head))
		if c.Numeric {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	tw.AppendHeader(head)
	tw.SetColumnConfigs(configs)
	for _, r := range t.Rows {
		var row table.Row
		for _, c := range r.Cells {
			row = append(row, escape(strings.TrimSpace(c.Text+" "+c.Interval)))
		}
		tw.AppendRow(row)
	}
	if t.Title != "" {
		fmt.Fprintf(out, "\n**%s**\n", escape(t.Title))
	}
	fmt.Fprintf(out, "\n%s\n", tw.RenderMarkdown())
}

func newMarkdownTable() table.Writer {
	tw := table.NewWriter()
	tw.Style().Markdown.PadContent = true
	return tw
}

// markdownOrigin writes what someone needs to repeat it.
func markdownOrigin(out *bytes.Buffer, v *pageView) {
	if len(v.Origin)+len(v.Files) == 0 {
		return
	}
	out.WriteString("\n## Where it comes from\n\n")
	for _, f := range v.Origin {
		if !f.Command {
			fmt.Fprintf(out, "- %s: %s\n", escape(f.Name), escape(f.Value))
		}
	}
	for _, f := range v.Files {
		fmt.Fprintf(out, "- [%s](%s)", escape(round(f.Path)), link(f.Href))
		if f.About != "" {
			fmt.Fprintf(out, ": %s", escape(f.About))
		}
		out.WriteByte('\n')
	}
	for _, f := range v.Origin {
		if f.Command {
			fmt.Fprintf(out, "\n%s:\n", escape(f.Name))
			markdownCommand(out, f.Value)
		}
	}
}

// round makes brackets round, where square ones would end the text of a link.
var round = strings.NewReplacer("[", "(", "]", ")").Replace

// link takes the meaning from what would end the address of a link.
var link = strings.NewReplacer("(", "%28", ")", "%29", "*", "%2A", "_", "%5F").Replace
