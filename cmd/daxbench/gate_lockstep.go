package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
	"daxbench/workloads/lockstep"
	"daxbench/workloads/record"
)

// judgeBuilds measures both builds by turns and judges them: way 1.
func (f *gateFlags) judgeBuilds(ctx context.Context, suite *gate.Suite) (report *gate.Report, err error) {
	builds := "" // nothing is built, and a gate that is killed leaves nothing
	if f.baseRef+f.headRef != "" {
		if builds, err = os.MkdirTemp("", "daxbench-gate"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(builds)
	}
	base, head, warnings, err := f.sides(ctx, builds)
	if err != nil {
		return nil, err
	}
	g, err := f.newGating(ctx, suite, base, head)
	if err != nil {
		return nil, err
	}
	g.samples.Warnings = append(g.samples.Warnings, warnings...)
	if g.dir, err = f.folder("gate"); err != nil {
		return nil, err
	}
	g.progress = newSteps(f.stderr)
	fmt.Fprintf(f.stderr, "daxbench: %s of %s; seed %d; results go to %s\n", unit.Plural(len(suite.Cells), "cell"), suite.Title(), f.seed, g.dir)
	report, err = g.run(ctx, 0)
	g.progress.end()
	if errors.Is(err, lockstep.ErrProtocol) {
		return nil, &undecided{fmt.Sprintf("no verdict: %v", err)}
	}
	if err != nil {
		return nil, err
	}
	f.repeats(report)
	if err := g.profile(ctx, report); err != nil {
		report.Warnings = append(report.Warnings, "profiles could not be taken: "+err.Error())
	}
	return report, keep(g.dir, report)
}

// gating is one measurement of a suite.
type gating struct {
	suite    *gate.Suite
	master   *lockstep.Master
	samples  lockstep.Samples
	dir      string // "": nothing is kept
	progress *steps // nil: nobody watches
	saved    time.Time
}

// newGating asks both sides who they are.
func (f *gateFlags) newGating(ctx context.Context, suite *gate.Suite, base, head side) (*gating, error) {
	g := &gating{suite: suite, master: &lockstep.Master{Base: base.builds, Head: head.builds, Seed: f.seed, Slices: suite.Plan.Slices}}
	hiBase, hiHead, err := g.master.Meet(ctx)
	if errors.Is(err, lockstep.ErrProtocol) {
		return nil, &undecided{fmt.Sprintf("no verdict: %v. Take a newer base, or build it from a revision that has daxbench gate", err)}
	}
	if err != nil {
		return nil, err
	}
	environment := record.Look()
	g.samples = lockstep.Samples{
		Schema: lockstep.Schema, Tool: tool, Commit: record.Commit(), Status: lockstep.Running,
		Command: append([]string{"daxbench"}, os.Args[1:]...), Suite: suite.Title(), Digest: suite.Digest(), Seed: f.seed, Started: time.Now().UTC().Truncate(time.Millisecond),
		Base: builtFrom(base, hiBase), Head: builtFrom(head, hiHead), Environment: environment.Map(),
	}
	if len(environment.Load) > 0 && environment.Load[0] > float64(environment.Cores) {
		g.samples.Warnings = append(g.samples.Warnings, fmt.Sprintf("the machine was busy: a load of %.1f on %d cores", environment.Load[0], environment.Cores))
	}
	if text := environment.ClockDoubt(); text != "" {
		g.samples.Warnings = append(g.samples.Warnings, text)
	}
	return g, nil
}

func builtFrom(s side, hi lockstep.Hi) lockstep.Binary {
	b := lockstep.Binary{Name: s.name, Tool: hi.Tool, Commit: hi.Commit, Go: hi.Go, Build: hi.Build}
	if s.commit != "" {
		b.Commit = s.commit
	}
	return b
}

// run measures, judges, and measures once more what the first look left open. planted is the share of further work of the
// head. Errors leave what was measured in the folder.
func (g *gating) run(ctx context.Context, planted float64) (report *gate.Report, err error) {
	defer func() {
		if err == nil {
			return
		}
		status := lockstep.Failed
		if ctx.Err() != nil {
			status = lockstep.Interrupted
		}
		g.samples.End(status)
		if e := g.save(); e != nil {
			err = errors.Join(err, e)
		}
	}()
	watch := record.NewWatch()
	if err := g.prepare(ctx, planted); err != nil {
		return nil, err
	}
	return g.looks(ctx, watch)
}

// prepare opens every cell once, which settles what a slice is.
func (g *gating) prepare(ctx context.Context, planted float64) error {
	for i, d := range g.suite.Cells {
		g.progress.prepare(d.Name, i, len(g.suite.Cells))
		c, err := g.master.Prepare(ctx, d.Name, d.Slice)
		if err != nil {
			return err
		}
		c.PlantedNow = planted
		g.samples.Cells = append(g.samples.Cells, c)
	}
	return g.save()
}

// looks measures batch by batch. There are as many as were declared, and no more.
func (g *gating) looks(ctx context.Context, watch *record.Watch) (report *gate.Report, err error) {
	var open []*lockstep.Sampled
	for i := range g.samples.Cells {
		open = append(open, &g.samples.Cells[i])
	}
	plan := g.suite.Plan
	for look, forks := range []int{plan.Forks, plan.More} {
		if forks == 0 || len(open) == 0 {
			break
		}
		g.samples.Status, g.samples.Ended = lockstep.Running, nil
		g.master.Step = func(s lockstep.Step) error {
			g.progress.step(look+1, s)
			if time.Since(g.saved) < time.Second {
				return nil
			}
			return g.save()
		}
		if err := g.master.Batch(ctx, open, look+1, forks); err != nil {
			return nil, err
		}
		g.samples.Warnings = append(g.samples.Warnings, watch.Changes()...)
		watch = record.NewWatch()
		g.samples.End(lockstep.Finished)
		if err := g.save(); err != nil {
			return nil, err
		}
		if report, err = gate.Judge(judged(&g.samples), g.suite, look+1); err != nil {
			return nil, err
		}
		names := gate.Undecided(report)
		open = nil
		for i := range g.samples.Cells {
			for _, name := range names {
				if g.samples.Cells[i].Name == name {
					open = append(open, &g.samples.Cells[i])
				}
			}
		}
	}
	return report, nil
}

// save writes what has been measured so far.
func (g *gating) save() error {
	if g.dir == "" {
		return nil
	}
	g.saved = time.Now()
	return g.samples.Write(g.dir)
}

// profileTime is how long each side of a red cell runs under the profilers: 200 samples of the processor.
const profileTime = 2 * time.Second

// profile takes profiles of both sides of what regressed.
func (g *gating) profile(ctx context.Context, r *gate.Report) error {
	for i := range r.Cells {
		c := &r.Cells[i]
		if c.Verdict != gate.Regressed {
			continue
		}
		for k := range g.samples.Cells {
			s := &g.samples.Cells[k]
			if s.Name != c.Name || s.Ops == 0 {
				continue
			}
			slug := strings.NewReplacer("/", "-", "=", "-").Replace(c.Name)
			files, err := g.master.Profiles(ctx, s, profileTime, func(side, kind string) string {
				name, err := filepath.Abs(filepath.Join(g.dir, fmt.Sprintf("%s-%s-%s.pprof", slug, side, kind)))
				if err != nil {
					return filepath.Join(g.dir, slug)
				}
				return name
			})
			c.Profiles = files
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// repeats says for every cell that is not green how to measure it again.
func (f *gateFlags) repeats(r *gate.Report) {
	words := []string{"daxbench", "gate"}
	for _, p := range [][2]string{{"-base", f.base}, {"-base-ref", f.baseRef}, {"-head", f.head}, {"-head-ref", f.headRef}, {"-suite", f.suite}} {
		if p[1] != "" {
			words = append(words, p[0], p[1])
		}
	}
	if f.given("layouts") {
		words = append(words, "-layouts", fmt.Sprint(f.layouts))
	}
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Verdict != gate.Pass && c.Verdict != gate.Improved {
			c.Repeat = gate.Command(append(words, "-cell", c.Name, "-seed", fmt.Sprint(f.seed)))
		}
	}
}
