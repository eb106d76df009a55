package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"daxbench/engine/layout"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

// A session is one run of the process: a plan, its regions, and the folder that it is recorded in. It is the driver's
// Observer.
type session struct {
	stdout, stderr io.Writer
	profiles       profiles
	stopProfiles   func() error // does nothing the second time

	plan    *driver.Plan
	regions *regions
	folder  *record.Folder

	mu       sync.Mutex // guards the two below, and folder while the plan runs
	progress progress
	over     bool // Plan.Run has returned; after a fault its goroutine may live on and still call
}

// start begins a new run in folder out, or in one that is named by the time and the seed.
func (s *session) start(ctx context.Context, out string, asked record.Request) (err error) {
	if s.plan, err = newPlan(&asked); err != nil {
		return err
	}
	now := time.Now().UTC()
	if out == "" {
		out = filepath.Join("results", fmt.Sprintf("%s-%d", now.Format("20060102T150405Z"), asked.Seed))
	}
	if err := record.Vacant(out); err != nil {
		return err
	}
	if s.stopProfiles, err = s.profiles.start(); err != nil {
		return err
	}
	defer s.stopProfiles()
	if s.regions, err = openRegions(s.plan); err != nil {
		return err
	}
	environment := record.Look()
	m := record.Manifest{
		Tool: tool, Commit: record.Commit(), Command: os.Args[1:], Seed: asked.Seed, Started: now.Truncate(time.Millisecond),
		Request: asked, Plan: record.NewPlan(s.plan, reference(asked.Policy)), Environment: environment.Map(),
		Harness: map[string]float64{"clock-ns": environment.Clock.CostNanos},
	}
	m.Environment["region"] = s.regions.root.Info()
	if s.plan.Population != nil {
		m.Environment["population"] = populationFacts(s.plan.Population)
	}
	m.Doubts(environment, s.regions.root.Info())
	if s.profiles.any() {
		m.Warn("", "profiles were taken during the run")
	}
	if s.folder, err = record.Create(out, m); err != nil {
		return errors.Join(err, s.regions.close())
	}
	defer s.folder.Close()
	fmt.Fprintf(s.stderr, "daxbench: %s\ndaxbench: seed %d; results go to %s\n", describe(s.plan), asked.Seed, out)
	return s.run(ctx, 1)
}

// resume continues the run in folder dir, unless check refuses what it was asked for.
func (s *session) resume(ctx context.Context, dir string, check func(*record.Request) error) (err error) {
	if s.folder, err = record.Resume(dir); err != nil {
		return err
	}
	defer s.folder.Close()
	f := s.folder
	if err := check(&f.Request); err != nil {
		return err
	}
	if s.plan, err = newPlan(&f.Request); err != nil {
		return fmt.Errorf("the run in %s cannot be continued: %w", dir, err)
	}
	if !reflect.DeepEqual(record.NewPlan(s.plan, f.Plan.Reference), f.Plan) {
		return usagef("the run in %s cannot be continued: this daxbench (%s) lays out other cells than %s did", dir, tool, f.Tool)
	}
	first := f.Rounds() + 1
	if first > s.plan.Rounds {
		fmt.Fprintf(s.stderr, "daxbench: the run in %s is complete: nothing is left to do\n", dir)
		return errors.Join(s.table(), s.answer())
	}
	if s.stopProfiles, err = s.profiles.start(); err != nil {
		return err
	}
	defer s.stopProfiles()
	if s.regions, err = openRegions(s.plan); err != nil {
		return err
	}
	f.Warn("", "continued after %d of %d rounds, on %s", first-1, s.plan.Rounds, time.Now().UTC().Format(time.RFC3339))
	s.differences()
	if err := f.Continue(); err != nil {
		return errors.Join(err, s.regions.close())
	}
	fmt.Fprintf(s.stderr, "daxbench: continuing %s with round %d of %d; seed %d\n", dir, first, s.plan.Rounds, f.Seed)
	return s.run(ctx, first)
}

// differences records in what the machine and the program differ from those that began the run.
func (s *session) differences() {
	f := s.folder
	if commit := record.Commit(); commit != f.Commit {
		f.Warn("", "began with commit %s and was continued with %s", orUnknown(f.Commit), orUnknown(commit))
	}
	now := record.Look().Map()
	for _, key := range []string{"cpu", "cores", "go", "kernel"} {
		if !reflect.DeepEqual(now[key], f.Environment[key]) {
			f.Warn("", "began with %s %v and was continued with %v", key, f.Environment[key], now[key])
		}
	}
	if p := s.plan.Population; p != nil {
		then, _ := f.Environment["population"].(map[string]any)
		for key, n := range populationFacts(p) {
			if fmt.Sprint(n) != fmt.Sprint(then[key]) {
				f.Warn("", "the population %s has changed since the run began: %s", p.Source, key)
			}
		}
	}
}

// populationFacts is what tells one state of a directory tree from another.
func populationFacts(p *driver.Population) map[string]any {
	return map[string]any{
		"files": len(p.Files), "pages": p.Pages(), "dirs": p.Dirs, "clipped": p.Clipped, "skipped": p.Skipped,
	}
}

// run runs the rounds from first on, records how they ended and shows what there is.
func (s *session) run(ctx context.Context, first int) error {
	ctx, stop := withSignals(ctx)
	defer stop()
	s.progress = newProgress(s.stderr, s.plan, first)
	err := s.plan.Run(ctx, s.regions.slices, first, s)
	err = errors.Join(err, s.stopProfiles())
	s.mu.Lock()
	s.over = true
	s.progress.end()
	s.mu.Unlock()

	var signal signalError
	status := record.Finished
	switch {
	case errors.As(err, &signal), errors.As(context.Cause(ctx), &signal):
		status, err = record.Interrupted, signal
	case err != nil:
		status = record.Failed
	}
	if err == nil || status == record.Interrupted { // else somebody may still be in the region
		err = errors.Join(err, s.regions.close())
	}
	s.folder.Environment["load_after"] = record.Load()
	if status == record.Failed {
		s.folder.Warn("", "the run failed: %s", firstLine(err))
	}
	if e := s.folder.End(status); e != nil {
		err = errors.Join(err, e)
	}
	done := s.folder.Rounds()
	if done > 0 {
		err = errors.Join(err, s.table())
	}
	if status != record.Finished {
		fmt.Fprintf(s.stderr, "daxbench: %s after %d of %d rounds; continue with: daxbench run -resume %s\n", status, done, s.plan.Rounds, s.folder.Dir())
		return err
	}
	fmt.Fprintf(s.stderr, "daxbench: results are in %s; another look: benchstat -col /policy %s\n", s.folder.Dir(), filepath.Join(s.folder.Dir(), record.ResultsName))
	return errors.Join(err, s.answer())
}

// Group implements driver.Observer.
func (s *session) Group(round, _ int, g *driver.Group, done, all int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.progress.group(round, g, done, all)
	}
}

// Round implements driver.Observer.
func (s *session) Round(round int, results []driver.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return errors.New("the run is over")
	}
	if err := s.folder.Add(results); err != nil {
		return err
	}
	s.progress.round(round)
	return nil
}

// answer returns an error if what was found is bad: a policy that calls itself safe was not, or a cell did not come to
// its end.
func (s *session) answer() error {
	const most = 5
	var bad []string
	seen := make(map[string]bool)
	for i := range s.folder.Cells {
		r := &s.folder.Cells[i]
		if r.Outcome == driver.OK {
			continue
		}
		if p, err := layout.Lookup(r.Policy); r.Outcome == driver.Violation && err == nil && !p.Safe() {
			continue
		}
		if text := r.Name + " " + r.Outcome; !seen[text] {
			seen[text] = true
			bad = append(bad, fmt.Sprintf("%s: %s in round %d", r.Name, r.Outcome, r.Round))
		}
	}
	switch {
	case len(bad) == 0:
		return nil
	case len(bad) > most:
		bad = append(bad[:most], fmt.Sprintf("and %d more", len(bad)-most))
	}
	return &badAnswer{"the answer is bad: " + strings.Join(bad, "; ")}
}

// firstLine is an error without a stack.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
