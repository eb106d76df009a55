package enginefs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/enginefs"
	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
	"daxbench/workloads/litmus"
)

// run runs a text of steps under a policy.
func run(t *testing.T, policy, steps string, headers ...string) litmus.Cell {
	t.Helper()
	text := "scenario: s\ntitle: t\nprobes: U\n" + strings.Join(append(headers, "steps:"), "\n") + "\n" + steps
	s, err := target.Parse("s", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := layout.Lookup(policy)
	if err != nil {
		t.Fatal(err)
	}
	m := enginefs.New(p, vfs.Preset{})
	defer m.Close()
	c, err := litmus.Run(m, litmus.Entry{Scenario: s})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	held     = "T: create F pages=2\nT: map F\nT: fault F 0 pages=2\nT: pin F 0 as p by %s\n"
	unlinked = "T: munmap F\nT: unlink F\nT: close F\n"
)

func by(holder string) string { return fmt.Sprintf(held, holder) }

// TestSteps has each step do what the system call of that name does. What is
// expected stands in the text itself; in want what the outcome says.
func TestSteps(t *testing.T) {
	for name, tt := range map[string]struct {
		policy, text, want string
		headers            []string
	}{
		"close what is not open":        {"none", "T: create F\nT: close F\nT: close F\n", `"close F" failed: EBADF`, nil},
		"open what was unlinked":        {"none", "T: create F\nT: unlink F\nT: close F\nT: open F\n", `"open F" failed: ENOENT`, nil},
		"map what is not open":          {"none", "T: create F\nT: close F\nT: map F\n", `"map F" failed: EBADF`, nil},
		"unmap what is not mapped":      {"none", "T: create F\nT: munmap F\n", `"munmap F" failed: EFAULT`, nil},
		"pin what was not touched":      {"none", "T: create F\nT: map F\nT: pin F 0 as p by vmsplice\n", `failed: vfs: page is not mapped`, nil},
		"touch behind the end":          {"none", "T: create F\nT: map F\nT: fault F 7\n", `"fault F 7" failed`, nil},
		"another process has not":       {"none", "T: create F\nS: close F\n", `S: "close F" failed: EBADF`, nil},
		"a thread has":                  {"none", "T: create F\nS: close F\n", "", []string{"threads: T S"}},
		"release twice":                 {"none", by("io_uring") + "dev: release p\ndev: release p\n", `failed: the pin was released`, nil},
		"a device after its end":        {"none", by("io_uring") + "dev: release p\ndev: dma-write p\n", `failed: the pin was released`, nil},
		"unlock what is not locked":     {"none", "T: create D dir\nT: unlock D\n", `failed: nobody holds that lock`, nil},
		"unlock an entry that is not":   {"none", by("io_uring") + "T: unlock-entry F 0\ndev: release p\n", `failed: nobody holds that lock`, nil},
		"nothing is mounted":            {"none", "T: umount\nT: create F\n", `failed: ENODEV`, nil},
		"free twice":                    {"none", "T: alloc kernel as m\nT: free m\nT: free m\n", `failed: the memory was freed`, nil},
		"umount with an open file":      {"none", "T: create F\nT: umount\n", `"umount" is refused: EBUSY: T has files open or mapped`, nil},
		"umount keeps what is open":     {"none", "T: create F\nT: umount\nT: mount\nT: write F 0\nT: check F 0\nT: close F\nT: umount\nT: mount\nT: open F\nT: fault F 0\n", `"fault F 0" failed: EFAULT`, nil},
		"a long-term pin":               {"none", by("longterm"), "is refused: EOPNOTSUPP", nil},
		"an unbounded pin":              {"refuse", by("vmsplice"), "is refused: EOPNOTSUPP", nil},
		"a bounded one":                 {"refuse", by("io_uring"), "", nil},
		"unplug refuses what is new":    {"none", "T: create F\na: unplug\nT: map F\n", `is refused: EIO`, nil},
		"close waits":                   {"dax-only", by("io_uring") + unlinked + "time: expect T blocked\ntime: wait 5s\ndev: release p\ntime: expect T returned\n", `"close F" for 5s and waited for the pins on block`, nil},
		"unlink waits, if it is last":   {"dax-only", by("io_uring") + "T: munmap F\nT: close F\nS: unlink F\ntime: expect S blocked\ntime: wait 3s\ndev: release p\ntime: expect S returned\n", `S was in "unlink F" for 3s`, nil},
		"rename over":                   {"dax-only", by("io_uring") + "T: munmap F\nT: close F\nS: create G\nS: rename G over F\ntime: expect S blocked\ntime: wait 1s\ndev: release p\n", `S was in "rename G over F" for 1s`, nil},
		"truncate waits":                {"none", by("io_uring") + "S: open F\nS: truncate F 1\nS: truncate F 0\ntime: expect S blocked\ntime: wait 1s\ndev: release p\ntime: expect S returned\n", `S was in "truncate F 0" for 1s`, nil},
		"punch waits":                   {"none", by("io_uring") + "S: open F\nS: punch F 1\ntime: expect S returned\nS: punch F 0\ntime: expect S blocked\ntime: wait 1s\ndev: release p\n", `S was in "punch F 0" for 1s`, nil},
		"read(2) waits for its I/O":     {"none", by("odirect-read") + "time: expect T returned\nT: close F\ntime: wait 1s\ndev: release p\ntime: expect T returned\n", "line 9 expects that T returned; it is in its own I/O", nil},
		"its exit does":                 {"none", by("odirect-read") + "k: kill T\nS: open F\ntime: wait 1s\ndev: release p\nS: close F\n", "", nil},
		"libaio: exit waits":            {"dax-only", by("libaio") + "T: unlink F\nT: exit\ntime: wait 1s\ndev: dma-write p\ndev: release p\n", "", nil},
		"io_uring: exit does not":       {"dax-only", by("io_uring") + "T: unlink F\nT: exit\ntime: wait 1s\ndev: release p\n", `T was in "exit" for 1s and waited for the pins`, nil},
		"NFS: the reader dies":          {"dax-only", by("nfs-direct") + "k: kill T\nS: open F\nS: unlink F\nS: close F\ntime: expect S blocked\ntime: wait 1s\ndev: release p\n", `S was in "close F" for 1s`, nil},
		"NFS: the pin stays":            {"none", by("nfs-direct") + "k: kill T\nS: open F\nS: unlink F\nS: close F\ntime: wait 1s\ndev: release p\n", "block 2 of F was freed while dev pins it", nil},
		"a lease is recalled":           {"unconditional", "n: create F\nn: lease F as l answer=2s\nT: open F\nT: truncate F 0\n", `T was in "truncate F 0" for 2s and waited for the leases on F`, []string{"set: recall=9s"}},
		"it can be returned at once":    {"unconditional", "n: create F\nn: lease F as l\nT: open F\nT: truncate F 0\nn: return l\n", `n: "return l" failed: the lease was taken away`, nil},
		"or not at all":                 {"unconditional", "n: create F\nn: lease F as l ignore-recall\nT: open F\nT: truncate F 0\n", `T was in "truncate F 0" for 7s and waited for the leases`, []string{"set: recall=7s"}},
		"a locked entry":                {"none", by("io_uring") + "m: lock-entry F 1\nS: open F\nS: truncate F 1\ntime: expect S blocked\nm: unlock-entry F 1\ntime: expect S returned\ndev: release p\n", "", nil},
		"memory is reclaimed":           {"none", "T: create F\nT: close F\nT: create G\nT: alloc kernel as m\nT: free m\n", "", []string{"set: memory=2"}},
		"a full memory":                 {"none", "T: create F\nT: create G\nT: create H\n", `"create H" failed: vfs: inode cache is full`, []string{"set: memory=2"}},
		"memory failure finds the file": {"none", by("io_uring") + "m: poison p\ndev: release p\n", "", nil},
		"or nobody":                     {"none", by("io_uring") + unlinked + "m: poison p\ndev: release p\n", "memory failure found no owner of block", nil},
		"chattr -x":                     {"dax-only", "T: create F\nT: dax F off\nT: close F\nT: open F\nT: map F\nT: fault F 0\nT: pin F 0 as p by longterm\ndev: release p\n", "", nil},
		"chattr -x, not yet":            {"dax-only", "T: create F\nT: dax F off\nT: map F\nT: fault F 0\nT: pin F 0 as p by longterm\n", "EOPNOTSUPP", nil},
		"a copy is one's own":           {"none", "T: create F\nT: reflink F to G\nT: write F 0\nT: cow G 0\nT: unlink F\nT: close F\nT: write G 0\nT: check G 0\n", "", nil},
		"dedupe waits for both":         {"none", "T: create F\n" + strings.ReplaceAll(by("io_uring"), " F", " G") + "T: dedupe F with G\ntime: expect T blocked\ntime: wait 1s\ndev: release p\ntime: expect T returned\n", `"dedupe F with G" for 1s`, nil},
		"drop-caches drops":             {"none", "T: create F dir\nT: close F\nT: drop-caches\nT: umount\n", "", nil},
		"sync":                          {"none", "T: create F\nT: write F 0\nT: sync\n", "", nil},
		"sync waits for a flusher":      {"writeback", by("io_uring") + "T: munmap F\nT: close F\nS: sync\ntime: expect S blocked\ntime: wait 1s\ndev: release p\ntime: wait 1s\ntime: expect S returned\n", "F is left to the worker", nil},
		"one after the other":           {"dax-only", "T: create F pages=4\nT: map F\nT: fault F 0 pages=4\nT: pin F 0 as p*4 by io_uring\nT: munmap F\nT: unlink F\nT: close F\ndev: release p*4 last-first every=1s\n", `"close F" for 3s`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := run(t, tt.policy, tt.text, tt.headers...)
			if tt.want == "" && c.Outcome.Kind != target.Safe {
				t.Errorf("%v: %s; want it to be safe\n%s", c.Outcome, c.Outcome.Why, story(c))
			}
			said := c.Outcome.Why
			for _, f := range c.Outcome.Findings {
				said += "; " + f.Text
			}
			if !strings.Contains(said, tt.want) {
				t.Errorf("%v: %q, want %q\n%s", c.Outcome, said, tt.want, story(c))
			}
		})
	}
}

// story writes the first run's.
func story(c litmus.Cell) string {
	var b strings.Builder
	for _, l := range c.Runs[0].Story {
		fmt.Fprintf(&b, "%v %s %s\n", l.At, l.Task, l.Text)
	}
	return b.String()
}

// TestOrders has both orders of steps that start together tried, and the bad
// one found, whichever comes first in the text.
func TestOrders(t *testing.T) {
	for _, text := range []string{
		"S: open F &\nT: unlink F\n", "T: unlink F &\nS: open F\n",
	} {
		c := run(t, "none", "T: create F\nT: close F\n"+text)
		if c.Runs[0].Orders < 2 || c.Runs[0].More || !strings.Contains(c.Outcome.Why, "ENOENT") {
			t.Errorf("%q: %d orders, %v: %s", text, c.Runs[0].Orders, c.Outcome, c.Outcome.Why)
		}
	}
}

// TestForgetful has the break of a file system taken away, and that of common
// code not.
func TestForgetful(t *testing.T) {
	text := by("io_uring") + unlinked + "time: wait 1s\ndev: release p\n"
	for policy, want := range map[string]target.Kind{
		"dax-only": target.Violated, "unconditional": target.Violated,
		"per-entry": target.Blocked, "defer": target.Parked, "inode-ref": target.Safe,
	} {
		if c := run(t, policy, text, "set: fs=forgets"); c.Outcome.Kind != want {
			t.Errorf("%s: %v, want %v", policy, c.Outcome, want)
		}
	}
}

// TestNotify has a step ask for what is a rule.
func TestNotify(t *testing.T) {
	text := by("io_uring") + "T: munmap F\nT: close F\na: unplug%s\ntime: wait 1s\ndev: release p\n"
	if c := run(t, "dax-only", fmt.Sprintf(text, "")); c.Outcome.Kind != target.Blocked {
		t.Errorf("%v: %s", c.Outcome, c.Outcome.Why)
	}
	if c := run(t, "dax-only", fmt.Sprintf(text, " notify")); c.Outcome.Broken != "A" {
		t.Errorf("%v: %s", c.Outcome, c.Outcome.Why)
	}
}

// TestHolders has FOLL_GET and FOLL_PIN told apart by those who do.
func TestHolders(t *testing.T) {
	truncate := "S: open F\nS: truncate F 0\ntime: wait 1s\ndev: release p\n"
	for _, tt := range []struct {
		holder, gup string
		want        target.Kind
	}{
		{"io_uring", "6.0", target.Violated}, {"io_uring", "6.19", target.Blocked}, {"vmsplice", "6.19", target.Violated},
		{"vmsplice pin", "6.19", target.Blocked}, {"io_uring get", "6.19", target.Violated},
	} {
		if c := run(t, "dma-pin-only", by(tt.holder)+truncate, "set: gup="+tt.gup); c.Outcome.Kind != tt.want {
			t.Errorf("%s in %s: %v: %s, want %v", tt.holder, tt.gup, c.Outcome, c.Outcome.Why, tt.want)
		}
	}
}

func TestTooManyTasks(t *testing.T) {
	s, err := target.Parse("s", []byte("scenario: s\ntitle: t\nprobes: U\nsteps:\nT*100: sync\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := layout.Lookup("none")
	m := enginefs.New(p, vfs.Preset{})
	defer m.Close()
	if _, err := litmus.Run(m, litmus.Entry{Scenario: s}); !errors.Is(err, target.ErrTooLarge) {
		t.Errorf("%v", err)
	}
}

// TestEveryVerb has the engine able to do all that a scenario can ask for.
func TestEveryVerb(t *testing.T) {
	p, _ := layout.Lookup("none")
	m := enginefs.New(p, vfs.Preset{})
	defer m.Close()
	for _, v := range target.Verbs() {
		if why := m.Why(&target.Step{Verb: v}); why != "" {
			t.Errorf("%v: %s", v, why)
		}
	}
	var not []string
	for _, s := range target.Settings {
		for _, v := range s.Values {
			if m.WhySetting(target.Setting{Key: s.Key, Value: v}) != "" {
				not = append(not, s.Key+"="+v)
			}
		}
	}
	if want := []string{"cow=checked", "waits=private"}; !slices.Equal(not, want) {
		t.Errorf("cannot be set: %q, want %q", not, want)
	}
}
