package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"daxbench/baselines"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
	"daxbench/reports/gate"
	"daxbench/reports/render"
	"daxbench/workloads/lockstep"
	"daxbench/workloads/record"
)

// Exit statuses. A signal's is 128 and its number.
const (
	statusOK          = 0
	statusBad         = 1 // the answer is bad: a safe policy showed a violation, a cell hung or failed
	statusUsage       = 2 // bad flag, unknown name, bad parameter, a folder or file that is not to be overwritten
	statusUndecided   = 3 // a cell came to its end and nothing was measured in it
	statusEnvironment = 4 // full disk, I/O, a region that shrank, a damaged folder
)

// usageError is the user's to mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// badAnswer says that the run went through and that what it found is bad. The report has said what.
type badAnswer struct{ what string }

func (e *badAnswer) Error() string { return e.what }

// undecided says that the run went through and did not measure what it was to compare.
type undecided struct{ what string }

func (e *undecided) Error() string { return e.what }

// nothingError says that there is nothing to give an answer from.
type nothingError struct{ what string }

func (e *nothingError) Error() string { return e.what }

// inputError says that a file cannot be used for what was asked.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

// signalError says that a signal ended the run.
type signalError struct{ signal syscall.Signal }

func (e signalError) Error() string { return "stopped by signal: " + e.signal.String() }

// maxError is how many columns of one line of an error are shown: names from files may be in it.
const maxError = 2000

// printable is the text of an error, with what a terminal would obey made visible. Lines stay, and tabs become spaces.
func printable(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\t", "    "), "\n")
	for i := range lines {
		lines[i] = render.Clean(lines[i], maxError)
	}
	return strings.Join(lines, "\n")
}

// usageSentinels are errors of other packages that the user can mend by asking for something else.
var usageSentinels = []error{
	pmem.ErrNotRegion, pmem.ErrNoDevice, pmem.ErrTooSmall, pmem.ErrBadSize, pmem.ErrWriteBack, media.ErrGeometry,
	media.ErrNoSpace, media.ErrNoInodes, vfs.ErrCacheFull, vfs.ErrNoPages,
	record.ErrOccupied, record.ErrNoRun, record.ErrNotFolder, record.ErrBusy,
	baselines.ErrName, baselines.ErrNone, baselines.ErrBusy, baselines.ErrKept, baselines.ErrDoubtful, baselines.ErrOtherMachine,
	gate.ErrSuite, gate.ErrOtherSuite,
}

// tooTight says that a storm does not fit into its engine.
func tooTight(err error) bool {
	for _, s := range []error{pmem.ErrTooSmall, media.ErrNoSpace, media.ErrNoInodes, vfs.ErrCacheFull, vfs.ErrNoPages} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

// environment are the errors of files and memory.
func isEnvironment(err error) bool {
	var fault *pmem.FaultError
	var path *fs.PathError
	var errno syscall.Errno
	var nothing *nothingError
	var input inputError
	return errors.As(err, &nothing) || errors.As(err, &input) || errors.As(err, &fault) || errors.As(err, &path) || errors.As(err, &errno) ||
		errors.Is(err, pmem.ErrNoSpace) || errors.Is(err, pmem.ErrBusy) || errors.Is(err, record.ErrDamaged) ||
		errors.Is(err, baselines.ErrDamaged) || errors.Is(err, gate.ErrSamples) || errors.Is(err, gate.ErrCounts)
}

// statusOf chooses the exit status for an error.
func statusOf(err error) int {
	var usage usageError
	var signal signalError
	var bad *badAnswer
	var open *undecided
	var guest *guestError
	var guests *guestsError
	switch {
	case errors.As(err, &guests):
		return guests.status
	case errors.As(err, &guest):
		return guest.status
	case errors.As(err, &signal):
		return statusOfStopped(err, signal)
	case errors.As(err, &bad):
		return statusBad
	case errors.As(err, &open), errors.Is(err, lockstep.ErrProtocol):
		return statusUndecided
	case errors.As(err, &usage):
		return statusUsage
	}
	for _, s := range usageSentinels {
		if errors.Is(err, s) {
			return statusUsage
		}
	}
	if isEnvironment(err) {
		return statusEnvironment
	}
	return statusBad // a broken invariant: nothing that was measured can be trusted
}

// statusOfStopped chooses the exit status for an error that has a signal in it. What else went wrong is graver.
func statusOfStopped(err error, signal signalError) int {
	stopped := 128 + int(signal.signal)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if status := statusOf(e); status != stopped {
				return status
			}
		}
	}
	return stopped
}
