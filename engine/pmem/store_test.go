package pmem

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// paths opens a region of the given size for every write-back path of this processor, the portable one and msync.
func paths(t testing.TB, size int64, fn func(t testing.TB, r *Region)) {
	t.Helper()
	sub := func(name string, fn func(t testing.TB)) {
		switch t := t.(type) {
		case *testing.T:
			t.Run(name, func(t *testing.T) { fn(t) })
		case *testing.B:
			t.Run(name, func(b *testing.B) { fn(b) })
		}
	}
	for _, w := range []WriteBack{CLWB, CLFLUSHOPT, CLFLUSH, Portable, Msync} {
		sub("path="+w.String(), func(t testing.TB) {
			o := Options{Size: size, Populate: true, Flush: w}
			if w == Msync {
				o.Path = filepath.Join(t.TempDir(), "region")
			} else if !Detect().Has(w) {
				t.Skipf("this processor has no %s", w)
			}
			r := mustOpen(t, o)
			if got := r.Info().Flush; got != w && r.Info().Backing != DAXFile {
				t.Fatalf("Flush = %s, want %s", got, w)
			}
			fn(t, r)
		})
	}
}

func mustOpen(t testing.TB, o Options) *Region {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// noise returns n reproducible bytes.
func noise(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
}

// ranges are what every path flushes: odd starts and lengths, within a line, over its edge, over a page's edge, all.
var ranges = []struct{ off, n int64 }{
	{0, 0}, {0, 1}, {63, 1}, {63, 2}, {64, 64}, {1, 64}, {7, 121}, {4095, 1}, {4095, 2}, {4096, 4096},
	{4032, 65}, {100, 8000}, {8191, 1}, {8128, 4160}, {0, 4 * PageSize}, {4 * PageSize, 0},
}

func TestPersistLeavesBytesAlone(t *testing.T) {
	paths(t, 4*PageSize, func(t testing.TB, r *Region) {
		want := noise(4 * PageSize)
		copy(r.Bytes(), want)
		for _, c := range ranges {
			r.Persist(c.off, c.n)
			if !bytes.Equal(r.Bytes(), want) {
				t.Fatalf("Persist(%d, %d) changed the region", c.off, c.n)
			}
		}
	})
}

func TestStore64(t *testing.T) {
	paths(t, 2*PageSize, func(t testing.TB, r *Region) {
		want := make([]byte, 2*PageSize)
		for _, off := range []int64{0, 8, 4088, 4096, 2*PageSize - 8} {
			for i := range 8 {
				want[off+int64(i)] = 0xa5
			}
			r.Store64(off, 0xa5a5a5a5a5a5a5a5)
			r.Persist(off, 8)
			if !bytes.Equal(r.Bytes(), want) {
				t.Fatalf("Store64(%d) stored something else", off)
			}
		}
	})
}

// TestCopyNT copies every number of lines of two pages from every alignment of the source, and looks at the neighbours.
func TestCopyNT(t *testing.T) {
	const size = 4 * PageSize
	src := noise(size)
	paths(t, size, func(t testing.TB, r *Region) {
		back := bytes.Repeat([]byte{0xee}, size)
		want := make([]byte, size)
		for lines := range 2*PageSize/CacheLine + 1 {
			off, skew := int64(lines%5+1)*CacheLine, lines%17
			p := src[skew : skew+lines*CacheLine]
			copy(r.Bytes(), back)
			copy(want, back)
			copy(want[off:], p)
			r.CopyNT(off, p)
			r.Fence()
			if !bytes.Equal(r.Bytes(), want) {
				t.Fatalf("CopyNT of %d lines to %d from skew %d: not what copy does", lines, off, skew)
			}
		}
	})
}

func TestBadOffsetsPanic(t *testing.T) {
	line := make([]byte, CacheLine)
	paths(t, PageSize, func(t testing.TB, r *Region) {
		for name, fn := range map[string]func(){
			"store unaligned":   func() { r.Store64(4, 1) },
			"store past end":    func() { r.Store64(PageSize, 1) },
			"store before":      func() { r.Store64(-8, 1) },
			"flush past end":    func() { r.Flush(PageSize-1, 2) },
			"flush before":      func() { r.Flush(-1, 1) },
			"flush negative":    func() { r.Flush(8, -1) },
			"flush overflow":    func() { r.Flush(1<<62, 1<<62) },
			"copy unaligned":    func() { r.CopyNT(8, line) },
			"copy part of line": func() { r.CopyNT(0, line[:8]) },
			"copy past end":     func() { r.CopyNT(PageSize, line) },
		} {
			if !panics(fn) {
				t.Errorf("%s: no panic", name)
			}
		}
		if !bytes.Equal(r.Bytes(), make([]byte, PageSize)) {
			t.Error("a refused call stored something")
		}
	})
}

func panics(fn func()) (did bool) {
	defer func() { did = recover() != nil }()
	fn()
	return
}

// TestFlushTouchesItsLines proves which lines a path takes by leaving the middle page of three without storage: a flush
// faults if, and only if, one of its lines is there.
func TestFlushTouchesItsLines(t *testing.T) {
	const lo, hi = PageSize, 2 * PageSize // the page without storage
	for _, w := range []WriteBack{CLWB, CLFLUSHOPT, CLFLUSH} {
		t.Run("path="+w.String(), func(t *testing.T) {
			if !Detect().Has(w) {
				t.Skipf("this processor has no %s", w)
			}
			r := holed(t, w)
			for lines := int64(1); lines <= 3; lines++ {
				for _, start := range []int64{lo - 3*CacheLine, lo - 2*CacheLine, lo - CacheLine, lo, lo + CacheLine, hi - CacheLine, hi} {
					for _, skew := range []int64{0, 1, 33, 63} {
						off := start + skew
						n := lines*CacheLine - skew // ends with the last byte of a line …
						for _, n := range []int64{n, n - CacheLine + 1} {
							if n <= 0 {
								continue // … or with its first
							}
							last := off + n - 1
							want := last >= lo && off < hi
							err := r.Guard(func() error { r.Flush(off, n); return nil })
							if (err != nil) != want {
								t.Errorf("Flush(%d, %d): fault = %v, want %v", off, n, err, want)
							}
						}
					}
				}
			}
		})
	}
}

// holed returns a region of three pages, of which the middle one has lost its storage.
func holed(t *testing.T, w WriteBack) *Region {
	t.Helper()
	h := linux()
	h.mmap = func(fd int, off int64, size, prot, flags int) ([]byte, error) {
		mem, err := linux().mmap(fd, off, size, prot, flags)
		if err == nil {
			err = unix.Mprotect(mem[PageSize:2*PageSize], unix.PROT_NONE)
		}
		return mem, err
	}
	r, err := h.open(Options{Size: 3 * PageSize, Flush: w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// recorder writes down what it sees, and panics at event number stop.
type recorder struct {
	events []string
	stop   int
}

var errPower = errors.New("power cut")

func (c *recorder) add(format string, args ...any) {
	if c.stop != 0 && len(c.events)+1 == c.stop {
		panic(errPower)
	}
	c.events = append(c.events, fmt.Sprintf(format, args...))
}

func (c *recorder) Store(off int64, v uint64) { c.add("store %d=%d", off, v) }
func (c *recorder) Flush(off, n int64)        { c.add("flush %d+%d", off, n) }
func (c *recorder) Fence()                    { c.add("fence") }
func (c *recorder) Copy(off int64, p []byte)  { c.add("copy %d+%d", off, len(p)) }

func TestTracerSeesAllInOrderAndBefore(t *testing.T) {
	line := bytes.Repeat([]byte{7}, CacheLine)
	steps := func(r *Region) {
		r.Store64(8, 1)
		r.Persist(8, 8)
		r.CopyNT(128, line)
		r.Fence()
		r.Store64(8, 2)
	}
	want := []string{"store 8=1", "flush 8+8", "fence", "copy 128+64", "fence", "store 8=2"}
	paths(t, PageSize, func(t testing.TB, r *Region) {
		for stop := range len(want) + 2 {
			clear(r.Bytes())
			c := &recorder{stop: stop}
			r.SetTracer(c)
			cut := panics(func() { steps(r) })
			r.SetTracer(nil)
			if wantCut := stop >= 1 && stop <= len(want); cut != wantCut {
				t.Fatalf("cut at %d: %v, want %v", stop, cut, wantCut)
			}
			seen := len(want)
			if cut {
				seen = stop - 1
			}
			if !slices.Equal(c.events, want[:seen]) {
				t.Fatalf("cut at %d: %q, want %q", stop, c.events, want[:seen])
			}
			stored := r.Bytes()[8] // the value of the last store that was seen
			copied := r.Bytes()[128] == 7
			if wantStored := byte(min(seen, 1) + seen/6); stored != wantStored || copied != (seen >= 4) {
				t.Fatalf("cut at %d: stored %d, copied %v after %q", stop, stored, copied, c.events)
			}
		}
		r.Store64(0, 1) // untraced again
	})
}

func TestSlice(t *testing.T) {
	r := mustOpen(t, Options{Size: 8 * PageSize})
	c := &recorder{}
	r.SetTracer(c)
	s, err := r.Slice(2*PageSize, 4*PageSize)
	if err != nil {
		t.Fatal(err)
	}
	ss, err := s.Slice(PageSize, PageSize)
	if err != nil {
		t.Fatal(err)
	}
	ss.Store64(16, 0x0102030405060708)
	ss.Persist(16, 8)
	if got := r.Bytes()[3*PageSize+16]; got != 8 && got != 1 {
		t.Errorf("the root does not see the store of a slice: %#x", got)
	}
	if len(c.events) != 0 {
		t.Errorf("the root's tracer sees a slice: %q", c.events)
	}
	if got, want := s.Info(), r.Info(); got.Size != 4*PageSize || got.Flush != want.Flush {
		t.Errorf("Info of a slice is %+v, of the root %+v", got, want)
	}
	if !panics(func() { ss.Flush(PageSize, 1) }) || !panics(func() { ss.Store64(PageSize, 1) }) || cap(ss.Bytes()) != PageSize {
		t.Error("a slice reaches past its end")
	}
	for _, c := range []struct {
		off, size int64
		want      error
	}{
		{0, 5 * PageSize, ErrTooSmall}, {4 * PageSize, PageSize, ErrTooSmall}, {1 << 62, 1 << 62, ErrTooSmall},
		{-PageSize, PageSize, ErrBadSize}, {0, 0, ErrBadSize}, {8, PageSize, ErrBadSize}, {0, 100, ErrBadSize},
	} {
		if _, err := s.Slice(c.off, c.size); !errors.Is(err, c.want) {
			t.Errorf("Slice(%d, %d) = %v, want %v", c.off, c.size, err, c.want)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	r.Bytes()[0] = 1 // still mapped
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestFileKeepsWhatWasStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "region")
	r, err := Open(Options{Path: path, Size: 4 * PageSize})
	if err != nil {
		t.Fatal(err)
	}
	copy(r.Bytes(), Magic)
	page := noise(PageSize)
	r.CopyNT(PageSize, page)
	r.Flush(0, 8)
	r.Fence()
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !IsRegion(got) || !bytes.Equal(got[PageSize:2*PageSize], page) || len(got) != 4*PageSize {
		t.Error("the file does not hold what was stored")
	}
}
