package ops

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []Op
	}{
		{"", nil},
		{"# nothing\n\n  \t# at all", nil},
		{"create a 2 dax", []Op{{Verb: Create, File: "a", N: 2, DAX: true}}},
		{"create b 0 cached # empty", []Op{{Verb: Create, File: "b"}}},
		{"write a 3 255\r\nread\ta 3", []Op{{Verb: Write, File: "a", N: 3, Value: 255}, {Verb: Read, File: "a", N: 3}}},
		{"pin a 0 p1\nunpin p1", []Op{{Verb: Pin, File: "a", Pin: "p1"}, {Verb: Unpin, Pin: "p1"}}},
		{"prune 16\nunmount", []Op{{Verb: Prune, N: 16}, {Verb: Unmount}}},
	} {
		if got, err := Parse(tt.text); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("Parse(%q) = %v, %v; want %v", tt.text, got, err, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		text string
		line int
		want string
	}{
		{"opne a", 1, "a verb"},
		{"unmount\n\nopen", 3, "1 words behind open"},
		{"unmount now", 1, "0 words behind unmount"},
		{"open A", 1, "a name"},
		{"open aaaaaaaaaaaaaaaaa", 1, "a name"},
		{"unpin p.1", 1, "a name"},
		{"prune 17", 1, "a number up to 16"},
		{"prune -1", 1, "a number up to 16"},
		{"truncate a 4294967296", 1, "a number up to 16"},
		{"write a 0 256", 1, "a byte"},
		{"create a 1 DAX", 1, "dax or cached"},
	} {
		var e *SyntaxError
		if _, err := Parse(tt.text); !errors.As(err, &e) || e.Line != tt.line || !strings.HasPrefix(e.Want, tt.want) {
			t.Errorf("Parse(%q): %v; want %q in line %d", tt.text, err, tt.want, tt.line)
		}
	}
}

// TestGenerate wants lists that can be written down, and make sense.
func TestGenerate(t *testing.T) {
	const n = 500
	for seed := range uint64(10) {
		list := Generate(rand.New(rand.NewPCG(seed, 0)), n)
		if again := Generate(rand.New(rand.NewPCG(seed, 0)), n); !slices.Equal(list, again) {
			t.Fatalf("seed %d: another list the second time", seed)
		}
		if back, err := Parse(Format(list)); err != nil || !slices.Equal(list, back) {
			t.Fatalf("seed %d: %v; the text is another list", seed, err)
		}
		p, skipped, used := newPlan(), 0, [verbs]int{}
		for _, o := range list {
			if p.skip(o) != "" {
				skipped++
			}
			p.do(o)
			used[o.Verb]++
		}
		if skipped == 0 || skipped > n/4 || slices.Contains(used[:], 0) {
			t.Errorf("seed %d: %d of %d operations make no sense; by verb: %v", seed, skipped, n, used)
		}
	}
}

// TestRun runs lists whose results are known.
func TestRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want []string // Must, without what Run appends
	}{
		{"a file comes and goes",
			"create a 2 dax\nwrite a 1 7\nclose a\nunmount\nopen a\nread a 1\nunlink a\nclose a\nopen a",
			[]string{"created", "written", "closed", "0 in use", "found true, 2 pages, 1 links, dax true", "7", "1 links before", "closed, and gone", "skipped: no such file"}},
		{"what would wait is skipped",
			"create a 2 dax\npin a 0 p\ntruncate a 1\nclose a\nopen a\nclose a\nunpin p\nclose a",
			[]string{"created", "pinned", "skipped: would wait for a pin", "skipped: would wait for a pin", "found true, 2 pages, 1 links, dax true", "closed", "the device's own: true", "closed"}},
		{"a cached page outlives its file",
			"create a 1 cached\npin a 0 p\nunlink a\nclose a\nunpin p",
			[]string{"created", "pinned", "1 links before", "closed, and gone", "the device's own: true"}},
		{"beyond the end",
			"create a 1 dax\nread a 1\nwrite a 1 1\npin a 1 p\nunpin p\ntruncate a 3\nread a 2",
			[]string{"created", "beyond the end", "beyond the end", "beyond the end", "skipped: no such pin", "3 pages", "never written"}},
		{"no sense",
			"open a\ncreate a 1 dax\ncreate a 1 dax\nunlink a\nunlink a\npin a 0 p\npin a 0 p",
			[]string{"skipped: no such file", "created", "skipped: exists", "1 links before", "skipped: has no link", "pinned", "skipped: pin exists"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			results := runOn(t, Config{Policy: layout.Default[1], Cache: vfs.Options{CacheInodes: Files, CachePages: 64}}, list)
			var got []string
			for _, r := range results[:len(list)] {
				got = append(got, r.Must)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if end := results[len(results)-1]; end.Op != "look at all" || !strings.HasPrefix(end.Must, "0 in use, 0 cached, ") {
				t.Errorf("the end: %v", end)
			}
		})
	}
}

func TestReduce(t *testing.T) {
	list := Generate(rand.New(rand.NewPCG(1, 0)), 300)
	list[100], list[250] = Op{Verb: Prune, N: 15}, Op{Verb: Prune, N: 16}
	got := Reduce(list, func(l []Op) bool { return slices.Contains(l, list[100]) && slices.Contains(l, list[250]) })
	if len(got) != 2 {
		t.Errorf("%v; want the two that matter", got)
	}
}

func runOn(t testing.TB, c Config, list []Op) []Result {
	r, err := NewRegion()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	results, err := RunOn(t.Context(), r, c, list)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// FuzzParse wants what was parsed to be written and read back as the same list.
func FuzzParse(f *testing.F) {
	f.Add("create a 2 dax\nopen a # comment\n\nwrite a 0 7\nread a 0\npin a 1 p1\nunpin p1\ntruncate a 1\nunlink a\nclose a\nprune 3\nunmount\n")
	f.Add("create a")
	f.Add("prune 99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(text)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Line < 1 || e.Line > 1+strings.Count(text, "\n") {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if back, err := Parse(Format(list)); err != nil || !slices.Equal(list, back) {
			t.Fatalf("%v, %v; written as %q", back, err, Format(list))
		}
	})
}

// FuzzRun runs any list under two policies that differ as much as two can.
func FuzzRun(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(Format(Generate(rand.New(rand.NewPCG(seed, 1)), 60)))
	}
	r, err := NewRegion()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { r.Close() })
	all := Configs(layout.All)
	configs := []Config{all[0], all[len(all)-1]}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(text)
		if err != nil || len(list) > 500 {
			t.Skip()
		}
		d, err := Compare(t.Context(), r, list, configs)
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			t.Fatal(d.Report(list))
		}
		results, err := RunOn(t.Context(), r, configs[0], list)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Op == "panic" || strings.HasPrefix(r.Must, "error: ") {
				t.Fatalf("%v\n%s", r, Format(list))
			}
		}
	})
}
