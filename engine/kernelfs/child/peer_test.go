package child

import (
	"bytes"
	"os"
	"os/exec"
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
