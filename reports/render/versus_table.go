package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/perf/benchunit"

	"daxbench/reports/versus"
)

// The order in which columns of files side by side are dropped when there is too little room, first to last.
const (
	dropVersusVerdict   = 1
	dropVersusInterval  = 2
	dropVersusP         = 3 // n stays
	dropMailVerdict     = 4 // what stands in a mail is to be judged by others: the evidence goes last
	dropBesides         = 5 // and upward: the last goes first
	dropVersusRange     = dropBesides + maxBesides
	dropBesidesToChange = dropVersusRange + 1 // and upward: they become short
)

// Widths of files side by side, in terminal columns.
const (
	maxLabel     = 24 // of a file
	leastRowName = 16 // of a benchmark, on the narrowest terminal
	midRowName   = 32 // of a benchmark, before other columns are dropped for it
	maxNameWide  = 80 // of a benchmark, however wide the page
	maxConfig    = 60 // of a configuration value
	maxBesides   = 3  // units that stand beside the primary one
)

// sideBySide is a report on its way to one of the formats that people read.
type sideBySide struct {
	*versus.Report
	ascii  bool
	labels map[string]string // short names of columns

	intervals, tildes bool // some table shows an interval, or that nothing was found
}

// newSideBySide prepares a report.
func newSideBySide(r *versus.Report, ascii bool) *sideBySide {
	s := &sideBySide{Report: r, ascii: ascii, labels: make(map[string]string)}
	var all []string
	for i := range r.Tables {
		for _, c := range r.Tables[i].Columns {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	if len(all) > 0 {
		for i, short := range elide(shortLabels(all), maxLabel, s.say("…")) {
			s.labels[all[i]] = cmp.Or(s.say(clean(short, maxLabel)), versus.NoKey)
		}
	}
	return s
}

// toASCII are the characters that the formats write themselves, and what stands for them in mail.
var toASCII = strings.NewReplacer(" · ", ", ", " ± ", " +-", "µ", "u", "μ", "u", "±", "+-", "∞", "inf", "–", "-", "−", "-", "…", "..", "→", "->",
	"×", "x", "·", ",", "≥", ">=", "≤", "<=", "ö", "oe", "’", "'")

// say is text as the format may write it.
func (s *sideBySide) say(text string) string {
	if !s.ascii {
		return text
	}
	text = toASCII.Replace(text)
	if len(text) == utf8.RuneCountInString(text) {
		return text
	}
	quoted := strconv.QuoteToASCII(text)
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(quoted[1 : len(quoted)-1])
}

// shown are the tables for a reader who wants all, or who does not.
func (s *sideBySide) shown(all bool) (out []*versus.Table) {
	for i := range s.Tables {
		if t := &s.Tables[i]; all || t.Role == versus.Primary || t.Role == versus.Other {
			out = append(out, t)
		}
	}
	return out
}

// maxMarks is how many warnings a table gets. What is beyond is counted.
const maxMarks = 9

// marks writes numbers of warnings, from 1: ¹,², or [1,2].
func (s *sideBySide) marks(numbers ...int) string {
	if !s.ascii || len(numbers) == 0 {
		return superscripts(numbers)
	}
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(words, ",") + "]"
}

// sheet is one table on its way to columns.
type sheet struct {
	*sideBySide
	table  *versus.Table
	common string // of all names
	names  []string
	texts  []string // of the footnotes, by their numbers

	keyless bool // the names came to be without the keys of their parts
	several bool // columns are compared, so that it must be said whose a verdict is
}

// newSheet prepares a table.
func (s *sideBySide) newSheet(t *versus.Table) *sheet {
	names := make([]string, len(t.Rows))
	for i := range t.Rows {
		names[i] = t.Rows[i].Name
	}
	short, common := shortNames(names)
	for i, name := range short {
		short[i] = s.say(clean(name, maxProse))
	}
	return &sheet{
		sideBySide: s, table: t,
		common: s.say(clean(common, maxProse)), names: elide(short, maxNameWide, s.say("…")),
	}
}

// rows is how many rows the columns have: those of the table, and the geomean.
func (s *sheet) rows() int {
	if len(s.table.Rows) > 1 {
		return len(s.table.Rows) + 1
	}
	return len(s.table.Rows)
}

// column writes one text per row, and one for the geomean.
func (s *sheet) column(head string, align text.Align, drop int, cell func(r *versus.Row) (string, text.Colors), geomean func() string) gridColumn {
	c := gridColumn{head: s.say(head), align: align, drop: drop}
	for i := range s.table.Rows {
		t, shade := cell(&s.table.Rows[i])
		c.texts = append(c.texts, s.say(t))
		c.shades = append(c.shades, shade)
	}
	if s.rows() > len(s.table.Rows) {
		last := ""
		if geomean != nil {
			last = geomean()
		}
		c.texts = append(c.texts, s.say(last))
		c.shades = append(c.shades, faint)
	}
	return c
}

// noted puts the warnings of cells, and those of the geomean, beside a column. They get their numbers once it is known
// which columns are shown.
func (s *sheet) noted(c gridColumn, of func(r *versus.Row) []versus.Warning, geomean []versus.Warning) gridColumn {
	c.notes, c.room = make([][]string, len(c.texts)), make([]int, len(c.texts))
	for i := range c.texts {
		warnings := geomean
		if i < len(s.table.Rows) {
			warnings = of(&s.table.Rows[i])
		}
		for _, w := range warnings {
			if !slices.Contains(c.notes[i], w.Text) {
				c.notes[i] = append(c.notes[i], w.Text)
			}
		}
		c.room[i] = columns(s.marks(make([]int, len(c.notes[i]))...))
	}
	return c
}

// number gives the footnotes of the columns that are shown their numbers, row by row. Cells with the same warning share
// its number.
func (s *sheet) number(blocks ...[]gridColumn) {
	for _, cols := range blocks {
		for row := range cols[0].texts {
			for i := range cols {
				if cols[i].notes != nil {
					cols[i].texts[row] += s.marks(s.numbers(cols[i].notes[row])...)
				}
			}
		}
		for i := range cols {
			cols[i].notes, cols[i].room = nil, nil
		}
	}
}

// numbers are those of footnotes, which get them as they come.
func (s *sheet) numbers(notes []string) (numbers []int) {
	for _, text := range notes {
		n := slices.Index(s.texts, text)
		if n < 0 {
			n = len(s.texts)
			s.texts = append(s.texts, text)
		}
		if n < maxMarks {
			numbers = append(numbers, n+1)
		}
	}
	return numbers
}

// columns are those of the table, with the columns of the model that are asked for; the first is always there.
func (s *sheet) columns(heads []int) []gridColumn {
	s.several = len(heads) > 1
	name := gridColumn{head: s.say(clean(s.table.Unit, maxName)), align: text.AlignLeft, texts: slices.Clone(s.names)}
	if s.rows() > len(s.names) {
		name.texts = append(name.texts, geomeanName)
	}
	out := []gridColumn{name, s.values(0)}
	for _, col := range heads {
		change := func(r *versus.Row) *versus.Change { return r.Cells[col].Change }
		out = append(out, s.values(col), s.change(col), s.interval(col), s.p(col), s.verdict(col, change))
	}
	besides := s.Beside(s.table)
	for i, b := range besides[:min(len(besides), maxBesides)] {
		for _, col := range heads {
			out = append(out, s.beside(b, col, i))
		}
	}
	return out
}

// fit leaves out columns, and what is in the middle of names, until the rest fits into width. Names have what the other
// columns leave them, but a third of the width at least, up to midRowName.
func (s *sheet) fit(cols []gridColumn, width int) ([]gridColumn, bool) {
	if out, _ := squeeze(cols, math.MaxInt); totalWidth(out) <= width {
		return out, true
	}
	names := cols[0].texts
	limit := min(max(leastRowName, width/3), midRowName)
	if short := withoutKeys(names, limit); short != nil {
		names, s.keyless = short, true
	}
	cols[0].texts = elide(names, limit, s.say("…"))
	out, ok := squeeze(cols, width)
	out[0].texts = elide(names, out[0].width()+max(0, width-totalWidth(out)), s.say("…"))
	return out, ok
}

// values are the centres with their ranges, or without where there is too little room.
func (s *sheet) values(col int) gridColumn {
	short := s.centres(col, func(*versus.Cell) string { return "" }, func(w versus.Warning) bool { return w.Kind == versus.TooFew })
	long := s.centres(col, func(c *versus.Cell) string { return " ± " + brief(c.Range) }, func(versus.Warning) bool { return false })
	long.drop, long.what, long.short = dropVersusRange, "range (±)", &short
	return long
}

// centres are the centres with what stands behind them, and without the warnings that are not about them.
func (s *sheet) centres(col int, behind func(c *versus.Cell) string, besides func(w versus.Warning) bool) gridColumn {
	class := benchunit.ClassOf(s.table.Unit)
	sum := s.table.Summary[col]
	geomean := func() string {
		if sum.Centre.Finite() {
			return brief(benchunit.Scale(float64(sum.Centre), class))
		}
		return "–"
	}
	c := s.column(s.labels[s.table.Columns[col]], text.AlignRight, 0, func(r *versus.Row) (string, text.Colors) {
		c := &r.Cells[col]
		if c.N == 0 {
			return "–", faint
		}
		return brief(rowScale(r, class).Format(float64(c.Centre))) + behind(c), neutral
	}, geomean)
	c.keep = true
	return s.noted(c, func(r *versus.Row) []versus.Warning {
		return slices.DeleteFunc(slices.Clone(r.Cells[col].Warnings), besides)
	}, sum.Warnings)
}

// rowScale is the scale that all values of a row share, as in benchstat.
func rowScale(r *versus.Row, class benchunit.Class) benchunit.Scaler {
	var centres []float64
	for i := range r.Cells {
		if r.Cells[i].N > 0 {
			centres = append(centres, float64(r.Cells[i].Centre))
		}
	}
	return benchunit.CommonScale(centres, class)
}

// change is by how much the centres differ, or the rounds. That of the geomean is one only if its interval says so.
func (s *sheet) change(col int) gridColumn {
	sum := &s.table.Summary[col]
	var notes []versus.Warning
	if sum.Ratio.Finite() && !sum.Lo.Finite() {
		notes = []versus.Warning{{Kind: versus.TooFew, Text: "the change of one benchmark: that of all has no interval"}}
	}
	c := s.column("change", text.AlignRight, 0, func(r *versus.Row) (string, text.Colors) {
		c := r.Cells[col].Change
		if c == nil {
			return "", neutral
		}
		return changeText(c), versusShade(c.Verdict)
	}, func() string {
		switch {
		case !sum.Ratio.Finite():
			return ""
		case sum.Lo <= 1 && sum.Hi >= 1:
			return "~"
		}
		return asChange(sum.Ratio)
	})
	return s.noted(c, func(r *versus.Row) []versus.Warning {
		if c := r.Cells[col].Change; c != nil {
			return worthy(c)
		}
		return nil
	}, notes)
}

// geomeans says where the changes of the geomeans lie that are shown without their intervals.
func (s *sheet) geomeans(shown []gridColumn, heads []int) (out []string) {
	if s.rows() == len(s.table.Rows) || slices.ContainsFunc(shown, func(c gridColumn) bool { return c.what == whatInterval }) {
		return nil
	}
	for _, col := range heads {
		sum := &s.table.Summary[col]
		if in := span(sum.Lo, sum.Hi); in != "" && (sum.Lo > 1 || sum.Hi < 1) {
			text := "interval of the geomean's change: " + in + " %"
			if len(s.table.Columns) > 2 {
				text = s.labels[s.table.Columns[col]] + ": " + text
			}
			out = append(out, text)
		}
	}
	return out
}

// What is missed of a table without it.
const (
	whatInterval = "interval"
	whatP        = "p"
)

// worthy are the warnings of a change without those that the verdict says already.
func worthy(c *versus.Change) []versus.Warning {
	return slices.DeleteFunc(slices.Clone(c.Warnings), func(w versus.Warning) bool {
		return w.Kind == versus.Equal && c.Verdict == versus.Same || w.Kind == versus.TooFew && c.Verdict == versus.FewValues
	})
}

// changeText is a change as benchstat writes it; of rounds that were paired it is the median of their ratios.
func changeText(c *versus.Change) string {
	if c.Method == versus.Paired && c.Verdict.Says() {
		return asChange(c.Ratio.Value)
	}
	return brief(c.Text)
}

// asChange writes a ratio as benchstat does.
func asChange(ratio versus.Number) string {
	return brief(fmt.Sprintf("%+.2f%%", (float64(ratio)-1)*100))
}

// span writes the bounds of a ratio as changes in percent.
func span(lo, hi versus.Number) string {
	if !lo.Finite() || !hi.Finite() {
		return ""
	}
	digits := 1
	if size := max(math.Abs(float64(lo)-1), math.Abs(float64(hi)-1)); size >= 1 {
		digits = 0
	} else if size < 0.01 {
		digits = 2
	}
	bound := func(n versus.Number) string { return brief(fmt.Sprintf("%+.*f", digits, (float64(n)-1)*100)) }
	return "[" + bound(lo) + ", " + bound(hi) + "]"
}

// interval is where the ratio lies.
func (s *sheet) interval(col int) gridColumn {
	sum := s.table.Summary[col]
	c := s.column("interval %", text.AlignRight, dropVersusInterval, func(r *versus.Row) (string, text.Colors) {
		if c := r.Cells[col].Change; c != nil && c.Verdict.Says() && c.Method != versus.Exactly {
			return span(c.Ratio.Lo, c.Ratio.Hi), faint
		}
		return "", neutral
	}, func() string { return span(sum.Lo, sum.Hi) })
	c.what = whatInterval
	return c
}

// p is how likely such a difference is if there is none, and how many values that rests on.
func (s *sheet) p(col int) gridColumn {
	short := s.column("n", text.AlignLeft, 0, func(r *versus.Row) (string, text.Colors) {
		if c := r.Cells[col].Change; c != nil {
			return sizes(c), faint
		}
		return "", neutral
	}, nil)
	long := s.column("p, n", text.AlignLeft, dropVersusP, func(r *versus.Row) (string, text.Colors) {
		c := r.Cells[col].Change
		switch {
		case c == nil:
			return "", neutral
		case c.Method == versus.Paired:
			return fmt.Sprintf("p=%.3f n=%s paired", c.PairedP, sizes(c)), faint
		case s.table.Exact:
			return "exact n=" + sizes(c), faint
		}
		return fmt.Sprintf("p=%.3f n=%s", c.P, sizes(c)), faint
	}, nil)
	long.what, long.short = whatP, &short
	return long
}

// sizes is how many values, or pairs of them, a change rests on.
func sizes(c *versus.Change) string {
	switch {
	case c.Method == versus.Paired:
		return strconv.Itoa(c.Ratio.N)
	case c.N1 == c.N2:
		return strconv.Itoa(c.N1)
	}
	return fmt.Sprintf("%d+%d", c.N1, c.N2)
}

// verdict is the change in a word.
func (s *sheet) verdict(col int, of func(r *versus.Row) *versus.Change) gridColumn {
	head, drop := "verdict", dropVersusVerdict
	if s.several {
		head += " " + s.labels[s.table.Columns[col]]
	}
	if s.ascii {
		drop = dropMailVerdict
	}
	c := s.column(head, text.AlignLeft, drop, func(r *versus.Row) (string, text.Colors) {
		if c := of(r); c != nil {
			return verdictText(c), versusShade(c.Verdict)
		}
		return "", neutral
	}, nil)
	c.what = "verdict"
	return c
}

// verdictText is a verdict in words.
func verdictText(c *versus.Change) string {
	if c.Verdict == versus.Same && c.Margin > 0 {
		return fmt.Sprintf("same ±%g%%", c.Margin*100)
	}
	return string(c.Verdict)
}

// versusShade is the colour of a verdict.
func versusShade(v versus.Verdict) text.Colors {
	switch v {
	case versus.Better:
		return good
	case versus.Worse:
		return bad
	case versus.Higher, versus.Lower:
		return dear
	case versus.Same:
		return neutral
	}
	return faint
}

// beside is another unit of the same benchmarks, in both files; in short only how it changed.
func (s *sheet) beside(b *versus.Table, col, i int) gridColumn {
	head := versus.Tail(b.Unit)
	if head == "" {
		head = clean(b.Unit, maxName)
	}
	column := ""
	if s.several {
		column = " " + s.labels[s.table.Columns[col]]
	}
	find := func(r *versus.Row) (*versus.Row, *versus.Change) {
		// A table of another unit may lack a column that no benchmark has it in.
		o, at := b.Row(r.Name), slices.Index(b.Columns, s.table.Columns[col])
		if o == nil || at < 0 || o.Cells[at].Change == nil || b.Columns[0] != s.table.Columns[0] {
			return nil, nil
		}
		return o, o.Cells[at].Change
	}
	short := s.column(head+" change"+column, text.AlignRight, dropBesides+i, func(r *versus.Row) (string, text.Colors) {
		if _, c := find(r); c != nil {
			return changeText(c), versusShade(c.Verdict)
		}
		return "", neutral
	}, nil)
	class := benchunit.ClassOf(b.Unit)
	long := s.column(head+column, text.AlignRight, dropBesidesToChange+i, func(r *versus.Row) (string, text.Colors) {
		o, c := find(r)
		if c == nil {
			return "", neutral
		}
		scale := rowScale(o, class)
		at := slices.Index(b.Columns, s.table.Columns[col])
		return brief(scale.Format(float64(o.Cells[0].Centre))) + " → " + brief(scale.Format(float64(o.Cells[at].Centre))) + "  " + changeText(c), versusShade(c.Verdict)
	}, nil)
	short.what, long.what = head, head
	long.short = &short
	return long
}

// withinColumns are the ratios to the reference in each file, and how they changed.
func (s *sheet) withinColumns(heads []int) []gridColumn {
	s.several = len(heads) > 1
	name := gridColumn{head: s.say(clean(s.table.Unit, maxName)), align: text.AlignLeft, texts: slices.Clone(s.names)}
	out := []gridColumn{name}
	for _, col := range append([]int{0}, heads...) {
		ratio := func(r *versus.Row) *versus.Change {
			if w := r.Cells[col].Within; w != nil {
				return &w.Ratio
			}
			return nil
		}
		out = append(out, s.changeColumns(s.labels[s.table.Columns[col]], col, ratio, col == 0 && len(heads) == 0)...)
		if col > 0 {
			out = append(out, s.changeColumns("changed", col, func(r *versus.Row) *versus.Change {
				if w := r.Cells[col].Within; w != nil {
					return w.Change
				}
				return nil
			}, true)...)
		}
	}
	for i := range out { // rows without a ratio are those of the reference, which the title names
		out[i].texts = out[i].texts[:len(s.table.Rows)]
		if out[i].notes != nil {
			out[i].notes, out[i].room = out[i].notes[:len(s.table.Rows)], out[i].room[:len(s.table.Rows)]
		}
	}
	return s.onlyWithin(out)
}

// changeColumns are a ratio and its interval, and its verdict if asked for.
func (s *sheet) changeColumns(head string, col int, of func(r *versus.Row) *versus.Change, verdict bool) []gridColumn {
	value := s.noted(s.column(head, text.AlignRight, 0, func(r *versus.Row) (string, text.Colors) {
		if c := of(r); c != nil {
			return c.Text, versusShade(c.Verdict)
		}
		return "", neutral
	}, nil), func(r *versus.Row) []versus.Warning {
		if c := of(r); c != nil {
			return c.Warnings
		}
		return nil
	}, nil)
	interval := s.column("interval %", text.AlignRight, dropVersusInterval, func(r *versus.Row) (string, text.Colors) {
		if c := of(r); c != nil && c.Verdict.Says() {
			return span(c.Ratio.Lo, c.Ratio.Hi), faint
		}
		return "", neutral
	}, nil)
	interval.what = whatInterval
	if !verdict { // that of the change says more
		interval.what, interval.drop = "intervals of the ratios", dropBesides
	}
	out := []gridColumn{value, interval}
	if verdict {
		out = append(out, s.verdict(col, of))
	}
	return out
}

// onlyWithin leaves out the rows that have no ratio in any file.
func (s *sheet) onlyWithin(cols []gridColumn) []gridColumn {
	for i := range cols {
		var texts []string
		var shades []text.Colors
		var notes [][]string
		var room []int
		for r := range s.table.Rows {
			if !hasWithin(&s.table.Rows[r]) {
				continue
			}
			texts = append(texts, cols[i].texts[r])
			if cols[i].shades != nil {
				shades = append(shades, cols[i].shades[r])
			}
			if cols[i].notes != nil {
				notes, room = append(notes, cols[i].notes[r]), append(room, cols[i].room[r])
			}
		}
		cols[i].texts, cols[i].shades, cols[i].notes, cols[i].room = texts, shades, notes, room
	}
	return cols
}

func hasWithin(r *versus.Row) bool {
	return slices.ContainsFunc(r.Cells, func(c versus.Cell) bool { return c.Within != nil })
}
