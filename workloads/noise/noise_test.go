package noise

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"daxbench/workloads/clock"
	"daxbench/workloads/record"
)

// quiet is a sample of a machine that nothing disturbs, with two processors.
func quiet() Sample {
	s := Sample{
		Elapsed: time.Second, Cores: 2,
		Times: Times{Busy: 900 * time.Millisecond, Idle: 1100 * time.Millisecond}, Own: 890 * time.Millisecond,
		Ran: 880 * time.Millisecond, Load: 0.4, Pressed: true,
		Environment: record.Environment{
			Clock: clock.Properties{Source: clock.Counter, CostNanos: 9, StepNanos: 10}, ClockSource: "tsc", Governor: "performance",
			HugePages: map[string]string{"anonymous": "madvise"}, Load: []float64{0.4, 0.4, 0.4},
		},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		s.Chunks = append(s.Chunks, 200_000*(1+0.005*math.Abs(rng.NormFloat64())))
	}
	for range 500 {
		s.Late = append(s.Late, 55_000+5000*rng.Float64())
	}
	return s
}

func find(r Report, name string) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Name == name {
			return &r.Findings[i]
		}
	}
	return nil
}

func TestQuiet(t *testing.T) {
	s := quiet()
	r := Judge(&s)
	if r.Verdict != Good || !strings.HasPrefix(r.Summary, "quiet") {
		t.Errorf("%s: %s", r.Verdict, r.Summary)
	}
	for _, f := range r.Findings {
		if f.Verdict != Good || f.Advice != "" || f.Text == "" {
			t.Errorf("%+v", f)
		}
	}
	if len(r.Findings) < 13 {
		t.Errorf("only %d findings", len(r.Findings))
	}
}

// TestJudge disturbs the quiet machine in one way at a time: that finding, and no other, is out of line, and has advice.
func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*Sample)
		verdict Verdict
		says    string
	}{
		{"steal", func(s *Sample) { s.Times.Steal = 60 * time.Millisecond }, Fair, "2.9 % of this machine's time"},
		{"steal", func(s *Sample) { s.Times.Steal = 400 * time.Millisecond }, Poor, "16.7 %"},
		{"other programs", func(s *Sample) { s.Times.Busy += 300 * time.Millisecond }, Fair, "0.31 of 2 processors"},
		{"other programs", func(s *Sample) { s.Times.Busy += 1300 * time.Millisecond }, Poor, "1.3 of 2 processors"},
		{"load average", func(s *Sample) { s.Load = 1.7 }, Fair, "1.7 tasks"},
		{"load average", func(s *Sample) { s.Load = 5.9 }, Poor, "5.9 tasks"},
		{"run queue", func(s *Sample) { s.Waited = 20 * time.Millisecond }, Fair, "2.2 %"},
		{"run queue", func(s *Sample) { s.Waited = 600 * time.Millisecond }, Poor, "40.5 %"},
		{"pressure", func(s *Sample) { s.Pressure = 100 * time.Millisecond }, Fair, "10.0 %"},
		{"pressure", func(s *Sample) { s.Pressure = 900 * time.Millisecond }, Poor, "90.0 %"},
		{"slow chunks", func(s *Sample) { scale(s, 0.06, 1.12) }, Fair, "6 % of the chunks"},
		{"breaks", func(s *Sample) { scale(s, 0.02, 20) }, Fair, "2.0 %"},
		{"breaks", func(s *Sample) { scale(s, 0.2, 20) }, Poor, "20.0 %"},
		{"late timers", func(s *Sample) { s.Late = slices.Repeat([]float64{250_000}, 100) }, Fair, "250 µs late"},
		{"late timers", func(s *Sample) { s.Late = append(slices.Repeat([]float64{5e6}, 10), s.Late[:90]...) }, Poor, "5.0 ms or more"},
		{"clock cost", func(s *Sample) { s.Environment.Clock.CostNanos = 60 }, Fair, "60 ns"},
		{"clock cost", func(s *Sample) { s.Environment.Clock.CostNanos = 900 }, Poor, "takes 900 ns"},
		{"clock source", func(s *Sample) { s.Environment.ClockSource = "hpet" }, Poor, "slow to read"},
		{"clock source", func(s *Sample) { s.Environment.Clock.Source = clock.Monotonic }, Fair, "not used"},
		{"frequency", func(s *Sample) { s.Environment.Governor = "none" }, Fair, "no cpufreq"},
		{"frequency", func(s *Sample) { s.Environment.Governor = "powersave" }, Fair, "governor powersave"},
		{"frequency", func(s *Sample) { s.Environment.Boost = "on" }, Fair, "boost is on"},
		{"shared cores", func(s *Sample) { s.Environment.SMT = "on" }, Fair, "SMT is on"},
		{"quota", func(s *Sample) { s.Environment.QuotaCPUs = 1.5 }, Fair, "1.5 processors"},
		{"quota", func(s *Sample) { s.Environment.QuotaCPUs, s.Stopped = 0.5, 3 }, Poor, "stopped 3 times"},
		{"huge pages", func(s *Sample) { s.Environment.HugePages["anonymous"] = "always" }, Fair, "on for all"},
		{"huge pages", func(s *Sample) { s.Collapse = 4 }, Poor, "4 huge pages"},
	} {
		s := quiet()
		tt.change(&s)
		r := Judge(&s)
		f := find(r, tt.name)
		if f == nil || f.Verdict != tt.verdict || !strings.Contains(f.Text, tt.says) || f.Advice == "" {
			t.Errorf("%s: want %s with %q: %+v", tt.name, tt.verdict, tt.says, f)
		}
		speedToo := strings.HasPrefix(tt.name, "slow") // chunks that are slower vary
		for _, other := range r.Findings {
			if other.Name != tt.name && other.Verdict != Good && !(speedToo && other.Name == "speed") {
				t.Errorf("%s: so is %+v", tt.name, other)
			}
		}
		if r.Verdict != tt.verdict || r.Summary == "" {
			t.Errorf("%s: the whole is %s: %s", tt.name, r.Verdict, r.Summary)
		}
	}
}

// scale makes a share of the chunks, spread evenly, slower by a factor.
func scale(s *Sample, share, by float64) {
	every := int(1 / share)
	for i := 0; i < len(s.Chunks); i += every {
		s.Chunks[i] *= by
	}
}

// TestModes: two speeds are told from one that is not steady.
func TestModes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, tt := range []struct {
		name string
		draw func() float64
		two  bool
	}{
		{"a steady one", func() float64 { return 1 }, false},
		{"a normal one", func() float64 { return 1.3 + 0.08*rng.NormFloat64() }, false},
		{"an even one", func() float64 { return 1 + 0.6*rng.Float64() }, false},
		{"one with a long tail", func() float64 { return 1 + 0.1*rng.ExpFloat64() }, false},
		{"a few outliers", func() float64 { return pick(rng, 0.05, 1, 1.6) + 0.01*rng.NormFloat64() }, false},
		{"two that are close", func() float64 { return pick(rng, 0.4, 1, 1.05) }, false},
		{"a busy sibling", func() float64 { return pick(rng, 0.4, 1, 1.6) + 0.03*rng.NormFloat64() }, true},
		{"mostly slow", func() float64 { return pick(rng, 0.8, 1, 1.25) + 0.01*rng.NormFloat64() }, true},
	} {
		s := quiet()
		for i := range s.Chunks {
			s.Chunks[i] = 200_000 * tt.draw()
		}
		r := Judge(&s)
		f := find(r, "two speeds")
		if f == nil || (f.Verdict == Poor) != tt.two {
			t.Errorf("%s: %+v", tt.name, f)
		}
		if tt.name == "a busy sibling" && (math.Abs(f.Value-60) > 5 || !strings.Contains(f.Advice, "gate")) {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

func pick(rng *rand.Rand, share, most, other float64) float64 {
	if rng.Float64() < share {
		return other
	}
	return most
}

// TestNothingKnown: what was not to be had has no finding, and nothing divides by it.
func TestNothingKnown(t *testing.T) {
	r := Judge(&Sample{})
	if len(r.Findings) != 0 {
		t.Errorf("%+v", r.Findings)
	}
	s := quiet()
	s.Chunks = []float64{0, 0}
	s.Elapsed = 0
	for _, f := range Judge(&s).Findings {
		if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
			t.Errorf("%+v", f)
		}
	}
	if _, err := json.Marshal(Judge(&s)); err != nil {
		t.Error(err)
	}
}

func TestParse(t *testing.T) {
	const text = "cpu  99 0 0 0 0 0 0 0 0 0\ncpu0 100 5 10 200 3 1 1 7 0 0\ncpu1 10 0 0 300 0 0 0 0 0 0\ncpu2 1 1 1 1 1 1 1 1 0 0\nintr 5\n"
	times, cores := parseStat(text, []int{0, 1})
	if want := (Times{Busy: 1270 * time.Millisecond, Idle: 5030 * time.Millisecond, Steal: 70 * time.Millisecond}); times != want || cores != 2 {
		t.Errorf("%+v on %d", times, cores)
	}
	if _, cores := parseStat(text, nil); cores != 3 {
		t.Errorf("of all: %d", cores)
	}
	for _, bad := range []string{"", "cpu0", "cpu0 1 2 3", "cpu0 x 5 10 200 3 1 1 7 0 0", "cpu0 -1 5 10 200 3 1 1 7 0 0", "cpu0 99999999999999999999 5 10 200 3 1 1 7 0 0"} {
		if times, cores := parseStat(bad, nil); times != (Times{}) || cores != 0 {
			t.Errorf("%q: %+v", bad, times)
		}
	}
	if ran, waited := parseSchedstat("5000 700 3\n"); ran != 5000 || waited != 700 {
		t.Errorf("%v %v", ran, waited)
	}
	for _, bad := range []string{"", "1 2", "a b c", "-1 2 3", "1 99999999999999999999 3"} {
		if ran, waited := parseSchedstat(bad); ran != 0 || waited != 0 {
			t.Errorf("%q: %v %v", bad, ran, waited)
		}
	}
	if p, ok := parsePressure("some avg10=0.24 avg60=0.93 total=44788760\nfull avg10=0.00 total=7\n"); p != 44788760*time.Microsecond || !ok {
		t.Errorf("%v %t", p, ok)
	}
	for _, bad := range []string{"", "full total=5", "some total=x", "some total=-5", "some"} {
		if _, ok := parsePressure(bad); ok {
			t.Errorf("%q is understood", bad)
		}
	}
	if n := parseCounter("thp_collapse_alloc_failed 9\nthp_collapse_alloc 4\n", "thp_collapse_alloc"); n != 4 {
		t.Errorf("%d", n)
	}
}

// fake is a machine with a clock that only work and sleep move. slow says how many times too long the n-th chunk takes.
type fake struct {
	time  time.Duration
	looks int // at /proc/stat
	slow  func(n int) float64
	n     int
}

// Open implements fs.FS: the second look sees what has been counted since the first.
func (f *fake) Open(name string) (fs.File, error) {
	if name == "proc/stat" {
		f.looks++
	}
	files := fstest.MapFS{
		"proc/stat":                  {Data: []byte("cpu0 100 0 0 100 0 0 0 0 0 0\ncpu1 0 0 0 100 0 0 0 0 0 0\n")},
		"proc/thread-self/schedstat": {Data: []byte("1000000000 5 1\n")},
		"proc/loadavg":               {Data: []byte("3.50 2 1 1/2 3\n")},
		"proc/pressure/cpu":          {Data: []byte("some avg10=0 total=100\n")},
		"proc/vmstat":                {Data: []byte("thp_collapse_alloc 4\n")},
	}
	if f.looks > 1 {
		files["proc/stat"] = &fstest.MapFile{Data: []byte("cpu0 190 0 0 100 0 0 0 10 0 0\ncpu1 50 0 0 150 0 0 0 0 0 0\n")}
		files["proc/thread-self/schedstat"] = &fstest.MapFile{Data: []byte("1900000000 100000005 1\n")}
		files["proc/pressure/cpu"] = &fstest.MapFile{Data: []byte("some avg10=0 total=300100\n")}
		files["proc/vmstat"] = &fstest.MapFile{Data: []byte("thp_collapse_alloc 6\n")}
	}
	return files.Open(name)
}

func (f *fake) probe() *probe {
	const step = 2 // ns
	return &probe{
		root: f, now: func() time.Duration { return f.time }, own: func() time.Duration { return f.time * 9 / 10 },
		sleep: func(d time.Duration) { f.time += d + 70*time.Microsecond },
		spin: func(n int) {
			by := 1.0
			if f.looks > 0 { // observing, no longer fitting
				by = f.slow(f.n)
				f.n++
			}
			f.time += time.Duration(step * by * float64(n))
		},
	}
}

// TestObserve observes a machine of which everything is known.
func TestObserve(t *testing.T) {
	f := &fake{slow: func(n int) float64 { return []float64{1, 1.5}[n%2] }}
	s, err := f.probe().observe(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Times != (Times{Busy: 1400 * time.Millisecond, Idle: 500 * time.Millisecond, Steal: 100 * time.Millisecond}) || s.Cores != 2 {
		t.Errorf("%+v on %d", s.Times, s.Cores)
	}
	if s.Ran != 900*time.Millisecond || s.Waited != 100*time.Millisecond || s.Load != 3.5 || s.Pressure != 300*time.Millisecond || !s.Pressed || s.Collapse != 2 {
		t.Errorf("%+v", s)
	}
	if s.Elapsed < time.Second || s.Elapsed > 1010*time.Millisecond || s.Own != s.Elapsed*9/10 && (s.Own-s.Elapsed*9/10).Abs() > time.Microsecond {
		t.Errorf("%v, of it %v our own", s.Elapsed, s.Own)
	}
	if len(s.Chunks) < 3000 || s.Chunks[0] != 200_000 || s.Chunks[1] != 300_000 {
		t.Errorf("%d chunks: %v", len(s.Chunks), s.Chunks[:min(4, len(s.Chunks))])
	}
	if len(s.Late) != len(s.Chunks)/chunksPerTurn || s.Late[0] != 70_000 {
		t.Errorf("%d sleeps: %v", len(s.Late), s.Late[:min(4, len(s.Late))])
	}
	r := Judge(&s)
	for name, want := range map[string]Verdict{"two speeds": Poor, "steal": Fair, "run queue": Poor, "pressure": Poor, "late timers": Good} {
		if f := find(r, name); f == nil || f.Verdict != want {
			t.Errorf("%s is %+v, want %s", name, f, want)
		}
	}
}

// TestObserveStops when it is told to, and does not go on for ever when time stands still.
func TestObserveStops(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	f := &fake{slow: func(int) float64 { return 1 }}
	if _, err := f.probe().observe(ctx, time.Hour); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	s, err := (&fake{slow: func(int) float64 { return 1 }}).probe().observe(t.Context(), 0)
	if err != nil || len(s.Chunks) != leastTurns*chunksPerTurn {
		t.Errorf("%v, %d chunks", err, len(s.Chunks))
	}
}

// TestCheckHere looks at this machine, and asks no more than that there is an answer.
func TestCheckHere(t *testing.T) {
	r, err := Check(t.Context(), 20*time.Millisecond, record.Look())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"late timers", "clock cost"} {
		if find(r, name) == nil {
			t.Errorf("no finding on %s", name)
		}
	}
	if r.Seconds <= 0 || r.Summary == "" {
		t.Errorf("%+v", r)
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"verdict":"`) {
		t.Errorf("%v: %s", err, text)
	}
}
