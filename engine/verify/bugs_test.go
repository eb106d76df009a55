package verify

import (
	"slices"
	"testing"

	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// planted says in which shape, under which policy, a bug of the engine's must be
// found: as a property that the policy does not violate, or by breaking the
// engine if none is named.
var planted = []struct {
	bug    bug.Bug
	policy string
	shape  *Shape
	want   layout.Property
}{
	{bug.PinWithoutRecheck, "dax-only", truncate, "P1r"},
	{bug.UnpinForgetsWake, "dax-only", unlink, ""},
	{bug.TestThenArm, "dax-only", unlink, ""},
	{bug.PinInTwoSteps, "dax-only", truncate, ""},
	{bug.IgetTakesFreeing, "dax-only", unlink, ""},
	{bug.IgetInTwoSteps, "dax-only", unlink, ""},
	{bug.ArmAfterUnlock, "dax-only", unlink, ""},
	{bug.UnhashForgetsWake, "dax-only", unlink, ""},
	{bug.WakeBeforeUnhash, "dax-only", unlink, ""},
	{bug.SettleForgetsWake, "dax-only", unlink, ""},
	{bug.IputSubtracts, "dax-only", unlink, ""},
	{bug.UnlinkedOntoLRU, "dax-only", unlink, "P3"},
	{bug.EvictedStaysOnLRU, "dax-only", unlink, ""},
	{bug.IdleNotOntoLRU, "dax-only", truncate, "P7"},
	{bug.ReclaimIgnoresCount, "dax-only", unlink, ""},
	{bug.ReclaimNotFreeing, "dax-only", unlink, ""},
	{bug.UnmountIgnoresCount, "dax-only", unplug, ""},
	{bug.EvictUnderSpin, "dax-only", unlink, "P4"},
	{bug.BreakSeesOnePage, "dax-only", unlink, "P1e"},
	{bug.BreakForgetsRescan, "dax-only", twoPages, "P1e"},
	{bug.BreakWithoutGate, "dax-only", truncate, "P1r"},
	{bug.TruncateSkipsPins, "dax-only", truncate, "P1r"},
	{bug.TruncateSkipsLeases, "dax-only", withLease, "P1r"},
	{bug.TruncateForgetsThaw, "dax-only", truncaters, ""},
	{bug.SemUnlockForgetsWake, "dax-only", truncate, ""},
	{bug.DoubleUnpin, "dax-only", unlink, ""},
	{bug.PinForgetsInode, "inode-ref", unlink, "P1e"},
	{bug.UnpinLeaksInode, "inode-ref", unlink, "P7"},
	{bug.FencedUnpinDrops, "layout-lease", unlink, ""},
	{bug.FenceForgetsPin, "layout-lease", unlink, "P1e"},
	{bug.DeviceIgnoresFence, "layout-lease", truncate, "P1r"},
	{bug.HandoverForgetsWake, "inode-ref", unlink, ""},
	{bug.UnpinForgetsAside, "defer-aside", unlink, ""},
}

// TestPlantedBugs shows that the searches find what is wrong with an engine. It
// needs one with bugs in it: without the tag daxbug it builds one and runs itself
// there.
func TestPlantedBugs(t *testing.T) {
	controlled(t)
	if !bug.Built {
		enginetest.PlantElsewhere(t, "^TestPlantedBugs$")
		return
	}
	for _, tt := range planted {
		t.Run(tt.bug.String(), func(t *testing.T) {
			defer bug.Plant(tt.bug)()
			r, err := newRunner(tt.shape, lookUp(t, layout.Lookup, tt.policy), vfs.Preset{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			rep := Report{}
			for seed := range uint64(20_000) {
				if err := r.one(seed, r.seeded(seed), &rep); err != nil {
					t.Fatal(err)
				}
				switch i := slices.IndexFunc(rep.Violations, func(v Violation) bool { return v.Property == tt.want }); {
				case tt.want == "" && rep.Broken != nil:
					t.Logf("schedule %d: %s", rep.Schedules, rep.Broken.Text)
					return
				case i >= 0:
					t.Logf("schedule %d: %s: %s", rep.Schedules, tt.want, rep.Violations[i].Text)
					return
				}
				rep.Broken = nil // by something else: go on
			}
			t.Errorf("%d schedules did not find it", rep.Schedules)
		})
	}
}
