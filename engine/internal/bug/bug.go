// Package bug plants bugs in the engine, one at a time, so that its checks can
// show that they find them. Built with the tag daxbug, Planted looks which one
// is planted; without the tag it is the constant false, and the compiler takes
// out what depends on it.
//
// To add one: a constant and a line below, one `if bug.Planted(…)` where it
// belongs, and the scenes that must catch it (scenes_test.go in engine/). A
// bug that no scene claims fails the tests.
//
// Note: a copy of the engine with the bug in it would drift from the engine, and
// an interface at each place would cost the measured path.
package bug

// A Bug is a mistake in the engine.
type Bug uint8

// The bugs; about says what each is.
const (
	None Bug = iota

	// Pins, in package page.
	PinWithoutRecheck
	BackOffForgetsWake
	UnpinForgetsWake
	TestThenArm
	PinInTwoSteps

	// Lookup and the end of New and Freeing.
	IgetTakesFreeing
	IgetInTwoSteps
	MissInsertsBlindly
	UnhashMovesAnother
	ArmAfterUnlock
	UnhashForgetsWake
	WakeBeforeUnhash
	SettleForgetsWake
	CreateHashesLate
	FindTrustsTag
	IputSubtracts
	IputStores
	UnlinkedOntoLRU
	EvictedStaysOnLRU
	IdleNotOntoLRU
	ReclaimIgnoresCount
	ReclaimNotFreeing
	ReclaimDropsBlindly
	GuardOnlyWhenAdded
	UnmountIgnoresCount
	ReclaimWaits
	EvictUnderSpin
	ThrottleForgetsKicks

	// Breaking layouts.
	BreakSeesOnePage
	BreakForgetsRescan
	BreakWithoutGate
	BreakWaitsShut
	TruncateSkipsPins
	TruncateSkipsLeases
	TruncateForgetsThaw
	TruncateTrustsSize
	BreakersShareGate
	UnplugSkipsDrain
	EntryUnlockNoWake
	CowForgetsGate
	ShareDropInTwoSteps
	LeaseReturnNoWake
	LeaseFencedUnlocked
	DoubleUnpin
	SemUnlockForgetsWake

	// What pins keep, and who does what is left over.
	PinForgetsInode
	UnpinLeaksInode
	UnpinInodeFirst
	LaneDropsFirst
	PinAfterFence
	FencedUnpinDrops
	FenceForgetsPin
	DeviceIgnoresFence
	HandoverForgetsWake
	UnpinForgetsAside
	WorkerForgetsRoom

	End // how many there are, None included
)

var about = [End]string{
	PinWithoutRecheck:    "a pin does not look at the gate again",
	BackOffForgetsWake:   "a pin that came too late is undone without a wake-up",
	UnpinForgetsWake:     "the last unpin wakes nobody",
	TestThenArm:          "who waits for a page does not look again after it is queued",
	PinInTwoSteps:        "a pin loads the count and then stores it",
	IgetTakesFreeing:     "Iget does not wait for the end of an eviction",
	IgetInTwoSteps:       "Iget looks at the state of the inode, and then takes the reference",
	MissInsertsBlindly:   "who missed does not look again, with the stripe locked, before it inserts",
	UnhashMovesAnother:   "who takes an inode out of the hash table moves another into its slot",
	ArmAfterUnlock:       "who waits for New or Freeing is queued after the stripe is unlocked",
	UnhashForgetsWake:    "nobody is told of the end of Freeing",
	WakeBeforeUnhash:     "they are told before the inode is out of the hash table",
	SettleForgetsWake:    "nobody is told of the end of New",
	CreateHashesLate:     "the record of a new file is on the region before the inode is in the cache",
	FindTrustsTag:        "a lookup takes what a slot with its tag leads to, whatever number that has",
	IputSubtracts:        "Iput drops the reference first, and then looks whether it was the last",
	IputStores:           "the last Iput of an inode on the list looks at its state, and then stores the next",
	UnlinkedOntoLRU:      "the last Iput of an unlinked inode keeps it",
	EvictedStaysOnLRU:    "the last Iput does not take an unlinked inode off the list",
	IdleNotOntoLRU:       "the last Iput of a linked inode does not put it onto the list",
	ReclaimIgnoresCount:  "reclaim takes inodes that are referenced",
	ReclaimNotFreeing:    "reclaim does not mark what it takes",
	ReclaimDropsBlindly:  "reclaim takes one in use off the list without looking whether it still is",
	GuardOnlyWhenAdded:   "reclaim does not look whether it may take an inode that was shrinkable once",
	UnmountIgnoresCount:  "EvictInodes takes inodes that are referenced",
	ReclaimWaits:         "reclaim waits for the end of another's eviction instead of passing the inode over",
	EvictUnderSpin:       "the last Iput evicts under i_lock",
	ThrottleForgetsKicks: "who is throttled does not look whether memory may be had by the time it is queued",
	BreakSeesOnePage:     "a break looks at the first page only",
	BreakForgetsRescan:   "the break of an eviction does not look at the pages again after it waited for one",
	BreakWithoutGate:     "a break does not shut the gate",
	BreakWaitsShut:       "a break keeps the lock and the gate shut while it waits",
	TruncateSkipsPins:    "a truncation does not wait for pins",
	TruncateSkipsLeases:  "a truncation does not recall leases",
	TruncateForgetsThaw:  "a truncation leaves the gate shut",
	TruncateTrustsSize:   "a truncation does not look at the size again after it dropped its locks",
	BreakersShareGate:    "two truncations of one file are not serialized: the first to end opens the gate that the other has shut",
	UnplugSkipsDrain:     "an unplug lets the memory go without evicting, and so waiting, before",
	EntryUnlockNoWake:    "an entry that is unlocked wakes nobody",
	CowForgetsGate:       "a copy on write replaces the entry without a move of the gate",
	ShareDropInTwoSteps:  "who gives up a shared block looks how many have it, and then counts",
	LeaseReturnNoWake:    "a lease that comes back wakes nobody",
	LeaseFencedUnlocked:  "the fence picks a lease, lets go of the lock, and then takes the lease away",
	DoubleUnpin:          "the page of a pin is unpinned twice",
	PinForgetsInode:      "a pin does not take the reference to its inode",
	UnpinLeaksInode:      "an unpin does not drop the reference to its inode",
	UnpinInodeFirst:      "an unpin drops the reference before the page",
	LaneDropsFirst:       "the last unpin of a lane drops the reference before it counts itself off",
	PinAfterFence:        "a pin does not look whether its lease was fenced meanwhile",
	FencedUnpinDrops:     "the unpin of a fenced pin drops its count once more",
	FenceForgetsPin:      "a fence leaves the pin's count in the page's word",
	DeviceIgnoresFence:   "a device goes on writing through a fenced pin",
	HandoverForgetsWake:  "nobody tells the worker what is left to it",
	UnpinForgetsAside:    "an unpin does not tell the worker, who has put its inode aside",
	WorkerForgetsRoom:    "nobody tells who waits for room that the worker has made some",
	SemUnlockForgetsWake: "a semaphore that is released wakes nobody",
}

// String says what the engine does with the bug in it.
func (b Bug) String() string { return about[b] }
