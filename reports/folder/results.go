package folder

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"math"

	"golang.org/x/perf/benchfmt"
)

// line is one benchmark line of results.txt.
type line struct {
	name   string // without "Benchmark", with GOMAXPROCS if it is there
	ops    uint64
	values map[string]float64
}

// results is results.txt.
type results struct {
	lines    []line
	config   []Param
	warnings []string
	better   func(unit string) int
}

// add adds what another file of the same run says.
func (res *results) add(other *results) {
	res.lines = append(res.lines, other.lines...)
	res.warnings = append(res.warnings, other.warnings...)
	if other.config != nil {
		res.config = other.config
	}
	if res.better == nil {
		res.better = other.better
		return
	}
	first := res.better
	res.better = func(unit string) int { return cmp.Or(first(unit), other.better(unit)) }
}

// parseResults reads results.txt. It is stricter than benchfmt, which skips lines that it does not understand: here
// they are errors, because a result that is left out silently shifts all rounds after it.
//
// Units stay as they are written. benchfmt tidies ns/op into sec/op, but only where that changes the value, so that the
// zeros of a metric would end up under another unit than the rest.
func parseResults(path string, data []byte) (*results, error) {
	res := new(results)
	data = res.dropTornLine(path, data)
	if err := checkLines(path, data); err != nil {
		return nil, err
	}
	reader := benchfmt.NewReader(bytes.NewReader(data), path)
	var last *benchfmt.Result
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			l, err := parseLine(rec)
			if err != nil {
				file, n := rec.Pos()
				return nil, fmt.Errorf("%s:%d: %w", file, n, err)
			}
			res.lines = append(res.lines, l)
			last = rec // reused by the reader: its Config is that of the whole file in the end
		}
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	if last != nil {
		for _, c := range last.Config {
			res.config = append(res.config, Param{Key: c.Key, Value: string(c.Value)})
		}
	}
	res.better = reader.Units().GetBetter
	return res, nil
}

// dropTornLine cuts off a last line without a newline: the run was killed while it wrote, and "61.2" may be the start of
// "61.25" or of "612".
func (res *results) dropTornLine(path string, data []byte) []byte {
	end := bytes.LastIndexByte(data, '\n') + 1
	if end < len(data) {
		res.warnings = append(res.warnings, fmt.Sprintf(
			"%s: byte %d: the last line was cut off while it was written, and is left out", path, end))
	}
	return data[:end]
}

// checkLines refuses lines that benchfmt cannot hold, before it ends the file there with "token too long", and lines
// that say that a benchmark failed, which it skips.
func checkLines(path string, data []byte) error {
	offset := 0
	for n := 1; len(data) > 0; n++ {
		l := data[:bytes.IndexByte(data, '\n')]
		data = data[len(l)+1:]
		if len(l) >= bufio.MaxScanTokenSize {
			return fmt.Errorf("%s:%d: byte %d: a line of %d bytes; at most %d can be read", path, n, offset, len(l), bufio.MaxScanTokenSize-1)
		}
		if i := bytes.IndexByte(l, 0); i >= 0 {
			return fmt.Errorf("%s:%d: byte %d: a zero byte; the file was damaged, perhaps by a full disk or a crash", path, n, offset+i)
		}
		if bytes.HasPrefix(l, []byte("--- FAIL")) || bytes.HasPrefix(l, []byte("FAIL")) {
			return fmt.Errorf("%s:%d: byte %d: the file says that a benchmark failed", path, n, offset)
		}
		offset += len(l) + 1
	}
	return nil
}

// parseLine copies a result, which the reader will overwrite. Values must be finite and not negative; zeros are
// dropped, because the format writes none.
func parseLine(rec *benchfmt.Result) (line, error) {
	l := line{name: rec.Name.String(), ops: uint64(max(rec.Iters, 0)), values: make(map[string]float64, len(rec.Values))}
	for _, v := range rec.Values {
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" {
			value, unit = v.OrigValue, v.OrigUnit
		}
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return line{}, fmt.Errorf("%s: %v %s is no measurement", l.name, value, unit)
		}
		if _, ok := l.values[unit]; ok {
			return line{}, fmt.Errorf("%s: two values for %s", l.name, unit)
		}
		if value > 0 {
			l.values[unit] = value
		}
	}
	return l, nil
}
