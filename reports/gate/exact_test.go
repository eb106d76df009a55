package gate

import (
	"errors"
	"strings"
	"testing"
)

const census = `goos: linux
pkg: daxbench
Unit allocs/op better=lower assume=exact
Unit evictions better=lower assume=exact
BenchmarkEvictStorm/dax=0/workers=1/policy=none	20000	0 allocs/op	0 B/op	5234 evictions	0 violations	7 pin-waits	0 freeing-waits
# EvictStorm/dax=0/workers=1/policy=none depends on time: parked
BenchmarkPinMix/workers=1/policy=bounded-100	20000	0.25 allocs/op	16 B/op	12 evictions	0 violations
`

func counts(t *testing.T, text string) *Counts {
	t.Helper()
	c, err := ReadCounts("x.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReadCounts(t *testing.T) {
	c := counts(t, census)
	if len(c.Cells) != 2 || c.Cells[1].Name != "PinMix/workers=1/policy=bounded-100" || c.Cells[0].Ops != 20000 {
		t.Fatalf("%+v", c)
	}
	if v, ok := c.Cells[0].get("allocs/op"); !ok || v != 0 {
		t.Error("a zero is no value")
	}
	if v, ok := c.Cells[0].get("pin-waits"); !ok || v != 7 {
		t.Error(v, ok)
	}
}

func TestReadCountsRefuses(t *testing.T) {
	for _, c := range []struct{ name, old, new, says string }{
		{"torn", "0 violations\n", "0 viola", "byte "},
		{"twice", "PinMix/workers=1/policy=bounded-100", "EvictStorm/dax=0/workers=1/policy=none", "x.txt:7: "},
		{"a unit twice", "12 evictions", "12 evictions 13 evictions", "two values for evictions"},
		{"NaN", "5234 evictions", "NaN evictions", "is no count"},
		{"infinite", "5234 evictions", "+Inf evictions", "is no count"},
		{"negative", "5234 evictions", "-1 evictions", "is no count"},
		{"no number", "5234 evictions", "many evictions", "x.txt:5"},
		{"a number alone", "5234 evictions", "5234", "x.txt:5"},
		{"no operations", "none\t20000", "none\tx", "x.txt:5"},
		{"another text", "goos: linux", "Hello, world", "x.txt:1: no line of a census"},
		{"a panic", "goos: linux", "panic: runtime error", "x.txt:1"},
		{"a failed run", "goos: linux", "--- FAIL: BenchmarkX", "x.txt:1"},
		{"FAIL", "goos: linux", "FAIL", "x.txt:1"},
		{"a zero byte", "goos: linux", "goos: li\x00nux", "x.txt:1: a zero byte"},
		{"a long line", "goos: linux", "goos: " + strings.Repeat("x", 1<<20), "x.txt"},
	} {
		text := strings.Replace(census, c.old, c.new, 1)
		if text == census {
			t.Fatalf("%s: %q does not occur", c.name, c.old)
		}
		if got, err := ReadCounts("x.txt", strings.NewReader(text)); !errors.Is(err, ErrCounts) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %+v; want %q", c.name, err, got, c.says)
		}
	}
	for _, none := range []string{"", "\n", "goos: linux\n"} {
		if _, err := ReadCounts("x.txt", strings.NewReader(none)); !errors.Is(err, ErrCounts) {
			t.Errorf("%q: %v", none, err)
		}
	}
}

func TestExact(t *testing.T) {
	for _, c := range []struct {
		name, old, new string // replaced in the head
		want           Verdict
		says           string
	}{
		{"equal", "", "", Pass, "2 cells passed"},
		{"a violation", "0 violations\t7", "1 violations\t7", Regressed, "violations rose from 0 to 1"},
		{"an allocation", "0 allocs/op", "1 allocs/op", Regressed, "allocs/op rose from 0 to 1"},
		{"a rounding of allocations", "0.25 allocs/op", "0.251 allocs/op", Pass, ""},
		{"an allocation in fifty operations", "0.25 allocs/op", "0.27 allocs/op", Regressed, "allocs/op rose"},
		{"fewer allocations", "0.25 allocs/op", "0 allocs/op", Improved, "allocs/op fell"},
		{"more waits", "7 pin-waits", "8 pin-waits", Regressed, "pin waits rose from 7 to 8"},
		{"fewer waits", "7 pin-waits", "0 pin-waits", Improved, "pin waits fell"},
		{"other work", "5234 evictions", "5233 evictions", NoVerdict, "the two sides do other work: evictions went from 5,234 to 5,233"},
		{"other work and waits", "5234 evictions	0 violations	7 pin-waits", "5300 evictions	0 violations	9 pin-waits", NoVerdict, "with other work"},
		{"other work and a violation", "5234 evictions	0 violations", "5300 evictions	1 violations", Regressed, "violations rose"},
		{"other numbers of operations", "none	20000", "none	10000", NoVerdict, "operations went"},
		{"a count is gone", "	7 pin-waits", "", NoVerdict, "not exact in the head"},
		{"a count is new", "	7 pin-waits", "	7 pin-waits	3 recalls", NoVerdict, "not exact in the base"},
		{"an unknown count", "	7 pin-waits", "	7 pin-waits	3 dreams", NoVerdict, "dreams"},
		{"missing", "BenchmarkPinMix", "# ", NoVerdict, "the head was not counted"},
		{"renamed", "PinMix/", "PinMess/", NoVerdict, "it is new"},
		{"failed", "BenchmarkPinMix/workers=1/policy=bounded-100	20000	0.25 allocs/op	16 B/op	12 evictions	0 violations",
			`# PinMix/workers=1/policy=bounded-100 failed: "hung"`, Regressed, "the head failed"},
	} {
		text := strings.Replace(census, c.old, c.new, 1)
		if c.name != "equal" && text == census {
			t.Fatalf("%s: %q does not occur", c.name, c.old)
		}
		r := Exact(counts(t, census), counts(t, text))
		said := r.Summary
		for _, cell := range r.Cells {
			said += "\n" + cell.Why
		}
		if r.Verdict != c.want || !strings.Contains(said, c.says) {
			t.Errorf("%s: want %s because %q, got %s", c.name, c.want, c.says, tell(r))
		}
	}
	failed := strings.Replace(census, "BenchmarkPinMix/workers=1/policy=bounded-100	20000	0.25 allocs/op	16 B/op	12 evictions	0 violations",
		`# PinMix/workers=1/policy=bounded-100 failed: "hung"`, 1)
	if r := Exact(counts(t, failed), counts(t, failed)); r.Verdict != NoVerdict {
		t.Errorf("failed on both sides: %s", tell(r))
	}
	if r := Exact(&Counts{}, &Counts{}); r.Verdict != NoVerdict {
		t.Errorf("nothing and nothing: %s", tell(r))
	}
}
