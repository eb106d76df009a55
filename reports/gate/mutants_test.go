package gate

import (
	"flag"
	"os"
	"strings"
	"testing"

	"daxbench/engine/enginetest"
)

// allMutants has every mistake built in, which takes some minutes.
var allMutants = flag.Bool("mutants", false, "build in every mistake, not only the gravest")

// gravest is how many mistakes, from the first, are built in without the flag.
const gravest = 4

// mutants are mistakes in the rule, each told by the text that it changes, the gravest first. A gate with any of them would
// be green, or red, without reason.
var mutants = []struct{ name, file, old, new string }{
	{"what was not found passes", "rule.go", "case m.within():", "case m.Adjusted >= m.Alpha:"},
	{"Holm is left out", "rule.go", "s.Adjusted, s.Alpha = adjusted, alpha", "s.Adjusted, s.Alpha = s.P+0*adjusted, alpha"},
	{"a missing cell passes", "judge.go", "blank: \"the suite declares it, and it was not measured\" + s.renamed(d.Name)}", "series: []series{{Measure: Measure{Role: Decides, Why: s.renamed(d.Name)}}}}"},
	{"controls are ignored", "controls.go", "m.Verdict, m.Why = Void,", "m.Verdict, m.Why = Pass,"},
	{"a first look passes what looks worse", "rule.go", "case again && m.looksWorse():", "case again && m.Name == \"\":"},
	{"a pass needs no interval below the tolerance", "rule.go", "e.Hi < 1+m.Tolerance", "e.Value < 1+m.Tolerance"},
	{"the second look has a smaller family", "rule.go", "for range others {", "for range 0 * others {"},
	{"significance is not asked for", "rule.go", "significant := e.Bounded() && m.Adjusted < m.Alpha\n	m.Verdict, m.Why = NoVerdict, \"\"\n	switch {\n	case significant && m.looksWorse():\n		m.Verdict = Regressed",
		"significant := e.Bounded()\n	m.Verdict, m.Why = NoVerdict, \"\"\n	switch {\n	case e.Value >= 1+m.Floor:\n		m.Verdict = Regressed"},
	{"the floor is left out", "rule.go", "m.Change.Lo > 1 && m.Change.Value >= 1+m.Floor", "m.Change.Lo > 1"},
	{"an improvement is called a regression", "rule.go", "		m.Verdict = Improved", "		m.Verdict = Regressed"},
	{"each look has the whole alpha", "judge.go", "	_, alpha := looks.At(look - 1)\n	return cells,", "	_, alpha := looks.At(look - 1)\n	alpha = suite.Plan.Alpha\n	return cells,"},
	{"decided cells are judged again", "judge.go", "if before != nil && !before[i].more {", "if before != nil && false {"},
	{"cells that are not declared are ignored", "judge.go", "	r.strangers(s, suite)\n", ""},
	{"an unfinished measurement counts", "judge.go", "s.Status != statusFinished && c.blank", "false && c.blank"},
	{"controls are judged on one side only", "controls.go", "e.Value >= 1+m.Floor, significant && e.Hi < 1 && e.Value <= 1/(1+m.Floor):", "e.Value >= 1+m.Floor:"},
	{"no control is as good as one that held", "conclude.go", "return \"there is no negative control: nothing shows that the machine was fair\"", "return \"\""},
	{"nothing judged is a pass", "conclude.go", "r.judged() == 0 || ", ""},
	{"a new cell may be one that the head cannot run", "draw.go", "c.BaseLacks && c.HeadError == \"\"", "c.BaseLacks"},
	{"a base that fails is one that does not know the cell", "draw.go", "\"warn\" && c.BaseLacks", "\"warn\" && c.BaseError != \"\""},
	{"a new cell hides the others", "conclude.go", "if c := &r.Cells[i]; !c.New {\n			n[", "if c := &r.Cells[i]; !c.New && len(r.Warnings) < 0 {\n			n["},
	{"a void report keeps its cells green", "conclude.go", "			case c.exact():\n			case r.outweighs(c):", "			case c != nil:\n			case r.outweighs(c):"},
	{"a hang of the head is nobody's fault", "draw.go", "if f.Head.Outcome != outcomeOK {", "if false {"},
	{"the base may have failed", "draw.go", "if f.Base.Outcome != outcomeOK {", "if false {"},
	{"forks may be few", "draw.go", "if len(forks) != want {", "if len(forks) > want {"},
	{"forks may be many", "draw.go", "if len(forks) != want {", "if len(forks) < want {"},
	{"zeros are left out without a word", "draw.go", "err != nil || float64(unusable) > maxUnusable*float64(len(base))", "err != nil && unusable < 0"},
	{"wall time convicts nobody", "draw.go", "wall.Role = Convicts", "wall.Role = Shown"},
	{"processor time decides for what sleeps", "draw.go", "d.Clock == Auto && !sleeps", "d.Clock == Auto"},
	{"the median of the head over that of the base", "draw.go", "s.logs = append(s.logs, log)", "s.logs = append(s.logs, -log)"},
	{"violations are not counted", "count.go", "	if head > 0 {\n		n.Verdict", "	if head > 1e9 {\n		n.Verdict"},
	{"allocations are not compared", "count.go", "case more >= most:", "case more < 0:"},
	{"one burst of allocations convicts", "count.go", "case more >= most:", "case more > 0:"},
	{"few operations may allocate", "count.go", "min(freeAllocs, freeAllocsShare*h)", "freeAllocs + 0*freeAllocsShare"},
	{"other work is compared", "count.go", "		c.undo(\"the two sides do different work: %s\", unit.List(other))", "		c.Warnings = append(c.Warnings, unit.List(other))"},
	{"a count on one side is none", "count.go", "return has > 0 && has < 2*len(forks)", "return has < 0"},
	{"processor time passes what wall time says is worse", "judge.go", "case c.torn != \"\" && !again:", "case c.torn != \"\" && again && !again:"},
	{"that the head sleeps is not seen", "draw.go", "max(median(base), median(head)) > maxSleeps", "median(base) > maxSleeps && head != nil"},
	{"the order may be one-sided", "draw.go", "min(b, len(f.Order)-b) > 1 {", "min(b, len(f.Order)-b) > len(f.Order) {"},
	{"forks may lack a control", "controls.go", "where != \"\" && m.Verdict == Pass", "where == \"-\""},
	{"a void trial would have found something", "power.go", "if t.Report.Verdict == Void {", "if t.Report == nil {"},
	{"the second look of a proof has a smaller family", "power.go", "if look == 1 {\n			family", "if look > 0 {\n			family"},
	{"few latencies are enough", "tail.go", "if few < d.Tail.needed() {", "if few < 0 {"},
	{"quantiles move in steps", "tail.go", "return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/(xs[i]-xs[i-1])", "return ys[i]"},
	{"the tail convicts nobody", "tail.go", "Role: d.Tail.Role, Floor", "Role: Shown, Floor"},
	{"unknown keys are skipped", "suite.go", ".DisallowUnknownFields()", ""},
	{"a cell may be declared twice", "suite.go", "if first, ok := seen[d.Name]; ok {", "if first, ok := seen[d.Name]; ok && first < 0 {"},
	{"a rule that finds nothing is accepted", "suite.go", "least*float64(measures) >= alpha", "least < 0"},
	{"samples may have trailing bytes", "read.go", "if err := folder.UniqueKeys(data); err != nil {", "data = data[:len(data)+0*len(path)]\n	if err := error(nil); err != nil {"},
	{"series may differ in length", "read.go", "	if len(values) != n {", "	if len(values) < 0 {"},
	{"a reference that became dearer is an improvement", "within.go", "	doubtReference(pairs)\n", ""},
	{"a cell that only one run has is skipped", "within.go", "p.blank = \"the head run does not have it\"", "continue"},
	{"other work passes", "exact.go", "n.Verdict, n.Why = NoVerdict, fmt.Sprintf(\"the two sides do other work", "n.Verdict, n.Why = Pass, fmt.Sprintf(\"the two sides do other work"},
	{"a count that is gone passes", "exact.go", "n.Verdict, n.Why = NoVerdict, v.Unit+\" is not exact in the head, or was not counted\"", "n.Head = n.Base"},
	{"a missing cell proves nothing", "prove.go", "if row.Green > 0 {\n				fail", "if row.Green > 1e6 {\n				fail"},
	{"a green slowdown is a matter of rates", "prove.go", "if row.Green > 0 && row.Effect >= neverGreen {", "if row.Green > row.Trials {"},
	{"undecided is found", "prove.go", "	found := v == Regressed\n", "	found := v == Regressed || v == NoVerdict\n"},
}

// TestMutantsApply keeps those that are not built in by default from being forgotten: the text that they change is there.
func TestMutantsApply(t *testing.T) {
	for _, m := range mutants {
		src, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), m.old); n != 1 {
			t.Errorf("%s: %s has the text that is to be changed %d times", m.name, m.file, n)
		}
	}
}

// TestMutants builds each mistake in, by an overlay of the source, and expects the tests to fail.
func TestMutants(t *testing.T) {
	if testing.Short() || enginetest.InMistake() {
		t.Skip("builds and tests the package anew, once for each mistake")
	}
	for i, m := range mutants {
		if i == gravest && !*allMutants {
			break
		}
		t.Run(m.name, func(t *testing.T) {
			enginetest.Mistake{File: "reports/gate/" + m.file, Old: m.old, New: m.new}.MustBeFound(t, "-short", "-failfast", "./reports/gate")
		})
	}
}
