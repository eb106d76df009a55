package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// smallSuite is a suite in which everything is said. The tests break it line by line.
const smallSuite = `version = 1
name = "tests"
revision = 3
[rule]
alpha = 0.01
forks = 20
more = 20
slices = 120
undecided = "warn"
[time]
floor = 0.01
tolerance = 0.03
[tail]
quantile = 0.999
floor = 0.05
tolerance = 0.2
role = "decides"
[[cell]]
name = "IgetChurn/workers=1/policy=dax-only"
[[cell]]
name = "PinMix/workers=1/policy=dax-only"
clock = "wall"
slice = "350us"
counts = ["evictions", "pin_waits"]
time = { floor = 0.02, tolerance = 0.05 }
[cell.tail]
role = "shown"
`

func TestDefaultSuite(t *testing.T) {
	s := Default()
	if len(s.Cells) != 3 || s.Name == "" || s.Revision < 1 || s.Plan.Forks < 6 {
		t.Errorf("%+v", s)
	}
	for _, d := range s.Cells {
		if d.Clock != Auto || d.Tail.Quantile != 0.99 || d.Time.Floor >= d.Time.Tolerance {
			t.Errorf("%+v", d)
		}
	}
}

func TestSuites(t *testing.T) {
	for _, s := range Suites() {
		if found, ok := LookupSuite(s.Name); !ok || found.Title() != s.Title() || s.Path != "" {
			t.Errorf("%s: %v", s.Name, found)
		}
	}
	if _, ok := LookupSuite("nothing"); ok {
		t.Error("a suite that there is not")
	}
}

func TestParse(t *testing.T) {
	s, err := Parse("x.toml", []byte(smallSuite))
	if err != nil {
		t.Fatal(err)
	}
	if s.Title() != "tests, revision 3" || s.Plan != (Plan{Alpha: 0.01, Forks: 20, More: 20, Slices: 120, Undecided: "warn"}) || len(s.Cells) != 2 {
		t.Errorf("%+v", s)
	}
	first, second := s.Cells[0], s.Cells[1]
	if first.Time != (Limits{0.01, 0.03}) || first.Tail != (Tail{0.999, Limits{0.05, 0.2}, Decides}) || first.Clock != Auto {
		t.Errorf("%+v", first)
	}
	if second.Time != (Limits{0.02, 0.05}) || second.Tail != (Tail{0.999, Limits{0.05, 0.2}, Shown}) || second.Clock != Wall ||
		second.Slice != 350*time.Microsecond || !slices.Equal(second.Counts, []string{"evictions", "pin_waits"}) {
		t.Errorf("%+v", second)
	}
	if s.Find(second.Name) == nil || s.Find("Nothing/policy=none") != nil {
		t.Error("Find")
	}
	if got := first.Tail.Name(); got != "p99.9" {
		t.Errorf("the tail is called %s", got)
	}
	short, err := Parse("x.toml", []byte("version = 1\nname = \"a\"\nrevision = 1\n[[cell]]\nname = \"Nop/policy=none\"\n"))
	if err != nil || short.Plan != Default().Plan || short.Cells[0].Tail != Default().Cells[0].Tail {
		t.Errorf("what is left out does not get the values of suite.toml: %+v, %v", short, err)
	}
}

func TestSuiteRefuses(t *testing.T) {
	for _, c := range []struct {
		old, new string // replaced in smallSuite
		line     int
		says     string
	}{
		{"version = 1", "version = 2", 1, "this daxbench reads 1"},
		{"version = 1\n", "", 1, "version"},
		{"name = \"tests\"\n", "", 1, "name"},
		{"name = \"tests\"", "name = \"a b\"", 2, "a b"},
		{"revision = 3", "revision = 0", 3, "revision"},
		{"revision = 3", "revision = 3.5", 3, ""},
		{"revision = 3", "revision = \"3\"", 3, ""},
		{"alpha = 0.01", "alpha = 0", 5, "rule.alpha"},
		{"alpha = 0.01", "alpha = 1.5", 5, "rule.alpha"},
		{"alpha = 0.01", "alpha = nan", 5, "rule.alpha"},
		{"alpha = 0.01", "alpha = -inf", 5, "rule.alpha"},
		{"alpha = 0.01", "alpah = 0.01", 5, "rule.alpah"},
		{"forks = 20", "forks = -20", 6, "rule.forks"},
		{"forks = 20", "forks = 8", 6, "no change can become significant"},
		{"forks = 20\nmore = 20", "forks = 9\nmore = 0", 6, "no change can become significant"},
		{"forks = 20", "forks = 99999999999999999999", 6, ""},
		{"more = 20", "more = -1", 7, "rule.more"},
		{"slices = 120", "slices = 1", 8, "rule.slices"},
		{"undecided = \"warn\"", "undecided = \"ignore\"", 9, "rule.undecided"},
		{"floor = 0.01", "floor = 0", 11, "time.floor"},
		{"tolerance = 0.03", "tolerance = 0.005", 12, "below the floor"},
		{"tolerance = 0.03", "tolerance = 1e300", 12, "time.tolerance"},
		{"tolerance = 0.03", "tolerance = true", 12, ""},
		{"quantile = 0.999", "quantile = 1", 14, "tail.quantile"},
		{"role = \"decides\"", "role = \"decide\"", 17, "tail.role"},
		{"[tail]", "[tial]", 13, "tial"},
		{"IgetChurn/workers=1", "PinMix/workers=1", 21, "stands on line 19 too"},
		{"IgetChurn/", "BenchmarkIgetChurn/", 19, "want a name"},
		{"IgetChurn/", "iget churn/", 19, "want a name"},
		{"IgetChurn/", "IgetChurn\\u202e/", 19, "want a name"},
		{"clock = \"wall\"", "clock = \"tsc\"", 22, "cell[1].clock"},
		{"clock = \"wall\"", "clock = 3", 22, ""},
		{"slice = \"350us\"", "slice = \"350\"", 23, "cell[1].slice"},
		{"slice = \"350us\"", "slice = \"-1s\"", 23, "cell[1].slice"},
		{"\"pin_waits\"", "\"evictions\"", 24, "each counter once"},
		{"{ floor = 0.02,", "{ floor = -0.02,", 25, "cell[1].time.floor"},
		{"{ floor = 0.02,", "{ flor = 0.02,", 25, "flor"},
		{"role = \"shown\"", "role = \"never\"", 27, "cell[1].tail.role"},
		{"alpha = 0.01", "alpha = 0.01\nalpha = 0.02", 6, ""},
		{"[rule]", "[rule", 4, ""},
		{"[[cell]]", "[cell]", 20, ""}, // the next one makes the contradiction
	} {
		broken := strings.Replace(smallSuite, c.old, c.new, 1)
		if broken == smallSuite {
			t.Fatalf("%q does not occur", c.old)
		}
		s, err := Parse("dir/x.toml", []byte(broken))
		if err == nil {
			t.Errorf("%q for %q: accepted: %+v", c.new, c.old, s)
			continue
		}
		if !errors.Is(err, ErrSuite) || !strings.Contains(err.Error(), fmt.Sprintf("dir/x.toml:%d: ", c.line)) ||
			!strings.Contains(err.Error(), c.says) {
			t.Errorf("%q for %q: %v; want line %d and %q", c.new, c.old, err, c.line, c.says)
		}
	}
	for _, none := range []string{"", "version = 1\nname = \"a\"\nrevision = 1\n", "\x00", "\xff\xfe"} {
		if _, err := Parse("x.toml", []byte(none)); !errors.Is(err, ErrSuite) {
			t.Errorf("%q: %v", none, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(smallSuite))
	f.Add(hotPaths)
	f.Add(twoWorkers)
	f.Add([]byte("a.b = { c.d = 1, e = [ {f=1} ] }\n[[cell]]\n[cell.time]\n[[cell.x]]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("x.toml", data)
		if err != nil {
			if !errors.Is(err, ErrSuite) {
				t.Fatalf("%v does not wrap ErrSuite", err)
			}
			return
		}
		seen := make(map[string]bool)
		for _, d := range s.Cells {
			if seen[d.Name] || !(d.Time.Floor > 0 && d.Time.Floor <= d.Time.Tolerance) || !(d.Tail.Quantile < 1) {
				t.Fatalf("accepted %+v", d)
			}
			seen[d.Name] = true
		}
		if len(s.Cells) == 0 || !(s.Plan.Alpha > 0 && s.Plan.Alpha <= maxAlpha) {
			t.Fatalf("accepted %+v", s)
		}
	})
}
