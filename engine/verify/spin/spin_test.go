package spin

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daxbench/engine/verify/model"
)

var (
	keep    = flag.String("keep", "", "leave pan and the parameters in this folder")
	pinners = flag.Int("pinners", 0, "how many of the tasks that a set can have several of; 0: what sets.txt says")
)

const (
	readme   = "../model/README.md"
	setsFile = "../model/sets.txt"

	// abreast is how many pairs are looked at at a time; a verifier has one thread.
	abreast = 2
)

// chosen is what is looked at with -short: few small pairs that use every rule
// and violate every property that any of all pairs does. Behind each is what
// only this one of them has.
var chosen = []string{
	"unconditional,lease-noref", // eviction under ioLock
	"perfect,unplug-idle",       // the drain
	"bounded-wait,truncaters",   // quarantine
	"busy-drop,lookup",          // P3, P4, a busy inode that is kept
	"nowait-retry,memory",       // P2m
	"striped-ref,self",          // the striped counter beyond 1
	"per-entry,shrinkable",      // P7, entries deleted one by one, the LRU rules since 5.16
	"nowait-retry,lookup",       // P2f
	"defer-aside,memory",        // a full queue, a worker that takes the idle ones
	"notify-revoke,unplug-idle", // unplug that notifies
	"bounded-wait,unplug-idle",  // a deadline that gives up
	"defer,unplug-idle",         // a worker that takes the oldest
	"layout-lease,lease-noref",  // a deadline for a lease
	"refuse,self",               // pins refused
	"striped-ref,truncaters",    // a striped reference undone
	"break-ignored,signal",      // a signal to eviction
	"writeback,memory",          // reclaim that keeps busy inodes
	"inode-ref,truncaters",      // a reference undone
	"nowait-retry,lease",        // truncation of a file with a lease
	"layout-lease,truncate",     // a deadline for pins, FOLL_GET, two pages of which one is given back
}

// unused are the rules that no set of sets.txt can use, whatever the policy.
var unused = map[string]string{
	"BSCAN: last, drain, next inode": "a set with Unplug and two inodes",
	"LSLEEP: signal":                 "a set with a lease, Trunc and a signal to it",
}

// A pair is one policy in one set, and what the two say of it.
type pair struct {
	policy  policy
	set     set
	numbers string // of both, for pan
	spin    outcome
	model   model.Result
	took    time.Duration // the model
	err     error
}

func (p *pair) name() string { return p.policy.name + "," + p.set.name }

// explore has the model explore the pair.
func (p *pair) explore(o model.Options) (model.Result, error) {
	mp := model.Perfect
	var err error
	if p.policy.name != mp.Name {
		if mp, err = model.Lookup(p.policy.name); err != nil {
			return model.Result{}, err
		}
	}
	ms, err := model.LookupSet(p.set.name)
	if err != nil {
		return model.Result{}, err
	}
	o.Pinners, o.MaxStates = *pinners, 20_000_000
	return model.Explore(mp, ms, o)
}

// pairs returns all pairs, or those that are chosen for -short.
func (tw *twin) pairs(t *testing.T) (ps []*pair) {
	t.Helper()
	for _, p := range tw.policies {
		for _, s := range tw.sets {
			if one := (&pair{policy: p, set: s}); !testing.Short() || slices.Contains(chosen, one.name()) {
				one.numbers = params(t, tw.cs, &p, &s)
				ps = append(ps, one)
			}
		}
	}
	return ps
}

// look has both look at each pair.
func (tw *twin) look(t *testing.T, ps []*pair) {
	t.Helper()
	work := make(chan *pair)
	var wait sync.WaitGroup
	for range abreast {
		wait.Go(func() {
			for p := range work {
				if p.spin, p.err = tw.verify(t.Context(), &p.policy, &p.set, p.numbers); p.err == nil {
					begin := time.Now()
					p.model, p.err = p.explore(model.Options{})
					p.took = time.Since(begin)
				}
			}
		})
	}
	for _, p := range ps {
		work <- p
	}
	close(work)
	wait.Wait()
}

// differ compares what SPIN and the model say, and returns what differs.
func differ(o outcome, r model.Result) (diffs []string) {
	if !r.Exhausted {
		return []string{fmt.Sprintf("the model did not look at more than %d states", r.States)}
	}
	if o.states != r.States {
		diffs = append(diffs, fmt.Sprintf("SPIN has %d states, the model %d", o.states, r.States))
	}
	for _, p := range model.Properties {
		if _, found := r.Found[p]; found != slices.Contains(o.found, string(p)) {
			diffs = append(diffs, fmt.Sprintf("%s is violated: SPIN says %v, the model %v", p, !found, found))
		}
	}
	for _, f := range o.found {
		if !slices.Contains(model.Properties, model.Property(f)) {
			diffs = append(diffs, "the model has no property "+f)
		}
	}
	return diffs
}

func TestTwin(t *testing.T) {
	optimize := "-O1" // with -O2 the compiler takes longer than SPIN for everything
	if testing.Short() {
		optimize = "-O0"
	}
	if *pinners > 0 {
		optimize = "-O2"
	}
	tw := build(t, *pinners, optimize)
	if n := len(model.Policies) + 1; len(tw.policies) != n || len(tw.sets) != len(model.Sets) {
		t.Fatalf("README.md has %d policies of %d, sets.txt %d sets of %d", len(tw.policies), n, len(tw.sets), len(model.Sets))
	}
	ps := tw.pairs(t)
	if testing.Short() && len(ps) != len(chosen) {
		t.Fatalf("of the %d pairs chosen there are %d", len(chosen), len(ps))
	}
	tw.look(t, ps)

	var states int
	var spin, took time.Duration
	for _, p := range ps {
		if p.err != nil {
			t.Fatalf("%s: %v", p.name(), p.err)
		}
		for _, d := range differ(p.spin, p.model) {
			t.Errorf("%s: %s", p.name(), d)
		}
		states += p.spin.states
		spin += p.spin.elapsed
		took += p.took
	}
	t.Logf("%d pairs, %d states; SPIN with %s: %.0f a second of one processor, the model: %.0f", len(ps), states, optimize,
		float64(states)/spin.Seconds(), float64(states)/took.Seconds())
	// With more pinners a mutant takes minutes, and rules are used as with few.
	if !t.Failed() && *pinners == 0 {
		t.Run("rules", func(t *testing.T) { everyRule(t, ps) })
		t.Run("properties", func(t *testing.T) { everyProperty(t, ps) })
		t.Run("mutants", func(t *testing.T) { everyMutant(t, ps) })
	}
}

// everyRule wants each rule of model.pml used, and tells where first.
func everyRule(t *testing.T, ps []*pair) {
	for _, m := range regexp.MustCompile(`RULE\("(.*?)"\)`).FindAllStringSubmatch(read(t, "model.pml"), -1) {
		rule := m[1]
		i := slices.IndexFunc(ps, func(p *pair) bool { return p.spin.rules[rule] > 0 })
		switch why, ok := unused[rule]; {
		case i < 0 && !ok:
			t.Errorf("no pair uses the rule %q", rule)
		case i >= 0 && ok:
			t.Errorf("%s uses the rule %q, which is said to need %s", ps[i].name(), rule, why)
		case i >= 0:
			t.Logf("%-40s %s, %d times", rule, ps[i].name(), ps[i].spin.rules[rule])
		}
	}
}

// everyProperty wants each property violated by some pair, but for P5, which only
// bugs violate.
func everyProperty(t *testing.T, ps []*pair) {
	for _, prop := range model.Properties {
		found := slices.ContainsFunc(ps, func(p *pair) bool { return slices.Contains(p.spin.found, string(prop)) })
		if found != (prop != model.P5) {
			t.Errorf("%s is violated by some pair: %v", prop, found)
		}
	}
}

// everyMutant plants the model's bugs one at a time, and wants what it says then
// to differ from what SPIN says of the model without a bug.
func everyMutant(t *testing.T, ps []*pair) {
	ps = slices.Clone(ps)
	slices.SortStableFunc(ps, func(a, b *pair) int { return a.spin.states - b.spin.states })
	for m := model.PinSkipsRecheck; m <= model.PutInInterrupt; m++ {
		if m == 32 { // there is none
			continue
		}
		if where, diffs := killed(t, m, ps); diffs == nil {
			t.Errorf("mutant %d does not differ from what SPIN says", m)
		} else {
			t.Logf("mutant %d, %s: %s", m, where, strings.Join(diffs, "; "))
		}
	}
}

// killed returns the first pair in which a mutant differs, and in what.
func killed(t *testing.T, m model.Mutant, ps []*pair) (where string, diffs []string) {
	t.Helper()
	for _, p := range ps {
		r, err := p.explore(model.Options{Mutant: m})
		if err != nil {
			t.Fatal(err)
		}
		if diffs := differ(p.spin, r); diffs != nil {
			return p.name(), diffs
		}
	}
	return "", nil
}
