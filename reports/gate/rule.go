package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// RuleVersion is the version of the rule. It is frozen: what -prove showed of one version says nothing about another.
const RuleVersion = 2

// power is that of Measure.Smallest: 9 of 10 cases.
const power = 0.9

// Rule says in words how a verdict comes about, with its numbers.
func (s *Suite) Rule() string {
	r := s.Plan
	var b strings.Builder
	fmt.Fprintf(&b, "Rule %d. Each fork, a pair of fresh processes that run %d slices by turns, gives one value per measure: "+
		"the median of the log ratios of neighbouring slices. Over the forks: p from the signed-rank test, adjusted by Holm's "+
		"method over all measures that can convict; estimate and 95 %% interval after Hodges and Lehmann. ", RuleVersion, r.Slices)
	looks, err := s.looks()
	if err == nil {
		n, alpha := looks.At(0)
		fmt.Fprintf(&b, "Looked at after %d forks at alpha %.3g", n, alpha)
		if looks.Len() > 1 {
			n, alpha = looks.At(1)
			fmt.Fprintf(&b, ", and, only where that leaves a cell open, after %d at alpha %.3g; never again", n, alpha)
		}
		b.WriteString(". ")
	}
	b.WriteString("Regressed: p is below alpha, the interval lies above no change, and the estimate is at or above the floor. " +
		"Improved: the mirror image. Pass: the interval ends below the tolerance, which shows, at 2.5 % per cell and look, that " +
		"the head is less than that worse. ")
	if err == nil && looks.Len() > 1 {
		b.WriteString("But at the first look a measure that is worse by the floor or more, with an interval above no change, " +
			"leaves its cell open, though p may not be below alpha. ")
	}
	b.WriteString("Where processor time decides, wall time may not look worse in that way at the last look, unless its " +
		"interval ends below the tolerance. Anything else, and whatever is missing or unusable, is no verdict. If a negative " +
		"control moves, all is void, but for a cell that is slower by more than five times what the control moved: so slow a head moves it.")
	for _, l := range s.limitsInWords() {
		b.WriteString(" " + l)
	}
	return b.String()
}

// limitsInWords says floors and tolerances: those of the first cell, and how many have others.
func (s *Suite) limitsInWords() []string {
	if len(s.Cells) == 0 {
		return nil
	}
	first, others := s.Cells[0], 0
	for _, d := range s.Cells[1:] {
		if d.Time != first.Time || d.Tail != first.Tail {
			others++
		}
	}
	out := []string{fmt.Sprintf("Time: floor %s, tolerance %s; %s (%s): floor %s, tolerance %s.", percent(first.Time.Floor),
		percent(first.Time.Tolerance), first.Tail.Name(), first.Tail.Role, percent(first.Tail.Floor), percent(first.Tail.Tolerance))}
	if others > 0 {
		out = append(out, fmt.Sprintf("%d of %d cells have limits of their own.", others, len(s.Cells)))
	}
	return out
}

// percent writes a share: 0.03 is "3 %".
func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// convicting are the measures of a family that can be judged.
func convicting(cells []*drawn) (out []*series) {
	for _, c := range cells {
		for i := range c.series {
			if s := &c.series[i]; c.blank == "" && s.Role != Shown && len(s.logs) > 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

// estimate fills in what the forks say, before anything is concluded: change, interval and p.
func (s *series) estimate() error {
	s.Base, s.Head = median(s.base), median(s.head)
	if len(s.logs) == 0 {
		return nil
	}
	e, err := stats.HodgesLehmann(s.logs, stats.Level)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	test, err := stats.SignedRank(s.logs)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	s.Change, s.P, s.Adjusted = e.Exp(), test.P, test.P
	s.refuseAbsurd()
	return nil
}

// maxRatio is the largest ratio that is believed, and its inverse the smallest. A billion lies between a nanosecond and a
// second.
const maxRatio = 1e9

// absurd says that a ratio is no measurement.
func absurd(e stats.Estimate) bool { return !(e.Lo > 1/maxRatio && e.Hi < maxRatio) }

// refuseAbsurd leaves no figures of a ratio that is none.
func (s *series) refuseAbsurd() {
	if absurd(s.Change) {
		s.Change, s.Base, s.Head = stats.Estimate{}, 0, 0
		s.refuse(fmt.Sprintf("ratios beyond %.0g are no measurement", maxRatio))
	}
}

// settle judges a family of measures together. others is how many further members the family has that cannot be found
// guilty any more: they keep the bar where it was declared to be. again says that there will be another look.
func settle(family []*series, alpha float64, others int, again bool) {
	p := make([]float64, len(family), len(family)+others)
	for i, s := range family {
		p[i] = s.P
	}
	for range others {
		p = append(p, 1)
	}
	for i, adjusted := range stats.Holm(p)[:len(family)] {
		s := family[i]
		s.Adjusted, s.Alpha = adjusted, alpha
		s.judge(again)
	}
}

// looksWorse says that the interval lies above no change and the estimate is at or above the floor: all that a regression
// needs but for the significance over the whole family.
func (m *Measure) looksWorse() bool {
	return m.Change.Bounded() && m.Change.Lo > 1 && m.Change.Value >= 1+m.Floor
}

// within says that the measure was shown to be less than the tolerance worse: a one-sided test at 2.5 %.
func (m *Measure) within() bool { return m.Change.Bounded() && m.Change.Hi < 1+m.Tolerance }

// judge is the rule. Mirror images are so on the scale of logarithms: twice as dear and half as dear are as far away.
//
// Where there will be another look, again, what looks worse does not pass: with a floor of 1 % and a tolerance of 3 %, one in
// three tries with 2 % planted was called pass at the first look, with intervals such as [+1.4, +2.4].
func (m *Measure) judge(again bool) {
	e := m.Change
	significant := e.Bounded() && m.Adjusted < m.Alpha
	m.Verdict, m.Why = NoVerdict, ""
	switch {
	case significant && m.looksWorse():
		m.Verdict = Regressed
	case again && m.looksWorse():
		m.Why = fmt.Sprintf("%s looks worse, and a first look cannot tell (p %.2g, adjusted)", m.inWords(), m.Adjusted)
	case significant && e.Hi < 1 && e.Value <= 1/(1+m.Floor):
		m.Verdict = Improved
	case m.within():
		m.Verdict = Pass
	default:
		m.Why = fmt.Sprintf("%s may have changed by up to %s, and the tolerance is %s", m.Name, unit.Ratio(e.Hi), percent(m.Tolerance))
	}
}

// smallest is the change that data like these would have shown in 9 of 10 cases: what the test would find at the level
// that Holm's method may ask for, and what would have an estimate at or above the floor. The latter is normal, with a
// standard error that is the width of the 95 % interval over 2·1.96.
func (s *series) smallest(measures int) float64 {
	sorted := slices.Sorted(slices.Values(s.logs)) // it draws from them by index, and the order of forks must not matter
	shift, err := stats.MinimalEffect(sorted, s.Alpha/float64(max(1, measures)), power, len(sorted))
	if err != nil {
		return 0
	}
	se := math.Log(s.Change.Hi/s.Change.Lo) / (2 * distuv.UnitNormal.Quantile(1-(1-stats.Level)/2))
	floor := math.Log1p(s.Floor) + distuv.UnitNormal.Quantile(power)*se
	return math.Expm1(max(shift, floor))
}
