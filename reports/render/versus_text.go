package render

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

var versusText = VersusFormat{Name: "text", About: "tables for a terminal, as wide as it is", Ext: ".txt", Write: VersusText}

// VersusText writes files side by side for a terminal of o.Width columns. Columns that do not fit are dropped in the
// order of the drop constants; files that do not fit beside each other come one after the other, each beside the first.
func VersusText(w io.Writer, r *versus.Report, o VersusOptions) error {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	p := &versusPage{page{paint: paint(o.Colour), width: max(o.Width, minWidth)}, newSideBySide(r, false), "", "", ""}
	p.head()
	p.tables(o.All)
	p.close()
	_, err := w.Write(p.out.Bytes())
	return err
}

// versusPage is the text while it is being written.
type versusPage struct {
	page
	*sideBySide
	common string // what was left out of the names of the last table
	left   string // what was left out of its columns
	said   string // how to read changes of rounds
}

// head names the files and what is doubtful about all of them.
func (p *versusPage) head() {
	for i := range p.Inputs {
		in := &p.Inputs[i]
		line := p.on(p.say(clean(in.Label, maxProse)), bold)
		if about := p.about(in); about != "" {
			line += p.on("  "+about, faint)
		}
		if columns(clean(in.Label, maxProse)+"  "+p.about(in)) > p.width {
			p.line(p.on(p.say(middleCut(clean(in.Label, maxProse), p.width, "…")), bold))
			p.prose(indent, "", p.about(in), faint)
		} else {
			p.line(line)
		}
	}
	for _, w := range p.allWarnings() {
		p.prose(0, "! ", w, dear)
	}
}

// about says what a run is, where run.json does.
func (p *versusPage) about(in *versus.Input) string {
	var words []string
	add := func(s string) {
		if s != "" {
			words = append(words, p.say(clean(s, maxProse)))
		}
	}
	add(in.Tool)
	add(in.Commit)
	if in.Status != "finished" {
		add(in.Status)
	}
	if in.Run {
		add("seed " + strconv.FormatUint(in.Seed, 10))
		add(in.Machine)
	}
	return strings.Join(words, p.say(" · "))
}

// allWarnings are those of the report and of its files. What is always so between files stands in the legend.
func (s *sideBySide) allWarnings() (out []string) {
	for _, w := range s.Warnings {
		if w.Kind != versus.Unpaired {
			out = append(out, s.say(clean(w.Text, maxProse)))
		}
	}
	for i := range s.Inputs {
		for _, w := range s.Inputs[i].Warnings {
			text := s.say(clean(s.Inputs[i].Label, maxName) + ": " + clean(w.Text, maxProse))
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// tables writes the tables.
func (p *versusPage) tables(all bool) {
	var config []versus.Param
	shown := p.shown(all)
	for i, t := range shown {
		if i == 0 || !slices.Equal(config, t.Config) {
			p.line("")
			p.config(t.Config)
			config = t.Config
		} else if n := identical(t); n > 0 && !all {
			p.line("")
			p.prose(indent, "", p.say(fmt.Sprintf("%s: the same in %s", clean(t.Unit, maxName), unit.Plural(n, "comparison"))), faint)
			continue
		} else {
			p.line("")
		}
		p.table(t, false)
		if p.Reference != "" && slices.ContainsFunc(t.Rows, func(r versus.Row) bool { return hasWithin(&r) }) {
			p.line("")
			p.prose(indent, "", p.say("ratio to "+clean(p.Reference, maxPolicy)+" in the same file"), faint)
			p.table(t, true)
		}
	}
	if left := len(p.Tables) - len(shown) - p.besides(shown); left > 0 {
		p.line("")
		p.prose(0, "", unit.Plural(left, "further unit")+" not shown here; -all shows them, and so do csv and json.", faint)
	}
}

// identical is how many comparisons a table of another unit than the primary one has, if all of them are of equal values.
func identical(t *versus.Table) (n int) {
	if t.Role == versus.Primary {
		return 0
	}
	for i := range t.Rows {
		for k := 1; k < len(t.Columns); k++ {
			c := t.Rows[i].Cells[k].Change
			switch {
			case c == nil: // it is said above that the sets differ
			case c.Delta == nil || *c.Delta != 0, c.Verdict != versus.FewValues && (c.Verdict != versus.Same || c.Margin > 0):
				return 0
			default:
				n++
			}
		}
	}
	return n
}

// besides counts the tables whose figures stand beside those of another.
func (s *sideBySide) besides(shown []*versus.Table) (n int) {
	for _, t := range shown {
		n += min(maxBesides, len(s.Beside(t)))
	}
	return n
}

// config writes what the results of the tables below have in common.
func (p *versusPage) config(config []versus.Param) {
	words := make([]string, len(config))
	for i, c := range config {
		words[i] = p.say(clean(c.Key+": "+c.Value, maxConfig))
	}
	if len(words) > 0 {
		p.prose(0, "", strings.Join(words, p.say(" · ")), faint)
	}
}

// table writes one table, whole or file by file.
func (p *versusPage) table(t *versus.Table, within bool) {
	room := p.width - indent
	s := p.newSheet(t)
	var heads []int
	for col := 1; col < len(t.Columns); col++ {
		heads = append(heads, col)
	}
	pick := s.columns
	if within {
		pick = s.withinColumns
	}
	all := pick(heads)
	blocks, names := [][]int{heads}, all[0].texts
	cols, ok := s.fit(all, room)
	stacked := p.page.ascii && !(evident(all, cols) && slices.Equal(cols[0].texts, names))
	fit := func(heads []int) ([]gridColumn, bool) { return s.fit(pick(heads), room) }
	if stacked {
		names, s.keyless = elide(names, room, p.say("…")), false
		fit = func(heads []int) ([]gridColumn, bool) { return squeeze(pick(heads)[1:], room-indent) }
		cols, ok = fit(heads)
	}
	shown := [][]gridColumn{cols}
	if !ok && len(heads) > 1 {
		blocks, shown = nil, nil
		for _, col := range heads {
			cols, _ := fit([]int{col})
			blocks, shown = append(blocks, []int{col}), append(shown, cols)
		}
	}
	about := s.aboutNames()
	if about != "" && about != p.common {
		p.prose(indent, "", about, faint)
	}
	p.common = about
	s.number(shown...)
	for i, cols := range shown {
		if i > 0 {
			p.line("")
		}
		p.see(cols)
		if stacked {
			p.stack(all[0].head, names, cols)
		} else {
			p.grid(cols, len(cols[0].texts))
		}
		if !within {
			for _, text := range s.geomeans(cols, blocks[i]) {
				p.prose(indent, "", p.say(text), faint)
			}
		}
	}
	p.below(s, leftOut(all, shown...), within)
}

// evident says whether what is shown of a table lets others judge the changes, as those who read a mail must.
func evident(all, shown []gridColumn) bool {
	left := leftOut(all, shown)
	return !slices.Contains(left, whatInterval) && !slices.Contains(left, whatP)
}

// stack writes a table with each name on a line of its own, above the row.
func (p *versusPage) stack(unit string, names []string, cols []gridColumn) {
	below := page{paint: p.paint, ascii: p.page.ascii, width: p.width}
	below.grid(cols, len(names))
	margin := strings.Repeat(" ", indent)
	p.line(margin + unit)
	for i, line := range strings.Split(strings.TrimSuffix(below.out.String(), "\n"), "\n") {
		if row := i - 2; row >= 0 { // below the heads and their rule
			p.line(margin + names[row])
		}
		p.line(margin + line)
	}
}

// below writes what stands under a table: footnotes, what was left out, and how to read it.
func (p *versusPage) below(s *sheet, left []string, within bool) {
	for i, text := range s.texts[:min(len(s.texts), maxMarks)] {
		p.prose(indent, s.marks(i+1)+" ", p.say(clean(text, maxProse)), dear)
	}
	if n := len(s.texts) - maxMarks; n > 0 {
		p.prose(indent, "", unit.Plural(n, "further warning")+" in the csv and json formats", dear)
	}
	if what := strings.Join(left, ", "); what != "" && what != p.left {
		shows := "; -format markdown or a wider terminal shows them"
		if p.page.ascii {
			shows = "; -format markdown shows them"
		}
		p.prose(indent, "", p.say("left out at this width: "+what+shows), faint)
		p.left = what
	}
	if how := s.reading(within); how != "" && how != p.said {
		p.prose(indent, "", p.say(how), faint)
		p.said = how
	}
}

// aboutNames says what was left out of the names of a table.
func (s *sheet) aboutNames() string {
	var words []string
	if s.common != "" {
		words = append(words, "all: "+s.common)
	}
	if s.keyless {
		words = append(words, "names without their keys")
	}
	return strings.Join(words, s.say(" · "))
}

// close says how to read it.
func (p *versusPage) close() {
	if s := p.legend(); s != "" {
		p.line("")
		p.prose(0, "", p.say(s), faint)
	}
}

// legend says what was compared and how.
func (s *sideBySide) legend() string {
	if s.Compared == 0 {
		return "Nothing was compared."
	}
	paired, shifted := s.methods()
	text := "Compared: " + unit.Count(s.Compared)
	if s.Compared < s.Pairs {
		text += " of " + unit.Count(s.Pairs) + " (the others have too few values)"
	}
	text += "; differ at p ≤ " + strconv.FormatFloat(s.Alpha, 'g', -1, 64) + ": " + unit.Count(s.Changed)
	if s.Changed > 0 && s.Compared > 1 {
		text += ", and " + unit.Count(s.Holm) + " with all comparisons taken together (Holm)"
	}
	text += "."
	if paired && s.intervals {
		text += fmt.Sprintf(" Paired: with the %g %% interval of the median of the rounds' ratios.", 100*stats.Level)
	}
	if shifted {
		text += " Unpaired: the change of the medians"
		if s.tildes {
			text += ", ~ where none was found"
		}
		if s.intervals {
			text += fmt.Sprintf(", with the %g %% interval of the shift (Hodges, Lehmann)", 100*(1-s.Alpha))
		}
		text += "."
	}
	for _, w := range s.Warnings {
		if w.Kind == versus.Unpaired {
			text += " " + w.Text
		}
	}
	return text
}

// see notes what the legend has to explain.
func (s *sideBySide) see(cols []gridColumn) {
	for i := range cols {
		s.intervals = s.intervals || strings.HasPrefix(cols[i].what, whatInterval)
		s.tildes = s.tildes || slices.Contains(cols[i].texts, "~")
	}
}

// reading says what the changes of a table are, if they are not those of the numbers beside them.
func (s *sheet) reading(within bool) string {
	paired, changed := false, false
	for i := range s.table.Rows {
		for _, c := range s.table.Rows[i].Cells {
			if !within {
				paired = paired || c.Change != nil && c.Change.Method == versus.Paired && c.Change.Verdict.Says()
			} else if c.Within != nil {
				paired = paired || c.Within.Ratio.Method == versus.Paired
				changed = changed || c.Within.Change != nil && c.Within.Change.Method == versus.Shifted
			}
		}
	}
	text := ""
	switch {
	case paired && within:
		text = "ratio: the median of the rounds' ratios"
	case paired:
		return "change: the median of the rounds' ratios, which need not be the ratio of the two medians"
	}
	if changed {
		if text != "" {
			text += "; "
		}
		text += "changed: the shift from the rounds' ratios of one file to those of the other, which need not be the ratio of the two"
	}
	return text
}

// methods says how ratios were estimated.
func (s *sideBySide) methods() (paired, shifted bool) {
	for i := range s.Tables {
		for j := range s.Tables[i].Rows {
			for k := range s.Tables[i].Rows[j].Cells {
				c := &s.Tables[i].Rows[j].Cells[k]
				changes := []*versus.Change{c.Change}
				if w := c.Within; w != nil {
					changes = append(changes, &w.Ratio, w.Change)
				}
				for _, ch := range changes {
					paired = paired || ch != nil && ch.Method == versus.Paired
					shifted = shifted || ch != nil && ch.Method == versus.Shifted
				}
			}
		}
	}
	return paired, shifted
}
