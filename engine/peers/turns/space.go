package turns

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Allocations returns how many objects the subject allocates for each key, after it has had all keys once. A few that the
// runtime makes for itself meanwhile are not the subject's: of several tries the least counts.
func Allocations(s *Subject, keys []uint32) float64 {
	const tries = 3
	run := func() uint64 {
		if s.Prepare != nil {
			s.Prepare(0, keys)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.Run(0, keys)
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	run()
	least := run()
	for range tries - 1 {
		least = min(least, run())
	}
	return float64(least) / float64(len(keys))
}

// OwnMemory returns the bytes that are this process's alone, from the heap or mapped: what it has touched of anonymous
// memory. A region is shared memory and not among it. What nobody refers to is given back before.
func OwnMemory() (int64, error) {
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/smaps_rollup")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Anonymous:"); ok {
			var kib int64
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("turns: %s does not tell anonymous memory", f.Name())
}
