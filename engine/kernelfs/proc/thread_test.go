package proc

import (
	"errors"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

func TestThread(t *testing.T) {
	f := tree(t, map[string]string{
		"proc/7/task/8/stat":    "8 (a) R (b) D 1 8 8 0 -1 4194304 0",
		"proc/7/task/8/status":  status,
		"proc/7/task/8/wchan":   "xfs_break_dax_layouts",
		"proc/7/task/8/syscall": "263 0xffffff9c 0x7f7a83d05000 0x0 0x0 0x0 0x0 0x7ffe563387d8 0x7f7a83e802ad\n",
		"proc/7/task/8/stack": "[<0>] __dax_wait+0x83/0xd0\n[<ffffffff8113>] xfs_break_dax_layouts+0x1/0x2 [xfs]\n" +
			"[<0>] 0xffffffffffffffff\nnonsense\n[<0>] evict+0xcd/0x190\n",
	})
	got, err := f.Thread(7, 8)
	if err != nil {
		t.Fatal(err)
	}
	want := Thread{TID: 8, Name: "a) R (b", State: 'D', Switches: 42, Wchan: "xfs_break_dax_layouts", Syscall: "263",
		Stack: []string{"__dax_wait", "xfs_break_dax_layouts", "evict"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestThreadSeenInPart has only what anybody may read, and what a thread is that runs.
func TestThreadSeenInPart(t *testing.T) {
	f := tree(t, map[string]string{
		"proc/7/task/7/stat": "7 (x) S 1", "proc/7/task/7/status": status,
		"proc/7/task/8/stat": "8 (x) R 1", "proc/7/task/8/status": status,
		"proc/7/task/8/wchan": "0", "proc/7/task/8/syscall": "running\n", "proc/7/task/8/stack": "",
		"proc/7/task/9/stat": "9 (x) S 1", "proc/7/task/9/status": status, "proc/7/task/9/syscall": "-1 0x7ffe 0x7f7a\n",
	})
	for tid := 7; tid <= 9; tid++ {
		got, err := f.Thread(7, tid)
		if err != nil || got.Wchan != "" || got.Syscall != "" || got.Stack != nil || got.Switches != 42 {
			t.Errorf("%d: %+v, %v", tid, got, err)
		}
	}
}

func TestThreadRefusesNonsense(t *testing.T) {
	for name, files := range map[string][2]string{
		"no name":          {"7 x S 1", status},
		"nothing behind":   {"7 (x)", status},
		"no blank":         {"7 (x)S 1", status},
		"empty":            {"", status},
		"no switches":      {"7 (x) S 1", "Name:\tx\n"},
		"one of two":       {"7 (x) S 1", "voluntary_ctxt_switches:\t40\n"},
		"switches of name": {"7 (x) S 1", "Name:\tvoluntary_ctxt_switches:\t1\nvoluntary_ctxt_switches:\tnone\n"},
	} {
		f := tree(t, map[string]string{"proc/7/task/7/stat": files[0], "proc/7/task/7/status": files[1]})
		if got, err := f.Thread(7, 7); err == nil || errors.Is(err, ErrGone) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestHostileNames has what a process may call itself, and a stack without end.
func TestHostileNames(t *testing.T) {
	f := tree(t, map[string]string{
		"proc/7/task/7/stat":   "7 (\x1b[31m\n) R 1\u202e<b>\xff) D 1",
		"proc/7/task/7/status": status,
		"proc/7/task/7/wchan":  strings.Repeat("w", 1<<20),
		"proc/7/task/7/stack":  strings.Repeat("[<0>] "+strings.Repeat("f", 1000)+"+0x1/0x2\n", 1000),
	})
	got, err := f.Thread(7, 7)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != 'D' || strings.ContainsAny(got.Name, "\x1b\n\u202e") || !utf8.ValidString(got.Name) || !strings.Contains(got.Name, "<b>") {
		t.Errorf("%q %c", got.Name, got.State)
	}
	if len([]rune(got.Wchan)) > longest || len(got.Stack) > maxFrames || len([]rune(got.Stack[0])) > longest {
		t.Errorf("wchan %d, stack %d × %d", len(got.Wchan), len(got.Stack), len(got.Stack[0]))
	}
}

func TestProcess(t *testing.T) {
	f := tree(t, map[string]string{
		"proc/7/task/10/stat": "10 (worker) D 1", "proc/7/task/10/status": status, // 10 comes after 7, not before
		"proc/7/task/7/stat": "7 (main) Z 1", "proc/7/task/7/status": status,
		"proc/8/task/8/stat": "8 (dead) Z 1", "proc/8/task/8/status": status,
		"proc/9/task/9/comm": "went meanwhile",
	})
	p, err := f.Process(7)
	if err != nil || p.Zombie || p.Name != "main" || len(p.Threads) != 2 || p.Threads[0].TID != 7 || p.Threads[1].State != 'D' {
		t.Errorf("main thread has ended, another is stuck: %+v, %v", p, err)
	}
	if p, err := f.Process(8); err != nil || !p.Zombie {
		t.Errorf("a zombie: %+v, %v", p, err)
	}
	for _, pid := range []int{9, 11} {
		if p, err := f.Process(pid); !errors.Is(err, ErrGone) {
			t.Errorf("%d is gone: %+v, %v", pid, p, err)
		}
	}
	if _, err := f.Thread(7, 8); !errors.Is(err, ErrGone) {
		t.Errorf("a thread is gone: %v", err)
	}
}

// TestRealProcess looks at this process, at one that waits, and at it when it is dead and gone.
func TestRealProcess(t *testing.T) {
	real := FS{"/"}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self, err := real.Thread(os.Getpid(), unix.Gettid())
	if err != nil || self.State != 'R' || self.Name == "" {
		t.Errorf("this thread: %+v, %v", self, err)
	}
	c := exec.Command("sleep", "100")
	if err := c.Start(); err != nil {
		t.Skip(err)
	}
	for { // it must come from exec to sleep
		p, err := real.Process(c.Process.Pid)
		if err != nil || p.Zombie {
			t.Fatalf("a process that sleeps: %+v, %v", p, err)
		}
		if p.Name == "sleep" && p.Threads[0].State == 'S' {
			if th := p.Threads[0]; os.Geteuid() == 0 && th.Stack == nil && th.Wchan == "" {
				t.Logf("its stack is not to be seen: %+v", th)
			}
			break
		}
		runtime.Gosched()
	}
	c.Process.Kill()
	for {
		p, err := real.Process(c.Process.Pid)
		if err != nil {
			t.Fatalf("killed, not waited for: %v", err)
		}
		if p.Zombie {
			break
		}
		runtime.Gosched()
	}
	c.Wait()
	if p, err := real.Process(c.Process.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("gone: %+v, %v", p, err)
	}
}
