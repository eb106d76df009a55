package child

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/slow"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// TestHeld takes each pin by I/O on a device that holds it, looks that it lasts, lets it go, and finds what was
// transferred where it belongs.
func TestHeld(t *testing.T) {
	pool, err := slow.Open(scratch(t))
	if errors.Is(err, slow.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	t.Logf("devices: %s", pool.Kind())
	for _, h := range target.Holders {
		if h.Unbounded {
			continue
		}
		t.Run(h.Name, func(t *testing.T) {
			dev, err := pool.New('d')
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { dev.Close() })
			c, f := start(t), filepath.Join(t.TempDir(), "F")
			c.mapped("F", f, 2, 'f')
			call := wire.Call{Verb: target.Pin, File: "F", Index: 1, Pin: "p", Holder: h.Name, Device: dev.Path(), Offset: 3 * int64(pageSize)}
			pin := c.send(call)
			if _, ok := c.wait(pin, true, patience); !ok {
				t.Fatal("does not begin")
			}
			if h.Sync {
				if a, ok := c.wait(pin, false, 100*time.Millisecond); ok {
					t.Fatalf("the caller does not wait: %+v", a)
				}
			} else if a, ok := c.wait(pin, false, patience); !ok || skips(a) {
				t.Skip(a.Failed)
			} else if a.Failed != "" {
				t.Fatalf("%+v", a)
			}
			if a := c.do(wire.Call{Task: "other", Verb: target.Check, File: "F", Index: 1, Fill: 'f'}); a.Foreign != nil {
				t.Errorf("the page has %q", a.Foreign)
			}
			end := pin
			if !h.Sync {
				end = c.send(wire.Call{Verb: target.Release, Pin: "p"})
				if a, ok := c.wait(end, false, 100*time.Millisecond); ok {
					t.Fatalf("over, with the device held: %+v", a)
				}
			}
			if err := dev.Release(); err != nil {
				t.Fatal(err)
			}
			if a, ok := c.wait(end, false, patience); !ok || a.Failed != "" {
				t.Fatalf("the end: %+v", a)
			}
			if h.Inbound {
				if a := c.do(wire.Call{Verb: target.Check, File: "F", Index: 1, Fill: 'd'}); a.Foreign != nil {
					t.Errorf("the page has %q", a.Foreign)
				}
				return
			}
			got, err := dev.Bytes(call.Offset, pageSize)
			if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("f"), pageSize)) {
				t.Errorf("%v: the device has %.8q", err, got)
			}
		})
	}
}

// TestHeldExit lets a process end with a read of io_uring in flight: the device still writes to the page.
func TestHeldExit(t *testing.T) {
	pool, err := slow.Open(scratch(t))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { pool.Close() })
	if pool.Kind() == "fuse" {
		t.Skip("a read of FUSE ends with the process that made it")
	}
	dev, err := pool.New('d')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	c, f := start(t), filepath.Join(t.TempDir(), "F")
	c.mapped("F", f, 1, 'f')
	a := c.call(wire.Call{Verb: target.Pin, File: "F", Pin: "p", Holder: "io_uring", Device: dev.Path()})
	if skips(a) {
		t.Skip(a.Failed)
	}
	c.send(wire.Call{Verb: target.Exit})
	for range c.came { // until it is gone
	}
	if got := content(t, f); got[0] != 'f' {
		t.Fatalf("the page has %.8q", got)
	}
	if err := dev.Release(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); content(t, f)[0] != 'd'; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("the page has %.8q", content(t, f))
		}
	}
}

// skips reports whether an answer says that the kernel or the container lacks something.
func skips(a wire.Answer) bool { return a.Errno == int(unix.ENOSYS) || a.Errno == int(unix.EPERM) }
