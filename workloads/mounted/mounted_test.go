package mounted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/workloads"
	"daxbench/workloads/driver"
)

// keep is an Observer that keeps the results.
type keep struct{ results []driver.Result }

func (k *keep) Group(int, int, *driver.Group, int, int) {}
func (k *keep) Round(_ int, r []driver.Result) error {
	k.results = append(k.results, r...)
	return nil
}

// here opens a target on whatever file system temporary files are on, or where DAXBENCH_MOUNTED says.
func here(t testing.TB) *Target {
	t.Helper()
	dir := t.TempDir()
	if root := os.Getenv("DAXBENCH_MOUNTED"); root != "" {
		var err error
		if dir, err = os.MkdirTemp(root, "test"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	fs := map[int64]string{unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.TMPFS_MAGIC: "tmpfs"}[int64(st.Type)]
	if fs == "" {
		fs = fmt.Sprintf("magic%x", st.Type)
	}
	target, err := Open(dir, &kernelfs.Kernel{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		target.Close()
		if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
			t.Errorf("left in the directory: %v, %v", list, err)
		}
	})
	return target
}

// small is a request that takes milliseconds per cell.
func small(wl *driver.Workload, workers int) driver.Request {
	set := make(map[string][]string)
	for key, value := range wl.Small {
		set[key] = []string{value}
	}
	return driver.Request{
		Workloads: []*driver.Workload{wl}, Policies: []layout.Policy{Linux}, Set: set,
		Rounds: 1, Duration: 5 * time.Millisecond, Workers: []int{workers}, Seed: 1, HangLimit: 10 * time.Second,
	}
}

// TestStorms runs every storm that can be run here, closed and open loop.
func TestStorms(t *testing.T) {
	for _, k := range All {
		t.Run(k.Name, func(t *testing.T) {
			if why := lacks(k); why != "" {
				t.Skip(why)
			}
			target := here(t)
			_, why := target.Counter()
			for _, rate := range []float64{0, 2000} {
				r := small(k.On(target), 2)
				r.Rate = rate
				for _, res := range run(t, r) {
					name := res.Group.Name(res.Policy)
					if res.Outcome != driver.OK || res.Ops == 0 || res.Latency.Count() == 0 {
						t.Errorf("%s: %s, %d operations, %d latencies: %v", name, res.Outcome, res.Ops, res.Latency.Count(), res.Notes)
					}
					if !strings.Contains(name, "/fs="+target.kernel.FS+"/dax=") || !strings.HasSuffix(name, "/policy=linux") {
						t.Errorf("the name of the cell is %s", name)
					}
					if c := res.Counters; c["made"] == 0 || c["made"] != c["ended"] {
						t.Errorf("%s: %v", name, c)
					}
					if _, has := res.Counters["evicted_pinned"]; has {
						t.Errorf("%s says that somebody looked for evicted pins: %v", name, res.Counters)
					}
					if why == "" && k.TimedEvicts && rate == 0 && !has(res, k.Primary) {
						t.Errorf("%s: no %s: %v", name, k.Primary, res.Metrics)
					}
				}
			}
		})
	}
}

// lacks is why a storm is not run in tests.
func lacks(k *Kind) string {
	if k == &dropCachesKind && os.Getenv("DAXBENCH_MOUNTED") == "" {
		return "it empties the caches of the whole machine: only where DAXBENCH_MOUNTED names a directory"
	}
	return k.Lacks()
}

func has(r driver.Result, unit string) bool {
	for _, m := range r.Metrics {
		if m.Unit == unit {
			return m.Value > 0
		}
	}
	return false
}

func run(t *testing.T, r driver.Request) []driver.Result {
	t.Helper()
	p, err := driver.NewPlan(r)
	if err != nil {
		t.Fatal(err)
	}
	var k keep
	if err := p.Run(t.Context(), []*pmem.Region{nil}, 1, &k); err != nil {
		t.Fatal(err)
	}
	return k.results
}

// open opens a storm with one worker.
func open(t *testing.T, target *Target, k *Kind, set map[string]string) driver.Storm {
	t.Helper()
	storm, err := tryOpen(t.Context(), target, k, set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(storm.Close)
	return storm
}

func tryOpen(ctx context.Context, target *Target, k *Kind, set map[string]string) (driver.Storm, error) {
	wl := k.On(target)
	lists := make(map[string][]string)
	for _, m := range []map[string]string{wl.Small, set} {
		for key, value := range m {
			lists[key] = []string{value}
		}
	}
	values, err := wl.Sweep(lists)
	if err != nil {
		return nil, err
	}
	return wl.Open(driver.Env{
		Values: values[0], Seed: 7, Workers: 1, Policy: Linux, Context: ctx, HangLimit: time.Second, Fatal: make(chan error, 1),
	})
}

// TestUnlinkOrders ends files in each order, mapped or not.
func TestUnlinkOrders(t *testing.T) {
	target := here(t)
	for _, last := range []string{lastClose, lastUnlink, lastMunmap} {
		storm := open(t, target, &unlinkStormKind, map[string]string{"last": last, "mapped": "50"})
		w := storm.Worker(0)
		storm.Run(w, 100)
		if w.Err() != nil || w.Latencies().Count() != 100 {
			t.Errorf("last=%s: %v, %d latencies; want one for each of 100 files", last, w.Err(), w.Latencies().Count())
		}
		if f, err := storm.Finish(t.Context()); err != nil || f.Counted["made"] != 104 || f.Counted["ended"] != 104 {
			t.Errorf("last=%s: %v, %v", last, f.Counted, err)
		}
	}
}

// TestDropCaches: all inodes that are idle go, and those whose pages are mapped by DAX stay, which a note says.
func TestDropCaches(t *testing.T) {
	if why := lacks(&dropCachesKind); why != "" {
		t.Skip(why)
	}
	target := here(t)
	if _, why := target.Counter(); why != "" {
		t.Skip("nobody counts the evictions of this device alone: " + why)
	}
	for _, mapped := range []string{"0", "50", "100"} {
		s := open(t, target, &dropCachesKind, map[string]string{"files": "200", "mapped": mapped})
		s.Run(s.Worker(0), 10)
		f, err := s.Finish(t.Context())
		if err != nil || f.Counted["looked_up"] != 2000 {
			t.Fatalf("%v, %v", f.Counted, err)
		}
		t.Logf("mapped=%s: %d evicted, %q", mapped, f.Stats.Evictions, f.Notes)
		switch n := f.Stats.Evictions; {
		case mapped == "0" && (n < 1990 || len(f.Notes) > 0):
			t.Errorf("of 2000 idle inodes %d were evicted: %q", n, f.Notes)
		case mapped == "100" && (n > 200 || len(f.Notes) == 0):
			t.Errorf("of 2000 inodes with pages %d were evicted: %q", n, f.Notes)
		}
	}
}

// TestPlantedFaults spoils what a storm has on the disk, which it must find.
func TestPlantedFaults(t *testing.T) {
	write := func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 2048)
		return err
	}
	first := func(s driver.Storm) string {
		list, err := filepath.Glob(filepath.Join(rigOf(s).dir, "*", "f0"))
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return list[0]
	}
	for name, c := range map[string]struct {
		kind   *Kind
		plant  func(s driver.Storm) error
		again  int // operations after it
		cause  error
		beside string // what the message names
	}{
		"a file holds what another wrote":  {&unlinkStormKind, func(s driver.Storm) error { return write(first(s)) }, 0, ErrContent, "0x0807060504030201"},
		"it is found while the storm runs": {&unlinkStormKind, func(s driver.Storm) error { return write(first(s)) }, 8, ErrContent, "f0"},
		"the race reads a foreign word":    {&truncateRaceKind, func(s driver.Storm) error { return write(first(s)) }, 0, ErrContent, "f0"},
		"a file is cut short":              {&unlinkStormKind, func(s driver.Storm) error { return os.Truncate(first(s), 100) }, 0, ErrContent, "100 bytes"},
		"a file is left": {&churnKind, func(s driver.Storm) error {
			return os.WriteFile(filepath.Join(rigOf(s).dir, "plain0", "stray"), nil, 0o600)
		}, 0, ErrLeft, "stray"},
		"a file is not unlinked": {&churnKind, func(s driver.Storm) error {
			rigOf(s).hands[0].ended--
			return nil
		}, 0, ErrLeft, "made"},
		"a file is gone": {&unlinkStormKind, func(s driver.Storm) error { return os.Remove(first(s)) }, 0, unix.ENOENT, "unlink f0"},
	} {
		t.Run(name, func(t *testing.T) {
			target := here(t)
			if target.dax == daxAlways {
				t.Skip("files are made in another directory")
			}
			s := open(t, target, c.kind, nil)
			w := s.Worker(0)
			s.Run(w, 8)
			if w.Err() != nil {
				t.Fatal(w.Err())
			}
			if err := c.plant(s); err != nil {
				t.Fatal(err)
			}
			s.Run(w, c.again)
			err := w.Err()
			if err == nil {
				_, err = s.Finish(t.Context())
			} else if c.again == 0 {
				t.Fatal(err)
			}
			if !errors.Is(err, c.cause) || !strings.Contains(err.Error(), c.beside) {
				t.Errorf("%v; want %v with %q", err, c.cause, c.beside)
			}
		})
	}
}

func rigOf(s driver.Storm) *rig {
	switch s := s.(type) {
	case *unlinkStorm:
		return s.rig
	case *truncateRace:
		return s.rig
	case *churn:
		return s.rig
	case *dropCaches:
		return s.rig
	}
	panic("a storm without a rig")
}

// TestCheckRaced: halves of a word are the file's own, other bytes are not.
func TestCheckRaced(t *testing.T) {
	f := &file{stamp: stamp(1, 0, 0), name: newCname('f', 0)}
	page := make([]byte, pageSize)
	stampPage(page, f.stamp)
	for name, c := range map[string]struct {
		at   int
		put  byte
		fine bool
	}{
		"all its own":  {0, byte(f.stamp), true},
		"a zero byte":  {13, 0, true},
		"another byte": {13, byte(f.stamp>>(8*5)) + 1, false},
	} {
		p := append([]byte(nil), page...)
		p[c.at] = c.put
		if err := checkRaced(p, f); (err == nil) != c.fine || err != nil && !errors.Is(err, ErrContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := checkWhole(make([]byte, pageSize), f); !errors.Is(err, ErrContent) {
		t.Errorf("a page of zeros counts as written: %v", err)
	}
}

// TestHang: a storm that is told to stop says that it hung, and one that does not come back ends the run.
func TestHang(t *testing.T) {
	target := here(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	s, err := tryOpen(ctx, target, &churnKind, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rigOf(s)
	r.HangLimit = 10 * time.Millisecond
	s.Resume()
	cancel(driver.ErrHang)
	s.Run(s.Worker(0), 1)
	if err := s.Worker(0).Err(); !errors.Is(err, driver.ErrHang) {
		t.Errorf("%v", err)
	}
	select { // nobody has called Pause: it is stuck
	case err := <-r.Fatal:
		if !errors.Is(err, driver.ErrHang) || !strings.Contains(err.Error(), r.dir) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody says that a worker is stuck")
	}
}

// TestFull: a file system without room is an error that says what to do.
func TestFull(t *testing.T) {
	target := here(t)
	_, err := tryOpen(t.Context(), target, &unlinkStormKind, map[string]string{"files": "4096", "pages": "262144"})
	if !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), "-set files=") {
		t.Errorf("4 TiB of files: %v", err)
	}
	s := open(t, target, &churnKind, nil)
	r := rigOf(s)
	f := file{name: newCname('f', 3)}
	r.fail(s.Worker(0), &callError{"write", &f.name, unix.ENOSPC})
	select {
	case err := <-r.Fatal:
		if !strings.Contains(err.Error(), "is full: write f3") {
			t.Error(err)
		}
	default:
		t.Error("the run goes on although the file system is full")
	}
}

// TestSteadyStateAllocatesNothing: garbage collection is off while a storm is measured.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	target := here(t)
	for _, k := range All {
		if lacks(k) != "" {
			continue
		}
		s := open(t, target, k, nil)
		w := s.Worker(0)
		s.Run(w, 200)
		perOp := testing.AllocsPerRun(5, func() { s.Run(w, 64) }) / 64
		if perOp > 0.05 || w.Err() != nil {
			t.Errorf("%s: %.3f allocations per operation, %v", k.Name, perOp, w.Err())
		}
	}
}

// TestSameSeedSameOperations: what is asked of the kernel comes from the seed.
func TestSameSeedSameOperations(t *testing.T) {
	target := here(t)
	var first int64
	for i := range 2 {
		s := open(t, target, &truncateRaceKind, nil)
		s.Run(s.Worker(0), 2000)
		n := s.(*truncateRace).seen[0].faults
		if i == 0 {
			first = n
		}
		if n != first || n == 0 || n == 2000 {
			t.Errorf("%d of 2000 operations are faults, the first time there were %d", n, first)
		}
	}
}

// TestNames: none is one of the engine's, and each is found.
func TestNames(t *testing.T) {
	for _, k := range All {
		if got, err := Lookup(k.Name); got != k || err != nil {
			t.Errorf("Lookup(%q) = %v, %v", k.Name, got, err)
		}
		if _, err := workloads.Lookup(k.Name); err == nil {
			t.Errorf("%s is a storm of the engine, too", k.Name)
		}
	}
	if _, err := Lookup("unlink-storm"); err == nil || !strings.Contains(err.Error(), "mounted-unlink-storm") {
		t.Errorf("%v", err)
	}
	if _, err := layout.Lookup(Linux.Name()); err == nil {
		t.Error("linux is a policy of the engine, too")
	}
}

// TestDAXKnob: what a mount cannot give is refused.
func TestDAXKnob(t *testing.T) {
	for mode, c := range map[daxMode]struct {
		sweep     string
		good, bad []string
	}{
		daxNever:   {"off", []string{"off"}, []string{"on", "50"}},
		daxAlways:  {"on", []string{"on"}, []string{"off", "50"}},
		daxPerFile: {"off on", []string{"off", "on", "50"}, []string{"0", "100", "yes", "NaN"}},
	} {
		k := mode.knob()
		if got := strings.Join(k.Sweep, " "); got != c.sweep {
			t.Errorf("mode %d: by default %q", mode, got)
		}
		for _, s := range c.good {
			if err := k.Check(s); err != nil {
				t.Errorf("mode %d: %s: %v", mode, s, err)
			}
		}
		for _, s := range c.bad {
			if k.Check(s) == nil {
				t.Errorf("mode %d: %s is taken", mode, s)
			}
		}
	}
	for share, want := range map[float64]int{0: 0, 0.25: 25, 1: 100} {
		n := 0
		for i := range int64(100) {
			if isDAX(i, share) {
				n++
			}
		}
		if n != want {
			t.Errorf("of 100 files %d are DAX with a share of %v", n, share)
		}
	}
}

// TestInodeNr reads the kernel's own, and texts that are none.
func TestInodeNr(t *testing.T) {
	if n, err := firstNumber([]byte("215473\t0\n")); n != 215473 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"", "\t0\n", "-5\t0\n", "x", "123", "99999999999999999999\t0"} {
		if n, err := firstNumber([]byte(bad)); err == nil {
			t.Errorf("%q is read as %d", bad, n)
		}
	}
}

// TestCounter evicts a thousand inodes. A counter of this device must count just those; one of the machine must not go backwards.
func TestCounter(t *testing.T) {
	target := here(t)
	about, why := target.Counter()
	t.Log("evictions are counted by", about, why)
	s := open(t, target, &churnKind, nil)
	last := s.Stats().Evictions
	for range 10 {
		s.Run(s.Worker(0), 100)
		n := s.Stats().Evictions
		if n < last {
			t.Errorf("evictions went from %d to %d", last, n)
		}
		last = n
	}
	if why == "" && last != 1000 {
		t.Errorf("%d evictions of 1000 files", last)
	}
}

// TestFirstDrops silences the kernel's log, which lasts, in guests only.
func TestFirstDrops(t *testing.T) {
	for machine, want := range map[string]string{"": "3", "tcg": "4 3", "kvm": "4 3"} {
		target := &Target{kernel: &kernelfs.Kernel{Machine: machine}}
		if got := strings.Join(target.firstDrops(), " "); got != want {
			t.Errorf("on %q %s is written, want %s", machine, got, want)
		}
	}
}
