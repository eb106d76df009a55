package clock

import (
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// withSource forces a source for one test and puts the chosen one back. Tests that use it do not run in parallel.
func withSource(t *testing.T, source Source) {
	t.Helper()
	hz := float64(time.Second)
	if source == Counter {
		var err error
		if hz, err = measureCounter(); err != nil {
			t.Skip(err)
		}
	}
	Calibrate()
	calibrating.Lock()
	before := properties
	chooseLocked(source, hz)
	calibrating.Unlock()
	t.Cleanup(func() {
		calibrating.Lock()
		chooseLocked(before.Source, before.Hz)
		properties = before
		calibrating.Unlock()
	})
}

func TestBothSources(t *testing.T) {
	for _, source := range []Source{Monotonic, Counter} {
		t.Run(source.String(), func(t *testing.T) {
			withSource(t, source)

			for _, want := range []time.Duration{0, 1, 100, time.Microsecond, time.Millisecond, 5 * time.Second, 10 * time.Hour} {
				for _, d := range []time.Duration{want, -want} {
					got := time.Duration(Nanos(Of(d)))
					if slack := time.Microsecond/200 + want/1e8; got < d-slack || got > d+slack {
						t.Errorf("Nanos(Of(%d)) = %d", d, got)
					}
				}
			}
			if n := Nanos(-1); n >= 0 {
				t.Errorf("Nanos(-1) = %d, want negative", n)
			}
			if n := Nanos(Of(-time.Second)); n > -999_999_000 {
				t.Errorf("Nanos of -1 s = %d", n)
			}
			if Of(math.MaxInt64) < Of(time.Hour) || Of(math.MinInt64) > Of(-time.Hour) {
				t.Error("Of overflows")
			}

			// The clock is between two readings of the monotonic clock, to 0.1 % and the accuracy of one reading.
			outer := time.Now()
			start := Now()
			inner := time.Now()
			last := start
			for time.Since(inner) < 20*time.Millisecond {
				now := Now()
				if Nanos(now-last) < -1000 {
					t.Fatalf("the clock went back by %d ns", Nanos(last-now))
				}
				last = now
			}
			atLeast := time.Since(inner)
			got := time.Duration(Nanos(Now() - start))
			atMost := time.Since(outer)
			if slack := time.Microsecond + atMost/1000; got < atLeast-slack || got > atMost+slack {
				t.Errorf("clock says %v, monotonic clock says between %v and %v", got, atLeast, atMost)
			}

			described := Info()
			if described.Source != source || described.Hz <= 0 || described.StepNanos <= 0 || described.StepNanos > 10_000 || described.CostNanos <= 0 {
				t.Errorf("info: %+v", described)
			}
			if n := testing.AllocsPerRun(100, func() { Nanos(Now() - last) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
			t.Logf("%+v", described)
		})
	}
}

func TestChoice(t *testing.T) {
	withSource(t, Monotonic)
	for _, c := range []struct {
		name   string
		hz     float64
		err    error
		source Source
	}{
		{"trusted", 2.5e9, nil, Counter},
		{"refused", 0, errors.New("because"), Monotonic},
	} {
		calibrating.Lock()
		calibrateLocked(func() (float64, error) { return c.hz, c.err })
		got := properties
		calibrating.Unlock()
		if got.Source != c.source {
			t.Errorf("%s: source %v", c.name, got.Source)
		}
		if c.err != nil && got.Reason != c.err.Error() {
			t.Errorf("%s: reason %q", c.name, got.Reason)
		}
		if n := Nanos(5_000_000_000); c.err == nil && (n < 1_999_999_999 || n > 2_000_000_001) {
			t.Errorf("%s: 5e9 ticks of 2.5 GHz are %d ns", c.name, n)
		}
	}
}

// TestFirstReading has several goroutines draw the first tick at once: none may see the other source.
func TestFirstReading(t *testing.T) {
	withSource(t, Monotonic)
	for range 20 {
		calibrating.Lock()
		atomic.StoreUint32(&counterTrusted, 0)
		scale.Store(0)
		calibrating.Unlock()
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				first := Now()
				if d := Nanos(Now() - first); d < -1000 || d > int64(10*time.Second) {
					t.Errorf("the first two readings are %d ns apart", d)
				}
			})
		}
		group.Wait()
	}
}

// TestSpinnerIsPreempted shares one P with a goroutine that spins on Now. It gets its turn back after a time slice of 10 ms; while
// Now could not be preempted that took 100 ms to 1 s.
func TestSpinnerIsPreempted(t *testing.T) {
	Calibrate()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var stop atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for !stop.Load() {
			Now()
		}
	})
	turns := make([]time.Duration, 9)
	for i := range turns {
		start := time.Now()
		runtime.Gosched()
		turns[i] = time.Since(start)
	}
	stop.Store(true)
	group.Wait()
	slices.Sort(turns)
	if median := turns[len(turns)/2]; median > 80*time.Millisecond {
		t.Errorf("a turn of the spinning goroutine takes %v: %v", median, turns)
	}
}

func TestAgree(t *testing.T) {
	for _, c := range []struct {
		name  string
		rates []float64
		want  float64 // 0: refused
	}{
		{"steady", []float64{2e9, 2e9 + 1, 2e9 + 2, 2e9 + 3, 2e9 + 4, 2e9 + 5, 2e9 + 6}, 2e9 + 3},
		{"one bad window", []float64{2e9, 2e9, 2e9, 9e9, 2e9, 2e9, 2e9}, 2e9},
		{"two modes", []float64{2e9, 3e9, 2e9, 3e9, 2e9, 3e9, 2e9}, 0},
		{"drifting", []float64{2e9, 2.01e9, 2.02e9, 2.03e9, 2.04e9, 2.05e9, 2.06e9}, 0},
		{"stopped", make([]float64, windows), 0},
		{"not a number", []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}, 0},
		{"absurd", []float64{1e13, 1e13, 1e13, 1e13, 1e13, 1e13, 1e13}, 0},
	} {
		got, err := agree(c.rates)
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestInfoJSON(t *testing.T) {
	want := Info()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Properties
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s became %+v, %v", text, got, err)
	}
	if !strings.Contains(string(text), `"source":"`+want.Source.String()+`"`) {
		t.Errorf("%s does not name the source", text)
	}
	if err := json.Unmarshal([]byte(`{"source":"sundial"}`), &got); err == nil {
		t.Error("an unknown source was accepted")
	}
}

func BenchmarkNow(b *testing.B) {
	for b.Loop() {
		Now()
	}
}

func BenchmarkNanos(b *testing.B) {
	var sum int64
	for i := 0; b.Loop(); i++ {
		sum += Nanos(Ticks(i))
	}
	_ = sum
}

func BenchmarkMonotonic(b *testing.B) {
	for b.Loop() {
		monotonic()
	}
}
