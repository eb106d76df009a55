package versus_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/versus"
)

// file writes a benchmark file.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines are results of one benchmark in one unit.
func lines(name, unit string, values ...float64) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "Benchmark%s\t100\t%v %s\n", name, v, unit)
	}
	return b.String()
}

// run writes a run folder.
func run(t *testing.T, s *reportstest.Spec) string {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// compare compares files that can be.
func compare(t *testing.T, o versus.Options, inputs ...string) *versus.Report {
	t.Helper()
	rep, err := versus.Compare(o, inputs)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// cell is the cell of a benchmark in a unit; the last column.
func cell(t *testing.T, rep *versus.Report, unit, name string) *versus.Cell {
	t.Helper()
	for i := range rep.Tables {
		if tab := &rep.Tables[i]; tab.Unit == unit {
			if row := tab.Row(name); row != nil {
				return &row.Cells[len(row.Cells)-1]
			}
		}
	}
	t.Fatalf("no %s of %s", unit, name)
	return nil
}

// noisy are n values about a centre.
func noisy(seed uint64, n int, centre, spread float64) []float64 {
	rng := rand.New(rand.NewPCG(6, seed))
	out := make([]float64, n)
	for i := range out {
		out[i] = centre * math.Exp(spread*rng.NormFloat64())
	}
	return out
}

func kinds(warnings []versus.Warning) (out []versus.Kind) {
	for _, w := range warnings {
		out = append(out, w.Kind)
	}
	return out
}

func texts(warnings []versus.Warning) string {
	var out []string
	for _, w := range warnings {
		out = append(out, w.Text)
	}
	return strings.Join(out, "\n")
}

// near says whether two numbers agree but for what logarithms leave.
func near(a versus.Number, b float64) bool { return math.Abs(float64(a)/b-1) < 1e-12 }

func repeat(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

func TestVerdicts(t *testing.T) {
	quiet := noisy(1, 10, 100, 0.001)
	for _, c := range []struct {
		name, unit, meta string
		old, new         []float64
		want             versus.Verdict
		margin           float64
		method           versus.Method
		warns            []versus.Kind
	}{
		{"slower", "ns/op", "", noisy(1, 10, 100, 0.01), noisy(2, 10, 110, 0.01), versus.Worse, 0, versus.Shifted, nil},
		{"faster", "ns/op", "", noisy(1, 10, 110, 0.01), noisy(2, 10, 100, 0.01), versus.Better, 0, versus.Shifted, nil},
		{"a rate that falls", "ops/s", "", noisy(1, 10, 110, 0.01), noisy(2, 10, 100, 0.01), versus.Worse, 0, versus.Shifted, nil},
		{"a unit that nobody knows", "frobs", "", noisy(1, 10, 110, 0.01), noisy(2, 10, 100, 0.01), versus.Lower, 0, versus.Shifted, nil},
		{"a unit with better=", "frobs", "Unit frobs better=higher\n", noisy(1, 10, 110, 0.01), noisy(2, 10, 100, 0.01), versus.Worse, 0, versus.Shifted, nil},
		{"the same", "ns/op", "", quiet, noisy(3, 10, 100, 0.001), versus.Same, 0.01, versus.Shifted, nil},
		{"noise", "ns/op", "", noisy(4, 10, 100, 0.2), noisy(5, 10, 100, 0.2), versus.Undecided, 0, versus.Shifted, nil},
		{"a change of equal values", "ns/op", "", repeat(100, 5), repeat(131, 5), versus.Worse, 0, versus.Shifted, nil},
		{"equal values", "B/op", "", repeat(64, 5), repeat(64, 5), versus.Same, 0, versus.Shifted, []versus.Kind{versus.Equal}},
		{"one value", "ns/op", "", repeat(100, 1), repeat(200, 1), versus.FewValues, 0, versus.Shifted, []versus.Kind{versus.TooFew}},
		{"three values", "ns/op", "", []float64{1, 2, 3}, []float64{4, 5, 6}, versus.FewValues, 0, versus.Shifted, []versus.Kind{versus.TooFew}},
		{"four values", "ns/op", "", []float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, versus.Worse, 0, versus.Shifted, nil},
		{"one value of an exact unit", "text-bytes", "Unit text-bytes assume=exact better=lower\n", repeat(100, 1), repeat(105, 1), versus.Worse, 0, versus.Exactly, nil},
		{"from zero", "allocs/op", "", repeat(0, 6), repeat(2, 6), versus.Worse, 0, versus.NoRatio, []versus.Kind{versus.Zero}},
		{"to zero", "ns/op", "", repeat(2, 6), repeat(0, 6), versus.Better, 0, versus.Centres, nil},
		{"zeros", "ns/op", "", repeat(0, 6), repeat(0, 6), versus.Same, 0, versus.Centres, []versus.Kind{versus.Equal}},
		{"a zero among others", "ns/op", "", []float64{0, 5, 5, 5, 5, 5}, repeat(9, 6), versus.Worse, 0, versus.Centres, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := compare(t, versus.Defaults(), file(t, "old", c.meta+lines("X", c.unit, c.old...)), file(t, "new", c.meta+lines("X", c.unit, c.new...)))
			unit := strings.Replace(c.unit, "ns/", "sec/", 1)
			if len(rep.Tables) != 1 {
				t.Fatalf("%d tables", len(rep.Tables))
			}
			ch := cell(t, rep, unit, "X").Change
			if ch.Verdict != c.want || ch.Margin != c.margin || ch.Method != c.method {
				t.Errorf("%s within %v by %s, want %s within %v by %s: %+v", ch.Verdict, ch.Margin, ch.Method, c.want, c.margin, c.method, ch)
			}
			if !slices.Equal(kinds(ch.Warnings), c.warns) {
				t.Errorf("warnings %v, want %v", ch.Warnings, c.warns)
			}
			if said := rep.Compared == 1; said != c.want.Says() {
				t.Errorf("compared %d", rep.Compared)
			}
			if (ch.Delta == nil) != (c.method == versus.NoRatio) || (ch.Text == "no ratio") != (ch.Delta == nil) {
				t.Errorf("delta %v, text %q", ch.Delta, ch.Text)
			}
		})
	}
}

// TestZerosStayInTheirTable holds that a zero does not come under ns/op while the rest comes under sec/op.
func TestZerosStayInTheirTable(t *testing.T) {
	rep := compare(t, versus.Defaults(), file(t, "old", lines("X", "ns/op", 5, 0, 5, 0, 5, 5)), file(t, "new", lines("X", "ns/op", 0, 0, 0, 0, 0, 0)))
	if len(rep.Tables) != 1 || rep.Tables[0].Unit != "sec/op" || rep.Tables[0].Rows[0].Cells[0].N != 6 || rep.Tables[0].Rows[0].Cells[1].N != 6 {
		t.Errorf("%+v", rep.Tables)
	}
	o := versus.Defaults()
	o.Filter = ".unit:ns/op"
	if rep := compare(t, o, file(t, "old", lines("X", "ns/op", 0, 0, 5)), file(t, "new", lines("X", "ns/op", 0))); rep.Tables[0].Rows[0].Cells[0].N != 3 {
		t.Errorf("the filter sees another unit: %+v", rep.Tables[0])
	}
}

func TestDoubts(t *testing.T) {
	heaps := append(noisy(1, 10, 16, 0.02), noisy(2, 10, 28, 0.02)...)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(heaps), func(i, j int) { heaps[i], heaps[j] = heaps[j], heaps[i] })
	rising := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	rep := compare(t, versus.Defaults(), file(t, "f", lines("Heaps", "ns/op", heaps...)+lines("Rising", "ns/op", rising...)+
		lines("Quiet", "ns/op", noisy(9, 20, 10, 0.01)...)+lines("Counts", "B/op", slices.Repeat([]float64{16, 16, 32}, 8)...)))
	for name, want := range map[string][]versus.Kind{"Heaps": {versus.Bimodal}, "Rising": {versus.Drift}, "Quiet": nil} {
		if got := kinds(cell(t, rep, "sec/op", name).Warnings); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := cell(t, rep, "B/op", "Counts").Warnings; len(got) != 0 {
		t.Errorf("counts of two kinds are two heaps: %v", got)
	}
}

func TestMachines(t *testing.T) {
	body := lines("X", "ns/op", noisy(1, 10, 100, 0.01)...)
	a, b := file(t, "a", "goos: linux\ncpu: fast\ngogc: 100\n"+body), file(t, "b", "goos: linux\ncpu: slow\ngogc: off\n"+body)
	rep := compare(t, versus.Defaults(), a, b)
	if w := texts(rep.Warnings); rep.Pairs != 0 || !strings.Contains(w, "-ignore cpu,gogc compares them") {
		t.Errorf("%d pairs: %s", rep.Pairs, w)
	}
	o := versus.Defaults()
	o.Ignore = "cpu,gogc"
	rep = compare(t, o, a, b)
	if w := texts(rep.Warnings); rep.Compared != 1 || !strings.Contains(w, "machines or settings differ: cpu (fast / slow)") ||
		!strings.Contains(w, "the garbage collector was set differently: gogc (100 / off)") {
		t.Errorf("%d compared: %s", rep.Compared, w)
	}
	rep = compare(t, versus.Defaults(), file(t, "a", lines("X-2", "ns/op", 1, 2)), file(t, "b", lines("X-4", "ns/op", 1, 2)))
	if w := texts(rep.Warnings); rep.Pairs != 0 || !strings.Contains(w, "-ignore /gomaxprocs") {
		t.Errorf("%d pairs: %s", rep.Pairs, w)
	}
}

func TestSets(t *testing.T) {
	x, y, z := lines("X", "ns/op", 1, 2), lines("Y", "ns/op", 1, 2), lines("Z", "ns/op", 1, 2)
	rep := compare(t, versus.Defaults(), file(t, "a", x+y), file(t, "b", y+z))
	if w := texts(rep.Warnings); !strings.Contains(w, "not in "+rep.Tables[0].Columns[1]+": X") || !strings.Contains(w, ": Z") {
		t.Errorf("%s", w)
	}
	if s := rep.Tables[0].Summary[1]; !slices.Equal(kinds(s.Warnings), []versus.Kind{versus.Set}) || s.N != 1 {
		t.Errorf("geomean: %+v", s)
	}
}

// TestGeomean holds the interval: that of Student's t for the mean logarithm.
func TestGeomean(t *testing.T) {
	old, head := "", ""
	for i, f := range []float64{1.1, 1.2, 1.3} {
		name := fmt.Sprint("B", i)
		old += lines(name, "ns/op", repeat(10, 6)...)
		head += lines(name, "ns/op", repeat(10*f, 6)...)
	}
	s := compare(t, versus.Defaults(), file(t, "a", old), file(t, "b", head)).Tables[0].Summary[1]
	// Logarithms .09531 .18232 .26236: mean .18000, s .083549, t(2, .975) = 4.30265, half width .20755.
	for _, c := range [][2]float64{{float64(s.Ratio), math.Exp(0.1800)}, {float64(s.Lo), math.Exp(0.1800 - 0.20755)}, {float64(s.Hi), math.Exp(0.1800 + 0.20755)}} {
		if math.Abs(c[0]-c[1]) > 1e-3 {
			t.Errorf("%+v", s)
		}
	}
}

func TestSort(t *testing.T) {
	old, head := "", ""
	for _, b := range []struct {
		name string
		f    float64
	}{{"N/size=10", 1}, {"N/size=9", 0.5}, {"M", 1.2}} {
		old += lines(b.name, "ns/op", noisy(1, 10, 100, 0.01)...)
		head += lines(b.name, "ns/op", noisy(2, 10, 100*b.f, 0.01)...)
	}
	for order, want := range map[versus.Order]string{versus.ByFile: "N/size=10 N/size=9 M", versus.ByName: "M N/size=9 N/size=10", versus.ByEffect: "N/size=9 M N/size=10"} {
		o := versus.Defaults()
		o.Sort = order
		var got []string
		for _, r := range compare(t, o, file(t, "a", old), file(t, "b", head)).Tables[0].Rows {
			got = append(got, r.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", order, got, want)
		}
	}
}

// TestPairing holds what is paired: the policies of one run, two runs with the same seed, and nothing else.
func TestPairing(t *testing.T) {
	spec := func(seed uint64) *reportstest.Spec {
		s := reportstest.Example()
		s.Seed, s.Manifest.Seed = seed, seed
		return s
	}
	one, again, other := run(t, spec(1)), run(t, spec(1)), run(t, spec(2))
	method := func(o versus.Options, inputs ...string) versus.Method {
		return cell(t, compare(t, o, inputs...), "sec/evict", "EvictStorm/dax=0/workers=2/policy=none-2").Change.Method
	}
	o := versus.Defaults()
	if got := method(o, one, again); got != versus.Paired {
		t.Errorf("two runs with one seed: %s", got)
	}
	if got := method(o, one, other); got != versus.Shifted {
		t.Errorf("two runs with two seeds: %s", got)
	}
	if got := method(o, filepath.Join(one, folder.ResultsName), again); got != versus.Paired {
		t.Errorf("the results.txt of a run is the run: %s", got)
	}
	text, err := os.ReadFile(filepath.Join(one, folder.ResultsName))
	if err != nil {
		t.Fatal(err)
	}
	if got := method(o, file(t, "bare.txt", string(text)), again); got != versus.Shifted {
		t.Errorf("without run.json nobody knows the seed: %s", got)
	}
	o.Col = "/policy"
	rep := compare(t, o, one)
	row := rep.Tables[0].Row("EvictStorm/dax=0/workers=2-2")
	if c := row.Cells[len(row.Cells)-1].Change; c.Method != versus.Paired || c.Ratio.N != 6 {
		t.Errorf("policies of one run: %+v", c)
	}
	sequential := lines("X/policy=a", "ns/op", 1, 2, 3, 4, 5, 6) + lines("X/policy=b", "ns/op", 2, 3, 4, 5, 6, 7)
	if c := cell(t, compare(t, o, file(t, "seq", sequential)), "sec/op", "X").Change; c.Method != versus.Shifted {
		t.Errorf("go test -count runs one benchmark after the other: %s", c.Method)
	}
	turns := ""
	for i := range 6 {
		turns += lines("X/policy=a", "ns/op", float64(i+1)) + lines("X/policy=b", "ns/op", float64(2*i+2))
	}
	if c := cell(t, compare(t, o, file(t, "turns", turns)), "sec/op", "X").Change; c.Method != versus.Paired || !near(c.Ratio.Value, 2) {
		t.Errorf("a file by turns: %+v", c)
	}
}

// TestRoundsPair holds that a round that hung on one side is not paired with the next one.
func TestRoundsPair(t *testing.T) {
	o := versus.Defaults()
	o.Col = "/policy"
	s := reportstest.Example()
	s.Rounds = 8
	for i := range s.Cells {
		s.Cells[i].Hung, s.Cells[i].Spread = nil, 1e-6
		if s.Cells[i].Policy == "none" {
			s.Cells[i].Hung = []int{2}
		}
	}
	o.Filter = ".unit:ns/evict"
	rep := compare(t, o, run(t, s))
	row := rep.Tables[0].Row("EvictStorm/dax=0/workers=2-2")
	c := row.Cells[1].Change
	// The rounds share their weather, so the ratio is nearly constant if, and only if, the right ones are paired.
	if c.Ratio.N != 7 || float64(c.Ratio.Hi/c.Ratio.Lo) > 1.001 {
		t.Errorf("%+v", c.Ratio)
	}
	if w := texts(row.Cells[0].Warnings); !strings.Contains(w, "hung in 1 of 8 rounds") {
		t.Errorf("warnings %q", w)
	}
}

func TestReference(t *testing.T) {
	spec := func(seed uint64, factor float64) *reportstest.Spec {
		s := reportstest.Example()
		s.Rounds, s.Seed, s.Manifest.Seed = 12, seed, seed
		for i := range s.Cells {
			for k := range s.Cells[i].Metrics { // a machine that is three times slower, and one policy that is dearer besides
				s.Cells[i].Metrics[k] *= 3
				if s.Cells[i].Policy == "unconditional" {
					s.Cells[i].Metrics[k] *= factor
				}
			}
		}
		return s
	}
	o := versus.Defaults()
	o.Reference = "dax-only"
	first := reportstest.Example()
	first.Rounds = 12
	rep := compare(t, o, run(t, first), run(t, spec(7, 1.5)))
	w := cell(t, rep, "sec/evict", "EvictStorm/dax=0/workers=2/policy=unconditional-2").Within
	if w.Reference != "EvictStorm/dax=0/workers=2/policy=dax-only-2" || w.Ratio.Method != versus.Paired || w.Ratio.Verdict != versus.Worse {
		t.Errorf("within the file: %+v", w)
	}
	if c := w.Change; c.Method != versus.Shifted || c.Verdict != versus.Worse || math.Abs(float64(c.Ratio.Value)-1.5) > 0.05 {
		t.Errorf("between the files: %+v", w.Change)
	}
	if c := cell(t, rep, "sec/evict", "EvictStorm/dax=0/workers=2/policy=none-2").Within.Change; c.Verdict.Differs() || math.Abs(float64(c.Ratio.Value)-1) > 0.02 {
		t.Errorf("the machine shows in the ratio: %+v", c)
	}
	if c := cell(t, rep, "sec/evict", "EvictStorm/dax=0/workers=2/policy=dax-only-2"); c.Within != nil || c.Change == nil {
		t.Errorf("the reference against itself: %+v", c.Within)
	}
	o.Reference = "dax-onyl"
	var option *versus.OptionError
	if _, err := versus.Compare(o, []string{run(t, first)}); !errors.As(err, &option) || !strings.Contains(err.Error(), "known: always-call, dax-only, none, unconditional") {
		t.Errorf("a policy that is not there: %v", err)
	}
	o.Reference = "/mode=a"
	turns := ""
	for i := range 6 {
		turns += lines("X/mode=a/n=1-8", "ns/op", float64(i+1)) + lines("X/mode=b/n=1-8", "ns/op", float64(3*i+3))
	}
	if w := cell(t, compare(t, o, file(t, "f", turns)), "sec/op", "X/mode=b/n=1-8").Within; !near(w.Ratio.Ratio.Value, 3) || w.Ratio.Method != versus.Paired {
		t.Errorf("another key: %+v", w)
	}
	o.Reference = "bounded-100"
	turns = strings.NewReplacer("mode=a/n=1-8", "policy=bounded-100", "mode=b/n=1-8", "policy=none").Replace(turns)
	if w := cell(t, compare(t, o, file(t, "f", turns)), "sec/op", "X/policy=none").Within; w == nil || !near(w.Ratio.Ratio.Value, 3) {
		t.Errorf("a policy that ends like GOMAXPROCS: %+v", w)
	}
}

func TestRoles(t *testing.T) {
	rep := compare(t, versus.Defaults(), run(t, reportstest.Example()))
	got := make(map[string]versus.Role)
	for i := range rep.Tables {
		got[rep.Tables[i].Unit] = rep.Tables[i].Role
	}
	for unit, want := range map[string]versus.Role{"sec/evict": versus.Primary, "p99-sec": versus.Beside, "p99.9-sec": versus.Beside,
		"ops/s": versus.Beside, "p50-sec": versus.Detail, "sec/op": versus.Detail} {
		if got[unit] != want {
			t.Errorf("%s is %s, want %s", unit, got[unit], want)
		}
	}
	var besides []string
	for i := range rep.Tables {
		for _, b := range rep.Beside(&rep.Tables[i]) {
			besides = append(besides, b.Unit)
		}
	}
	if fmt.Sprint(besides) != "[p99-sec p99.9-sec ops/s evict/s]" {
		t.Errorf("beside: %v", besides)
	}
	o := versus.Defaults()
	o.Filter = ".unit:p50-ns"
	if rep := compare(t, o, run(t, reportstest.Example())); rep.Tables[0].Role != versus.Primary {
		t.Errorf("the only unit is %s", rep.Tables[0].Role)
	}
}

func TestStatus(t *testing.T) {
	s := reportstest.Example()
	s.Manifest.Status = "failed"
	dir := run(t, s)
	var input *versus.InputError
	if _, err := versus.Compare(versus.Defaults(), []string{dir}); !errors.As(err, &input) || !strings.Contains(err.Error(), "the run failed") {
		t.Errorf("a failed run: %v", err)
	}
	o := versus.Defaults()
	o.Force = true
	if w := texts(compare(t, o, dir).Inputs[0].Warnings); !strings.Contains(w, "the run failed") {
		t.Errorf("forced: %s", w)
	}
	if w := texts(compare(t, versus.Defaults(), run(t, reportstest.Short(3))).Inputs[0].Warnings); !strings.Contains(w, "not finished (interrupted)") {
		t.Errorf("interrupted: %s", w)
	}
}

func TestOptions(t *testing.T) {
	good := file(t, "f", "goos: linux\n"+lines("X/mode=a-8", "ns/op", 1, 2))
	for _, c := range []struct {
		name string
		set  func(o *versus.Options)
		want string
	}{
		{"alpha", func(o *versus.Options) { o.Alpha = math.NaN() }, "-alpha NaN"},
		{"alpha", func(o *versus.Options) { o.Alpha = 0 }, "-alpha 0"},
		{"confidence", func(o *versus.Options) { o.Confidence = 1 }, "-confidence 1"},
		{"filter", func(o *versus.Options) { o.Filter = "/a:(" }, "-filter"},
		{"row", func(o *versus.Options) { o.Row = ".unit" }, "-row"},
		{"col", func(o *versus.Options) { o.Col = "a@b" }, "-col"},
		{"table", func(o *versus.Options) { o.Table = "(" }, "-table"},
		{"ignore", func(o *versus.Options) { o.Ignore = "(" }, "-ignore"},
		{"sort", func(o *versus.Options) { o.Sort = "size" }, "known: effect, file, name"},
		{"col", func(o *versus.Options) { o.Col = "/mdoe" }, "-col /mdoe: no result has that key; known: /gomaxprocs, /mode, goos"},
		{"row", func(o *versus.Options) { o.Row = ".name,note" }, "-row note: no result has that key"},
		{"table", func(o *versus.Options) { o.Table = "/size" }, "-table /size: no result has that key"},
		{"reference", func(o *versus.Options) { o.Reference = "policy=" }, "-reference"},
		{"reference", func(o *versus.Options) { o.Reference, o.Col = "none", "/policy" }, "tears them apart"},
	} {
		o := versus.Defaults()
		c.set(&o)
		_, err := versus.Compare(o, []string{good})
		var option *versus.OptionError
		if !errors.As(err, &option) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for _, inputs := range [][]string{{"-", "-"}, {"=f"}, {"a="}} {
		var option *versus.OptionError
		if _, err := versus.Compare(versus.Defaults(), inputs); !errors.As(err, &option) {
			t.Errorf("%q: %v", inputs, err)
		}
	}
}

func TestStdinAndLabels(t *testing.T) {
	o := versus.Defaults()
	o.Stdin = strings.NewReader(lines("X", "ns/op", 1, 2, 3, 4))
	f := file(t, "f", lines("X", "ns/op", 5, 6, 7, 8))
	rep := compare(t, o, "new=-", "old="+f)
	if fmt.Sprint(rep.Tables[0].Columns) != "[new old]" || rep.Compared != 1 {
		t.Errorf("%v", rep.Tables[0].Columns)
	}
	if rep := compare(t, versus.Defaults(), f, f); fmt.Sprint(rep.Tables[0].Columns) != "["+f+"#0 "+f+"#1]" {
		t.Errorf("the same file twice: %v", rep.Tables[0].Columns)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(f, link); err != nil {
		t.Fatal(err)
	}
	rep = compare(t, versus.Defaults(), f, file(t, "f", lines("X", "ns/op", 5, 6, 7, 8)), "l="+link)
	if w := texts(rep.Inputs[1].Warnings) + texts(rep.Inputs[2].Warnings); w != "the same file as "+f+": nothing can differ" {
		t.Errorf("the same file under another name: %q", w)
	}
}

// recorded turns a run folder into what baselines keep of it: one file of results per workload.
func recorded(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, folder.ResultsName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, files := "", map[string]string{"counts": "BenchmarkCounts 1 1 allocs/op\n"}
	for line := range strings.Lines(string(data)) {
		if name, _, ok := strings.Cut(line, "/"); ok && strings.HasPrefix(line, "Benchmark") {
			files[name] += line
		} else {
			head += line
		}
	}
	for name, lines := range files {
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(head+lines), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestRecords holds that a record of a baseline is a run.
func TestRecords(t *testing.T) {
	whole, record := run(t, reportstest.Example()), run(t, reportstest.Example())
	recorded(t, record)
	rep := compare(t, versus.Defaults(), whole, record)
	if a, b := &rep.Inputs[0], &rep.Inputs[1]; !b.Run || a.Results != b.Results || len(b.Warnings) != len(a.Warnings) {
		t.Errorf("the record is %+v, the run %+v", b, a)
	}
	for i := range rep.Tables {
		for _, r := range rep.Tables[i].Rows {
			if c := r.Cells[1].Change; c == nil || c.Delta == nil || *c.Delta != 0 || c.Method == versus.Shifted {
				t.Fatalf("%s %s: %+v", rep.Tables[i].Unit, r.Name, c)
			}
		}
	}
	torn := filepath.Join(record, "BenchmarkEvictStorm.txt")
	if err := os.WriteFile(torn, []byte("BenchmarkEvictStorm/policy=none 1 NaN ns/op\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := versus.Compare(versus.Defaults(), []string{whole, record}); err == nil || !strings.Contains(err.Error(), torn+":1") {
		t.Errorf("a file of a record that is no measurement: %v", err)
	}
}
