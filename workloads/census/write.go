package census

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
)

// Write writes counts in the Go benchmark format: a line per cell, with one value each, as they are exact. Zeros are
// values. What is not exact in a cell, and cells that failed, stand in comments: a reader misses them there, as it should.
//
// There is no line about the processor and none has a suffix for GOMAXPROCS: counts depend on neither, and files from
// two machines compare.
func Write(w io.Writer, counts []Count) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\npkg: daxbench\n", runtime.GOOS, runtime.GOARCH)
	for _, u := range units {
		fmt.Fprintf(b, "Unit %s better=%s assume=exact\n", u.name, u.direction())
	}
	for i := range counts {
		c := &counts[i]
		if c.Failed {
			line, _, _ := strings.Cut(c.Bad, "\n")
			fmt.Fprintf(b, "# %s failed: %q\n", c.Name, line)
			continue
		}
		fmt.Fprintf(b, "Benchmark%s\t%d", c.Name, c.Ops)
		for _, v := range c.Values {
			fmt.Fprintf(b, "\t%s %s", strconv.FormatFloat(v.Value, 'f', -1, 64), v.Unit)
		}
		b.WriteByte('\n')
		if len(c.Loose) > 0 {
			fmt.Fprintf(b, "# %s depends on time: %s\n", c.Name, strings.Join(c.Loose, " "))
		}
	}
	return b.Flush()
}

// direction is the good one of a unit.
func (u *unit) direction() string {
	if u.better == "" {
		return "lower"
	}
	return u.better
}
