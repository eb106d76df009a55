package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"daxbench/baselines"
	"daxbench/reports/folder"
	"daxbench/reports/render"
	"daxbench/workloads/record"
)

// baselineFlags are what the commands about recorded results have in common.
type baselineFlags struct {
	dir, machine string
}

func (f *baselineFlags) flags(fl *pflag.FlagSet, machines string) {
	fl.SortFlags = false
	fl.StringVar(&f.dir, "dir", "baselines", "`folder` of the baselines (default baselines)")
	fl.StringVar(&f.machine, "machine", "", "`name` of the machine (default "+machines+")")
}

// open opens the folder, and says what to do if there is none.
func (f *baselineFlags) open() (*baselines.Store, error) {
	s, err := baselines.Open(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("nothing is recorded here: %w; daxbench baseline record makes it", err)
	}
	return s, err
}

// machines returns the one that was asked for, or all.
func (f *baselineFlags) machines(s *baselines.Store) ([]string, error) {
	if f.machine != "" {
		return []string{f.machine}, nil
	}
	return s.Machines()
}

// one returns the machine that was asked for, or this one.
func (f *baselineFlags) one() string {
	if f.machine != "" {
		return f.machine
	}
	return baselines.MachineName(thisMachine())
}

// thisMachine is the fingerprint of what this process runs on; what depends on a run is unknown.
func thisMachine() baselines.Fingerprint {
	return baselines.Of(&folder.Manifest{Environment: record.Look().Map()})
}

func newBaseline() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "record results to compare with later, and find them again",
		Long: "Baseline keeps runs in <dir>/<machine>/<date>-<commit>/, dated, with checksums,\n" +
			"never to be changed. What a later run is held against is the commit of the current\n" +
			"one, measured anew, and its exact counts: recorded times are a trend and no judge.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBaselineRecord(), newBaselineList(), newBaselineShow(), newBaselinePromote(), newBaselineVerify())
	return cmd
}

// baselineRecord is what baseline record was asked for.
type baselineRecord struct {
	baselineFlags
	from           string
	force, promote bool
}

func newBaselineRecord() *cobra.Command {
	var f baselineRecord
	cmd := &cobra.Command{
		Use:   "record [flags] [-- FLAGS OF RUN]",
		Short: "keep a finished run, or run the default matrix and keep that",
		Long: "Record copies a run folder to <dir>/<machine>/<date>-<commit>/: one file for each\n" +
			"workload, run.json, counts.txt, SHA256SUMS. Without -from it runs first, as\n" +
			"daxbench run does with the flags behind --, and takes a census.\n\n" +
			"A run is refused if its commit is unknown or has uncommitted changes, if it is\n" +
			"not finished, has fewer than 6 rounds or cells without figures, or was built with\n" +
			"the race detector. The first record of a machine becomes the current one. A second\n" +
			"run of a day and commit gets -2 behind its name; the same run is refused.\n\n" +
			"Exit status: 0 fine; 2 refused; 4 the run is damaged, or the disk is full; else\n" +
			"that of daxbench run.",
		Example: "  daxbench baseline record\n" +
			"  daxbench baseline record -from results/20261122T153528Z-1 -promote\n" +
			"  daxbench baseline record -- -workload evict-storm -rounds 10",
		Args: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); len(args) > 0 && dash != 0 {
				return noArgs(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, args) },
	}
	cmd.SetFlagErrorFunc(recordFlagError)
	fl := cmd.Flags()
	fl.StringVar(&f.from, "from", "", "keep the run in `folder` (default: run first)")
	f.flags(fl, "its processor and cores, such as amd-epyc-2")
	fl.BoolVar(&f.promote, "promote", false, "make it the current one")
	fl.BoolVar(&f.force, "force", false, "keep it in spite of doubts; list shows them")
	return cmd
}

// recordFlagError also says where the flags of daxbench run go.
func recordFlagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || newRun().Flags().Lookup(unknown.GetSpecifiedName()) == nil {
		return flagError(cmd, err)
	}
	return usagef("%w; flags of daxbench run go behind --: daxbench baseline record -- -%s …", flagError(cmd, err), unknown.GetSpecifiedName())
}

// execute runs, unless there is a run, and records it.
func (f *baselineRecord) execute(cmd *cobra.Command, runArgs []string) error {
	stderr := cmd.ErrOrStderr()
	if cmd.Flags().Changed("from") {
		switch {
		case f.from == "":
			return usagef("-from is empty")
		case len(runArgs) > 0:
			return usagef("-from %s is a run already: flags of daxbench run make no sense", f.from)
		}
	}
	if f.from == "" {
		if err := f.run(cmd, runArgs); err != nil {
			return err
		}
	}
	e, err := baselines.Record(f.dir, f.from, baselines.Options{
		Machine: f.machine, Force: f.force, Promote: f.promote,
		Counts: func(run *folder.Run) ([]byte, error) { return counts(cmd, run) },
	})
	if err != nil {
		return err
	}
	for _, d := range e.Doubts() {
		fmt.Fprintf(stderr, "daxbench: kept in spite of doubts: %s\n", d)
	}
	note := ""
	if e.Current {
		note = ", the current one"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "recorded %s%s\n", filepath.Join(f.dir, e.Machine, e.Name), note)
	return err
}

// run makes the run that is to be kept. What can be known to be refused later is refused before.
func (f *baselineRecord) run(cmd *cobra.Command, args []string) error {
	if doubts := baselines.BuildDoubts(record.Commit(), record.Look().Race); len(doubts) > 0 && !f.force {
		return usagef("a run of this build %w: %s; %s", baselines.ErrDoubtful,
			strings.Join(doubts, ", "), baselines.Remedy(doubts))
	}
	f.from = filepath.Join("results", fmt.Sprintf("%s-baseline", time.Now().UTC().Format("20060102T150405Z")))
	run := newRun()
	run.SilenceErrors, run.SilenceUsage = true, true
	run.SetFlagErrorFunc(flagError)
	run.SetOut(cmd.ErrOrStderr()) // its table is not what this command prints
	run.SetErr(cmd.ErrOrStderr())
	run.SetArgs(append(twoDashes(args), "-o", f.from))
	err := run.ExecuteContext(cmd.Context())
	if _, e := folder.Read(f.from); err != nil && e == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "daxbench: nothing is recorded; once the run in %s is what you want: daxbench baseline record -from %s\n", f.from, f.from)
	}
	return err
}

// counts takes a census of the workloads of a run, if this program is the one that made it.
func counts(cmd *cobra.Command, run *folder.Run) ([]byte, error) {
	if commit := record.Commit(); commit == "" || commit != run.Manifest.Commit {
		fmt.Fprintf(cmd.ErrOrStderr(), "daxbench: no counts are recorded: the run is of commit %s, this program of %s\n",
			orUnknown(render.Clean(run.Manifest.Commit, maxShown)), orUnknown(commit))
		return nil, nil
	}
	of := baselines.Entry{Run: run}
	return censusOf(cmd.Context(), cmd.ErrOrStderr(), of.Workloads())
}

// maxShown is how many columns of a string from a file are shown.
const maxShown = 60

func newBaselineList() *cobra.Command {
	var f baselineFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list what is recorded; the current one has a star",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := f.open()
			if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("dir") {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "nothing is recorded in %s\n", f.dir)
				return err
			}
			if err != nil {
				return err
			}
			defer s.Close()
			return f.list(cmd.OutOrStdout(), s)
		},
	}
	f.flags(cmd.Flags(), "all")
	return cmd
}

// list prints a table for each machine. The error names what is damaged.
func (f *baselineFlags) list(w io.Writer, s *baselines.Store) error {
	machines, err := f.machines(s)
	if err != nil {
		return err
	}
	p := wholePage(w)
	var damaged []error
	for i, machine := range machines {
		entries, err := s.Entries(machine)
		if err != nil {
			return err
		}
		if i > 0 {
			p.line("")
		}
		p.line(machine)
		p.line(entryTable(entries, p.width))
		damaged = append(damaged, damage(s, machine, entries))
	}
	if len(machines) == 0 {
		p.line("nothing is recorded in " + f.dir)
	}
	return errors.Join(p.print(w), errors.Join(damaged...))
}

// damage names what cannot be relied on: a file current, and records. It is nil if all is whole.
func damage(s *baselines.Store, machine string, entries []*baselines.Entry) error {
	damaged := []error{s.Err(machine)}
	for _, e := range entries {
		damaged = append(damaged, e.Err())
	}
	return errors.Join(damaged...)
}

// wholePage is a page as wide as the terminal: tables use all of it.
func wholePage(w io.Writer) *page {
	width, ok := terminal(w)
	if !ok {
		width = render.DefaultWidth
	}
	return &page{width: width}
}

// wideList is how many columns a terminal has on which a list also shows what the names say in short.
const wideList = 110

// entryTable writes records as a table of at most width columns, and below each what is to be known about it.
func entryTable(entries []*baselines.Entry, width int) string {
	head := table.Row{"", "record", "rounds", "workloads"}
	wide := width >= wideList
	if wide {
		head = table.Row{"", "record", "commit", "began (UTC)", "rounds", "workloads"}
	}
	t := table.NewWriter()
	t.SetStyle(plainTable)
	t.Style().Size.WidthMax = width
	t.AppendHeader(head)
	for _, e := range entries {
		row := table.Row{map[bool]string{true: "*"}[e.Current], render.Clean(e.Name, maxShown)}
		if wide {
			row = append(row, orUnknown(render.Clean(e.Commit(), maxShown)), began(e))
		}
		t.AppendRow(append(row, e.Rounds(), some(e.Workloads())))
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Name: "rounds", Align: text.AlignRight, AlignHeader: text.AlignRight}})
	lines := strings.Split(t.Render(), "\n")
	p := page{width: width}
	for i, line := range lines {
		p.line(strings.TrimRight(line, " "))
		if k := i - (len(lines) - len(entries)); k >= 0 {
			if n := note(entries[k]); n != "" {
				p.item(4, 0, "", n)
			}
		}
	}
	return strings.TrimRight(p.out.String(), "\n")
}

// some names the first few of a list: "evict-storm, unlink-storm and 6 more".
func some(list []string) string {
	const most = 2
	n := len(list) - most
	if n > 1 {
		list = list[:most]
	}
	out := render.Clean(strings.Join(list, ", "), maxShown)
	if n > 1 {
		out += fmt.Sprintf(" and %d more", n)
	}
	return out
}

// plainTable has a rule below the heads and no other lines, as the tables of reports have.
var plainTable = table.Style{
	Name:    "plain",
	Box:     table.BoxStyle{PaddingRight: "  ", MiddleHorizontal: "─", MiddleSeparator: "─", UnfinishedRow: "…"},
	Options: table.Options{SeparateHeader: true},
}

// note says what is to be known about a record.
func note(e *baselines.Entry) string {
	var words []string
	for _, p := range e.Problems {
		words = append(words, "DAMAGED: "+p.String())
	}
	words = append(words, e.Doubts()...)
	if e.Older {
		words = append(words, "older layout")
	}
	if e.Counts != nil {
		words = append(words, "with counts")
	}
	return render.Clean(strings.Join(words, "; "), 10*maxShown)
}

// began says when the run of a record began.
func began(e *baselines.Entry) string {
	if e.When().IsZero() {
		return "unknown"
	}
	return e.When().Format("2006-01-02 15:04")
}
