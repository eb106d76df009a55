package gate

import (
	"errors"
	"fmt"
	"slices"

	"daxbench/reports/stats"
)

// ErrTrials means that trials make no proof: there are none, or they were judged by another rule.
var ErrTrials = errors.New("trials that prove nothing")

// Trial is one gating whose right answer is known.
type Trial struct {
	Effect  float64 // further work that the head was made to do: 0.03 is 3 %; 0: both sides are the same
	Missing bool    // instead, a declared cell was left out of what was measured
	Report  *Report
	Samples *Samples // what Report was made from; needed of trials without an effect, for Proof.Smallest
	Seconds float64  // from start to verdict, for all cells; 0: unknown
}

// Promises are what a gate is held to.
type Promises struct {
	FalseAlarms float64   // at most such a share of cells may be called a change where there is none
	Trials      int       // so many cells without an effect are the least to say so
	Found       []Promise // ascending by effect
	NeverGreen  float64   // no cell with such an effect or a larger one may pass; see greenMargin
}

// Promise says which share of the cells with an effect must be found.
type Promise struct{ Effect, Rate float64 }

// Promised are the targets of the project (issue 4): on a busy machine with two cores, with at least 150 pairs that are
// the same. With 0 alarms in 150 the rate is below 2.4 % at 95 %.
func Promised() Promises {
	return Promises{
		FalseAlarms: 0.02, Trials: 150, NeverGreen: 0.05,
		Found: []Promise{{0.02, 0.80}, {0.03, 0.95}, {0.05, 0.98}, {0.10, 0.98}},
	}
}

// greenMargin is how far above the largest tolerance of a suite no cell may pass, if that is more than promised: at the
// tolerance itself one in forty may, and the interval of a cell is about as wide as this.
const greenMargin = 0.02

// neverGreen is the effect from which on no cell of the suite may pass: 5 % of hot-paths, whose tolerance is 3 %.
func (p *Promises) neverGreen(suite *Suite) float64 {
	v := p.NeverGreen
	for i := range suite.Cells {
		v = max(v, suite.Cells[i].Time.Tolerance+greenMargin)
	}
	return v
}

// Proof is what a gate showed of itself on this machine: how often it cries for nothing, and what it finds.
type Proof struct {
	Suite    string         `json:"suite"`
	Rule     string         `json:"rule"`
	Command  string         `json:"command"`
	Machine  string         `json:"machine"`
	Trials   int            `json:"trials"` // gatings, each of all declared cells
	Rows     []ProofRow     `json:"rows"`
	Smallest stats.Estimate `json:"smallest"` // change, 0.02 is 2 %, that the first look alone sees in 9 of 10 trials; N is 0: there is none
	Seconds  float64        `json:"seconds"`  // that a cell took until its verdict, median; 0: unknown
	Failures []string       `json:"failures,omitempty"`
	Open     []string       `json:"open,omitempty"` // what the trials could not show, such as a target that was not met
	Warnings []string       `json:"warnings,omitempty"`

	seen []float64 // per cell of the trials without an effect, the log ratio from which a change is found; ascending
}

// Failed says that the gate let something bad through, or cries too often.
func (p *Proof) Failed() bool { return len(p.Failures) > 0 }

// Shown says that nothing failed and nothing is open: each target was met. See Certain.
func (p *Proof) Shown() bool { return !p.Failed() && len(p.Open) == 0 }

// Certain says that the proof is Shown, and that of all rates that have a target the whole interval is inside it.
func (p *Proof) Certain() bool {
	return p.Shown() && !slices.ContainsFunc(p.Rows, func(r ProofRow) bool { return r.Cell == "" && !r.Certain })
}

// ProofRow counts the cells of all trials with one planted effect. One cell in one trial is one try.
type ProofRow struct {
	Cell    string  `json:"cell,omitempty"` // empty: all cells together
	Effect  float64 `json:"effect"`         // 0.03: the head did 3 % more work; 0: both sides are the same
	Missing bool    `json:"missing"`        // instead, the head lacked a declared cell; then one trial is one try
	Trials  int     `json:"trials"`         // tries
	Found   int     `json:"found"`          // called regressed; without an effect: called a change; missing: not green
	Green   int     `json:"green"`          // passed or improved
	Open    int     `json:"open"`           // no verdict
	Void    int     `json:"void"`           // the controls moved
	Rate    float64 `json:"rate"`           // of Found
	Lo      float64 `json:"lo"`             // 95 % interval of Rate, Clopper–Pearson
	Hi      float64 `json:"hi"`
	Target  float64 `json:"target"` // that Rate should reach, or without an effect should not exceed; 0 with an effect: none
	Met     bool    `json:"met"`
	Certain bool    `json:"certain"` // Met, and the unfavourable end of the interval is inside the target too
}

// Prove sums trials up and holds them to promises. The gate fails if a cell with an effect that was promised to be found,
// or a missing cell, was green; or if false alarms are certainly more frequent than promised. What is not shown either way
// is open. The error wraps ErrTrials, or is one of the statistics.
func Prove(trials []Trial, suite *Suite, promised Promises) (*Proof, error) {
	if len(trials) == 0 {
		return nil, fmt.Errorf("%w: there are none", ErrTrials)
	}
	p := &Proof{Suite: suite.Title(), Rule: suite.Rule(), Trials: len(trials)}
	for i := range trials {
		t := &trials[i]
		if t.Report == nil || t.Report.Rule != p.Rule || t.Report.Suite != p.Suite {
			return nil, fmt.Errorf("%w: trial %d was not judged by this suite and rule", ErrTrials, i)
		}
		p.Command, p.Machine = t.Report.Command, t.Report.Machine
	}
	p.count(trials, suite, &promised)
	p.judge(&promised, promised.neverGreen(suite))
	p.time(trials)
	return p, p.findSmallest(trials, suite)
}

// count makes the rows: for all cells together, by effect; the missing; then cell by cell, if there are several.
func (p *Proof) count(trials []Trial, suite *Suite, promised *Promises) {
	var effects []float64
	missing := false
	for i := range trials {
		if missing = missing || trials[i].Missing; !trials[i].Missing {
			effects = append(effects, trials[i].Effect)
		}
	}
	slices.Sort(effects)
	effects = slices.Compact(effects)
	add := func(cell string, effect float64, missing bool) {
		row := ProofRow{Cell: cell, Effect: effect, Missing: missing}
		for i := range trials {
			if t := &trials[i]; t.Missing == missing && (missing || t.Effect == effect) {
				row.add(t, suite)
			}
		}
		row.hold(promised)
		p.Rows = append(p.Rows, row)
	}
	for _, effect := range effects {
		add("", effect, false)
	}
	if missing {
		add("", 0, true)
	}
	if len(suite.Cells) > 1 {
		for _, d := range suite.Cells {
			for _, effect := range effects {
				add(d.Name, effect, false)
			}
		}
	}
}

// add counts a trial.
func (row *ProofRow) add(t *Trial, suite *Suite) {
	if row.Missing {
		row.tally(t.Report.Verdict)
		return
	}
	for i := range t.Report.Cells {
		c := &t.Report.Cells[i]
		if suite.Find(c.Name) != nil && (row.Cell == "" || row.Cell == c.Name) {
			row.tally(c.Verdict)
		}
	}
}

// tally counts a verdict.
func (row *ProofRow) tally(v Verdict) {
	row.Trials++
	green := v == Pass || v == Improved
	found := v == Regressed
	switch {
	case row.Missing:
		found = !green
	case row.Effect == 0:
		found = found || v == Improved
	}
	if green {
		row.Green++
	}
	if found {
		row.Found++
	}
	switch v {
	case NoVerdict:
		row.Open++
	case Void:
		row.Void++
	}
}

// hold works out the rate and holds it to what was promised.
func (row *ProofRow) hold(promised *Promises) {
	row.Lo, row.Hi = stats.Proportion(row.Found, row.Trials, stats.Level)
	if row.Trials > 0 {
		row.Rate = float64(row.Found) / float64(row.Trials)
	}
	switch {
	case row.Missing:
		row.Target, row.Met = 1, row.Trials > 0 && row.Green == 0
		row.Certain = row.Met // that is no matter of chance: the same samples always get the same report
		return
	case row.Effect == 0:
		row.Target = promised.FalseAlarms
		row.Met = row.Trials > 0 && row.Rate <= row.Target
		row.Certain = row.Met && row.Hi <= row.Target
		return
	default:
		for _, f := range promised.Found {
			if f.Effect == row.Effect {
				row.Target = f.Rate
			}
		}
	}
	row.Met = row.Trials > 0 && row.Rate >= row.Target
	row.Certain = row.Met && row.Lo >= row.Target
}

// judge says what failed, and what is open. Only rows over all cells are held to promises: those of one cell have fewer
// tries, and are for the reader. That a bad cell is green fails wherever it stands.
func (p *Proof) judge(promised *Promises, neverGreen float64) {
	fail := func(format string, args ...any) { p.Failures = append(p.Failures, fmt.Sprintf(format, args...)) }
	open := func(format string, args ...any) { p.Open = append(p.Open, fmt.Sprintf(format, args...)) }
	same, missing := 0, 0
	tried := make(map[float64]bool)
	for i := range p.Rows {
		row := &p.Rows[i]
		if row.Cell != "" {
			continue
		}
		of := fmt.Sprintf("%d of %d", row.Found, row.Trials)
		switch {
		case row.Missing:
			missing = row.Trials
			if row.Green > 0 {
				fail("in %d of %d trials a declared cell was missing and the gate was green", row.Green, row.Trials)
			}
		case row.Effect == 0:
			same = row.Trials
			if row.Lo > promised.FalseAlarms {
				fail("false alarms: %s, which is certainly more than %s", of, percent(promised.FalseAlarms))
			} else if !row.Met {
				open("false alarms: %s; promised are at most %s", of, percent(promised.FalseAlarms))
			}
			if float64(row.Void) > promised.FalseAlarms*float64(row.Trials) {
				open("%d of %d without an effect were void: the controls moved", row.Void, row.Trials)
			}
		default:
			tried[row.Effect] = true
			if row.Green > 0 && row.Effect >= neverGreen {
				fail("%s planted, and %d of %d cells were green", percent(row.Effect), row.Green, row.Trials)
			}
			if !row.Met {
				open("%s planted, and %s found; promised are %s", percent(row.Effect), of, percent(row.Target))
			}
		}
	}
	if same < promised.Trials {
		open("%d tries without an effect; %d are the least to speak of false alarms", same, promised.Trials)
	}
	for _, f := range promised.Found {
		if !tried[f.Effect] {
			open("%s was never planted", percent(f.Effect))
		}
	}
	if missing == 0 {
		open("no trial had a cell missing")
	}
}

// time is how long a cell took.
func (p *Proof) time(trials []Trial) {
	var each []float64
	for i := range trials {
		if t := &trials[i]; t.Seconds > 0 && !t.Missing && len(t.Report.Cells) > 0 {
			each = append(each, t.Seconds/float64(len(t.Report.Cells)))
		}
	}
	p.Seconds = median(each)
}
