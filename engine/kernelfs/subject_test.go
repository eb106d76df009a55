package kernelfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/owner"
	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// stubborn makes the test's program a child that begins each call, says so, and never returns from it.
const stubborn = "DAXBENCH_TEST_STUBBORN"

func TestMain(m *testing.M) {
	Serve()
	if os.Getenv(stubborn) != "" {
		begin()
	}
	os.Exit(m.Run())
}

// begin does that, in a system call of its own thread: read(2) of a pipe into which nobody writes. The runtime's wait for a message,
// in epoll_wait(2), would do only where this thread is the one that it chose for that; the others wait in futex(2), which counts as
// running. SIGTERM does not end it; SIGKILL does.
func begin() {
	signal.Ignore(unix.SIGTERM)
	runtime.LockOSThread()
	conn, err := wire.New(descriptor)
	if err != nil {
		os.Exit(1)
	}
	var c wire.Call
	if _, err := conn.Receive(&c); err != nil {
		os.Exit(0)
	}
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		os.Exit(1)
	}
	conn.Send(wire.Answer{ID: c.ID, Began: true, TID: unix.Gettid()})
	for {
		unix.Read(pipe[0], make([]byte, 1))
	}
}

// scenario parses steps.
func scenario(t *testing.T, steps string) *target.Scenario {
	t.Helper()
	sc, err := target.Parse("test.txt", []byte("scenario: test\ntitle: t\norigin: o\nshows: s\nprobes: U\n\nsteps:\n"+steps))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// home returns a Maker in a directory of the test's, which is a control: no DAX there.
func home(t *testing.T) *Maker {
	t.Helper()
	m, err := New(context.Background(), t.TempDir(), Options{Root: true, Others: true, Patience: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(m.dir, ours+"*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	return m
}

// play makes steps one after the other, whoever is still busy. It skips what cannot be made here.
func play(t *testing.T, m *Maker, sc *target.Scenario) (*subject, []target.Status) {
	t.Helper()
	for i := range sc.Steps {
		if why := m.Why(&sc.Steps[i]); why != "" {
			t.Skipf("%s: %s", sc.Steps[i].Action(), why)
		}
	}
	sub, err := m.Make(sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := sub.(*subject)
	t.Cleanup(func() { s.Close() })
	var all []target.Status
	for i := range sc.Steps {
		step := &sc.Steps[i]
		if step.Verb == target.Wait {
			if d, err := s.Advance(step.For); err != nil || d != step.For {
				t.Fatalf("%v of %v passed: %v", d, step.For, err)
			}
			continue
		}
		for k := range step.Tasks() {
			id, err := s.Start(step.Share(k))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Settle(); err != nil {
				t.Fatal(err)
			}
			// On a busy machine a pin may take longer than the patience of tests.
			for late := time.Now().Add(10 * time.Second); step.Verb == target.Pin && s.Has(step.Name.At(k)) == target.NotYet && time.Now().Before(late); {
				time.Sleep(tick)
			}
			all = append(all, s.Status(id))
		}
	}
	return s, all
}

func facts(t *testing.T, s *subject) target.Facts {
	t.Helper()
	f, err := s.Facts()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// told reports whether a line of the story has a text in it.
func told(f target.Facts, text string) bool {
	return slices.ContainsFunc(f.Story, func(l target.Line) bool { return strings.Contains(l.Text, text) })
}

// TestControl plays what is unsafe on storage where pages are none: nothing is found.
func TestControl(t *testing.T) {
	m := home(t)
	if m.Kernel().DAX {
		t.Skip("the test's directory is DAX")
	}
	for name, tt := range map[string]struct{ steps, told string }{
		"a pipe": {"T1: create F pages=2\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by vmsplice\nT1: munmap F\nT1: unlink F\nT1: close F\n" +
			"T2: create N reusing p\nT2: write N 0\ntime: wait 5s\nreader: dma-read p\nT2: check N 0\nreader: release p\n", "reads the bytes of F"},
		"a connection": {"T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by msg-zerocopy\nT1: munmap F\nT1: truncate F 0\nT1: create N\n" +
			"T1: write N 0\ntime: wait 5s\npeer: dma-read p\npeer: release p\n", "reads the bytes of F"},
		"a device that writes": {"T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by libaio\nT1: munmap F\nT1: unlink F\nT1: close F\n" +
			"T2: create N\ndev: dma-write p\nT2: check N 0\ndev: release p\n", "has written 0x80"},
		"a dead process": {"T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by vmsplice\nT1: unlink F\nshell: kill T1\nT1: exit\n" +
			"reader: dma-read p\nreader: release p\n", "reads the bytes of F"},
		"rename": {"T1: create F\nT1: create G\nT1: rename F over G\nT1: check F 0\nT1: punch F 0\nT1: close F\nT1: open F\nT1: exit\n", "rename F over G"},
	} {
		t.Run(name, func(t *testing.T) {
			s, all := play(t, m, scenario(t, tt.steps))
			for _, st := range all {
				if !st.Returned || st.Err != nil || st.Slept > 0 {
					t.Errorf("%+v", st)
				}
			}
			f := facts(t, s)
			if len(f.Findings) > 0 || !told(f, tt.told) {
				t.Errorf("%+v\n%+v", f.Findings, f.Story)
			}
		})
	}
}

// TestForeignBytes writes into the page of somebody else's file by a device that is still at it.
func TestForeignBytes(t *testing.T) {
	m := home(t)
	s, _ := play(t, m, scenario(t, "T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by libaio\ndev: dma-write p\nT1: check F 0\ndev: release p\n"))
	f := facts(t, s)
	if len(f.Findings) != 1 || f.Findings[0].Invariants != "U" || !strings.Contains(f.Findings[0].Text, "80 80") || !strings.Contains(f.Findings[0].Text, "the device of p") {
		t.Errorf("the device wrote into F, and what was found is %+v", f.Findings)
	}
}

// TestOwnIO shows that who waits for I/O of his own is not blocked, and can be waited for.
func TestOwnIO(t *testing.T) {
	m := home(t)
	s, all := play(t, m, scenario(t, "T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by odirect-read\ntime: wait 5s\ndev: release p\n"))
	if st := all[3]; st.Returned || !st.Own || s.Has(target.Ref{Name: "p"}) != target.Present {
		t.Errorf("%+v", st)
	}
	if st := s.Status(3); !st.Returned || st.Err != nil || st.Slept > 0 {
		t.Errorf("%+v", st)
	}
	f := facts(t, s)
	if len(f.Findings) > 0 || len(f.Stalls) != 1 || !f.Stalls[0].Own || f.Stalls[0].Ended != "release p" {
		t.Errorf("%+v, %+v", f.Findings, f.Stalls)
	}
}

func TestErrorsOfSteps(t *testing.T) {
	m := home(t)
	_, all := play(t, m, scenario(t, "T1: create F\nT2: map F\nT1: unlink F\nT1: open F\n"))
	for i, want := range []string{"", "EBADF", "", "ENOENT"} {
		if err := all[i].Err; (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%d: %v, want %s", i, err, want)
		}
	}
	var no *target.Refusal
	if err := refusal(target.Map, &callError{"mmap", unix.EOPNOTSUPP}); !errors.As(err, &no) || no.Errno != "EOPNOTSUPP" {
		t.Error(err)
	}
	for v, e := range map[target.Verb]unix.Errno{
		target.Open: unix.ENOENT, target.Create: unix.EBUSY, target.Mount: unix.EBUSY, target.Write: unix.EOPNOTSUPP, target.Sync: unix.EIO, target.Truncate: unix.EIO,
	} {
		if err := refusal(v, &callError{v.String(), e}); errors.As(err, &no) {
			t.Errorf("%v is taken for an answer", err)
		}
	}
}

// TestStubbornChild has a child that never returns: the subject goes on, judges, and gets rid of it.
func TestStubbornChild(t *testing.T) {
	m := home(t)
	sc := scenario(t, "T1: create F\n")
	sub, err := m.Make(sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := sub.(*subject)
	s.mu.Lock()
	p := s.process("T1")
	if p.w, err = startWorker("stubborn", []string{stubborn + "=1"}); err != nil {
		t.Fatal(err)
	}
	go s.listen(p)
	s.mu.Unlock()
	id, err := s.Start(sc.Steps[0].Share(0))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.Settle()
	if d, _ := s.Advance(10 * time.Minute); d != 10*time.Minute {
		t.Errorf("%v passed", d)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
	if st := s.Status(id); st.Returned || st.Own || !strings.HasPrefix(st.Waits, "S") || s.Has(target.Ref{Name: "F"}) != target.NotYet {
		t.Errorf("%+v", st)
	}
	if _, err := s.Start(sc.Steps[0].Share(0)); err == nil {
		t.Error("a task that is busy can start something")
	}
	f := facts(t, s)
	if !s.Status(id).Returned {
		t.Error("it has died, and its call goes on")
	}
	if len(f.Stalls) != 1 || f.Stalls[0].Kill != target.Died || f.Stalls[0].Ended != bySIGKILL || f.Stalls[0].State != "S" || len(f.Findings) != 1 || f.Findings[0].Invariants != "W" {
		t.Errorf("%+v, %+v", f.Stalls, f.Findings)
	}
	if !told(f, "beside them") {
		t.Error("there was no bystander")
	}
	if err := s.Close(); err != nil || m.spoiled != "" {
		t.Errorf("%v, %q", err, m.spoiled)
	}
	if _, err := m.Make(sc, nil); err != nil {
		t.Error(err)
	}
}

// TestSpoiled has something stuck that cannot be got rid of: later scenarios are told.
func TestSpoiled(t *testing.T) {
	m := home(t)
	sc := scenario(t, "T1: create F\n")
	sc.Name = "the-last-one"
	m.spoil(&subject{sc: sc}, errors.New("T1 is stuck"))
	if _, err := m.Make(sc, nil); err == nil || !strings.Contains(err.Error(), "the-last-one") {
		t.Errorf("%v", err)
	}
}

// TestNotDone has a file keep its name when the call fails that was to take it.
func TestNotDone(t *testing.T) {
	m := home(t)
	s, _ := play(t, m, scenario(t, "T1: create F\nT1: create G\n"))
	f, over := s.files["F"], s.files["G"]
	path := f.path
	f.blocks[0], over.blocks[0] = 4096, 8192
	s.procs["T1"].w.kill()
	<-s.procs["T1"].w.gone
	c := &call{task: "T1", proc: s.procs["T1"], now: new(target.Step)}
	steps := scenario(t, "T1: create F\nT1: create G\nT1: rename F over G\nT1: unlink F\n").Steps
	if err := rename(s, c, &steps[2]); err == nil || f.path != path || over.unlinked || len(over.blocks) > 0 {
		t.Errorf("%v: %+v over %+v", err, f, over)
	}
	if err := unlink(s, c, &steps[3]); err == nil || f.unlinked || len(f.blocks) > 0 {
		t.Errorf("%v: %+v", err, f)
	}
}

// TestAide has a search that takes long be no stall of the call, which does not hang either: it is waited for.
func TestAide(t *testing.T) {
	m := home(t)
	w, err := startWorker("aide", []string{stubborn + "=1"})
	if err != nil {
		t.Fatal(err)
	}
	sc := scenario(t, "T1: create F\n")
	sub, err := m.Make(sc, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := sub.(*subject)
	t.Cleanup(func() { s.Close() })
	const limit = 3 * time.Second
	aides := &aides{idle: []*worker{w}}
	defer aides.close()
	c := &call{actions: sc.Steps, task: "T1", proc: s.process("T1"), now: &sc.Steps[0]}
	s.calls = append(s.calls, c)
	asked := make(chan struct{})
	go func() {
		_, err := aides.ask(aide.Request{Do: aide.Seek}, limit, func(pid, tid int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.enter(c, pid, tid)
			c.at.aide = true
			close(asked)
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		c.status.Err = err
		s.finish(c)
	}()
	<-asked
	for began := time.Now(); !s.Status(0).Returned && time.Since(began) < 2*limit; {
		if err := s.Settle(); err != nil {
			t.Fatal(err)
		}
		if d, _ := s.Advance(10 * time.Minute); d >= 10*time.Minute && !s.Status(0).Returned {
			t.Fatal("time is skipped while an aide is at it")
		}
		s.judge()
	}
	var stuck *stuckError
	if st := s.Status(0); !errors.As(st.Err, &stuck) || st.Slept > 0 {
		t.Errorf("%+v", st)
	}
	if f := facts(t, s); len(f.Stalls)+len(f.Findings) > 0 {
		t.Errorf("%+v, %+v", f.Stalls, f.Findings)
	}
}

// TestStuckAide has an aide that does not answer: it is given up, and another one is asked.
func TestStuckAide(t *testing.T) {
	w, err := startWorker("aide", []string{stubborn + "=1"})
	if err != nil {
		t.Fatal(err)
	}
	as := &aides{idle: []*worker{w}}
	defer as.close()
	_, err = as.ask(aide.Request{Do: aide.Look, Path: t.TempDir()}, 100*time.Millisecond, nil)
	var stuck *stuckError
	if !errors.As(err, &stuck) || stuck.pid != w.pid {
		t.Errorf("%v", err)
	}
	if a, err := as.ask(aide.Request{Do: aide.Look, Path: t.TempDir()}, aideLimit, nil); err != nil || !a.Directory {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := as.ask(aide.Request{Do: aide.Look, Path: "/nowhere"}, aideLimit, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestKillGone has nobody be signalled who may have the number of a worker that is gone.
func TestKillGone(t *testing.T) {
	w, err := startWorker("aide", []string{stubborn + "=1"})
	if err != nil {
		t.Fatal(err)
	}
	w.kill()
	<-w.gone
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Skip(err)
	}
	w.pid = other.Process.Pid // as if the number had been given away
	w.kill()
	if err := w.proc.Signal(unix.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("%v", err)
	}
	other.Process.Signal(unix.SIGTERM)
	if other.Wait(); other.ProcessState.Sys().(syscall.WaitStatus).Signal() != unix.SIGTERM {
		t.Errorf("another process was killed: %v", other.ProcessState)
	}
	w.conn.Close()
}

// TestStopped has ctx be done: nobody waits any more, and what was made is removed all the same.
func TestStopped(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("a signal")
	m, err := New(ctx, dir, Options{Root: true, Others: true, Patience: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := m.Make(scenario(t, "T1: create F\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Start(scenario(t, "T1: create F\n").Steps[:1]); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	began := time.Now()
	for err == nil {
		_, err = sub.Advance(time.Hour)
	}
	if !errors.Is(err, why) || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	sub.Close()
	if _, err := m.Make(scenario(t, "T1: create F\n"), nil); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	if _, err := New(ctx, dir, Options{Root: true, Others: true}); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

// TestStale removes what a process that is gone left behind, and nothing of one that is there.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	own, err := owner.Mark()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("true")
	if err := child.Run(); err != nil {
		t.Skip(err)
	}
	dead := filepath.Join(dir, ours+strings.Replace(own, fmt.Sprintf("-%d-", os.Getpid()), fmt.Sprintf("-%d-", child.Process.Pid), 1))
	alive := filepath.Join(dir, ours+own+"-7")
	for _, d := range []string{dead, alive} {
		if err := os.MkdirAll(filepath.Join(d, files), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m, err := New(t.Context(), dir, Options{Root: true, Others: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) || !slices.ContainsFunc(m.Notes(), func(n string) bool { return strings.Contains(n, dead) }) {
		t.Errorf("%v; %q", err, m.Notes())
	}
	if _, err := os.Stat(alive); err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all := Options{Root: true, Others: true}
	for dir, tt := range map[string]struct {
		o    Options
		want error
	}{
		"/proc": {all, ErrUnfit}, file: {all, ErrUnfit}, "/": {Options{}, ErrRefused}, "/no/such/place": {all, os.ErrNotExist},
	} {
		m, err := New(t.Context(), dir, tt.o)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", dir, err, tt.want)
		}
		if err == nil {
			m.Close()
		}
	}
}

// TestWhy holds the steps that a kernel cannot be asked for, on mounts of different kinds.
func TestWhy(t *testing.T) {
	dax := func(options string) *Maker {
		return &Maker{sys: proc.FS{Root: t.TempDir() + "/"}, can: aide.Answer{DAX: true, Flag: true}, mount: proc.Mount{Options: options, Source: "/dev/pmem0"}, noSlow: "none"}
	}
	loop := dax("")
	loop.o.Umount, loop.mount.Source = true, "/dev/loop3"
	sc := scenario(t, "T1: create F\nT1: create G nodax\nT1: dontcache F\nT1: lock-entry F 0\nT1: reflink F to H\nT1: map F\nT1: pin F 0 as p by vmsplice\n"+
		"T1: pin F 0 as q by io_uring\nT1: pin F 0 as r by nfs-direct\nT1: umount\nT1: unplug\n")
	for _, tt := range []struct {
		m    *Maker
		step int
		why  string
	}{
		{dax(""), 0, ""}, {dax("rw,dax=always"), 1, "dax=always"}, {dax("rw,dax=inode"), 1, ""}, {dax("rw,dax=always"), 2, "changes nothing"},
		{dax("rw"), 2, ""}, {dax(""), 3, "from outside"}, {dax(""), 4, "cannot share"}, {dax(""), 5, ""}, {dax(""), 6, ""}, {dax(""), 7, "none"},
		{dax(""), 8, "NFS"}, {dax(""), 9, "not allowed"}, {loop, 9, map[bool]string{true: "loop device", false: "only root"}[os.Geteuid() == 0]},
		{dax(""), 10, "guest"},
	} {
		if got := tt.m.Why(&sc.Steps[tt.step]); (got == "") != (tt.why == "") || !strings.Contains(got, tt.why) {
			t.Errorf("%s on %q: %q, want %q", sc.Steps[tt.step].Action(), tt.m.mount.Options, got, tt.why)
		}
	}
	if (&Maker{}).WhySetting(target.Setting{Key: "memory", Value: "4"}) != "" || (&Maker{}).WhySetting(target.Setting{Key: "lru", Value: "any"}) == "" {
		t.Error("settings of the machine are ignored, those of a kernel are not to be had")
	}
}
