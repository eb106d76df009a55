package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A call is one system call by which a traced process changes files below a folder.
type call struct {
	name string // write, fsync, …
	path string // below the folder; of the open file, or of the argument
}

// A fate is what becomes of a traced process at its n-th call. The zero one lets it live.
type fate struct {
	n     int
	errno unix.Errno // the call is not made and fails with it; 0: the process is killed before the call
}

// watched are the calls that count, and which of their arguments says where: the index of a descriptor or of a path.
var watched = map[uint64]struct {
	name string
	path int // index of the path argument; -1: argument 0 is a descriptor
}{
	unix.SYS_WRITE:     {"write", -1},
	unix.SYS_PWRITE64:  {"write", -1},
	unix.SYS_FSYNC:     {"fsync", -1},
	unix.SYS_FTRUNCATE: {"ftruncate", -1},
	unix.SYS_FALLOCATE: {"fallocate", -1},
	unix.SYS_FCHMOD:    {"fchmod", -1},
	unix.SYS_OPENAT:    {"open", 1},
	unix.SYS_UNLINKAT:  {"unlink", 1},
	unix.SYS_MKDIRAT:   {"mkdir", 1},
	unix.SYS_RENAMEAT:  {"rename", 3},
	unix.SYS_RENAMEAT2: {"rename", 3},
}

// trace runs cmd, lists its calls below dir and lets fate strike. It returns what the process printed, and whether it
// ended well.
func trace(t *testing.T, cmd *exec.Cmd, dir string, f fate) (calls []call, output string, ok bool) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out bytes.Buffer
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &unix.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, unix.EPERM) {
			t.Skip("needs ptrace: ", err)
		}
		t.Fatal(err)
	}
	w.Close()
	read := make(chan struct{})
	go func() { out.ReadFrom(r); close(read) }()
	tr := tracer{dir: dir, fate: f, inside: make(map[int]*call), pid: cmd.Process.Pid}
	if err := tr.run(); err != nil {
		unix.Kill(tr.pid, unix.SIGKILL)
		t.Fatal(err)
	}
	<-read
	cmd.Process.Release()
	return tr.calls, out.String(), tr.status.Exited() && tr.status.ExitStatus() == 0
}

type tracer struct {
	dir    string
	fate   fate
	pid    int
	calls  []call
	inside map[int]*call // threads within a call; nil if it is none of ours
	failed map[int]bool
	status unix.WaitStatus
}

const sysgood = 0x80 // what PTRACE_O_TRACESYSGOOD adds to SIGTRAP

func (tr *tracer) run() error {
	var ws unix.WaitStatus
	if _, err := unix.Wait4(tr.pid, &ws, 0, nil); err != nil {
		return err
	}
	if err := unix.PtraceSetOptions(tr.pid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL); err != nil {
		return err
	}
	tr.failed = make(map[int]bool)
	tid, pass := tr.pid, 0
	for {
		if err := unix.PtraceSyscall(tid, pass); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("ptrace: %w", err)
		}
		var err error
		for {
			if tid, err = unix.Wait4(-1, &ws, unix.WALL, nil); !errors.Is(err, unix.EINTR) {
				break
			}
		}
		if err != nil {
			return err
		}
		pass = 0
		switch {
		case ws.Exited() || ws.Signaled():
			if tid == tr.pid {
				tr.status = ws
				return nil
			}
			delete(tr.inside, tid)
		case ws.StopSignal() == unix.SIGTRAP|sysgood:
			if err := tr.step(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		case ws.StopSignal() == unix.SIGTRAP || ws.StopSignal() == unix.SIGSTOP: // clone, and a new thread's first stop
		default:
			pass = int(ws.StopSignal())
		}
	}
}

// step handles a thread that enters or leaves a system call.
func (tr *tracer) step(tid int) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	if _, leaving := tr.inside[tid]; leaving {
		delete(tr.inside, tid)
		if tr.failed[tid] {
			delete(tr.failed, tid)
			regs.Rax = -uint64(tr.fate.errno)
			return unix.PtraceSetRegs(tid, &regs)
		}
		return nil
	}
	tr.inside[tid] = nil
	c, ours := tr.look(tid, &regs)
	if !ours {
		return nil
	}
	tr.calls = append(tr.calls, c)
	if len(tr.calls) != tr.fate.n {
		return nil
	}
	if tr.fate.errno == 0 {
		return unix.Kill(tr.pid, unix.SIGKILL)
	}
	tr.failed[tid] = true
	regs.Orig_rax = ^uint64(0) // no such call
	return unix.PtraceSetRegs(tid, &regs)
}

// look says what call a thread enters, and whether it changes something below the folder.
func (tr *tracer) look(tid int, regs *unix.PtraceRegs) (call, bool) {
	w, ok := watched[regs.Orig_rax]
	if !ok {
		return call{}, false
	}
	args := []uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10}
	var path string
	if w.path < 0 {
		path, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, args[0]))
	} else {
		path = peek(tid, uintptr(args[w.path]))
	}
	if regs.Orig_rax == unix.SYS_OPENAT && args[2]&unix.O_CREAT == 0 {
		return call{}, false
	}
	rel, err := filepath.Rel(tr.dir, path)
	if err != nil || strings.HasPrefix(rel, "..") {
		return call{}, false
	}
	return call{w.name, rel}, true
}

// peek reads a string of the traced process.
func peek(tid int, at uintptr) string {
	var buf [4096]byte
	n, _ := unix.PtracePeekData(tid, at, buf[:])
	if i := bytes.IndexByte(buf[:n], 0); i >= 0 {
		n = i
	}
	return string(buf[:n])
}
