package gate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestNothingGreenWithoutProof breaks good samples in each way in which a gate must not be green, and one at a time.
func TestNothingGreenWithoutProof(t *testing.T) {
	w := quiet(1)
	w.cells, w.slices, w.bias = []string{churn, pinmix}, 40, 0.005
	declare := func() *Suite {
		suite := suiteOf(churn, pinmix)
		suite.Plan.Slices = 40
		for i := range suite.Cells {
			suite.Cells[i].Tail.Role = Shown // there are no latencies
		}
		return suite
	}
	suite := declare()
	good := gate(t, w.samples(), suite)
	if good.Verdict != Pass || len(good.Warnings) != 0 || len(good.Cells[0].Warnings) != 0 {
		t.Fatalf("the samples that are to be broken are no pass: %s%q %q", tell(good), good.Warnings, good.Cells[0].Warnings)
	}
	head := func(s *Samples, each func(*Side)) {
		for i := range s.Cells[1].Forks {
			each(&s.Cells[1].Forks[i].Head)
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(*Samples, *Suite)
		want  Verdict
		why   string // in the cell, or in the summary
	}{
		{"missing", func(s *Samples, _ *Suite) { s.Cells = s.Cells[:1] }, NoVerdict, "was not measured"},
		{"all missing", func(s *Samples, _ *Suite) { s.Cells = nil }, NoVerdict, "was not measured"},
		{"no cells at all", func(s *Samples, suite *Suite) { s.Cells, suite.Cells = nil, nil }, NoVerdict, "there is no cell"},
		{"renamed", func(s *Samples, _ *Suite) { s.Cells[1].Name = "PinMix/policy=dax-only" }, NoVerdict,
			"renamed? there is PinMix/policy=dax-only"},
		{"not declared", func(s *Samples, suite *Suite) { suite.Cells = suite.Cells[:1] }, NoVerdict, "does not declare it"},
		{"new", func(s *Samples, _ *Suite) { lacking(s, 1) }, NoVerdict, "it is new"},
		{"the base could not open it", func(s *Samples, suite *Suite) {
			s.Cells[1].BaseError, suite.Plan.New = "no memory", "warn"
		}, NoVerdict, "the base cannot run it: no memory"},
		{"new, and the head cannot run it", func(s *Samples, suite *Suite) {
			lacking(s, 1)
			s.Cells[1].HeadError, suite.Plan.New = "no memory", "warn"
		}, NoVerdict, "neither side can run it"},
		{"all are new", func(s *Samples, suite *Suite) {
			for i := range s.Cells {
				lacking(s, i)
			}
			suite.Plan.New = "warn"
		}, NoVerdict, "there is no cell"},
		{"gone", func(s *Samples, _ *Suite) { s.Cells[1].HeadError = "unknown workload" }, NoVerdict, "it is gone"},
		{"no forks", func(s *Samples, _ *Suite) { s.Cells[1].Forks = nil }, NoVerdict, "nothing was measured"},
		{"a fork too few", func(s *Samples, _ *Suite) { s.Cells[1].Forks = s.Cells[1].Forks[1:] }, NoVerdict, "19 forks"},
		{"a fork too many", func(s *Samples, _ *Suite) {
			f := s.Cells[1].Forks[0]
			f.Number = 99
			s.Cells[1].Forks = append(s.Cells[1].Forks, f)
		}, NoVerdict, "21 forks"},
		{"short forks", func(s *Samples, suite *Suite) { suite.Plan.Slices = 400 }, NoVerdict, "40 slices; 342 are the least"},
		{"on different processors", func(s *Samples, _ *Suite) { s.Cells[1].Forks[2].Apart = 5 }, NoVerdict,
			"fork 3: in 5 of 40 slices base and head were not on one processor"},
		{"on different processors for a tenth", func(s *Samples, _ *Suite) { s.Cells[1].Forks[2].Apart = 4 }, Pass, ""},
		{"on different processors, and a violation", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[2].Apart = 5
			s.Cells[1].Forks[3].Head.Outcome = "violation"
		}, Regressed, "the head ended as violation"},
		{"interrupted", func(s *Samples, _ *Suite) { s.Status = "interrupted" }, NoVerdict, "it is interrupted"},
		{"killed", func(s *Samples, _ *Suite) { s.Status = "running" }, NoVerdict, "it is running"},
		{"zeros", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { clear(side.Wall) })
		}, NoVerdict, "no wall time could be told"},
		{"some zeros", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { clear(side.CPU[:5]) })
		}, NoVerdict, "no cpu time could be told"},
		{"processor time on one side", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { side.CPU = nil })
		}, NoVerdict, "processor time was measured on 20 of 40 sides"},
		{"the clock that the suite names was not read", func(s *Samples, suite *Suite) {
			suite.Cells[1].Clock = CPU
			head(s, func(side *Side) { side.CPU = nil })
			for i := range s.Cells[1].Forks {
				s.Cells[1].Forks[i].Base.CPU = nil
			}
		}, NoVerdict, "processor time was measured on 0 of 40 sides"},
		{"latencies on one side", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[3].Base.Latency = quiet(1).latenciesFor(t, 2000)
		}, NoVerdict, "has no latencies"},
		{"a tail that decides and was not measured", func(s *Samples, suite *Suite) { suite.Cells[1].Tail.Role = Decides }, NoVerdict,
			"has no latencies"},
		{"the base hung", func(s *Samples, _ *Suite) { s.Cells[1].Forks[2].Base.Outcome = "hung" }, NoVerdict, "the base ended as hung"},
		{"both failed", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[2].Base.Outcome, s.Cells[1].Forks[2].Head.Outcome = "failed", "failed"
		}, NoVerdict, "the base ended as failed"},
		{"the head hung", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[2].Head.Outcome, s.Cells[1].Forks[2].Head.Notes = "hung", []string{"who waited"}
		}, Regressed, "the head ended as hung, the base as ok: who waited"},
		{"the head failed", func(s *Samples, _ *Suite) { s.Cells[1].Forks[2].Head.Outcome = "failed" }, Regressed, "failed"},
		{"a violation", func(s *Samples, _ *Suite) { s.Cells[1].Forks[7].Head.Counters[countViolations] = 1 }, Regressed, "1 violation"},
		{"a violation, and a fork too few", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks = s.Cells[1].Forks[1:]
			s.Cells[1].Forks[7].Head.Counters[countViolations] = 1
		}, Regressed, "1 violation"},
		{"only the head looked for violations", func(s *Samples, _ *Suite) {
			for i := range s.Cells[1].Forks {
				delete(s.Cells[1].Forks[i].Base.Counters, countViolations)
			}
		}, NoVerdict, "looked for violations"},
		{"the base did not look in one fork", func(s *Samples, _ *Suite) {
			delete(s.Cells[1].Forks[3].Base.Counters, countViolations)
		}, NoVerdict, "looked for violations"},
		{"the head did not count its allocations", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { delete(side.Counters, countAllocs) })
		}, NoVerdict, `"allocs" was not counted`},
		{"the head does not say over what it counted allocations", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { delete(side.Counters, countAllocsOps) })
		}, NoVerdict, `"allocs_ops" was not counted`},
		{"one eviction more", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[6].Head.Counters["evictions"]++
		}, NoVerdict, "different work: evictions (18000 and 18001)"},
		{"only the base counts its hits", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { delete(side.Counters, "hits") })
		}, NoVerdict, "different work: hits (not counted on both sides)"},
		{"the base was always first", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[2].Order = strings.Repeat("b", 40)
		}, NoVerdict, "fork 3: the base went first in 40 of 40 slices"},
		{"the head was first twice more", func(s *Samples, _ *Suite) {
			s.Cells[1].Forks[2].Order = strings.Repeat("hb", 19) + "hh"
		}, NoVerdict, "the base went first in 19 of 40 slices"},
		{"a violation where the base did not look", func(s *Samples, _ *Suite) {
			delete(s.Cells[1].Forks[7].Base.Counters, countViolations)
			s.Cells[1].Forks[7].Head.Counters[countViolations] = 3
		}, Regressed, "3 violations"},
		{"an allocation in a hundred operations", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { side.Counters[countAllocs] += 32 })
		}, Regressed, "allocations per operation rose"},
		{"a declared count rose", func(s *Samples, suite *Suite) {
			suite.Cells[1].Counts = []string{"evictions"}
			head(s, func(side *Side) { side.Counters["evictions"]++ })
		}, Regressed, "evictions rose"},
		{"a declared count was not taken", func(s *Samples, suite *Suite) { suite.Cells[1].Counts = []string{"pin_waits"} }, NoVerdict,
			`"pin_waits" was not counted`},
		{"a declared count that is none", func(s *Samples, suite *Suite) {
			suite.Cells[1].Counts = []string{"evictions"}
			s.Cells[1].Workers = 2
		}, NoVerdict, "is not exact here"},
		{"other numbers of operations", func(s *Samples, _ *Suite) {
			head(s, func(side *Side) { side.Counters[countOps] /= 2 })
		}, NoVerdict, "different work"},
		{"no control", func(s *Samples, _ *Suite) {
			for i := range s.Cells {
				for _, f := range s.Cells[i].Forks {
					clear(f.Head.Controls)
					clear(f.Base.Controls)
				}
			}
		}, NoVerdict, "there is no negative control"},
		{"a control on one side", func(s *Samples, _ *Suite) {
			for i := range s.Cells {
				for _, f := range s.Cells[i].Forks {
					clear(f.Head.Controls)
				}
			}
		}, NoVerdict, "was not measured on both sides"},
		{"a fork without controls", func(s *Samples, _ *Suite) { s.Cells[1].Forks[4].Base.Controls = nil },
			NoVerdict, "the negative control spin was not measured on both sides of fork 5 of " + pinmix},
		{"a fork without one of the controls", func(s *Samples, _ *Suite) { delete(s.Cells[0].Forks[0].Head.Controls, "walk") },
			NoVerdict, "walk was not measured on both sides of fork 1 of " + churn},
	} {
		s, broken := w.samples(), declare()
		c.spoil(s, broken)
		r := gate(t, s, broken)
		said := r.Summary
		for _, cell := range r.Cells {
			said += " " + cell.Why
		}
		if r.Verdict != c.want || !strings.Contains(said, c.why) {
			t.Errorf("%s: want %s because %q, got %s", c.name, c.want, c.why, tell(r))
		}
		if len(Undecided(r)) > 0 {
			t.Errorf("%s: further forks are asked for, which cannot help: %q", c.name, Undecided(r))
		}
	}
}

// lacking makes the base one that does not know a cell.
func lacking(s *Samples, cell int) {
	c := &s.Cells[cell]
	c.BaseError, c.BaseLacks, c.Forks = "unknown workload", true, nil
}

// TestNewCells: what the base does not know is held against nothing where the suite says so, and named; whatever else is wrong
// counts as before.
func TestNewCells(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Samples)
		want  Verdict
	}{
		{"nothing else", func(*Samples) {}, Pass},
		{"another is slower", func(s *Samples) {
			for _, f := range s.Cells[0].Forks {
				for i := range f.Head.Wall {
					f.Head.Wall[i] *= 1.1
					f.Head.CPU[i] *= 1.1
				}
			}
		}, Regressed},
		{"another was not measured", func(s *Samples) { s.Cells = s.Cells[1:] }, NoVerdict},
	} {
		w := quiet(1)
		w.bias = 0.005
		suite := suiteOf(churn, "PinPage/policy=dax-only")
		suite.Plan.New = "warn"
		s := w.samples()
		s.Cells = append(s.Cells[:1:1], Sampled{Name: suite.Cells[1].Name, BaseError: "there is no storm PinPage", BaseLacks: true})
		c.spoil(s)
		r := gate(t, s, suite)
		warned := slices.ContainsFunc(r.Warnings, func(text string) bool {
			return strings.Contains(text, "nothing is held against PinPage/policy=dax-only yet: it is new")
		})
		if r.Verdict != c.want || !warned || !strings.Contains(r.Summary, "1 cell is new, and held against nothing") {
			t.Errorf("%s: want %s, got %s\n%q", c.name, c.want, tell(r), r.Warnings)
		}
	}
}

// latenciesFor returns the histogram of some latencies.
func (w world) latenciesFor(t *testing.T, n int) string {
	t.Helper()
	w.latency = n
	w.forks, w.slices = 1, 10
	return w.samples().Cells[0].Forks[0].Base.Latency
}

// TestFewAllocationsPass holds the allowance against what the runtime does of its own.
func TestFewAllocationsPass(t *testing.T) {
	w := quiet(1)
	w.bias = 0.005
	s := w.samples()
	for i := range s.Cells[0].Forks {
		s.Cells[0].Forks[i].Head.Counters[countAllocs] += 8
	}
	s.Cells[0].Forks[3].Head.Counters[countAllocs] += 10_000 // once, in one fork: a goroutine's stack, the race of a timer
	if r := gate(t, s, suiteOf(churn)); r.Verdict != Pass {
		t.Error(tell(r))
	}
}

// TestAllocationsOfFewOperations: with 32 operations a slice, what the runtime may have of its own must not hide that each
// operation allocates; and what comes and goes on both sides convicts nobody.
func TestAllocationsOfFewOperations(t *testing.T) {
	w := quiet(1)
	w.bias, w.slices = 0.005, 20
	suite := suiteOf(churn)
	suite.Plan.Slices = 20
	for _, c := range []struct {
		name       string
		ops        int64
		base, head func(fork int) int64
		want       Verdict
	}{
		{"one per operation", 32, func(int) int64 { return 0 }, func(int) int64 { return 32 }, Regressed},
		{"one in ten", 32, func(int) int64 { return 0 }, func(int) int64 { return 3 }, Regressed},
		{"no longer one per operation", 32, func(int) int64 { return 32 }, func(int) int64 { return 0 }, Pass},
		{"the runtime's, on both sides", 32, func(i int) int64 { return int64(i * 7 % 4) }, func(i int) int64 { return int64(i*7%5) % 4 }, Pass},
		{"the head's, in 15 of 20 forks", 32, func(int) int64 { return 0 }, func(i int) int64 { return int64(min(i/5, 1)) }, Pass},
		{"a timer", 20_000, func(int) int64 { return 0 }, func(int) int64 { return 28 }, Pass},
		{"one in five hundred", 20_000, func(int) int64 { return 0 }, func(int) int64 { return 40 }, Regressed},
	} {
		s := w.samples()
		for i := range s.Cells[0].Forks {
			f := &s.Cells[0].Forks[i]
			f.Base.Counters[countAllocsOps], f.Head.Counters[countAllocsOps] = c.ops, c.ops
			f.Base.Counters[countAllocs], f.Head.Counters[countAllocs] = c.base(i), c.head(i)
		}
		if r := gate(t, s, suite); r.Verdict != c.want {
			t.Errorf("%s of %d operations: %s", c.name, c.ops, tell(r))
		}
	}
}

// TestSamplesThatContradictThemselves are errors of Judge too: they need not have come from a file.
func TestSamplesThatContradictThemselves(t *testing.T) {
	s := quiet(1).samples()
	s.Cells[0].Forks[1].Number = 1
	if _, err := Judge(s, suiteOf(churn), 1); !errors.Is(err, ErrSamples) {
		t.Error(err)
	}
	for _, look := range []int{-1, 0, 3} {
		if _, err := Judge(quiet(1).samples(), suiteOf(churn), look); !errors.Is(err, ErrSuite) {
			t.Errorf("look %d: %v", look, err)
		}
	}
}

// TestWarnings breaks samples in ways that cost a warning.
func TestWarnings(t *testing.T) {
	w := quiet(3)
	w.bias = 0.005
	for _, c := range []struct {
		name  string
		spoil func(*Samples)
		says  string
	}{
		{"same commit", func(s *Samples) { s.Head.Commit = s.Base.Commit }, "same commit"},
		{"other compiler", func(s *Samples) { s.Head.Go = "go1.27" }, "different compilers"},
		{"other flags", func(s *Samples) { s.Head.Build = "-race" }, "different flags"},
		{"planted", func(s *Samples) { s.Cells[0].PlantedNow = 0.01 }, "further work"},
		{"drift", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				for j := range w.slices {
					s.Cells[0].Forks[i].Head.CPU[j] *= 1 + 0.001*float64(i)
				}
			}
		}, "drifted over the forks"},
		{"two modes", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				for j := range w.slices {
					s.Cells[0].Forks[i].Head.CPU[j] *= 1 + 0.1*float64((i*7)%2)
				}
			}
		}, "have two modes"},
		{"scatter", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				for j := range w.slices {
					s.Cells[0].Forks[i].Head.CPU[j] *= math.Exp(-0.045 + 0.08*float64((i*7)%5-2))
				}
			}
		}, "cpu: the forks scatter so much that a head that is 3 % worse might have passed"},
		{"clocks", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				for j := range w.slices {
					s.Cells[0].Forks[i].Head.Wall[j] *= 1.04
				}
			}
		}, "the clocks disagree"},
		{"no latencies", func(*Samples) {}, "no latencies were recorded: p99 convicts nothing"},
		{"few latencies", func(s *Samples) {
			few := w.latenciesFor(t, 900)
			for i := range s.Cells[0].Forks {
				s.Cells[0].Forks[i].Base.Latency, s.Cells[0].Forks[i].Head.Latency = few, few
			}
		}, "a fork has 900 latencies, and p99 needs 1000: it convicts nothing"},
		{"notes", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				s.Cells[0].Forks[i].Base.Notes = []string{"late", fmt.Sprint("note ", i)}
			}
		}, "base: late (20 of 20 forks)"},
		{"many notes", func(s *Samples) {
			for i := range s.Cells[0].Forks {
				s.Cells[0].Forks[i].Base.Notes = []string{"late", fmt.Sprint("note ", i)}
			}
		}, "18 further notes"},
		{"a control is missing from a fork", func(s *Samples) { clear(s.Cells[0].Forks[4].Base.Controls) }, "negative control spin and walk"},
	} {
		s := w.samples()
		c.spoil(s)
		r, err := Judge(s, suiteOf(churn), 1)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(r.Warnings, "\n") + "\n" + strings.Join(r.Cells[0].Warnings, "\n")
		if !strings.Contains(said, c.says) {
			t.Errorf("%s: %q is not among\n%s", c.name, c.says, said)
		}
	}
}
