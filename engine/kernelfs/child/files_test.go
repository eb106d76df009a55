package child

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

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
	c.do(wire.Call{Verb: target.Fault, File: "F", Index: 0, Pages: 4, Fill: 'r', On: true}) // reads
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
