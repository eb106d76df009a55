package child

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

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
