package versus_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/reports/reportstest"
	"daxbench/reports/versus"
)

// TestFindings holds that ratios within a file are findings where it is alone, and none between files that have nothing in
// common: neither benchmarks, nor the machine.
func TestFindings(t *testing.T) {
	turns := func(config, name string) string {
		text := config
		for i := range 8 {
			text += lines(name+"/policy=none", "ns/op", float64(100+i)) + lines(name+"/policy=dear", "ns/op", float64(205+2*i))
		}
		return text
	}
	for name, c := range map[string]struct {
		texts     []string
		reference string
		want      int
	}{
		"alone":                   {[]string{turns("", "X")}, "none", 1},
		"alone without reference": {[]string{turns("", "X")}, "", 0},
		"two":                     {[]string{turns("", "X"), turns("", "X")}, "none", 1},
		"other benchmarks":        {[]string{turns("", "X"), turns("", "Y")}, "none", 0},
		"other machines":          {[]string{turns("cpu: fast\n", "X"), turns("cpu: slow\n", "X")}, "none", 0},
		"no reference":            {[]string{turns("", "X"), turns("", "X")}, "", 2},
	} {
		o := versus.Defaults()
		o.Reference = c.reference
		var inputs []string
		for i, text := range c.texts {
			inputs = append(inputs, file(t, string(rune('a'+i)), text))
		}
		rep := compare(t, o, inputs...)
		if len(rep.Findings()) != c.want || rep.Pairs != c.want || (rep.Compared > 0) != (c.want > 0) {
			t.Errorf("%s: %d findings, %d pairs, %d compared; want %d", name, len(rep.Findings()), rep.Pairs, rep.Compared, c.want)
		}
		for _, f := range rep.Findings() {
			if f.Row.Cells[f.Column].Change != f.Change && f.Row.Cells[f.Column].Within == nil {
				t.Errorf("%s: %+v is not in its cell", name, f.Change)
			}
		}
	}
}

// TestFindingsCountACellOnce: a storm that is judged by its operations has figures of its evictions too, which differ with them.
// That is one finding and not two, unless its evictions alone are asked for.
func TestFindingsCountACellOnce(t *testing.T) {
	spec := func(seed uint64) *reportstest.Spec {
		s := reportstest.Example() // all its cells have ns/op and ns/evict
		s.Seed, s.Primary = seed, map[string]string{"unlink-storm": "ns/op"}
		return s
	}
	dirs := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	for i, dir := range dirs {
		if err := spec(uint64(i + 1)).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	for filter, want := range map[string]map[string]int{
		versus.DefaultFilter: {"sec/op": 4, "sec/evict": 13},
		".unit:ns/evict":     {"sec/evict": 17},
	} {
		o := versus.Defaults()
		o.Filter = filter
		rep := compare(t, o, dirs...)
		got := make(map[string]int)
		for _, f := range rep.Findings() {
			got[f.Table.Unit]++
			if op := strings.HasPrefix(f.Row.Name, "UnlinkStorm"); filter == versus.DefaultFilter && op != (f.Table.Unit == "sec/op") {
				t.Errorf("%s is judged by %s", f.Row.Name, f.Table.Unit)
			}
		}
		if !maps.Equal(got, want) || rep.Pairs != len(rep.Findings()) {
			t.Errorf("%s: %v, %d pairs; want %v", filter, got, rep.Pairs, want)
		}
	}
}
