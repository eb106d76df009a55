package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// badCase is one thing that goes wrong, and what a command must make of it.
type badCase struct {
	name   string
	make   func(d *desk)                // what is there before
	args   string                       // of daxbench, separated by spaces; files are named as make names them
	argv   []string                     // instead of args, where a word has spaces
	via    []string                     // a command that runs the program, such as one that limits it
	stdin  func() io.Reader             // nil: empty
	event  func(d *desk, p *program)    // what happens while it runs
	after  func(d *desk, stdout string) // what to look at when it has ended
	status int                          // that is wanted; 128 + n where a signal ended it
	says   []string                     // on standard error
	prints []string                     // on standard output
	never  []string                     // on standard output
	silent bool                         // nothing on standard output
	leaves []string                     // files and folders that may be new or other than before; a name with a star at its end stands for more
	memory int64                        // bytes that it may take; 0: defaultMemory
	limit  time.Duration                // of its time; 0: defaultLimit
	needs  string                       // a command without which there is no such case
	long   bool                         // left out by -short
}

// Limits of a case that has none of its own.
const (
	defaultMemory = 400 << 20
	defaultLimit  = 20 * time.Second
	leftLimit     = 2 * time.Second // for children to end that were told to
)

// program is what a case runs.
type program struct {
	*exec.Cmd
	out, err safeBuffer
}

// desk is where a case takes place: an empty folder, and what can be laid on it.
type desk struct {
	*testing.T
	dir   string
	shelf *shelf
}

// path is where a file lies.
func (d *desk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// write makes a file, and the folders above it.
func (d *desk) write(name, text string) {
	d.Helper()
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o777); err != nil {
		d.Fatal(err)
	}
	os.Chmod(d.path(name), 0o666) // records are read-only
	write(d.T, d.path(name), text)
}

// exists says whether a file is there.
func (d *desk) exists(name string) bool {
	_, err := os.Stat(d.path(name))
	return err == nil
}

// read returns a file.
func (d *desk) read(name string) string {
	d.Helper()
	data, err := os.ReadFile(d.path(name))
	if err != nil {
		d.Fatal(err)
	}
	return string(data)
}

// change replaces one text in a file by another.
func (d *desk) change(name, old, text string) {
	d.Helper()
	before := d.read(name)
	if !strings.Contains(before, old) {
		d.Fatalf("%s does not hold %q", name, old)
	}
	d.write(name, strings.Replace(before, old, text, 1))
}

// cut leaves the first half of a file.
func (d *desk) cut(name string) {
	d.Helper()
	text := d.read(name)
	d.write(name, text[:len(text)/2])
}

// sparse makes a file of so many zero bytes that take no disk.
func (d *desk) sparse(name string, size int64) {
	d.Helper()
	d.write(name, "")
	if err := os.Truncate(d.path(name), size); err != nil {
		d.Fatal(err)
	}
}

// pipe makes a named pipe that nobody writes to.
func (d *desk) pipe(name string) {
	d.Helper()
	os.Remove(d.path(name))
	if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o777); err != nil {
		d.Fatal(err)
	}
	if err := unix.Mkfifo(d.path(name), 0o666); err != nil {
		d.Fatal(err)
	}
}

// full makes a device that is full. That of /dev would do, were it not for what a program that errs could do to it.
func (d *desk) full(name string) {
	d.Helper()
	if err := unix.Mknod(d.path(name), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 7))); err == nil {
		return
	}
	if err := os.Symlink("/dev/full", d.path(name)); err != nil {
		d.Fatal(err)
	}
}

// remove removes a file.
func (d *desk) remove(name string) {
	d.Helper()
	if err := os.Remove(d.path(name)); err != nil {
		d.Fatal(err)
	}
}

// link makes a symbolic link.
func (d *desk) link(to, name string) {
	d.Helper()
	if err := os.Symlink(to, d.path(name)); err != nil {
		d.Fatal(err)
	}
}

// limited runs a program that may not write files of more than so many kilobytes.
func limited(kilobytes int) []string {
	return []string{"sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$@"`, 2*kilobytes), "sh"}
}

// into runs a program with its standard output in a file of the case.
func into(name string) []string { return []string{"sh", "-c", `exec "$@" > ` + name, "sh"} }

// run runs a case and returns what is wrong.
func (c *badCase) run(t *testing.T, s *shelf, words ...string) (wrong []string) {
	t.Helper()
	if c.needs != "" {
		if _, err := exec.LookPath(c.needs); err != nil {
			t.Skip(err)
		}
	}
	d := &desk{T: t, dir: t.TempDir(), shelf: s}
	if err := os.Mkdir(d.path("tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	if c.make != nil {
		c.make(d)
	}
	before := d.tree()
	if c.argv != nil {
		words = append(words, c.argv...)
	} else {
		words = append(words, strings.Fields(c.args)...)
	}
	words = append(append([]string{}, c.via...), words...)
	p := &program{Cmd: exec.Command(words[0], words[1:]...)}
	p.Dir, p.Stdout, p.Stderr = d.dir, &p.out, &p.err
	p.Env = append(os.Environ(), "TMPDIR="+d.path("tmp"), "NO_COLOR=")
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.WaitDelay = time.Second // a child that was left behind holds the pipes open
	if c.stdin != nil {
		p.Stdin = c.stdin()
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	var hung atomic.Bool
	timer := time.AfterFunc(cmp.Or(c.limit, defaultLimit), func() {
		hung.Store(true)
		syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
	})
	peak := watchMemory(p.Process.Pid)
	if c.event != nil {
		c.event(d, p)
	}
	err := p.Wait()
	timer.Stop()
	rss := peak()
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		complain("%v", err)
	}
	if hung.Load() {
		complain("no end in %v", cmp.Or(c.limit, defaultLimit))
	}
	stdout, stderr := p.out.String(), p.err.String()
	if got := statusOfProcess(p.ProcessState); got != c.status && !hung.Load() {
		complain("exit status %d, want %d", got, c.status)
	}
	for _, text := range c.says {
		if !strings.Contains(stderr, text) {
			complain("standard error does not say %q", text)
		}
	}
	for _, text := range c.prints {
		if !strings.Contains(stdout, text) {
			complain("standard output does not hold %q", text)
		}
	}
	for _, text := range c.never {
		if strings.Contains(stdout, text) {
			complain("standard output holds %q", text)
		}
	}
	if c.silent && stdout != "" {
		complain("something was printed")
	}
	for line := range strings.Lines(stderr) {
		for _, crash := range []string{"panic: ", "goroutine ", "fatal error: ", "SIGBUS", "runtime error"} {
			if strings.HasPrefix(line, crash) {
				complain("it crashed")
			}
		}
	}
	for _, raw := range []string{"\x1b", "\u202e", "\x00"} {
		if strings.Contains(stderr, raw) {
			complain("standard error holds a raw %q", raw)
		}
	}
	if rss > cmp.Or(c.memory, defaultMemory) {
		complain("it took %d MB of memory, more than %d", rss>>20, cmp.Or(c.memory, defaultMemory)>>20)
	}
	wrong = append(wrong, leftProcesses(p.Process.Pid)...)
	wrong = append(wrong, d.leftFiles(before, c.leaves)...)
	if c.after != nil {
		c.after(d, stdout)
	}
	if len(wrong) > 0 {
		complain("standard output: %.1500s", stdout)
		complain("standard error: %.1500s", stderr)
	}
	return wrong
}

// watchMemory watches how much memory a process takes until the function that it returns is called, which returns the most
// in bytes.
//
// Note: the kernel's own ru_maxrss of a child begins with what its parent had when it forked, which is this test program.
func watchMemory(pid int) (peak func() int64) {
	most, done := make(chan int64), make(chan struct{})
	go func() {
		var rss int64
		for {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
				kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				rss = max(rss, kilobytes<<10)
			}
			select {
			case <-done:
				most <- rss
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-most
	}
}

// statusOfProcess is the exit status as a shell has it.
func statusOfProcess(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// until waits for something that a case is about to make.
func (d *desk) until(what string, ok func() bool) {
	d.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.Errorf("waited in vain for %s", what)
			return
		}
	}
}

// leftProcesses returns what still runs of a process group. Workers are killed when their master ends, and it does not
// wait for them: they have a moment.
func leftProcesses(group int) []string {
	for deadline := time.Now().Add(leftLimit); ; time.Sleep(5 * time.Millisecond) {
		left := inGroup(group)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			syscall.Kill(-group, syscall.SIGKILL)
			return left
		}
	}
}

// inGroup names the living processes of a group.
func inGroup(group int) (list []string) {
	for _, pid := range pidsInGroup(group) {
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		list = append(list, fmt.Sprintf("process %d, %q, was left behind", pid, bytes.TrimSpace(comm)))
	}
	return list
}

// pidsInGroup lists the living processes of a group.
func pidsInGroup(group int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		first, rest, ok := bytes.Cut(text, []byte(") ")) // pid (comm) state ppid pgrp …
		fields := strings.Fields(string(rest))
		if ok && len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" && fields[0] != "X" {
			digits, _, _ := strings.Cut(string(first), " ")
			pid, _ := strconv.Atoi(digits)
			list = append(list, pid)
		}
	}
	return list
}

// tree is what lies in the folder of a case: names, and what they hold in short.
func (d *desk) tree() map[string]string {
	list := make(map[string]string)
	err := filepath.WalkDir(d.dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(d.dir, name)
		info, err := e.Info()
		if err != nil {
			return err
		}
		what := e.Type().String()
		const most = 16 << 20 // larger ones are sparse, and are known by their size
		if e.Type().IsRegular() {
			what = fmt.Sprint(info.Size(), info.Mode())
			if info.Size() < most {
				data, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				what += fmt.Sprintf(" %x", sha256.Sum256(data))
			}
		}
		list[filepath.ToSlash(rel)] = what
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return list
}

// leftFiles says what is other than before, apart from what may be, and which folders are still locked.
func (d *desk) leftFiles(before map[string]string, may []string) (wrong []string) {
	allowed := func(name string) bool {
		for _, m := range may {
			if hidden, ok := strings.CutSuffix(m, "*"); ok && strings.HasPrefix(name, hidden) {
				return true
			}
			if name == m || strings.HasPrefix(name, m+"/") {
				base := name[strings.LastIndexByte(name, '/')+1:]
				return name == m || !strings.HasPrefix(base, ".") || before[name] != "" // a new hidden one is temporary
			}
		}
		return false
	}
	after := d.tree()
	for name, what := range after {
		switch was, ok := before[name]; {
		case ok && was != what && !allowed(name):
			wrong = append(wrong, name+" is not what it was")
		case !ok && !allowed(name):
			wrong = append(wrong, name+" was left behind")
		}
		if what != fs.ModeDir.String() {
			continue
		}
		f, err := os.Open(d.path(name))
		if err != nil {
			d.Fatal(err)
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			wrong = append(wrong, name+" is locked: "+err.Error())
		}
		f.Close()
	}
	for name := range before {
		if _, ok := after[name]; !ok && !allowed(name) {
			wrong = append(wrong, name+" is gone")
		}
	}
	return wrong
}
