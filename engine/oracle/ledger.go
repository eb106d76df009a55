package oracle

import (
	"fmt"

	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// A Finding is something that must not be.
type Finding struct {
	Property   layout.Property // "" if it is no property of its own
	Invariants string          // letters of those that are broken
	Text       string          // what happened, in a sentence without a full stop
	Step       int             // number of the event at which it was found, from 1
	Owner      media.Owner     // the inode concerned
	PFN        page.PFN        // the block concerned; 0: none
	AtEnd      bool            // found when the run was over; Step is then that of the last event
}

func (f Finding) String() string {
	name := string(f.Property)
	if name == "" {
		name = f.Invariants
	}
	return name + ": " + f.Text
}

// A Ledger keeps what the events of one engine add up to. The zero Ledger is
// ready; Reset makes it so again and keeps the memory.
type Ledger struct {
	tasks     []task
	pins      []pin
	busy      []quarantined
	free      []page.PFN // blocks that were freed and have no new owner
	leases    []lease
	inodes    []inode
	refs      []reference
	files     []named
	locks     lockdep
	findings  []Finding
	events    int
	pinLeases bool // see LeasesArePins
	gone      bool // the device is
	ended     bool // the run is over
}

// A task is what the ledger knows of one vfs.Task. Its index stands for it
// everywhere else; 0 is nobody in particular, such as a device.
type task struct {
	t       *vfs.Task
	name    string
	wait    vfs.Event // the WaitBegin that has not ended; NoEvent: it does not wait
	reclaim int       // nesting
	spin    int       // nesting
	held    []lock    // sleeping locks, in the order in which they were taken
}

func (t *task) waits() bool { return t.wait.Kind == vfs.WaitBegin }

// An inode is one that is in the cache.
type inode struct {
	owner   media.Owner
	evictor int // task that made it Freeing; -1: nobody
}

// A reference is one that a caller of the engine says it has.
type reference struct {
	owner media.Owner
	task  int
}

// named is a file that was given a name.
type named struct {
	owner media.Owner
	name  string
}

// Reset forgets all.
func (l *Ledger) Reset() {
	for i := range l.tasks {
		held := l.tasks[i].held[:0]
		l.tasks[i] = task{held: held}
	}
	l.tasks = l.tasks[:0]
	l.pins, l.busy, l.free, l.leases = l.pins[:0], l.busy[:0], l.free[:0], l.leases[:0]
	l.inodes, l.refs, l.files = l.inodes[:0], l.refs[:0], l.files[:0]
	l.locks.reset()
	l.findings, l.events = l.findings[:0], 0
	l.pinLeases, l.gone, l.ended = false, false, false
}

// Step returns the number of events so far.
func (l *Ledger) Step() int { return l.events }

// Findings returns what was found, in that order; good until Reset.
func (l *Ledger) Findings() []Finding { return l.findings }

// Name gives t the name that findings call it by.
func (l *Ledger) Name(t *vfs.Task, name string) { l.tasks[l.task(t)].name = name }

// NameFile gives a file the name that findings call it by.
func (l *Ledger) NameFile(o media.Owner, name string) { l.files = append(l.files, named{o, name}) }

// NameOf returns the name of a task.
func (l *Ledger) NameOf(t *vfs.Task) string {
	if t == nil {
		return "the device"
	}
	return l.name(l.task(t))
}

func (l *Ledger) name(i int) string {
	switch {
	case i <= 0:
		return "somebody"
	case l.tasks[i].name == "":
		return fmt.Sprintf("task %d", i)
	}
	return l.tasks[i].name
}

// task returns the index of t, which is given one when it is first seen. There
// are few, so they are searched one by one.
func (l *Ledger) task(t *vfs.Task) int {
	if len(l.tasks) == 0 {
		l.grow()
	}
	if t == nil {
		return 0
	}
	for i := 1; i < len(l.tasks); i++ {
		if l.tasks[i].t == t {
			return i
		}
	}
	l.grow()
	l.tasks[len(l.tasks)-1].t = t
	return len(l.tasks) - 1
}

// grow appends a task, in the memory of one that Reset left if there is any.
func (l *Ledger) grow() {
	if n := len(l.tasks); n < cap(l.tasks) {
		l.tasks = l.tasks[:n+1]
		return
	}
	l.tasks = append(l.tasks, task{})
}

// find notes a finding, once for each property and what it concerns.
func (l *Ledger) find(p layout.Property, invariants string, o media.Owner, pfn page.PFN, format string, args ...any) {
	for i := range l.findings {
		f := &l.findings[i]
		if f.Property == p && f.Invariants == invariants && f.Owner == o && f.PFN == pfn {
			return
		}
	}
	l.findings = append(l.findings, Finding{Property: p, Invariants: invariants, Owner: o, PFN: pfn,
		Step: l.events, AtEnd: l.ended, Text: fmt.Sprintf(format, args...)})
}

// Watch takes one event in. It is what vfs.Options.Watch wants.
func (l *Ledger) Watch(e vfs.Event) {
	l.events++
	i := l.task(e.Task)
	switch e.Kind {
	case vfs.Pinned:
		l.pins = append(l.pins, pin{pfn: e.PFN, owner: e.Owner, by: i, on: i})
	case vfs.Unpinned:
		l.unpinned(e)
	case vfs.DeviceWrote, vfs.DeviceRead:
		l.device(e)
	case vfs.DeviceGone:
		l.deviceGone()

	case vfs.BlockClaimed:
		l.claimed(e)
	case vfs.BlockFreed:
		l.freed(e)
	case vfs.BlockQuarantined:
		l.quarantined(e)

	case vfs.LeaseGranted:
		l.leases = append(l.leases, lease{owner: e.Owner, on: i})
	case vfs.LeaseEnded, vfs.LeaseFenced:
		l.leaseEnded(e, i)

	case vfs.Resumed:
		l.resumed(e.Owner)
	case vfs.EvictBegin:
		l.inodes[l.inode(e.Owner)].evictor = i
	case vfs.EvictEnd:
		l.evicted(e)

	case vfs.WaitBegin:
		l.waitBegins(i, e)
	case vfs.WaitEnd:
		l.tasks[i].wait = vfs.Event{}

	case vfs.LockTaken:
		l.lockTaken(i, lock{e.Class, e.Owner})
	case vfs.LockDropped:
		l.lockDropped(i, lock{e.Class, e.Owner})
	case vfs.ReclaimBegin:
		l.reclaimBegins(i)
	case vfs.ReclaimEnd:
		l.tasks[i].reclaim--
	case vfs.SpinTaken:
		l.tasks[i].spin++
	case vfs.SpinDropped:
		l.tasks[i].spin--
	case vfs.MaySleep:
		l.maySleep(i, e)
	}
}

// inode returns the index of an inode, which is taken for cached if the ledger
// has not seen it come.
func (l *Ledger) inode(o media.Owner) int {
	if i := l.cached(o); i >= 0 {
		return i
	}
	l.inodes = append(l.inodes, inode{owner: o, evictor: -1})
	return len(l.inodes) - 1
}

// cachedNumber is cached for who knows the number only, as who waits for an
// inode does: it may come back with another generation.
func (l *Ledger) cachedNumber(ino vfs.Ino) int {
	for i := range l.inodes {
		if l.inodes[i].owner.Ino == ino {
			return i
		}
	}
	return -1
}

// cached returns the index of a cached inode, or -1.
func (l *Ledger) cached(o media.Owner) int {
	for i := range l.inodes {
		if l.inodes[i].owner == o {
			return i
		}
	}
	return -1
}
