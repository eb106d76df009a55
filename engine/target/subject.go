package target

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Subject takes steps: a file system with tasks in it. One Subject is one
// run of one scenario, from a fresh file system on. It is used by one
// goroutine.
//
// A step that cannot be made, since its file is not there for instance, fails
// by its Status. An error of a method says that the subject itself is of no use
// any more.
type Subject interface {
	// Start begins a call: actions that name single things, see Step.Share, and
	// that one task, which must be free, makes one after the other. Nobody runs
	// before Settle.
	Start(actions []Step) (CallID, error)
	// Settle lets every task run until it has returned or is blocked; the clock
	// stands still.
	Settle() error
	// Advance moves the clock on by d, or by less if a call returns meanwhile,
	// and says by how much. A subject whose clock is that of the real world need not
	// wait any longer once nothing has changed for its patience: it says d all the same.
	Advance(d time.Duration) (time.Duration, error)
	// Now is how long the subject has been running, by its clock.
	Now() time.Duration
	// Status tells what became of a call.
	Status(CallID) Status
	// Has tells what became of a single pin, lease, file or allocation that a
	// step makes.
	Has(name Ref) Presence
	// Tell adds a line to the story.
	Tell(l Line)
	// Facts judges the run, which is over: either nobody is blocked, or who is
	// will be for ever unless Release helps.
	Facts() (Facts, error)
	// Release drops all pins, leases and locks that are left.
	Release() error
	// Close gives everything back, whoever is blocked.
	Close() error
}

// A Maker makes subjects of one kind, under one policy.
type Maker interface {
	// Policy is the name of the policy, or of what stands for one: a kernel.
	Policy() string
	// Why tells why a step cannot be made here, and WhySetting why a setting is
	// not to be had; empty if it can.
	Why(s *Step) string
	WhySetting(s Setting) string
	// Make returns a fresh subject for a run of a scenario. If the last one made
	// was for the same scenario and settings, steps that start together are
	// taken in another order than by any before.
	Make(s *Scenario, set []Setting) (Subject, error)
	// Another reports whether there is an order that has not been tried.
	Another() bool
}

// ErrTooLarge is returned by Make for a scenario that is too much for the
// subject, with what it is and how much would do.
var ErrTooLarge = errors.New("the scenario is too large")

// A CallID names a step that was started.
type CallID int

// A Status says where a call is.
type Status struct {
	Returned bool
	Err      error // that it returned with; *Refusal if it was refused
	Began    time.Duration
	Ended    time.Duration // if it returned
	Waits    string        // what for, if it did not
	Own      bool          // it waits for I/O of its own only, as read(2) does
	Slept    time.Duration // how long it waited so far, but for I/O of its own
	For      string        // what the longest of these waits was for
}

// A Presence says what became of something that a step makes.
type Presence uint8

const (
	NotYet  Presence = iota // the step has not come so far
	Present                 // it is, or was, there
	Never                   // the step failed
)

// A Refusal is the answer no, by policy or because it would be unsafe: an errno
// that a program can handle, in place of a wait or a violation.
type Refusal struct {
	Errno string // such as EOPNOTSUPP
	Why   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Errno, r.Why) }

// Facts are what a subject found out.
type Facts struct {
	Findings []Finding
	Parked   []string // what waits for a pin without anybody waiting: "inode 3", "block 12 of inode 3"
	Story    []Line   // what happened, in order
	Work     int64    // how many entries were looked at in search of busy pages; 0: not known
	Stalls   []Stall  // calls that did not return at once, on a subject that can be looked at from outside
	Log      []string // what the kernel said meanwhile, if the subject is one: its warnings, a line each
}

// A Stall is a call that did not return at once, as it was seen from outside.
type Stall struct {
	Task   string        `json:"task"`
	Action string        `json:"action"`
	Step   int           `json:"step,omitempty"` // line of the scenario; 0: of none, as what a bystander does
	Since  time.Duration `json:"since_ns"`
	For    time.Duration `json:"for_ns"`          // until it ended, or was last looked at
	State  string        `json:"state"`           // a letter of /proc/PID/stat: D, S
	Kill   Killed        `json:"kill,omitempty"`  // what SIGKILL did
	Ended  string        `json:"ended,omitempty"` // by what: "release p"; empty: it did not
	Own    bool          `json:"own,omitempty"`   // it was I/O of the caller's own
	Stack  []string      `json:"stack,omitempty"` // kernel functions, the innermost first
}

// Killed says what SIGKILL did to a task that waits.
type Killed string

// What it can do. It is not tried on who may yet have to go on.
const (
	Untried Killed = ""
	Died    Killed = "dies"
	Ignored Killed = "ignored"
)

// A Finding is an invariant that was broken, or a step's expectation.
type Finding struct {
	Invariants string        `json:"invariants"` // letters; empty for an expectation
	Property   string        `json:"property,omitempty"`
	Text       string        `json:"text"` // who, what, which bytes
	At         time.Duration `json:"at_ns"`
}

// A Line is a line of a story.
type Line struct {
	At   time.Duration `json:"at_ns"`
	Task string        `json:"task"`           // empty: nobody in particular
	Step int           `json:"step,omitempty"` // line of the scenario that it belongs to; 0: none
	Kind LineKind      `json:"kind"`
	Text string        `json:"text"`
}

// A LineKind says what a line of a story is.
type LineKind uint8

const (
	Took     LineKind = iota // a step: what the task was told to do
	Happened                 // what that did in the file system
	Ended                    // a step that did not return at once has returned, or one failed
	Remarked                 // said by who runs the scenario
)

var lineKinds = [...]string{"step", "event", "return", "remark"}

// MarshalText makes JSON say a word.
func (k LineKind) MarshalText() ([]byte, error) { return []byte(lineKinds[k]), nil }

// UnmarshalText reads the word.
func (k *LineKind) UnmarshalText(text []byte) error {
	i := slices.Index(lineKinds[:], string(text))
	if i < 0 {
		return fmt.Errorf("%q is no kind of line", text)
	}
	*k = LineKind(i)
	return nil
}
