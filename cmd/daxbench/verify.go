package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/engine/layout"
	"daxbench/engine/verify"
	"daxbench/engine/vfs"
	"daxbench/reports/safety"
)

// verifyFlags are the flags of verify as they were given.
type verifyFlags struct {
	policy, shape []string
	seed          uint64
	schedules     int
	dfs           int
	model         bool
	pinners       int
	states        int
	kernel        string
	format        string
	verbose       bool
	out           string

	seeded bool // -seed was given, and -schedules was not: one schedule is to be told
	all    bool // -dfs was given
}

func newVerify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "check by many schedules whether a policy is what it declares to be",
		Long: "Verify runs small sets of tasks, the shapes, on the engine under a scheduler that\n" +
			"chooses who takes each step, and judges every step. It prints which properties\n" +
			"each policy violates. A policy declares what it violates: anything else that is\n" +
			"found, and anything declared that is not, is a failure.\n\n" +
			"What was not found in so many schedules is \"not exhausted\", never \"safe\".\n" +
			"Exit status: 0 each verdict is what the policy declares (of some shapes, or with\n" +
			"-kernel: nothing else); 1 some is not, or the model differs; 2 usage;\n" +
			"3 undecided: too few schedules of some shape, or states of the model; 4 memory\n" +
			"or processes; 130 interrupted.",
		Example: "  daxbench verify\n" +
			"  daxbench verify -o results/mine -model\n" +
			"  daxbench verify -policy none\n" +
			"  daxbench verify -policy none -shape self -seed 0\n" +
			"  daxbench verify -policy dax-only -shape lookup -dfs 1\n" +
			"  daxbench verify -model",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.seeded = cmd.Flags().Changed("seed") && !cmd.Flags().Changed("schedules")
			f.all = cmd.Flags().Changed("dfs")
			return f.execute(cmd)
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringArrayVar(&f.policy, "policy", []string{"all"}, "policies to check, a list of `name,…` or all (default all; see daxbench list)")
	fl.StringArrayVar(&f.shape, "shape", []string{"all"}, "sets of tasks to run, a list of `name,…` or all: "+strings.Join(verify.Names(), ", ")+" (default all)")
	fl.Uint64Var(&f.seed, "seed", 0, "play the schedule with this `number` and tell it; with -schedules, begin with it (default 0)")
	fl.IntVar(&f.schedules, "schedules", verify.DefaultSchedules, "play at most `n` schedules of each shape under each policy (default "+fmt.Sprint(verify.DefaultSchedules)+")")
	fl.IntVar(&f.dfs, "dfs", 0, "play every schedule with at most `n` preemptions, instead of random ones; for shapes of few tasks (default: random walk and PCT)")
	fl.BoolVar(&f.model, "model", false, "explore the abstract model of the policies too, all of it, and hold the two against each other")
	fl.IntVar(&f.pinners, "pinners", 0, "with -model, have `n` tasks that pin where a set has one, which takes longer (default: as the set says)")
	fl.IntVar(&f.states, "states", 0, "with -model, look at `n` states of each set at most (default: a million)")
	fl.StringVar(&f.kernel, "kernel", "", "switch the engine to how kernel `name` does things: "+strings.Join(vfs.PresetNames(), ", ")+" (default: each shape's own way)")
	fl.StringVar(&f.format, "format", "text", "print `text` or json")
	fl.StringVarP(&f.out, "o", "o", "", "leave "+safety.VerifyName+" in `folder`, that of a run or a new one, for its report (default: nowhere)")
	fl.BoolVarP(&f.verbose, "v", "v", false, "tell every violation, and what each property means")
	cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(append(layout.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("shape", cobra.FixedCompletions(append(verify.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// newVerifyWorker is what verify runs more of: a process plays one schedule at a time.
func newVerifyWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "verify-worker",
		Short:  "do the searches that verify writes to standard input",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return verify.Worker(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// plan puts the flags into the form of package verify.
func (f *verifyFlags) plan() (*verify.Plan, error) {
	p := &verify.Plan{Kernel: f.kernel, Seed: f.seed, Schedules: f.schedules}
	if f.all {
		p.DFS = &f.dfs
	}
	if f.format != "text" && f.format != "json" {
		return nil, usagef("unknown format %q; known: text, json", f.format)
	}
	if f.kernel != "" {
		if _, err := vfs.LookupPreset(f.kernel); err != nil {
			return nil, usageError{err}
		}
	}
	for _, n := range []struct {
		flag  string
		value int
	}{{"schedules", f.schedules}, {"dfs", f.dfs}, {"pinners", f.pinners}, {"states", f.states}} {
		if n.value < 0 {
			return nil, usagef("-%s %d: want 0 or more", n.flag, n.value)
		}
	}
	if !f.model && (f.pinners > 0 || f.states > 0) {
		return nil, usagef("-pinners and -states are bounds of the model: say -model too")
	}
	names, err := splitList("policy", f.policy, layout.Names())
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		policy, err := layout.Lookup(name)
		if err != nil {
			return nil, usageError{err}
		}
		if !slices.ContainsFunc(p.Policies, func(q layout.Policy) bool { return q.Name() == policy.Name() }) { // by name and by number
			p.Policies = append(p.Policies, policy)
		}
	}
	if names, err = splitList("shape", f.shape, verify.Names()); err != nil {
		return nil, err
	}
	for _, name := range names {
		shape, err := verify.Lookup(name)
		if err != nil {
			return nil, usageError{err}
		}
		p.Shapes = append(p.Shapes, shape)
	}
	if f.seeded && f.out != "" {
		return nil, usagef("-o keeps verdicts, and one schedule has none: leave out -seed, or say -schedules too")
	}
	if f.seeded && (len(p.Policies) != 1 || len(p.Shapes) != 1) {
		return nil, usagef("-seed %d: a schedule is of one -policy and one -shape; -schedules n begins there with all", f.seed)
	}
	return p, nil
}

func (f *verifyFlags) execute(cmd *cobra.Command) error {
	plan, err := f.plan()
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := recordFolder(f.out); err != nil {
			return err
		}
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	out := verifyPage{page: newPage(cmd.OutOrStdout()), plan: plan, verbose: f.verbose}
	if f.seeded {
		return f.replay(out, cmd)
	}
	pool, err := selfPool()
	if err != nil {
		return err
	}
	bar := newVerifyBar(cmd.ErrOrStderr())
	res, err := plan.Run(ctx, pool, bar.set)
	var untold error // what was found is printed all the same
	if err == nil {
		untold = plan.Tell(ctx, pool, res, f.tells(plan, res))
	}
	bar.end()
	if err != nil {
		return err
	}
	var m *explored
	if f.model && untold == nil {
		if m, err = f.explore(plan, res); err != nil {
			return usageError{err}
		}
	}
	if f.format == "json" {
		if err := out.json(cmd.OutOrStdout(), res, m); err != nil {
			return err
		}
	} else {
		out.result(res)
		if m != nil {
			out.model(m)
		}
		if err := out.print(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	if f.out != "" && untold == nil { // its stories are told now: what is printed has those that were asked for
		untold = plan.Tell(ctx, pool, res, func(v *verify.Verdict) bool { return len(shownBy(v)) > 0 && v.Violation.Story == nil })
		if err := f.record(out, res, m); err != nil {
			return errors.Join(err, untold)
		}
	}
	if untold != nil {
		return untold
	}
	return graver(verdictOf(res), m.verdict())
}

// graver returns that of two errors which says more: bad is graver than undecided, and any than none.
func graver(a, b error) error {
	if a == nil || b != nil && statusOf(a) == statusUndecided && statusOf(b) == statusBad {
		return b
	}
	return a
}

// tells says which violations are told step by step: all of them if they are asked for or of one policy, and else
// those that nobody expected.
func (f *verifyFlags) tells(plan *verify.Plan, res *verify.Result) func(*verify.Verdict) bool {
	return func(v *verify.Verdict) bool {
		return f.verbose || len(plan.Policies) == 1 || v.Status(res.Whole) == verify.Unexpected
	}
}

// replay plays one schedule, in this process, and tells what it shows.
func (f *verifyFlags) replay(out verifyPage, cmd *cobra.Command) error {
	policy, shape := out.plan.Policies[0], out.plan.Shapes[0]
	rep := verify.Do(verify.Job{Policy: policy.Name(), Shape: shape.Name, Kernel: f.kernel, Seed: f.seed,
		DFS: out.plan.DFS, Tell: verify.Everything})
	if rep.Err != "" {
		return usagef("%s", rep.Err)
	}
	if f.format == "json" {
		if err := writeJSON(cmd.OutOrStdout(), rep); err != nil {
			return err
		}
	} else {
		out.replayed(&rep)
		if err := out.print(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	if rep.Broken != nil {
		return &badAnswer{"the engine broke: " + rep.Broken.Text}
	}
	for _, v := range rep.Violations {
		if shape.WhatIf == "" && !policy.Expect().ViolatesProperty(v.Property) {
			return &badAnswer{fmt.Sprintf("%s violates %s, and does not declare it", policy.Name(), v.Property)}
		}
	}
	for _, v := range rep.Other {
		if shape.WhatIf == "" && !verify.Declares(policy, v.Invariants) {
			return &badAnswer{fmt.Sprintf("%s breaks %s, and does not declare it", policy.Name(), v.Invariants)}
		}
	}
	return nil
}

// verdictOf makes the exit status.
func verdictOf(res *verify.Result) error {
	if broken := res.Broken(); len(broken) > 0 {
		return &badAnswer{fmt.Sprintf("the engine broke under %s in shape %s: %s", broken[0].Policy, broken[0].Shape, broken[0].Broken.Text)}
	}
	var list [verify.Unexpected + 1][]string
	for i := range res.Verdicts {
		v := &res.Verdicts[i]
		s := v.Status(res.Whole)
		list[s] = append(list[s], fmt.Sprintf("%s %s", v.Policy, v.Property))
	}
	for _, u := range res.Undeclared {
		list[verify.Unexpected] = append(list[verify.Unexpected], fmt.Sprintf("%s %s", u.Policy, u.Invariants))
	}
	switch {
	case len(list[verify.Unexpected]) > 0:
		return &badAnswer{"violated, though not declared: " + strings.Join(list[verify.Unexpected], ", ")}
	case len(list[verify.Missing]) > 0:
		return &badAnswer{"declared, but did not show up: " + strings.Join(list[verify.Missing], ", ")}
	case len(list[verify.Undecided]) > 0 || len(res.Verdicts) == 0:
		return &undecided{fmt.Sprintf("not exhausted, and fewer than %d schedules of a shape say nothing, nor do those without a preemption", verify.Decisive)}
	}
	return nil
}

// selfPool returns a pool of processes of this program, one for each processor.
func selfPool() (*verify.Pool, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &verify.Pool{Workers: runtime.GOMAXPROCS(0), Command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, path)
		cmd.Args = []string{os.Args[0], "verify-worker"}
		return cmd
	}}, nil
}
