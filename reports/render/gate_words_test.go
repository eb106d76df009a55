package render

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"daxbench/reports/gate"
)

func TestPercent(t *testing.T) {
	for ratio, want := range map[float64]string{
		1.0523: "+5.23 %", 0.9991: "−0.09 %", 1: "0.00 %", 1.00001: "0.00 %", 1.38: "+38.0 %", 1.999: "+99.9 %", 2.5: "×2.50",
		0.05: "×0.050", 0: none, -1: none, math.Inf(1): none, math.NaN(): none,
	} {
		if got := percent(ratio); got != want {
			t.Errorf("percent(%v) = %q, want %q", ratio, got, want)
		}
	}
	for v, want := range map[float64]string{0.01: "1 %", 0.025: "2.5 %", 0.0123: "1.23 %", 0.5: "50 %", 0: "0 %", 3: "300 %"} {
		if got := share(v); got != want {
			t.Errorf("share(%v) = %q, want %q", v, got, want)
		}
	}
	for p, want := range map[float64]string{0.00002: "<0.0001", 0.0312: "0.0312", 0.5: "0.50", 1: "1.00", math.NaN(): none} {
		if got := pValue(p); got != want {
			t.Errorf("pValue(%v) = %q, want %q", p, got, want)
		}
	}
}

func TestBaseHead(t *testing.T) {
	for _, c := range []struct {
		s    subject
		want string
	}{
		{subject{measure: &gate.Measure{Unit: "ns/op", Base: 16.2, Head: 17.1}}, "16.2 → 17.1 ns"},
		{subject{measure: &gate.Measure{Unit: "ns/op", Base: 16.2, Head: 17.1e6}}, "16.2 ns → 17.1 ms"},
		{subject{measure: &gate.Measure{Unit: "ns/op", Base: 0, Head: 17.1}}, "– → 17.1 ns"},
		{subject{measure: &gate.Measure{Unit: "ns/op"}}, ""},
		{subject{measure: &gate.Measure{Unit: "ns/op", Base: math.NaN(), Head: math.Inf(1)}}, "– → –"},
		{subject{count: &gate.Count{Base: 0, Head: 48000}}, "0 → 48,000"},
		{subject{count: &gate.Count{Base: 0.25, Head: -1}}, "0.25 → –"},
		{subject{}, ""},
	} {
		if got := baseHead(c.s); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestShortenedStayDifferent holds that cells keep different names however narrow their column, as long as it has room for
// any difference.
func TestShortenedStayDifferent(t *testing.T) {
	cells := worst(gateExample().Cells)
	for limit := 100; limit >= 12; limit-- {
		names, common := shortened(cells, limit)
		if distinct(names) != len(cells) {
			t.Errorf("limit %d: %q", limit, names)
		}
		if widest(names) > limit {
			t.Errorf("limit %d: %q", limit, names)
		}
		if common != "dax=50 workers=1" {
			t.Errorf("limit %d: in common %q", limit, common)
		}
	}
	one := []*gate.Cell{{Name: "PinMix/workers=1/policy=dax-only"}}
	if names, common := shortened(one, 60); names[0] != one[0].Name || common != "" {
		t.Errorf("one cell: %q, in common %q", names, common)
	}
	if names, _ := shortened([]*gate.Cell{{Name: "a/x=1"}, {Name: "a/x=1"}}, 5); fmt.Sprint(names) != "[a a]" {
		t.Errorf("twice the same: %q", names)
	}
}

// TestForest holds where the marks stand: the axis is symmetric, and an interval that leaves it ends in an arrow.
func TestForest(t *testing.T) {
	m := measured("cpu", 100, 1.02, 1.01, 1.04, 0.5, gate.NoVerdict)
	f := newForest([]gateLine{{subject: subject{measure: &m}}}, 21)
	if f.limit != 0.05 {
		t.Errorf("the axis ends at %v", f.limit)
	}
	for _, c := range []struct {
		value, lo, hi float64
		want          string
	}{
		{1.02, 1.01, 1.04, "        · │ ├─●─┊─┤"},
		{1, 0.99, 1.01, "        ├─●─┤   ┊"},
		{0.5, 0.4, 0.96, "◂─┤     · │ ·   ┊"},
		{1.2, 0.97, 1.3, "    ├───·─┼─·───┊───▸"},
		{1.2, 1.1, 1.3, "        · │ ·   ┊   ▸"},
		{0.97, 0.97, 0.97, "    ●   · │ ·   ┊"},
	} {
		m.Change = ratioOf(c.value, c.lo, c.hi)
		if got := strings.TrimRight(f.draw(&m), " "); got != c.want {
			t.Errorf("%v [%v, %v]:\n%s, want\n%s", c.value, c.lo, c.hi, got, c.want)
		}
	}
	m.Change.Confidence = 0.9
	if got := f.draw(&m); got != "" {
		t.Errorf("an interval that is none is drawn: %q", got)
	}
	if got := columns(f.head()); got > 23 {
		t.Errorf("the head %q has %d columns", f.head(), got)
	}
}

// TestDecisive: the line of a cell shows what gave it its verdict, not what happens to stand first.
func TestDecisive(t *testing.T) {
	for _, c := range gateExample().Cells {
		want := map[string]string{"unconditional": "p99", "lookup": "allocations", "truncate": ""}
		name := "cpu"
		for part, n := range want {
			if strings.Contains(c.Name, part) {
				name = n
			}
		}
		if got := decisive(&c).name(); got != name {
			t.Errorf("%s: decided by %q, want %q", c.Name, got, name)
		}
	}
}

// TestSpeaks: what passed says nothing below a cell that passed, unless everything is asked for.
func TestSpeaks(t *testing.T) {
	cells := worst(gateExample().Cells)
	quiet, loud := gateLines(cells, false), gateLines(cells, true)
	for _, l := range quiet {
		if !l.lead && l.cell.Verdict != gate.Regressed {
			t.Errorf("%s tells of %s", l.cell.Name, l.name())
		}
	}
	all := 0
	for _, c := range cells {
		all += max(len(c.Measures)+len(c.Counts), 1)
	}
	if len(loud) != all {
		t.Errorf("%d lines of %d", len(loud), all)
	}
}

// TestEffort: what a run's figures rest on is not called by the name of what a measurement in lock-step rests on.
func TestEffort(t *testing.T) {
	c := &gate.Cell{Forks: 6, Looks: 1}
	for way, want := range map[string]string{"within": "[6 rounds]", "lock-step": "[6 forks]"} {
		r := &gate.Report{Way: way, Cells: []gate.Cell{*c}}
		if got := fmt.Sprint(effort(c, pairs(r))); got != want {
			t.Errorf("%s: %s, want %s", way, got, want)
		}
	}
}
