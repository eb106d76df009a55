package gallery

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

func TestLatency(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(2), "none", "dax-only"), func(run *folder.Run) {
		furnish(run)
		few := run.Cells[3].Rounds
		for k := range few { // 18 latencies in all
			few[k].Record.Histograms[opHistogram] = encoded([]int64{100, 200, 300})
		}
	})
	pictures := only(t, "latency", src)
	if len(pictures) != 2 || len(pictures[0].Series) != 2 || len(pictures[1].Series) != 1 {
		t.Fatalf("%d pictures", len(pictures))
	}
	p := pictureOf(t, pictures, "latency-unlink-storm-dax-0-workers-2")
	if s := p.Series[1]; s.Name != "dax-only" || s.Look != chart.LookOf("dax-only") || s.Style != chart.Curve {
		t.Errorf("%+v", s)
	}
	if len(p.Marks) != 1 || p.Marks[0].At != 40 || !p.Marks[0].Level {
		t.Errorf("the clock is not drawn in: %v", p.Marks)
	}
	if !strings.HasPrefix(p.Note, "120,000 latencies per curve, of 6 rounds; bars") || !strings.Contains(p.Note, "The longest: none ") {
		t.Error(p.Note)
	}
	if note := pictures[1].Note; !strings.Contains(note, "No curve, for fewer than 20 latencies: dax-only.") {
		t.Error(note)
	}
}

// TestBrokenCell has one histogram that cannot be read: its group has no picture, the others do, and the error names the cell.
func TestBrokenCell(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(3), "none", "dax-only"), func(run *folder.Run) {
		furnish(run)
		run.Cells[3].Rounds[2].Record.Histograms[opHistogram] = "????"
		run.Cells[1].Rounds[0].Record.OverTime.Columns[4] = []int64{20, 1, 19, 1}
		run.Cells[5].Rounds[1].Record.Waits[0].Wake = 1e12
	})
	for name, want := range map[string]string{
		"latency": "UnlinkStorm/dax=1/workers=2/policy=dax-only, round 3: the histogram",
		"heat":    "UnlinkStorm/dax=0/workers=2/policy=dax-only, round 1: over_time: column 4 has",
		"blocked": "UnlinkStorm/dax=2/workers=2/policy=dax-only, round 2: waits[0] is no wait",
	} {
		k, _ := Lookup(name)
		pictures, err := k.Make([]*Source{src})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		groups := make(map[int]bool)
		for _, p := range pictures {
			groups[p.Group] = true
		}
		if len(groups) != 2 {
			t.Errorf("%s: pictures of %d groups, want the 2 others", name, len(groups))
		}
	}
}

func TestRatios(t *testing.T) {
	pictures := only(t, "ratios", read(t, example, "example"))
	near, far := pictureOf(t, pictures, "ratios-near"), pictureOf(t, pictures, "ratios-far")
	for _, want := range []string{"evict-storm dax=0 · always-call: same within ±1 %", "evict-storm dax=50 · always-call: −1.6 %, undecided",
		"evict-storm dax=50 · unconditional: +17 %, dearer", "unlink-storm · unconditional: +7.9 %, n too small"} {
		if rows := rowsOf(near); !slices.Contains(rows, want) {
			t.Errorf("no %q among %q", want, rows)
		}
	}
	if !slices.ContainsFunc(rowsOf(far), func(n string) bool {
		return strings.HasPrefix(n, "lease-recall · unconditional: ×") && strings.HasSuffix(n, ", dearer")
	}) {
		t.Errorf("%q", rowsOf(far))
	}
	if !strings.Contains(near.Note, "1 of the 8 rows has fewer than 6, and so no interval: nothing follows from it.") {
		t.Error(near.Note)
	}
	for _, p := range pictures {
		if p.X.Scale != chart.Log || len(p.Marks) != 1 || p.Marks[0].At != 1 || p.Marks[0].Label != "dax-only" {
			t.Errorf("%s: %v, %v", p.ID, p.X, p.Marks)
		}
		for _, s := range p.Series {
			for _, pt := range s.Pieces[0] {
				lo, hi := pt.Lo, pt.Hi
				if hi == 0 {
					lo, hi = pt.X, pt.X
				}
				if in := lo >= 1/nearBy && hi <= nearBy; in != (p.ID == near.ID) {
					t.Errorf("%s: %s: %v", p.ID, p.Y.Names[int(pt.Y)], pt)
				}
			}
		}
	}
}

// rowsOf are the rows of a forest with all that is written in them.
func rowsOf(p Picture) (rows []string) {
	head := ""
	for i, name := range p.Y.Names {
		for _, h := range p.Y.Heads {
			if h.Row == i {
				head = h.Name
			}
		}
		rows = append(rows, head+" · "+name+": "+p.Y.Said[i])
	}
	return rows
}

// TestRatiosFew has too few rounds for intervals: the points stand alone, and the note says what that is worth.
func TestRatiosFew(t *testing.T) {
	p := only(t, "ratios", written(t, storm(3, "none", "dax", numbers(2), "none", "dax-only"), nil))[0]
	for _, pt := range p.Series[0].Pieces[0] {
		if pt.Lo != 0 || pt.Hi != 0 {
			t.Errorf("%v has an interval", pt)
		}
	}
	if !strings.Contains(p.Note, "All rows have fewer than 6") || !strings.HasSuffix(p.Y.Said[0], "n too small") {
		t.Error(p.Note, p.Y.Names)
	}
}

// TestRatiosMany keeps the rows of which most is to be said.
func TestRatiosMany(t *testing.T) {
	f := forest{kind: "ratios", series: []string{"a"}, look: chart.LookOf, title: "Cost", axis: "ratio"}
	for i := range 500 {
		r := forestRow{head: "all", name: fmt.Sprint(i), decided: i%10 == 3}
		r.ratio.Value, r.ratio.N = 1+float64(i%100)/300, 6
		f.rows = append(f.rows, r)
	}
	p := f.pictures()[0]
	if len(p.Y.Names) != maxRows || !strings.Contains(p.Note, "Of 500 rows the 60 with the largest differences are shown.") {
		t.Fatalf("%d rows: %s", len(p.Y.Names), p.Note)
	}
	decided := 0
	for _, name := range p.Y.Names {
		if strings.HasSuffix(name, "3") {
			decided++
		}
	}
	if decided != 50 || !slices.Contains(p.Y.Names, "499") || slices.Contains(p.Y.Names, "0") {
		t.Errorf("%d of 50 decided rows: %q", decided, p.Y.Names)
	}
}

func TestThroughput(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(3), "none", "dax-only"), func(run *folder.Run) {
		for k := range run.Cells[0].Rounds { // of this one, each operation is an eviction
			v := &run.Cells[0].Rounds[k].Values
			ops, _ := v.Get("ops/s")
			v.Set("evict/s", ops)
		}
	})
	pictures := only(t, "throughput", src)
	ops, evictions := pictureOf(t, pictures, "throughput-ops"), pictureOf(t, pictures, "throughput-evictions")
	if n := len(ops.Series[0].Pieces[0]) + len(ops.Series[1].Pieces[0]); n != 6 {
		t.Errorf("%d of 6 cells", n)
	}
	if n := len(evictions.Series[0].Pieces[0]); n != 2 || evictions.Series[0].Name != "none" {
		t.Errorf("evictions that are operations are shown twice: %v", evictions.Series[0])
	}
	if first := ops.Series[0].Pieces[0][0]; math.Abs(first.X-1e7) > 5e6 || !(first.Lo < first.X && first.X < first.Hi) {
		t.Errorf("%v", first)
	}
	if ops.X.Scale != chart.Linear || !slices.Equal(ops.Y.Names, []string{"unlink-storm dax=0", "unlink-storm dax=1", "unlink-storm dax=2"}) {
		t.Errorf("%v, %q", ops.X, ops.Y.Names)
	}
}

func TestSweep(t *testing.T) {
	for _, c := range []struct {
		key    string
		values []string
		at     []float64
		scale  chart.Scale
		title  string
	}{
		{"dax", []string{"0", "100", "50"}, []float64{0, 50, 100}, chart.Linear, "files that are DAX, %"},
		{"hold", []string{"exp:10us", "exp:1ms"}, []float64{1e4, 1e6}, chart.Log, "how long a pin is held (exp)"},
		{"cache", []string{"1K", "2K", "64M"}, []float64{1 << 10, 2 << 10, 64 << 20}, chart.Log, "inodes that the cache may hold, bytes"},
		{"hold", []string{"exp:10us", "fixed:10us"}, nil, 0, ""}, // no two on one axis
		{"lru", []string{"any", "shrinkable"}, nil, 0, ""},
		{"x", []string{"1", "1.0"}, nil, 0, ""},
	} {
		pictures := only(t, "sweep", written(t, storm(6, "none", c.key, c.values, "none", "dax-only"), nil))
		if c.at == nil {
			if len(pictures) != 0 {
				t.Errorf("%s: %q", c.values, pictures[0].Title)
			}
			continue
		}
		if len(pictures) != 1 {
			t.Errorf("%s: %d pictures", c.values, len(pictures))
			continue
		}
		p := pictures[0]
		if p.X.Title != c.title || p.X.Scale != c.scale || len(p.Series) != 2 {
			t.Errorf("%s: %+v", c.values, p.X)
		}
		var at []float64
		for _, pt := range p.Series[1].Pieces[0] {
			at = append(at, pt.X)
			if !(pt.Lo < pt.Y && pt.Y < pt.Hi) {
				t.Errorf("%v", pt)
			}
		}
		if !slices.Equal(at, c.at) {
			t.Errorf("%s: at %v, want %v", c.values, at, c.at)
		}
	}
}

// TestSweepMany thins the values evenly, and keeps both ends.
func TestSweepMany(t *testing.T) {
	p := only(t, "sweep", written(t, storm(1, "none", "dax", numbers(250), "none"), nil))[0]
	line := p.Series[0].Pieces[0]
	if len(line) != maxValues || line[0].X != 0 || line[maxValues-1].X != 249 || !strings.Contains(p.Note, "at 100 values of dax out of 250.") {
		t.Errorf("%d values, from %v: %s", len(line), line[0], p.Note)
	}
}

func TestParseValue(t *testing.T) {
	for s, want := range map[string]float64{"50": 50, "0.99": 0.99, "20ms": 20e6, "fixed:50us": 5e4, "exp:100µs": 1e5, "64M": 64 << 20, "4KiB": 4096, "50%": 50, "1e3": 1000} {
		if v, ok := parseValue(s); !ok || v.of != want {
			t.Errorf("%q: %v, %v", s, v, ok)
		}
	}
	for _, s := range []string{"", "any", "NaN", "Inf", "-Inf", "1e999", "uniform:1us-5us", "pareto:1us^2", "M", "B", "iB", "1e308T", ":"} {
		if v, ok := parseValue(s); ok {
			t.Errorf("%q: %v", s, v)
		}
	}
}

func TestHeat(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(1), "none", "dax-only"), furnish)
	pictures := only(t, "heat", src)
	if len(pictures) != 2 {
		t.Fatalf("%d pictures", len(pictures))
	}
	for i, p := range pictures {
		g := p.Grid
		if !slices.Equal(g.X, pictures[0].Grid.X) || !slices.Equal(g.Y, pictures[0].Grid.Y) {
			t.Error("the axes are not the same")
		}
		sum, want := 0.0, 0.0
		for _, column := range g.Counts {
			for _, n := range column {
				sum += n
			}
		}
		for _, r := range src.Run.Cells[i].Rounds {
			for _, column := range r.Record.OverTime.Columns {
				for k := 1; k < len(column); k += 2 {
					want += float64(column[k])
				}
			}
		}
		if sum != want {
			t.Errorf("%v of %v latencies", sum, want)
		}
		// The stall, at its time and in its row alone.
		at := (stallRound-1)*300e6 + (stallColumn+0.5)*10e6
		for x, column := range g.Counts {
			want := 0.0
			if g.X[x] <= at && at < g.X[x+1] {
				want = 1
			}
			if got := column[len(column)-1]; got != want {
				t.Errorf("column %d, from %v to %v: %v stalls", x, g.X[x], g.X[x+1], got)
			}
		}
		if top := g.Y[len(g.Y)-2]; top != math.Exp2(stallBucket/2) {
			t.Errorf("the stall stands at %v", top)
		}
		if len(p.Marks) != 6 || p.Marks[2].At != 600e6 || p.Marks[2].Label != "round 3" {
			t.Errorf("%v", p.Marks)
		}
	}
}

// TestHeatUneven has rounds of different lengths, one of which lacks a policy: what is of one moment stays in one column, and no
// column holds more of the record than another of its round.
func TestHeatUneven(t *testing.T) {
	src := written(t, storm(3, "none", "dax", numbers(1), "none", "dax-only"), func(run *folder.Run) {
		furnish(run)
		for i := range run.Cells {
			for k := range run.Cells[i].Rounds {
				o := run.Cells[i].Rounds[k].Record.OverTime
				o.Columns = nil
				for range []int{100, 45, 7}[k] {
					o.Columns = append(o.Columns, []int64{20, 1})
				}
			}
		}
		run.Cells[1].Rounds[1].Record.OverTime = nil
	})
	pictures := only(t, "heat", src)
	g, other := pictures[0].Grid, pictures[1].Grid
	if len(g.Counts) != 50+23+4 || !slices.Equal(g.X, other.X) {
		t.Errorf("%d columns", len(g.Counts))
	}
	for i, column := range g.Counts {
		want := 2.0
		if i == 50+22 || i == 50+23+3 { // the last of its round: 45 = 22·2+1, 7 = 3·2+1
			want = 1
		}
		if column[0] != want || g.X[i+1]-g.X[i] != 20e6 {
			t.Errorf("column %d holds %v of the record, want %v", i, column[0], want)
		}
		if i >= 50 && i < 73 && other.Counts[i][0] != 0 {
			t.Errorf("column %d: a round that is not there", i)
		}
	}
}

// TestDivide holds columns to their bounds, whatever the rounds are like.
func TestDivide(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 300 {
		line := timeline{width: 1 + 10*rng.Float64()}
		for i := range 1 + rng.IntN(maxColumns) {
			line.stretches = append(line.stretches, stretch{round: i, length: math.Exp(20 * rng.Float64())})
		}
		one := line.width
		line.divide()
		at := 0
		for _, s := range line.stretches {
			if s.first != at || s.columns < 1 || float64(s.columns)*line.width < s.length*(1-1e-6) {
				t.Fatalf("%v: column %d, want %d", s, s.first, at)
			}
			at += s.columns
		}
		if joined := line.width / one; at > maxColumns || math.Abs(joined-math.Round(joined)) > 1e-6*joined {
			t.Fatalf("%d columns of %v", at, joined)
		}
	}
}

func TestWaits(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(1), "none", "dax-only"), func(run *folder.Run) {
		for k := range run.Cells[0].Rounds {
			v := &run.Cells[0].Rounds[k].Values
			v.Set("blocked-ns/op", 40)
			v.Set("recall-ns/op", 10)
			v.Set("freeing-ns/op", 5)
			v.Set("wake-ns/op", 20)
			v.Set("late-ns/op", 10)
			v.Set("unpin-p50-ns", 3)
			v.Set("wake-p50-ns", 18)
			v.Set("bare-wake-p50-ns", 16)
		}
		for k := range run.Cells[1].Rounds {
			run.Cells[1].Rounds[k].Values.Set("blocked-ns/op", 0)
		}
	})
	p := only(t, "waits", src)[0]
	want := map[string]chart.Span{"pins": {From: 0, To: 16}, "recalled leases": {From: 16, To: 20}, "inodes being evicted": {From: 20, To: 25},
		"a late device": {From: 25, To: 35}, "waking up after pins or leases": {From: 35, To: 55}}
	if want := "Waking up takes 18.0 ns (medians), and 16.0 ns where the device wakes a goroutine by turns without the engine."; !strings.Contains(p.Note, want) {
		t.Errorf("no %q in %q", want, p.Note)
	}
	if len(p.Series) != len(want) {
		t.Errorf("%d causes", len(p.Series))
	}
	for _, s := range p.Series {
		if len(s.Spans) != 1 || s.Spans[0] != want[s.Name] {
			t.Errorf("%s: %v, want %v", s.Name, s.Spans, want[s.Name])
		}
	}
	if !slices.Equal(p.Y.Names, []string{"none: 55.0 ns", "dax-only: nothing"}) {
		t.Errorf("%q", p.Y.Names)
	}
}

// TestWaitsNote holds what the note says where waits exceed the cost, and where they are the harness's.
func TestWaitsNote(t *testing.T) {
	for _, tt := range []struct {
		name         string
		blocked      float64 // the cost is 100
		due          int64   // of a wait of 1000, to which the pin lasts
		beyond, late bool
	}{{"neither", 50, 900, false, false}, {"waits beyond the cost", 200, 900, true, false}, {"late", 50, 100, false, true}} {
		src := written(t, storm(6, "none", "dax", numbers(1), "none"), func(run *folder.Run) {
			for k := range run.Cells[0].Rounds {
				r := &run.Cells[0].Rounds[k]
				r.Values.Set("blocked-ns/op", tt.blocked)
				r.Record.Waits = []folder.Wait{{For: "pin", Nanos: 1000, Pin: &folder.Pin{Due: tt.due, Until: 1000}}}
			}
		})
		note := only(t, "waits", src)[0].Note
		if got := strings.Contains(note, "it may be less"); got != tt.beyond {
			t.Errorf("%s: %q", tt.name, note)
		}
		if got := strings.Contains(note, "was the harness's"); got != tt.late {
			t.Errorf("%s: %q", tt.name, note)
		}
	}
}

// TestWaitsOfNote has waits that are a fiftieth of the cost: no picture.
func TestWaitsOfNote(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(1), "none"), func(run *folder.Run) {
		for k := range run.Cells[0].Rounds {
			run.Cells[0].Rounds[k].Values.Set("blocked-ns/op", 2)
		}
	})
	if pictures := only(t, "waits", src); len(pictures) != 0 {
		t.Errorf("%q", pictures[0].Y.Names)
	}
}

func TestBlocked(t *testing.T) {
	src := written(t, storm(6, "none", "dax", numbers(1), "none", "dax-only"), furnish)
	pictures := only(t, "blocked", src)
	if len(pictures) != 1 {
		t.Fatalf("%d pictures", len(pictures))
	}
	p := pictures[0]
	if p.ID != "blocked-unlink-storm-dax-0-workers-2-dax-only" || len(p.Y.Names) != maxWaits {
		t.Errorf("%s: %d rows", p.ID, len(p.Y.Names))
	}
	looks := make(map[chart.Look]bool)
	for _, s := range p.Series {
		looks[s.Look] = true
	}
	if !looks[chart.Pins] || !looks[chart.Late] || !looks[chart.Waking] || !looks[chart.Neutral] || len(looks) != len(p.Series) {
		t.Errorf("causes look as %v", looks)
	}
	// Six rounds have waits of 600, 500 … 200 µs: the twelve longest are the first two of each.
	ends := make([]float64, maxWaits)
	for _, s := range p.Series {
		for _, span := range s.Spans {
			ends[int(span.Row)] = max(ends[int(span.Row)], span.To)
		}
	}
	for i, end := range ends {
		if want := []float64{600e3, 500e3}[i/6]; end != want {
			t.Errorf("row %d ends at %v, want %v", i, end, want)
		}
	}
	if !strings.HasPrefix(p.Y.Names[0], "inode 100, worker 0, round 1 at ") || !strings.HasPrefix(p.Note, "The 12 longest of 240 waits in 6 rounds.") {
		t.Errorf("%q: %s", p.Y.Names[0], p.Note)
	}
}

// TestParts holds the parts of waits to what a wait is: one after the other, without gaps, from when the pin was taken, or the
// wait began, to when the waiter ran again; and what is late lies between when the device was to let go and when it did.
func TestParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 20000 {
		w := folder.Wait{For: []string{"pin", forLease}[rng.IntN(2)], Nanos: 1 + rng.Int64N(1000)}
		w.Wake = rng.Int64N(w.Nanos + 1)
		if rng.IntN(4) > 0 {
			w.Pin = &folder.Pin{Since: rng.Int64N(1500) - 1000}
			w.Pin.Until = w.Pin.Since + rng.Int64N(1500)
			w.Pin.Due = w.Pin.Since + rng.Int64N(2000) - 200
		}
		s := sleep{1, &w}
		if other := s.parts()[map[string]int{"pin": partLease, forLease: partWait}[w.For]]; other.To > other.From {
			t.Fatalf("%+v: waits for both", w)
		}
		var spans []chart.Span
		for _, span := range s.parts() {
			if span.To > span.From {
				spans = append(spans, span)
			}
		}
		slices.SortFunc(spans, func(a, b chart.Span) int { return int(a.From - b.From) })
		for i, span := range spans {
			if i > 0 && span.From != spans[i-1].To {
				t.Fatalf("%+v, %+v: %v", w, w.Pin, spans)
			}
		}
		first, last := spans[0].From, spans[len(spans)-1].To
		from := 0.0
		if w.Pin != nil && w.Pin.Until >= 0 {
			from = min(0, float64(w.Pin.Since))
		}
		if last != float64(w.Nanos) || first != from {
			t.Fatalf("from %v to %v: %+v, %+v", first, last, w, w.Pin)
		}
		if late := s.parts()[partLate]; w.Pin != nil && late.To > late.From && (late.From < float64(w.Pin.Due) || late.To > float64(w.Pin.Until)) {
			t.Fatalf("late %v: %+v, %+v", late, w, w.Pin)
		}
	}
}

// held compares sources whose runs are as they were written, and says so in the first.
func held(t testing.TB, reference string, sources ...*Source) []*Source {
	t.Helper()
	o := versus.Defaults()
	o.Reference = reference
	var args []string
	for i, s := range sources {
		args = append(args, fmt.Sprintf("run%d=%s", i, s.Run.Dir))
	}
	v, err := versus.Compare(o, args)
	if input := (*versus.InputError)(nil); errors.As(err, &input) {
		return sources // a run without results
	} else if err != nil {
		t.Fatal(err)
	}
	first := *sources[0]
	first.Versus = v
	return append([]*Source{&first}, sources[1:]...)
}

func TestVersus(t *testing.T) {
	spec := func(seed uint64, factor float64) *reportstest.Spec {
		s := storm(8, "none", "dax", numbers(3), "none", "dax-only")
		s.Manifest.Seed, s.Seed = seed, seed
		s.Cells[3].Metrics["ns/op"] *= factor
		return s
	}
	old, same, other := written(t, spec(7, 1), furnish), written(t, spec(7, 1.2), furnish), written(t, spec(8, 1.2), furnish)
	old.Name, same.Name, other.Name = "old", "new", "other"
	for _, s := range []*Source{same, other} {
		pictures := only(t, "versus", held(t, "", old, s)...)
		near := pictureOf(t, pictures, "versus-near")
		i := slices.IndexFunc(rowsOf(near), func(n string) bool {
			return strings.HasPrefix(n, "unlink-storm dax=1 · dax-only: +") && strings.HasSuffix(n, ", worse")
		})
		if len(near.Y.Names) != 6 || i < 0 || near.Marks[0].Label != "old" || near.X.Kind != unit.Relative {
			t.Fatalf("%q", rowsOf(near))
		}
		paired := strings.Contains(near.Note, "paired by their seed")
		if paired != (s == same) {
			t.Error(near.Note)
		}
		if !paired {
			continue
		}
		changed := pictures[len(pictures)-1]
		if len(pictures) != 2 || changed.Group != 1 || changed.ID != "versus-latency-unlink-storm-dax-1-workers-2-dax-only" {
			t.Fatalf("%d pictures, the last is %q", len(pictures), changed.ID)
		}
		if changed.Series[0].Name != "new" || changed.Series[1].Name != "old" || changed.Series[1].Look != chart.Neutral {
			t.Errorf("%v", changed.Series)
		}
	}
	three := pictureOf(t, only(t, "versus", held(t, "", old, same, other)...), "versus-near")
	if len(three.Y.Names) != 12 || len(three.Series) != 2 || three.Series[1].Name != "other" || three.Y.Names[1] != "none, other" {
		t.Errorf("%q", three.Y.Names)
	}
	elsewhere := written(t, storm(8, "none", "pages", numbers(2), "none"), nil)
	elsewhere.Name = "elsewhere"
	for name, sources := range map[string][]*Source{"one run": held(t, "", old), "nobody compared them": {old, same},
		"nothing in common": held(t, "", old, elsewhere)} {
		if pictures := only(t, "versus", sources...); len(pictures) != 0 {
			t.Errorf("%s: %q", name, pictures[0].Y.Names)
		}
	}
}

// TestVersusAgrees holds the pictures to what package versus says: the ratios to the reference come first, on a machine that is
// three times slower nothing of them changes but what did, and each row has the ratio, the interval and the verdict of its
// cell.
func TestVersusAgrees(t *testing.T) {
	slower := storm(12, "none", "dax", numbers(3), "none", "dax-only")
	slower.Manifest.Seed, slower.Seed = 8, 8
	for i := range slower.Cells {
		slower.Cells[i].Metrics["ns/op"] *= 3
	}
	slower.Cells[3].Metrics["ns/op"] *= 1.3
	old, now := written(t, storm(12, "none", "dax", numbers(3), "none", "dax-only"), nil), written(t, slower, nil)
	old.Name, now.Name = "old", "new"
	sources := held(t, "none", old, now)
	pictures := only(t, "versus", sources...)
	if pictures[0].ID != "versus-ratio-near" || len(pictures[0].Y.Names) != 3 {
		t.Fatalf("the first is %s: %q", pictures[0].ID, pictures[0].Y.Names)
	}
	if far := pictureOf(t, pictures, "versus-far"); len(far.Y.Names) != 6 {
		t.Errorf("the slower machine shows in %d values of 6", len(far.Y.Names))
	}
	worse := 0
	for _, row := range rowsOf(pictures[0]) {
		if strings.HasSuffix(row, ", worse") {
			worse++
		}
	}
	if worse != 1 {
		t.Errorf("%q", rowsOf(pictures[0]))
	}
	said := make(map[float64]string)
	for _, f := range sources[0].Versus.Findings() {
		said[f.Factor()] = f.Said()
		if lo, hi, ok := f.Interval(); ok {
			said[f.Factor()] += fmt.Sprint(lo, hi)
		}
	}
	for _, s := range pictures[0].Series {
		for _, p := range s.Pieces[0] {
			verdict, ok := said[p.X]
			words := pictures[0].Y.Said[int(p.Y)]
			if end := fmt.Sprint(p.Lo, p.Hi); !ok || !strings.HasSuffix(verdict, end) || !strings.HasSuffix(words, strings.TrimSuffix(verdict, end)) {
				t.Errorf("%q at %v, and the tables say %q", words, p, verdict)
			}
		}
	}
}
