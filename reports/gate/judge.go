package gate

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// Judge says what the samples show of the cells of a suite at a look, 1 or 2. Look 2 changes nothing about a cell that
// look 1 decided. It is pure: the same samples get the same report.
//
// The error wraps ErrSamples if the samples contradict themselves, and ErrSuite if the suite has no such look. Whatever
// else is wrong with what was measured shows in the report, as a cell without a verdict.
func Judge(s *Samples, suite *Suite, look int) (*Report, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSamples, err)
	}
	if err := s.meant(suite); err != nil {
		return nil, err
	}
	looks, err := suite.looks()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSuite, err)
	}
	if look < 1 || look > looks.Len() {
		return nil, fmt.Errorf("%w: look %d of %d", ErrSuite, look, looks.Len())
	}
	cells, err := judgeCells(s, suite, 1, nil)
	if err == nil && look == 2 {
		cells, err = judgeCells(s, suite, 2, cells)
	}
	if err != nil {
		return nil, err
	}
	r := s.report(suite)
	_, alpha := looks.At(look - 1)
	if err := r.judgeControls(s, look, alpha); err != nil {
		return nil, err
	}
	for _, c := range cells {
		r.Cells = append(r.Cells, c.Cell)
	}
	r.strangers(s, suite)
	r.conclude()
	return r, nil
}

// Undecided returns the names of the cells that a second batch of forks may decide. There are none after the second look.
func Undecided(r *Report) (names []string) {
	if r.Verdict == Void {
		return nil
	}
	for i := range r.Cells {
		if r.Cells[i].more {
			names = append(names, r.Cells[i].Name)
		}
	}
	return names
}

// judgeCells judges the declared cells at a look. before is what the look before said: what it decided stays as it is,
// and its measures keep their places in the family.
func judgeCells(s *Samples, suite *Suite, look int, before []*drawn) ([]*drawn, error) {
	looks, err := suite.looks()
	if err != nil {
		return nil, err
	}
	cells := make([]*drawn, len(suite.Cells))
	var open []*drawn
	others := 0
	for i := range suite.Cells {
		if before != nil && !before[i].more {
			cells[i] = before[i]
			others += len(convicting(before[i : i+1]))
			continue
		}
		cells[i] = s.draw(&suite.Cells[i], suite.Plan, look)
		open = append(open, cells[i])
	}
	_, alpha := looks.At(look - 1)
	return cells, decide(open, alpha, others, look < looks.Len())
}

// decide judges drawn cells as one family. again says that there will be another look.
func decide(cells []*drawn, alpha float64, others int, again bool) error {
	for _, c := range cells {
		for i := range c.series {
			if err := c.series[i].estimate(); err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
		}
	}
	family := convicting(cells)
	settle(family, alpha, others, again)
	for _, s := range family {
		s.Smallest = s.smallest(len(family) + others)
	}
	for _, c := range cells {
		c.disagree()
		c.scatter()
		c.conclude(again)
	}
	return nil
}

// draw finds a declared cell among the samples.
func (s *Samples) draw(d *Declared, plan Plan, look int) *drawn {
	i := slices.IndexFunc(s.Cells, func(c Sampled) bool { return c.Name == d.Name })
	if i < 0 {
		return &drawn{Cell: Cell{Name: d.Name, Looks: look}, blank: "the suite declares it, and it was not measured" + s.renamed(d.Name)}
	}
	c := draw(&s.Cells[i], d, plan, look)
	if s.Status != statusFinished && c.blank == "" {
		c.blank = "the measurement did not come to its end: it is " + s.Status
	}
	return c
}

// renamed names measured cells that a missing one may have become: those of the same benchmark.
func (s *Samples) renamed(name string) string {
	benchmark, _, _ := strings.Cut(name, "/")
	var like []string
	for i := range s.Cells {
		if b, _, _ := strings.Cut(s.Cells[i].Name, "/"); b == benchmark && len(like) < 3 {
			like = append(like, s.Cells[i].Name)
		}
	}
	if len(like) == 0 {
		return ""
	}
	return "; renamed? there is " + unit.List(like)
}

// conclude gives the cell its verdict, and its measures to the reader.
func (c *drawn) conclude(again bool) {
	var guilty, open, better []string
	c.unusable = c.blank != "" || c.torn != "" && !again // clocks that exclude each other are no weak evidence
	deciding := 0
	for i := range c.Counts {
		if n := &c.Counts[i]; n.Verdict == Regressed {
			guilty = append(guilty, n.Why)
		}
	}
	decidable := true
	for i := range c.series {
		s := &c.series[i]
		if c.blank != "" || s.Role == Shown || len(s.logs) == 0 {
			s.Verdict = NoVerdict
			if s.Why == "" {
				s.Why = c.blank
			}
		}
		if s.Role == Decides {
			deciding++
			decidable = decidable && len(s.logs) > 0
		}
		switch {
		case s.Role == Shown:
		case s.Verdict == Regressed:
			guilty = append(guilty, s.inWords())
		case s.Verdict == NoVerdict && (s.Role == Decides || again && s.looksWorse()):
			open = append(open, s.Why)
		case s.Role == Decides && s.Verdict == Improved:
			better = append(better, s.inWords())
		}
		c.Measures = append(c.Measures, s.Measure)
	}
	switch {
	case c.guilty != "":
		c.Verdict, c.Why, c.ended = Regressed, c.guilty, true
	case len(guilty) > 0:
		c.Verdict, c.Why = Regressed, unit.List(guilty)
	case c.blank != "":
		c.Verdict, c.Why = NoVerdict, c.blank
	case deciding == 0:
		c.Verdict, c.Why = NoVerdict, "nothing that was measured decides"
	case len(open) > 0:
		c.Verdict, c.Why, c.more = NoVerdict, unit.List(open), again && decidable
	case c.torn != "" && !again:
		c.Verdict, c.Why = NoVerdict, c.torn
	case len(better) > 0:
		c.Verdict, c.Why = Improved, unit.List(better)
	default:
		c.Verdict = Pass
	}
}

// inWords is "cpu +5.2 % [+4.8, +5.7]".
func (m *Measure) inWords() string {
	lo, hi := unit.Interval(m.Change.Value, m.Change.Lo, m.Change.Hi)
	return fmt.Sprintf("%s %s [%s, %s]", m.Name, unit.Ratio(m.Change.Value), lo, hi)
}

// strangers adds the cells that were measured and are not declared. A gate that says nothing of them would let a renamed
// cell pass.
func (r *Report) strangers(s *Samples, suite *Suite) {
	for i := range s.Cells {
		if c := &s.Cells[i]; suite.Find(c.Name) == nil {
			r.Cells = append(r.Cells, Cell{
				Name: c.Name, Verdict: NoVerdict, Forks: len(c.Forks), Slice: slice(c), Why: "the suite does not declare it",
			})
		}
	}
}
