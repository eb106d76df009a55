package oracle

import (
	"context"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// The cast of the stories: F and G are files, of which G came to F's block; A, B
// and C are tasks.
var (
	fileF = media.Owner{Ino: 3, Gen: 1}
	fileG = media.Owner{Ino: 4, Gen: 1}

	a, b, c = vfs.NewTask(context.Background()), vfs.NewTask(context.Background()), vfs.NewTask(context.Background())
)

// A story is a stream of events, and what a ledger must find in it.
type story struct {
	name   string
	events []vfs.Event
	stuck  []*vfs.Task
	rest   []vfs.Surveyed
	end    bool   // judged at its end
	want   string // property and invariants of each finding, sorted
	say    string // part of the text of one
}

func on(kind vfs.EventKind, t *vfs.Task, o media.Owner, block uint32) vfs.Event {
	return vfs.Event{Kind: kind, Task: t, Owner: o, PFN: page.PFN(block)}
}

func wait(t *vfs.Task, k vfs.WaitKind, o media.Owner, block uint32) vfs.Event {
	return vfs.Event{Kind: vfs.WaitBegin, Task: t, Wait: k, Owner: o, PFN: page.PFN(block)}
}

func locked(kind vfs.EventKind, t *vfs.Task, class vfs.LockClass, o media.Owner) vfs.Event {
	return vfs.Event{Kind: kind, Task: t, Class: class, Owner: o}
}

func of(t *vfs.Task, kind vfs.EventKind) vfs.Event { return vfs.Event{Kind: kind, Task: t} }

func device(kind vfs.EventKind, o media.Owner, block uint32, own bool) vfs.Event {
	return vfs.Event{Kind: kind, Owner: o, PFN: page.PFN(block), Own: own}
}

var stories = []story{
	{name: "evicted, then unpinned", want: "P1e A", say: "B evicted F while A pins its block 12", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), on(vfs.EvictEnd, b, fileF, 0), on(vfs.Unpinned, a, fileF, 12),
	}},
	{name: "unpinned, then evicted", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), on(vfs.Unpinned, a, fileF, 12), on(vfs.EvictEnd, b, fileF, 0),
	}},
	{name: "another file evicted", events: []vfs.Event{
		on(vfs.Pinned, a, fileG, 13), on(vfs.EvictBegin, b, fileF, 0), on(vfs.EvictEnd, b, fileF, 0),
	}},
	{name: "one of two pins dropped", want: "P1e A", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.Pinned, b, fileF, 12), on(vfs.Unpinned, a, fileF, 12), on(vfs.EvictEnd, c, fileF, 0),
	}},

	{name: "freed under a pin", want: "P1r U", say: "block 12 of F was freed while A pins it", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), {Kind: vfs.BlockFreed, Task: b, Owner: fileF, PFN: 10, N: 3},
	}},
	{name: "freed beside a pin", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 13), {Kind: vfs.BlockFreed, Task: b, Owner: fileF, PFN: 10, N: 3},
	}},
	{name: "freed under a lease", want: "P1r U", say: "while A has a layout lease", events: []vfs.Event{
		on(vfs.LeaseGranted, a, fileF, 0), on(vfs.BlockFreed, b, fileF, 12),
	}},
	{name: "freed after the fence", events: []vfs.Event{
		on(vfs.LeaseGranted, a, fileF, 0), on(vfs.LeaseFenced, b, fileF, 0), on(vfs.BlockFreed, b, fileF, 12),
	}},
	{name: "quarantined, freed by the last unpin", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.BlockQuarantined, b, fileF, 12), on(vfs.Unpinned, a, fileF, 12), on(vfs.BlockFreed, a, fileF, 12),
	}, end: true},
	{name: "quarantined, told late", end: true, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.Unpinned, a, fileF, 12), on(vfs.BlockFreed, a, fileF, 12), on(vfs.BlockQuarantined, b, fileF, 12),
	}},
	{name: "device in quarantine", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.BlockQuarantined, b, fileF, 12), device(vfs.DeviceWrote, fileF, 12, false),
	}},
	{name: "given out of quarantine", want: "P1r U,P1r U", say: "out of quarantine", events: []vfs.Event{
		on(vfs.BlockQuarantined, b, fileF, 12), on(vfs.BlockClaimed, b, fileG, 12),
		on(vfs.Pinned, a, fileF, 14), on(vfs.BlockClaimed, b, fileG, 14),
	}},
	{name: "pinned by its new owner", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.Unpinned, a, fileF, 12), on(vfs.BlockFreed, b, fileF, 12),
		on(vfs.BlockClaimed, b, fileG, 12), on(vfs.Pinned, a, fileG, 12),
	}},
	{name: "device where it may not be", want: "P1r U,P1r U", say: "the device wrote into block 12, which it pinned as a page of F", events: []vfs.Event{
		device(vfs.DeviceWrote, fileF, 12, false), device(vfs.DeviceRead, fileF, 13, false),
	}},
	{name: "device where it may be", events: []vfs.Event{
		device(vfs.DeviceWrote, fileF, 12, true), device(vfs.DeviceRead, fileF, 12, true), on(vfs.DMAFenced, nil, fileF, 12),
	}},
	{name: "unpinned twice", want: "P1r U", say: "that nobody has", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.Unpinned, a, fileF, 12), on(vfs.Unpinned, a, fileF, 12),
	}},
	{name: "unplugged under a pin", want: "P1u U", say: "A pins block 12 of F", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), of(b, vfs.DeviceGone),
	}},
	{name: "device after the unplug", want: "P1u U", say: "A reached for block 12 of F, whose memory was gone", events: []vfs.Event{
		of(b, vfs.DeviceGone), {Kind: vfs.DeviceWrote, Task: a, Owner: fileF, PFN: 12},
	}},
	{name: "unplugged with none", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.Unpinned, a, fileF, 12), of(b, vfs.DeviceGone),
	}},

	{name: "completion throttled behind the evictor", want: "P2m", say: "A waits for memory; B waits for the pins on block 12 of F, on A", stuck: []*vfs.Task{a, b}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12),
		wait(a, vfs.ForMemory, media.Owner{}, 0),
	}},
	{name: "own reclaim takes the pinned inode", want: "P2b R,P2m", stuck: []*vfs.Task{a}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), of(a, vfs.ReclaimBegin), on(vfs.EvictBegin, a, fileF, 0), wait(a, vfs.ForPins, fileF, 12),
	}},
	{name: "completion looks up what is being evicted", want: "P2f", say: "A waits for the eviction of F; B waits for the pins on block 12 of F, on A", stuck: []*vfs.Task{a, b}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12), wait(a, vfs.ForInode, media.Owner{Ino: fileF.Ino}, 0),
	}},
	{name: "pinner drops the last reference", want: "P2s", say: "which is its own", stuck: []*vfs.Task{a}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, a, fileF, 0), wait(a, vfs.ForPins, fileF, 12),
	}},
	{name: "lease holder throttled", want: "P2m", stuck: []*vfs.Task{a, b}, events: []vfs.Event{
		on(vfs.LeaseGranted, a, fileF, 0), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForLeases, fileF, 0), wait(a, vfs.ForMemory, media.Owner{}, 0),
	}},
	{name: "completion behind a lock that the evictor holds", want: "K,P2 K", say: "A waits for the IOLOCK of F; B waits for the pins on block 12 of F, on A", stuck: []*vfs.Task{a, b}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), locked(vfs.LockTaken, b, vfs.IOLock, fileF), wait(b, vfs.ForPins, fileF, 12),
		{Kind: vfs.WaitBegin, Task: a, Wait: vfs.ForLock, Class: vfs.IOLock, Owner: fileF},
	}},
	{name: "completion gone without its unpin", want: "P2", say: "A has ended without", stuck: []*vfs.Task{b}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "two locks crosswise", want: "K,P2 K", say: "A waits for the IOLOCK of G; B waits for the IOLOCK of F, on A", stuck: []*vfs.Task{a, b}, events: []vfs.Event{
		locked(vfs.LockTaken, a, vfs.IOLock, fileF), locked(vfs.LockTaken, b, vfs.IOLock, fileG),
		{Kind: vfs.WaitBegin, Task: a, Wait: vfs.ForLock, Class: vfs.IOLock, Owner: fileG},
		{Kind: vfs.WaitBegin, Task: b, Wait: vfs.ForLock, Class: vfs.IOLock, Owner: fileF},
		locked(vfs.LockTaken, c, vfs.IOLock, fileG), locked(vfs.LockTaken, c, vfs.IOLock, fileF),
	}},
	{name: "asleep though the pin is gone", want: "P2 W", say: "its wake-up was lost", stuck: []*vfs.Task{b}, events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12), on(vfs.Unpinned, a, fileF, 12),
	}},
	{name: "asleep though the eviction is over", want: "P2 W", stuck: []*vfs.Task{a}, events: []vfs.Event{
		on(vfs.EvictBegin, b, fileF, 0), wait(a, vfs.ForInode, fileF, 0), on(vfs.EvictEnd, b, fileF, 0),
	}},
	{name: "asleep though the lease is back", want: "P2 W", stuck: []*vfs.Task{b}, events: []vfs.Event{
		on(vfs.LeaseGranted, a, fileF, 0), wait(b, vfs.ForLeases, fileF, 0), on(vfs.LeaseEnded, a, fileF, 0),
	}},
	{name: "a wait that ended", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12), on(vfs.Unpinned, a, fileF, 12),
		of(b, vfs.WaitEnd), on(vfs.EvictEnd, b, fileF, 0),
	}, end: true},

	{name: "reclaim waits for a pin", want: "P2b R", say: "B waits for the pins on block 12 of F inside reclaim", events: []vfs.Event{
		of(b, vfs.ReclaimBegin), of(b, vfs.ReclaimBegin), of(b, vfs.ReclaimEnd), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "reclaim waits for a lease", want: "P2b R", events: []vfs.Event{of(b, vfs.ReclaimBegin), wait(b, vfs.ForLeases, fileF, 0)}},
	{name: "reclaim waits for room", want: "P2b R", say: "for room in the worker's queue inside reclaim", events: []vfs.Event{of(b, vfs.ReclaimBegin), wait(b, vfs.ForRoom, media.Owner{}, 0)}},
	{name: "reclaim waits for an inode", events: []vfs.Event{of(b, vfs.ReclaimBegin), wait(b, vfs.ForInode, fileF, 0)}},
	{name: "after reclaim", events: []vfs.Event{of(b, vfs.ReclaimBegin), of(b, vfs.ReclaimEnd), wait(b, vfs.ForPins, fileF, 12)}},

	{name: "sleep under a spinlock", want: "P4 X", say: "A calls what may sleep", events: []vfs.Event{
		on(vfs.SpinTaken, a, fileF, 0), on(vfs.MaySleep, a, fileF, 0), on(vfs.SpinDropped, a, fileF, 0),
	}},
	{name: "wait under a spinlock", want: "P4 X", events: []vfs.Event{on(vfs.SpinTaken, a, fileF, 0), wait(a, vfs.ForEntry, fileF, 0)}},
	{name: "sleep beside a spinlock", events: []vfs.Event{
		on(vfs.SpinTaken, a, fileF, 0), on(vfs.MaySleep, b, fileF, 0), on(vfs.SpinDropped, a, fileF, 0), on(vfs.MaySleep, a, fileF, 0),
	}},

	{name: "two with one number", want: "P5", say: "inode 3 gen 2 came into the cache while F was there", events: []vfs.Event{
		on(vfs.Resumed, a, fileF, 0), on(vfs.Resumed, b, media.Owner{Ino: 3, Gen: 2}, 0),
	}},
	{name: "one after the other", events: []vfs.Event{
		on(vfs.Resumed, a, fileF, 0), on(vfs.EvictBegin, a, fileF, 0), on(vfs.EvictEnd, a, fileF, 0), on(vfs.Resumed, b, media.Owner{Ino: 3, Gen: 2}, 0),
	}, end: true},

	{name: "evictor waits under the inode's lock", want: "K", say: "holds the MMAPLOCK of F", events: []vfs.Event{
		on(vfs.EvictBegin, b, fileF, 0), locked(vfs.LockTaken, b, vfs.LayoutLock, fileF), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "truncater waits under the inode's lock", events: []vfs.Event{
		locked(vfs.LockTaken, b, vfs.IOLock, fileF), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "evictor dropped the lock", events: []vfs.Event{
		on(vfs.EvictBegin, b, fileF, 0), locked(vfs.LockTaken, b, vfs.IOLock, fileF), locked(vfs.LockDropped, b, vfs.IOLock, fileF), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "reclaim under a lock, the lock inside reclaim", want: "K", say: "B takes the IOLOCK inside reclaim; A reclaims under the IOLOCK: a circle", events: []vfs.Event{
		locked(vfs.LockTaken, a, vfs.IOLock, fileF), of(a, vfs.ReclaimBegin), of(a, vfs.ReclaimEnd), locked(vfs.LockDropped, a, vfs.IOLock, fileF),
		of(b, vfs.ReclaimBegin), locked(vfs.LockTaken, b, vfs.IOLock, fileG), locked(vfs.LockDropped, b, vfs.IOLock, fileG), of(b, vfs.ReclaimEnd),
	}},
	{name: "a circle of three", want: "K", say: "C takes the IOLOCK under s_umount; A takes the MMAPLOCK under the IOLOCK, B takes s_umount under the MMAPLOCK: a circle", events: []vfs.Event{
		locked(vfs.LockTaken, a, vfs.IOLock, fileF), locked(vfs.LockTaken, a, vfs.LayoutLock, fileF),
		locked(vfs.LockTaken, b, vfs.LayoutLock, fileG), locked(vfs.LockTaken, b, vfs.SBLock, media.Owner{}),
		locked(vfs.LockTaken, c, vfs.SBLock, media.Owner{}), locked(vfs.LockTaken, c, vfs.IOLock, fileG),
	}},
	{name: "locks in order", events: []vfs.Event{
		locked(vfs.LockTaken, a, vfs.IOLock, fileF), locked(vfs.LockTaken, a, vfs.IOLock, fileG), locked(vfs.LockTaken, a, vfs.LayoutLock, fileF),
		locked(vfs.LockTaken, b, vfs.SBLock, media.Owner{}), locked(vfs.LockTaken, b, vfs.IOLock, fileG), locked(vfs.LockTaken, b, vfs.LayoutLock, fileG),
	}},

	{name: "lookup behind a stranger's pin", want: "H", say: "C waits for the eviction of F, behind B, which waits for the pins on block 12 of F", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), wait(b, vfs.ForPins, fileF, 12), wait(c, vfs.ForInode, fileF, 0),
	}},
	{name: "next on the list behind a pin", want: "H", say: "the eviction of G is held up behind that of F", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.EvictBegin, b, fileF, 0), on(vfs.EvictBegin, b, fileG, 0), wait(b, vfs.ForPins, fileF, 12),
	}},
	{name: "lookup behind an eviction that waits for nothing", events: []vfs.Event{
		on(vfs.EvictBegin, b, fileF, 0), wait(c, vfs.ForInode, fileF, 0),
	}},

	{name: "unlinked and kept", end: true, want: "P3 L", say: "until unmount", rest: []vfs.Surveyed{{Owner: fileF, Unlinked: true}}},
	{name: "unlinked, kept and pinned", end: true, events: []vfs.Event{on(vfs.Pinned, a, fileF, 12)}, rest: []vfs.Surveyed{{Owner: fileF, Unlinked: true}}},
	{name: "idle and findable", end: true, rest: []vfs.Surveyed{{Owner: fileF, OnLRU: true, Shrinkable: true}}},
	{name: "parked", end: true, want: "P7, parked", rest: []vfs.Surveyed{{Owner: fileF}}},
	{name: "idle on no list", end: true, want: "P7", say: "reclaim can never find it", rest: []vfs.Surveyed{{Owner: fileF, Shrinkable: true}}},
	{name: "reference of nobody", end: true, want: "P7", say: "has 2 references", rest: []vfs.Surveyed{{Owner: fileF, Refs: 2, OnLRU: true}}},
	{name: "eviction of nobody", end: true, want: "P7", rest: []vfs.Surveyed{{Owner: fileF, Freeing: true, Unlinked: true}}},
	{name: "quarantine for ever", end: true, want: "P3 L", say: "in quarantine", events: []vfs.Event{
		on(vfs.Pinned, a, fileF, 12), on(vfs.BlockQuarantined, b, fileF, 12), on(vfs.Unpinned, a, fileF, 12),
	}},
	{name: "two in the survey with one number", end: true, want: "P5", events: []vfs.Event{on(vfs.Resumed, a, fileF, 0)},
		rest: []vfs.Surveyed{{Owner: media.Owner{Ino: 3, Gen: 2}, OnLRU: true}}},
}

// TestStories tells each story to one ledger, which is reset in between.
func TestStories(t *testing.T) {
	l := new(Ledger)
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			l.Reset()
			for task, name := range map[*vfs.Task]string{a: "A", b: "B", c: "C"} {
				l.Name(task, name)
			}
			l.NameFile(fileF, "F")
			l.NameFile(fileG, "G")
			for _, e := range s.events {
				l.Watch(e)
			}
			if s.end {
				for _, in := range s.rest {
					l.rest(in)
				}
				l.quarantine()
			}
			l.stuck(s.stuck, true)
			if got := short(l.Findings()); got != s.want {
				t.Errorf("found %q, want %q:\n%v", got, s.want, l.Findings())
			}
			if s.say != "" && !slices.ContainsFunc(l.Findings(), func(f Finding) bool { return strings.Contains(f.Text, s.say) }) {
				t.Errorf("no finding says %q:\n%v", s.say, l.Findings())
			}
		})
	}
}

// TestEveryOracleFires holds the stories to the list in the package comment.
func TestEveryOracleFires(t *testing.T) {
	all := ""
	for _, s := range stories {
		all += s.want + ","
	}
	fired := strings.FieldsFunc(all, func(r rune) bool { return r == ',' || r == ' ' })
	for _, name := range strings.Fields("P1e P1r P1u P2 P2m P2f P2s P2b P3 P4 P5 P7 U A L R H K X W") {
		if !slices.Contains(fired, name) {
			t.Errorf("no story has %s", name)
		}
	}
}

// TestReferences counts what callers say they hold.
func TestReferences(t *testing.T) {
	l := new(Ledger)
	l.Name(a, "A")
	l.Watch(on(vfs.Resumed, b, fileF, 0))
	l.Hold(a, fileF)
	l.Watch(on(vfs.EvictBegin, b, fileF, 0))
	l.Watch(on(vfs.EvictEnd, b, fileF, 0))
	if got := short(l.Findings()); got != "P5" {
		t.Errorf("an inode was torn down under a reference: found %q", got)
	}
	l.Reset()
	l.Watch(on(vfs.Resumed, b, fileF, 0))
	l.Hold(a, fileF)
	l.rest(vfs.Surveyed{Owner: fileF, Refs: 1})
	l.Drop(a, fileF)
	l.Watch(on(vfs.EvictEnd, b, fileF, 0))
	if got := short(l.Findings()); got != "" {
		t.Errorf("found %q in a good run", got)
	}
	l.Hold(a, fileF)
	if got := short(l.Findings()); got != "P5" {
		t.Errorf("a reference to an inode that is gone: found %q", got)
	}
}

// TestLeasesArePins: a lease that comes with a pin is nothing without it.
func TestLeasesArePins(t *testing.T) {
	l := new(Ledger)
	l.LeasesArePins()
	l.Watch(on(vfs.LeaseGranted, a, fileF, 0))
	l.Watch(on(vfs.BlockFreed, b, fileF, 12))
	l.Watch(on(vfs.Pinned, a, fileF, 13))
	if f := l.Findings(); len(f) != 0 {
		t.Errorf("found %v", f)
	}
	l.Watch(on(vfs.BlockFreed, b, fileF, 13))
	if got := short(l.Findings()); got != "P1r U" {
		t.Errorf("freed under the pin: found %q", got)
	}
}

// TestLivelock: who spins for a pin is judged as who sleeps for it, but nobody's
// wake-up is lost.
func TestLivelock(t *testing.T) {
	l := new(Ledger)
	l.Watch(on(vfs.Pinned, a, fileF, 12))
	l.Watch(on(vfs.EvictBegin, b, fileF, 0))
	l.Watch(wait(b, vfs.ForPins, fileF, 12))
	l.Watch(wait(c, vfs.ForLeases, fileG, 0))
	if l.AtLivelock(b, c) || len(l.Findings()) != 0 {
		t.Errorf("nobody on whom it is waits: found %v", l.Findings())
	}
	l.Watch(wait(a, vfs.ForInode, fileF, 0))
	if !l.AtLivelock(a, b, c) || !strings.Contains(short(l.Findings()), "P2f") {
		t.Errorf("a circle: found %v", l.Findings())
	}
}

// TestHand moves a pin to its completion.
func TestHand(t *testing.T) {
	l := new(Ledger)
	l.Name(c, "C")
	l.Watch(on(vfs.Pinned, a, fileF, 12))
	l.Watch(on(vfs.LeaseGranted, a, fileF, 0))
	l.Hand(a, c)
	l.Watch(on(vfs.BlockFreed, b, fileF, 12))
	if f := l.Findings(); len(f) != 1 || !strings.Contains(f[0].Text, "while C pins it") {
		t.Errorf("found %v, want that C pins it", f)
	}
	l.Watch(on(vfs.EvictBegin, a, fileF, 0))
	l.Watch(wait(a, vfs.ForPins, fileF, 12))
	l.stuck([]*vfs.Task{a}, true)
	if f := l.Findings(); f[len(f)-1].Property != "P2" {
		t.Errorf("A waits for what C is to drop: found %v", f)
	}
}

// TestSayKnowsEveryEvent keeps words.go up with the kinds of events.
func TestSayKnowsEveryEvent(t *testing.T) {
	l := new(Ledger)
	for k := vfs.NoEvent + 1; k <= vfs.DeviceGone; k++ {
		if s := l.Say(vfs.Event{Kind: k}); strings.HasPrefix(s, "event ") {
			t.Errorf("kind %d has no words", k)
		}
	}
}

// short lists findings by property and invariants, sorted, each once.
func short(findings []Finding) string {
	var list []string
	for _, f := range findings {
		list = append(list, strings.TrimSpace(string(f.Property)+" "+f.Invariants))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
