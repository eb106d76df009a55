package versus_test

import (
	"testing"

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
