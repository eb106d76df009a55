package census

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/driver"
	"golang.org/x/perf/benchfmt"
)

// planOf lays out one storm, with its small parameters and those of set, under some policies.
func planOf(t *testing.T, wl *driver.Workload, policies []layout.Policy, set map[string][]string) *driver.Plan {
	t.Helper()
	all := make(map[string][]string)
	for key, value := range wl.Small {
		all[key] = []string{value}
	}
	for key, values := range set {
		all[key] = values
	}
	p, err := driver.NewPlan(driver.Request{
		Workloads: []*driver.Workload{wl}, Policies: policies, Set: all,
		Rounds: 1, Duration: time.Second, Workers: []int{1}, Seed: 7, HangLimit: 2 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func take(t *testing.T, wl *driver.Workload, policies []layout.Policy, set map[string][]string) []Count {
	t.Helper()
	list, err := Take(t.Context(), planOf(t, wl, policies, set))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func lookup(t *testing.T, storm string, policies ...string) (*driver.Workload, []layout.Policy) {
	t.Helper()
	wl, err := workloads.Lookup(storm)
	if err != nil {
		t.Fatal(err)
	}
	var list []layout.Policy
	for _, name := range policies {
		p, err := layout.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return wl, list
}

func text(t *testing.T, list []Count) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// short skips tests that take a minute with the race detector.
func short(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: runs storms until their allocations are steady")
	}
}

// get returns an exact count, and fails if it is none.
func get(t *testing.T, c *Count, unit string) float64 {
	t.Helper()
	v, ok := c.Get(unit)
	if !ok {
		t.Errorf("%s has no exact %s", c.Name, unit)
	}
	return v
}

// TestSameSeedSameBytes counts every storm under the default policies twice.
func TestSameSeedSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("short: with the race detector it takes half a minute, and one worker races with nobody")
	}
	for _, wl := range workloads.All {
		t.Run(wl.Name, func(t *testing.T) {
			first := text(t, take(t, wl, layout.Default, nil))
			if second := text(t, take(t, wl, layout.Default, nil)); first != second {
				t.Errorf("first\n%s\nthen\n%s", first, second)
			}
		})
	}
}

// TestEveryPolicy: all policies are counted, the storms verify themselves, and what a policy promises it keeps.
func TestEveryPolicy(t *testing.T) {
	wl, _ := lookup(t, "evict-storm")
	for _, c := range take(t, wl, layout.All, map[string][]string{"dax": {"50"}}) {
		if c.Failed || c.Bad != "" {
			t.Errorf("%s: %s", c.Name, c.Bad)
		}
		if get(t, &c, "allocs/op") != 0 || get(t, &c, "B/op") != 0 {
			t.Errorf("%s allocates: %v", c.Name, c.Values)
		}
		if p, _ := layout.Lookup(c.Policy); p.Safe() && (get(t, &c, "violations") != 0 || get(t, &c, "freed-pinned") != 0) {
			t.Errorf("%s: %v", c.Name, c.Values)
		}
	}
}

// TestCountsDiffer: policies, seeds and parameters that make a difference make one.
func TestCountsDiffer(t *testing.T) {
	wl, policies := lookup(t, "evict-storm", "dax-only", "nowait-retry")
	list := take(t, wl, policies, map[string][]string{"dax": {"0", "50"}})
	if len(list) != 4 {
		t.Fatalf("%d cells", len(list))
	}
	for i, want := range []bool{false, false, false, true} { // only nowait-retry tries, and only at DAX inodes
		if n := get(t, &list[i], "break-tries"); (n > 0) != want {
			t.Errorf("%s: %v tries", list[i].Name, n)
		}
	}
	base := list[2]
	for _, unit := range []string{"hits", "misses", "evictions", "reclaims", "reclaimed"} {
		if get(t, &base, unit) == 0 {
			t.Errorf("%s: no %s", base.Name, unit)
		}
	}
	if h, m := get(t, &base, "hits"), get(t, &base, "misses"); h+m != float64(base.Ops) {
		t.Errorf("%v hits and %v misses in %d lookups", h, m, base.Ops)
	}
	p := planOf(t, wl, policies[:1], map[string][]string{"dax": {"50"}})
	p.Seed++
	other, err := Take(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(other[0].Values, base.Values) {
		t.Error("another seed counts the same")
	}
	larger := take(t, wl, policies[:1], map[string][]string{"dax": {"50"}, "cache": {"80"}})
	if get(t, &larger[0], "evictions") >= get(t, &base, "evictions") {
		t.Error("a larger cache evicts as much")
	}
}

// TestTimedCountsAreLoose: with a device, counts that it decides are named as such, and promises are still exact.
func TestTimedCountsAreLoose(t *testing.T) {
	wl, policies := lookup(t, "unlink-storm", "none", "dax-only")
	for _, c := range take(t, wl, policies, nil) {
		safe := c.Policy == "dax-only"
		for _, unit := range []string{"violations", "found", "freed-pinned", "evicted-pinned"} {
			if _, exact := c.Get(unit); exact != safe {
				t.Errorf("%s: %s is exact: %t", c.Name, unit, exact)
			}
		}
		if !slices.Contains(c.Loose, "pin-waits") {
			t.Errorf("%s: waits for a device are exact", c.Name)
		}
		if get(t, &c, "evictions") != float64(c.Ops) || get(t, &c, "freed") != float64(c.Ops) {
			t.Errorf("%s: %v", c.Name, c.Values)
		}
	}
}

// TestWorkersCountsAreLoose: what is evicted when somebody gets round to it has no exact number.
func TestWorkersCountsAreLoose(t *testing.T) {
	wl, policies := lookup(t, "unlink-storm", "defer", "inode-ref", "busy-drop")
	for _, c := range take(t, wl, policies, map[string][]string{"dax": {"100"}, "hold": {"fixed:2ms"}}) {
		if !slices.Contains(c.Loose, "evictions") || !slices.Contains(c.Loose, "freed") {
			t.Errorf("%s: not exact are %q", c.Name, c.Loose)
		}
		if p, _ := layout.Lookup(c.Policy); p.Safe() && get(t, &c, "violations") != 0 {
			t.Errorf("%s: %v", c.Name, c.Values)
		}
	}
}

// TestBrokenPromise gives a policy that breaks nothing the name and the promises of one that does.
func TestBrokenPromise(t *testing.T) {
	wl, policies := lookup(t, "unlink-storm", "none", "dax-only")
	list := take(t, wl, []layout.Policy{&impostor{policies[0], policies[1]}}, map[string][]string{"dax": {"100"}, "pin": {"100"}, "hold": {"fixed:2ms"}})
	if c := list[0]; c.Failed || c.Bad == "" {
		t.Errorf("%+v", c)
	}
	honest := take(t, wl, policies[:1], map[string][]string{"dax": {"100"}, "pin": {"100"}, "hold": {"fixed:2ms"}})
	if honest[0].Bad != "" {
		t.Errorf("%s is called bad for what it declares: %s", honest[0].Name, honest[0].Bad)
	}
}

// planted wraps evict-storm: every n-th operation does something that it should not.
func planted(t *testing.T, every int, what func(*driver.Worker)) *driver.Workload {
	wl, _ := lookup(t, "evict-storm")
	copied := *wl
	copied.Open = func(e driver.Env) (driver.Storm, error) {
		s, err := wl.Open(e)
		return &spoiled{Storm: s, every: every, what: what}, err
	}
	return &copied
}

type spoiled struct {
	driver.Storm
	every, done int
	what        func(*driver.Worker)
}

func (s *spoiled) Run(w *driver.Worker, n int) {
	for range n {
		if s.done++; s.done%s.every == 0 {
			s.what(w)
		}
		s.Storm.Run(w, 1)
	}
}

var sink []byte

func TestPlantedAllocation(t *testing.T) {
	short(t)
	_, policies := lookup(t, "evict-storm", "dax-only")
	set := map[string][]string{"dax": {"50"}}
	for _, every := range []int{1, 64, 1000} {
		c := take(t, planted(t, every, func(*driver.Worker) { sink = make([]byte, 48) }), policies, set)[0]
		if allocs, bytes := get(t, &c, "allocs/op"), get(t, &c, "B/op"); allocs != perOp(uint64(c.Ops/every), c.Ops) || bytes < 40*allocs {
			t.Errorf("one allocation in %d operations: %v allocs/op, %v B/op", every, allocs, bytes)
		}
	}
	c := take(t, planted(t, 1000, func(*driver.Worker) {}), policies, set)[0]
	if n := get(t, &c, "allocs/op"); n != 0 {
		t.Errorf("nothing planted: %v", n)
	}
}

// TestUnsteadyAllocation: what allocates now and then has no exact number.
func TestUnsteadyAllocation(t *testing.T) {
	short(t)
	_, policies := lookup(t, "evict-storm", "dax-only")
	n := 0
	c := take(t, planted(t, 100, func(*driver.Worker) {
		for range n % 7 {
			sink = make([]byte, 48)
		}
		n += 1 + n%5
	}), policies, map[string][]string{"dax": {"50"}})[0]
	if v, exact := c.Get("allocs/op"); exact && v == 0 {
		t.Errorf("allocs/op is %v", v)
	}
}

// TestDifferingCounts: a storm that depends on something else is found out, without being told.
func TestDifferingCounts(t *testing.T) {
	wl, policies := lookup(t, "evict-storm", "dax-only")
	opened := 0
	copied := *wl
	copied.Open = func(e driver.Env) (driver.Storm, error) {
		opened++
		e.Seed += uint64(opened)
		return wl.Open(e)
	}
	c := take(t, &copied, policies, map[string][]string{"dax": {"50"}})[0]
	if !slices.Contains(c.Loose, "misses") || !slices.Contains(c.Loose, "hits") {
		t.Errorf("not exact are %q", c.Loose)
	}
}

// TestFailures: a cell that fails is said to have, has no line, and does not keep others from being counted; a panic ends
// all, as locks may be held for ever.
func TestFailures(t *testing.T) {
	_, policies := lookup(t, "evict-storm", "none", "dax-only")
	set := map[string][]string{"dax": {"50"}}
	tired := errors.New("tired\x1b[31m\nof it")
	list := take(t, planted(t, 500, func(w *driver.Worker) { w.Fail(tired) }), policies, set)
	for _, c := range list {
		if !c.Failed || c.Bad != tired.Error() || len(c.Values) != 0 {
			t.Errorf("%+v", c)
		}
	}
	if out := text(t, list); strings.Contains(out, "Benchmark") || strings.Contains(out, "\x1b") || strings.Count(out, " failed: ") != 2 {
		t.Errorf("%s", out)
	}
	_, err := Take(t.Context(), planOf(t, planted(t, 500, func(*driver.Worker) { panic("broken") }), policies, set))
	if err == nil || !strings.Contains(err.Error(), "panic: broken") {
		t.Errorf("a panic: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	wl, policies := lookup(t, "evict-storm", "dax-only")
	p := planOf(t, wl, policies, nil)
	p.Groups[0].Workers = 2
	if _, err := Take(t.Context(), p); err == nil || !strings.Contains(err.Error(), "2 workers") {
		t.Errorf("two workers: %v", err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := Take(ctx, planOf(t, wl, policies, nil)); !errors.Is(err, stop) {
		t.Errorf("a context that is done: %v", err)
	}
	p = planOf(t, wl, policies, nil)
	p.Groups[0].Size = 4096
	if _, err := Take(t.Context(), p); err == nil {
		t.Error("a region of one page")
	}
}

// TestFormat reads what is written with the library that benchstat reads it with.
func TestFormat(t *testing.T) {
	wl, policies := lookup(t, "evict-storm", "none", "dax-only")
	list := take(t, wl, policies, map[string][]string{"dax": {"0", "50"}})
	list[1].Loose = append(list[1].Loose, "pin-waits")
	r := benchfmt.NewReader(strings.NewReader(text(t, list)), "counts.txt")
	var names []string
	meta := make(map[string]bool)
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.UnitMetadata:
			meta[rec.Unit+" "+rec.Key+"="+rec.Value] = true
		case *benchfmt.Result:
			i := len(names)
			names = append(names, rec.Name.String())
			for _, want := range list[i].Values {
				if v, ok := rec.Value(want.Unit); !ok || v != want.Value {
					t.Errorf("%s: %v %s (%t), want %v", rec.Name, v, want.Unit, ok, want.Value)
				}
			}
			if len(rec.Values) != len(list[i].Values) {
				t.Errorf("%s: %d values of %d", rec.Name, len(rec.Values), len(list[i].Values))
			}
		}
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	var want []string
	for _, dax := range []string{"0", "50"} {
		for _, p := range policies {
			want = append(want, fmt.Sprintf("EvictStorm/dax=%s/files=256/cache=64/batch=16/workers=1/policy=%s", dax, p.Name()))
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	for _, m := range []string{"allocs/op better=lower", "allocs/op assume=exact", "hits better=higher", "violations assume=exact"} {
		if !meta[m] {
			t.Errorf("no metadata %s", m)
		}
	}
}

// impostor does as one policy does and promises what another does.
type impostor struct {
	layout.Policy
	as layout.Policy
}

func (p *impostor) Safe() bool            { return p.as.Safe() }
func (p *impostor) Expect() layout.Expect { return p.as.Expect() }
