package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// badDay is a row of the table of bad inputs and events: what happens to files, flags and processes, and what is tested of
// it here, by processes, and elsewhere.
type badDay struct {
	row       string
	cases     []badCase
	elsewhere []string // tests of packages: "reports/folder.TestRounds"
}

// badDays is the table, in its order.
func badDays() []badDay {
	return []badDay{
		{"SIGINT, SIGTERM", signalCases(), []string{
			"cmd/daxbench.TestInterrupt", "cmd/daxbench.TestInterruptBeforeAnything", "cmd/daxbench.TestSecondSignal",
			"cmd/daxbench.TestVerifyInterrupted", "workloads/driver.TestInterrupt", "workloads/lockstep.TestInterrupted"}},
		{"kill -9, power loss", killCases(), []string{
			"workloads/record.TestChild", "workloads/record.TestEveryCallFails", "workloads/record.TestOrderOfCalls",
			"reports/folder.TestTornLastLineIsLeftOut", "baselines.TestKilledRecording", "engine/media.TestPowerCut"}},
		{"disk full", slices.Concat(fullDiskCases(), reportFullDiskCases(), recordFullDiskCases()), []string{
			"cmd/daxbench.TestFullDisk", "cmd/daxbench.TestFullDiskAtStart", "workloads/record.TestFullDisk",
			"baselines.TestFullDisk", "baselines.TestFullDiskAtTheFirst"}},
		{"pmem file on a full or sparse file system", nil, []string{
			"engine/pmem.TestNoSpace", "engine/pmem.TestFullDisk", "engine/pmem.TestFileIsMadeAndFilled"}},
		{"mapped file truncated by someone else", nil, []string{
			"cmd/daxbench.TestRegionShrinks", "engine/pmem.TestGuardCatchesTruncation"}},
		{"corrupt, truncated, empty baseline", slices.Concat(damageCases(), reportDamageCases()), []string{
			"reports/folder.TestRefusesManifests", "reports/folder.TestRefusesResults", "reports/folder.TestNotAFolder",
			"reports/gate.TestReadSamplesRefuses", "reports/gate.TestReadCountsRefuses", "baselines.TestDamage",
			"baselines.TestCurrent", "workloads/record.TestDamage", "cmd/daxbench.TestHistoryLeavesDamageOut"}},
		{"trailing bytes, duplicate keys, unknown schema, newer version", schemaCases(), []string{
			"reports/folder.TestRefusesManifests", "reports/safety.TestDamage", "reports/gate.TestReadSamplesRefuses", "reports/gate.TestSuiteRefuses",
			"workloads/lockstep.TestMeetRefuses"}},
		{"NaN, Inf, negative, zero samples", valueCases(), []string{
			"reports/versus.TestRefuses", "reports/folder.TestRefusesResults", "reports/gate.TestReadSamplesRefuses",
			"reports/stats.FuzzSamples", "workloads/record.TestNulls"}},
		{"all samples equal; n too small", fewCases(), []string{
			"reports/stats.TestBelowSixPairsNothingIsBounded", "reports/gate.TestLooks", "baselines.TestDoubts"}},
		{"empty result: no ops, the filter matched nothing", emptyCases(), []string{
			"cmd/daxbench.TestNothingMeasured", "reports/gate.TestNothingGreenWithoutProof", "workloads/census.TestRefusals"}},
		{"run that panicked or failed half-way", slices.Concat(failedCases(), reportStatusCases()), []string{
			"workloads/driver.TestPanicEndsTheRun", "workloads/driver.TestFailedCheckVoidsFigures", "workloads/census.TestFailures",
			"workloads/lockstep.TestFaults", "workloads/record.TestOutcomesAreAccepted"}},
		{"clock jump, suspend, NTP step", nil, []string{
			"workloads/record.TestWatch", "workloads/driver.TestFiguresSurviveTheMachine"}},
		{"CPU offline, affinity or quota changed, throttling, GOMAXPROCS is not the baseline's", machineCases(), []string{
			"workloads/record.TestWatch", "workloads/record.TestDifferences", "baselines.TestDiff", "reports/gate.TestTrend"}},
		{"concurrent runs in one results directory", concurrentCases(), []string{
			"baselines.TestTwoWriters", "workloads/record.TestFoldersAreNotOverwritten", "workloads/record.TestResumeRefuses"}},
		{"labels with HTML, JS, ANSI, newline, NUL, bidi, 1 MB", slices.Concat(labelCases(), reportLabelCases()), []string{
			"reports/report.TestHugeLabels", "reports/safety.TestHostile",
			"reports/render.TestHostileLabels", "reports/render.TestGateHostile", "reports/render.TestGateHostileMarkdown",
			"reports/render.TestGateHostileJUnit", "reports/render.TestGateHostileGitHub", "reports/render.TestProofHostile",
			"cmd/daxbench.TestHostileRecords", "baselines.TestHostileFacts"}},
		{"path traversal, symlinks", slices.Concat(pathCases(), reportPathCases()), []string{"baselines.TestFind", "baselines.TestDamage", "baselines.TestMachines"}},
		{"huge files, long lines", hugeCases(), []string{"reports/versus.TestRefuses", "workloads/lockstep.TestLines"}},
		{"NaN, Inf, overflow, negative in flags, contradictory flags", slices.Concat(flagCases(), reportFlagCases()), []string{
			"cmd/daxbench.TestGateFlags", "cmd/daxbench.TestHistoryRefuses", "cmd/daxbench.TestScripts"}},
		{"verify finds nothing because the budget was 0 or hit the limit", nothingCases(), []string{
			"engine/verify.TestStatus", "engine/verify.TestNothing", "cmd/daxbench.TestVerifyStatus", "cmd/daxbench.TestGateAnswer",
			"reports/gate.TestProveFails"}},
		{"goroutine leak, leftover temp files, mappings, locks after any of the above", nil, []string{
			"cmd/daxbench.TestBadDaysAreNoticed", "workloads/record.TestCreateLeavesNothingBehind", "workloads/record.TestLeftoversAreSwept"}},
	}
}

// TestBadDays has daxbench meet every row of the table: it must end in time, within its memory, with the right exit status
// and a reason on standard error, and leave no process, no lock and no file that it should not.
func TestBadDays(t *testing.T) {
	s := newShelf(t)
	for _, row := range badDays() {
		t.Run(row.row, func(t *testing.T) {
			for i := range row.cases {
				c := &row.cases[i]
				t.Run(c.name, func(t *testing.T) {
					if c.long && testing.Short() {
						t.Skip("short")
					}
					for _, wrong := range c.run(t, s, s.tool) {
						t.Error(wrong)
					}
				})
			}
			for _, test := range row.elsewhere {
				if !testExists(t, test) {
					t.Errorf("there is no %s", test)
				}
			}
			if len(row.cases)+len(row.elsewhere) == 0 {
				t.Error("nothing tests this row")
			}
		})
	}
}

// testExists says whether a package of this module has a test function: "reports/folder.TestRounds".
func testExists(t *testing.T, test string) bool {
	t.Helper()
	dir, name, _ := strings.Cut(test, ".")
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				return true
			}
		}
	}
	return false
}

// TestBadDaysAreNoticed has programs misbehave, each in one way, and wants every one of them found out.
func TestBadDaysAreNoticed(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"well behaved", "exit 0", ""},
		{"another exit status", "exit 3", "exit status 3, want 0"},
		{"killed", "kill -9 $$", "exit status 137, want 0"},
		{"hangs", "sleep 60", "no end in"},
		{"leaves a file", ": > .report123", ".report123 was left behind"},
		{"leaves a temporary file", ": > $TMPDIR/x", "tmp/x was left behind"},
		{"leaves a hidden one where files may be", "mkdir out; : > out/.samples.json1", "out/.samples.json1 was left behind"},
		{"changes a file", "echo more >> old", "old is not what it was"},
		{"removes a file", "rm old", "old is gone"},
		{"leaves a process", "sleep 60 & exit 0", "was left behind"},
		{"holds a lock", "mkdir bl; setsid flock bl sleep 3 & sleep 0.3; exit 0", "is locked"},
		{"crashes", "echo 'panic: no' >&2", "it crashed"},
		{"prints", "echo verdict", "something was printed"},
		{"colours standard error", `printf '\033[31mred' >&2`, "standard error holds a raw"},
		{"takes memory", "exec dd if=/dev/zero of=/dev/null bs=300M count=3", "of memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // most of them sleep
			c := badCase{make: func(d *desk) { d.write("old", "old\n") }, argv: []string{"-c", tt.script}, silent: true,
				limit: 2 * time.Second, memory: 250 << 20, leaves: []string{"out", "bl"}}
			if strings.Contains(tt.script, "flock") {
				c.needs = "flock"
			}
			wrong := strings.Join(c.run(t, nil, "sh"), "\n")
			if (wrong == "") != (tt.want == "") || !strings.Contains(wrong, tt.want) {
				t.Errorf("found %q, want %q", wrong, tt.want)
			}
		})
	}
	if testExists(t, "cmd/daxbench.TestThatNobodyWrote") || !testExists(t, "cmd/daxbench.TestBadDays") {
		t.Error("tests elsewhere are not looked for")
	}
}
