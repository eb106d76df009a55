package subjects

import (
	"slices"
	"testing"

	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// lookups makes all subjects that look keys up; the engine's has files of those numbers.
func lookups(t *testing.T, keys []uint32) map[string]*turns.Subject {
	mount := must[*Mount](t)(Open(MountOptions{Files: len(keys), Policy: "dax-only"}))
	t.Cleanup(mount.Close)
	if !slices.Equal(mount.Inos, keys) {
		t.Fatalf("the files have the numbers %d", mount.Inos)
	}
	subject := must[*turns.Subject](t)
	return map[string]*turns.Subject{
		"engine": mount.IgetIput(), "engine, no reference": mount.FindInode(), "xsync": Xsync(keys), "xsync pointers": XsyncPointers(keys), "sync.Map": SyncMap(keys), "sharded map": ShardedMap(keys),
		"phuslu": Phuslu(keys), "phuslu pointers": PhusluPointers(keys), "pebble": subject(Pebble(keys)), "otter": subject(Otter(keys)),
		"ristretto": subject(Ristretto(keys)), "theine": subject(Theine(keys)),
	}
}

func upTo(n int) (keys []uint32) {
	for k := range n {
		keys = append(keys, uint32(k+1))
	}
	return keys
}

// TestLookupsFind what is there, and their checks reject a key that is not.
func TestLookupsFind(t *testing.T) {
	const n = 500
	for name, s := range lookups(t, upTo(n)) {
		t.Run(name, func(t *testing.T) {
			if s.Close != nil {
				defer s.Close()
			}
			s.Run(0, upTo(n))
			s.Run(1, upTo(n))
			if err := s.Check(); err != nil {
				t.Errorf("after lookups of what is there: %v", err)
			}
			s.Run(1, []uint32{n + 1000})
			if s.Check() == nil {
				t.Error("nothing was found of a key that was never there, and that is no fault")
			}
		})
	}
}

// TestInsertsEvict, and their checks reject inserts of what is there.
func TestInsertsEvict(t *testing.T) {
	const n = 1000
	options := MountOptions{Files: 4 * n, Cache: n, Policy: "dax-only", Vfs: vfs.Options{Stripes: 4}}
	m := must[*Mount](t)(Open(options))
	defer m.Close()
	records := must[*Mount](t)(Open(options))
	defer records.Close()
	order := upTo(4 * n)
	for name, s := range map[string]*turns.Subject{
		"engine": m.Insert(), "phuslu": PhusluSet(order, n, nil), "phuslu+record": PhusluSet(order, n, records),
		"xsync": XsyncStore(order, n, nil), "xsync+record": XsyncStore(order, n, records), "record": records.ReadRecords(),
	} {
		t.Run(name, func(t *testing.T) {
			insert := func(keys []uint32) {
				if s.Prepare != nil {
					s.Prepare(0, keys)
				}
				s.Run(0, keys)
			}
			for range 3 {
				insert(order)
			}
			if err := s.Check(); err != nil {
				t.Errorf("after three walks: %v", err)
			}
			bad := order[:n/4]
			if name == "record" || name == "xsync+record" {
				bad = []uint32{5 * n} // has no record
			}
			for range 100 {
				insert(bad)
			}
			if s.Check() == nil {
				t.Error("a fault was not found")
			}
		})
	}
}

// TestPinsAndBreaks find what is left over, or busy.
func TestPinsAndBreaks(t *testing.T) {
	open := func() *Mount {
		m := must[*Mount](t)(Open(MountOptions{Files: 2, Pages: 64, DAX: true, Policy: "dax-only"}))
		t.Cleanup(m.Close)
		return m
	}
	subject := must[*turns.Subject](t)
	pinned, broken, evicted := open(), open(), open()
	for name, tt := range map[string]struct {
		s     *turns.Subject
		keys  []uint32
		spoil func()
	}{
		"two adds":    {TwoAdds(64), upTo(63), nil},
		"page table":  {TablePins(64), upTo(63), nil},
		"open file":   {subject(FilePins(pinned)), upTo(63), pinned.leavePin},
		"breaks":      {subject(Breaks(broken)), []uint32{0, 1, 0}, broken.leavePin},
		"full breaks": {subject(FullBreaks(evicted)), []uint32{0, 1}, nil},
		"CAS":         {FreezeEach(2, 64), []uint32{0, 1, 0}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			run := func() {
				if tt.s.Prepare != nil {
					tt.s.Prepare(0, tt.keys)
				}
				tt.s.Run(0, tt.keys)
			}
			run()
			run()
			if err := tt.s.Check(); err != nil {
				t.Error(err)
			}
			if tt.spoil == nil {
				return
			}
			tt.spoil()
			run()
			if tt.s.Check() == nil {
				t.Error("a page is pinned, and that is no fault")
			}
		})
	}
}

// leavePin pins a page of the first file.
func (m *Mount) leavePin() {
	if _, err := m.Pin(m.tasks[0], m.held[0], 5); err != nil {
		panic(err)
	}
}

// TestSwitch does what it stands at, once per eviction.
func TestSwitch(t *testing.T) {
	const n = 500
	called := map[string]int{}
	count := func(name string) Breaker { return func(*vfs.Task, *vfs.Inode) { called[name]++ } }
	sw := NewSwitch(count("first"))
	m := must[*Mount](t)(Open(MountOptions{Files: 4 * n, Cache: n, Policy: "dax-only", Break: sw, Vfs: vfs.Options{Stripes: 4}}))
	defer m.Close()
	walk, keys := turns.Walk(m.Inos), make([]uint32, n)
	before := called["first"]
	for _, name := range []string{"a", "b", "a"} {
		s := sw.Inserts(m, name, count(name), walk)
		s.Prepare(0, keys)
		s.Run(0, keys)
	}
	if called["first"] != before || called["a"] < n || called["b"] < n/2 || called["a"]+called["b"] != int(m.stats().Evictions)-before {
		t.Errorf("%v, with %d evictions", called, m.stats().Evictions)
	}
}

// TestTimed counts every operation.
func TestTimed(t *testing.T) {
	s := Timed()
	s.Run(0, make([]uint32, 1000))
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}
