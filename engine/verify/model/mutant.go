package model

// A Mutant is a bug that can be planted in the model. A check that does not
// find it would not find it in a policy either.
type Mutant uint8

// The mutants. Their numbers up to 31 are those of the list of bugs that every
// checker of this project has to find.
const (
	NoMutant               Mutant = 0
	PinSkipsRecheck        Mutant = 1
	BackoffForgetsWake     Mutant = 2
	UnpinForgetsWake       Mutant = 3
	TestThenArm            Mutant = 4
	OpenIgnoresFreeing     Mutant = 5
	ArmAfterUnlock         Mutant = 6
	EvictForgetsWake       Mutant = 7
	WakeBeforeUnhash       Mutant = 8
	ReclaimIgnoresCount    Mutant = 9
	ReclaimWithoutFreeing  Mutant = 10
	ReclaimWaits           Mutant = 11
	CountOutsideLock       Mutant = 12
	StripeBeforeInode      Mutant = 13
	UnlinkedOnLRU          Mutant = 14
	StaysOnLRU             Mutant = 15
	NeverOnLRU             Mutant = 16
	EvictUnderLock         Mutant = 17
	BreakFirstPageOnly     Mutant = 18
	BreakWithoutFreeze     Mutant = 19
	TruncSkipsLeases       Mutant = 20
	TruncSkipsPins         Mutant = 21
	TruncForgetsThaw       Mutant = 22
	LeaseReturnForgetsWake Mutant = 23
	PinLoadStore           Mutant = 24
	DoubleUnpin            Mutant = 25
	PinForgetsRef          Mutant = 26
	UnpinLeaksRef          Mutant = 27
	WaitHoldingPin         Mutant = 28
	BreakersShareGate      Mutant = 29
	NotifySkipsDrain       Mutant = 30
	GuardOnlyAtAdd         Mutant = 31
	PutInInterrupt         Mutant = 33 // ours: 32 is not about interleavings
)

// mutants is the set of those that are planted.
type mutants uint64

func (mu mutants) has(k Mutant) bool { return mu>>k&1 == 1 }

// mutantStep makes the steps that only mutants have: those between two things
// that must be done in one.
func (m *machine) mutantStep(t uint8) {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	switch tk.pc {
	case pcOTake:
		switch in.st {
		case cached:
			in.cnt++
			tk.ref = true
			m.next(t)
		case freeing:
			m.sleeps(t, pcISleep)
		default:
			m.hit |= 1 << violatesP5 // a reference to what is no more
			m.next(t)
		}
	case pcOArm:
		m.sleeps(t, pcISleep)
	case pcIDrop:
		m.final(t, tk.ino)
	}
}
