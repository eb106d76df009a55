package child

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// TestMain makes the test a child if another one asks for it.
func TestMain(m *testing.M) {
	if fd, ok := Asked(); ok {
		Main(fd)
	}
	os.Exit(m.Run())
}

// patience is how long a call may take that must not block.
const patience = 30 * time.Second

// quickRace lets a child that is built with the race detector end at once, not a second later.
const quickRace = "GORACE=atexit_sleep_ms=0"

// A peer is the controller's side of a child.
type peer struct {
	t      *testing.T
	cmd    *exec.Cmd
	conn   *wire.Conn
	stderr bytes.Buffer
	id     int
	came   chan wire.Answer // closed when the child is gone
	early  []wire.Answer    // that nobody has waited for yet
	status chan error       // what exec says of it
}

// start starts a child.
func start(t *testing.T) *peer {
	t.Helper()
	conn, file, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	c := &peer{t: t, conn: conn, came: make(chan wire.Answer, 100), status: make(chan error, 1)}
	c.cmd = exec.Command("/proc/self/exe")
	c.cmd.ExtraFiles, c.cmd.Env, c.cmd.Stderr = []*os.File{file}, append(Environ(3), quickRace), &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	file.Close()
	go func() {
		defer close(c.came)
		for {
			var a wire.Answer
			if _, err := conn.Receive(&a); err != nil {
				return
			}
			c.came <- a
		}
	}()
	go func() { c.status <- c.cmd.Wait() }()
	t.Cleanup(func() {
		conn.Close()
		if err := <-c.status; err != nil && !strings.Contains(err.Error(), "killed") {
			t.Errorf("the child: %v\n%s", err, &c.stderr)
		}
	})
	return c
}

// send sends a call of task T, if it names no other.
func (c *peer) send(call wire.Call, fds ...int) int {
	c.t.Helper()
	if call.Task == "" {
		call.Task = "T"
	}
	c.id++
	call.ID, call.Fds = c.id, len(fds)
	if err := c.conn.Send(call, fds...); err != nil {
		c.t.Fatal(err)
	}
	return c.id
}

// wait waits for the answer to a call that says whether it has begun, or is over.
func (c *peer) wait(id int, began bool, d time.Duration) (wire.Answer, bool) {
	c.t.Helper()
	for i, a := range c.early {
		if a.ID == id && a.Began == began {
			c.early = append(c.early[:i:i], c.early[i+1:]...)
			return a, true
		}
	}
	for timeout := time.After(d); ; {
		select {
		case a, ok := <-c.came:
			switch {
			case !ok:
				return wire.Answer{}, false
			case a.ID == id && a.Began == began:
				return a, true
			}
			c.early = append(c.early, a)
		case <-timeout:
			return wire.Answer{}, false
		}
	}
}

// call makes a call and returns how it ended.
func (c *peer) call(call wire.Call, fds ...int) wire.Answer {
	c.t.Helper()
	id := c.send(call, fds...)
	if a, ok := c.wait(id, true, patience); !ok || a.TID == 0 {
		c.t.Fatalf("%v: does not begin: %+v", call.Verb, a)
	}
	a, ok := c.wait(id, false, patience)
	if !ok {
		c.t.Fatalf("%v: no answer\n%s", call.Verb, &c.stderr)
	}
	return a
}

// do makes a call that must not fail.
func (c *peer) do(call wire.Call, fds ...int) wire.Answer {
	c.t.Helper()
	a := c.call(call, fds...)
	if a.Failed != "" {
		c.t.Fatalf("%v %s: %s (errno %d)", call.Verb, call.File, a.Failed, a.Errno)
	}
	return a
}

// refuses makes a call that must fail so.
func (c *peer) refuses(call wire.Call, errno unix.Errno) {
	c.t.Helper()
	if a := c.call(call); a.Errno != int(errno) || a.Failed == "" {
		c.t.Errorf("%v %s: %q, errno %d; want %v", call.Verb, call.File, a.Failed, a.Errno, errno)
	}
}

// mapped creates a file of pages pages, maps it and touches all of it.
func (c *peer) mapped(file, path string, pages int, fill byte) {
	c.t.Helper()
	c.do(wire.Call{Verb: target.Create, File: file, Path: path, Pages: pages, Fill: fill})
	c.do(wire.Call{Verb: target.Map, File: file})
	c.do(wire.Call{Verb: target.Fault, File: file, Pages: pages, Fill: fill})
}

// forget takes a file away from the process, and its name. The last of that, which it returns, may wait for a pin.
func (c *peer) forget(file, path string) int {
	c.t.Helper()
	c.do(wire.Call{Verb: target.Munmap, File: file})
	c.do(wire.Call{Verb: target.Close, File: file})
	return c.send(wire.Call{Verb: target.Unlink, Path: path})
}

// forgotten waits until nothing is left of a file that nobody pins any more, and ends the child.
func (c *peer) forgotten(id int) {
	c.t.Helper()
	if a, ok := c.wait(id, false, patience); !ok || a.Failed != "" {
		c.t.Errorf("unlink: %+v", a)
	}
	c.send(wire.Call{Verb: target.Exit})
}

// scratch is a directory on a file system in memory, or on the disk.
func scratch(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "daxbench"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFiles(t *testing.T) {
	c, dir := start(t), t.TempDir()
	f, g := filepath.Join(dir, "F"), filepath.Join(dir, "G")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f, Pages: 3, Fill: 'f'})
	if got := content(t, f); !bytes.Equal(got, bytes.Repeat([]byte("f"), 3*pageSize)) {
		t.Errorf("created: %d bytes, the first %q", len(got), got[:min(8, len(got))])
	}
	c.do(wire.Call{Verb: target.Write, File: "F", Index: 1, Fill: 'w'})
	if a := c.do(wire.Call{Verb: target.Check, File: "F", Index: 1, Fill: 'w'}); a.Foreign != nil {
		t.Errorf("foreign bytes in its own page: %q", a.Foreign)
	}
	if err := os.WriteFile(g, append(bytes.Repeat([]byte("g"), pageSize-5), "alien"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := c.do(wire.Call{Verb: target.Check, File: "G", Path: g, Fill: 'g'}); string(a.Foreign) != "alien" {
		t.Errorf("foreign bytes: %q", a.Foreign)
	}
	if a := c.do(wire.Call{Verb: target.Check, File: "G", Path: g, Fill: 'x'}); len(a.Foreign) != maxForeign {
		t.Errorf("foreign bytes: %q", a.Foreign)
	}

	c.do(wire.Call{Verb: target.Punch, File: "F", Index: 2})
	c.do(wire.Call{Verb: target.Truncate, File: "F", Index: 3})
	if got := content(t, f); !bytes.Equal(got[2*pageSize:], make([]byte, pageSize)) {
		t.Errorf("punched: %d bytes, %q", len(got), got[2*pageSize:][:8])
	}
	c.do(wire.Call{Verb: target.Truncate, Path: f, Index: 1}) // by name
	if got := content(t, f); len(got) != pageSize {
		t.Errorf("truncated to %d bytes", len(got))
	}
	if a := c.call(wire.Call{Verb: target.Check, File: "F", Index: 1, Fill: 'w'}); a.Failed == "" || a.Foreign != nil {
		t.Errorf("checked a page that is not there: %+v", a)
	}
	c.do(wire.Call{Verb: target.Rename, Path: f, Other: g})
	if got := content(t, g); got[0] != 'f' {
		t.Errorf("renamed: %q", got[:8])
	}
	c.do(wire.Call{Verb: target.Sync, Path: dir})
	c.do(wire.Call{Verb: target.Unlink, File: "F", Path: g})
	c.do(wire.Call{Verb: target.Write, File: "F", Fill: 'f'}) // it is open
	c.do(wire.Call{Verb: target.Close, File: "F"})
	c.refuses(wire.Call{Verb: target.Close, File: "F"}, unix.EBADF)
	c.refuses(wire.Call{Verb: target.Write, File: "F", Path: g}, unix.ENOENT)
	c.refuses(wire.Call{Verb: target.Unlink, Path: g}, unix.ENOENT)
	c.refuses(wire.Call{Verb: target.Rename, Path: f, Other: g}, unix.ENOENT)
	c.refuses(wire.Call{Verb: target.Create, Path: dir}, unix.EEXIST)
	c.refuses(wire.Call{Verb: target.Map, File: "F"}, unix.EBADF)
	if a := c.call(wire.Call{Verb: target.Alloc}); a.Failed != errNoVerb.Error() || a.Errno != 0 {
		t.Errorf("alloc: %+v", a)
	}
}

// TestTwice has a file open twice: the last opened is the first closed, and each counts.
func TestTwice(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f})
	c.do(wire.Call{Verb: target.Open, File: "F", Path: f})
	open := func() (n int) {
		list, err := filepath.Glob("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/fd/*")
		for _, fd := range list {
			if link, _ := os.Readlink(fd); link == f {
				n++
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for want := 2; want > 0; want-- {
		if n := open(); n != want {
			t.Errorf("%d descriptors, want %d", n, want)
		}
		c.do(wire.Call{Verb: target.Close, File: "F", Task: "other"})
	}
	c.refuses(wire.Call{Verb: target.Close, File: "F"}, unix.EBADF)
}

func TestMaps(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f, Pages: 4, Fill: 'f'})
	if a := c.do(wire.Call{Verb: target.Map, File: "F"}); a.Opened == wire.MapSync {
		t.Logf("%s is on DAX", f)
	}
	c.do(wire.Call{Verb: target.Close, File: "F"})
	c.do(wire.Call{Verb: target.Fault, File: "F", Index: 1, Pages: 2, Fill: 'm'})
	want := bytes.Repeat([]byte("f"), 4*pageSize)
	copy(want[pageSize:], bytes.Repeat([]byte("m"), 2*pageSize))
	if got := content(t, f); !bytes.Equal(got, want) {
		t.Errorf("%q", []byte{got[0], got[pageSize-1], got[pageSize], got[3*pageSize-1], got[3*pageSize]})
	}
	c.refuses(wire.Call{Verb: target.Fault, File: "F", Index: 3, Pages: 2}, unix.EFAULT)
	if unix.Access("/proc/self/map_files", unix.X_OK) == nil && os.Getuid() == 0 {
		c.do(wire.Call{Verb: target.Unlink, Path: f})
		c.do(wire.Call{Verb: target.Truncate, File: "F", Path: f, Index: 2}) // it is mapped, and nothing else
	} else {
		c.do(wire.Call{Verb: target.Truncate, File: "F", Path: f, Index: 2})
	}
	c.refuses(wire.Call{Verb: target.Fault, File: "F", Index: 3}, unix.EFAULT) // SIGBUS, if it were a store
	c.do(wire.Call{Verb: target.Munmap, File: "F"})
	c.refuses(wire.Call{Verb: target.Munmap, File: "F"}, unix.EFAULT)
	c.refuses(wire.Call{Verb: target.Fault, File: "F"}, unix.EFAULT)
	c.refuses(wire.Call{Verb: target.Pin, File: "F", Holder: "vmsplice"}, unix.EFAULT)
}

// TestSharing does what file systems with shared blocks and DAX can do, and takes their no for an answer.
func TestSharing(t *testing.T) {
	c, dir := start(t), t.TempDir()
	f, g := filepath.Join(dir, "F"), filepath.Join(dir, "G")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f, Fill: 'f'})
	a := c.call(wire.Call{Verb: target.Reflink, File: "F", Other: g, Copy: "G"})
	switch unix.Errno(a.Errno) {
	case 0:
		c.do(wire.Call{Verb: target.Check, File: "G", Fill: 'f'})
		c.do(wire.Call{Verb: target.Cow, File: "G", Fill: 'g'})
		c.do(wire.Call{Verb: target.Dedupe, File: "F", Copy: "G", Other: g}) // they differ
		if f, g := content(t, f), content(t, g); f[0] != 'f' || g[0] != 'g' {
			t.Errorf("the files have %.8q and %.8q", f, g)
		}
		c.do(wire.Call{Verb: target.Create, File: "H", Path: g + "H", Fill: 'f'})
		c.do(wire.Call{Verb: target.Dedupe, File: "F", Copy: "H", Other: g + "H"}) // they do not
		c.refuses(wire.Call{Verb: target.Reflink, File: "F", Other: g, Copy: "I"}, unix.EEXIST)
	case unix.EOPNOTSUPP, unix.ENOTTY, unix.EINVAL:
		if _, err := os.Stat(g); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a reflink that failed left %v", err)
		}
		t.Logf("no shared blocks here: %s", a.Failed)
	default:
		t.Errorf("%+v", a)
	}
	for _, call := range []wire.Call{{Verb: target.DAX, File: "F", On: true}, {Verb: target.DontCache, File: "F"}} {
		switch a := c.call(call); unix.Errno(a.Errno) {
		case 0, unix.EOPNOTSUPP, unix.ENOTTY, unix.EINVAL:
			t.Logf("%v: %q", call.Verb, a.Failed)
		default:
			t.Errorf("%+v", a)
		}
	}
}

// TestThreads lets one task be stuck in a pipe that is full: another one of the same process is not.
func TestThreads(t *testing.T) {
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.mapped("F", f, 1, 'f')
	_, w := pipe(t)
	fillPipe(t, w)
	id := c.send(wire.Call{Task: "stuck", Verb: target.Pin, File: "F", Holder: "vmsplice"}, int(w.Fd()))
	began, ok := c.wait(id, true, patience)
	if !ok {
		t.Fatal("does not begin")
	}
	for i := range 50 {
		if a := c.do(wire.Call{Task: "free", Verb: target.Write, File: "F", Fill: byte(i)}); a.TID == began.TID {
			t.Fatalf("two tasks have thread %d", a.TID)
		}
	}
	if a, ok := c.wait(id, false, time.Millisecond); ok {
		t.Fatalf("a full pipe took the page: %+v", a)
	}
	// A signal ends the wait and not the process.
	if err := unix.Tgkill(c.cmd.Process.Pid, began.TID, wire.Signal); err != nil {
		t.Fatal(err)
	}
	a, ok := c.wait(id, false, patience)
	if !ok || a.Errno != int(unix.EINTR) {
		t.Errorf("after a signal: %+v", a)
	}
	c.do(wire.Call{Task: "stuck", Verb: target.Check, File: "F", Fill: 49})
}

// TestExit lets a child exit, and be killed.
func TestExit(t *testing.T) {
	c := start(t)
	c.send(wire.Call{Verb: target.Exit})
	if a, ok := c.wait(1, false, patience); ok {
		t.Errorf("an answer from the dead: %+v", a)
	}
	if _, ok := <-c.came; ok {
		t.Error("it goes on")
	}
	c = start(t)
	c.do(wire.Call{Verb: target.Sync, Path: "."})
	c.cmd.Process.Kill()
	if _, ok := c.wait(2, false, patience); ok {
		t.Error("an answer from the dead")
	}
}

// TestGarbage sends what is no call: the child says so and ends.
func TestGarbage(t *testing.T) {
	for _, tt := range []struct{ packet, want string }{
		{"{", "unexpected end of JSON"},
		{`{"id":"x"}`, "cannot unmarshal string"},
		{`{"id":1,"verb":300,"task":"T"}`, "cannot unmarshal number 300"},
		{`{"id":1,"verb":1}`, `task ""`},
		{`{"id":1,"verb":1,"task":"T","fds":2}`, "0 descriptors, where 2 were announced"},
		{strings.Repeat("x", 70_000), "more than 65536 bytes"},
	} {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
		cmd := exec.Command("/proc/self/exe")
		var stderr bytes.Buffer
		cmd.ExtraFiles, cmd.Env, cmd.Stderr = []*os.File{theirs}, append(Environ(3), quickRace), &stderr
		if _, err := ours.WriteString(tt.packet); err != nil {
			t.Fatal(err)
		}
		err = cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitEnvironment || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%.40q: %v, %q; want %q", tt.packet, err, &stderr, tt.want)
		}
		ours.Close()
		theirs.Close()
	}
	for _, fd := range []string{"x", "77", "1"} {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{wire.Env + "=" + fd, quickRace}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitEnvironment || !bytes.Contains(out, []byte("descriptor")) {
			t.Errorf("%s: %v, %q", fd, err, out)
		}
	}
}

// TestMount mounts a file system in memory and unmounts it.
func TestMount(t *testing.T) {
	c, dir := start(t), t.TempDir()
	a := c.call(wire.Call{Verb: target.Mount, Path: dir, Device: "none", FS: "tmpfs", Mount: "rw,noexec,size=1m"})
	if a.Errno == int(unix.EPERM) || a.Errno == int(unix.ENODEV) {
		t.Skip(a.Failed)
	}
	if a.Failed != "" {
		t.Fatalf("%+v", a)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil || st.Type != unix.TMPFS_MAGIC || st.Blocks*uint64(st.Bsize) != 1<<20 || st.Flags&unix.ST_NOEXEC == 0 {
		t.Errorf("%v, %+v", err, st)
	}
	f := filepath.Join(dir, "F")
	c.do(wire.Call{Verb: target.Create, File: "F", Path: f, Fill: 'f'})
	c.refuses(wire.Call{Verb: target.Umount, Path: dir}, unix.EBUSY)
	if a := c.call(wire.Call{Verb: target.Create, File: "G", Path: f + "G", Pages: 1000}); a.Errno != int(unix.ENOSPC) {
		t.Errorf("%+v", a)
	}
	c.do(wire.Call{Verb: target.Close, File: "G"}) // what did not get all of its blocks is there
	c.do(wire.Call{Verb: target.Close, File: "F"})
	c.do(wire.Call{Verb: target.Umount, Path: dir})
	c.refuses(wire.Call{Verb: target.Umount, Path: dir}, unix.EINVAL)
}

// TestMachine asks for what no machine has.
func TestMachine(t *testing.T) {
	c := start(t)
	c.refuses(wire.Call{Verb: target.Poison}, unix.ENXIO)
	if a := c.call(wire.Call{Verb: target.Unplug, Device: "daxbench-none"}); a.Errno == 0 || !strings.Contains(a.Failed, unbindPath) {
		t.Errorf("%+v", a)
	}
}

func TestMountOptions(t *testing.T) {
	flags, data := mountOptions("rw,noatime,attr2,dax=always,nosuid,logbufs=8")
	if flags != unix.MS_NOATIME|unix.MS_NOSUID || data != "attr2,dax=always,logbufs=8" {
		t.Errorf("%#x, %q", flags, data)
	}
	if flags, data := mountOptions(""); flags != 0 || data != "" {
		t.Errorf("%#x, %q", flags, data)
	}
}
