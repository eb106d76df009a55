package folder

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"golang.org/x/perf/benchfmt"
)

// line is one benchmark line of results.txt.
type line struct {
	name   string // without "Benchmark", with GOMAXPROCS if it is there
	ops    uint64
	values Values
}

// results is results.txt.
type results struct {
	lines  []line
	config []Param
	damage []string // what was lost
	better func(unit string) int
}

// add adds what another file of the same run says.
func (res *results) add(other *results) {
	res.lines = append(res.lines, other.lines...)
	res.damage = append(res.damage, other.damage...)
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

// parseResults reads results.txt, line by line. It is stricter than benchfmt, which skips lines that it does not
// understand: here they are errors, because a result that is left out silently shifts all rounds after it.
//
// Units stay as they are written. benchfmt tidies ns/op into sec/op, but only where that changes the value, so that the
// zeros of a metric would end up under another unit than the rest.
func parseResults(path string, data io.Reader) (*results, error) {
	res := new(results)
	lines := newLineReader(path, data)
	reader := benchfmt.NewReader(lines, path)
	p := parser{units: &units{make(map[string]int)}, names: make(map[string]string)}
	var last *benchfmt.Result
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			l, err := p.line(rec)
			if err != nil {
				file, n := rec.Pos()
				return nil, fmt.Errorf("%s:%d: %w", file, n, err)
			}
			res.lines = append(res.lines, l)
			last = rec // reused by the reader: its Config is that of the whole file in the end
		}
	}
	if lines.err != nil {
		return nil, lines.err
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	if lines.torn > 0 {
		res.damage = append(res.damage, fmt.Sprintf(
			"%s: byte %d: the last line was cut off while it was written, and is left out", path, lines.offset))
	}
	if last != nil {
		for _, c := range last.Config {
			res.config = append(res.config, Param{Key: c.Key, Value: string(c.Value)})
		}
	}
	res.better = reader.Units().GetBetter
	return res, nil
}

// parser turns results into lines. What many lines share, it keeps once.
type parser struct {
	units *units
	names map[string]string
}

// line copies a result, which the reader will overwrite. Values must be finite and not negative; zeros are
// dropped, because the format writes none.
func (p *parser) line(rec *benchfmt.Result) (line, error) {
	name, ok := p.names[string(rec.Name)]
	if !ok {
		name = rec.Name.String()
		p.names[name] = name
	}
	l := line{name: name, ops: uint64(max(rec.Iters, 0))}
	l.values = Values{units: p.units, figures: make([]float64, 0, len(p.units.place))}
	for _, v := range rec.Values {
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" {
			value, unit = v.OrigValue, v.OrigUnit
		}
		if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
			return line{}, fmt.Errorf("%s: %v %s is no measurement", l.name, value, unit)
		}
		if _, ok := l.values.Get(unit); ok {
			return line{}, fmt.Errorf("%s: two values for %s", l.name, unit)
		}
		if value > 0 {
			l.values.Set(unit, value)
		}
	}
	return l, nil
}
