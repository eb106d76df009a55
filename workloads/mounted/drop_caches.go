package mounted

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

const dropCachesFile = "/proc/sys/vm/drop_caches"

// What is written there (Documentation/admin-guide/sysctl/vm.rst).
const (
	dropInodes = "2" // dentries and inodes
	dropAll    = "3" // and the page cache before them
	dropQuiet  = "4" // say nothing in the log until the machine is booted anew, whoever drops: for guests only
)

var dropCachesKind = Kind{
	Workload: driver.Workload{
		Name:  "drop-caches-storm",
		About: "look many files up and have the kernel drop all inodes that are idle",
		Doc: `One operation opens and closes every file, which leaves its inode idle in the cache, and then writes 2 to
/proc/sys/vm/drop_caches. Timed is that write; the time per eviction is divided by the inodes that the kernel says it evicted.
What else is idle on the machine goes as well, and counts in the time: run it where nothing else does.
An inode whose pages are in its mapping is not evicted: the page cache keeps it, and so do the entries of DAX (since Linux
5.16); the parameter mapped shows that.`,
		Primary:     "ns/evict",
		Slice:       20 * time.Millisecond,
		SelfTimed:   true,
		Timed:       "the write to drop_caches",
		TimedEvicts: true,
		SampleEvery: 1,
		MaxWorkers:  1,
		Knobs: []driver.Knob{
			{Key: "pages", Default: "1", About: "pages of 4 KiB per file", Check: driver.CheckInt(1, 262144)},
			{Key: "files", Default: "1000", About: "files that are looked up", Check: driver.CheckInt(1, 1<<22)},
			knobMapped("0", "percentage of the files that are mapped and read each time"),
		},
		Size: func(v driver.Values, _ int, _ *driver.Population) (int64, error) {
			return sizeFor(v.Int("files"), v.Int("pages"))
		},
		Small: map[string]string{"files": "16"},
	},
	Needs: "root, for " + dropCachesFile,
	Warns: "has the whole machine drop its idle dentries and inodes, again and again. The kernel says so in its log each time; " +
		"in a guest of daxbench vm it is told not to.",
	Lacks: func() string {
		if err := unix.Access(dropCachesFile, unix.W_OK); err != nil {
			return fmt.Sprintf("%s cannot be written (%v): that takes root", dropCachesFile, err)
		}
		return ""
	},
	evicts: true,
	open:   openDropCaches,
}

type dropCaches struct {
	*rig
	drop   int // descriptor of dropCachesFile
	files  []file
	mapped float64

	looked, dropped int64 // lookups, and inodes that the kernel evicted because it was told to
}

func openDropCaches(t *Target, env driver.Env) (_ driver.Storm, err error) {
	drop, err := unix.Open(dropCachesFile, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: that takes root", dropCachesFile, err)
	}
	r, err := newRig(t, env)
	if err != nil {
		unix.Close(drop)
		return nil, err
	}
	s := &dropCaches{rig: r, drop: drop, files: newFiles(env.Values.Int("files")), mapped: env.Values.Percent("mapped")}
	if err := s.prepare(); err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	return s, nil
}

// prepare makes the files, brings them to the disk, and empties the caches.
func (s *dropCaches) prepare() error {
	w := s.workers[0]
	for i := range s.files {
		f := &s.files[i]
		if err := s.create(w, f); err != nil {
			return err
		}
		look := error(nil)
		if i%lookEvery == 0 {
			look = s.checkDAX(f)
		}
		if err := errors.Join(look, s.fill(w, f), f.close()); err != nil {
			return err
		}
		if s.Context.Err() != nil {
			return context.Cause(s.Context)
		}
	}
	if err := unix.Syncfs(s.hands[0].dirs[0]); err != nil {
		return fmt.Errorf("syncfs: %w", err)
	}
	for _, what := range s.target.firstDrops() {
		if err := s.write(what); err != nil {
			return err
		}
	}
	return nil
}

// firstDrops is what is written to begin with.
func (t *Target) firstDrops() []string {
	if t.isGuest() {
		return []string{dropQuiet, dropAll}
	}
	return []string{dropAll}
}

// write writes at offset 0: elsewhere sysctl takes no notice (kernel.sysctl_writes_strict).
func (s *dropCaches) write(what string) error {
	_, err := unix.Pwrite(s.drop, unsafe.Slice(unsafe.StringData(what), len(what)), 0)
	if err != nil {
		return fmt.Errorf("writing %s to %s: %w", what, dropCachesFile, err)
	}
	return nil
}

func (s *dropCaches) Run(w *driver.Worker, n int) {
	defer faultsPanic()()
	for range n {
		for i := range s.files {
			if !s.goes(w) {
				return
			}
			if err := s.look(w, int64(i), &s.files[i]); err != nil {
				s.fail(w, err)
				return
			}
		}
		before, err := s.target.counter.read()
		if err == nil {
			w.Begin()
			err = s.write(dropInodes)
			w.End()
		}
		var after int64
		if err == nil {
			after, err = s.target.counter.read()
		}
		if err != nil {
			s.fail(w, err)
			return
		}
		if s.target.counter.net {
			before, after = after, before
		}
		s.looked += int64(len(s.files))
		s.dropped += max(0, after-before)
	}
}

// look opens and closes a file, so that its inode is there and idle. Of some it
// reads each page through a mapping.
func (s *dropCaches) look(w *driver.Worker, i int64, f *file) (err error) {
	if f.fd, err = openat(s.hands[w.ID].dir(f), &f.name, unix.O_RDWR); err != nil {
		return err
	}
	if isDAX(i, s.mapped) {
		if err := mmap(f, s.pages, false); err != nil {
			return err
		}
		for page := range s.pages {
			if got := *(*uint64)(unsafe.Add(f.mapped, page*pageSize)); got != f.stamp {
				return foreign(f, page*pageSize, got)
			}
		}
	}
	return s.release(f)
}

// Stats implements driver.Storm. Only what a drop evicted counts.
func (s *dropCaches) Stats() vfs.Stats { return vfs.Stats{Evictions: s.dropped} }

// fewEvicted is the share of the inodes below which a note says that they stayed.
const fewEvicted = 0.5

// Finish reads every file and removes it.
func (s *dropCaches) Finish(ctx context.Context) (driver.Findings, error) {
	h := s.hands[0]
	for i := range s.files {
		f := &s.files[i]
		var err error
		if f.fd, err = openat(h.dir(f), &f.name, unix.O_RDONLY); err == nil {
			err = errors.Join(s.check(s.workers[0], f), f.close(), unlinkat(h.dir(f), &f.name))
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return driver.Findings{}, s.explain(err)
		}
		h.ended++
	}
	found, err := s.finish()
	found.Stats = s.Stats()
	found.Counted["looked_up"] = s.looked
	if share := float64(s.dropped) / float64(max(1, s.looked)); err == nil && share < fewEvicted {
		found.Notes = append(found.Notes, fmt.Sprintf("of the inodes that were looked up, drop_caches evicted %.1f %%: the others are "+
			"not idle for the kernel, as those with pages in their mappings", 100*share))
	}
	return found, err
}

// Close implements driver.Storm.
func (s *dropCaches) Close() {
	for i := range s.files {
		s.release(&s.files[i])
	}
	unix.Close(s.drop)
	s.rig.Close()
}
