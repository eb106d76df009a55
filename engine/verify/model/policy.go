package model

import "fmt"

// A Busy says what an eviction does about pages that are pinned.
type Busy uint8

// What there is to do about a busy page.
const (
	Ignore Busy = iota // evict all the same, without a look
	Wait               // sleep until it is idle
	Spin               // let go of everything and try again
	Keep               // leave the inode in the cache; at the last reference that is tested under i_lock
	Defer              // hand the inode to the worker
)

// A Hold says what a pin holds of the inode.
type Hold uint8

// What a pin can hold.
const (
	HoldsNothing Hold = iota
	HoldsInode        // a reference for each pin
	HoldsStriped      // a reference for each 0→1 of a counter of the inode
)

// A Deadline says how a wait for pins at eviction may end but by an unpin.
type Deadline uint8

// What follows when the deadline has passed.
const (
	NoDeadline Deadline = iota
	GiveUp              // go on as if the pages were idle
	Fence               // take the pins away from their holders; leases too
)

// A Policy is one answer to the question what eviction does about pins and
// leases, reduced to what its steps depend on. The zero Policy is "none".
type Policy struct {
	Name string
	ID   string // in the list of policies: "P7"

	Final   Busy // at the last reference of an unlinked inode
	Dropped Busy // at the last reference of a linked inode that is not to be kept
	Reclaim Busy // in reclaim, direct or not
	Unplug  Busy // when the device goes

	Hold     Hold
	Deadline Deadline
	Room     uint8 // places in the queue of deferred evictions; who is in reclaim does not wait for one

	Aside         bool // the worker puts busy inodes aside; else it waits for the oldest
	Check         bool // whoever frees a block looks at its page word first
	Lock          bool // eviction holds ioLock while it waits for pins
	Leases        bool // eviction breaks layout leases
	DMAOnly       bool // busy tests do not count FOLL_GET
	Refuse        bool // pins of holders without a bound are refused
	Interruptible bool // a signal ends eviction's wait, and nobody looks why it ended
	PerEntry      bool // eviction waits for and deletes one entry after the other
	Notify        bool // unplug first drops all entries and shuts the file system down
	Drain         bool // unplug first waits until nothing is pinned
}

// Policies holds the abstract policies in the order of their numbers; package
// layout has the real ones under the same names.
var Policies = []Policy{
	{ID: "P0", Name: "none"},
	{ID: "P1", Name: "dma-pin-only", DMAOnly: true},
	{ID: "P2x", Name: "unconditional", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Lock: true, Leases: true},
	{ID: "P2e", Name: "break-ignored", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Interruptible: true},
	{ID: "P3", Name: "busy-drop", Final: Keep, Dropped: Wait, Unplug: Keep},
	{ID: "P4", Name: "per-entry", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, PerEntry: true},
	{ID: "P5", Name: "writeback", Dropped: Wait, Reclaim: Keep, Unplug: Wait},
	{ID: "P6", Name: "locked-final", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Lock: true},
	{ID: "P7", Name: "dax-only", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait},
	{ID: "P7a", Name: "always-call", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait},
	{ID: "P8", Name: "inode-ref", Hold: HoldsInode},
	{ID: "P8b", Name: "striped-ref", Hold: HoldsStriped},
	{ID: "P9", Name: "vma-pin", Hold: HoldsInode},
	{ID: "P10", Name: "layout-lease", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Leases: true, Deadline: Fence},
	{ID: "P11", Name: "refuse", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Refuse: true},
	{ID: "P12", Name: "notify-revoke", Final: Wait, Dropped: Wait, Reclaim: Wait, Unplug: Wait, Notify: true},
	{ID: "P13", Name: "defer", Final: Defer, Dropped: Defer, Reclaim: Defer, Unplug: Defer, Room: 1},
	{ID: "P13a", Name: "defer-aside", Final: Defer, Dropped: Defer, Reclaim: Defer, Unplug: Defer, Room: 1, Aside: true},
	{ID: "P14", Name: "quarantine", Check: true},
	{ID: "P15", Name: "nowait-retry", Final: Spin, Dropped: Spin, Reclaim: Spin, Unplug: Spin},
	{ID: "P16", Name: "bounded-wait", Final: Wait, Dropped: Wait, Unplug: Wait, Deadline: GiveUp, Check: true},
}

// Perfect is a policy that nobody proposed and that nothing here finds fault
// with: each pin holds the inode, and unplug waits for pins before anything
// else. It shows that the checks do not cry without reason.
var Perfect = Policy{Name: "perfect", Hold: HoldsInode, Drain: true}

// Lookup returns the policy with the given name or number.
func Lookup(name string) (Policy, error) {
	for _, p := range append(Policies[:len(Policies):len(Policies)], Perfect) {
		if p.Name == name || p.ID == name && name != "" {
			return p, nil
		}
	}
	return Policy{}, fmt.Errorf("the model has no policy %q", name)
}
