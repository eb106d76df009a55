package engine_test

import (
	"cmp"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"daxbench/engine/enginetest/history"
	"daxbench/engine/internal/bug"
)

var (
	linearBug    = flag.Int("linear.bug", 0, "TestHistoriesOfBug: plant this one")
	linearPolicy = flag.String("linear.policy", "dax-only", "TestHistoriesOfBug: with this policy")
	linearSearch = flag.Int("linear.search", 0, "TestHistoriesOfBug: in so many histories")
)

// shown are the bugs that some history shows, with the policy under which they
// are met.
var shown = map[bug.Bug]string{
	bug.PinWithoutRecheck:   "dax-only",
	bug.UnpinForgetsWake:    "dax-only",
	bug.TestThenArm:         "dax-only",
	bug.PinInTwoSteps:       "dax-only",
	bug.IgetTakesFreeing:    "dax-only",
	bug.IgetInTwoSteps:      "dax-only",
	bug.ArmAfterUnlock:      "dax-only",
	bug.UnhashForgetsWake:   "dax-only",
	bug.WakeBeforeUnhash:    "dax-only",
	bug.SettleForgetsWake:   "dax-only",
	bug.CreateHashesLate:    "dax-only",
	bug.IputSubtracts:       "dax-only",
	bug.UnlinkedOntoLRU:     "dax-only",
	bug.EvictedStaysOnLRU:   "dax-only",
	bug.IdleNotOntoLRU:      "dax-only",
	bug.ReclaimIgnoresCount: "dax-only",
	bug.ReclaimNotFreeing:   "dax-only",
	bug.UnmountIgnoresCount: "dax-only",

	bug.BreakSeesOnePage:     "dax-only",
	bug.BreakWithoutGate:     "dax-only",
	bug.BreakWaitsShut:       "dax-only",
	bug.TruncateSkipsPins:    "dax-only",
	bug.TruncateForgetsThaw:  "dax-only",
	bug.BreakersShareGate:    "dax-only",
	bug.DoubleUnpin:          "dax-only",
	bug.SemUnlockForgetsWake: "dax-only",

	bug.PinForgetsInode:     "inode-ref",
	bug.UnpinLeaksInode:     "inode-ref",
	bug.LaneDropsFirst:      "striped-ref",
	bug.LeaseReturnNoWake:   "layout-lease",
	bug.HandoverForgetsWake: "defer",
	bug.UnpinForgetsAside:   "defer-aside",
}

// unseen are those that no history can be relied on to show, with the reason. A
// reason that ends in "rare" is no claim that there is none that does.
var unseen = map[bug.Bug]string{
	bug.BackOffForgetsWake:   "the late pin must hit a page whose next owner is just about to sleep: rare",
	bug.ReclaimDropsBlindly:  "reclaim and the last Iput must meet within two instructions: rare",
	bug.UnpinInodeFirst:      "the worker must evict the inode between two instructions: rare",
	bug.ThrottleForgetsKicks: "memory must come back between two looks for it: rare",
	bug.GuardOnlyWhenAdded:   "no result says which idle inodes reclaim may not take",
	bug.ReclaimWaits:         "who waits for whom is in no result, as long as the wait ends",
	bug.EvictUnderSpin:       "what is held while an inode is evicted is in no result",
	bug.TruncateSkipsLeases:  "the clients take no leases",
	bug.TruncateTrustsSize:   "the locks are dropped for leases only",
	bug.LeaseFencedUnlocked:  "the clients take no leases",
	bug.PinAfterFence:        "the clients take no leases, and those of pins come back in time",
	bug.FencedUnpinDrops:     "the clients take no leases, and those of pins come back in time",
	bug.FenceForgetsPin:      "the clients take no leases, and those of pins come back in time",
	bug.DeviceIgnoresFence:   "the clients take no leases, and those of pins come back in time",
	bug.WorkerForgetsRoom:    "the queue has room for all inodes there are",
	bug.UnplugSkipsDrain:     "nobody unplugs",
}

// TestPlantedBugsInHistories is the proof that TestLinearizable finds what the
// scenes find, as far as results can show it: each bug makes some history
// illegal, or the engine panic, or somebody wait or spin for ever. As the last
// leaves goroutines behind, each bug has a process of its own.
func TestPlantedBugsInHistories(t *testing.T) {
	if bug.Built {
		t.Skip("is for an engine without bugs to start")
	}
	test := buildTest(t, "daxbug,daxyield")
	for b := bug.None + 1; b < bug.End; b++ {
		t.Run(b.String(), func(t *testing.T) {
			t.Parallel()
			histories, why := 1000, unseen[b]
			switch policy := shown[b]; {
			case policy == "" && why == "":
				t.Skip("nobody has looked whether histories show it")
			case policy != "" && why != "":
				t.Fatal("cannot be both shown and unseen")
			case strings.HasSuffix(why, "rare"):
				t.Skip(why)
			case why != "":
				histories = 20
			}
			out, err := exec.CommandContext(t.Context(), test, "-test.run=^TestHistoriesOfBug$", fmt.Sprint("-linear.bug=", int(b)),
				fmt.Sprint("-linear.search=", histories), "-linear.policy="+cmp.Or(shown[b], "layout-lease")).CombinedOutput()
			if found := err != nil; found != (why == "") {
				t.Errorf("found: %t, want %t: %s\n%s", found, why == "", why, out)
			}
			t.Logf("%s", regexp.MustCompile("(?m)^(panic: .*|.*histor.*)$").Find(out))
		})
	}
}

// TestHistoriesOfBug plants a bug and makes histories until one shows it.
func TestHistoriesOfBug(t *testing.T) {
	if !bug.Built || *linearSearch == 0 {
		t.Skip("TestPlantedBugsInHistories runs this in a process of its own")
	}
	defer bug.Plant(bug.Bug(*linearBug))()
	const numbers, ops = 4, 1000 // few numbers: more of the calls meet
	r := crowdRegion(t, numbers)
	for seed := range *linearSearch {
		spins := time.AfterFunc(3*time.Second, func() { panic("a history that takes milliseconds has no end") })
		c, err := setting{policy: policy(t, *linearPolicy), numbers: numbers, clients: 2 + seed%3*2, ops: ops, seed: uint64(seed)}.play(t, r)
		spins.Stop()
		if err == nil {
			err = c.log.Check(c.rules(), time.Second)
		}
		if err == history.ErrUnknown {
			continue // the next one may be easier
		}
		if err = cmp.Or(err, c.rest()); err != nil {
			t.Fatalf("history %d: %v", seed, err)
		}
	}
}

// buildTest builds this package's tests with tags and returns the file.
func buildTest(t *testing.T, tags string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the engine once more")
	}
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	test := filepath.Join(t.TempDir(), "engine.test")
	if out, err := exec.CommandContext(t.Context(), path, "test", "-c", "-tags", tags, "-o", test, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c -tags %s: %v\n%s", tags, err, out)
	}
	return test
}
