package render

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"

	"daxbench/reports/gate"
	"daxbench/reports/stats"
)

// proofExample met its targets.
func proofExample() *gate.Proof {
	row := func(cell string, effect float64, trials, found int, lo, hi, target float64) gate.ProofRow {
		r := gate.ProofRow{Cell: cell, Effect: effect, Trials: trials, Found: found, Rate: float64(found) / float64(trials), Lo: lo, Hi: hi, Target: target}
		r.Met, r.Certain = r.Rate >= target, r.Lo >= target
		r.Green, r.Open = trials-found, 0
		if effect == 0 {
			r.Met, r.Certain, r.Open = r.Rate <= target, r.Hi <= target, 4
			r.Green -= r.Open
		}
		return r
	}
	missing := row("", 0, 150, 150, 0.976, 1, 1)
	missing.Missing, missing.Met, missing.Certain, missing.Green, missing.Open = true, true, true, 0, 150
	return &gate.Proof{
		Suite: "hot-paths, revision 3", Rule: "A cell regresses if the signed-rank test over its forks has p < 0.005.",
		Command: "daxbench gate -prove -suite hot-paths -trials 50 -seed 7 -out proof", Machine: "AMD EPYC, 2 cores, linux 6.18.2", Trials: 50,
		Rows: []gate.ProofRow{
			row("", 0, 150, 1, 0, 0.037, 0.02), row("", 0.02, 150, 128, 0.786, 0.906, 0.8), row("", 0.03, 150, 146, 0.933, 0.993, 0.95),
			row("", 0.05, 150, 150, 0.976, 1, 0.98), row("", 0.1, 150, 150, 0.976, 1, 0), missing,
			row("PinMix/workers=1/policy=dax-only", 0.03, 50, 50, 0.929, 1, 0.95),
			row("EvictStorm/dax=0/workers=1/policy=dax-only", 0.03, 50, 46, 0.808, 0.978, 0.95),
		},
		Smallest: stats.Estimate{Value: 0.024, Lo: 0.021, Hi: 0.029, N: 600, Confidence: 0.95}, Seconds: 6.24,
		Warnings: []string{"the machine was shared: 5.9 runnable tasks on 2 cores"},
	}
}

// proofFailed let something through.
func proofFailed() *gate.Proof {
	p := proofExample()
	p.Failures = []string{"a planted +10 % in PinMix/workers=1/policy=dax-only went green in trial 17"}
	p.Open = []string{"+2 % was found in 70.7 %, which is less than 80 %"}
	p.Rows[1] = gate.ProofRow{Effect: 0.02, Trials: 150, Found: 106, Green: 20, Open: 20, Void: 4, Rate: 0.7067, Lo: 0.627, Hi: 0.778, Target: 0.8}
	return p
}

// proofHostile has no number and no fair name.
func proofHostile() *gate.Proof {
	nan := math.NaN()
	long := string(make([]byte, 1<<20))
	return &gate.Proof{
		Suite: evil, Rule: evil, Command: evil, Machine: evil, Trials: -1, Smallest: stats.Estimate{Value: nan, Lo: nan, Hi: math.Inf(1), N: 9, Confidence: 1},
		Seconds: math.Inf(1), Failures: append(slices.Repeat([]string{evil}, maxFailures+1), long), Open: []string{evil}, Warnings: []string{evil},
		Rows: []gate.ProofRow{
			{Cell: evil, Effect: nan, Trials: -1, Found: 1 << 60, Rate: nan, Lo: math.Inf(-1), Hi: math.Inf(1), Target: nan},
			{Cell: long, Effect: math.Inf(1), Trials: 3, Rate: 7, Lo: -2, Hi: 9, Target: 5}, {Missing: true},
		},
	}
}

func renderProof(t *testing.T, format string, p *gate.Proof, o Options) string {
	t.Helper()
	f, ok := LookupProof(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var b strings.Builder
	if err := f.Write(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenProof(t *testing.T) {
	for _, c := range []struct {
		file, format string
		proof        *gate.Proof
		o            Options
	}{
		{"gate_proof60.golden", "text", proofExample(), Options{Width: 60}},
		{"gate_proof100.golden", "text", proofExample(), Options{Width: 100}},
		{"gate_proof_failed120.golden", "text", proofFailed(), Options{Width: 120}},
		{"gate_proof.markdown.golden", "markdown", proofFailed(), Options{}},
		{"gate_proof.json.golden", "json", proofExample(), Options{}},
	} {
		t.Run(c.file, func(t *testing.T) { golden(t, c.file, renderProof(t, c.format, c.proof, c.o)) })
	}
}

// TestProofWidth holds the widths of a terminal, and that colour is only colour.
func TestProofWidth(t *testing.T) {
	for name, p := range map[string]*gate.Proof{"example": proofExample(), "failed": proofFailed(), "hostile": proofHostile(), "empty": {}} {
		for width := 1; width <= 200; width += 1 + len(p.Failures)/maxFailures*6 { // the hostile one is long
			plain := renderProof(t, "text", p, Options{Width: width})
			for l := range strings.Lines(plain) {
				l = strings.TrimSuffix(l, "\n")
				if width >= 40 && columns(l) > width && l != clean(p.Command, maxCommand) {
					t.Fatalf("%s: %d columns at width %d:\n%s", name, columns(l), width, l)
				}
			}
			if coloured := renderProof(t, "text", p, Options{Width: width, Colour: true}); trailing(escapes.ReplaceAllString(coloured, "")) != trailing(plain) {
				t.Fatalf("%s: colour changes more than the colour at width %d", name, width)
			}
		}
	}
}

// TestProofVerdict: a proof that shows too little is not one.
func TestProofVerdict(t *testing.T) {
	open := proofExample()
	open.Open = []string{"too few tries"}
	certain := proofExample()
	for i := range certain.Rows {
		certain.Rows[i].Certain = certain.Rows[i].Cell == ""
	}
	for want, p := range map[string]*gate.Proof{"shown": certain, "met": proofExample(), "not shown": open, "failed": proofFailed()} {
		for _, f := range ProofFormats() {
			head, _, _ := strings.Cut(strings.TrimLeft(renderProof(t, f.Name, p, Options{Width: 200}), "━\n"), "\n\n")
			for name, word := range map[string]string{"shown": "✓ shown", "met": "✓ met", "not shown": "? not shown", "failed": "✗ failed"} {
				if f.Name != "json" && strings.Contains(head, word) != (name == want) {
					t.Errorf("%s of one that is %s: %s", f.Name, want, head)
				}
			}
			if f.Name == "json" && !strings.Contains(head, `"status": "`+want+`"`) {
				t.Errorf("json of one that is %s: %s", want, head)
			}
		}
	}
}

func TestProofHostile(t *testing.T) {
	for _, f := range ProofFormats() {
		s := renderProof(t, f.Name, proofHostile(), Options{Width: 100})
		for _, c := range s {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Errorf("%s: %q comes through", f.Name, c)
			}
		}
		for _, no := range []string{"NaN", "Inf", "<script"} {
			if f.Name != "text" && strings.Contains(s, no) && !strings.Contains(s, "```") || strings.Contains(s, "NaN") {
				t.Errorf("%s: %s comes through", f.Name, no)
			}
		}
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(renderProof(t, "json", proofHostile(), Options{})), &got); err != nil {
		t.Error(err)
	}
}

func TestRateBar(t *testing.T) {
	for _, c := range []struct {
		row  gate.ProofRow
		want string
	}{
		{gate.ProofRow{Effect: 0.1, Trials: 9, Rate: 0.5, Lo: 0.25, Hi: 0.75}, "      ├─────●─────┤"},
		{gate.ProofRow{Effect: 0.1, Trials: 9, Rate: 1, Lo: 0.75, Hi: 1, Target: 0.5}, "            ┊     ├─────●"},
		{gate.ProofRow{Trials: 9, Rate: 0, Lo: 0, Hi: 0.25, Target: 0.02}, "●─────┤"},
		{gate.ProofRow{Rate: 0, Lo: 0, Hi: 1}, ""},
		{gate.ProofRow{Trials: 9, Rate: math.NaN(), Hi: 1}, ""},
	} {
		if got := strings.TrimRight(rateBar(&c.row), " "); got != c.want {
			t.Errorf("%+v:\n%q, want\n%q", c.row, got, c.want)
		}
	}
}

// TestProofTargets: what is held to a target is marked, and what is not held to one is not.
func TestProofTargets(t *testing.T) {
	for _, c := range []struct {
		row  gate.ProofRow
		want string
	}{
		{gate.ProofRow{Target: 0.02, Met: true}, "✓ ≤ 2 % met"},
		{gate.ProofRow{Target: 0.02, Met: true, Certain: true}, "✓ ≤ 2 % shown"},
		{gate.ProofRow{Target: 0.02}, "✗ ≤ 2 %"},
		{gate.ProofRow{Effect: 0.03, Target: 0.95, Met: true}, "✓ ≥ 95 % met"},
		{gate.ProofRow{Effect: 0.03, Met: true}, ""},
		{gate.ProofRow{Missing: true, Target: 1}, "✗ ≥ 100 %"},
		{gate.ProofRow{Cell: "PinMix", Effect: 0.03, Target: 0.95}, ""},
	} {
		if got := target(&c.row); got != c.want {
			t.Errorf("%+v: %q, want %q", c.row, got, c.want)
		}
	}
}

func TestProofFormats(t *testing.T) {
	for i, f := range ProofFormats() {
		if i > 0 && ProofFormats()[i-1].Name >= f.Name {
			t.Errorf("%s is not in order", f.Name)
		}
		if got, ok := LookupProof(f.Name); !ok || got.Name != f.Name || f.About == "" || !strings.HasPrefix(f.Ext, ".") {
			t.Errorf("%s: %+v, %v", f.Name, got, ok)
		}
		if err := f.Write(full{}, &gate.Proof{}, Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: the error of the writer is lost: %v", f.Name, err)
		}
	}
	if _, ok := LookupProof("junit"); ok {
		t.Error("found a format that is not there")
	}
}
