package media

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/pmem"
)

// The power is cut in these tests by recording all stores, flushes and fences of a run of operations, and then making,
// for every point of the recording, images of what storage may hold: every store that was flushed and then fenced, and
// of the words stored since any mix of old and new ones. Each image must mount, pass Check, and hold every inode as it
// was before or after the operation that the cut fell into.

// An event is one call of the tracer.
type event struct {
	kind byte // 's'tore, 'f'lush, 'b'arrier (fence)
	off  int64
	n    int64  // flush only
	v    uint64 // store only
	call int    // index into tape.calls: the call that is in flight
}

// A call is one durable call: Write or FreeInode.
type call struct {
	ino           Ino
	before, after fileState
	text          string
}

// A fileState is what must be left of an inode after a cut and a mount.
type fileState struct {
	gen    Gen // of a free inode: the next one
	linked bool
	text   string // the record
}

// A tape is a pmem.Tracer that records.
type tape struct {
	events []event
	calls  []call
}

func (t *tape) add(e event) {
	e.call = len(t.calls) - 1
	t.events = append(t.events, e)
}
func (t *tape) Store(off int64, v uint64) { t.add(event{kind: 's', off: off, v: v}) }
func (t *tape) Flush(off, n int64)        { t.add(event{kind: 'f', off: off, n: n}) }
func (t *tape) Fence()                    { t.add(event{kind: 'b'}) }
func (t *tape) Copy(off int64, p []byte) { // as stores that are flushed
	for i := 0; i < len(p); i += 8 {
		t.Store(off+int64(i), binary.NativeEndian.Uint64(p[i:]))
	}
	t.Flush(off, int64(len(p)))
}

// A storage is what a medium may hold: words that are certain, and the newer versions of those that are not.
type storage struct {
	certain []byte
	pending map[int64][]newer
	touched map[int64]bool // blocks that differ from zero
}

// A newer value of a word may have reached storage; it must have once it was flushed and a fence came.
type newer struct {
	v       uint64
	flushed bool
}

func (s *storage) apply(e event) {
	switch e.kind {
	case 's':
		s.pending[e.off] = append(s.pending[e.off], newer{v: e.v})
		s.touched[e.off/BlockSize] = true
	case 'f':
		first, last := e.off&^(pmem.CacheLine-1), (e.off+e.n+pmem.CacheLine-1)&^(pmem.CacheLine-1)
		for off := first; off < last; off += 8 {
			for i := range s.pending[off] {
				s.pending[off][i].flushed = true
			}
		}
	case 'b':
		for off, list := range s.pending {
			keep := 0
			for i, v := range list {
				if v.flushed {
					binary.NativeEndian.PutUint64(s.certain[off:], v.v)
					keep = i + 1
				}
			}
			if list = list[keep:]; len(list) == 0 {
				delete(s.pending, off)
			} else {
				s.pending[off] = list
			}
		}
	}
}

// image writes one possible content to mem. choose gets the number of versions of a word that are not certain, and
// returns how many of them made it.
func (s *storage) image(mem []byte, choose func(versions int) int) {
	for b := range s.touched {
		copy(mem[b*BlockSize:(b+1)*BlockSize], s.certain[b*BlockSize:])
	}
	for _, off := range slices.Sorted(maps.Keys(s.pending)) {
		list := s.pending[off]
		if i := choose(len(list)); i > 0 {
			binary.NativeEndian.PutUint64(mem[off:], list[i-1].v)
		}
	}
}

// A script runs operations on a file system and records them.
type script struct {
	tb    testing.TB
	fs    *FS
	rng   *rand.Rand
	tape  *tape
	files []*Record
	model map[Ino]fileState

	write     func(*FS, *Record) error // the writer under test
	freeFirst bool                     // free blocks before the record is durable
}

// durable records f as one call that leaves the inode in the given state.
func (s *script) durable(ino Ino, after fileState, text string, f func() error) {
	s.tb.Helper()
	s.tape.calls = append(s.tape.calls, call{ino, s.model[ino], after, text})
	if err := f(); err != nil {
		s.tb.Fatal(text, err)
	}
	s.model[ino] = after
}

func describe(rec *Record) fileState {
	if rec.Nlink == 0 {
		return fileState{gen: rec.Gen.next()}
	}
	return fileState{gen: rec.Gen, linked: true, text: fmt.Sprint(*rec)}
}

func (s *script) put(rec *Record, what string) {
	s.tb.Helper()
	rec.Extents = s.fs.merge(rec.Ino, rec.Extents)
	s.durable(rec.Ino, describe(rec), what, func() error { return s.write(s.fs, rec) })
}

// alloc appends n blocks, or none if few are left: overflow blocks need some.
func (s *script) alloc(dst []Extent, n uint32) []Extent {
	s.tb.Helper()
	if s.fs.FreeBlockCount() < n+8 {
		return dst
	}
	list, err := s.fs.AllocBlocks(dst, n)
	if err != nil {
		s.tb.Fatal(err)
	}
	return list
}

func (s *script) create() {
	ino, gen, err := s.fs.AllocInode()
	if err != nil {
		return
	}
	rec := &Record{Ino: ino, Gen: gen, Nlink: 1, Pages: 1, Extents: s.alloc(nil, s.rng.Uint32N(14))}
	s.put(rec, "create")
	s.files = append(s.files, rec)
}

func (s *script) extend(rec *Record) {
	rec.Extents = s.alloc(rec.Extents, 1+s.rng.Uint32N(6))
	rec.Pages++
	s.put(rec, "extend")
}

func (s *script) truncate(rec *Record) {
	if len(rec.Extents) == 0 {
		return
	}
	n := s.rng.IntN(len(rec.Extents))
	tail := slices.Clone(rec.Extents[n:])
	if s.freeFirst {
		s.fs.FreeBlocks(tail)
		s.create() // by another worker, say
		rec.Extents = rec.Extents[:n]
		s.put(rec, "truncate")
		return
	}
	rec.Extents = rec.Extents[:n]
	s.put(rec, "truncate")
	s.fs.FreeBlocks(tail)
}

func (s *script) unlink(i int) {
	rec := s.files[i]
	s.files = slices.Delete(s.files, i, i+1)
	rec.Nlink = 0
	s.put(rec, "unlink")
	s.durable(rec.Ino, fileState{gen: rec.Gen.next()}, "free", func() error { return s.fs.FreeInode(rec.Ino) })
	s.fs.FreeBlocks(rec.Extents)
}

func (s *script) step() {
	if len(s.files) == 0 {
		s.create()
		return
	}
	i := s.rng.IntN(len(s.files))
	switch k := s.rng.IntN(10); {
	case k < 3:
		s.create()
	case k < 5:
		s.extend(s.files[i])
	case k < 7:
		s.truncate(s.files[i])
	case k < 9:
		s.unlink(i)
	default:
		for _, e := range s.files[i].Extents {
			s.fs.Stamp(e.Start, Owner{s.files[i].Ino, s.files[i].Gen})
		}
	}
}

// A cutter mounts images.
type cutter struct {
	r      *pmem.Region
	rng    *rand.Rand
	images int
	// nested also cuts the power during every so many mounts.
	nested int
}

// verify mounts what is in c.r and compares it with the model.
func (c *cutter) verify(model map[Ino]fileState, flight *call) error {
	fs, err := Mount(c.r)
	if err != nil {
		return err
	}
	if _, err := fs.Check(); err != nil {
		return err
	}
	got := make(map[Ino]fileState)
	if err := fs.Inodes(func(rec *Record) error { got[rec.Ino] = describe(rec); return nil }); err != nil {
		return err
	}
	for ino := Ino(1); ino <= Ino(fs.InodeCount()); ino++ {
		g, used := got[ino]
		if !used {
			g = fileState{gen: fs.cores[fs.slot(ino)].gen}
		}
		want, ok := model[ino]
		if !ok {
			want = fileState{gen: 1}
		}
		if g == want {
			continue
		}
		if flight == nil || flight.ino != ino || g != flight.after {
			return fmt.Errorf("inode %d is %+v, want %+v, in flight: %+v", ino, g, want, flight)
		}
	}
	return nil
}

// cuts tries every cut of the events and returns the first failure. model is the state before them.
func (c *cutter) cuts(start []byte, t *tape, model map[Ino]fileState, samples int) error {
	s := &storage{certain: slices.Clone(start), pending: make(map[int64][]newer), touched: make(map[int64]bool)}
	copy(c.r.Bytes(), start)
	for b := range int64(len(start) / BlockSize) {
		if slices.ContainsFunc(start[b*BlockSize:][:BlockSize], func(x byte) bool { return x != 0 }) {
			s.touched[b] = true
		}
	}
	model = maps.Clone(model)
	done := -1 // calls that have returned
	for i := 0; i <= len(t.events); i++ {
		var flight *call
		now := len(t.calls)
		if i < len(t.events) {
			now = t.events[i].call
			if now >= 0 {
				flight = &t.calls[now]
			}
		}
		for done+1 < now {
			done++
			model[t.calls[done].ino] = t.calls[done].after
		}
		for k := range samples {
			s.image(c.r.Bytes(), func(n int) int {
				switch k {
				case 0:
					return 0
				case 1:
					return n
				}
				return c.rng.IntN(n + 1)
			})
			if err := c.one(model, flight); err != nil {
				return fmt.Errorf("cut before event %d of %d, image %d: %w", i, len(t.events), k, err)
			}
			if len(s.pending) == 0 {
				break // all images are alike
			}
		}
		if i < len(t.events) {
			s.apply(t.events[i])
		}
	}
	return nil
}

// one verifies one image, and now and then cuts the power again during its mount.
func (c *cutter) one(model map[Ino]fileState, flight *call) error {
	c.images++
	if c.nested == 0 || c.images%c.nested != 0 {
		return c.verify(model, flight)
	}
	start, t := slices.Clone(c.r.Bytes()), new(tape)
	c.r.SetTracer(t)
	err := c.verify(model, flight)
	c.r.SetTracer(nil)
	if err != nil {
		return err
	}
	again := maps.Clone(model)
	if fs, err := Mount(c.r); err != nil {
		return err
	} else if flight != nil { // whichever it was, it is decided now
		again[flight.ino] = fileState{gen: fs.cores[fs.slot(flight.ino)].gen}
		err := fs.Inodes(func(rec *Record) error {
			if rec.Ino == flight.ino {
				again[rec.Ino] = describe(rec)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	inner := &cutter{r: c.r, rng: c.rng}
	if err := inner.cuts(start, t, again, 4); err != nil {
		return fmt.Errorf("second cut, during the mount: %w", err)
	}
	c.images += inner.images
	return nil
}

// powerCut runs a random script and cuts it everywhere.
func powerCut(t *testing.T, seed uint64, steps, samples, nested int, adapt func(*script), edit func([]event) []event) (int, error) {
	const inodes, data = 12, 150
	s := &script{tb: t, rng: newRand(seed), tape: new(tape), model: make(map[Ino]fileState), write: (*FS).Write}
	s.fs = newFS(t, inodes, data)
	fragment(t, s.fs)
	s.create()
	start, model := slices.Clone(s.fs.mem), maps.Clone(s.model)
	s.tape = new(tape)
	s.fs.r.SetTracer(s.tape)
	if adapt != nil {
		adapt(s)
	}
	for range steps {
		s.step()
	}
	s.fs.r.SetTracer(nil)
	if edit != nil {
		s.tape.events = edit(s.tape.events)
	}
	c := &cutter{r: newRegion(t, s.fs.r.Size()/BlockSize), rng: s.rng, nested: nested}
	err := c.cuts(start, s.tape, model, samples)
	return c.images, err
}

func TestPowerCut(t *testing.T) {
	seeds, steps := uint64(6), 60
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		images, err := powerCut(t, seed, steps, 8, 97, nil, nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		t.Logf("seed %d: %d images", seed, images)
	}
}

// TestPowerCutFindsBrokenWriters is the proof that TestPowerCut can fail.
func TestPowerCutFindsBrokenWriters(t *testing.T) {
	drop := func(kind byte, which func(events []event, i int) bool) func([]event) []event {
		return func(events []event) []event {
			var kept []event
			for i, e := range events {
				if e.kind != kind || !which(events, i) {
					kept = append(kept, e)
				}
			}
			return kept
		}
	}
	all := func([]event, int) bool { return true }
	for _, tt := range []struct {
		name  string
		want  string // part of what is found
		adapt func(*script)
		edit  func([]event) []event
	}{
		{name: "no flush", want: "want", edit: drop('f', all)},
		{name: "no fence", want: "want", edit: drop('b', all)},
		{name: "no fence between chain and record", want: "bad-overflow", edit: drop('b', func(events []event, i int) bool {
			return i+1 < len(events) && events[i+1].kind == 's' && events[i+1].call == events[i].call
		})},
		{name: "record in place", want: "inode", adapt: func(s *script) {
			s.write = func(fs *FS, rec *Record) error {
				c := &fs.cores[fs.slot(rec.Ino)]
				if c.seq < 2 || len(rec.Extents) > inlineExtents {
					return fs.Write(rec)
				}
				fs.putRecord(rec.Ino, record{seq: c.seq, gen: rec.Gen, nlink: rec.Nlink, flags: rec.Flags | flagUsed,
					pages: rec.Pages, extents: uint32(len(rec.Extents))}, rec.Extents)
				return fs.fence()
			}
		}},
		{name: "blocks freed first", want: "double-owned", adapt: func(s *script) { s.freeFirst = true }},
		{name: "durable only with the next call", want: "want", adapt: func(s *script) {
			s.write = func(fs *FS, rec *Record) error {
				err := fs.Write(rec)
				for i := len(s.tape.events) - 1; err == nil && s.tape.events[i].kind != 's'; i-- {
					if s.tape.events[i].kind == 'b' {
						s.tape.events = slices.Delete(s.tape.events, i, i+1)
					}
				}
				return err
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(20) {
				if _, err := powerCut(t, seed, 60, 4, 0, tt.adapt, tt.edit); err != nil {
					if !strings.Contains(err.Error(), tt.want) {
						t.Errorf("found %v, want something with %q", err, tt.want)
					}
					t.Logf("seed %d: %v", seed, err)
					return
				}
			}
			t.Error("not found")
		})
	}
}

// TestPowerCutLongChain cuts the writes of a chain of several blocks.
func TestPowerCutLongChain(t *testing.T) {
	fs := newFS(t, 4, 2*(chainExtents+20)+20)
	fragment(t, fs)
	rec := create(t, fs, chainExtents+8)
	start, model := slices.Clone(fs.mem), map[Ino]fileState{rec.Ino: describe(rec)}
	s := &script{tb: t, fs: fs, rng: newRand(5), tape: new(tape), model: maps.Clone(model), write: (*FS).Write}
	fs.r.SetTracer(s.tape)
	last := len(rec.Extents) - 1
	rec.Extents[last], rec.Extents[2] = rec.Extents[2], rec.Extents[last]
	s.put(rec, "swap")
	fs.r.SetTracer(nil)
	c := &cutter{r: newRegion(t, fs.r.Size()/BlockSize), rng: s.rng}
	if err := c.cuts(start, s.tape, model, 3); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d images", c.images)
}

// TestPowerCutFormat cuts a format, of a fresh region and of a used one: it is the old file system, an unfinished one
// that says so, or the new one, and pmem knows it as a region from the first fence on.
func TestPowerCutFormat(t *testing.T) {
	used := newFS(t, 12, 20)
	create(t, used, 3)
	for name, start := range map[string][]byte{"fresh": make([]byte, len(used.mem)), "used": slices.Clone(used.mem)} {
		r, rng := newRegion(t, int64(len(start)/BlockSize)), newRand(6)
		copy(r.Bytes(), start)
		tape := new(tape)
		r.SetTracer(tape)
		must(t)(Format(r, Geometry{Inodes: 12, ID: 3}))
		r.SetTracer(nil)
		s := &storage{certain: slices.Clone(start), pending: make(map[int64][]newer), touched: map[int64]bool{0: true, 1: true}}
		seen := make(map[string]int)
		fences := 0
		for _, e := range tape.events {
			for range 4 {
				s.image(r.Bytes(), func(n int) int { return rng.IntN(n + 1) })
				fs, err := Mount(r)
				switch {
				case err == nil:
					checkClean(t, fs)
					if files := len(state(t, fs)); (fs.id == 1) != (files == 1) {
						t.Fatalf("%s: %d files on the file system with id %d", name, files, fs.id)
					}
					seen[fmt.Sprint("id ", fs.id)]++
				case strings.Contains(err.Error(), ErrSuperblock.Error()):
					seen["unfinished"]++
				case strings.Contains(err.Error(), ErrNotFormatted.Error()) && fences == 0 && name == "fresh":
					seen["nothing"]++
				default:
					t.Fatalf("%s: %v", name, err)
				}
			}
			s.apply(e)
			if e.kind == 'b' {
				fences++
			}
		}
		if seen["unfinished"] == 0 || seen["id 3"] == 0 || (name == "used") != (seen["id 1"] > 0) {
			t.Errorf("%s: saw %v", name, seen)
		}
	}
}
