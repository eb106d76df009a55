package proc

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Thread is what a thread was seen to be.
type Thread struct {
	TID      int
	Name     string
	State    byte     // of /proc/PID/stat: R, S, D, Z, X, T, t, I
	Switches int64    // context switches so far, of both kinds: while it stands still, the thread did not run and stop again
	Wchan    string   // function that it sleeps in; empty: none, or not to be seen
	Syscall  string   // number of the system call that it is in; empty: none, or not to be seen
	Stack    []string // kernel functions, the innermost first; nil: none, or not to be seen (it needs root)
}

// maxFrames is how deep a kernel stack is followed: what the kernel itself saves at most (MAX_STACK_TRACE_DEPTH).
const maxFrames = 64

// Thread looks at a thread. State is read first and Switches last, so that two looks with equal Switches have seen one
// sleep. Nothing that is read here waits for a lock that the thread may hold while it is stuck. Error: ErrGone.
func (f FS) Thread(pid, tid int) (Thread, error) {
	t, err := f.thread(pid, tid)
	if gone(err) {
		return t, fmt.Errorf("%d/%d: %w", pid, tid, ErrGone)
	}
	return t, err
}

func (f FS) thread(pid, tid int) (t Thread, err error) {
	dir := f.path("proc", pid, "task", tid)
	in := FS{dir}
	stat, err := in.read("stat")
	if err != nil {
		return t, err
	}
	t.TID = tid
	if t.Name, t.State, err = parseStat(stat); err != nil {
		return t, fmt.Errorf("%s/stat: %w", dir, err)
	}
	// The next three need rights that the first does not: without them the answer is less, not none.
	if wchan, err := in.read("wchan"); err == nil && wchan != "0" {
		t.Wchan = printable(wchan)
	}
	if call, err := in.read("syscall"); err == nil {
		t.Syscall = parseSyscall(call)
	}
	if stack, err := in.read("stack"); err == nil {
		t.Stack = parseStack(stack)
	}
	status, err := in.read("status")
	if err != nil {
		return t, err
	}
	if t.Switches, err = parseSwitches(status); err != nil {
		return t, fmt.Errorf("%s/status: %w", dir, err)
	}
	return t, nil
}

// parseStat takes name and state out of "PID (NAME) STATE …". A name may hold anything, parentheses and line ends too.
func parseStat(stat string) (name string, state byte, err error) {
	open, shut := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || shut < open || len(stat) < shut+3 || stat[shut+1] != ' ' {
		return "", 0, errors.New("no name and state in it")
	}
	return printable(stat[open+1 : shut]), stat[shut+2], nil
}

// parseSyscall takes the number out of "NUMBER ARGUMENTS…"; "running" and "-1 …" are none.
func parseSyscall(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	if n, err := strconv.Atoi(first); err != nil || n < 0 {
		return ""
	}
	return first
}

// parseStack takes the functions out of lines "[<0>] xfs_break_dax_layouts+0x83/0xd0 [xfs]".
func parseStack(text string) (stack []string) {
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(line, "] ")
		name, _, ok := strings.Cut(rest, "+0x")
		if !ok || name == "" {
			continue
		}
		if stack = append(stack, printable(name)); len(stack) == maxFrames {
			break
		}
	}
	return stack
}

// parseSwitches adds up both kinds of context switches. The name that stands in status, too, has its line ends escaped.
func parseSwitches(status string) (sum int64, err error) {
	found := 0
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		if key != "voluntary_ctxt_switches" && key != "nonvoluntary_ctxt_switches" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
		found++
	}
	if found != 2 {
		return 0, errors.New("it does not have both counts of context switches")
	}
	return sum, nil
}

// A Process is all threads of a process.
type Process struct {
	PID     int
	Name    string
	Zombie  bool     // all its threads have ended, and nobody has waited for it yet
	Threads []Thread // ascending TID
}

// Process looks at a process, a thread at a time. One whose first thread has ended while others are stuck is no zombie.
// Error: ErrGone.
func (f FS) Process(pid int) (Process, error) {
	p := Process{PID: pid, Zombie: true}
	entries, err := os.ReadDir(f.path("proc", pid, "task"))
	if err != nil && !gone(err) {
		return p, err
	}
	for _, tid := range numbers(entries) {
		t, err := f.Thread(pid, tid)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err != nil {
			return p, err
		}
		if tid == pid {
			p.Name = t.Name
		}
		p.Zombie = p.Zombie && (t.State == 'Z' || t.State == 'X')
		p.Threads = append(p.Threads, t)
	}
	if p.Threads == nil {
		return p, fmt.Errorf("%d: %w", pid, ErrGone)
	}
	return p, nil
}

// numbers returns the names that are numbers, ascending.
func numbers(entries []os.DirEntry) (all []int) {
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n > 0 {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}
