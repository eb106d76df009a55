package gate

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/stats"
)

// smallSlices are enough for a simulated machine, and quick.
const smallSlices = 30

// trialsOf simulates gatings.
func trialsOf(t *testing.T, n int, effect float64, suite *Suite) (out []Trial) {
	t.Helper()
	for i := range n {
		w := quiet(uint64(i) + 1000*uint64(1000*effect))
		w.slices, w.more, w.effect, w.cells = smallSlices, suite.Plan.More, effect, nil
		for _, d := range suite.Cells {
			w.cells = append(w.cells, d.Name)
		}
		s := w.samples()
		out = append(out, Trial{Effect: effect, Report: gate(t, s, suite), Samples: s, Seconds: 8})
	}
	return out
}

func provingSuite() *Suite {
	suite := suiteOf(churn, pinmix)
	suite.Plan.Slices = smallSlices
	return suite
}

// missing makes trials of which a cell is gone.
func missing(t *testing.T, trials []Trial, suite *Suite) (out []Trial) {
	t.Helper()
	for _, trial := range trials {
		s := *trial.Samples
		s.Cells = s.Cells[1:]
		out = append(out, Trial{Missing: true, Report: gate(t, &s, suite), Samples: &s})
	}
	return out
}

func TestProve(t *testing.T) {
	suite := provingSuite()
	promised := Promised()
	promised.Trials, promised.Found = 60, []Promise{{0.03, 0.9}, {0.05, 0.98}}
	same := trialsOf(t, 30, 0, suite)
	trials := append(same, trialsOf(t, 10, 0.03, suite)...)
	trials = append(trials, trialsOf(t, 10, 0.05, suite)...)
	trials = append(trials, missing(t, same[:5], suite)...)
	p, err := Prove(trials, suite, promised)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Shown() || p.Trials != 55 || p.Seconds != 4 || len(p.Rows) != 4+2*3 {
		t.Fatalf("%+v", p)
	}
	for i, want := range []ProofRow{{Trials: 60, Target: 0.02}, {Trials: 20, Effect: 0.03, Target: 0.9},
		{Trials: 20, Effect: 0.05, Target: 0.98}, {Trials: 5, Missing: true, Target: 1}} {
		if r := p.Rows[i]; r.Trials != want.Trials || r.Effect != want.Effect || r.Missing != want.Missing || r.Target != want.Target ||
			!r.Met || r.Lo > r.Rate || r.Hi < r.Rate || r.Cell != "" {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if s := p.Smallest; s.N != 60 || !(s.Lo <= s.Value && s.Value <= s.Hi) || s.Value < 0.01 || s.Value > 0.03 || !s.Bounded() {
		t.Errorf("smallest: %+v", s)
	}
}

// TestProveFails plants what a gate must not do, and what its trials may leave open.
func TestProveFails(t *testing.T) {
	suite := suiteOf(churn)
	suite.Plan.Slices = smallSlices
	report := func(v Verdict) *Report {
		return &Report{Suite: suite.Title(), Rule: suite.Rule(), Verdict: v, Cells: []Cell{{Name: churn, Verdict: v}}}
	}
	good := func() (out []Trial) {
		for range 150 {
			out = append(out, Trial{Report: report(Pass)})
		}
		for _, effect := range []float64{0.02, 0.03, 0.05, 0.1} {
			for range 20 {
				out = append(out, Trial{Effect: effect, Report: report(Regressed)})
			}
		}
		return append(out, Trial{Missing: true, Report: report(NoVerdict)})
	}
	for _, c := range []struct {
		name   string
		change func([]Trial) []Trial
		failed bool
		says   string // "": all is shown
	}{
		{"good", func(t []Trial) []Trial { return t }, false, ""},
		{"a planted slowdown is green", func(t []Trial) []Trial { t[200].Report = report(Pass); return t }, true, "5 % planted, and 1 of 20"},
		{"a planted slowdown is called improved", func(t []Trial) []Trial { t[225].Report = report(Improved); return t }, true, "10 % planted"},
		{"a planted slowdown is undecided", func(t []Trial) []Trial { t[200].Report = report(NoVerdict); return t }, false, "5 % planted, and 19 of 20 found"},
		{"a small one is green", func(t []Trial) []Trial { t[151].Report = report(Pass); return t }, false, ""},
		{"a missing cell is green", func(t []Trial) []Trial { t[230].Report = report(Pass); return t }, true, "a declared cell was missing"},
		{"no missing cell", func(t []Trial) []Trial { return t[:230] }, false, "no trial had a cell missing"},
		{"ten false alarms", func(t []Trial) []Trial {
			for i := range 5 {
				t[i].Report, t[i+5].Report = report(Regressed), report(Improved)
			}
			return t
		}, true, "false alarms: 10 of 150"},
		{"four false alarms", func(t []Trial) []Trial {
			for i := range 4 {
				t[i].Report = report(Regressed)
			}
			return t
		}, false, "false alarms: 4 of 150; promised are at most 2 %"},
		{"three false alarms", func(t []Trial) []Trial {
			for i := range 3 {
				t[i].Report = report(Regressed)
			}
			return t
		}, false, ""},
		{"void", func(t []Trial) []Trial {
			for i := range 4 {
				t[i].Report = report(Void)
			}
			return t
		}, false, "4 of 150 without an effect were void"},
		{"few", func(t []Trial) []Trial { return t[1:] }, false, "149 tries without an effect"},
		{"none planted", func(t []Trial) []Trial { return append(t[:150:150], t[230]) }, false, "3 % was never planted"},
	} {
		p, err := Prove(c.change(good()), suite, Promised())
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(append(p.Failures, p.Open...), "\n")
		if p.Failed() != c.failed || p.Shown() != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%s: failed %v, want %v; %q, want %q", c.name, p.Failed(), c.failed, said, c.says)
		}
	}
	if _, err := Prove(nil, suite, Promised()); !errors.Is(err, ErrTrials) {
		t.Error(err)
	}
	other := *suite
	other.Plan.Alpha = 0.05
	if _, err := Prove(good(), &other, Promised()); !errors.Is(err, ErrTrials) {
		t.Errorf("trials of another rule: %v", err)
	}
}

// TestCertain tells a target that was met from one that was shown to be met.
func TestCertain(t *testing.T) {
	promised := Promised()
	for _, c := range []struct {
		effect        float64
		trials, found int
		met, certain  bool
	}{
		{0, 150, 0, true, false}, // the interval ends at 2.4 %
		{0, 200, 0, true, true},
		{0, 200, 5, false, false},
		{0.03, 150, 145, true, false},
		{0.03, 150, 150, true, true},
		{0.03, 150, 140, false, false},
		{0.03, 0, 0, false, false},
	} {
		row := ProofRow{Effect: c.effect, Trials: c.trials, Found: c.found}
		if row.hold(&promised); row.Met != c.met || row.Certain != c.certain {
			t.Errorf("%+v: met %v, certain %v: [%v, %v]", c, row.Met, row.Certain, row.Lo, row.Hi)
		}
		p := &Proof{Rows: []ProofRow{row, {Cell: churn}}}
		if p.Certain() != c.certain {
			t.Errorf("%+v: certain %v", c, p.Certain())
		}
	}
}

// TestNeverGreen: what lies above the tolerance may be green for once, and what lies well above it may not.
func TestNeverGreen(t *testing.T) {
	promised := Promised()
	two, ok := LookupSuite("two-workers")
	if !ok {
		t.Fatal("no such suite")
	}
	strict := suiteOf(churn)
	strict.Cells[0].Time.Tolerance = 0.01
	for suite, want := range map[*Suite]float64{Default(): 0.05, two: 0.07, strict: 0.05} {
		if got := promised.neverGreen(suite); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, want %v", suite.Name, got, want)
		}
	}
}

// TestThresholds judges samples anew, shifted to just below and just above where the rule is said to begin to find it.
func TestThresholds(t *testing.T) {
	suite := suiteOf(churn)
	suite.Plan.Slices = smallSlices
	for seed := range uint64(20) {
		w := quiet(seed)
		w.slices = smallSlices
		s := w.samples()
		each, err := thresholds(s, suite)
		if err != nil {
			t.Fatal(err)
		}
		at := func(shift float64) Verdict {
			s := w.samples()
			for i := range s.Cells[0].Forks {
				side := &s.Cells[0].Forks[i].Head
				for j := range side.Wall {
					side.Wall[j] *= math.Exp(shift)
					side.CPU[j] *= math.Exp(shift)
				}
			}
			r, err := Judge(s, suite, 1)
			if err != nil {
				t.Fatal(err)
			}
			return r.Verdict
		}
		if v := at(each[0] + 1e-6); v != Regressed {
			t.Errorf("seed %d: just above %+.4f: %s", seed, each[0], v)
		}
		if v := at(each[0] - 0.002); v == Regressed && each[0] > 0.002 { // the other clock's p may help it a little
			t.Errorf("seed %d: well below %+.4f: %s", seed, each[0], v)
		}
	}
}

// TestThresholdsOfTwoLooks: of three cells one is so noisy that it alone got a second batch. Where its change begins to be
// found is what judging the shifted samples says, with the family of all three.
func TestThresholdsOfTwoLooks(t *testing.T) {
	const third = "EvictStorm/dax=0/workers=1/policy=dax-only"
	suite := suiteOf(churn, pinmix, third)
	suite.Plan.Slices = smallSlices
	found, second := 0, 0
	for seed := range uint64(8) {
		w := quiet(seed)
		w.slices, w.cells = smallSlices, []string{churn, pinmix, third}
		noisy := w
		noisy.more, noisy.bias, noisy.effect = 20, 0.06, 0.02
		s := w.samples()
		s.Cells[2] = noisy.samples().Cells[2]
		each, err := thresholds(s, suite)
		if err != nil {
			t.Fatal(err)
		}
		first := *s
		first.Cells = slices.Clone(s.Cells)
		first.Cells[2].Forks = s.Cells[2].Forks[:20]
		alone, err := thresholds(&first, suite)
		if err != nil {
			t.Fatal(err)
		}
		if each[2] > alone[2] || each[0] != alone[0] {
			t.Errorf("seed %d: a second look takes back what the first found: %v, before %v", seed, each, alone)
		}
		if each[2] < alone[2] {
			second++
		}
		at := func(shift float64) Verdict {
			out := *s
			out.Cells = slices.Clone(s.Cells)
			c := &out.Cells[2]
			c.Forks = slices.Clone(c.Forks)
			for i := range c.Forks {
				side := &c.Forks[i].Head
				side.Wall, side.CPU = slices.Clone(side.Wall), slices.Clone(side.CPU)
				for j := range side.Wall {
					side.Wall[j] *= math.Exp(shift)
					side.CPU[j] *= math.Exp(shift)
				}
			}
			return cellOf(t, gate(t, &out, suite), third).Verdict
		}
		if v := at(each[2] + 1e-6); v != Regressed {
			t.Errorf("seed %d: just above %+.4f: %s", seed, each[2], v)
		}
		if v := at(each[2] - 0.006); v == Regressed { // the other clock's p may help it a little
			t.Errorf("seed %d: well below %+.4f: %s", seed, each[2], v)
		} else {
			found++
		}
	}
	if found < 7 || second < 2 {
		t.Errorf("of 8 seeds %d show anything, and %d a second look", found, second)
	}
}

// TestVoidTrialsFindNothing: where the controls moved nothing is found, however large it is.
func TestVoidTrialsFindNothing(t *testing.T) {
	suite := suiteOf(churn)
	suite.Plan.Slices = smallSlices
	trials := trialsOf(t, 40, 0, suite)
	for i := range trials[:8] { // a fifth
		r := *trials[i].Report
		r.Verdict, r.Cells = Void, []Cell{{Name: churn, Verdict: Void}}
		trials[i].Report = &r
	}
	p, err := Prove(trials, suite, Promised())
	if err != nil {
		t.Fatal(err)
	}
	if p.Smallest.N != 0 || !strings.Contains(strings.Join(p.Open, "\n"), "there is no change that 90 % of the trials would have seen") {
		t.Errorf("smallest %+v, though a fifth of the trials was void; %q", p.Smallest, p.Open)
	}
}

// TestSmallestHolds holds Measure.Smallest against the rate at which such a change is found on other samples.
func TestSmallestHolds(t *testing.T) {
	suite := suiteOf(churn)
	suite.Plan.Slices, suite.Plan.More = smallSlices, 0
	w := quiet(1)
	w.slices = smallSlices
	smallest := 0.0
	for seed := range uint64(20) {
		w.seed = seed
		smallest += gate(t, w.samples(), suite).Cells[0].Measures[0].Smallest / 20
	}
	found := 0
	const trials = 60
	for seed := range uint64(trials) {
		w.seed, w.effect = 100+seed, smallest
		if gate(t, w.samples(), suite).Verdict == Regressed {
			found++
		}
	}
	if lo, hi := stats.Proportion(found, trials, 0.99); lo > 0.97 || hi < 0.85 {
		t.Errorf("%+.2f %% was found in %d of %d; want about 90 %%", 100*smallest, found, trials)
	}
}
