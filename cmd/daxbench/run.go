package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads"
	"daxbench/workloads/mounted"
	"daxbench/workloads/record"
)

// runFlags are the flags of run as they were given.
type runFlags struct {
	workload, policy, set []string
	rounds                int
	workers               []int
	duration, hangLimit   time.Duration
	rate                  float64
	seed                  uint64
	pmem, population      string
	kernel                string
	size                  bytesList
	out, resume           string
	on                    targetFlags
	profiles              profiles
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "run storms under policies, and write a result folder",
		Long: "Run runs each storm under each policy, several rounds of all of them in a\n" +
			"random order, and compares the policies by the ratios of rounds. It writes a\n" +
			"folder with results.txt, in the Go benchmark format, run.json, and at its end a\n" +
			"report.html with charts, for which it also plays the litmus scenarios.\n\n" +
			"With -target dir:PATH it runs other storms, by system calls, on the file system\n" +
			"that is mounted there, in a directory of its own that it removes in the end. The\n" +
			"kernel stands for the policy: daxbench compare holds two kernels' folders side by\n" +
			"side. It refuses the root file system, and a mount that others use.\n\n" +
			"An interrupt (Ctrl-C) drops the round that has begun and keeps those before it;\n" +
			"a second one ends at once. Exit status: 0 fine; 1 a policy that should be safe\n" +
			"was not, or a cell hung or failed; 2 usage; 3 undecided: nothing was measured in\n" +
			"some cell; 4 disk, file or memory; 130 interrupted.",
		Example: "  daxbench run\n" +
			"  daxbench run -workload evict-storm -set dax=0,50,100 -rounds 10\n" +
			"  daxbench run -workload iget-churn -policy dax-only -workers 1,2,4,8\n" +
			"  daxbench run -policy dax-only,unconditional -pmem /mnt/dax/region -o dax\n" +
			"  daxbench run -target dir:/mnt/pmem -workload mounted-unlink-storm\n" +
			"  daxbench run -resume dax",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.execute(cmd) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringArrayVar(&f.workload, "workload", []string{"all"}, "storms to run, a list of `name,…` or all (default all; see daxbench list)")
	fl.StringArrayVar(&f.policy, "policy", layout.DefaultNames(), "policies to compare, a list of `name,…` or all (default "+strings.Join(layout.DefaultNames(), ",")+"; see daxbench list)")
	fl.StringArrayVar(&f.set, "set", nil, "parameters, as `key=value,…`; several values are a sweep, and the flag may be repeated")
	fl.IntVar(&f.rounds, "rounds", 6, "run every cell `n` times; an interval takes at least 6 (default 6)")
	fl.DurationVar(&f.duration, "duration", 300*time.Millisecond, "measure each cell for `time` in each round (default 300ms)")
	fl.IntSliceVar(&f.workers, "workers", []int{min(2, runtime.NumCPU())}, "threads of a storm, `n,…`; several numbers are a sweep (default 2, or the processors if fewer)")
	fl.Float64Var(&f.rate, "rate", 0, "an open loop of `n` operations a second in all, late ones counted from when they were due (default 0: a closed loop, as fast as it goes)")
	fl.Uint64Var(&f.seed, "seed", 0, "`number` that every random choice comes from (default: drawn, and recorded)")
	fl.DurationVar(&f.hangLimit, "hang-limit", 10*time.Second, "give a cell up as hung when one wait takes longer than `time` (default 10s)")
	fl.StringVar(&f.pmem, "pmem", "", "keep the regions in `file`: on a DAX file system, a devdax node, or any other (default: memory)")
	fl.Var(&f.size, "size", "`bytes,…` of each policy's region, such as 64M; several sizes are a sweep (default: what the storms need)")
	fl.StringVar(&f.population, "population", "", "take the files from a directory tree, `dir:PATH`: sizes, links and order (default: synthetic)")
	fl.StringVar(&f.kernel, "kernel", "", "switch the engine to how kernel `name` does things: "+strings.Join(vfs.PresetNames(), ", ")+" (default: its own way; see daxbench list)")
	f.on.define(fl)
	fl.StringVarP(&f.out, "o", "o", "", "write the results to `folder` (default results/<time>-<seed>)")
	fl.StringVar(&f.resume, "resume", "", "continue the run in `folder`, as it was asked for then; no other flag is needed")
	f.profiles.flags(fl)
	cmd.RegisterFlagCompletionFunc("workload", cobra.FixedCompletions(slices.Concat(workloads.Names(), mounted.Names(), []string{"all"}), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("policy", cobra.FixedCompletions(append(layout.Names(), "all"), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// request puts the flags into the form that is recorded. What is run on a -target is left open.
func (f *runFlags) request() (r record.Request, err error) {
	r = record.Request{
		Rounds: f.rounds, Duration: f.duration.String(), Workers: f.workers, Rate: f.rate, Seed: f.seed,
		HangLimit: f.hangLimit.String(), Pmem: f.pmem, Size: record.List[int64](f.size), Population: f.population, Kernel: f.kernel,
		Target: f.on.target, Others: f.on.others, Root: f.on.root,
	}
	if len(f.size) == 1 && f.size[0] == 0 { // as by default
		r.Size = nil
	}
	if r.Set, err = parseSet(f.set); err != nil {
		return r, err
	}
	if r.Target != "" {
		return r, nil
	}
	if r.Workload, err = splitList("workload", f.workload, workloads.Names()); err != nil {
		return r, err
	}
	r.Policy, err = splitList("policy", f.policy, layout.Names())
	return r, err
}

// execute starts a run, or continues one.
func (f *runFlags) execute(cmd *cobra.Command) error {
	fl := cmd.Flags()
	for _, name := range []string{"pmem", "population", "kernel", "target", "o", "resume"} {
		if fl.Changed(name) && fl.Lookup(name).Value.String() == "" {
			return usagef("-%s is empty", name)
		}
	}
	if err := f.on.fit(fl); err != nil {
		return err
	}
	asked, err := f.request()
	if err == nil && asked.Target != "" {
		asked.Policy = []string{mounted.Linux.Name()}
		asked.Workload, err = mountedStorms(f.workload, cmd.ErrOrStderr())
	}
	if err != nil {
		return err
	}
	s := &session{stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), profiles: f.profiles}
	if f.resume != "" {
		if fl.Changed("o") {
			return usagef("-resume %s continues in that folder: leave -o away", f.resume)
		}
		return s.resume(cmd.Context(), f.resume, func(recorded *record.Request) error { return contradiction(fl, &asked, recorded) })
	}
	if !fl.Changed("seed") {
		asked.Seed = newSeed()
	}
	return s.start(cmd.Context(), f.out, asked)
}

// contradiction returns an error if a flag was given that differs from what the run was asked for.
func contradiction(fl *pflag.FlagSet, asked, recorded *record.Request) (err error) {
	now, then := fields(asked), fields(recorded)
	fl.Visit(func(flag *pflag.Flag) {
		_, known := fields(&record.Request{
			Set: map[string][]string{"": nil}, Rate: 1, Pmem: "-", Size: record.List[int64]{1}, Population: "-", Kernel: "-",
			Target: "-", Others: true, Root: true,
		})[flag.Name]
		if known && !reflect.DeepEqual(now[flag.Name], then[flag.Name]) && err == nil {
			was := "not given"
			if v, ok := then[flag.Name]; ok {
				text, _ := json.Marshal(v)
				was = string(text)
			}
			err = usagef("-%s %s contradicts the run that is to be continued: there it was %s; start a new run instead",
				flag.Name, flag.Value, was)
		}
	})
	return err
}

// fields returns a request by names of flags.
func fields(r *record.Request) map[string]any {
	m := make(map[string]any)
	text, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		panic(fmt.Sprintf("request %+v: %v", r, err))
	}
	return m
}
