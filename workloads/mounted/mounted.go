// Package mounted holds the storms that run on a mounted file system, by system
// calls. They are driven and measured as those on the engine are; what stands for
// the policy is the kernel.
//
// A storm works in a directory of its own, checks what it wrote, and leaves
// nothing. Evictions are those that the kernel counted, see Counter. Nothing here
// pins a page: that is what the scenarios of package litmus do.
package mounted

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"daxbench/engine/kernelfs"
	"daxbench/workloads/driver"
)

// A Kind is a storm that has no place yet. Its Workload cannot be opened: On gives
// those that can.
type Kind struct {
	driver.Workload
	// Needs says what it takes, besides a file system to write to.
	Needs string
	// Warns says what it does to the machine besides, after its name; empty: nothing.
	Warns string
	// Lacks says what of that is missing here; empty if it can be run.
	Lacks func() string

	evicts bool // its figures rest on how many inodes were evicted
	open   func(*Target, driver.Env) (driver.Storm, error)
}

// All lists the storms.
var All = []*Kind{&unlinkStormKind, &dropCachesKind, &truncateRaceKind, &churnKind}

// Lookup returns the storm with the given name.
func Lookup(name string) (*Kind, error) {
	for _, k := range All {
		if k.Name == name {
			return k, nil
		}
	}
	return nil, fmt.Errorf("unknown storm %q of mounted file systems; known: %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all, in the order of All.
func Names() []string {
	names := make([]string, len(All))
	for i, k := range All {
		names[i] = k.Name
	}
	return names
}

func lacksNothing() string { return "" }

// A Target is a directory of ours on a mounted file system. Storms on it run one
// after the other.
type Target struct {
	dir     string
	kernel  *kernelfs.Kernel
	dax     daxMode
	counter *counter
	closed  atomic.Bool
	storms  int // so far; each gets a directory
}

// Open looks at what the directory dir can do. It must be empty, or hold only
// what may be removed. Errors: those of the file system.
func Open(dir string, k *kernelfs.Kernel) (*Target, error) {
	t := &Target{dir: dir, kernel: k}
	var err error
	if t.dax, err = findDAX(dir); err != nil {
		return nil, fmt.Errorf("looking for DAX in %s: %w", dir, err)
	}
	if t.counter, err = openCounter(dir, k.FS); err != nil {
		return nil, err
	}
	return t, nil
}

// Counter says in words by what evictions are counted, and if by something that
// counts those of other file systems too why so; else why is empty.
func (t *Target) Counter() (about, why string) { return t.counter.about, t.counter.why }

// isGuest reports whether the machine is one of daxbench vm, which is nobody else's.
func (t *Target) isGuest() bool { return t.kernel.Machine != "" }

// Close ends what Open began, and storms that still run: they fail.
func (t *Target) Close() {
	t.closed.Store(true)
	t.counter.close()
}

// On returns the storm for this target: parameters fs and dax, which every cell
// has in its name, say what it runs on.
func (k *Kind) On(t *Target) *driver.Workload {
	wl := k.Workload
	fs := driver.Knob{
		Key: "fs", Default: t.kernel.FS, Sweep: []string{t.kernel.FS}, Check: driver.CheckOneOf(t.kernel.FS),
		About: "file system that is mounted there",
	}
	wl.Knobs = append([]driver.Knob{fs, t.dax.knob()}, k.Knobs...)
	if k.evicts {
		wl.Remark = strings.TrimPrefix(k.Remark+". Evictions are counted by "+t.counter.about, ". ")
	}
	wl.Open = func(env driver.Env) (driver.Storm, error) {
		if err := t.hasRoom(&wl, env); err != nil {
			return nil, err
		}
		return k.open(t, env)
	}
	return &wl
}

// newDir makes a directory for a storm.
func (t *Target) newDir() (string, error) {
	if t.closed.Load() {
		return "", os.ErrClosed
	}
	t.storms++
	dir := filepath.Join(t.dir, fmt.Sprintf("storm%d", t.storms))
	return dir, os.Mkdir(dir, 0o700)
}

// Params shows the parameters that every storm has, for those who have no target yet.
func (k *Kind) Params() []driver.Knob {
	return slices.Concat([]driver.Knob{
		{Key: "fs", Default: "the mounted one", About: "file system; it is in the name of every cell, and cannot be chosen"},
		{Key: "dax", Default: "what the mount does", About: aboutDAX},
	}, k.Knobs)
}
