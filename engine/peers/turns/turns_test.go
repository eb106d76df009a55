package turns

import (
	"errors"
	"math"
	"runtime"
	"testing"
)

// chain is a subject that multiplies so many times for each key.
func chain(name string, multiplications int) *Subject {
	var sink [MaxWorkers]uint64
	return &Subject{
		Name: name,
		Run: func(w int, keys []uint32) {
			x := uint64(1)
			for range keys {
				for range multiplications {
					x *= 0x9E3779B97F4A7C15
				}
			}
			sink[w] = x
		},
		Check: func() error { return nil },
	}
}

func noKeys(int, []uint32) {}

// TestPlantedSlowdownIsSeen: 5 % more work shows, and the same work does not.
func TestPlantedSlowdownIsSeen(t *testing.T) {
	subjects := []*Subject{chain("A", 1000), chain("A again", 1000), chain("planted", 1050)}
	series, err := Run(subjects, Load{Workers: 1, Draw: noKeys}, 300, 1)
	if err != nil {
		t.Fatal(err)
	}
	same, _, err := Ratio(series[1], series[0])
	if err != nil {
		t.Fatal(err)
	}
	const tiny = 0.002 // one in twenty 95 % intervals misses what it is for, if only just
	if (same.Lo > 1 || same.Hi < 1) && math.Abs(same.Value-1) > tiny {
		t.Errorf("the same against itself: %.4f [%.4f–%.4f]", same.Value, same.Lo, same.Hi)
	}
	slow, _, err := Ratio(series[2], series[0])
	if err != nil {
		t.Fatal(err)
	}
	if slow.Lo < 1.03 || slow.Hi > 1.07 {
		t.Errorf("5 %% slower: %.4f [%.4f–%.4f]", slow.Value, slow.Lo, slow.Hi)
	}
	if d, err := Difference(series[2], series[0]); err != nil || d.Lo <= 0 {
		t.Errorf("5 %% slower: %+v, %v", d, err)
	}
}

// TestEveryWorkerHasItsKeys, in every chunk and with the others.
func TestEveryWorkerHasItsKeys(t *testing.T) {
	if Processors() < 2 {
		t.Skip("two workers need two processors")
	}
	var counts [2][10]int
	s := chain("", 1000)
	work := s.Run
	s.Run = func(w int, keys []uint32) {
		for _, k := range keys {
			counts[w][k]++
		}
		work(w, keys)
	}
	load := Load{Workers: 2, Ops: 10, Draw: func(w int, keys []uint32) {
		for i := range keys {
			keys[i] = uint32(5*w + i%5)
		}
	}}
	if _, err := Run([]*Subject{s}, load, 20, 1); err != nil {
		t.Fatal(err)
	}
	for w, c := range counts {
		for k, n := range c {
			if own := k/5 == w; own != (n > 0) || own && n < 2*20 {
				t.Errorf("worker %d had key %d %d times", w, k, n)
			}
		}
	}
}

// TestRunIn: each chunk comes right after one of the same subject on other keys, unless the memory is shared.
func TestRunIn(t *testing.T) {
	type chunk struct {
		name string
		key  uint32
	}
	for _, shared := range []bool{false, true} {
		var ran []chunk
		of := func(name string) *Subject {
			s := chain(name, 1)
			s.Run = func(_ int, keys []uint32) { ran = append(ran, chunk{name, keys[0]}) }
			return s
		}
		drawn := uint32(0)
		draw := func(_ int, keys []uint32) { drawn++; keys[0] = drawn }
		load := Load{Workers: 1, Draw: draw, Ops: 1, Shared: shared}
		if _, err := Run([]*Subject{of("a"), of("b")}, load, 8, 1); err != nil {
			t.Fatal(err)
		}
		for len(ran) > 0 {
			n := 4
			if shared {
				n = 2
			}
			round := ran[:n]
			ran = ran[n:]
			ok := round[0].name != round[n-1].name && round[0].key+1 == round[n-1].key != shared
			if !shared {
				ok = ok && round[1] == chunk{round[0].name, round[3].key} && round[2] == chunk{round[3].name, round[0].key}
			}
			if !ok {
				t.Fatalf("shared %v: a round of %v", shared, round)
			}
		}
	}
}

// TestChunksApartDoNotCount: one worker has nothing to do while the other works.
func TestChunksApartDoNotCount(t *testing.T) {
	if Processors() < 2 {
		t.Skip("two workers need two processors")
	}
	s := chain("", 1000)
	work := s.Run
	s.Run = func(w int, keys []uint32) {
		if w == 0 {
			work(w, keys)
		}
	}
	series, err := Run([]*Subject{s}, Load{Workers: 2, Draw: noKeys, Ops: 100}, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Ratio(series[0], series[0]); !errors.Is(err, ErrApart) {
		t.Errorf("chunks in which one worker did nothing count: %v", err)
	}
	alone := *s
	alone.Alone = true
	series, err = Run([]*Subject{&alone}, Load{Workers: 2, Draw: noKeys, Ops: 100}, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, dropped, err := Ratio(series[0], series[0]); err != nil || dropped > 0 {
		t.Errorf("who is meant to run alone: %v, %v dropped", err, dropped)
	}
}

// TestFaultsEndTheRun: what a subject finds, and a collection.
func TestFaultsEndTheRun(t *testing.T) {
	bad := errors.New("bad")
	s := chain("", 10)
	s.Check = func() error { return bad }
	if _, err := Run([]*Subject{s}, Load{Workers: 1, Draw: noKeys}, 8, 1); !errors.Is(err, bad) {
		t.Errorf("a failed check: %v", err)
	}
	s = chain("", 10)
	s.Prepare = func(int, []uint32) { runtime.GC() }
	if _, err := Run([]*Subject{s}, Load{Workers: 1, Draw: noKeys, Ops: 10}, 8, 1); !errors.Is(err, ErrCollected) {
		t.Errorf("a collection: %v", err)
	}
}

// TestChunksAreNeitherShortNorLong for subjects that take some nanoseconds, and some hundred.
func TestChunksAreNeitherShortNorLong(t *testing.T) {
	series, err := Run([]*Subject{chain("quick", 5), chain("slow", 50)}, Load{Workers: 1, Draw: noKeys}, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range series {
		e, err := Median(s)
		if took := e.Value * float64(s.Ops); err != nil || took < shortest/2 || took > 2*longest {
			t.Errorf("%s: a chunk of %d takes %.0f ns, %v", s.Name, s.Ops, took, err)
		}
	}
}

// TestZipf holds the draw against the distribution that it approximates.
func TestZipf(t *testing.T) {
	const n, theta, draws = 1000, 0.99, 400_000
	list := make([]uint32, n)
	for i := range list {
		list[i] = uint32(i)
	}
	keys := make([]uint32, draws)
	Zipf(list, theta, 1)(0, keys)
	var counts [n]float64
	for _, k := range keys {
		counts[k]++
	}
	zeta := 0.0
	for i := range n {
		zeta += math.Pow(float64(i+1), -theta)
	}
	cumulative, want := 0.0, 0.0
	for i := range n {
		cumulative += counts[i] / draws
		want += math.Pow(float64(i+1), -theta) / zeta
		const off = 0.02 // what the integral is from the sum, and then some
		if math.Abs(cumulative-want) > off {
			t.Fatalf("the %d most popular are drawn with %.3f, want %.3f", i+1, cumulative, want)
		}
	}
}

// TestWalk goes round.
func TestWalk(t *testing.T) {
	walk, keys := Walk([]uint32{1, 2, 3}), make([]uint32, 5)
	walk(0, keys)
	walk(1, keys[:2])
	if got := [5]uint32(keys); got != [5]uint32{3, 1, 3, 1, 2} {
		t.Errorf("%v", got)
	}
}

// TestAllocations counts what is allocated, and nothing else.
func TestAllocations(t *testing.T) {
	var kept []*[64]byte
	s := &Subject{Run: func(_ int, keys []uint32) {
		kept = kept[:0]
		for i := range keys {
			if i%2 == 0 {
				kept = append(kept, new([64]byte))
			}
		}
	}}
	if n := Allocations(s, make([]uint32, 1000)); n != 0.5 {
		t.Errorf("%v allocations per operation, want 0.5", n)
	}
	if n := Allocations(chain("", 1), make([]uint32, 1000)); n != 0 {
		t.Errorf("%v allocations per operation, want none", n)
	}
}

// TestOwnMemory finds what was touched, and that it is gone.
func TestOwnMemory(t *testing.T) {
	const size = 64 << 20
	before, err := OwnMemory()
	if err != nil {
		t.Skip(err)
	}
	b := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		b[i] = 1
	}
	with, _ := OwnMemory()
	runtime.KeepAlive(b)
	after, _ := OwnMemory()
	if got := float64(with - before); got < 0.98*size || got > 1.1*size || after-before > size/10 {
		t.Errorf("%d bytes before, %d with %d more, %d after", before, with, size, after)
	}
}
