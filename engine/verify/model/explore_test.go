package model

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// parse returns the one set that the tasks make on one inode of one page.
func parse(t testing.TB, tasks ...string) Set {
	t.Helper()
	text := "set test of a test\ninodes 1\npages 1\npinners 1\n"
	for _, line := range tasks {
		text += "task " + line + "\n"
	}
	sets, err := parseSets(text)
	if err != nil {
		t.Fatal(err)
	}
	return sets[0]
}

func policy(t testing.TB, name string) Policy {
	t.Helper()
	p, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func explore(t testing.TB, p Policy, s Set, o Options) Result {
	t.Helper()
	r, err := Explore(p, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCountedByHand has sets that are small enough to be counted with a pencil.
func TestCountedByHand(t *testing.T) {
	for name, tt := range map[string]struct {
		policy string
		tasks  []string
		states int
		found  string
	}{
		// Before the open, before the iput, after it.
		"open and close": {"none", []string{"O Open A; Iput A"}, 3, ""},
		// Each in its three places, independently.
		"two of them": {"none", []string{"O Open A; Iput A", "P Open A; Iput A"}, 9, ""},
		// Three operations; delete, free, unhash, wake, give the memory back; the end.
		"the last close": {"none", []string{"U Open A; Unlink A; Iput A"}, 9, ""},
		// Look, fault, look, add, check; unpin, wake, close; the end.
		"pin and unpin": {"none", []string{"T ref A; Pin A 0; Unpin A; Iput A"}, 8, ""},
		// Unlink, close, scan, arm, test, asleep. Then it waits for itself.
		"close before unpin": {"dax-only", []string{"T pin A 0; ref A; Unlink A; Iput A; Unpin A"}, 6, "P2 P2s"},
		// Lock, no lease, gate, scan, free, thaw, wake, unlock, close; the end.
		"truncate": {"none", []string{"R ref A; Trunc A; Iput A"}, 10, ""},
		// It is taken off the list, as it is referenced; and the reference is never dropped.
		"reclaim of what is in use": {"none", []string{"O ref A", "K Reclaim"}, 2, "P7"},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore(t, policy(t, tt.policy), parse(t, tt.tasks...), Options{})
			var found []string
			for _, p := range Properties {
				if _, ok := r.Found[p]; ok {
					found = append(found, string(p))
				}
			}
			if r.States != tt.states || strings.Join(found, " ") != tt.found || !r.Exhausted {
				t.Errorf("%d states, found %q, exhausted: %v; want %d, %q", r.States, found, r.Exhausted, tt.states, tt.found)
			}
		})
	}
}

// TestExact walks some sets once more, slowly, with the states themselves in a
// map: no two states may share a fingerprint, packing may lose nothing, and a
// step that is not possible may change nothing.
func TestExact(t *testing.T) {
	for _, p := range []string{"dax-only", "striped-ref", "layout-lease", "defer", "bounded-wait", "perfect"} {
		for _, s := range Sets {
			m := newMachine(policy(t, p), &s, NoMutant)
			seen := map[state]bool{m.state: true}
			for todo := []state{m.state}; len(todo) > 0; todo = todo[1:] {
				for task := range m.nt {
					m.state = todo[0]
					for way := range m.ways(task) {
						m.state = todo[0]
						if possible := m.step(task, way); !possible && m.state != todo[0] {
							t.Fatalf("%s in %s: a step of %s was not possible, and changed something", p, s.Name, m.name(task))
						}
						if !seen[m.state] {
							seen[m.state] = true
							todo = append(todo, m.state)
						}
					}
				}
			}
			for s := range seen {
				w, back := s.pack(), state{}
				if w.unpack(&back); back != s {
					t.Fatalf("%s: packed and unpacked, %+v is %+v", p, s, back)
				}
			}
			if got := explore(t, m.pol, s, Options{}).States; got != len(seen) {
				t.Errorf("%s in %s: %d states, should be %d", p, s.Name, got, len(seen))
			}
		}
	}
}

func TestSameTwice(t *testing.T) {
	s, err := LookupSet("mixed")
	if err != nil {
		t.Fatal(err)
	}
	a := explore(t, policy(t, "P7"), s, Options{})
	b := explore(t, policy(t, "P7"), s, Options{})
	if !reflect.DeepEqual(a, b) {
		t.Errorf("two explorations differ:\n%+v\n%+v", a, b)
	}
}

// TestBudget: what was not looked at has no verdict.
func TestBudget(t *testing.T) {
	s, err := LookupSet("mixed")
	if err != nil {
		t.Fatal(err)
	}
	whole := explore(t, policy(t, "P8"), s, Options{})
	if v := whole.Verdict(P1r); v != none {
		t.Errorf("everything looked at: %q", v)
	}
	half := explore(t, policy(t, "P8"), s, Options{MaxStates: whole.States / 2})
	if v := half.Verdict(P1r); half.Exhausted || v != notExhausted {
		t.Errorf("half of it looked at: exhausted %v, %q", half.Exhausted, v)
	}
	if half := explore(t, policy(t, "P0"), s, Options{MaxStates: whole.States / 2}); half.Verdict(P1r) != violated {
		t.Errorf("half of it looked at, and found: %q", half.Verdict(P1r))
	}
	if all := explore(t, policy(t, "P8"), s, Options{MaxStates: whole.States}); !all.Exhausted {
		t.Errorf("a budget of just as many states as there are is not enough")
	}
}

func TestPinners(t *testing.T) {
	s, err := LookupSet("unlink")
	if err != nil {
		t.Fatal(err)
	}
	one, three := explore(t, Perfect, s, Options{Pinners: 1}), explore(t, Perfect, s, Options{Pinners: 3})
	if one.States >= three.States || len(three.Found) > 0 {
		t.Errorf("1 pinner: %d states, 3: %d, found %v", one.States, three.States, three.Found)
	}
	if _, err := Explore(Perfect, s, Options{Pinners: maxTasks}); err == nil {
		t.Error("more tasks than there is room for were accepted")
	}
}

func BenchmarkExplore(b *testing.B) {
	s, err := LookupSet("truncate")
	if err != nil {
		b.Fatal(err)
	}
	var e explorer
	states := 0
	for b.Loop() {
		r, err := e.explore(policy(b, "P7"), s, Options{Pinners: 2})
		if err != nil {
			b.Fatal(err)
		}
		states += r.States
	}
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
}

func ExampleExplore() {
	set, _ := LookupSet("unlink")
	old, _ := Lookup("none")
	r, _ := Explore(old, set, Options{Pinners: 1})
	fmt.Print(r.Found[P1r])
	// Output:
	// 1  T1  opens A (references 1)
	//   2  T1  faults page 1 of A in
	//   3  T1  finds page 1 of A mapped
	//   4  T1  adds a pin to page 1 of A (count 0→1)
	//   5  T1  looks again: page 1 of A is pinned
	//   6  T1  starts I/O of D1 with its pins
	//   7  T1  drops the last reference to A: it stays cached
	//   8  U   opens A (references 1)
	//   9  U   unlinks A
	//  10  U   drops the last reference to A: it is Freeing
	//  11  U   deletes the entries of A
	//  12  U   gives up the storage of A; block 0 is free; block 1 is free, and pinned (count 1)
}
