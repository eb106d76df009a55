package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"daxbench/engine/vm"
	"daxbench/reports/report"
	"daxbench/workloads/litmus"
)

// Who hears what. Of one guest, all is passed on as it comes. Of several, what a guest says on standard error has its label
// before each line, and what it prints comes when it has ended, under its label. What litmus prints is made here, from what it
// left: one table for all of them, as wide as this terminal.

// outputs are where a guest's standard output and error go.
func (w *guests) outputs(g *guestRun) (stdout, stderr io.Writer) {
	switch {
	case w.inner.joins:
		stdout = io.Discard
	case len(w.list) > 1:
		stdout = &g.printed
	default:
		stdout = w.stdout
	}
	return stdout, w.lines(w.stderr, g)
}

// print writes what a guest has printed, if it was held back.
func (w *guests) print(g *guestRun) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g.printed.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w.stdout, "== %s\n%s\n", g.label, g.printed.Bytes())
	return err
}

// lines is a writer to w that others may write to meanwhile.
func (w *guests) lines(to io.Writer, g *guestRun) io.Writer {
	l := &lineWriter{w: w, to: to}
	if len(w.list) > 1 {
		l.prefix = g.label + ": "
	}
	return l
}

// conclude prints the table of what litmus found in all guests. With -expect, a file system that is not among them is an error,
// as is a folder in which it cannot be said why scenarios were broken off; both do not keep the table from being printed.
func (w *guests) conclude() (missing error) {
	if !w.inner.joins {
		return nil
	}
	var labels []string
	var all []*litmus.Kernels
	for _, g := range w.list {
		if g.result == nil {
			continue // what is in its folder is not from now
		}
		k, err := litmus.ReadKernels(g.out)
		if errors.Is(err, fs.ErrNotExist) {
			continue // g has said why
		}
		if err != nil {
			return inputError{err}
		}
		if err := g.breakOff(w.inner.name, k); err != nil {
			missing = errors.Join(missing, inputError{err})
		}
		if w.inner.expects {
			missing = errors.Join(missing, notMounted(g, k))
		}
		labels, all = append(labels, g.column), append(all, k)
	}
	switch {
	case len(all) == 0:
		return nil
	case len(w.list) == 1 && !labelled.MatchString(w.flags.kernel[0]):
		labels = nil // a release is long, and there is nothing to tell it from
	}
	if err := w.inner.litmus.writeKernels(w.stdout, litmus.JoinKernels(labels, all)); err != nil {
		return err
	}
	w.say("for a page of it: daxbench report " + report.Quoted(w.flags.out))
	return missing
}

// breakOff has scenarios that were not played to their end say why, also in the folder of g.
func (g *guestRun) breakOff(command string, k *litmus.Kernels) error {
	var why string
	var boot *vm.BootError
	switch {
	case errors.As(g.err, &boot):
		why = boot.Short()
	case g.err != nil:
		why = g.err.Error()
	default:
		why = fmt.Sprintf("%s ended with status %d", command, g.result.Status)
	}
	if k.BreakOff(why) == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(g.out, litmus.KernelsName))
	if err != nil {
		return err
	}
	var r kernelsRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	r.Kernels = k
	return writeRecord(g.out, litmus.KernelsName, r)
}

// notMounted is the error that a file system of g is not among those that scenarios were put to. What was expected of it is
// not met, and the guest could not know.
func notMounted(g *guestRun, k *litmus.Kernels) error {
	for _, fs := range g.fs {
		if !slices.ContainsFunc(k.Columns, func(c litmus.KernelColumn) bool { return c.Kernel.Name == fs }) {
			return &undecided{fmt.Sprintf("%s: %s was not mounted, so nothing is known of it", g.label, fs)}
		}
	}
	return nil
}

// maxLine is how much of a line without an end is kept back.
const maxLine = 64 << 10

// A lineWriter writes whole lines, with a prefix. Of a line that does not end, it writes a piece.
type lineWriter struct {
	w      *guests
	to     io.Writer
	prefix string
	rest   []byte
	panics bool // a line was the first of what a Go program says that ends by a fault of its own
}

func (l *lineWriter) Write(b []byte) (int, error) {
	n := len(b)
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 && len(l.rest) < maxLine {
			return n, nil
		}
		if i < 0 {
			i = maxLine - 1
		}
		if err := l.line(l.rest[:i+1]); err != nil {
			return 0, err
		}
		l.rest = l.rest[i+1:]
	}
}

func (l *lineWriter) line(text []byte) error {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.panics = l.panics || bytes.HasPrefix(text, []byte("panic: ")) || bytes.HasPrefix(text, []byte("fatal error: "))
	_, err := l.to.Write(append([]byte(l.prefix), text...))
	return err
}

// flush writes what is left of a line that did not end. Among those of others it is ended.
func (l *lineWriter) flush() {
	if len(l.rest) > 0 {
		if l.prefix != "" {
			l.rest = append(l.rest, '\n')
		}
		l.line(l.rest)
		l.rest = nil
	}
}

// A guestError says that a command in a guest did not end well. It has said why itself.
type guestError struct {
	status int
	error
}

func (e *guestError) Unwrap() error { return e.error }

// statusRanks order exit statuses, the worst first: a bad answer; a command that was not understood; what could not be had; no
// verdict.
var statusRanks = []int{statusBad, statusUsage, statusEnvironment, statusUndecided}

// worstOf joins errors into one that has the worst of their statuses. A signal's counts for most.
func worstOf(errs []error) error {
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	worst, rank := 0, len(statusRanks)+1
	for _, err := range errs {
		if err == nil {
			continue
		}
		status, r := statusOf(err), len(statusRanks)
		for i, s := range statusRanks {
			if s == status {
				r = i
			}
		}
		if status > 128 {
			r = -1
		}
		if r < rank {
			worst, rank = status, r
		}
	}
	return &guestsError{worst, all}
}

// A guestsError is what failed of several guests.
type guestsError struct {
	status int
	error
}

func (e *guestsError) Unwrap() []error {
	if joined, ok := e.error.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{e.error}
}
