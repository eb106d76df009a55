package enginefs_test

import (
	"strings"
	"testing"

	"daxbench/engine/enginefs"
	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads/litmus"
)

// planted says which scenario must find a bug of the engine's, and by which
// invariant; if by none, its outcome is worse, or more is found.
var planted = []struct {
	bug      bug.Bug
	policy   string
	scenario string
	broken   string
}{
	{bug.TestThenArm, "dax-only", "lost-wake", "W"},
	{bug.UnpinForgetsWake, "dax-only", "lost-wake", "W"},
	{bug.UnpinForgetsWake, "dax-only", "rescan-amplification", "W"},
	{bug.UnpinForgetsWake, "dax-only", "wait-bucket-collision", "W"},
	{bug.UnhashForgetsWake, "dax-only", "lookup-collateral", "W"},
	{bug.BreakSeesOnePage, "dax-only", "rescan-amplification", "U"},
	{bug.TruncateSkipsPins, "inode-ref", "evict-linked-then-truncate", "U"},
	{bug.PinForgetsInode, "inode-ref", "unlink-under-dio", "U"},
	{bug.UnpinLeaksInode, "inode-ref", "parked-zombie", ""},
	{bug.UnpinForgetsAside, "defer-aside", "parked-zombie", "L"},
	{bug.UnplugSkipsDrain, "dax-only", "unplug-with-pins", ""},
	{bug.DeviceIgnoresFence, "layout-lease", "unlink-under-dio", "U"},
}

// TestPlantedBugs shows that scenarios which no policy fails can fail. It needs
// an engine with bugs in it: without the tag daxbug it builds one and runs
// itself there.
func TestPlantedBugs(t *testing.T) {
	if !bug.Built {
		enginetest.PlantElsewhere(t, "^TestPlantedBugs$")
		return
	}
	for _, tt := range planted {
		t.Run(tt.bug.String()+", "+tt.scenario, func(t *testing.T) {
			e, err := litmus.Lookup(tt.scenario)
			if err != nil {
				t.Fatal(err)
			}
			p, err := layout.Lookup(tt.policy)
			if err != nil {
				t.Fatal(err)
			}
			m := enginefs.New(p, vfs.Preset{})
			defer m.Close()
			whole, err := litmus.Run(m, e)
			if err != nil {
				t.Fatal(err)
			}
			defer bug.Plant(tt.bug)()
			broken, err := litmus.Run(m, e)
			switch {
			case err != nil:
				t.Logf("found: %v", err)
			case tt.broken == "" && broken.Outcome.Kind > whole.Outcome.Kind:
			case tt.broken == "" && len(broken.Outcome.Findings) > len(whole.Outcome.Findings):
			case tt.broken == "" || !strings.Contains(broken.Outcome.Broken, tt.broken) || strings.Contains(whole.Outcome.Broken, tt.broken):
				t.Errorf("the engine: %v: %s; with the bug: %v: %s; want %q broken", whole.Outcome, whole.Outcome.Why, broken.Outcome, broken.Outcome.Why, tt.broken)
			}
		})
	}
}
