package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/driver"
	"daxbench/workloads/record"
)

// A session is one run of the process: a plan, its regions, and the folder that it is recorded in. It is the driver's
// Observer.
type session struct {
	stdout, stderr io.Writer
	profiles       profiles
	stopProfiles   func() error // does nothing the second time

	place   *place // nil: the engine
	plan    *driver.Plan
	regions *regions
	folder  *record.Folder

	mu       sync.Mutex // guards the two below, and folder while the plan runs
	progress progress
	over     bool // Plan.Run has returned; after a fault its goroutine may live on and still call
}

// start begins a new run in folder out, or in one that is named by the time and the seed.
func (s *session) start(ctx context.Context, out string, asked record.Request) (err error) {
	ctx, leave, err := s.enter(ctx, &asked)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	if s.plan, err = planOn(s.place, &asked); err != nil {
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
	if s.regions, err = openRegions(s.plan, s.place); err != nil {
		return err
	}
	environment := record.Look()
	m := record.Manifest{
		Tool: tool, Commit: record.Commit(), Command: s.place.command(os.Args[1:]), Seed: asked.Seed, Started: now.Truncate(time.Millisecond),
		Request: asked, Plan: record.NewPlan(s.plan, reference(asked.Policy)), Environment: environment.Map(),
		Harness: map[string]float64{record.ClockCost: environment.Clock.CostNanos},
	}
	s.describeStorage(&m, environment)
	if s.plan.Population != nil {
		m.Environment["population"] = populationFacts(s.plan.Population)
	}
	if err := harnessCost(&m); err != nil {
		return errors.Join(err, s.regions.close())
	}
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
	ctx, leave, err := s.enter(ctx, &f.Request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	if s.plan, err = planOn(s.place, &f.Request); err != nil {
		return fmt.Errorf("the run in %s cannot be continued: %w", dir, err)
	}
	if plan := record.NewPlan(s.plan, f.Plan.Reference); !plan.SameCells(&f.Plan) {
		return usagef("the run in %s cannot be continued: this daxbench (%s) lays out other cells than %s did, or times them otherwise", dir, tool, f.Tool)
	} else if f.Plan.Words.Empty() {
		f.Plan.Words = plan.Words
	}
	first := f.Rounds() + 1
	if first > s.plan.Rounds {
		fmt.Fprintf(s.stderr, "daxbench: the run in %s is complete: nothing is left to do\n", dir)
		return errors.Join(s.show(ctx, f.Status), s.answer())
	}
	if s.stopProfiles, err = s.profiles.start(); err != nil {
		return err
	}
	defer s.stopProfiles()
	if s.regions, err = openRegions(s.plan, s.place); err != nil {
		return err
	}
	f.Warn("", "continued after %d of %d rounds, on %s", first-1, s.plan.Rounds, time.Now().UTC().Format(time.RFC3339))
	s.differences()
	if err := harnessCost(&f.Manifest); err != nil {
		return errors.Join(err, s.regions.close())
	}
	if err := f.Continue(); err != nil {
		return errors.Join(err, s.regions.close())
	}
	fmt.Fprintf(s.stderr, "daxbench: continuing %s with round %d of %d; seed %d\n", dir, first, s.plan.Rounds, f.Seed)
	return s.run(ctx, first)
}

// enter opens the place that was asked for, if one was. From then on a signal ends ctx, so that leave is called in the end.
func (s *session) enter(ctx context.Context, asked *record.Request) (_ context.Context, leave func() error, err error) {
	if asked.Target == "" {
		return ctx, func() error { return nil }, nil
	}
	ctx, stop := withSignals(ctx)
	if s.place, err = openPlace(ctx, asked, s.stderr); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, func() error {
		defer stop()
		return s.place.close()
	}, nil
}

// describeStorage records where the storms keep their files, and what is doubtful about that and about the machine.
func (s *session) describeStorage(m *record.Manifest, e record.Environment) {
	if s.place != nil {
		m.Environment["target"] = s.place.facts()
		m.Doubts(e, nil)
		s.place.doubts(m)
		return
	}
	region := s.regions.root.Info()
	m.Environment["region"] = region
	m.Doubts(e, &region)
}

// harnessCost measures what the harness costs per operation, unless it is known. That of an empty operation comes from the
// storm for that, if the plan has it.
func harnessCost(m *record.Manifest) error {
	if m.Harness[record.TimedCost] > 0 {
		return nil
	}
	cost, err := workloads.HarnessCost()
	if err != nil {
		return fmt.Errorf("measuring the harness itself: %w", err)
	}
	m.Harness[record.TimedCost] = cost.Timed
	if m.Harness[record.EmptyCost] == 0 && !m.Plan.Measures(record.EmptyStorm) {
		m.Harness[record.EmptyCost] = cost.Empty
	}
	return nil
}

// differences records in what the machine and the program differ from those that began the run.
func (s *session) differences() {
	f := s.folder
	if commit := record.Commit(); commit != f.Commit {
		f.Warn("", "began with commit %s and was continued with %s", orUnknown(f.Commit), orUnknown(commit))
	}
	for _, d := range record.Differences(f.Environment, record.Look().Map()) {
		f.Warn("", "began with %s and was continued with %s", d.Then, d.Now)
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
	watch := record.NewWatch()
	err := s.plan.Run(ctx, s.regions.slices, first, s)
	s.mu.Lock()
	s.over = true
	s.progress.end()
	s.mu.Unlock()

	status, err := ending(ctx, errors.Join(err, s.stopProfiles()))
	if err == nil || status == record.Interrupted { // else somebody may still be in the region
		err = errors.Join(err, s.regions.close())
	}
	err = errors.Join(err, s.place.close())
	s.folder.Environment["load_after"] = record.Load()
	for _, text := range watch.Changes() {
		s.folder.Warn("", "%s", text)
	}
	if status == record.Failed {
		s.folder.Warn("", "the run failed: %s", firstLine(err))
	}
	if e := s.folder.End(status); e != nil {
		err = errors.Join(err, e)
	}
	done := s.folder.Rounds()
	if done > 0 {
		err = errors.Join(err, s.show(ctx, status))
	}
	if status != record.Finished {
		fmt.Fprintf(s.stderr, "daxbench: %s after %d of %d rounds; continue with: daxbench run -resume %s\n", status, done, s.plan.Rounds, s.folder.Dir())
		return err
	}
	fmt.Fprintf(s.stderr, "daxbench: results are in %s; another look: benchstat -col /policy %s\n", s.folder.Dir(), filepath.Join(s.folder.Dir(), record.ResultsName))
	return errors.Join(err, s.answer())
}

// ending says how a run ended that came back with err. A signal hides no other error that came with it.
func ending(ctx context.Context, err error) (record.Status, error) {
	var signal signalError
	if errors.As(err, &signal) { // it stopped for that
		return record.Interrupted, err
	}
	if tooTight(err) {
		err = fmt.Errorf("%w: give each policy a larger region (-size), or the storm less to keep at once (-set; daxbench list says which parameters it has)", err)
	}
	late := errors.As(context.Cause(ctx), &signal) // after the last round, or after another error
	switch {
	case err == nil && !late:
		return record.Finished, nil
	case err == nil:
		return record.Interrupted, signal
	case late:
		return record.Failed, errors.Join(err, signal)
	}
	return record.Failed, err
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

// answer returns an error if what was found is bad (a policy that calls itself safe was not, or a cell did not come to
// its end), or else if some cell came to its end and has no figure to be compared by.
func (s *session) answer() error {
	var bad, blank complaints
	for i := range s.folder.Cells {
		r := &s.folder.Cells[i]
		unit := s.folder.Plan.Primary(r.Workload)
		switch {
		case r.Outcome == driver.Hung, r.Outcome == driver.Failed, r.Outcome == driver.Violation && !mayViolate(r.Policy):
			bad.add(r, r.Outcome)
		case !(r.Metrics[unit] > 0):
			blank.add(r, "no "+unit)
		}
	}
	switch {
	case len(bad.list) > 0:
		return &badAnswer{"the answer is bad: " + bad.String()}
	case len(blank.list) > 0:
		return &undecided{"undecided, as nothing was measured in some cells: " + blank.String()}
	}
	return nil
}

// mayViolate says whether a policy does not call itself safe. One that is not known any more is held to be safe.
func mayViolate(policy string) bool {
	p, err := layout.Lookup(policy)
	return err == nil && !p.Safe()
}

// complaints are what there is to say about cells, each thing once for all its rounds.
type complaints struct {
	list []string
	seen map[string]bool
}

func (c *complaints) add(r *record.Record, what string) {
	if c.seen == nil {
		c.seen = make(map[string]bool)
	}
	if key := r.Name + " " + what; !c.seen[key] {
		c.seen[key] = true
		c.list = append(c.list, fmt.Sprintf("%s: %s in round %d", r.Name, what, r.Round))
	}
}

// String names the first few.
func (c *complaints) String() string {
	const most = 5
	list := c.list
	if n := len(list) - most; n > 0 {
		list = append(list[:most:most], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, "; ")
}

// firstLine is an error without a stack.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
