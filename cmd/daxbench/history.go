package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"daxbench/baselines"
	"daxbench/reports/chart"
	"daxbench/reports/render"
	"daxbench/reports/report"
	"daxbench/reports/unit"
)

// history is what the command of that name was asked for.
type history struct {
	baselineFlags
	metric, cell, against, out string
	alpha                      float64
}

func newHistory() *cobra.Command {
	var f history
	cmd := &cobra.Command{
		Use:   "history",
		Short: "show a metric over the recorded dates, with the points where it changed",
		Long: "History draws a line for each cell over the records of a machine. Records whose\n" +
			"machines or programs differ in what times depend on stand apart. A change point\n" +
			"is where the level changed for good, by a test on ranks; it says that something\n" +
			"changed on the way from record to record: the code, or the machine.\n\n" +
			"Exit status: 0 fine; 2 usage; 4 nothing is recorded, nothing matches, or a record\n" +
			"is damaged and was left out.",
		Example: "  daxbench history -cell 'evict-storm|EvictStorm/dax=50' -metric p99-ns\n" +
			"  daxbench history -cell policy=dax-only -o history.png\n" +
			"  daxbench history -against none -o history.html",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd) },
	}
	fl := cmd.Flags()
	f.flags(fl, "all")
	fl.StringVar(&f.metric, "metric", "", "`unit` to show, as in results.txt (default: the one by which each storm is judged)")
	fl.StringVar(&f.cell, "cell", "", "cells whose names match `regexp`, as go test -bench has them (default: all)")
	fl.StringVar(&f.against, "against", "", "ratios to that `policy` in the same run, round by round, such as to the policy none: what slows both alike does not show (default: the values themselves)")
	fl.Float64Var(&f.alpha, "alpha", 0.01, "call a change one with a p-value of at most `p` (default 0.01)")
	fl.StringVarP(&f.out, "o", "o", "", "also write a page into `file`, if its name ends in .html, or draw charts, if in .png")
	return cmd
}

// execute prints what there is, and draws it.
func (f *history) execute(cmd *cobra.Command) error {
	q := baselines.Query{Unit: f.metric, Against: f.against, Alpha: f.alpha}
	var err error
	if q.Cell, err = regexp.Compile(f.cell); err != nil {
		return usagef("-cell: %w", err)
	}
	switch {
	case !(f.alpha > 0 && f.alpha < 1): // also if it is no number
		return usagef("-alpha %v: want a number between 0 and 1", f.alpha)
	case cmd.Flags().Changed("o") && historyOutput(f.out) == nil:
		return usagef("-o %q: want a name that ends in .png or .html", f.out)
	}
	s, err := f.open()
	if err != nil {
		return err
	}
	defer s.Close()
	machines, err := f.machines(s)
	if err != nil {
		return err
	}
	p := historyPage{page: wholePage(cmd.OutOrStdout()), against: f.against, least: baselines.LeastForChange(f.alpha)}
	past := report.History{Title: "History of " + f.dir, Command: commandLine(cmd, nil), Least: p.least, Alpha: f.alpha}
	var damaged []error
	whole := 0 // records that have a say
	for _, machine := range machines {
		entries, err := s.Entries(machine)
		if err != nil {
			return err
		}
		damaged = append(damaged, damage(s, machine, entries))
		for _, e := range entries {
			if e.Err() == nil {
				whole++
			}
		}
		list, err := baselines.History(entries, q)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			continue
		}
		groups := grouped(list)
		p.machine(machine, groups)
		for _, g := range groups {
			past.List = append(past.List, f.past(machine, g))
		}
	}
	if len(past.List) == 0 {
		if err := errors.Join(damaged...); err != nil && whole == 0 {
			return err
		}
		return errors.Join(append(damaged, &nothingError{f.nothing()})...)
	}
	p.end()
	if err := p.print(cmd.OutOrStdout()); err != nil {
		return err
	}
	if f.out == "" {
		return errors.Join(damaged...)
	}
	past.Notes = p.said
	if err := errors.Join(damaged...); err != nil {
		past.Damaged = strings.Split(printable(err.Error()), "\n")
	}
	n, err := historyOutput(f.out)(f.out, report.OfHistory(&past))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "daxbench: %s in %s\n", unit.Plural(n, "chart"), f.out); err != nil {
		return err
	}
	return errors.Join(damaged...)
}

// nothing says what was asked for in vain.
func (f *history) nothing() string {
	what := "nothing is recorded in " + f.dir
	if f.metric != "" {
		what += " with the metric " + f.metric
	}
	if f.against != "" {
		what += " to be held against the policy " + f.against
	}
	if f.cell != "" {
		what += fmt.Sprintf(" for cells that match %q", f.cell)
	}
	return what
}

// historyOutputs write a page of histories into a file, by the end of its name, and return how many charts they wrote.
var historyOutputs = map[string]func(name string, p *report.Page) (int, error){".html": historyHTML, ".png": historyPNG}

// historyOutput is the one for a name, or nil.
func historyOutput(name string) func(name string, p *report.Page) (int, error) {
	return historyOutputs[filepath.Ext(name)]
}

// historyHTML writes the page.
func historyHTML(name string, p *report.Page) (int, error) {
	return len(p.Charts()), writeWhole(name, func(w io.Writer) error { return render.HTML(w, p, render.HTMLOptions{}) })
}

// mostCharts is how many charts make a picture that one can look at.
const mostCharts = 24

// historyPNG draws the charts below each other.
func historyPNG(name string, p *report.Page) (int, error) {
	var charts []*chart.Chart
	for _, section := range p.Groups {
		for _, c := range section.Charts {
			c.Title = section.Title
			charts = append(charts, c)
		}
	}
	switch n := len(charts); {
	case n == 0:
		return 0, &nothingError{"there is nothing to draw: no series has two records"}
	case n > mostCharts:
		return 0, usagef("-o: %d charts are more than the %d that make a picture: choose some with -cell or -machine, or write a page: -o %s",
			n, mostCharts, strings.TrimSuffix(filepath.Base(name), ".png")+".html")
	}
	return len(charts), writeWhole(name, func(w io.Writer) error { return chart.Draw(w, chart.DefaultSize, charts...) })
}

// grouped puts series beside each other that differ in the policy only.
func grouped(list []*baselines.Series) (groups [][]*baselines.Series) {
	for _, s := range list {
		i := slices.IndexFunc(groups, func(g []*baselines.Series) bool { return groupName(g[0]) == groupName(s) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// groupName says what the series of a group have in common.
func groupName(s *baselines.Series) string {
	name := s.Key.Group()
	for _, f := range s.Settings {
		name += " " + f.Key + "=" + f.Value
	}
	return render.Clean(name, 3*maxShown) + " · " + render.Clean(s.Unit, maxShown)
}

// policyName is how a series is called within its group.
func policyName(s *baselines.Series) string {
	const widest = 24
	return render.Clean(orUnknown(s.Key.Policy), widest)
}

// historyPage is what history prints.
type historyPage struct {
	*page
	against string   // the policy that ratios are to; "": values
	least   int      // records that a change takes; 0: no number does
	few     bool     // a stretch has fewer
	said    []string // of single records
	longest int      // records that compare, of any series
}

// value writes one value of a series.
func (p *historyPage) value(s *baselines.Series, v float64) string {
	if p.against != "" {
		return unit.Ratio(v)
	}
	return unit.Format(v, unit.Of(s.Unit))
}

// what says of what the values of a series are, and which direction is the good one.
func (p *historyPage) what(s *baselines.Series) string {
	if p.against != "" {
		return ", change against the policy " + render.Clean(p.against, maxShown)
	}
	return direction(s)
}

// machine writes all that is known of one machine.
func (p *historyPage) machine(name string, groups [][]*baselines.Series) {
	if p.out.Len() > 0 {
		p.line("")
	}
	p.line("On " + name + ":")
	var records []*baselines.Entry
	breaks := make(map[string]string) // by record
	for _, g := range groups {
		p.line("")
		p.line(groupName(g[0]) + p.what(g[0]))
		p.group(g)
		for _, s := range g {
			for i := range s.Stretches {
				st := &s.Stretches[i]
				p.few, p.longest = p.few || st.Few, max(p.longest, len(st.Points))
				for _, point := range st.Points {
					if !slices.Contains(records, point.Entry) {
						records = append(records, point.Entry)
					}
				}
				if len(st.Since) > 0 {
					breaks[st.Points[0].Entry.Name] = reasons(st.Since)
				}
			}
		}
	}
	p.notes(records, breaks)
}

// end says how many records a change point takes, and whether there are as many.
func (p *historyPage) end() {
	if p.least == 0 {
		p.item(0, 0, "", "\nNo number of records makes a change significant at this -alpha.")
		return
	}
	says := fmt.Sprintf("\nA change point takes at least %d records that compare", p.least)
	switch {
	case p.longest < p.least:
		says += fmt.Sprintf("; the longest series has %d", p.longest)
	case p.few:
		says += "; some series have fewer"
	}
	p.item(0, 0, "", says+".")
}

// notes says what is to be known about the records behind the lines.
func (p *historyPage) notes(records []*baselines.Entry, breaks map[string]string) {
	first := true
	for _, e := range records {
		var words []string
		if why := breaks[e.Name]; why != "" {
			words = append(words, "│ times do not compare with those before: "+why)
		}
		if doubts := e.Doubts(); len(doubts) > 0 {
			words = append(words, "doubtful: "+strings.Join(doubts, ", "))
		}
		if len(words) == 0 {
			continue
		}
		if first {
			p.line("")
		}
		first = false
		text := render.Clean(e.Name+": "+strings.Join(words, "; "), 10*maxShown)
		p.said = append(p.said, text)
		p.item(0, 0, "", text)
	}
}

// direction says which one is the good one.
func direction(s *baselines.Series) string {
	switch s.Better {
	case +1:
		return ", more is better"
	case -1:
		return ", less is better"
	}
	return ""
}

// reasons says in what two machines differ.
func reasons(list []baselines.Difference) string {
	words := make([]string, len(list))
	for i, d := range list {
		words[i] = render.Clean(d.String(), 2*maxShown)
	}
	return strings.Join(words, "; ")
}

// group writes a line for each series: policy, sparkline, first and last value, change, number of records; and a line
// for each change point.
func (p *historyPage) group(g []*baselines.Series) {
	var rows [][]string
	for _, s := range g {
		first, last := ends(s)
		row := []string{policyName(s), sparkline(s), p.value(s, first), "→ " + p.value(s, last), unit.Ratio(last / first), fmt.Sprintf("n=%d", s.Len())}
		if n := len(s.Stretches[len(s.Stretches)-1].Points); n == 1 {
			row[3], row[4] = "", ""
		} else if n < s.Len() {
			row[5] = fmt.Sprintf("n=%d of %d", n, s.Len())
		}
		rows = append(rows, row)
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(cell))
		}
	}
	for i, row := range rows {
		line := "  "
		for k, cell := range row {
			pad := strings.Repeat(" ", widths[k]-text.StringWidthWithoutEscSequences(cell))
			if right := k == 2 || k == 4; right {
				cell, pad = pad+cell, ""
			}
			line += cell + pad + "  "
		}
		p.line(strings.TrimRight(line, " "))
		p.changes(g[i], 2+widths[0]+2)
	}
}

// changes writes the change points of a series.
func (p *historyPage) changes(s *baselines.Series, margin int) {
	for i := range s.Stretches {
		st := &s.Stretches[i]
		for _, c := range st.Changes {
			p.item(margin, 0, "", fmt.Sprintf("%s %s since %s: median %s before, %s after, p=%.2g", arrow(c.After/c.Before),
				unit.Ratio(c.After/c.Before), since(st.Points[c.At].Entry), p.value(s, c.Before), p.value(s, c.After), c.P))
		}
	}
}

func arrow(ratio float64) string {
	if ratio < 1 {
		return "↓"
	}
	return "↑"
}

// ends returns the first and the last value of a series that compare.
func ends(s *baselines.Series) (first, last float64) {
	points := s.Stretches[len(s.Stretches)-1].Points
	return points[0].Value, points[len(points)-1].Value
}

// sparks are the levels of a sparkline.
var sparks = []rune("▁▂▃▄▅▆▇█")

// longestSpark is how many records a sparkline shows; those before are left out.
const longestSpark = 24

// leastSpread is what a sparkline spans at least, as a share of the smallest value, so that noise is not drawn as steps.
const leastSpread = 0.1

// sparkline draws a series: one column a record, a bar where records stop to compare. One record has no level.
func sparkline(s *baselines.Series) string {
	if s.Len() == 1 {
		return "–"
	}
	lo, hi := math.Inf(1), 0.0
	for i := range s.Stretches {
		for _, p := range s.Stretches[i].Points {
			lo, hi = min(lo, p.Value), max(hi, p.Value)
		}
	}
	spread := max(hi-lo, leastSpread*lo)
	var out []rune
	for i := range s.Stretches {
		if i > 0 {
			out = append(out, '│')
		}
		for _, p := range s.Stretches[i].Points {
			level := (p.Value - lo) / spread * float64(len(sparks)-1)
			out = append(out, sparks[int(math.Round(level))])
		}
	}
	if n := len(out) - longestSpark; n > 0 {
		return "…" + string(out[n+1:])
	}
	return string(out)
}

// past is a group as a page wants it.
func (f *history) past(machine string, g []*baselines.Series) report.Past {
	name, _, _ := strings.Cut(groupName(g[0]), " · ")
	p := report.Past{Machine: machine, Name: name, Unit: g[0].Unit, Better: g[0].Better, Against: f.against}
	for _, s := range g {
		p.Lines = append(p.Lines, report.PastLine{Line: historyLine(s), Changes: pastChanges(s)})
	}
	return p
}

// pastChanges are the change points of a series.
func pastChanges(s *baselines.Series) (out []report.PastChange) {
	for i := range s.Stretches {
		st := &s.Stretches[i]
		for _, c := range st.Changes {
			out = append(out, report.PastChange{Since: since(st.Points[c.At].Entry), Before: c.Before, After: c.After, P: c.P})
		}
	}
	return out
}

// since is the date of a record, and its commit.
func since(e *baselines.Entry) string {
	return fmt.Sprintf("%s (%s)", e.When().Format("2006-01-02"), orUnknown(render.Clean(e.Commit(), maxShown)))
}

// historyLine is a series as a chart wants it.
func historyLine(s *baselines.Series) chart.Line {
	l := chart.Line{Name: policyName(s)}
	for i := range s.Stretches {
		st := &s.Stretches[i]
		var keys []string
		for _, d := range st.Since {
			keys = append(keys, d.Key)
		}
		to := chart.Stretch{Why: strings.Join(keys, ", ")}
		for _, p := range st.Points {
			r := chart.Record{When: p.Entry.When(), Value: p.Value, N: p.N}
			if p.Bounded() {
				r.Lo, r.Hi = p.Lo, p.Hi
			}
			to.Records = append(to.Records, r)
		}
		for _, c := range st.Changes {
			to.Changes = append(to.Changes, c.At)
			to.Ratios = append(to.Ratios, c.After/c.Before)
		}
		l.Stretches = append(l.Stretches, to)
	}
	return l
}
