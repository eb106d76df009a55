package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daxbench/reports/gate"
	"daxbench/reports/render"
)

// gateFlags are the flags of gate as they were given.
type gateFlags struct {
	base, head       string
	baseRef, headRef string
	layouts          int
	suite            string
	cells            []string
	seed             uint64
	out              string
	within           bool
	baseline         string
	judge            string
	prove            bool
	trials           int
	effects          []string
	verbose          bool
	outputs          map[string]*string // by name of format: the file, - for standard output

	given          func(flag string) bool
	stdout, stderr io.Writer
}

func newGate() *cobra.Command {
	f := gateFlags{outputs: make(map[string]*string)}
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "say whether a change made the hot paths slower, with a verdict for CI",
		Long: "Gate runs two builds of daxbench by turns, slice by slice, in fresh pairs of\n" +
			"processes, and judges a declared set of cells: regressed, pass (shown to be less\n" +
			"than the tolerance worse), improved, or no verdict. What is missing, renamed or\n" +
			"could not be measured has no verdict, and that is never green. (Where a suite says\n" +
			"new = \"warn\" a cell that the base does not know is named, and the others decide.)\n\n" +
			"Ways, the best first: -base or -base-ref measures both sides anew, by turns;\n" +
			"-within compares the ratios between policies inside two recorded runs; -baseline\n" +
			"compares exact counts with a record, and shows its times as a trend.\n" +
			"-prove shows what the gate finds on this machine, and how often it errs.\n\n" +
			"Exit status: 0 every cell passes or improved; 1 some cell regressed; 2 usage;\n" +
			"3 no verdict; 4 files, builds or memory; 130 interrupted.",
		Example: "  daxbench gate -base-ref origin/main\n" +
			"  daxbench gate -base ./daxbench.old -head ./daxbench -junit gate.xml -github -\n" +
			"  daxbench gate -within -base results/old -head results/new\n" +
			"  daxbench gate -baseline baselines/amd-epyc-2/2026-11-25-0123456\n" +
			"  daxbench gate -prove -base-ref HEAD",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.stdout, f.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if !cmd.Flags().Changed("seed") {
				f.seed = newSeed()
			}
			f.given = cmd.Flags().Changed
			return notRegressed(f.execute(cmd.Context()))
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.base, "base", "", "the daxbench that the head is held against: an executable `file` (with -within, a result folder)")
	fl.StringVar(&f.baseRef, "base-ref", "", "build the base from `revision` of the git checkout that this is run in")
	fl.StringVar(&f.head, "head", "", "the daxbench that is judged: an executable `file` (default: with -base-ref the checkout as it is, else this program)")
	fl.StringVar(&f.headRef, "head-ref", "", "build the head from `revision` too")
	fl.IntVar(&f.layouts, "layouts", 10, "link each side that is built with `n` layouts of its code and take another one for each fork, the same on both sides; 0 leaves the order to the linker (default 10)")
	fl.StringVar(&f.suite, "suite", gate.Default().Name, "the declared cells and limits: "+strings.Join(suiteNames(), ", ")+", or a TOML `file` (default "+gate.Default().Name+"; see daxbench list)")
	fl.StringArrayVar(&f.cells, "cell", nil, "judge only the declared cells with this `name`, or a name that goes on behind a slash; * stands for anything but a slash")
	fl.Uint64Var(&f.seed, "seed", 0, "`number` that every random choice comes from (default: drawn, and recorded)")
	fl.StringVarP(&f.out, "o", "o", "", "write samples, report and profiles to `folder` (default results/gate-<time>-<seed>)")
	fl.BoolVar(&f.within, "within", false, "compare the ratios between policies inside two runs: -base and -head are result folders")
	fl.StringVar(&f.baseline, "baseline", "", "compare exact counts with those of a record, a `folder` below baselines/; with -head, a result folder, also show its times as a trend")
	fl.StringVar(&f.judge, "judge", "", "judge again what was measured into `folder`; nothing is run")
	fl.BoolVar(&f.prove, "prove", false, "show on this machine what the gate finds and how often it errs: many gatings of this program, or of -base, against itself, some with planted further work; with -base-ref, of two builds of that revision with other link layouts")
	fl.IntVar(&f.trials, "trials", 50, "with -prove, gate `n` times without an effect, and two fifths as often with each effect (default 50)")
	fl.StringArrayVar(&f.effects, "effects", []string{"2,3,5,10"}, "with -prove, plant this much further work, in `per cent` (default 2,3,5,10)")
	fl.BoolVarP(&f.verbose, "v", "v", false, "tell all measures of all cells")
	for _, format := range render.GateFormats() {
		usage := "write to `file`, or - for standard output: " + format.About
		if format.Name == "text" {
			usage += " (default -)"
		}
		f.outputs[format.Name] = fl.String(format.Name, "", usage)
	}
	return cmd
}

// notRegressed keeps what went wrong in the gate itself from looking like a regression: it is a fault of what it works on.
func notRegressed(err error) error {
	var bad *badAnswer
	if err != nil && statusOf(err) == statusBad && !errors.As(err, &bad) {
		return inputError{err}
	}
	return err
}

// execute takes the way that was asked for.
func (f *gateFlags) execute(ctx context.Context) error {
	if err := f.check(); err != nil {
		return err
	}
	suite, err := f.loadSuite()
	if err != nil {
		return err
	}
	ctx, stop := withSignals(ctx)
	defer stop()
	var report *gate.Report
	switch {
	case f.prove:
		return f.proveIt(ctx, suite)
	case f.judge != "":
		report, err = f.judgeAgain(suite)
	case f.within:
		report, err = f.judgeRuns(suite)
	case f.baseline != "":
		report, err = f.judgeRecord(ctx)
	default:
		report, err = f.judgeBuilds(ctx, suite)
	}
	if err != nil {
		return err
	}
	if err := f.write(report); err != nil {
		return err
	}
	return f.answer(report, suite)
}

// check refuses flags that contradict each other.
func (f *gateFlags) check() error {
	ways := 0
	for _, given := range []bool{f.within, f.baseline != "", f.judge != "", f.prove} {
		if given {
			ways++
		}
	}
	refs := f.baseRef != "" || f.headRef != ""
	switch {
	case ways > 1:
		return usagef("-within, -baseline, -judge and -prove are ways of their own: give one of them")
	case f.within && (f.base == "" || f.head == "" || refs):
		return usagef("-within compares two result folders: give -base and -head")
	case (f.baseline != "" || f.judge != "") && refs, f.judge != "" && f.base+f.head != "", f.baseline != "" && f.base != "", f.prove && f.head+f.headRef != "":
		return usagef("that way has no use for one of -base, -base-ref, -head, -head-ref")
	case ways == 0 && f.base == "" && f.baseRef == "":
		return usagef("what shall the head be held against? Give -base or -base-ref (or -within, -baseline, -prove; see daxbench help gate)")
	case f.base != "" && f.baseRef != "" || f.head != "" && f.headRef != "":
		return usagef("a side is either a file or a revision")
	case f.layouts < 0 || f.layouts > 1000:
		return usagef("%d layouts: want 0 to 1000", f.layouts)
	case f.trials < 1 || f.trials > 10_000:
		return usagef("%d trials: want 1 to 10000", f.trials)
	}
	useless := map[string]bool{
		"cell": f.within || f.baseline != "", "suite": f.baseline != "", "layouts": f.baseRef+f.headRef == "",
		"o": f.within || f.baseline != "" || f.judge != "", "trials": !f.prove, "effects": !f.prove,
		"seed": f.within || f.baseline != "" || f.judge != "",
	}
	for _, flag := range slices.Sorted(maps.Keys(useless)) {
		if useless[flag] && f.given(flag) {
			return usagef("that way has no use for -%s", flag)
		}
	}
	return f.checkOutputs()
}

// loadSuite reads the suite and leaves of it what was asked for.
func (f *gateFlags) loadSuite() (*gate.Suite, error) {
	suite, known := gate.LookupSuite(f.suite)
	if !known {
		data, err := readSuite(f.suite)
		if err != nil {
			return nil, usageError{err}
		}
		if suite, err = gate.Parse(f.suite, data); err != nil {
			return nil, usageError{err}
		}
	}
	if len(f.cells) == 0 {
		return suite, nil
	}
	all := suite.Cells
	suite.Cells = nil
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
		for _, pattern := range f.cells {
			match, err := path.Match(pattern, c.Name)
			if err != nil {
				return nil, usagef("-cell %q: %w", pattern, err)
			}
			if match || strings.HasPrefix(c.Name, pattern+"/") {
				suite.Cells = append(suite.Cells, c)
				break
			}
		}
	}
	if len(suite.Cells) == 0 {
		return nil, usagef("-cell %q: no cell of the suite is called so; it has %s", f.cells, strings.Join(names, ", "))
	}
	if len(suite.Cells) < len(all) {
		suite.Name += fmt.Sprintf(" (%d of %d cells)", len(suite.Cells), len(all))
	}
	return suite, nil
}

// maxSuite is how many bytes of a suite are read: ten thousand cells.
const maxSuite = 1 << 20

// readSuite reads a regular file: a pipe that nobody writes to must not block the gate, nor a device fill the memory.
func readSuite(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is neither a suite %q (known: %s) nor such a file: %w", name, strings.Join(suiteNames(), ", "), os.ErrNotExist)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no regular file", gate.ErrSuite, name)
	case info.Size() > maxSuite:
		return nil, fmt.Errorf("%w: %s: %d bytes are more than the %d that are read", gate.ErrSuite, name, info.Size(), maxSuite)
	}
	return os.ReadFile(name)
}

// suiteNames are the suites that daxbench comes with.
func suiteNames() (names []string) {
	for _, s := range gate.Suites() {
		names = append(names, s.Name)
	}
	return names
}

// answer turns the verdict into an error, and so into an exit status.
func (f *gateFlags) answer(r *gate.Report, suite *gate.Suite) error {
	switch r.Verdict {
	case gate.Pass, gate.Improved:
		return nil
	case gate.Regressed:
		return &badAnswer{r.Summary}
	case gate.NoVerdict:
		if suite.Plan.Undecided == "warn" && r.OnlyUndecided() {
			fmt.Fprintf(f.stderr, "daxbench: warning: %s The suite lets that pass.\n", r.Summary)
			return nil
		}
	}
	return &undecided{r.Summary}
}

// folder makes the folder that everything is written to.
func (f *gateFlags) folder(kind string) (string, error) {
	dir := f.out
	if dir == "" {
		dir = filepath.Join("results", fmt.Sprintf("%s-%s-%d", kind, time.Now().UTC().Format("20060102T150405Z"), f.seed))
	}
	for _, name := range []string{gate.SamplesName, reportName, proofName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return "", usagef("%s holds %s already: name another folder", dir, name)
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return dir, os.MkdirAll(dir, 0o777)
}
