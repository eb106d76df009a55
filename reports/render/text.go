package render

import (
	"bytes"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/compare"
	"daxbench/reports/unit"
)

var textFormat = Format{Name: "text", About: "tables and conclusions for a terminal", Ext: ".txt", Write: Text}

// Geometry of the text format, in columns.
const (
	indent   = 2   // of everything below a heading
	gap      = 2   // between two columns
	maxLine  = 100 // of prose: longer lines are hard to read
	minWidth = 20  // narrower terminals are treated as this wide
)

// Text writes a table for a terminal of o.Width columns: one section per group, then the conclusions, which are what is
// left on the screen. Columns that do not fit are dropped in the order of the drop constants; a number is never wrapped.
func Text(w io.Writer, t *compare.Table, o Options) error {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	p := &page{paint: paint(o.Colour), width: max(o.Width, minWidth)}
	p.head(t)
	for i := range t.Groups {
		p.group(&t.Groups[i])
	}
	p.conclusions(t)
	_, err := w.Write(p.out.Bytes())
	return err
}

// page is the text while it is being written. It is written in one piece, so that an error leaves no half of a line.
type page struct {
	paint
	ascii bool // nothing else; see VersusMail
	width int
	out   bytes.Buffer
}

func (p *page) line(s string) {
	p.out.WriteString(strings.TrimRight(s, " "))
	p.out.WriteByte('\n')
}

// prose writes wrapped text with a mark before its first line.
func (p *page) prose(margin int, mark, s string, colours text.Colors) {
	room := min(p.width, maxLine) - margin - columns(mark)
	for i, l := range wrap(s, room) {
		lead := strings.Repeat(" ", columns(mark))
		if i == 0 {
			lead = p.on(mark, colours)
		}
		p.line(strings.Repeat(" ", margin) + lead + p.on(l, colours))
	}
}

// head writes what one has to know of the run, and the warnings that hold for all of it.
func (p *page) head(t *compare.Table) {
	line := ""
	for i, phrase := range headline(&t.Run) {
		switch {
		case i == 0:
			line = p.on(phrase, bold)
		case columns(line)+3+columns(phrase) > p.width:
			p.line(line)
			line = p.on(phrase, faint)
		default:
			line += p.on(" · "+phrase, faint)
		}
	}
	p.line(line)
	for _, w := range t.Warnings {
		p.prose(0, "! ", clean(w, maxProse), dear)
	}
}

// group writes one section.
func (p *page) group(g *compare.Group) {
	p.line("")
	params := parameters(g)
	if params != "" {
		params += " · "
	}
	p.title(0, g, params+measure(g))
	notes := newFootnotes(g)
	p.table(g, fit(g, tableColumns(g, notes), p.width-indent))
	texts, left := notes.shown()
	for i, s := range texts {
		p.prose(indent, unit.Superscript(i+1)+" ", clean(s, maxProse), dear)
	}
	if left > 0 {
		p.prose(indent, "", unit.Plural(left, "further warning")+" in run.json", dear)
	}
	for _, s := range []string{looked(g), timed(g)} {
		if s != "" {
			p.prose(indent, "", s, faint)
		}
	}
}

// title writes the name of a group, and behind it or below it what the group is told by.
func (p *page) title(margin int, g *compare.Group, rest string) {
	name := clean(g.Workload, maxName)
	lead := strings.Repeat(" ", margin) + p.on(name, bold)
	if margin+columns(name)+gap+columns(rest) <= p.width {
		p.line(lead + strings.Repeat(" ", gap) + p.on(rest, faint))
		return
	}
	p.line(lead)
	p.prose(margin+indent, "", rest, faint)
}

// filled is a column with its cells written.
type filled struct {
	column
	texts []string
	width int
}

// fit fills in the columns, leaves out those without a cell, and drops others until the rest fits into width.
func fit(g *compare.Group, cols []column, width int) []filled {
	var out []filled
	total := -gap
	for _, c := range cols {
		f := filled{column: c, texts: c.cells(g)}
		for _, s := range f.texts {
			f.width = max(f.width, columns(s))
		}
		if f.width == 0 {
			continue
		}
		f.width = max(f.width, columns(c.head))
		total += f.width + gap
		out = append(out, f)
	}
	for total > width {
		worst := -1
		for i, f := range out {
			if f.drop > 0 && (worst < 0 || f.drop > out[worst].drop) {
				worst = i
			}
		}
		if worst < 0 {
			break // what is left says what the table is for
		}
		total -= out[worst].width + gap
		out = append(out[:worst:worst], out[worst+1:]...)
	}
	return out
}

// table writes the rows of a group.
func (p *page) table(g *compare.Group, cols []filled) {
	out := make([]gridColumn, len(cols))
	for i, c := range cols {
		out[i] = gridColumn{head: c.head, align: c.align, texts: c.texts}
		if c.shade == nil {
			continue
		}
		for r := range g.Rows {
			out[i].shades = append(out[i].shades, c.shade(&g.Rows[r]))
		}
	}
	p.grid(out, len(g.Rows))
}

// conclusions writes the sentences, each group's below its name: those on safety, then after an empty line the others.
func (p *page) conclusions(t *compare.Table) {
	sentences := compare.Sentences(t)
	if len(sentences) > 0 {
		p.line("")
		p.line(p.on("What this run says", bold))
	}
	last := -1
	for i, s := range sentences {
		if i > 0 && s.Topic.OfSafety() != sentences[i-1].Topic.OfSafety() {
			p.line("")
			last = -1
		}
		margin := indent
		if s.Group >= 0 {
			margin = 2 * indent
			if s.Group != last {
				p.title(indent, &t.Groups[s.Group], parameters(&t.Groups[s.Group]))
			}
		}
		last = s.Group
		p.prose(margin, bullet(s.Topic)+" ", clean(s.Text, maxProse), tone(s.Topic))
	}
	if s := legend(t); s != "" {
		p.line("")
		p.prose(0, "", s, faint)
	}
}

// bullet tells the topics apart without colour.
func bullet(t compare.Topic) string {
	switch t {
	case compare.Harm:
		return "✗"
	case compare.Safe:
		return "✓"
	case compare.Price:
		return "≠"
	case compare.Level:
		return "="
	case compare.Share:
		return "·"
	}
	return "?"
}

// tone is the colour of a topic.
func tone(t compare.Topic) text.Colors {
	switch t {
	case compare.Harm:
		return bad
	case compare.Safe:
		return good
	case compare.Unknown:
		return faint
	}
	return neutral
}
