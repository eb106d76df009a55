package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/internal/sched"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// asWorker in the environment makes this test program a worker.
const asWorker = "DAXBENCH_VERIFY_WORKER"

func TestMain(m *testing.M) {
	if os.Getenv(asWorker) != "" {
		if err := Worker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// controlled skips tests of which the race detector sees nothing: under a
// controlled scheduler every switch orders what came before.
func controlled(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector sees nothing under a controlled scheduler")
	}
}

func lookUp[T any](t *testing.T, f func(string) (T, error), name string) T {
	t.Helper()
	v, err := f(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func runnerOf(t *testing.T, policy, shape string) *runner {
	t.Helper()
	r, err := newRunner(lookUp(t, Lookup, shape), lookUp(t, layout.Lookup, policy), vfs.Preset{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.close() })
	return r
}

// TestEveryShapeUnderEveryPolicy plays a few schedules of all: none may break the
// engine, and each ends the same way twice.
func TestEveryShapeUnderEveryPolicy(t *testing.T) {
	controlled(t)
	kernels := []vfs.Preset{{}}
	if !testing.Short() {
		kernels = append(kernels, vfs.Presets...)
	}
	for _, kernel := range kernels {
		for _, shape := range All {
			for _, policy := range layout.All {
				r, err := newRunner(shape, policy, kernel)
				if err != nil {
					t.Fatal(err)
				}
				for seed := range uint64(4) {
					s := r.play(r.strategy(seed), false)
					if s.broken != nil {
						t.Errorf("kernel %q, shape %s, policy %s, seed %d: %v", kernel.Name, shape.Name, policy.Name(), seed, s.broken)
					} else if err := r.confirm(func() sched.Strategy { return r.strategy(seed) }, s); err != nil {
						t.Errorf("kernel %q, seed %d: %v", kernel.Name, seed, err)
					}
				}
				r.close()
			}
		}
	}
}

// TestFinds holds the searches to what anybody knows of these policies.
func TestFinds(t *testing.T) {
	controlled(t)
	for _, tt := range []struct {
		policy, shape string
		want          layout.Property
	}{
		{"none", "unlink", "P1e"}, {"none", "unlink", "P1r"}, {"none", "reclaim-truncate", "P1r"}, {"none", "memory", "P1e"},
		{"dax-only", "lookup", "P2f"}, {"dax-only", "self", "P2s"}, {"dax-only", "memory", "P2m"}, {"dax-only", "memory", "P2"},
		{"dax-only", "reclaim-truncate", "P2b"}, {"break-ignored", "signal", "P1r"}, {"busy-drop", "lookup", "P3"}, {"busy-drop", "lookup", "P4"},
		{"dma-pin-only", "truncate", "P1r"},
	} {
		j := Job{Policy: tt.policy, Shape: tt.shape, Schedules: 20_000, Want: []layout.Property{tt.want}}
		rep := Do(j)
		if rep.Err != "" || rep.Broken != nil || !rep.hasAll(j.Want) {
			t.Errorf("%s in shape %s: %d schedules do not show %s: %+v", tt.policy, tt.shape, rep.Schedules, tt.want, rep)
		}
	}
}

// TestFindsNothing where there is nothing: pins that hold the inode.
func TestFindsNothing(t *testing.T) {
	controlled(t)
	for _, shape := range []*Shape{unlink, lookup, memory, self} {
		if rep := Do(Job{Policy: "inode-ref", Shape: shape.Name, Schedules: 1000, Enough: 1000}); len(rep.Violations) > 0 || rep.Broken != nil || rep.Schedules != 1000 {
			t.Errorf("%+v", rep)
		}
	}
}

// TestReplay plays what a search found once more, by seed, in another runner.
func TestReplay(t *testing.T) {
	controlled(t)
	found := Do(Job{Policy: "none", Shape: "unlink", Schedules: 5000, Want: []layout.Property{"P1r"}})
	if len(found.Violations) == 0 {
		t.Fatal("nothing was found")
	}
	v := found.Violations[0]
	rep := Do(Job{Policy: "none", Shape: "unlink", Seed: v.Seed, Tell: v.Property})
	if len(rep.Violations) != 1 || len(rep.Violations[0].Story) == 0 {
		t.Fatalf("seed %d does not show %s again: %+v", v.Seed, v.Property, rep)
	}
	again := Do(Job{Policy: "none", Shape: "unlink", Seed: v.Seed, Tell: Everything})
	if i := slices.IndexFunc(again.Violations, func(w Violation) bool { return w.Property == v.Property }); i < 0 || !slices.Equal(again.Violations[i].Story, rep.Violations[0].Story) {
		t.Errorf("two stories of one seed differ:\n%v\n%v", rep.Violations, again.Violations)
	}
}

// TestStoryIsShort: what is told is shrunk, ends where the property was found to
// be violated, and says who did what.
func TestStoryIsShort(t *testing.T) {
	controlled(t)
	r := runnerOf(t, "none", "reclaim-truncate")
	for seed := range uint64(2000) {
		s := r.play(r.strategy(seed), false)
		if _, ok := s.shows("P1r"); !ok {
			continue
		}
		trace := slices.Clone(s.trace)
		v := r.tell(trace, "P1r")
		if v.Switches >= sched.Switches(trace) && v.Switches > 3 {
			t.Errorf("%d switches of %d are left", v.Switches, sched.Switches(trace))
		}
		last := v.Story[len(v.Story)-1]
		if len(v.Story) > 30 || !last.Here || last.Who == "" || !strings.Contains(v.Text, "F") {
			t.Errorf("%s\n%+v", v.Text, v.Story)
		}
		return
	}
	t.Error("P1r was not found")
}

// TestExhaust runs every schedule of a small shape within a bound.
func TestExhaust(t *testing.T) {
	controlled(t)
	j := Job{Policy: "dax-only", Shape: "self", Schedules: 100_000, DFS: &onePreemption}
	rep := Do(j)
	if !rep.Exhausted || !rep.hasAll([]layout.Property{"P2s"}) || rep.Broken != nil {
		t.Fatalf("%+v", rep)
	}
	j.Seed, j.Tell = rep.Violations[0].Seed, rep.Violations[0].Property
	if again := Do(j); len(again.Violations) != 1 {
		t.Errorf("schedule %d of the search does not show %s again: %+v", j.Seed, j.Tell, again)
	}
	if j.Seed = uint64(rep.Schedules); Do(j).Err == "" {
		t.Errorf("there is a schedule %d of %d", j.Seed, rep.Schedules)
	}
}

// TestNotDeterministic: a shape with another source of chance is found out.
func TestNotDeterministic(t *testing.T) {
	controlled(t)
	runs := 0
	shape := &Shape{Name: "chance", Shows: properties("P1e"), set: func(s *stage) {
		runs++
		d := s.actor("D", device)
		f := d.pinned("F", 1, 0)
		s.actor("U", func(a *actor) {
			a.visit(f, a.unlink)
			if runs%2 == 0 {
				a.visit(f, nil)
			}
		})
	}}
	r, err := newRunner(shape, lookUp(t, layout.Lookup, "none"), vfs.Preset{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	s := r.play(sched.InOrder(), false)
	if err := r.confirm(sched.InOrder, s); !errors.Is(err, ErrNotDeterministic) {
		t.Errorf("a shape that counts its runs passed: %v", err)
	}
}

// TestPool does jobs in processes and gets what one process gets.
func TestPool(t *testing.T) {
	var jobs []Job
	for _, policy := range []string{"none", "dax-only"} {
		for _, shape := range All[:4] {
			jobs = append(jobs, Job{Policy: policy, Shape: shape.Name, Schedules: 50, Enough: 50})
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self)
		cmd.Env = append(os.Environ(), asWorker+"=1")
		return cmd
	}
	do := func(p *Pool) map[int]Report {
		reports := map[int]Report{}
		if err := p.Do(t.Context(), jobs, func(i int, r Report) error { r.CPU = 0; reports[i] = r; return nil }); err != nil {
			t.Fatal(err)
		}
		return reports
	}
	if one, two := fmt.Sprint(do(&Pool{})), fmt.Sprint(do(&Pool{Workers: 2, Command: command})); one != two {
		t.Errorf("one process:\n%s\ntwo:\n%s", one, two)
	}

	for name, tt := range map[string]struct {
		command func(context.Context) *exec.Cmd
		done    func(int, Report) error
		want    string
	}{
		"a worker that dies":  {func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, "false") }, nil, "verify worker"},
		"no such program":     {func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, "/nonexistent") }, nil, "no such file"},
		"done does not agree": {command, func(int, Report) error { return errors.New("enough") }, "enough"},
	} {
		if tt.done == nil {
			tt.done = func(int, Report) error { return nil }
		}
		if err := (&Pool{Workers: 2, Command: tt.command}).Do(t.Context(), jobs, tt.done); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("stop"))
	for _, p := range []*Pool{{}, {Workers: 2, Command: command}} {
		if err := p.Do(ctx, jobs, func(int, Report) error { return nil }); err == nil || err.Error() != "stop" {
			t.Errorf("a pool that was stopped: %v", err)
		}
	}
}

// BenchmarkSchedules plays schedules of a small shape, and of a large one.
func BenchmarkSchedules(b *testing.B) {
	for _, shape := range []*Shape{self, unlink} {
		b.Run(shape.Name, func(b *testing.B) {
			policy, err := layout.Lookup("dax-only")
			if err != nil {
				b.Fatal(err)
			}
			r, err := newRunner(shape, policy, vfs.Preset{})
			if err != nil {
				b.Fatal(err)
			}
			defer r.close()
			steps, seed := 0, uint64(0)
			for b.Loop() {
				seed++
				steps += len(r.play(r.strategy(seed), false).trace)
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
		})
	}
}
