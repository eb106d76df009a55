package engine_test

import (
	"fmt"
	"os/exec"
	"slices"
	"testing"

	"daxbench/engine"
	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/vfs"
)

// TestEveryBugHasAScene keeps the list of bugs and the scenes together: no bug
// that nothing looks for, no scene that nothing shows to be of use.
func TestEveryBugHasAScene(t *testing.T) {
	for b := bug.None + 1; b < bug.End; b++ {
		if !slices.ContainsFunc(scenes, func(sc scene) bool { return slices.Contains(sc.catches, b) }) {
			t.Errorf("no scene catches %q", b)
		}
	}
	for _, sc := range scenes {
		if len(sc.catches) == 0 {
			t.Errorf("scene %q catches no bug", sc.name)
		}
	}
}

// TestPlantedBugs plants each bug and expects every scene that claims it to
// fail. It needs an engine with bugs in it: without the tag daxbug it builds
// one and runs itself there.
func TestPlantedBugs(t *testing.T) {
	if !bug.Built {
		plantElsewhere(t)
		return
	}
	r := smallRegion(t)
	for _, sc := range scenes {
		for _, b := range sc.catches {
			t.Run(fmt.Sprintf("%v/%s", b, sc.name), func(t *testing.T) {
				defer bug.Plant(b)()
				enginetest.MustFail(t, sc.bound(), sc.stages(t, r, policy(t, "dax-only")))
			})
		}
	}
}

// TestPlantedBugsInModel plants those that one task alone can meet.
func TestPlantedBugsInModel(t *testing.T) {
	if !bug.Built {
		t.Skip("TestPlantedBugs runs this with the tag daxbug")
	}
	for _, b := range []bug.Bug{bug.UnlinkedOntoLRU, bug.EvictedStaysOnLRU, bug.ReclaimIgnoresCount, bug.UnmountIgnoresCount, bug.DoubleUnpin} {
		t.Run(b.String(), func(t *testing.T) {
			defer bug.Plant(b)()
			for seed := range uint64(20) {
				m := newModel(t, seed, engine.Config{Inodes: 32, Cache: vfs.Options{Stripes: 1, CacheInodes: 6, CachePages: 64}})
				if err := runRecovered(m); err != nil {
					t.Logf("found with seed %d after %d operations: %v", seed, len(m.log), err)
					return
				}
			}
			t.Error("the broken engine passed")
		})
	}
}

func runRecovered(m *model) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	_, err = m.run(400)
	return err
}

func plantElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the engine once more")
	}
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	args := []string{"test", "-tags", "daxbug", "-count=1", "-run", "^TestPlantedBugs", "-v", "."}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Errorf("go %q: %v\n%s", args, err, out)
		return
	}
	t.Logf("%s", out)
}
