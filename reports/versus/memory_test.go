package versus

import (
	"runtime"
	"strings"
	"testing"
)

// TestMemoryPerValue holds what is kept of a file: 8 bytes per value, and what a growing slice has in reserve.
func TestMemoryPerValue(t *testing.T) {
	const n = 100_000
	const line = "BenchmarkX/size=4096/mode=warm-8\t1000\t123.4 ns/op\t64 B/op\n"
	kept := func(n int) uint64 {
		o := Defaults()
		o.Stdin = strings.NewReader(strings.Repeat(line, n))
		p, err := o.parse()
		if err != nil {
			t.Fatal(err)
		}
		files, err := sources([]string{"-"}, false)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, err := p.read(files)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(r)
		return after.HeapAlloc - before.HeapAlloc
	}
	small, large := kept(n), kept(2*n)
	perLine := float64(large) / (2 * n)
	if perLine > 2*8*1.5 || large < small {
		t.Errorf("%.1f bytes are kept of a line of %d bytes with two values", perLine, len(line))
	}
}
