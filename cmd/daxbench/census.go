package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/census"
)

// censusSeed is where the choices of a census come from unless -seed says otherwise: always the same, so that any two
// censuses compare.
const censusSeed = 1

func newCensus() *cobra.Command {
	f := runFlags{rounds: 1, workers: []int{1}, duration: time.Second} // the plan wants them; a census has none
	cmd := &cobra.Command{
		Use:   "census",
		Short: "count exactly what storms do, without timing them",
		Long: "Census runs each storm under each policy with one worker over a fixed number of\n" +
			"operations from a fixed seed, and counts: allocations, evictions, waits,\n" +
			"violations. It prints the Go benchmark format, which benchstat reads. The same\n" +
			"build prints the same text again, on any machine: a count that changed is a change\n" +
			"of the code. Counts that depend on time are left out, and a comment names them.\n\n" +
			"Exit status: 0 fine; 1 a policy that should be safe was not, or a cell hung or\n" +
			"failed; 2 usage; 4 memory, or nothing could be counted.",
		Example: "  daxbench census\n" +
			"  daxbench census -workload evict-storm,iget-churn -policy all > counts.txt",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.census(cmd) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringArrayVar(&f.workload, "workload", []string{"all"}, "storms to count, a list of `name,…` or all (default all; see daxbench list)")
	fl.StringArrayVar(&f.policy, "policy", layout.DefaultNames(), "policies to count them under, a list of `name,…` or all (default "+strings.Join(layout.DefaultNames(), ",")+")")
	fl.StringArrayVar(&f.set, "set", nil, "parameters, as `key=value,…`; several values are a sweep, and the flag may be repeated")
	fl.Uint64Var(&f.seed, "seed", censusSeed, "`number` that every choice comes from (default 1)")
	fl.DurationVar(&f.hangLimit, "hang-limit", 10*time.Second, "give a cell up as hung when one wait takes longer than `time` (default 10s)")
	cmd.RegisterFlagCompletionFunc("workload", cobra.FixedCompletions(append(workloads.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(append(layout.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// census counts what was asked for and prints it.
func (f *runFlags) census(cmd *cobra.Command) error {
	asked, err := f.request()
	if err != nil {
		return err
	}
	plan, err := newPlan(&asked)
	if err != nil {
		return err
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	counts, err := census.Take(ctx, plan)
	if err != nil {
		return err
	}
	if err := census.Write(cmd.OutOrStdout(), counts); err != nil {
		return err
	}
	return censusAnswer(counts)
}

// censusOf takes the census of workloads as the command does when it is given nothing else, and returns its text.
func censusOf(ctx context.Context, stderr io.Writer, workloads []string) ([]byte, error) {
	var out bytes.Buffer
	cmd := newCensus()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetErr(stderr)
	cmd.SetArgs([]string{"--workload", strings.Join(workloads, ",")})
	err := cmd.ExecuteContext(ctx)
	return out.Bytes(), err
}

// censusAnswer returns an error if something was counted that must not be, or nothing was.
func censusAnswer(counts []census.Count) error {
	var bad complaints
	failed := 0
	for i := range counts {
		c := &counts[i]
		if c.Failed {
			failed++
		}
		if c.Bad != "" {
			line, _, _ := strings.Cut(c.Bad, "\n")
			bad.list = append(bad.list, c.Name+": "+line)
		}
	}
	switch {
	case failed == len(counts):
		return &nothingError{"nothing could be counted: " + bad.String()}
	case len(bad.list) > 0:
		return &badAnswer{"the answer is bad: " + bad.String()}
	}
	return nil
}
