package report

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/compare"
	"daxbench/reports/gallery"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

// OfRuns makes the page of two or more runs, each held against the first. v is the comparison of their files, in the same
// order. With a reference policy in v the page rests on the ratios to it within each run, which hold across machines and
// busy hours, and shows the plain values below.
//
// found is what litmus and verify left beside each run, in the same order, with nil for those that nobody looked at. Files are
// named with the folders of their runs. The error is as that of OfRun.
func OfRuns(sources []*gallery.Source, v *versus.Report, found []*safety.Matrix) (*Page, error) {
	drawn, err := charts(gallery.OfRuns, gallery.OfRuns, compared(sources, v), 0)
	names := newRowNames(sources)
	var labels []string
	for i := range v.Inputs {
		labels = append(labels, trim(v.Inputs[i].Label))
	}
	p := &Page{
		Title:    "Breaking layouts at inode eviction: " + strings.Join(labels, " → "),
		Lead:     runsLead(v, labels),
		Words:    words,
		Compared: terms(sources[len(sources)-1]),
		Warnings: append(runsWarnings(v), drawn.warnings...),
		Reading:  runsReading(v),
		Origin:   runsOrigin(sources, v),
		kinds:    drawn.kinds,
	}
	for i := range v.Inputs {
		p.Facts = append(p.Facts, labels[i]+": "+runFacts(&v.Inputs[i]))
	}
	p.subjects(sources, labels)
	for i, s := range sources {
		for _, f := range files(s.Run) {
			f.About = labels[i] + ": " + f.About
			p.Files = append(p.Files, File{filepath.Join(s.Run.Dir, f.Path), f.About})
		}
	}
	ids := newNames("charts", "violations")
	p.safety(sources, labels, found, ids)
	p.Verdict = append(p.Verdict, runsVerdict(v, names)...)
	if len(drawn.whole) > 0 {
		p.Overview = append(p.Overview, Section{ID: "charts", Title: "In pictures", Charts: drawn.whole})
	}
	for _, within := range []bool{true, false} {
		for _, t := range shown(v) {
			if within && (v.Reference == "" || t.Role != versus.Primary) {
				continue
			}
			if s, ok := unitSection(v, t, labels, within, ids, names); ok {
				p.Groups = append(p.Groups, s)
			}
		}
	}
	return p, err
}

// subjects says what was measured: once if that is the same in all runs.
func (p *Page) subjects(sources []*gallery.Source, labels []string) {
	var said, each []string
	for i, s := range sources {
		text := subject(s)
		each = append(each, labels[i]+": "+strings.TrimSuffix(strings.TrimPrefix(text, "Measured is "), "."))
		if text != "" && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	if len(said) == 1 {
		p.Lead += " " + said[0]
	} else {
		p.Facts = append(p.Facts, each...)
	}
}

// safety puts first what the runs let happen, and what litmus and verify found.
func (p *Page) safety(sources []*gallery.Source, labels []string, found []*safety.Matrix, ids names) {
	all := tallied(sources, labels)
	p.Verdict = safetySentences(all)
	if s, ok := tallySection(all); ok {
		p.Overview = append(p.Overview, s)
	}
	var unseen, doubts []string
	for i, m := range found {
		if m == nil || len(m.Rows) == 0 {
			unseen = append(unseen, labels[i])
			continue
		}
		m = besides(sources[i].Run, m)
		for _, d := range m.Doubts {
			doubts = append(doubts, labels[i]+": "+d)
		}
		p.Verdict = append(undeclared(m, labels[i]), p.Verdict...)
		p.Overview = append(p.Overview, foundSection(m, labels[i], ids))
	}
	p.Warnings = slices.Concat(doubts, p.Warnings)
	if n := len(unseen); n > 0 && n < len(found) {
		last := &p.Overview[len(p.Overview)-1]
		last.Footnotes = append(last.Footnotes, "Beside "+unit.List(unseen)+" there is nothing of litmus or verify.")
	}
}

// compared are the sources with how they compare.
func compared(sources []*gallery.Source, v *versus.Report) []*gallery.Source {
	if len(sources) == 0 {
		return nil
	}
	first := *sources[0]
	first.Versus = v
	return append([]*gallery.Source{&first}, sources[1:]...)
}

// shown are the tables that a reader wants: the units that decide, then those that stand beside them.
func shown(v *versus.Report) (out []*versus.Table) {
	for _, roles := range [][]versus.Role{{versus.Primary}, {versus.Other}, {versus.Beside}} {
		for i := range v.Tables {
			if slices.Contains(roles, v.Tables[i].Role) {
				out = append(out, &v.Tables[i])
			}
		}
	}
	return out
}

// runsLead says what is held against what.
func runsLead(v *versus.Report, labels []string) string {
	if len(labels) < 2 {
		return "One run has nothing to be held against."
	}
	text := unit.List(labels[1:]) + " against " + labels[0]
	if v.Reference != "" {
		return text + ", by what each policy costs in relation to " + trim(v.Reference) + " in the same run."
	}
	return text + ", value by value."
}

// runFacts is what one has to know of one of the runs.
func runFacts(in *versus.Input) string {
	words := []string{cmp.Or(trim(in.Tool), "version unknown"), cmp.Or(trim(in.Commit), "commit unknown")}
	if in.Status != "finished" {
		words = append(words, trim(in.Status))
	}
	words = append(words, unit.Plural(in.Rounds, "round"), "seed "+strconv.FormatUint(in.Seed, 10))
	if in.Started != "" {
		words = append(words, trim(in.Started))
	}
	if in.Machine != "" {
		words = append(words, "machine: "+trim(in.Machine))
	}
	return strings.Join(words, " · ")
}

// runsWarnings are the doubts about all of it. What is always so between two runs stands in the legend.
func runsWarnings(v *versus.Report) (out []string) {
	for _, w := range v.Warnings {
		if w.Kind != versus.Unpaired {
			out = append(out, trimTo(w.Text, maxFact))
		}
	}
	for i := range v.Inputs {
		for _, w := range v.Inputs[i].Warnings {
			out = append(out, trim(v.Inputs[i].Label)+": "+trimTo(w.Text, maxFact))
		}
		for _, w := range unknown(v.Inputs[i].Commit) {
			out = append(out, trim(v.Inputs[i].Label)+": "+w)
		}
	}
	return out
}

// change of a cell that a page rests on: of the value, or of the ratio to the reference.
func changeOf(c *versus.Cell, within bool) *versus.Change {
	switch {
	case !within:
		return c.Change
	case c.Within != nil:
		return c.Within.Change
	}
	return nil
}

// finding is a change that is a statement about two runs, with what it is of.
type finding struct {
	*versus.Change
	name string
}

// findings are those of the comparison.
func findings(v *versus.Report, names rowNames) (out []finding) {
	for _, f := range v.Findings() {
		if !f.Verdict.Says() {
			continue
		}
		bench, policy := names.of(f.Row.Name)
		name := bench + ", " + policy
		if len(f.Table.Columns) > 2 {
			name += " in " + trim(f.Table.Columns[f.Column])
		}
		out = append(out, finding{f.Change, name})
	}
	return out
}

// runsVerdict says what differs, and how much of it may be chance. That nothing was found to differ is called so; that the runs
// are the same is the topic only where most of what was compared was shown to be.
func runsVerdict(v *versus.Report, names rowNames) []compare.Sentence {
	var out []compare.Sentence
	say := func(topic compare.Topic, format string, args ...any) {
		out = append(out, compare.Sentence{Group: -1, Topic: topic, Text: fmt.Sprintf(format, args...)})
	}
	one, many := "value", "values"
	if v.Reference != "" {
		one, many = "ratio to "+trim(v.Reference), "ratios to "+trim(v.Reference)
	}
	all := findings(v, names)
	if len(all) == 0 {
		say(compare.Unknown, "Nothing can be said: no benchmark has enough values in both runs.")
		return out
	}
	var worse, better, same, open int
	var up, down finding
	for _, f := range all {
		switch f.Verdict {
		case versus.Worse, versus.Higher:
			worse++
			up = further(up, f)
		case versus.Better, versus.Lower:
			better++
			down = further(down, f)
		case versus.Same:
			same++
		default:
			open++
		}
	}
	things := unit.Plural(len(all), one+" was compared", many+" were compared")
	if worse+better == 0 {
		topic := compare.Unknown
		if 2*same > len(all) {
			topic = compare.Level
		}
		say(topic, "%s: no difference was found at p ≤ %g.", things, v.Alpha)
	} else {
		beyond := fmt.Sprintf("taken all %d together (Holm), none of these is beyond chance", len(all))
		if v.Holm > 0 {
			beyond = fmt.Sprintf("%d of these also when all %d are taken together (Holm)", v.Holm, len(all))
		}
		say(compare.Price, "%s: %d %s worse and %d better at p ≤ %g; %s.", things, worse, are(worse), better, v.Alpha, beyond)
	}
	for _, f := range []struct {
		finding
		word string
	}{{up, "worst"}, {down, "best"}} {
		if f.Change != nil {
			doubt := ""
			if f.Adjusted.Finite() && float64(f.Adjusted) > v.Alpha {
				doubt = ", which may be chance among so many"
			}
			say(compare.Price, "The %s change is that of %s: %s%s (n=%d and %d)%s.", f.word, f.name, unit.Ratio(f.Factor()),
				behind(intervalOf(f.Change)), f.N1, f.N2, doubt)
		}
	}
	if same+open > 0 {
		say(compare.Unknown, "Shown to be the same within their margins: %d; undecided: %d.", same, open)
	}
	return out
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// behind is an interval behind a number.
func behind(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// further is the change that is further from none.
func further(a, b finding) finding {
	if a.Change == nil || math.Abs(math.Log(b.Factor())) > math.Abs(math.Log(a.Factor())) {
		return b
	}
	return a
}

// intervalOf is the interval of a change in brackets, "" if it has none.
func intervalOf(c *versus.Change) string {
	lo, hi, ok := c.Interval()
	if !ok {
		return ""
	}
	from, to := unit.Interval(c.Factor(), lo, hi)
	return "[" + from + ", " + to + "]"
}

// runsReading explains the columns.
func runsReading(v *versus.Report) []string {
	out := []string{
		"value: median over the rounds of a run. change: of a run against the first one; where the rounds of two runs do not pair up, it is the " +
			"shift between two samples (Hodges, Lehmann), else the median of the ratios. The interval has 95 % confidence.",
		fmt.Sprintf("verdict: better or worse if p ≤ %g and the interval leaves out no change; the same within ±x %% if the whole interval "+
			"lies there; everything else is undecided. p is that of the rank-sum test, as benchstat computes it.", v.Alpha),
	}
	out = append(out, "what was compared: each workload by the unit that its run judges it by. Figures in other units stand in their tables, and are not "+
		"counted again.")
	if v.Reference != "" {
		out = append(out, "ratio to "+trim(v.Reference)+": formed round by round within each run, so that what slows the whole machine cancels out; "+
			"then the ratios of two runs are compared.")
	}
	for _, w := range v.Warnings {
		if w.Kind == versus.Unpaired {
			out = append(out, unit.Capital(trimTo(w.Text, maxFact)))
		}
	}
	return out
}

// runsOrigin is where the runs come from, one after the other.
func runsOrigin(sources []*gallery.Source, v *versus.Report) (out []Fact) {
	if v.Command != "" {
		out = append(out, Fact{"comparison", trimTo(v.Command, maxFact)})
	}
	for i, s := range sources {
		for _, f := range origin(s.Run) {
			out = append(out, Fact{trim(v.Inputs[i].Label) + ": " + f.Name, f.Value})
		}
	}
	return out
}
