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
	p := &versusPage{page{paint: paint(o.Colour), width: max(o.Width, minWidth)}, newSideBySide(r, false), ""}
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
			p.prose(indent, "", p.say(fmt.Sprintf("%s: the same in %s", clean(t.Unit, maxName), plural(n, "comparison"))), faint)
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
		p.prose(0, "", plural(left, "further unit")+" not shown here; -all shows them, and so do csv and json.", faint)
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
	var blocks [][]gridColumn
	cols, ok := s.fit(pick(heads), room)
	if ok || len(heads) < 2 {
		blocks = append(blocks, cols)
	} else {
		for _, col := range heads {
			cols, _ := s.fit(pick([]int{col}), room)
			blocks = append(blocks, cols)
		}
	}
	about := s.aboutNames()
	if about != "" && about != p.common {
		p.prose(indent, "", about, faint)
	}
	p.common = about
	for i, cols := range blocks {
		if i > 0 {
			p.line("")
		}
		p.grid(cols, len(cols[0].texts))
	}
	for i, text := range s.texts[:min(len(s.texts), maxMarks)] {
		p.prose(indent, s.mark(i)+" ", p.say(clean(text, maxProse)), dear)
	}
	if left := len(s.texts) - maxMarks; left > 0 {
		p.prose(indent, "", plural(left, "further warning")+" in the csv and json formats", dear)
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
	if paired {
		text += fmt.Sprintf(" Paired: the median over the rounds of the ratio of each round, with its %g %% interval.", 100*stats.Level)
	}
	if shifted {
		text += fmt.Sprintf(" Unpaired: the change of the medians, ~ where none was found, "+
			"with the %g %% interval of the shift (Hodges, Lehmann).", 100*(1-s.Alpha))
	}
	for _, w := range s.Warnings {
		if w.Kind == versus.Unpaired {
			text += " " + w.Text
		}
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
