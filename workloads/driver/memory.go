package driver

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"

	"golang.org/x/sys/unix"
)

// Memory is what a cell takes of the process's memory, in bytes. It is looked at between slices, and only where a cell holds so
// much that it can be told from what the runtime takes.
type Memory struct {
	Inodes int      // that the engine is to cache
	Opened Resident // what opening the cell added: its engine, and what the storm keeps

	// The resident set of the process, with the engines of all policies, as Linux counts it without stopping anybody: half a
	// MiB may be missing.
	Before int64 // the first slice of the group
	Most   int64 // at any time from then on
	After  int64 // the last slice
}

// Resident is memory that is there, by what it is.
type Resident struct {
	Own    int64 // anonymous: the Go heap, stacks, and what engines map for themselves
	Shared int64 // the region, where it is memory or a file, and the program
}

// leastInodes is from how many inodes on a cell's memory is looked at. With fewer, the tables that every engine has, and what the
// runtime happens to keep, are a good part of it; and each look collects garbage and walks all page tables.
const leastInodes = 1 << 15

// inodes is how many inodes an engine of the group is to cache, 0 if its storm does not say.
func (g *Group) inodes(pop *Population) int {
	if g.Workload.Inodes == nil {
		return 0
	}
	return g.Workload.Inodes(g.Values, g.Workers, pop)
}

// settled returns what is resident after all garbage is gone; nothing if the kernel does not say. It reads smaps_rollup, whose
// sums are exact.
func settled() (r Resident) {
	runtime.GC() // what has a finalizer goes with the next one
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err == nil {
		r.Own = field(text, "Anonymous:")
		r.Shared = field(text, "Rss:") - r.Own
	}
	return r
}

// field returns a line of smaps_rollup in bytes: "Rss:        1234 kB".
func field(text []byte, name string) (n int64) {
	for line := range bytes.Lines(text) {
		if words := bytes.Fields(line); len(words) == 3 && string(words[0]) == name {
			n, _ = strconv.ParseInt(string(words[1]), 10, 64)
		}
	}
	return n << 10
}

// A meter reads the resident set of the process, without allocating.
type meter struct {
	statm *os.File
	text  [128]byte
}

func newMeter() *meter {
	f, _ := os.Open("/proc/self/statm") // reading nil is an error, too
	return &meter{statm: f}
}

func (m *meter) close() { m.statm.Close() }

// resident returns the resident set, 0 if the kernel does not say.
func (m *meter) resident() int64 {
	n, err := m.statm.ReadAt(m.text[:], 0) // size resident shared …, in pages
	if err != nil && err != io.EOF {
		return 0
	}
	_, rest, _ := bytes.Cut(m.text[:n], []byte(" "))
	pages := int64(0)
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		pages = 10*pages + int64(c-'0')
	}
	return pages * int64(unix.Getpagesize())
}

// note is told between slices how much is resident.
func (m *Memory) note(resident int64) {
	if m.Before == 0 {
		m.Before = resident
	}
	m.Most, m.After = max(m.Most, resident), resident
}

// perInode is how many bytes of its own the cell took for each inode, 0 where it was not looked at.
func (m *Memory) perInode() float64 {
	if m == nil {
		return 0
	}
	return float64(m.Opened.Own) / float64(m.Inodes)
}
