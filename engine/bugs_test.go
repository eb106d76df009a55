package engine_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/engine"
	"daxbench/engine/enginetest"
	"daxbench/engine/internal/bug"
	"daxbench/engine/internal/sync"
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

var update = flag.Bool("update", false, "write the table of planted bugs into README.md")

// TestPlantedBugs plants each bug and expects every scene that claims it to
// fail. It needs an engine with bugs in it: without the tag daxbug it builds
// one and runs itself there.
func TestPlantedBugs(t *testing.T) {
	if !bug.Built {
		out := enginetest.PlantElsewhere(t, "^TestPlantedBugs")
		if !sync.Short { // the table says what is found along the long ways
			tableOfBugs(t, out)
		}
		return
	}
	r := smallRegion(t)
	for b := bug.None + 1; b < bug.End; b++ {
		t.Run(b.String(), func(t *testing.T) {
			defer bug.Plant(b)()
			for _, sc := range scenes {
				if !slices.Contains(sc.catches, b) {
					continue
				}
				e := enginetest.Explore(sc.bound(), sc.stages(t, r, sc.chosen(t)))
				if e.Err == nil {
					t.Errorf("%s: the broken engine passed %d schedules (exhausted: %t)", sc.name, e.Schedules, e.Exhausted)
					continue
				}
				cause, _, _ := strings.Cut(e.Err.Error(), "\n")
				t.Logf("found in schedule %d of %q: %s", e.Schedules, sc.name, cause)
				fmt.Printf("%s%s\t%d\t%s\n", rowPrefix, b, e.Schedules, sc.name)
			}
		})
	}
}

// rowPrefix begins the lines in which the broken engine says what was found.
const rowPrefix = "row:\t"

// tableOfBugs compares the table in README.md with what was found, or writes it.
// Exploring is depth-first and repeats itself, so the numbers are exact.
func tableOfBugs(t *testing.T, out string) {
	const begin, end = "<!-- planted bugs: go test ./engine -run PlantedBugs -update -->\n", "<!-- end of planted bugs -->\n"
	var table strings.Builder
	table.WriteString("\n| the bug | found by exploring | schedules until then |\n|---|---|---:|\n")
	said := make(map[string]bool)
	for line := range strings.Lines(out) {
		if row, ok := strings.CutPrefix(strings.TrimSpace(line), rowPrefix); ok {
			f := strings.Split(row, "\t")
			about := f[0]
			if said[about] {
				about = "" // one more scene for the same bug
			}
			said[f[0]] = true
			fmt.Fprintf(&table, "| %s | %s | %s |\n", about, f[2], f[1])
		}
	}
	if len(said) != int(bug.End)-1 {
		t.Errorf("%d of %d bugs were found", len(said), int(bug.End)-1)
		return
	}
	table.WriteString("\n")
	enginetest.Generated(t, "README.md", begin, end, table.String(), *update)
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
