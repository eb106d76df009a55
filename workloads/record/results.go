package record

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// results returns results.txt: the configuration, the custom units, and a line per cell and round, rounds in order.
//
// Note: benchfmt.Writer writes numbers with exponents and a configuration that it repeats, hence Fprintf.
func (m *Manifest) results() []byte {
	var b bytes.Buffer
	for _, key := range []string{"goos", "goarch"} {
		fmt.Fprintf(&b, "%s: %v\n", key, m.Environment[map[string]string{"goos": "os", "goarch": "arch"}[key]])
	}
	fmt.Fprintf(&b, "pkg: daxbench\n")
	if cpu, _ := m.Environment["cpu"].(string); cpu != "" {
		fmt.Fprintf(&b, "cpu: %s\n", cpu)
	}
	units := m.units()
	for _, unit := range units {
		if unit != "ns/op" { // every reader knows it
			fmt.Fprintf(&b, "Unit %s better=%s\n", unit, better(unit))
		}
	}
	for i := range m.Cells {
		r := &m.Cells[i]
		if !r.hasLine() {
			continue
		}
		fmt.Fprintf(&b, "Benchmark%s%s\t%d", r.Name, m.procs(), r.Ops)
		for _, unit := range units {
			if v := r.Metrics[unit]; v > 0 {
				fmt.Fprintf(&b, "\t%s %s", number(v), unit)
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// units returns those that some cell has, in the order in which they are written.
func (m *Manifest) units() []string {
	seen := make(map[string]bool)
	for i := range m.Cells {
		for unit := range m.Cells[i].Metrics {
			seen[unit] = true
		}
	}
	var out []string
	for _, unit := range unitOrder {
		if seen[unit] {
			out = append(out, unit)
			delete(seen, unit)
		}
	}
	return append(out, slices.Sorted(maps.Keys(seen))...)
}

// procs is the suffix that package testing gives to the names of benchmarks: GOMAXPROCS, unless it is 1.
func (m *Manifest) procs() string {
	n := fmt.Sprint(m.Environment["gomaxprocs"])
	if n == "1" || m.Environment["gomaxprocs"] == nil {
		return ""
	}
	return "-" + n
}
