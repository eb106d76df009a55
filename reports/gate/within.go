package gate

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/combin"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// wayWithin is what Report.Way says of Within.
const wayWithin = "within"

// withinRule says how Within comes to a verdict. The numbers are those of the suite.
const withinRule = "Rule %d, within runs. Each round of a run gives one log ratio of a policy to the reference policy, both " +
	"measured in that round. The ratios of the head run are held against those of the base run, which are not paired with " +
	"them: p from the rank-sum test, adjusted by Holm's method over all cells at alpha %.3g; shift and 95 %% interval after " +
	"Hodges, Lehmann and Moses. Regressed: p is below alpha, the interval lies above no change, and the shift is at or above " +
	"the floor of %s. Improved: the mirror image. Pass: the interval ends below the tolerance of %s. Anything else is no verdict."

// Within holds the ratios between policies inside the run head against the same ratios inside the run base. They hold across
// machines and days, where times do not. The cells are those of the base; alpha, floor and tolerance are the suite's.
//
// What it cannot see is a change of everything alike; and a reference that became dearer looks like other policies that
// became cheaper. So where more than half of the policies of a group improved, they have no verdict.
//
// It needs 6 rounds of each run (stats.MinPairs). The error is one of the statistics, on values that no reader lets in.
func Within(base, head *folder.Run, suite *Suite) (*Report, error) {
	limits := suite.limits()
	r := &Report{
		Way: wayWithin, Suite: fmt.Sprintf("%s, over the cells of %s", suite.Title(), base.Dir),
		Rule:    fmt.Sprintf(withinRule, RuleVersion, suite.Plan.Alpha, percent(limits.Floor), percent(limits.Tolerance)),
		Command: Command(head.Manifest.Command), Machine: Machine(head.Manifest.Environment),
		Base: binaryOf(base), Head: binaryOf(head), Cells: []Cell{}, Controls: []Measure{},
	}
	if a, b := base.Manifest.Fact("cpu"), head.Manifest.Fact("cpu"); a != b {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the machines differ (%s and %s): only ratios are compared", a, b))
	}
	pairs, err := pairCells(base, head)
	if err != nil {
		return nil, err
	}
	var family []*series
	for _, p := range pairs {
		p.measure(limits)
		if err := p.estimate(); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		family = append(family, convicting([]*drawn{&p.drawn})...)
	}
	settle(family, suite.Plan.Alpha, 0, false)
	r.unreachable(pairs, len(family), suite.Plan.Alpha)
	doubtReference(pairs)
	for _, p := range pairs {
		p.conclude(false)
		r.Cells = append(r.Cells, p.Cell)
	}
	r.conclude()
	return r, nil
}

// limits are those for time of the suite as a whole: of its first cell.
func (s *Suite) limits() Limits {
	if len(s.Cells) == 0 {
		return Limits{}
	}
	return s.Cells[0].Time
}

// binaryOf is the binary that made a run.
func binaryOf(run *folder.Run) Binary {
	m := &run.Manifest
	return Binary{Name: run.Dir, Tool: m.Tool, Commit: m.Commit, Go: m.Fact("go")}
}

// pair is a cell in two runs, with the reference of its group in each.
type pair struct {
	drawn
	group      string
	unit       string
	better     int
	base, head []float64 // log ratios to the reference, one per round; above 0 is worse
}

// inGroup is a cell of a run with what its group says of it.
type inGroup struct {
	cell, reference *folder.Cell
	group           *compare.Group
}

// cellsByName lists the cells of a run in the order of its table.
func cellsByName(run *folder.Run) (names []string, byName map[string]inGroup, err error) {
	table, err := compare.Policies(run, "")
	if err != nil {
		return nil, nil, err
	}
	byName = make(map[string]inGroup)
	for i := range table.Groups {
		g := &table.Groups[i]
		find := func(policy string) *folder.Cell {
			key := folder.Key{Workload: g.Workload, Params: g.Params, Policy: policy}
			for _, c := range run.Cells {
				if c.Policy == policy && c.Group() == key.Group() {
					return c
				}
			}
			return nil
		}
		for j := range g.Rows {
			c := find(g.Rows[j].Policy)
			if c == nil {
				continue
			}
			name := c.Group() + " policy=" + c.Policy
			names = append(names, name)
			byName[name] = inGroup{cell: c, reference: find(g.Reference), group: g}
		}
	}
	return names, byName, nil
}

// pairCells pairs the cells of two runs. What stands in one alone, and what cannot be judged, is blank with the reason. The
// reference is no cell: it is what the others are measured by.
func pairCells(base, head *folder.Run) (pairs []*pair, err error) {
	names, inBase, err := cellsByName(base)
	if err != nil {
		return nil, err
	}
	further, inHead, err := cellsByName(head)
	if err != nil {
		return nil, err
	}
	for _, name := range further {
		if _, ok := inBase[name]; !ok {
			names = append(names, name)
		}
	}
	for _, name := range names {
		b, h := inBase[name], inHead[name]
		c := b.cell
		if c == nil {
			c = h.cell
		}
		p := &pair{drawn: drawn{Cell: Cell{Name: c.Name, Looks: 1}}, group: c.Group()}
		switch {
		case h.cell == nil:
			p.blank = "the head run does not have it"
		case b.cell == nil:
			p.blank = "it is new: the base run does not have it"
		case base.Manifest.Status != statusFinished || head.Manifest.Status != statusFinished:
			p.blank = fmt.Sprintf("a run did not come to its end: base %s, head %s", base.Manifest.Status, head.Manifest.Status)
		case b.reference == nil || h.reference == nil:
			p.blank = "there is no reference policy to compare with"
		case b.group.Reference != h.group.Reference:
			p.blank = fmt.Sprintf("the references differ: %s and %s", b.group.Reference, h.group.Reference)
		case b.group.Unit != h.group.Unit:
			p.blank = fmt.Sprintf("the figures differ: %s and %s", b.group.Unit, h.group.Unit)
		}
		if p.blank == "" {
			p.guilty, p.blank = ends(b.cell, h.cell)
			if b.cell == b.reference && p.guilty == "" && p.blank == "" {
				continue
			}
			p.countRounds(b.cell, h.cell)
			p.unit, p.better = b.group.Unit+" to "+b.group.Reference, b.group.Better
			p.base, p.head = ratios(b, p.better), ratios(h, p.better)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// ends holds a bad end against the head, and leaves the cell blank for one of the base.
func ends(base, head *folder.Cell) (guilty, blank string) {
	bad := func(c *folder.Cell) string {
		for i := range c.Rounds {
			if r := &c.Rounds[i]; r.Outcome == "hung" || r.Outcome == "failed" {
				return fmt.Sprintf("ended as %s in round %d", r.Outcome, r.Number)
			}
		}
		return ""
	}
	if b := bad(base); b != "" {
		return "", "in the base run it " + b
	}
	if h := bad(head); h != "" {
		return "in the head run it " + h + ", in the base run it did not", ""
	}
	return "", ""
}

// countRounds finds the head guilty of violations where the base has none. How many a policy has that has some depends on
// time.
func (p *pair) countRounds(base, head *folder.Cell) {
	total := func(c *folder.Cell) (n float64, looked bool) {
		for i := range c.Rounds {
			v, ok := c.Rounds[i].Count(countViolations)
			n, looked = n+float64(v), looked || ok
		}
		return n, looked
	}
	b, inBase := total(base)
	h, inHead := total(head)
	if !inBase && !inHead {
		return
	}
	n := Count{Name: countViolations, Unit: countViolations, Base: b, Head: h}
	switch {
	case b == 0 && h > 0:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("%.0f violations of storage safety in the head run, none in the base run", h)
	case inBase != inHead:
		n.Verdict, n.Why = NoVerdict, "only one of the runs looked for violations"
		p.blank = n.Why
	case b > 0 && h == 0:
		n.Verdict = Improved
	}
	p.Counts = append(p.Counts, n)
}

// ratios are the log ratios of a cell to its reference, round by round, turned so that above 0 is worse.
func ratios(c inGroup, better int) []float64 {
	cell, reference := folder.Pairs(c.cell, c.reference, c.group.Unit)
	logs := make([]float64, len(cell))
	for i := range cell {
		logs[i] = math.Log(cell[i]) - math.Log(reference[i])
		if better > 0 {
			logs[i] = -logs[i]
		}
	}
	return logs
}

// measure makes the one measure of the cell.
func (p *pair) measure(l Limits) {
	p.Forks = min(len(p.base), len(p.head))
	if p.blank != "" {
		return
	}
	s := series{Measure: Measure{Name: "ratio", Unit: "ratio", Role: Decides, Floor: l.Floor, Tolerance: l.Tolerance}, logs: p.head}
	if p.Forks < stats.MinPairs {
		s.refuse(fmt.Sprintf("%d rounds of the base and %d of the head; each needs %d", len(p.base), len(p.head), stats.MinPairs))
	}
	p.series = append(p.series, s)
}

// estimate fills in what the rounds say.
func (p *pair) estimate() error {
	for i := range p.series {
		s := &p.series[i]
		if len(s.logs) == 0 {
			continue
		}
		s.Base, s.Head = math.Exp(median(p.base)), math.Exp(median(p.head))
		e, err := stats.Shift(p.base, p.head, stats.Level)
		if err != nil {
			return err
		}
		test, err := stats.RankSum(p.base, p.head)
		if err != nil {
			return err
		}
		s.Change, s.P = e.Exp(), test.P
		s.refuseAbsurd()
	}
	return nil
}

// unreachable warns where so few rounds and so many cells meet that nothing could become significant: the least p is that
// of two samples that do not overlap, 2 over the number of ways to draw one of them.
func (r *Report) unreachable(pairs []*pair, measures int, alpha float64) {
	least := 1.0
	for _, p := range pairs {
		if b, h := len(p.base), len(p.head); b > 0 && h > 0 {
			least = min(least, 2*math.Exp(-combin.LogGeneralizedBinomial(float64(b+h), float64(b))))
		}
	}
	if measures > 0 && least*float64(measures) >= alpha {
		r.Warnings = append(r.Warnings, fmt.Sprintf("with so few rounds nothing can be called regressed: p is at least %.2g, times "+
			"%d measures, and would have to be below %.2g", least, measures, alpha))
	}
}

// doubtReference takes back improvements that are more likely a reference that became dearer.
func doubtReference(pairs []*pair) {
	judged, improved := make(map[string]int), make(map[string]int)
	each := func(do func(p *pair, s *series)) {
		for _, p := range pairs {
			for i := range p.series {
				do(p, &p.series[i])
			}
		}
	}
	each(func(p *pair, s *series) {
		judged[p.group]++
		if s.Verdict == Improved {
			improved[p.group]++
		}
	})
	each(func(p *pair, s *series) {
		if s.Verdict == Improved && 2*improved[p.group] > judged[p.group] {
			s.Verdict = NoVerdict
			s.Why = fmt.Sprintf("%s, as in %d of %d policies of its group: it may be the reference that became dearer",
				s.inWords(), improved[p.group], judged[p.group])
		}
	})
}

// AddTrend adds what the wall times of a stored run were to a report, cell by cell. They are shown and never judged: a stored
// time is another day's. differs says why the machines or settings are not the same; then the times are not even shown.
func (r *Report) AddTrend(base, head *folder.Run, differs error) {
	refuse := func(format string, args ...any) {
		r.Warnings = append(r.Warnings, "wall times are not compared: "+fmt.Sprintf(format, args...))
	}
	switch b, h := &base.Manifest, &head.Manifest; {
	case differs != nil:
		refuse("%v", differs)
		return
	case b.Status != statusFinished || h.Status != statusFinished:
		refuse("base %s, head %s", b.Status, h.Status)
		return
	case b.Plan.Workers != h.Plan.Workers:
		refuse("%d workers and %d", b.Plan.Workers, h.Plan.Workers)
		return
	}
	for _, c := range head.Cells {
		i := slices.IndexFunc(base.Cells, func(o *folder.Cell) bool { return o.Name == c.Name })
		if i < 0 {
			continue
		}
		_, b := base.Cells[i].Series("ns/op")
		_, h := c.Series("ns/op")
		if m, ok := trend(c.Name, b, h); ok {
			r.Trend = append(r.Trend, m)
		}
	}
}

// trend is the change of a time between two sets of rounds that are not paired.
func trend(name string, base, head []float64) (Measure, bool) {
	logs := func(values []float64) []float64 {
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = math.Log(v)
		}
		return out
	}
	e, err := stats.Shift(logs(base), logs(head), stats.Level)
	if err != nil || absurd(e.Exp()) {
		return Measure{}, false // a side has no round, or values that no clock shows
	}
	return Measure{
		Name: name, Unit: "ns/op", Role: Shown, Base: median(base), Head: median(head), Change: e.Exp(),
		Verdict: NoVerdict, Why: "a stored time is a trend, and no judge",
	}, true
}
