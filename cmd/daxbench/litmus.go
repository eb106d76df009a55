package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
	"daxbench/reports/render"
	"daxbench/reports/safety"
	"daxbench/workloads/litmus"
)

// litmusFlags are the flags of litmus as they were given.
type litmusFlags struct {
	policy, scenario, set  []string
	kernel, format, target string
	verbose, list          bool
	out                    string
	mounted                mountedFlags
	against                []string

	files map[string]string // of scenarios that were read, by their names
}

func newLitmus() *cobra.Command {
	var f litmusFlags
	cmd := &cobra.Command{
		Use:   "litmus",
		Short: "run small situations that show what a policy gets wrong",
		Long: "Litmus runs scenarios, each a few steps of a few tasks, under policies, on the\n" +
			"engine in this process, and says what became of each: safe, blocked until the\n" +
			"pin was released, hung, a violation, put aside, refused. It prints which\n" +
			"invariants each policy keeps, and each scenario under each policy. Time is a\n" +
			"number here, and every run repeats exactly.\n\n" +
			"A scenario is a text; -list -scenario NAME prints one, to be changed and given\n" +
			"back with -scenario FILE.txt. workloads/litmus/README.md explains the format.\n\n" +
			"With -target dir:DIR the scenarios are put to the kernel of this machine, in a\n" +
			"folder of their own below DIR: each step is a system call, each task a process,\n" +
			"and time is the machine's. It is said first what will be done to the mount. What\n" +
			"a kernel does is an answer and no failure, unless -expect FILE says otherwise.\n" +
			"-against DIR holds the engine against what kernels did.\n\n" +
			"Exit status: 0 each policy breaks just the invariants that it declares (of some\n" +
			"scenarios: no others), and hangs only if it declares that (with -kernel both are\n" +
			"only told); 1 it does not, or a step failed; 2 usage, or a scenario that cannot\n" +
			"be read; 4 memory or file. With -target dir: 0 each scenario that applies has a\n" +
			"verdict, with -expect the expected one; 1 it is another; 3 some have none. With\n" +
			"-against: 0 each difference is known; 1 one is not; 3 nothing could be compared.",
		Example: "  daxbench litmus\n" +
			"  daxbench litmus -o results/mine\n" +
			"  daxbench litmus -v -policy none,dax-only -scenario unlink-under-dio\n" +
			"  daxbench litmus -policy P7 -scenario 6,12 -kernel 6.0\n" +
			"  daxbench litmus -list\n" +
			"  daxbench litmus -target dir:/mnt/pmem -umount -o results/here\n" +
			"  daxbench litmus -target dir:/mnt/pmem -scenario 1 -expect golden.txt\n" +
			"  daxbench litmus -against results/here",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringArrayVar(&f.policy, "policy", []string{"all"}, "policies, a list of `name,…` or numbers such as P7, or all (default all; see daxbench list)")
	fl.StringArrayVar(&f.scenario, "scenario", []string{"all"}, "scenarios, a list of `name,…`, numbers or files, or all (default all; see -list)")
	fl.StringVar(&f.kernel, "kernel", "", "make the engine like Linux `6.0`, 6.19 or the best that can be built, where a scenario does not say otherwise (default: as daxbench run does)")
	fl.StringArrayVar(&f.set, "set", nil, "parameters of scenarios, as `name=number,…`")
	fl.BoolVarP(&f.verbose, "v", "v", false, "tell what happened, step by step")
	fl.StringVar(&f.format, "format", "text", "`text` or json; of kernels also expect, a text for -expect")
	fl.StringVarP(&f.out, "o", "o", "", "leave "+safety.LitmusName+", or of kernels "+litmus.KernelsName+", in `folder`, that of a run or a new one, for its report (default: nowhere)")
	fl.StringVar(&f.target, "target", onEngine, "run on `engine`, the one in this process, or on dir:DIR,dir:DIR…, directories of mounted file systems")
	f.mounted.define(fl)
	fl.StringArrayVar(&f.against, "against", nil, "play the engine like the kernels whose "+litmus.KernelsName+" is in `folder,…`, and compare")
	fl.BoolVar(&f.list, "list", false, "list the scenarios; with -scenario, print their text")
	cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(append(layout.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("scenario", cobra.FixedCompletions(append(litmus.Names(), "all"), cobra.ShellCompDirectiveDefault))
	return cmd
}

func (f *litmusFlags) execute(cmd *cobra.Command) error {
	dirs, err := f.dirs(cmd.Flags())
	switch {
	case err != nil:
		return err
	case f.against != nil:
		return f.holdAgainst(cmd)
	case f.list && f.out != "":
		return usagef("-o keeps what scenarios come to, and -list plays none")
	}
	scenarios, err := f.scenarios(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if f.list {
		return f.listScenarios(cmd.OutOrStdout(), scenarios, cmd.Flags().Changed("scenario"))
	}
	if dirs != nil {
		return f.putToKernels(cmd, dirs, scenarios)
	}
	policies, err := f.policies()
	if err != nil {
		return err
	}
	if f.kernel != "" {
		if err := knownPreset(f.kernel); err != nil {
			return err
		}
	}
	if f.out != "" {
		if err := recordFolder(f.out); err != nil {
			return err
		}
	}
	return f.run(cmd, policies, scenarios)
}

// knownPreset refuses a kernel that the engine cannot be made like. Real ones are asked in a guest.
func knownPreset(name string) error {
	_, err := vfs.LookupPreset(name)
	switch {
	case err == nil:
		return nil
	case seriesLike.MatchString(name):
		return usagef("%w; to ask a real %s: daxbench vm -kernel debian:%[2]s -- litmus", err, name)
	}
	return usageError{err}
}

// policies looks the policies up, by name or number.
func (f *litmusFlags) policies() (list []layout.Policy, err error) {
	names, err := splitList("policy", f.policy, layout.Names())
	for _, name := range names {
		p, err := layout.Lookup(name)
		if err != nil {
			return nil, usageError{err}
		}
		if !slices.ContainsFunc(list, func(o layout.Policy) bool { return o.Name() == p.Name() }) {
			list = append(list, p)
		}
	}
	return list, err
}

// scenarios looks the scenarios up, or reads them, and gives them their
// parameters. What is wrong in a file goes to stderr, a line each.
func (f *litmusFlags) scenarios(stderr io.Writer) (list []litmus.Entry, err error) {
	names, err := splitList("scenario", f.scenario, litmus.Names())
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		e, err := litmus.Lookup(name)
		if err != nil && strings.ContainsAny(name, "/.") {
			e, err = readScenario(name, stderr)
			if err == nil {
				f.fileOf(e.Name, name)
			}
		} else if err != nil {
			err = usagef("%w%s; daxbench litmus -list lists them, and the name of a file has a dot or a slash in it", err, meant(name, litmus.Names()))
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, f.setParams(list)
}

// fileOf notes which file a scenario comes from.
func (f *litmusFlags) fileOf(scenario, file string) {
	if f.files == nil {
		f.files = make(map[string]string)
	}
	f.files[scenario] = file
}

func readScenario(name string, stderr io.Writer) (litmus.Entry, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return litmus.Entry{}, err
	}
	s, err := target.Parse(name, text)
	if err != nil {
		fmt.Fprintln(stderr, err)
		var errs target.Errors
		errors.As(err, &errs)
		return litmus.Entry{}, usagef("the scenario in %s cannot be read: %d errors, above", name, len(errs))
	}
	return litmus.Entry{Scenario: s}, nil
}

// setParams gives each scenario the parameters that it has. Each that was given
// must be somebody's.
func (f *litmusFlags) setParams(list []litmus.Entry) error {
	given, err := parseSet(f.set)
	if err != nil {
		return err
	}
	used := make(map[string]bool)
	for i := range list {
		mine := make(map[string]int)
		for _, p := range list[i].Params {
			values, ok := given[p.Name]
			if !ok {
				continue
			}
			used[p.Name] = true
			n, err := strconv.Atoi(values[0])
			if err != nil || len(values) > 1 {
				return usagef("-set %s=%s: want one number", p.Name, strings.Join(values, ","))
			}
			mine[p.Name] = n
		}
		s, err := list[i].With(mine)
		if err != nil {
			return usagef("-set: %w", err)
		}
		list[i].Scenario = s
	}
	for name := range given {
		if !used[name] {
			return usagef("-set %s: none of the chosen scenarios has that parameter", name)
		}
	}
	return nil
}

// run runs scenarios and writes what became of them.
func (f *litmusFlags) run(cmd *cobra.Command, policies []layout.Policy, scenarios []litmus.Entry) error {
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	m, err := f.play(ctx, policies, scenarios)
	if errors.Is(err, target.ErrTooLarge) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	if err := f.write(cmd.OutOrStdout(), m); err != nil {
		return err
	}
	if f.out != "" {
		if err := f.record(m); err != nil {
			return err
		}
	}
	return differs(m)
}

// lookOf is how text on w is to look.
func lookOf(w io.Writer) litmus.Look {
	look := litmus.Look{Colour: colour(w)}
	var ok bool
	if look.Width, ok = terminal(w); !ok {
		look.Width = render.DefaultWidth
	}
	return look
}

func (f *litmusFlags) write(w io.Writer, m *litmus.Matrix) error {
	look := lookOf(w)
	switch {
	case f.format == "json":
		return m.JSON(w, f.verbose)
	case f.verbose:
		if err := m.Stories(w, look); err != nil {
			return err
		}
		return m.Conclusions(w, look)
	}
	return m.Text(w, look)
}

// listScenarios lists scenarios, or prints their text.
func (f *litmusFlags) listScenarios(w io.Writer, list []litmus.Entry, text bool) error {
	p := newPage(w)
	room := 0
	for _, e := range list {
		room = max(room, len(e.Name))
	}
	for i, e := range list {
		if text {
			if i > 0 {
				p.line("")
			}
			p.out.Write(target.Format(e.Scenario))
			continue
		}
		p.item(2, room+3, fmt.Sprintf("%2d %s", e.Number, e.Name), e.Title)
	}
	return p.print(w)
}
