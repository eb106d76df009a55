package litmus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/target"
)

// scenario makes one of steps.
func scenario(t *testing.T, steps string, headers ...string) Entry {
	t.Helper()
	text := "scenario: s\ntitle: t\nprobes: U H\n" + strings.Join(headers, "\n") + "\nsteps:\n" + steps
	s, err := target.Parse("s.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Entry{Number: 1, Scenario: s}
}

const unlink = `T1: create F
T1: pin F 0 as p by io_uring
T2: close F
T2: create N
time: wait 5s
dev: dma-write p
T2: check N 0
dev: release p
`

// TestOrder has the steps of a waiting policy put off, and those of others not.
func TestOrder(t *testing.T) {
	for name, tt := range map[string]struct {
		m    fakeMaker
		text string
		kind target.Kind
		why  string
		want []string
	}{
		"nobody waits": {
			text: unlink, kind: target.Safe,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "0s T2: create N", "5s dev: dma-write p", "5s T2: check N 0", "5s dev: release p"},
		},
		"a close waits for the pin": {
			m:    fakeMaker{blocks: map[string]string{"T2: close F": "p"}},
			text: unlink, kind: target.Blocked, why: `T2 was in "close F" for 5s and waited for the pin p`,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "5s dev: dma-write p", "5s dev: release p", "5s T2: create N", "5s T2: check N 0"},
		},
		"a wait ends at a deadline, in the middle of time that passes": {
			m:    fakeMaker{blocks: map[string]string{"T2: close F": "p"}, timeout: 2 * time.Second},
			text: unlink, kind: target.Blocked, why: "for 2s",
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "2s T2: create N", "5s dev: dma-write p", "5s T2: check N 0", "5s dev: release p"},
		},
		"a pin is refused": {
			m:    fakeMaker{fails: map[string]error{"T1: pin F 0 as p by io_uring": &target.Refusal{Errno: "EOPNOTSUPP", Why: "unbounded"}}},
			text: unlink, kind: target.Refused, why: `T1: "pin F 0 as p by io_uring" is refused: EOPNOTSUPP: unbounded`,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "0s T2: create N", "5s T2: check N 0"},
		},
		"a step fails": {
			m:    fakeMaker{fails: map[string]error{"T2: create N": errFake}},
			text: unlink, kind: target.Violated, why: `line 9: T2: "create N" failed: no such file`,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "0s T2: create N", "5s dev: dma-write p", "5s dev: release p"},
		},
		"a circle": {
			m:    fakeMaker{blocks: map[string]string{"T1: alloc kernel as m": "p"}},
			text: "T1: create F\nT1: pin F 0 as p by io_uring\nT1: alloc kernel as m\nT1: release p\n",
			kind: target.Hung, why: `T1 is in "alloc kernel as m" for ever and waits for the pin p; it ends when the pin is released`,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T1: alloc kernel as m"},
		},
		"a hang that nothing ends": {
			m:    fakeMaker{blocks: map[string]string{"T2: close F": "for-ever"}},
			text: unlink, kind: target.Hung, why: "it does not end even when all pins are released",
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "5s dev: dma-write p", "5s dev: release p"},
		},
		"a call that waits for its own I/O": {
			m:    fakeMaker{blocks: map[string]string{"T1: pin F 0 as p by odirect-read": "p"}, own: map[string]bool{"T1: pin F 0 as p by odirect-read": true}},
			text: "T1: create F\nT1: pin F 0 as p by odirect-read\nT1: close F\ntime: wait 3s\ndev: release p\n", kind: target.Safe,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by odirect-read", "3s dev: release p", "3s T1: close F"},
		},
		"its own I/O never ends": {
			m:    fakeMaker{blocks: map[string]string{"T1: pin F 0 as p by nfs-direct": "p"}, own: map[string]bool{"T1: pin F 0 as p by nfs-direct": true}},
			text: "T1: create F\nT1: pin F 0 as p by nfs-direct\nT1: close F\ntime: wait 3s\n", kind: target.Safe,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by nfs-direct"},
		},
		"each of a set": {
			m:    fakeMaker{blocks: map[string]string{"E.2: close F.2": "p.1"}},
			text: "T: create F*2\nT: pin F.1 0 as p*1 by vmsplice\nE*2: close F*2\nE*2: open F*2\ntime: wait 1s\nk: release p*1\n",
			kind: target.Blocked,
			want: []string{"0s T: create F.1", "0s T: create F.2", "0s T: pin F.1 0 as p.1 by vmsplice", "0s E.1: close F.1", "0s E.2: close F.2", "0s E.1: open F.1", "1s k: release p.1", "1s E.2: open F.2"},
		},
		"a victim exits and does no more": {
			text: "T1: create F\nk: kill T1\nT1: close F\nk: sync\n", kind: target.Safe,
			want: []string{"0s T1: create F", "0s k: kill T1", "0s T1: exit", "0s k: sync"},
		},
		"an exit waits for all threads": {
			m:    fakeMaker{blocks: map[string]string{"T2: close F": "p"}},
			text: "T1: create F\nT1: pin F 0 as p by io_uring\nT2: close F\nT1: exit\ntime: wait 1s\ndev: release p\n", kind: target.Blocked,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "1s dev: release p", "1s T1: exit"},
		},
		"expectations": {
			m:    fakeMaker{blocks: map[string]string{"T2: close F": "p"}},
			text: "T1: create F\nT1: pin F 0 as p by io_uring\nT2: close F\ntime: expect T2 blocked\ntime: wait 1s\ndev: release p\ntime: expect T2 returned\n", kind: target.Blocked,
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "1s dev: release p"},
		},
		"an expectation that is not met": {
			text: "T1: create F\nT1: close F\ntime: expect T1 blocked\n", kind: target.Violated, why: "line 8 expects that T1 is blocked; it returned",
			want: []string{"0s T1: create F", "0s T1: close F"},
		},
		"a failure that is expected": {
			m:    fakeMaker{fails: map[string]error{"T1: open F": errFake}},
			text: "T1: create F\nT1: open F\ntime: expect T1 failed\n", kind: target.Safe,
			want: []string{"0s T1: create F", "0s T1: open F"},
		},
		"an earlier failure is not": {
			m:    fakeMaker{fails: map[string]error{"T1: open F": errFake}},
			text: "T1: create F\nT1: open F\nT1: sync\ntime: expect T1 returned\nT1: open F\ntime: expect T1 failed\n",
			kind: target.Violated, why: `line 7: T1: "open F" failed`,
			want: []string{"0s T1: create F", "0s T1: open F", "0s T1: sync", "0s T1: open F"},
		},
		"put aside": {
			m: fakeMaker{parked: []string{"inode 3 is deferred"}}, text: unlink, kind: target.Parked, why: "inode 3",
			want: []string{"0s T1: create F", "0s T1: pin F 0 as p by io_uring", "0s T2: close F", "0s T2: create N", "5s dev: dma-write p", "5s T2: check N 0", "5s dev: release p"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.m.name = "fake"
			header := "threads: T1 T2"
			if !strings.Contains(tt.text, "T2") {
				header = "shows: x"
			}
			c, err := Run(&tt.m, scenario(t, tt.text, header))
			if err != nil {
				t.Fatal(err)
			}
			if c.Outcome.Kind != tt.kind || !strings.Contains(c.Outcome.Why, tt.why) {
				t.Errorf("%v: %s; want %v: %s", c.Outcome.Kind, c.Outcome.Why, tt.kind, tt.why)
			}
			if !slices.Equal(tt.m.logs, tt.want) {
				t.Errorf("started\n%s\nwant\n%s", strings.Join(tt.m.logs, "\n"), strings.Join(tt.want, "\n"))
			}
			if tt.m.closed != 1 {
				t.Errorf("closed %d times", tt.m.closed)
			}
		})
	}
}

// TestVariantsAndOrders has every variant and order run, and the worst kept.
func TestVariantsAndOrders(t *testing.T) {
	m := fakeMaker{name: "fake", orders: 5, why: map[string]string{"hash": "not here"}}
	e := scenario(t, unlink, "run: a lru=any", "run: b hash=global")
	c, err := Run(&m, e)
	if err != nil {
		t.Fatal(err)
	}
	if c.Outcome.Kind != target.Safe || len(c.Runs) != 2 || c.Runs[0].Orders != 5 || c.Runs[0].More || c.Runs[1].Outcome.Kind != target.NotApplicable || c.Runs[1].Outcome.Why != "hash=global: not here" {
		t.Errorf("%+v", c)
	}
	if m.made != 5 || m.closed != 5 {
		t.Errorf("made %d, closed %d", m.made, m.closed)
	}
	m = fakeMaker{name: "fake", orders: MaxOrders + 1}
	if c, _ = Run(&m, scenario(t, "T: sync\n")); c.Runs[0].Orders != MaxOrders || !c.Runs[0].More {
		t.Errorf("%+v", c.Runs[0])
	}
	m = fakeMaker{name: "fake", why: map[string]string{"dma-write": "no device can be held"}}
	if c, _ = Run(&m, scenario(t, unlink)); c.Outcome.Kind != target.NotApplicable || c.Outcome.Why != "line 11, dma-write: no device can be held" || m.made != 0 {
		t.Errorf("%+v: %s", c, c.Outcome.Why)
	}
}

func TestSubjectFails(t *testing.T) {
	m := fakeMaker{name: "fake", deadly: errors.New("the region shrank")}
	if _, err := Run(&m, scenario(t, unlink)); !errors.Is(err, m.deadly) || !strings.Contains(fmt.Sprint(err), "scenario s under fake") || m.closed != 1 {
		t.Errorf("%v, closed %d", err, m.closed)
	}
}

func TestRegistry(t *testing.T) {
	if n := len(All()); n < 28 {
		t.Errorf("%d scenarios", n)
	}
	for _, e := range All() {
		if e.Origin == "" || len(e.Shows) == 0 || e.Probes == "" || e.Title == "" {
			t.Errorf("%s does not say where it is from, or what it shows", e.Name)
		}
		text, err := texts.ReadFile(fmt.Sprintf("scenarios/%02d-%s.txt", e.Number, e.Name))
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Format(e.Scenario); string(got) != string(text) {
			t.Errorf("%s is not in canonical form; it would be\n%s", e.Name, got)
		}
		for _, key := range []string{e.Name, fmt.Sprint(e.Number)} {
			if found, err := Lookup(key); err != nil || found.Name != e.Name {
				t.Errorf("%s: %v, %v", key, found.Scenario, err)
			}
		}
	}
	if _, err := Lookup("no-such"); err == nil || err.Error() != `unknown scenario "no-such"` {
		t.Errorf("%v", err)
	}
}
