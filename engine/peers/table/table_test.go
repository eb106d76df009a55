package table

import (
	"math"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		target Target
		lo, hi float64
		want   Verdict
	}{
		{Target{}, 1, 2, Shown},
		{Target{Max: 1}, 0.8, 1, Met},
		{Target{Max: 1}, 0.9, 1.1, Undecided},
		{Target{Max: 1}, 1.01, 1.1, Missed},
		{Target{Min: 1.9}, 1.9, 2.1, Met},
		{Target{Min: 1.9}, 1.8, 2.1, Undecided},
		{Target{Min: 1.9}, 1.7, 1.8, Missed},
		{Target{Min: 0.75, Max: 1.25}, 0.8, 1.2, Met},
		{Target{Min: 0.75, Max: 1.25}, 0.7, 1.2, Undecided},
		{Target{Min: 0.75, Max: 1.25}, 1.3, 1.4, Missed},
		{Target{None: true}, 0, 0, Met},
		{Target{None: true}, 0.5, 0.5, Missed},
		{Target{Seen: true}, 0.1, 1, Met},
		{Target{Seen: true}, 0, 1, Undecided},
		{Target{Seen: true}, -1, 0, Missed},
	} {
		if got := tt.target.judge(tt.lo, tt.hi); got != tt.want {
			t.Errorf("%s of [%v, %v]: %q, want %q", tt.target, tt.lo, tt.hi, got, tt.want)
		}
	}
}

// rows of which samples speak.
var rows = []Row{
	{Cell: "hit/w1", Subject: "engine", Against: "xsync", Target: Target{Max: 1}},
	{Cell: "hit/w1", Subject: "engine", Against: "phuslu"},
	{Cell: "timed", Subject: "clock", Unit: Nanos, Target: Target{Max: 16}},
}

// TestJoin: few processes have no interval of their own, many do, whatever the rounds in each said.
func TestJoin(t *testing.T) {
	sample := func(value, lo, hi float64) Sample {
		return Sample{Value: value, Lo: lo, Hi: hi, Nanos: 10, Base: 20}
	}
	of := func(list ...Sample) map[string][]Sample { return map[string][]Sample{"hit/w1 engine/xsync": list} }
	few := []Sample{sample(0.5, 0.4, 0.6), sample(2, 1.9, 2.2)}
	list, err := Join(rows, of(few...))
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if r := list[0]; math.Abs(r.Value-1) > 1e-9 || r.Lo != 0.4 || r.Hi != 2.2 || r.OverBlock || r.Verdict != Undecided {
		t.Errorf("two processes: %+v", r)
	}
	many := few
	for range 30 {
		many = append(many, sample(0.9, 0.1, 5))
	}
	list, err = Join(rows, of(many...))
	if err != nil {
		t.Fatal(err)
	}
	if r := list[0]; math.Abs(r.Value-0.9) > 1e-9 || math.Abs(r.Lo-0.9) > 1e-9 || math.Abs(r.Hi-0.9) > 1e-9 || !r.OverBlock || r.Verdict != Met {
		t.Errorf("32 processes: %+v", r)
	}
	if Worst(list) != Met {
		t.Errorf("the worst of all is %q", Worst(list))
	}
	list[0].Verdict = Undecided
	if list = append(list, Result{Verdict: Missed}); Worst(list) != Missed {
		t.Errorf("the worst of all is %q", Worst(list))
	}
}

// TestDropped: a row that lost most of its rounds is undecided, whatever those say that are left, and one that lost all has no
// figure.
func TestDropped(t *testing.T) {
	nan := math.NaN()
	good, lossy := Sample{Value: 0.5, Lo: 0.4, Hi: 0.6, Dropped: 0.3}, Sample{Value: 0.5, Lo: 0.4, Hi: 0.6, Dropped: 0.6}
	lost := Sample{Value: nan, Lo: nan, Hi: nan, Dropped: 1}
	for _, tt := range []struct {
		list []Sample
		want Verdict
		text string
	}{
		{[]Sample{good, good}, Met, "0.500 [0.400–0.600], met ≤ 1, 30 % of the rounds dropped"},
		{[]Sample{lossy, lossy}, Undecided, "0.500 [0.400–0.600], **undecided** ≤ 1, 60 % of the rounds dropped"},
		{[]Sample{good, lost}, Undecided, "0.500 [0.400–0.600], **undecided** ≤ 1, 65 % of the rounds dropped"},
		{[]Sample{lost}, Undecided, "none, **undecided** ≤ 1, 100 % of the rounds dropped"},
	} {
		list, err := Join(rows[:1], map[string][]Sample{rows[0].Key(): tt.list})
		if err != nil || list[0].Verdict != tt.want || list[0].outcome() != tt.text {
			t.Errorf("%v: %q, %q, %v", tt.list, list[0].Verdict, list[0].outcome(), err)
		}
	}
}

// TestSampleText: what is written can be read, to the digits that are kept.
func TestSampleText(t *testing.T) {
	s := Sample{Value: 1.23456789, Lo: 1, Hi: 2, Nanos: 1e6, Dropped: 0.25}
	text, _ := s.MarshalText()
	const want = "1.2346 1 2 1e+06 0 0.25"
	if string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
	var got Sample
	if err := got.UnmarshalText(text); err != nil || got != (Sample{Value: 1.2346, Lo: 1, Hi: 2, Nanos: 1e6, Dropped: 0.25}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1 2 3 4 5", "1 2 3 4 5 6 7", "1 2 3 4 5 x"} {
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

func results(t *testing.T) []Result {
	t.Helper()
	list, err := Join(rows, map[string][]Sample{
		"hit/w1 engine/xsync":  {{Value: 0.912, Lo: 0.9, Hi: 0.93, Nanos: 91.2, Base: 100, Dropped: 0.3}},
		"hit/w1 engine/phuslu": {{Value: 0.5, Lo: 0.5, Hi: 0.5, Nanos: 91.2, Base: 200}},
		"timed clock":          {{Value: 20.1, Lo: 20, Hi: 21}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestText(t *testing.T) {
	text := Text(results(t))
	for _, want := range []string{"0.912 [0.900–0.930]", "≤ 1", "met; 30 % of the rounds dropped", "20.1 [20.0–21.0] ns", "missed", "91.2"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table has no %q:\n%s", want, text)
		}
	}
}

func TestMarkdown(t *testing.T) {
	list := results(t)
	got := Markdown([]Section{{"Hits", "A note.", list[:2]}, {"Empty", "", nil}, {"Timed", "Another.", list[2:]}})
	want := `**Hits.** A note.

|  | ` + "`hit/w1`" + ` |
| --- | --- |
| engine : xsync | 0.912 [0.900–0.930], met ≤ 1, 30 % of the rounds dropped (91.2 ns) |
| engine : phuslu | 0.500 (91.2 ns) |

**Timed.** Another.

|  | ` + "`timed`" + ` |
| --- | --- |
| clock | 20.1 [20.0–21.0] ns, **missed** ≤ 16 |`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	var many []Result
	for _, cell := range []string{"a", "b", "c"} {
		for _, r := range list[:2] {
			r.Cell = cell
			many = append(many, r)
		}
	}
	got = Markdown([]Section{{"Many", "Cells.", many[:5]}})
	want = `**Many.** Cells.

|  | engine : xsync | engine : phuslu |
| --- | --- | --- |
| ` + "`a`" + ` | 0.912 [0.900–0.930], met ≤ 1, 30 % of the rounds dropped (91.2 ns) | 0.500 |
| ` + "`b`" + ` | 0.912 [0.900–0.930], met ≤ 1, 30 % of the rounds dropped (91.2 ns) | 0.500 |
| ` + "`c`" + ` | 0.912 [0.900–0.930], met ≤ 1, 30 % of the rounds dropped (91.2 ns) |  |`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestWideTables are two: what is judged, and the rest.
func TestWideTables(t *testing.T) {
	var list []Result
	for _, cell := range []string{"a", "b", "c"} {
		for i := range manyColumns {
			r := Result{Row: Row{Cell: cell, Subject: "s", Against: string(rune('p' + i))}, Value: 1, Lo: 1, Hi: 1}
			if i < 2 {
				r.Target, r.Verdict = Target{Max: 2}, Met
			}
			list = append(list, r)
		}
	}
	got := Markdown([]Section{{"Wide", "Note.", list}})
	for _, want := range []string{"|  | s : p | s : q |\n", "|  | s : r | s : s | s : t | s : u | s : v | s : w |\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no header %q:\n%s", want, got)
		}
	}
	if got = Markdown([]Section{{"Narrow", "Note.", list[:len(list)/3]}}); strings.Count(got, "| --- |") != 1 {
		t.Errorf("one cell is not one table:\n%s", got)
	}
}

func TestInsert(t *testing.T) {
	const document = "# A\n\nsee <!-- x: not a line\n<!-- x: command -->\nold\n<!-- end x -->\nrest\n"
	got, err := Insert(document, "<!-- x:", "<!-- end x -->", "new")
	want := "# A\n\nsee <!-- x: not a line\n<!-- x: command -->\n\nnew\n\n<!-- end x -->\nrest\n"
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := Insert(got, "<!-- x:", "<!-- end x -->", "new"); err != nil || again != want {
		t.Errorf("a second time: %q, %v", again, err)
	}
	for _, bad := range []string{"", "<!-- x: command -->", "<!-- x: command -->\n", "<!-- end x -->\n<!-- x: -->\n"} {
		if got, err := Insert(bad, "<!-- x:", "<!-- end x -->", "new"); err == nil {
			t.Errorf("%q became %q", bad, got)
		}
	}
}
