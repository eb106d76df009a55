package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine"
	"daxbench/engine/lease"
	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/vfs"
)

// daxFile makes a DAX file whose pages can be pinned.
func daxFile(t testing.TB, e *engine.Engine, task *vfs.Task, pages uint32) *vfs.Inode {
	t.Helper()
	in := must(e.Create(task, vfs.NewFile{Pages: pages, DAX: true}))
	must(0, e.Fault(task, in, 0, pages))
	return in
}

func TestReflinkRefuses(t *testing.T) {
	e := open(t, engine.Config{})
	task := vfs.NewTask(t.Context())
	a, b := daxFile(t, e, task, 4), daxFile(t, e, task, 4)
	cached := must(e.Create(task, vfs.NewFile{Pages: 4}))
	for _, tt := range []struct {
		name     string
		src, dst *vfs.Inode
		from, to uint32
		n        uint32
		want     error
	}{
		{"itself", a, a, 0, 2, 2, vfs.ErrNoShare},
		{"from the page cache", cached, b, 0, 0, 1, vfs.ErrNoShare},
		{"into the page cache", a, cached, 0, 0, 1, vfs.ErrNoShare},
		{"behind the end of one", a, b, 3, 0, 2, vfs.ErrBeyondEnd},
		{"behind the end of the other", a, b, 0, 3, 2, vfs.ErrBeyondEnd},
		{"so many that it wraps", a, b, 0, 3, 1<<32 - 1, vfs.ErrNoShare},
		{"nothing", a, b, 4, 4, 0, nil},
		{"two pages", a, b, 0, 2, 2, nil},
		{"them again", a, b, 0, 2, 2, nil},
		{"one of them elsewhere", a, b, 0, 0, 1, vfs.ErrNoShare},
	} {
		if err := e.Reflink(task, tt.src, tt.from, tt.dst, tt.to, tt.n); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, in := range []*vfs.Inode{a, b, cached} {
		e.Iput(task, in)
	}
	if n := len(e.Shares()); n != 2 {
		t.Errorf("%d blocks are shared, want 2", n)
	}
	check(t, e)
}

// TestReflinkBreaksBothRanges: pins in either range are waited for, others not.
// Which of the two inodes is waited for asleep, and which by trying again,
// depends on their numbers. Who tries again keeps the clock of a bubble from
// going on, so this one is in real time.
func TestReflinkBreaksBothRanges(t *testing.T) {
	for _, tt := range []struct {
		src, dst int // page that is pinned, -1 for none
		waits    bool
	}{
		{-1, -1, false}, {1, -1, true}, {-1, 3, true}, {0, 2, false}, {1, 3, true},
	} {
		for _, swap := range []bool{false, true} {
			e := open(t, engine.Config{Cache: vfs.Options{HangLimit: 10 * time.Second}})
			task := vfs.NewTask(t.Context())
			src, dst := daxFile(t, e, task, 4), daxFile(t, e, task, 4)
			if swap {
				src, dst = dst, src
			}
			var gone sync.WaitGroup
			var dropped atomic.Int32
			pins := int32(0)
			for in, i := range map[*vfs.Inode]int{src: tt.src, dst: tt.dst} {
				if i < 0 {
					continue
				}
				p := must(e.Pin(task, in, uint32(i)))
				pins++
				gone.Go(func() {
					if tt.waits {
						time.Sleep(5 * time.Millisecond)
						dropped.Add(1)
						e.Unpin(p)
					}
				})
				if !tt.waits {
					defer e.Unpin(p)
				}
			}
			if err := e.Reflink(task, src, 1, dst, 3, 1); err != nil || tt.waits && dropped.Load() != pins {
				t.Errorf("%+v, swapped %t: %v, with %d of %d pins dropped", tt, swap, err, dropped.Load(), pins)
			}
			gone.Wait()
			e.Iput(task, src)
			e.Iput(task, dst)
		}
	}
}

// TestReflinkLetsOthersPin: while a reflink tries again and again because the
// second file is pinned, the first is open to new pins in between.
func TestReflinkLetsOthersPin(t *testing.T) {
	waiting := make(chan struct{}, 1)
	e := open(t, engine.Config{Cache: vfs.Options{HangLimit: 10 * time.Second, Watch: func(ev vfs.Event) {
		if ev.Kind == vfs.WaitBegin && ev.Wait == vfs.ForPins {
			waiting <- struct{}{}
		}
	}}})
	task, other := vfs.NewTask(t.Context()), vfs.NewTask(t.Context())
	first, second := daxFile(t, e, task, 2), daxFile(t, e, task, 2)
	p := must(e.Pin(task, second, 0))
	done := make(chan error, 1)
	go func() { done <- e.Reflink(other, first, 0, second, 0, 1) }()
	<-waiting
	q := must(e.Pin(task, first, 1))
	e.Unpin(p)
	if err := <-done; err != nil {
		t.Error(err)
	}
	e.Unpin(q)
	e.Iput(task, first)
	e.Iput(task, second)
	check(t, e)
}

// TestReflinkGivesUp: a pin that never goes ends the reflink with the hang limit,
// be it on the inode for which it sleeps or the one for which it spins.
func TestReflinkGivesUp(t *testing.T) {
	for i := range 2 {
		e := open(t, engine.Config{Cache: vfs.Options{HangLimit: 20 * time.Millisecond}})
		task := vfs.NewTask(t.Context())
		files := []*vfs.Inode{daxFile(t, e, task, 1), daxFile(t, e, task, 1)}
		p := must(e.Pin(task, files[i], 0))
		err := e.Reflink(task, files[0], 0, files[1], 0, 1)
		var hung *vfs.HungError
		if !errors.As(err, &hung) || hung.Ino != files[i].Ino() {
			t.Errorf("pin on file %d: %v", i, err)
		}
		e.Unpin(p)
		must(0, e.Reflink(vfs.NewTask(t.Context()), files[0], 0, files[1], 0, 1)) // locks and gates are as before
	}
}

// TestSharerKeepsItsMapping is litmus 14: a page that two files share is pinned,
// and mapped through B. A is unlinked and closed. When may it go?
func TestSharerKeepsItsMapping(t *testing.T) {
	const unpin, unmap = time.Second, 3 * time.Second
	for counts, want := range map[page.Refcount]time.Duration{
		page.Base1:     unpin,
		page.Base0:     unmap, // busy for the pin, but waits for the mapping too
		page.Base0Maps: unpin,
	} {
		for through := range 2 { // the pin is taken through A or B
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Cache: vfs.Options{Refcount: counts, HangLimit: time.Minute}})
				task := vfs.NewTask(t.Context())
				files := []*vfs.Inode{daxFile(t, e, task, 2), daxFile(t, e, task, 2)}
				must(0, e.Reflink(task, files[0], 0, files[1], 0, 2))
				for _, in := range files {
					must(0, e.Fault(task, in, 0, 2))
				}
				v := must(e.Map(task, files[1], 0, 2))
				must(0, v.Fault(task, 0, 2))
				p := must(e.Pin(task, files[through], 0))
				time.AfterFunc(unpin, func() { e.Unpin(p) })
				other := vfs.NewTask(t.Context())
				time.AfterFunc(unmap, func() { e.Munmap(other, v) })
				must(0, e.Unlink(task, files[0]))
				start := time.Now()
				e.Iput(task, files[0])
				if took := time.Since(start); took != want {
					t.Errorf("refcount %d, pinned through file %d: went after %v, want %v", counts, through, took, want)
				}
				time.Sleep(2 * unmap)
				e.Iput(task, files[1])
				e.Release(task)
				check(t, e)
			})
		}
	}
}

// TestOrphanedPin is litmus 15: a pin on a shared page of A, whose entry a CoW
// replaces, and then B, which still has the block, goes. No scan of either file
// finds the pin; only who looks when the block is freed does.
func TestOrphanedPin(t *testing.T) {
	for _, tt := range []struct {
		policy string
		freed  bool // under the pin
	}{{"none", true}, {"dax-only", true}, {"quarantine", false}} {
		e := open(t, engine.Config{Policy: policy(t, tt.policy), Cache: vfs.Options{HangLimit: time.Second}})
		task := vfs.NewTask(t.Context())
		a, b := daxFile(t, e, task, 1), daxFile(t, e, task, 1)
		must(0, e.Reflink(task, a, 0, b, 0, 1))
		must(0, e.Fault(task, a, 0, 1))
		p := e.Mark(must(e.Pin(task, a, 0)))
		must(0, e.CowWrite(task, a, 0))
		if q := must(e.Pin(task, a, 0)); q.PFN() == p.PFN() {
			t.Error("the entry was not replaced")
		} else {
			e.Unpin(q)
		}
		if !e.DeviceWrite(p) {
			t.Error("the block is B's, and the pin foreign already")
		}
		free := e.FS().FreeBlockCount()
		must(0, e.Unlink(task, b))
		e.Iput(task, b)
		if freed := e.FS().FreeBlockCount() == free+1; freed != tt.freed {
			t.Errorf("%s: freed under the pin: %t", tt.policy, freed)
		}
		next := daxFile(t, e, task, 1) // gets the block if it is free
		if own := e.DeviceWrite(p); own == tt.freed {
			t.Errorf("%s: the device wrote into its own block: %t", tt.policy, own)
		}
		e.Unpin(p)
		e.Iput(task, a)
		e.Iput(task, next)
		check(t, e)
	}
}

// TestPunchWaitsForItsRange: pins in the hole to be are waited for, others are not.
func TestPunchWaitsForItsRange(t *testing.T) {
	for pinned, want := range []time.Duration{0, time.Second, time.Second, 0} {
		synctest.Test(t, func(t *testing.T) {
			e := open(t, engine.Config{Cache: vfs.Options{HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			in := daxFile(t, e, task, 4)
			free := e.FS().FreeBlockCount()
			p := must(e.Pin(task, in, uint32(pinned)))
			time.AfterFunc(time.Second, func() { e.Unpin(p) })
			start := time.Now()
			must(0, e.Punch(task, in, 1, 2))
			if took := time.Since(start); took != want {
				t.Errorf("page %d pinned: punched after %v, want %v", pinned, took, want)
			}
			if n := e.FS().FreeBlockCount(); n != free+2 {
				t.Errorf("%d blocks freed, want 2", n-free)
			}
			must(0, e.Fault(task, in, 0, 4))
			for i, hole := range []bool{false, true, true, false} {
				if q, err := e.Pin(task, in, uint32(i)); hole != errors.Is(err, vfs.ErrNotMapped) {
					t.Errorf("page %d: %v", i, err)
				} else if !hole {
					e.Unpin(q)
				}
			}
			time.Sleep(2 * time.Second)
			e.Iput(task, in)
			check(t, e)
		})
	}
}

// TestSharingRecallsLeases: whoever changes the blocks of a file wants its layout
// leases back before.
func TestSharingRecallsLeases(t *testing.T) {
	for name, op := range map[string]func(*engine.Engine, *vfs.Task, *vfs.Inode, *vfs.Inode) error{
		"reflink from": func(e *engine.Engine, task *vfs.Task, in, other *vfs.Inode) error {
			return e.Reflink(task, in, 0, other, 0, 2)
		},
		"reflink to": func(e *engine.Engine, task *vfs.Task, in, other *vfs.Inode) error {
			return e.Reflink(task, other, 0, in, 0, 2)
		},
		"copy on write": func(e *engine.Engine, task *vfs.Task, in, _ *vfs.Inode) error {
			return e.CowWrite(task, in, 0)
		},
		"punch": func(e *engine.Engine, task *vfs.Task, in, _ *vfs.Inode) error {
			return e.Punch(task, in, 0, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, engine.Config{Cache: vfs.Options{RecallDeadline: time.Minute}})
				task := vfs.NewTask(t.Context())
				in, other := daxFile(t, e, task, 2), daxFile(t, e, task, 2)
				must(0, e.Reflink(task, in, 0, other, 0, 2))
				var l lease.Lease
				in.Leases().Grant(&l, returnAfter(time.Second))
				start := time.Now()
				must(0, op(e, task, in, other))
				if took := time.Since(start); took != time.Second {
					t.Errorf("ended after %v, want 1s", took)
				}
				e.Iput(task, in)
				e.Iput(task, other)
				check(t, e)
			})
		})
	}
}

// TestFoliosShared lets two files have the same 2 MiB, the second not where they
// could be one entry of it. All the same one word counts for both.
func TestFoliosShared(t *testing.T) {
	for _, shift := range []uint32{0, 1} { // where the second file has them
		synctest.Test(t, func(t *testing.T) {
			e := openLarge(t, engine.Config{Cache: vfs.Options{Granule: page.Folio, HangLimit: time.Minute}})
			task := vfs.NewTask(t.Context())
			a := must(e.Create(task, vfs.NewFile{Pages: page.FolioPages, DAX: true}))
			b := must(e.Create(task, vfs.NewFile{Pages: page.FolioPages + 1, DAX: true}))
			must(0, e.Reflink(task, a, 0, b, shift, page.FolioPages))
			must(0, e.Fault(task, a, 0, page.FolioPages))
			must(0, e.Fault(task, b, 5, 1))
			if q, err := e.Pin(task, b, 6); (err == nil) != (shift == 0) {
				t.Fatalf("shift %d: the page beside the one that was faulted in: %v", shift, err)
			} else if err == nil {
				e.Unpin(q)
			}
			p := must(e.Pin(task, b, 5))
			time.AfterFunc(time.Second, func() { e.Unpin(p) })
			start := time.Now()
			must(0, e.Truncate(task, a, 400)) // far from page 5
			if took := time.Since(start); took != time.Second {
				t.Errorf("shift %d: truncated after %v, want 1s", shift, took)
			}
			must(0, e.CowWrite(task, b, 5))
			must(0, e.Fault(task, a, 0, 400))
			must(0, e.Fault(task, b, 0, page.FolioPages+1))
			for _, in := range []*vfs.Inode{a, b} {
				must(0, e.Unlink(task, in))
				e.Iput(task, in)
			}
			check(t, e)
		})
	}
}

// TestSetDAX is litmus 16: the flag changes, but the inode only with its next
// instantiation; and by then pins of the old one must be gone.
func TestSetDAX(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, engine.Config{Cache: vfs.Options{HangLimit: time.Minute}})
		task := vfs.NewTask(t.Context())
		in := daxFile(t, e, task, 1)
		ino := in.Ino()
		p := must(e.Pin(task, in, 0))
		time.AfterFunc(time.Second, func() { e.Unpin(p) })
		must(0, e.SetDAX(task, in, false))
		if !in.IsDAX() {
			t.Error("the inode changed under its users")
		}
		start := time.Now()
		e.Iput(task, in) // evicts
		if took := time.Since(start); took != time.Second {
			t.Errorf("closed after %v, want 1s", took)
		}
		if in = must(e.Iget(task, ino)); in.IsDAX() {
			t.Error("read anew, and still DAX")
		}
		must(0, e.SetDAX(task, in, true))
		must(0, e.SetDAX(task, in, false))
		must(0, e.SetDAX(task, in, true))
		e.Iput(task, in)
		if in = must(e.Iget(task, ino)); !in.IsDAX() {
			t.Error("read anew, and not DAX")
		}
		e.Iput(task, in)
		check(t, e)
	})
}

// A pagesModel is files as what their pages hold: a number each, 0 if unknown.
type pagesModel struct {
	t     testing.TB
	e     *engine.Engine
	task  *vfs.Task
	rng   *rand.Rand
	files map[vfs.Ino][]uint64 // hole: ^0
	last  uint64
}

const hole = ^uint64(0)

// TestPagesModel does random things to the pages of files that share blocks, and
// compares all they hold with a model, also after evictions and remounts.
func TestPagesModel(t *testing.T) {
	steps := 3000
	if testing.Short() {
		steps = 600
	}
	for _, o := range []vfs.Options{{}, {Granule: page.Folio, Refcount: page.Base0}} {
		for seed := range uint64(3) {
			m := &pagesModel{t: t, e: open(t, engine.Config{Cache: o}), task: vfs.NewTask(t.Context()),
				rng: rand.New(rand.NewPCG(seed, 7)), files: make(map[vfs.Ino][]uint64)}
			for i := range steps {
				if text, err := m.step(); err != nil {
					t.Fatalf("options %+v, seed %d, step %d: %s: %v", o, seed, i, text, err)
				}
				if i%100 == 99 {
					m.compare()
					if err := m.e.Check(); err != nil {
						t.Fatalf("options %+v, seed %d, step %d: %v", o, seed, i, err)
					}
				}
			}
		}
	}
}

func (m *pagesModel) any() (vfs.Ino, *vfs.Inode, []uint64) {
	inos := make([]vfs.Ino, 0, len(m.files))
	for ino := range m.files {
		inos = append(inos, ino)
	}
	slices.Sort(inos)
	ino := inos[m.rng.IntN(len(inos))]
	return ino, must(m.e.Iget(m.task, ino)), m.files[ino]
}

func (m *pagesModel) step() (text string, err error) {
	if len(m.files) < 2 || len(m.files) < 6 && m.rng.IntN(20) == 0 {
		n := 1 + m.rng.Uint32N(20)
		in := must(m.e.Create(m.task, vfs.NewFile{Pages: n, DAX: true}))
		m.files[in.Ino()] = make([]uint64, n)
		m.e.Iput(m.task, in)
		return
	}
	ino, in, pages := m.any()
	defer func() { m.e.Iput(m.task, in) }()
	first := m.rng.IntN(len(pages) + 1)
	n := m.rng.IntN(len(pages) - first + 1)
	switch k := m.rng.IntN(100); {
	case k < 10 && n > 0:
		text = fmt.Sprintf("copy page %d of %d", first, ino)
		if err = m.e.CowWrite(m.task, in, uint32(first)); err == nil {
			m.compare()
		}
	case k < 40 && n > 0:
		text = fmt.Sprintf("write page %d of %d", first, ino)
		err = m.write(in, uint32(first), pages)
	case k < 60:
		other, dst, to := m.any()
		defer func() { m.e.Iput(m.task, dst) }()
		at := m.rng.IntN(len(to) + 1)
		n = min(n, len(to)-at)
		text = fmt.Sprintf("reflink %d pages from %d of %d to %d of %d", n, first, ino, at, other)
		if err = m.e.Reflink(m.task, in, uint32(first), dst, uint32(at), uint32(n)); err == nil {
			copy(to[at:], pages[first:first+n])
		} else if errors.Is(err, vfs.ErrNoShare) {
			err = nil
		}
	case k < 70:
		text = fmt.Sprintf("punch %d pages from %d of %d", n, first, ino)
		if err = m.e.Punch(m.task, in, uint32(first), uint32(n)); err == nil {
			for i := range n {
				pages[first+i] = hole
			}
		}
	case k < 85:
		size := 1 + m.rng.IntN(25)
		text = fmt.Sprintf("truncate %d to %d", ino, size)
		if err = m.e.Truncate(m.task, in, uint32(size)); err == nil {
			more := max(0, size-len(pages))
			m.files[ino] = append(pages[:min(size, len(pages)):len(pages)], make([]uint64, more)...)
		}
	case k < 90:
		text = fmt.Sprintf("unlink %d", ino)
		err = m.e.Unlink(m.task, in)
		delete(m.files, ino)
	case k < 97:
		in.DontCache()
	default:
		text = "remount"
		m.e.Iput(m.task, in)
		m.e = must(m.e.Remount(m.task))
		m.task = vfs.NewTask(m.t.Context())
		in = must(m.e.Iget(m.task, ino))
	}
	return text, err
}

// write writes a new number to a page, if it is no hole.
func (m *pagesModel) write(in *vfs.Inode, index uint32, pages []uint64) error {
	if pages[index] == hole {
		return nil
	}
	must(0, m.e.Fault(m.task, in, index, 1))
	m.last++
	src := make([]byte, 4096)
	for i := vfs.DataOffset; i < len(src); i++ {
		src[i] = byte(m.last >> (i % 8 * 8))
	}
	pages[index] = m.last
	return m.e.WritePage(m.task, in, index, src)
}

// compare reads all pages of all files.
func (m *pagesModel) compare() {
	for ino, pages := range m.files {
		in := must(m.e.Iget(m.task, ino))
		if in.Pages() != uint32(len(pages)) {
			m.t.Fatalf("inode %d has %d pages, want %d", ino, in.Pages(), len(pages))
		}
		must(0, m.e.Fault(m.task, in, 0, in.Pages()))
		for i, want := range pages {
			p, err := m.e.Pin(m.task, in, uint32(i))
			if isHole := errors.Is(err, vfs.ErrNotMapped); isHole != (want == hole) {
				m.t.Fatalf("page %d of inode %d: %v", i, ino, err)
			}
			if err != nil {
				continue
			}
			var got uint64
			for j, b := range m.e.PinBytes(p)[vfs.DataOffset : vfs.DataOffset+8] {
				got |= uint64(b) << (j * 8)
			}
			if want != 0 && got != want {
				m.t.Fatalf("page %d of inode %d holds %d, want %d", i, ino, got, want)
			}
			if !m.e.DeviceRead(p) {
				m.t.Fatalf("page %d of inode %d is not its own", i, ino)
			}
			m.e.Unpin(p)
		}
		m.e.Iput(m.task, in)
	}
}

// TestSharingStress lets free-running tasks share, copy, punch, pin and remove
// the same few files; what is left must add up.
func TestSharingStress(t *testing.T) {
	e := open(t, engine.Config{Cache: vfs.Options{HangLimit: 10 * time.Second}})
	setup := vfs.NewTask(t.Context())
	const pages = 8
	var inos [4]vfs.Ino
	for i := range inos {
		in := must(e.Create(setup, vfs.NewFile{Pages: pages, DAX: true}))
		inos[i] = in.Ino()
		e.Iput(setup, in)
	}
	e.Release(setup)
	rounds := 1500
	if testing.Short() {
		rounds = 300
	}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			task, rng := vfs.NewTask(t.Context()), rand.New(rand.NewPCG(uint64(w), 3))
			for range rounds {
				i := rng.IntN(len(inos))
				in, other := must(e.Iget(task, inos[i])), must(e.Iget(task, inos[(i+1)%len(inos)]))
				first := rng.Uint32N(pages)
				n := 1 + rng.Uint32N(pages-first)
				var err error
				switch rng.IntN(6) {
				case 0:
					err = e.Reflink(task, in, first, other, first, n)
				case 1:
					err = e.CowWrite(task, in, first)
				case 2:
					err = e.Punch(task, in, first, 1)
				case 3:
					must(0, e.Fault(task, in, first, n))
					var p vfs.Pin
					if p, err = e.Pin(task, in, first); err == nil {
						p = e.Mark(p)
						if !e.DeviceRead(p) {
							t.Error("a pinned page is not the file's own")
						}
						e.Unpin(p)
					}
				case 4:
					in.DontCache()
				case 5:
					v := must(e.Map(task, in, 0, pages))
					must(0, v.Fault(task, first, n))
					e.Munmap(task, v)
				}
				if err != nil && !errors.Is(err, vfs.ErrNoShare) && !errors.Is(err, vfs.ErrNotMapped) && !errors.Is(err, media.ErrNoSpace) {
					t.Error(err)
				}
				e.Iput(task, in)
				e.Iput(task, other)
			}
			e.Release(task)
		})
	}
	wg.Wait()
	check(t, e)
	for _, ino := range inos {
		in := must(e.Iget(setup, ino))
		must(0, e.Unlink(setup, in))
		e.Iput(setup, in)
	}
	check(t, e)
	if n := len(e.Shares()); n != 0 {
		t.Errorf("%d blocks are shared by nobody", n)
	}
}
