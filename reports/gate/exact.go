package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"daxbench/reports/unit"
)

// wayBaseline is what Report.Way says of Exact.
const wayBaseline = "baseline"

// ErrCounts means that a file of exact counts cannot be understood. It comes wrapped with the file and the line.
var ErrCounts = errors.New("unusable counts")

// maxCounts is how many bytes of counts are read: a thousand times what all storms under all policies make.
const maxCounts = 64 << 20

// Counts is a census: exact numbers, cell by cell, in the order of the file.
type Counts struct {
	Path  string
	Cells []Counted
}

// Counted is one cell.
type Counted struct {
	Name   string // as in the Go benchmark format, without "Benchmark"
	Ops    int    // operations that were counted over
	Values []CountedValue
	Failed string // it did not come to its end, and why
}

// CountedValue is one count. Zero is a value.
type CountedValue struct {
	Unit  string
	Value float64
}

// get returns the count of a unit.
func (c *Counted) get(unit string) (float64, bool) {
	for _, v := range c.Values {
		if v.Unit == unit {
			return v.Value, true
		}
	}
	return 0, false
}

// find returns the cell of that name, or nil.
func (c *Counts) find(name string) *Counted {
	for i := range c.Cells {
		if c.Cells[i].Name == name {
			return &c.Cells[i]
		}
	}
	return nil
}

// ReadCounts reads the text that daxbench census writes: the Go benchmark format with one line per cell. It is strict
// where that format is lenient. A line that is none of its kinds, a cell or a unit twice, a number that is none, a last
// line without its end, and a file without any cell are errors that wrap ErrCounts; path is what they call the file.
func ReadCounts(path string, r io.Reader) (*Counts, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxCounts+1))
	if err != nil {
		return nil, err
	}
	c := &Counts{Path: path}
	if err := c.parse(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCounts, err)
	}
	return c, nil
}

func (c *Counts) parse(data []byte) error {
	switch {
	case len(data) > maxCounts:
		return fmt.Errorf("%s: more than %d bytes", c.Path, maxCounts)
	case len(data) > 0 && data[len(data)-1] != '\n':
		return fmt.Errorf("%s: byte %d: the last line was cut off while it was written", c.Path, bytes.LastIndexByte(data, '\n')+1)
	}
	if err := c.checkLines(data); err != nil {
		return err
	}
	reader := benchfmt.NewReader(bytes.NewReader(data), c.Path)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return rec
		case *benchfmt.Result:
			if err := c.add(rec); err != nil {
				file, n := rec.Pos()
				return fmt.Errorf("%s:%d: %w", file, n, err)
			}
		}
	}
	if err := reader.Err(); err != nil {
		return err
	}
	if len(c.Cells) == 0 {
		return fmt.Errorf("%s: there is no cell in it", c.Path)
	}
	return nil
}

// checkLines refuses lines that benchfmt skips without a word, and keeps which cells a comment says failed.
func (c *Counts) checkLines(data []byte) error {
	n := 0
	for text := range bytes.Lines(data) {
		n++
		line := strings.TrimSpace(string(text))
		key, _, isConfig := strings.Cut(line, ":")
		switch {
		case bytes.IndexByte(text, 0) >= 0:
			return fmt.Errorf("%s:%d: a zero byte; the file was damaged", c.Path, n)
		case line == "", strings.HasPrefix(line, "Unit "):
		case strings.HasPrefix(line, "Benchmark"):
			if len(strings.Fields(line))%2 != 0 {
				return fmt.Errorf("%s:%d: a number without its unit: %.80q", c.Path, n, line)
			}
		case strings.HasPrefix(line, "#"):
			if name, why, ok := strings.Cut(line, " failed: "); ok {
				c.Cells = append(c.Cells, Counted{Name: strings.TrimSpace(name[1:]), Failed: why})
			}
		case isConfig && key != "" && key != "panic" && !strings.ContainsAny(key, " \t") && key[0] >= 'a' && key[0] <= 'z':
		default:
			return fmt.Errorf("%s:%d: no line of a census: %.80q", c.Path, n, line)
		}
	}
	return nil
}

// add copies a line, which the reader will overwrite. Units stay as they are written.
func (c *Counts) add(rec *benchfmt.Result) error {
	out := Counted{Name: rec.Name.String(), Ops: rec.Iters}
	if c.find(out.Name) != nil {
		return fmt.Errorf("%.200q stands twice", out.Name)
	}
	for _, v := range rec.Values {
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" {
			value, unit = v.OrigValue, v.OrigUnit
		}
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return fmt.Errorf("%.200q: %v %s is no count", out.Name, value, unit)
		}
		if _, ok := out.get(unit); ok {
			return fmt.Errorf("%.200q: two values for %s", out.Name, unit)
		}
		out.Values = append(out.Values, CountedValue{unit, value})
	}
	c.Cells = append(c.Cells, out)
	return nil
}

// What a count that rose means. Units that are in neither list are work: a change of them is no better and no worse, but
// the two sides are not comparable.
var (
	// harm convicts whatever else differs.
	harm = []string{"allocs/op", "B/op", "violations", "found", "freed-pinned", "evicted-pinned", "leases-abandoned", "parked"}
	// waits convict where the work is the same.
	waits = []string{"pin-waits", "recalls", "fenced", "freeing-waits", "break-tries", "overdue", "kept-busy", "quarantined",
		"throttles", "reserves"}
)

// exactRule says how Exact comes to a verdict.
const exactRule = "Rule %d, exact counts. A cell passes if every count is equal. Regressed: allocations, violations or other harm " +
	"rose; or waits did, with the same work. Improved: they fell, and nothing rose. Other work, a count or a cell on one side " +
	"only: no verdict. Wall times of a stored run are a trend, and no judge."

// Exact holds the counts of the head against those of a stored base, cell by cell. It needs no statistics and no fair
// machine.
func Exact(base, head *Counts) *Report {
	r := &Report{
		Way: wayBaseline, Suite: "the cells of " + base.Path, Rule: fmt.Sprintf(exactRule, RuleVersion),
		Base: Binary{Name: base.Path}, Head: Binary{Name: head.Path}, Cells: []Cell{}, Controls: []Measure{},
	}
	for i := range base.Cells {
		b := &base.Cells[i]
		r.Cells = append(r.Cells, exactCell(b.Name, b, head.find(b.Name)))
	}
	for i := range head.Cells {
		if h := &head.Cells[i]; base.find(h.Name) == nil {
			r.Cells = append(r.Cells, exactCell(h.Name, nil, h))
		}
	}
	r.conclude()
	return r
}

// exactCell compares one cell; nil is a side that does not have it.
func exactCell(name string, base, head *Counted) Cell {
	c := Cell{Name: name, Verdict: NoVerdict}
	switch {
	case head == nil:
		c.Why = "the head was not counted"
	case base == nil:
		c.Why = "it is new: the base was not counted"
	case base.Failed != "":
		c.Why = "the base failed: " + base.Failed
	case head.Failed != "":
		c.Verdict, c.Why, c.ended = Regressed, "the head failed, the base did not: "+head.Failed, true
	case len(base.Values) == 0 && len(head.Values) == 0:
		c.Why = "nothing was counted"
	default:
		c.Counts = compareCounts(base, head)
		c.Verdict, c.Why = worst(c.Counts)
	}
	return c
}

// compareCounts compares the counts of a cell: those of the base in their order, then those that only the head has.
func compareCounts(base, head *Counted) []Count {
	var out []Count
	same := true
	if base.Ops != head.Ops {
		same = false
		out = append(out, Count{Name: "operations", Unit: "ops", Base: float64(base.Ops), Head: float64(head.Ops)})
	}
	for _, v := range base.Values {
		n := Count{Name: strings.ReplaceAll(v.Unit, "-", " "), Unit: v.Unit, Base: v.Value}
		var ok bool
		if n.Head, ok = head.get(v.Unit); !ok {
			n.Verdict, n.Why = NoVerdict, v.Unit+" is not exact in the head, or was not counted"
		}
		same = same && (n.Base == n.Head || slices.Contains(harm, n.Unit) || slices.Contains(waits, n.Unit) || !ok)
		out = append(out, n)
	}
	for i := range out {
		out[i].compare(same)
	}
	for _, v := range head.Values {
		if _, ok := base.get(v.Unit); !ok {
			out = append(out, Count{Name: strings.ReplaceAll(v.Unit, "-", " "), Unit: v.Unit, Head: v.Value,
				Verdict: NoVerdict, Why: v.Unit + " is not exact in the base, or was not counted"})
		}
	}
	return out
}

// compare gives a count its verdict. same says that both sides did the same work.
func (n *Count) compare(same bool) {
	isHarm, isWait := slices.Contains(harm, n.Unit), slices.Contains(waits, n.Unit)
	allowance := 0.0
	if strings.HasSuffix(n.Unit, "/op") {
		allowance = freeAllocsPerOp // a census rounds to that
	}
	values := fmt.Sprintf("from %s to %s", plain(n.Base), plain(n.Head))
	switch {
	case n.Verdict == NoVerdict, n.Base == n.Head:
	case isWait && !same:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("%s went %s, with other work", n.Name, values)
	case isHarm && math.Abs(n.Head-n.Base) <= allowance*1.5: // two roundings
	case (isHarm || isWait) && n.Head > n.Base:
		n.Verdict, n.Why = Regressed, fmt.Sprintf("%s rose %s", n.Name, values)
	case isHarm || isWait:
		n.Verdict, n.Why = Improved, fmt.Sprintf("%s fell %s", n.Name, values)
	default:
		n.Verdict, n.Why = NoVerdict, fmt.Sprintf("the two sides do other work: %s went %s", n.Name, values)
	}
}

// plain writes a count in full where that is short.
func plain(v float64) string {
	if v == math.Trunc(v) && v < 1e15 {
		return unit.Count(int64(v))
	}
	return fmt.Sprintf("%.3g", v)
}

// worst is the gravest verdict on the counts of a cell, with all its reasons.
func worst(counts []Count) (v Verdict, why string) {
	for _, v := range []Verdict{Regressed, NoVerdict, Improved} {
		var reasons []string
		for _, n := range counts {
			if n.Verdict == v {
				reasons = append(reasons, n.Why)
			}
		}
		if len(reasons) > 0 {
			return v, unit.List(reasons)
		}
	}
	return Pass, ""
}
