package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// Past is the history of one workload on one machine: what its records say, one line per policy.
type Past struct {
	Machine string
	Name    string // of the workload with its parameters
	Unit    string
	Better  int    // +1 if higher is better, −1 if lower is, 0 if nothing says
	Against string // the policy that values are ratios to; empty if they are values
	Lines   []PastLine
}

// PastLine is one policy.
type PastLine struct {
	chart.Line
	Changes []PastChange
}

// PastChange is a record with which the level changed for good.
type PastChange struct {
	Since         string // the date of the record and its commit
	Before, After float64
	P             float64
}

// History says what is known of all records.
type History struct {
	Title   string
	Command string   // that made the page, for a reader
	Least   int      // records that compare which a change point takes; 0: no number does
	Alpha   float64  // of a change point
	Notes   []string // what is to be known of single records
	Damaged []string // records that were left out
	List    []Past
}

// OfHistory makes the page of the records of one or more machines: a chart and a table for each workload on each, and the
// change points in words. Of a machine those workloads come first that its newest record has; those that were recorded once
// have no course that a chart could show, and stand in one table behind the others.
func OfHistory(h *History) *Page {
	p := &Page{Title: h.Title, Warnings: trimmed(h.Damaged), Reading: h.reading()}
	ids := newNames()
	machines := make(map[string]bool)
	records, changes := 0, 0
	var once []*Past
	for _, past := range h.ordered() {
		machines[past.Machine] = true
		if !past.repeated() {
			once, records = append(once, past), max(records, 1)
			continue
		}
		s := past.section(ids)
		for _, l := range past.Lines {
			changes += len(l.Changes)
			records = max(records, l.length())
		}
		for _, c := range s.Sentences {
			p.Verdict = append(p.Verdict, compare.Sentence{Group: len(p.Groups), Topic: c.Topic, Text: s.Title + ": " + c.Text})
		}
		p.Groups = append(p.Groups, s)
	}
	if len(once) > 0 {
		p.Groups = append(p.Groups, onceSection(once, ids))
	}
	p.Lead = fmt.Sprintf("Up to %s of %s on %s.", unit.Plural(records, "record"), unit.Plural(len(h.List), "workload"), unit.Plural(len(machines), "machine"))
	p.Verdict = h.verdict(p.Verdict, changes, records)
	for _, n := range h.Notes {
		p.Facts = append(p.Facts, trimTo(n, maxFact))
	}
	if h.Command != "" {
		p.Origin = append(p.Origin, Fact{"command", trimTo(h.Command, maxFact)})
	}
	return p
}

// ordered is the list by machines, in the order in which they stand, and of each by the newest record, the latest first.
func (h *History) ordered() []*Past {
	machine := make(map[string]int)
	out := make([]*Past, len(h.List))
	for i := range h.List {
		out[i] = &h.List[i]
		if _, ok := machine[out[i].Machine]; !ok {
			machine[out[i].Machine] = len(machine)
		}
	}
	slices.SortStableFunc(out, func(a, b *Past) int {
		return cmp.Or(cmp.Compare(machine[a.Machine], machine[b.Machine]), b.newest().Compare(a.newest()))
	})
	return out
}

// newest is when the latest record began.
func (p *Past) newest() (when time.Time) {
	for i := range p.Lines {
		for _, st := range p.Lines[i].Stretches {
			for _, r := range st.Records {
				if r.When.After(when) {
					when = r.When
				}
			}
		}
	}
	return when
}

// repeated says whether any policy has two records.
func (p *Past) repeated() bool {
	return slices.ContainsFunc(p.Lines, func(l PastLine) bool { return l.points() > 1 })
}

// onceSection has a row for each policy of workloads that were recorded once.
func onceSection(list []*Past, ids names) Section {
	s := Section{ID: ids.of("recorded once"), Title: "Recorded once",
		About: "Workloads, or settings of them, of which there is one record: what has become of them nobody can say."}
	t := &Table{ID: "table-" + s.ID, Title: "Records", Columns: []Column{
		{Head: "machine"}, {Head: "workload"}, {Head: "what", About: "what the value is of, and which direction is the good one"}, {Head: "policy"},
		{Head: "date", About: "on which the run began, UTC"}, {"value", "median over the rounds", true},
		{"95 %", "interval of the value", true}, {"n", "rounds that the value rests on", true},
	}}
	for _, p := range list {
		for i := range p.Lines {
			l := &p.Lines[i]
			for _, st := range l.Stretches {
				for _, r := range st.Records {
					row := []Value{textValue(trim(p.Machine)), textValue(trim(p.Name)), textValue(strings.TrimSuffix(p.about(), "."))}
					t.Rows = append(t.Rows, append(row, p.row(l, r)...))
				}
			}
		}
	}
	t.squeeze()
	s.Tables = []*Table{t}
	return s
}

// row are policy, date, value, interval and rounds of a record.
func (p *Past) row(l *PastLine, r chart.Record) []Value {
	row := []Value{{Text: trim(l.Name), CSV: trim(l.Name), Sort: math.NaN(), Look: chart.LookOf(l.Name)},
		textValue(r.When.UTC().Format("2006-01-02 15:04")), {Text: p.value(r.Value), Sort: r.Value, CSV: float(r.Value)}, none(), none()}
	if r.Lo != 0 || r.Hi != 0 {
		row[3] = Value{Text: p.interval(r), Sort: r.Lo, CSV: float(r.Lo) + " to " + float(r.Hi), Tone: Faint}
	}
	if r.N > 0 {
		row[4] = count(r.N)
	}
	return row
}

// mostChanges is how many change points stand at the top of a page; the rest stand with their workloads.
const mostChanges = 4

// verdict is what the page says first.
func (h *History) verdict(said []compare.Sentence, changes, records int) []compare.Sentence {
	one := func(topic compare.Topic, format string, args ...any) compare.Sentence {
		return compare.Sentence{Group: -1, Topic: topic, Text: fmt.Sprintf(format, args...)}
	}
	switch {
	case h.Least == 0:
		return []compare.Sentence{one(compare.Unknown, "No number of records makes a change significant at α = %g.", h.Alpha)}
	case changes == 0 && records < h.Least:
		return []compare.Sentence{one(compare.Unknown, "Whether anything changed is undecided: a change point takes %d records that compare, and the longest series has %d.",
			h.Least, records)}
	case changes == 0:
		return []compare.Sentence{one(compare.Level, "No level changed for good, by a test on ranks at α = %g.", h.Alpha)}
	case len(said) > mostChanges:
		left := len(said) - mostChanges
		return append(said[:mostChanges:mostChanges], one(compare.Price, "%s further below.", unit.Plural(left, "level changed", "levels changed")))
	}
	return said
}

// reading explains the page.
func (h *History) reading() []string {
	out := []string{
		"Each point is the median over the rounds of a recorded run, with its 95 % interval. A line ends where a record's machine or program " +
			"differs from the one before in what times depend on: values on its two sides do not compare.",
		"A change point is where the level changed for good, by a test on ranks with permutations. It says that something changed on the " +
			"way from record to record: the code, or the machine.",
	}
	if h.Least > 0 {
		out = append(out, fmt.Sprintf("A change point takes at least %d records that compare, at α = %g.", h.Least, h.Alpha))
	}
	return out
}

// length is how many of the records compare: those of the longest stretch.
func (l *PastLine) length() (n int) {
	for i := range l.Stretches {
		n = max(n, len(l.Stretches[i].Records))
	}
	return n
}

// section is the part of the page about one workload.
func (p *Past) section(ids names) Section {
	name := trim(p.Name)
	s := Section{ID: ids.of(p.Machine + " " + name), Title: name + " on " + trim(p.Machine), About: p.about()}
	var lines []chart.Line
	for i := range p.Lines {
		l := &p.Lines[i]
		lines = append(lines, l.Line)
		for _, c := range l.Changes {
			s.Sentences = append(s.Sentences, compare.Sentence{Group: -1, Topic: compare.Price, Text: fmt.Sprintf(
				"%s %s since %s (median %s before, %s after, p=%.2g).", trim(l.Name), p.moved(c), trim(c.Since), p.value(c.Before), p.value(c.After), c.P)})
		}
	}
	if p.Against != "" {
		lines = append(lines, unity(trim(p.Against), lines))
	}
	c := chart.History("Over the records", trim(p.Unit), p.Better, lines)
	c.Note = p.note()
	if p.Against != "" {
		c.Y.Title, c.Y.Kind = trim(p.Unit)+" against the policy "+trim(p.Against), unit.Relative
	}
	c.ID = s.ID
	if c.Check() == nil {
		s.Charts = []*chart.Chart{c}
	}
	s.Tables = []*Table{p.table(s.ID)}
	return s
}

// unity is the line at 1 from the first to the last record of lines: the policy that their ratios are to.
func unity(against string, lines []chart.Line) chart.Line {
	var first, last time.Time
	for _, l := range lines {
		for _, st := range l.Stretches {
			for _, r := range st.Records {
				if first.IsZero() || r.When.Before(first) {
					first = r.When
				}
				if r.When.After(last) {
					last = r.When
				}
			}
		}
	}
	return chart.Line{Name: against, Stretches: []chart.Stretch{{Records: []chart.Record{{When: first, Value: 1}, {When: last, Value: 1}}}}}
}

// note says what the chart rests on.
func (p *Past) note() string {
	n := 0
	for i := range p.Lines {
		if k := p.Lines[i].points(); k > n {
			n = k
		}
	}
	return "Medians of " + unit.Plural(n, "record") + ", with 95 % intervals. A vertical line is where values stop to compare, or where a level changed."
}

// points is how many records there are.
func (l *PastLine) points() (n int) {
	for i := range l.Stretches {
		n += len(l.Stretches[i].Records)
	}
	return n
}

// about says what the values are.
func (p *Past) about() string {
	text := trim(p.Unit)
	if p.Against != "" {
		text = "Ratio of " + text + " to the policy " + trim(p.Against) + " in the same run, round by round"
	}
	switch {
	case p.Better > 0:
		text += "; more is better"
	case p.Better < 0:
		text += "; less is better"
	}
	return text + "."
}

// moved says in which direction a level changed, and by how much.
func (p *Past) moved(c PastChange) string {
	ratio := c.After / c.Before
	word := "rose"
	if ratio < 1 {
		word = "fell"
	}
	return word + " by " + strings.TrimLeft(unit.Ratio(ratio), "+−")
}

// value writes one value.
func (p *Past) value(v float64) string {
	if p.Against != "" {
		return unit.Ratio(v)
	}
	return unit.Format(v, unit.Of(p.Unit))
}

// interval is that of a record.
func (p *Past) interval(r chart.Record) string {
	if p.Against != "" {
		return interval(stats.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi, N: minPairs, Confidence: stats.Level}).Text
	}
	return bounds(stats.Estimate{Value: r.Value, Lo: r.Lo, Hi: r.Hi}, unit.Of(p.Unit))
}

// table has a row for each record of each policy.
func (p *Past) table(id string) *Table {
	in := ", in " + trim(p.Unit)
	if p.Against != "" {
		in = ", as a ratio"
	}
	t := &Table{ID: "table-" + id, Title: "Records", Columns: []Column{
		{Head: "policy"}, {Head: "date", About: "on which the run began, UTC"}, {"value", "median over the rounds" + in, true},
		{"95 %", "interval of the value", true}, {"n", "rounds that the value rests on", true}, {"against the one before", "which is there if the two compare", true},
		{Head: "note", About: "why it does not compare with the one before, or that the level changed"},
	}}
	for i := range p.Lines {
		l := &p.Lines[i]
		for k := range l.Stretches {
			st := &l.Stretches[k]
			for n, r := range st.Records {
				row := append(p.row(l, r), none(), none())
				if n > 0 {
					ratio := r.Value / st.Records[n-1].Value
					row[5] = Value{Text: unit.Ratio(ratio), Sort: ratio, CSV: float(ratio)}
				} else if st.Why != "" {
					row[6] = textValue("other " + trim(st.Why))
				}
				for j, at := range st.Changes {
					if at == n {
						row[6] = textValue("the level changed: " + unit.Ratio(st.Ratios[j]))
					}
				}
				t.Rows = append(t.Rows, row)
			}
		}
	}
	t.squeeze()
	return t
}
