package slow

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/proc"
)

// still is how long a request that is held is watched, and soon when one that is not must have ended.
const (
	still = 100 * time.Millisecond
	soon  = 20 * time.Second
)

// ways are all that a Pool can be opened in.
var ways = []struct {
	name string
	open func(dir string) (*Pool, error)
}{
	{"fuse", OpenFUSE},
	{"loop", func(dir string) (*Pool, error) { return first(dir, on(opener{"loop", openLoop})) }},
	{"brd", func(dir string) (*Pool, error) { return first(dir, on(opener{"brd", openRAM})) }},
}

// on opens with one backing.
func on(o opener) func(dir string) (*Pool, error) {
	return func(dir string) (*Pool, error) { return openMapperOn(dir, o) }
}

// each runs a test on each way that works here, and looks that nothing is left behind.
func each(t *testing.T, test func(t *testing.T, p *Pool)) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			dir := t.TempDir()
			p, err := way.open(dir)
			if errors.Is(err, ErrNone) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
				if left := remains(t, dir, os.Getpid()); left != "" {
					t.Errorf("left behind: %s", left)
				}
			})
			test(t, p)
		})
	}
}

// remains tells what there is of a process: in dir, mounts, devices.
func remains(t *testing.T, dir string, pid int) (all string) {
	t.Helper()
	of := func(name string) bool { return strings.Contains(name, fmt.Sprintf("-%d-", pid)) }
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if of(e.Name()) {
			all += " " + e.Name()
		}
	}
	mounts, err := proc.FS{Root: "/"}.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Type == fuseType && of(m.Source) {
			all += " mount " + m.Point
		}
	}
	if c, err := openControl(); err == nil {
		defer c.close()
		names, err := c.names()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if strings.HasPrefix(n, prefix) && of(n) {
				all += " device " + n
			}
		}
	}
	return all
}

// made makes a Held.
func made(t *testing.T, p *Pool, fill byte) *Held {
	t.Helper()
	h, err := p.New(fill)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// page returns memory that O_DIRECT takes, full of fill.
func page(t *testing.T, fill byte) []byte {
	t.Helper()
	p, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(p) })
	copy(p, bytes.Repeat([]byte{fill}, len(p)))
	return p
}

func opened(t *testing.T, path string) (fd int) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// begin runs f, which is to transfer a page, and returns a channel that gets what became of it.
func begin(f func() (int, error)) chan error {
	done := make(chan error, 1)
	go func() {
		n, err := f()
		if err == nil && n != 4096 {
			err = fmt.Errorf("%d bytes", n)
		}
		done <- err
	}()
	return done
}

// goesOn returns an error unless a request goes on for a while.
func goesOn(done chan error) error {
	select {
	case err := <-done:
		return fmt.Errorf("it has ended: %v", err)
	case <-time.After(still):
		return nil
	}
}

// ends returns an error unless a request ends soon, and well.
func ends(done chan error) error {
	select {
	case err := <-done:
		return err
	case <-time.After(soon):
		return fmt.Errorf("it goes on after %v", soon)
	}
}

func TestReadIsHeldUntilRelease(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		h, other := made(t, p, 'D'), made(t, p, 'E')
		fd, buf := opened(t, h.Path()), page(t, 'x')
		done := begin(func() (int, error) { return unix.Pread(fd, buf, 8192) })
		if err := goesOn(done); err != nil {
			t.Error("before Release:", err)
		}
		if err := other.Release(); err != nil {
			t.Error(err)
		}
		if err := goesOn(done); err != nil {
			t.Error("after Release of another:", err)
		}
		if !bytes.Equal(buf, bytes.Repeat([]byte{'x'}, len(buf))) {
			t.Errorf("memory has changed before Release: %q", buf[:8])
		}
		if err := errors.Join(h.Release(), h.Release(), ends(done)); err != nil {
			t.Error("after Release:", err)
		}
		if !bytes.Equal(buf, bytes.Repeat([]byte{'D'}, len(buf))) {
			t.Errorf("read %q…", buf[:8])
		}
		// The same check on one that holds nothing must fail.
		if goesOn(begin(func() (int, error) { return unix.Pread(fd, buf, 0) })) == nil {
			t.Error("a device that was released still holds")
		}
		if err := errors.Join(h.Close(), h.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestWriteArrives(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		h := made(t, p, 'D')
		fd, buf := opened(t, h.Path()), page(t, 'w')
		done := begin(func() (int, error) { return unix.Pwrite(fd, buf, 4096) })
		if err := goesOn(done); err != nil {
			t.Error("before Release:", err)
		}
		copy(buf, "late") // who writes it now is who owns the page now
		if err := errors.Join(h.Release(), ends(done)); err != nil {
			t.Fatal("after Release:", err)
		}
		got, err := h.Bytes(4094, 8)
		if err != nil {
			t.Fatal(err)
		}
		want := "DDwwwwww"
		if p.Late() {
			want = "DDlateww"
		}
		if string(got) != want {
			t.Errorf("Bytes: %q, want %q", got, want)
		}
	})
}

// TestAsynchronous makes a request by io_submit, which must not wait itself.
func TestAsynchronous(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		h := made(t, p, 'D')
		fd, buf := opened(t, h.Path()), page(t, 'x')
		var ring uintptr
		if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&ring)), 0); errno != 0 {
			t.Skip("io_setup:", errno)
		}
		request := struct { // struct iocb; IOCB_CMD_PREAD is 0
			data             uint64
			key, flags       uint32
			opcode           uint16
			priority         int16
			fd               uint32
			buf, size        uint64
			offset           int64
			_                uint64
			flags2, resultFD uint32
		}{fd: uint32(fd), buf: uint64(uintptr(unsafe.Pointer(&buf[0]))), size: 4096}
		list := &request
		submitted := begin(func() (int, error) {
			n, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, ring, 1, uintptr(unsafe.Pointer(&list)))
			if errno != 0 {
				return 0, errno
			}
			return int(n) * 4096, nil
		})
		if err := ends(submitted); err != nil {
			t.Fatal("io_submit:", err)
		}
		var event struct {
			data, object uint64
			res, res2    int64
		}
		wait := func(atLeast uintptr, limit time.Duration) (n uintptr) {
			ts := unix.NsecToTimespec(int64(limit))
			n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, ring, atLeast, 1, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&ts)), 0)
			if errno != 0 {
				t.Fatal("io_getevents:", errno)
			}
			return n
		}
		if n := wait(1, still); n != 0 {
			t.Error("it has ended before Release")
		}
		if err := h.Release(); err != nil {
			t.Fatal(err)
		}
		if n := wait(1, soon); n != 1 || event.res != 4096 {
			t.Errorf("after Release: %d events, result %d", n, event.res)
		}
		if buf[4095] != 'D' {
			t.Errorf("read %q…", buf[:8])
		}
		unix.Syscall(unix.SYS_IO_DESTROY, ring, 0, 0)
	})
}

// TestKilledReaderStays kills a process that reads.
func TestKilledReaderStays(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		h := made(t, p, 'D')
		child, _ := helper(t, "read", h.Path())
		look := func() proc.Process {
			now, err := proc.FS{Root: "/"}.Process(child.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		until := func(what string, is func(th proc.Thread) bool) {
			t.Helper()
			for end := time.Now().Add(soon); !slices.ContainsFunc(look().Threads, is); time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("the reader %s: %+v", what, look())
				}
			}
		}
		// It waits in state D, or, under FUSE, in S, until it is killed.
		f, isFile := h.held.(*file)
		until("does not read", func(th proc.Thread) bool {
			return th.Syscall == fmt.Sprint(unix.SYS_PREAD64) && th.State != 'R' && (!isFile || f.came.Load() > 0)
		})
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		stuck := func(th proc.Thread) bool { return th.State == 'D' }
		until("does not wait after SIGKILL", stuck)
		time.Sleep(still)
		if now := look(); now.Zombie || !slices.ContainsFunc(now.Threads, stuck) {
			t.Errorf("the reader has died: %+v", now)
		}
		if err := h.Release(); err != nil {
			t.Fatal(err)
		}
		if err := ends(begin(func() (int, error) { child.Wait(); return 4096, nil })); err != nil {
			t.Error("after Release and SIGKILL:", err)
		}
	})
}

// TestCloseWhileOpen closes a Pool somebody still has a device of.
func TestCloseWhileOpen(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			dir := t.TempDir()
			p, err := way.open(dir)
			if err != nil {
				t.Skip(err)
			}
			h := made(t, p, 'D')
			fd, err := unix.Open(h.Path(), unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			buf := page(t, 'x')
			done := begin(func() (int, error) { return unix.Pread(fd, buf, 0) })
			if err := goesOn(done); err != nil {
				t.Error(err)
			}
			if err := errors.Join(p.Close(), p.Close()); err != nil {
				t.Error(err)
			}
			select {
			case <-done: // how it ends does not matter
			case <-time.After(soon):
				t.Error("a read goes on after Close")
			}
			if _, err := p.New(0); err == nil {
				t.Error("New after Close")
			}
			unix.Close(fd)
			left := remains(t, dir, os.Getpid())
			for end := time.Now().Add(soon); left != "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
				left = remains(t, dir, os.Getpid())
			}
			if left != "" {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

// TestRemainsOfTheDead kills a process that has a Pool, and opens one in the same folder.
func TestRemainsOfTheDead(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		dir := t.TempDir()
		child, said := helper(t, "pool", dir, p.Kind())
		if strings.HasPrefix(said, "not: ") {
			t.Fatal(said)
		}
		pid := child.Process.Pid
		if remains(t, dir, pid) == "" {
			t.Fatal("the other process has made nothing")
		}
		child.Process.Kill()
		child.Wait()
		if left := remains(t, dir, pid); left == "" {
			t.Log("nothing is left behind anyway")
		}
		again, err := open(p.Kind(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if left := remains(t, dir, pid); left != "" {
			t.Errorf("still there: %s", left)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestTwoPools has two at a time, of which one is closed.
func TestTwoPools(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		first := made(t, p, 'D')
		other, err := open(p.Kind(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		second := made(t, other, 'E')
		if first.Path() == second.Path() {
			t.Errorf("both are at %s", first.Path())
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		fd, buf := opened(t, first.Path()), page(t, 'x')
		done := begin(func() (int, error) { return unix.Pread(fd, buf, 0) })
		if err := errors.Join(goesOn(done), first.Release(), ends(done)); err != nil || buf[0] != 'D' {
			t.Errorf("the other: %v, read %q…", err, buf[:8])
		}
	})
}

// open opens a Pool of a kind.
func open(kind, dir string) (*Pool, error) {
	for _, way := range ways {
		if strings.HasSuffix(kind, way.name) {
			return way.open(dir)
		}
	}
	return nil, fmt.Errorf("no kind %q", kind)
}

func TestFull(t *testing.T) {
	p := newPool("mapper", true, &mapper{})
	if _, err := p.New(0); !errors.Is(err, ErrFull) {
		t.Errorf("New: %v", err)
	}
}

// TestRoomIsUsedAgain makes more Helds than there is room for, one after the other.
func TestRoomIsUsedAgain(t *testing.T) {
	each(t, func(t *testing.T, p *Pool) {
		m, ok := p.way.(*mapper)
		if !ok {
			t.Skip("no room to run out of")
		}
		m.free = m.free[:2]
		for i := range 6 {
			h := made(t, p, byte(i+1))
			if err := h.Release(); err != nil {
				t.Fatal(err)
			}
			if got, err := h.Bytes(Size-1, 1); err != nil || got[0] != byte(i+1) {
				t.Fatalf("%d: Bytes: %v %v", i, got, err)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	p, err := Open(dir)
	if errors.Is(err, ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Log(p.Kind())
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if left := remains(t, dir, os.Getpid()); left != "" {
		t.Errorf("left behind: %s", left)
	}
	if _, err := Open(filepath.Join(dir, "not there")); !errors.Is(err, ErrNone) {
		t.Errorf("Open in a folder that is not there: %v", err)
	}
}

// envHelper makes this program a helper: its value is what to do, arguments follow.
const envHelper = "DAXBENCH_SLOW_TEST"

// helper starts one and returns the line that it says when it is ready.
func helper(t *testing.T, words ...string) (*exec.Cmd, string) {
	t.Helper()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), envHelper+"="+strings.Join(words, "\n"))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	said := make([]byte, 200)
	n, err := out.Read(said)
	if err != nil {
		t.Fatalf("the helper: %v", err)
	}
	return c, string(said[:n])
}

func TestMain(m *testing.M) {
	words := strings.Split(os.Getenv(envHelper), "\n")
	switch words[0] {
	case "read":
		fd, err := unix.Open(words[1], unix.O_RDONLY|unix.O_DIRECT, 0)
		if err != nil {
			fmt.Println("not:", err)
			os.Exit(1)
		}
		fmt.Println("ready")
		buf, _ := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		_, err = unix.Pread(fd, buf, 0)
		fmt.Println(err)
	case "pool":
		p, err := open(words[2], words[1])
		if err == nil {
			_, err = p.New('D')
		}
		if err != nil {
			fmt.Println("not:", err)
			os.Exit(1)
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	default:
		os.Exit(m.Run())
	}
}
