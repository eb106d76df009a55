package mounted

import (
	"context"
	"errors"
	"time"
	"unsafe"

	"daxbench/workloads/driver"
)

// knobMapped is how many of the files have pages in their mappings.
func knobMapped(def, about string) driver.Knob {
	return driver.Knob{Key: "mapped", Default: def, About: about, Check: driver.CheckPercent}
}

// What the last reference of a file can be.
const (
	lastClose  = "close"
	lastUnlink = "unlink"
	lastMunmap = "munmap"
)

var unlinkStormKind = Kind{
	Workload: driver.Workload{
		Name:  "mounted-unlink-storm",
		About: "create, write and map files, and then close and unlink them: the last reference evicts the inode",
		Doc: `One operation looks at the content of the file that has been open longest and gives it up: munmap, unlink, close.
Timed is the last of these, which evicts the inode. In its place it creates a file, writes it, maps it and touches its pages.
XFS frees the blocks of an unlinked file later, in a worker of its own (inodegc): that is not timed.`,
		Primary:     "ns/op",
		Slice:       5 * time.Millisecond,
		SelfTimed:   true,
		Timed:       "the call that drops the last reference",
		TimedEvicts: true,
		SampleEvery: 1,
		Knobs: []driver.Knob{
			{Key: "pages", Default: "4", About: "pages of 4 KiB per file", Check: driver.CheckInt(1, 262144)},
			{Key: "files", Default: "32", About: "files that each worker keeps open", Check: driver.CheckInt(1, 4096)},
			knobMapped("100", "percentage of the files that are mapped and touched, not only written"),
			{
				Key: "last", Default: lastClose, Check: driver.CheckOneOf(lastClose, lastUnlink, lastMunmap),
				About: "what drops the last reference: close, unlink or munmap (of a file that is not mapped: close)",
			},
		},
		Size: func(v driver.Values, workers int, _ *driver.Population) (int64, error) {
			return sizeFor(workers*(v.Int("files")+1), v.Int("pages"))
		},
		Small: map[string]string{"files": "4"},
	},
	Lacks:  lacksNothing,
	evicts: true,
	open:   openUnlinkStorm,
}

type unlinkStorm struct {
	*rig
	rings  []ring
	mapped float64
	last   string
}

// ring is a worker's circle of open files.
type ring struct {
	files []file
	pos   int
	_     [64]byte
}

func openUnlinkStorm(t *Target, env driver.Env) (driver.Storm, error) {
	r, err := newRig(t, env)
	if err != nil {
		return nil, err
	}
	s := &unlinkStorm{rig: r, mapped: env.Values.Percent("mapped"), last: env.Values.Get("last")}
	for range env.Workers {
		s.rings = append(s.rings, ring{files: newFiles(env.Values.Int("files"))})
	}
	if err := s.fillRings(); err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	return s, nil
}

// fillRings makes the files that are open when the storm begins, so that each
// operation gives one up.
func (s *unlinkStorm) fillRings() error {
	defer faultsPanic()()
	for id, w := range s.workers {
		for i := range s.rings[id].files {
			if err := s.make(w, &s.rings[id].files[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// newFiles returns n files that are not there yet.
func newFiles(n int) []file {
	list := make([]file, n)
	for i := range list {
		list[i] = file{fd: -1, name: newCname('f', i)}
	}
	return list
}

func (s *unlinkStorm) Run(w *driver.Worker, n int) {
	defer faultsPanic()()
	c := &s.rings[w.ID]
	for range n {
		if !s.goes(w) {
			return
		}
		f := &c.files[c.pos]
		c.pos = (c.pos + 1) % len(c.files)
		err := s.retire(w, f)
		if err == nil {
			err = s.make(w, f)
		}
		if err != nil {
			s.fail(w, err)
		}
	}
}

// make creates a file, writes it and, of some, maps and touches each page.
func (s *unlinkStorm) make(w *driver.Worker, f *file) error {
	n := s.hands[w.ID].made
	if err := s.create(w, f); err != nil {
		return err
	}
	if n%lookEvery == 0 {
		if err := s.checkDAX(f); err != nil {
			return err
		}
	}
	if err := s.fill(w, f); err != nil || !isDAX(n, s.mapped) {
		return err
	}
	if err := mmap(f, s.pages, f.dax && s.target.kernel.MapSync); err != nil {
		return err
	}
	for page := range s.pages { // a write fault each
		*(*uint64)(unsafe.Add(f.mapped, page*pageSize)) = f.stamp
	}
	return nil
}

// retire looks for foreign bytes in a file and gives it up. Timed is what drops
// the last reference.
func (s *unlinkStorm) retire(w *driver.Worker, f *file) error {
	if err := s.check(w, f); err != nil {
		return err
	}
	h := s.hands[w.ID]
	last := s.last
	if f.mapped == nil && last == lastMunmap {
		last = lastClose
	}
	calls := [...]struct {
		name string
		do   bool
	}{{lastMunmap, f.mapped != nil}, {lastUnlink, true}, {lastClose, true}, {last, true}}
	for i, c := range calls {
		final := i == len(calls)-1
		if !c.do || c.name == last && !final {
			continue
		}
		if final {
			w.Begin()
		}
		var err error
		switch c.name {
		case lastMunmap:
			err = munmap(f, s.pages)
		case lastUnlink:
			if err = unlinkat(h.dir(f), &f.name); err == nil {
				h.ended++
			}
		case lastClose:
			err = f.close()
		}
		if final {
			w.End()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Finish gives up what is open before it checks.
func (s *unlinkStorm) Finish(context.Context) (driver.Findings, error) {
	for id := range s.rings {
		for i := range s.rings[id].files {
			f := &s.rings[id].files[i]
			if f.fd < 0 {
				continue
			}
			h := s.hands[id]
			if err := errors.Join(s.check(s.workers[id], f), s.release(f), unlinkat(h.dir(f), &f.name)); err != nil {
				return driver.Findings{}, s.explain(err)
			}
			h.ended++
		}
	}
	return s.finish()
}

// release unmaps and closes a file.
func (r *rig) release(f *file) (err error) {
	if f.mapped != nil {
		err = munmap(f, r.pages)
	}
	return errors.Join(err, f.close())
}

// Close implements driver.Storm.
func (s *unlinkStorm) Close() {
	for id := range s.rings {
		for i := range s.rings[id].files {
			s.release(&s.rings[id].files[i])
		}
	}
	s.rig.Close()
}
