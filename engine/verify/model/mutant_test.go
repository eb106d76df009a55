package model

import "testing"

// TestMutants plants each bug of the project's list and wants to find what the
// policy without it does not violate. All of the list but its last item can be
// expressed: that one is about files and exit statuses, not about interleavings.
// Some need a step to be split in two which is one here by construction; see
// mutantStep.
func TestMutants(t *testing.T) {
	for _, tt := range []struct {
		mutant      Mutant
		policy, set string
		finds       Property
	}{
		{PinSkipsRecheck, "perfect", "truncaters", P1r},
		{BackoffForgetsWake, "perfect", "truncaters", P2},
		{UnpinForgetsWake, "perfect", "truncaters", P2},
		{UnpinForgetsWake, "dax-only", "unlink", P2},
		{TestThenArm, "perfect", "truncaters", P2},
		{TestThenArm, "dax-only", "unlink", P2},
		{OpenIgnoresFreeing, "perfect", "reopen", P5},
		{ArmAfterUnlock, "perfect", "reopen", P2},
		{EvictForgetsWake, "perfect", "reopen", P2},
		{WakeBeforeUnhash, "perfect", "reopen", P2},
		{ReclaimIgnoresCount, "perfect", "reopen", P5},
		{ReclaimIgnoresCount, "inode-ref", "memory", P1e},
		{ReclaimWithoutFreeing, "perfect", "reopen", P5},
		{ReclaimWaits, "writeback", "memory", P2b},
		{ReclaimWaits, "writeback", "memory", P2m},
		{CountOutsideLock, "perfect", "reopen", P5},
		{StripeBeforeInode, "perfect", "reopen", P5},
		{UnlinkedOnLRU, "perfect", "unlink", P3},
		{StaysOnLRU, "perfect", "unlink", P5},
		{NeverOnLRU, "perfect", "memory", P7},
		{EvictUnderLock, "perfect", "unlink", P4},
		{BreakFirstPageOnly, "perfect", "truncate", P1r},
		{BreakFirstPageOnly, "dax-only", "unlink", P1e},
		{BreakWithoutFreeze, "perfect", "truncaters", P1r},
		{TruncSkipsLeases, "perfect", "lease", P1r},
		{TruncSkipsPins, "perfect", "truncaters", P1r},
		{TruncForgetsThaw, "perfect", "truncate", P2},
		{LeaseReturnForgetsWake, "perfect", "lease", P2},
		{PinLoadStore, "perfect", "truncate", P1r},
		{DoubleUnpin, "perfect", "truncate", P1r},
		{PinForgetsRef, "inode-ref", "unlink", P1e},
		{PinForgetsRef, "striped-ref", "unlink", P1r},
		{UnpinLeaksRef, "inode-ref", "unlink", P7},
		{UnpinLeaksRef, "striped-ref", "unlink", P7},
		{WaitHoldingPin, "perfect", "truncate", P2},
		{BreakersShareGate, "perfect", "truncaters", P1r},
		{NotifySkipsDrain, "perfect", "unplug", P1u},
		{GuardOnlyAtAdd, "dax-only", "shrinkable", P2b},
		{PutInInterrupt, "inode-ref", "unlink", P4},
	} {
		s, err := LookupSet(tt.set)
		if err != nil {
			t.Fatal(err)
		}
		p := policy(t, tt.policy)
		if trace, ok := explore(t, p, s, Options{}).Found[tt.finds]; ok {
			t.Errorf("mutant %d: %s violates %s in %s without it:\n%s", tt.mutant, tt.policy, tt.finds, tt.set, trace)
		}
		if _, ok := explore(t, p, s, Options{Mutant: tt.mutant}).Found[tt.finds]; !ok {
			t.Errorf("mutant %d is not found by %s under %s in %s", tt.mutant, tt.finds, tt.policy, tt.set)
		}
	}
}
