package vfs

import (
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
	"daxbench/engine/lease"
)

// A pinLease is the layout lease that a pin is held under (Rules.NeedLease). It
// is the lease's holder, and one that cannot hurry: what a device was told to do
// takes the time it takes. So a recall does nothing, and the lease comes back
// with the end of the I/O or is fenced at the deadline.
//
// The fence stands for what keeps a device out by force (an IOMMU that drops
// the translation, a SCSI reservation). It waits for the access that is under
// way, lets no other begin, and drops the pin's count in the page's word, since
// the holder may never come to do so. Fence and Unpin both want to drop it;
// phase decides, under mu: the first does.
//
// Lock order: lease.Set.mu → pinLease.mu → what dropping a page takes.
type pinLease struct {
	lease lease.Lease
	sb    *Superblock
	in    uint32    // index of the inode
	next  *pinLease // in its pool; guarded by leasePool.mu

	mu    sync.Mutex // held while the device is in the page
	phase leasePhase // guarded by mu
	pin   Pin        // guarded by mu; from phase pinned on
}

// A leasePhase says how far a pin has come.
type leasePhase uint8

const (
	granted leasePhase = iota // the page is not pinned yet
	pinned                    // it is: who ends this phase drops the count
	ended                     // by Unpin
	fenced                    // by the fence
)

// leasePools is how many pools of unused leases there are. An inode always uses
// the same one.
const leasePools = 16

type leasePool struct {
	mu   sync.Mutex
	free *pinLease // guarded by mu
	_    [64 - 16]byte
}

// grantPin returns a lease on in for a pin that is about to be taken.
func (sb *Superblock) grantPin(in *Inode) *pinLease {
	pool := &sb.leases[in.index%leasePools]
	pool.mu.Lock()
	l := pool.free
	if l != nil {
		pool.free = l.next
	}
	pool.mu.Unlock()
	if l == nil {
		l = new(pinLease)
	}
	l.sb, l.in, l.phase = sb, in.index, granted // nobody else has it
	if err := in.Leases().Grant(&l.lease, l); err != nil {
		panic("vfs: a lease in the pool: " + err.Error())
	}
	return l
}

// returnPin gives the lease back, if it was not fenced. Return waits for a fence
// that is under way, so nobody has l afterwards.
func (sb *Superblock) returnPin(l *pinLease) {
	l.lease.Return()
	pool := &sb.leases[l.in%leasePools]
	pool.mu.Lock()
	l.next, pool.free = pool.free, l
	pool.mu.Unlock()
}

// begin says that the page is pinned. It reports false if the lease was fenced
// before: then the caller drops the page, and gets another lease.
func (l *pinLease) begin(t *Task, p Pin) bool {
	l.mu.Lock()
	ok := l.phase == granted || bug.Planted(bug.PinAfterFence)
	if ok {
		l.phase, l.pin = pinned, p
		l.sb.tellPin(Pinned, t, p) // before the fence can end it
	}
	l.mu.Unlock()
	return ok
}

// end says that the I/O is over. Unless the fence was faster it drops the page,
// under mu: a fence that finds nothing to drop has nothing to wait for either.
func (l *pinLease) end(p Pin) {
	l.mu.Lock()
	if l.phase == pinned || bug.Planted(bug.FencedUnpinDrops) {
		l.phase = ended
		l.sb.endPin(p)
	}
	l.mu.Unlock()
}

// enter begins an access by the device, which leave ends. It reports false if
// the device is kept out.
func (l *pinLease) enter() bool {
	l.mu.Lock()
	if l.phase != fenced || bug.Planted(bug.DeviceIgnoresFence) {
		return true
	}
	l.mu.Unlock()
	return false
}

func (l *pinLease) leave() { l.mu.Unlock() }

// Recall implements lease.Holder.
func (l *pinLease) Recall(*lease.Lease) {}

// Fence implements lease.Fencer.
func (l *pinLease) Fence(*lease.Lease) {
	l.mu.Lock()
	if l.phase == pinned && !bug.Planted(bug.FenceForgetsPin) {
		l.sb.endPin(l.pin)
	}
	if l.phase != ended {
		l.phase = fenced
	}
	l.mu.Unlock()
}

// leaseFile is an Inode as its leases see it. Only with Options.LeaseHoldsFile,
// or a watcher, is it told of them.
type leaseFile Inode

// LeaseGranted implements lease.File. Whoever is granted a lease holds a
// reference to the inode.
func (f *leaseFile) LeaseGranted() {
	in := (*Inode)(f)
	if in.sb.opts.LeaseHoldsFile {
		in.hold()
	}
	in.sb.tell(Event{Kind: LeaseGranted, Owner: in.Owner()})
}

// LeaseEnded implements lease.File.
func (f *leaseFile) LeaseEnded(fenced bool) {
	in := (*Inode)(f)
	kind := LeaseEnded
	if fenced {
		kind = LeaseFenced
	}
	in.sb.tell(Event{Kind: kind, Owner: in.Owner()})
	if in.sb.opts.LeaseHoldsFile {
		in.sb.delayedIput(in)
	}
}
