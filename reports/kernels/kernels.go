// Package kernels reads what litmus scenarios came to on real kernels (kernels.json, which daxbench litmus -target and
// daxbench vm leave) from result folders, and puts the columns of several folders side by side. It draws nothing.
//
// It judges nothing anew: what a scenario came to stands in the file, and so does the word for it. Strings of the files are
// left as they are; who lays them out escapes them.
package kernels

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schema is the version of the file that this package reads.
const Schema = 1

// Name is the file in a folder of results.
const Name = "kernels.json"

// Matrix is scenarios × kernels.
type Matrix struct {
	Columns []Column
	Rows    []Row    // in the order of the files; those of one file that differ from another's stand by themselves
	Sources []Source // one per file
	Notes   []string // what it rests on, and what is doubtful about it, a sentence each
}

// Source is where one of the files comes from.
type Source struct {
	Dir     string
	Tool    string
	Commit  string // empty if it is not known
	Command []string
	Date    string // RFC 3339
}

// Column is a file system on a kernel.
type Column struct {
	Label  string // of no other column: "6.12 xfs"
	Group  string // what it has in common with its neighbours on that kernel: "6.12"
	Name   string // and what it has not: "xfs"
	Kernel Kernel
	Source int // index into Matrix.Sources
}

// Kernel is what a directory was found to be.
type Kernel struct {
	Release   string            `json:"release"` // uname -r
	Version   string            `json:"version"` // uname -v
	FS        string            `json:"fs"`
	Name      string            `json:"name"`  // of the directory: xfs-nodax
	Mount     string            `json:"mount"` // options
	DAX       bool              `json:"dax"`   // statx says so of a file that was made there
	MapSync   bool              `json:"map_sync"`
	DeviceDAX bool              `json:"device_dax"`
	Preset    string            `json:"preset"`  // of the engine that is nearest
	Final     bool              `json:"final"`   // the kernel has dax_break_layout_final: eviction waits
	Clock     string            `json:"clock"`   // what time is
	Machine   string            `json:"machine"` // hardware, kvm, tcg; empty: not known
	Package   string            `json:"package"`
	Config    map[string]string `json:"config"`
	Missing   []string          `json:"missing"` // what could not be done there, and why
}

// Row is a scenario.
type Row struct {
	Number int // 0 if it has none
	Name   string
	Title  string
	Probes string // letters
	Steps  []string
	Cells  []Cell // in the order of Matrix.Columns
}

// Kind is how a scenario ended.
type Kind uint8

// The kinds. Of the first three nothing follows; the others go from good to bad.
const (
	Unplayed      Kind = iota // it was not put to that kernel
	Lost                      // it was to be played, and there is no verdict; Sentence says why
	NotApplicable             // it cannot be run there; Sentence says why
	Safe                      // nothing was broken and nobody waited
	Refused                   // a step was answered with an error that says no
	Parked                    // something was put aside until the pin is gone; nobody waited
	Blocked                   // somebody waited, until the pin was released
	Hung                      // somebody waits for ever, or for as long as somebody else likes
	Violated                  // an invariant of safety was broken
)

var kinds = [...]string{"not played", "no verdict", "not applicable", "safe", "refused", "parked", "blocked", "hung", "violation"}

// String returns the kind as a word.
func (k Kind) String() string { return kinds[k] }

// Judged says whether there is a verdict.
func (k Kind) Judged() bool { return k > NotApplicable }

// Cell is what became of one scenario on one kernel: the worst of its variants.
type Cell struct {
	Kind     Kind
	Word     string        // for a table: "safe", "waits D", "foreign data"; empty if Unplayed
	Letters  string        // of the invariants that were broken
	For      time.Duration // of Blocked and Hung: how long the longest wait was
	Run      string        // the variant; empty if there is but one
	Sentence string        // why it is of this kind; empty if nothing was found
	Findings []Finding     // all, with what Sentence says
	Stalls   []Stall
	Log      []string // warnings of the kernel
	Lines    []string // the story, in columns of one width, for a fixed pitch
	Replay   string   // a command
}

// Finding is something that was broken.
type Finding struct {
	Letters  string        `json:"invariants"` // empty: a step failed, or an expectation was not met
	Property string        `json:"property"`
	Text     string        `json:"text"`
	At       time.Duration `json:"at_ns"`
}

// Stall is a call that did not return at once, as it was seen from outside.
type Stall struct {
	Task   string        `json:"task"`
	Action string        `json:"action"`
	Step   int           `json:"step"` // line of the scenario; 0: of none, it is what a bystander does
	Since  time.Duration `json:"since_ns"`
	For    time.Duration `json:"for_ns"` // until it ended, or was last looked at
	State  string        `json:"state"`  // a letter of /proc/PID/stat: D, S
	Kill   string        `json:"kill"`   // what SIGKILL did: "dies", "ignored"; empty: it was not tried
	Ended  string        `json:"ended"`  // by what; empty: it did not
	Own    bool          `json:"own"`    // it was I/O of the caller's own, as read(2) does
	Stack  []string      `json:"stack"`  // kernel functions, the innermost first
}

// What SIGKILL does to who waits.
const (
	killed  = "dies"
	ignored = "ignored"
)

// Killed says in words what SIGKILL did: "SIGKILL ends it"; "it was not tried" is said, too.
func (s *Stall) Killed() string {
	switch s.Kill {
	case killed:
		return "SIGKILL ended it"
	case ignored:
		return "SIGKILL was ignored"
	}
	return "SIGKILL was not tried"
}

// itself is what ends a call that nobody held up.
const itself = "by itself"

// End says in words what ended it: "ended by release p", "ended by itself", "it did not end".
func (s *Stall) End() string {
	switch s.Ended {
	case "":
		return "it did not end"
	case itself:
		return "ended " + itself
	}
	return "ended by " + s.Ended
}

// held says whether it was somebody else who made the caller wait: not a device that the caller used, nor mere slowness.
func (s *Stall) held() bool { return !s.Own && s.Ended != itself }

// Bystander says whether who waited had nothing to do with the scenario.
func (s *Stall) Bystander() bool { return s.Step == 0 }

// Freed says whether a block was given away, or a device reached it, while it was pinned.
func (c *Cell) Freed() bool { return c.Kind == Violated && strings.Contains(c.Letters, "U") }

// Forgotten says whether the kernel forgot whose a pinned page is, and no more than that.
func (c *Cell) Forgotten() bool {
	return c.Kind == Violated && strings.Contains(c.Letters, "A") && !c.Freed() && !c.Crashed()
}

// crash is the property of a finding that the kernel has crashed.
const crash = "crash"

// Crashed says whether the kernel came to its end in the middle of something.
func (c *Cell) Crashed() bool {
	return c.Kind == Violated && slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.Property == crash })
}

// Waits says whether somebody waited, and not for I/O of their own alone.
func (c *Cell) Waits() bool {
	return c.Kind == Blocked || c.Kind == Hung || c.Kind.Judged() && c.stalls(func(*Stall) bool { return true })
}

// Unkillable says whether somebody waited whom SIGKILL did not end.
func (c *Cell) Unkillable() bool { return c.stalls(func(s *Stall) bool { return s.Kill == ignored }) }

// Harmed says whether a bystander waited.
func (c *Cell) Harmed() bool { return c.stalls((*Stall).Bystander) }

func (c *Cell) stalls(such func(*Stall) bool) bool {
	for i := range c.Stalls {
		if s := &c.Stalls[i]; s.held() && such(s) {
			return true
		}
	}
	return false
}

// Proof says in a few words what of DAX was seen to work: "DAX: statx, queue/dax, MAP_SYNC".
func (k *Kernel) Proof() string {
	var seen []string
	for _, p := range []struct {
		is   bool
		name string
	}{{k.DAX, "statx"}, {k.DeviceDAX, "queue/dax"}, {k.MapSync, "MAP_SYNC"}} {
		if p.is {
			seen = append(seen, p.name)
		}
	}
	switch {
	case k.DAX:
		return "DAX: " + strings.Join(seen, ", ")
	case len(seen) > 0:
		return fmt.Sprintf("no DAX, a control (%s)", strings.Join(seen, ", "))
	}
	return "no DAX, a control"
}
