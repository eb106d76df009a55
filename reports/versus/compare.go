package versus

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// Compare reads the inputs, each a file, a run folder, "-", or one of these with "label=" before it, and compares them.
//
// It returns an *OptionError for options that make no sense, and an *InputError for an input that cannot be read, that
// holds what is no measurement, or of which nothing passes the filter. That nothing could be compared is no error: see
// Report.Compared.
func Compare(o Options, inputs []string) (*Report, error) {
	p, err := o.parse()
	if err != nil {
		return nil, err
	}
	files, err := sources(inputs, o.Force)
	if err != nil {
		return nil, err
	}
	if err := sameProcessors(files, o.Force); err != nil {
		return nil, err
	}
	r, err := p.read(files)
	if err != nil {
		return nil, err
	}
	if len(r.tables) == 0 {
		return nil, &InputError{"-filter " + o.Filter, 0, "no result passes the filter", nil}
	}
	if err := r.keyed(); err != nil {
		return nil, err
	}
	b := &builder{reader: r, sources: files}
	rep := &Report{Alpha: o.Alpha, Confidence: o.Confidence, Reference: o.Reference}
	b.layout(rep)
	b.each(rep, b.ordered)
	if err := b.within(rep); err != nil {
		return nil, err
	}
	b.each(rep, b.settled)
	for _, s := range files {
		rep.Inputs = append(rep.Inputs, s.Input)
	}
	b.roles(rep)
	b.runWarnings(rep)
	for i := range rep.Tables {
		rep.Tables[i].summarize(1 - o.Alpha)
	}
	rep.count()
	rep.warn(o.Table)
	rep.sort(o.Sort)
	for i := range rep.Tables {
		rep.Tables[i].index()
	}
	return rep, nil
}

// builder turns what was read into a report.
type builder struct {
	*reader
	sources []*source
	built   []*built // in the order of Report.Tables
}

// built is a table with the samples of its cells, by row and column.
type built struct {
	*table
	samples [][]*sample
}

// layout makes the tables, with empty cells.
func (b *builder) layout(rep *Report) {
	keys := slices.Collect(maps.Keys(b.reader.tables))
	benchproc.SortKeys(keys)
	for _, key := range keys {
		t := b.reader.tables[key]
		rows, cols := sorted(t.rows), sorted(t.cols)
		out := Table{Unit: t.unit, Better: better(b, t.unit), Config: params(key)}
		out.Exact = b.reader.units.GetAssumption(t.unit) == benchmath.AssumeExact
		for _, c := range cols {
			out.Columns = append(out.Columns, c.StringValues())
		}
		n := &built{table: t}
		for _, row := range rows {
			samples := make([]*sample, len(cols))
			for i, col := range cols {
				samples[i] = t.cells[place{row, col}]
			}
			n.samples = append(n.samples, samples)
			out.Rows = append(out.Rows, Row{Name: row.StringValues(), Cells: make([]Cell, len(cols))})
		}
		t.cells = nil // their samples are in the built table
		b.built = append(b.built, n)
		rep.Tables = append(rep.Tables, out)
	}
}

// each calls do for every row of every table, on all processors: comparisons are the most expensive of all that is done.
func (b *builder) each(rep *Report, do func(t *Table, n *built, row int)) {
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	const batch = 64
	for i := range rep.Tables {
		t, n := &rep.Tables[i], b.built[i]
		for from := 0; from < len(t.Rows); from += batch {
			limit <- struct{}{}
			wg.Go(func() {
				for row := from; row < min(from+batch, len(t.Rows)); row++ {
					do(t, n, row)
				}
				<-limit
			})
		}
	}
	wg.Wait()
}

// better is the good direction of a unit. Throughput is good even if no Unit line says so.
func better(b *builder, unit string) int {
	if d := b.reader.units.GetBetter(unit); d != 0 || b.reader.units.Get(unit, "better") != nil {
		return d
	}
	if strings.HasSuffix(unit, "/s") {
		return 1
	}
	if strings.HasPrefix(unit, "sec/") {
		return -1
	}
	return 0
}

// params is a key without its unit, which is its last field.
func params(key benchproc.Key) []Param {
	fields := key.Projection().FlattenedFields()
	out := []Param{}
	for _, f := range fields {
		if v := key.Get(f); f.Name != ".unit" && v != "" {
			out = append(out, Param{f.Name, v})
		}
	}
	return out
}

// sorted are the keys in the order that their projection says.
func sorted(keys map[benchproc.Key]bool) []benchproc.Key {
	out := slices.Collect(maps.Keys(keys))
	benchproc.SortKeys(out)
	return out
}

// ordered does what depends on the order of the values in the files.
func (b *builder) ordered(t *Table, n *built, row int) {
	base := n.samples[row][0]
	for i, s := range n.samples[row] {
		c := &t.Rows[row].Cells[i]
		if s == nil {
			c.Centre, c.Lo, c.Hi = None(), None(), None()
			continue
		}
		c.Warnings = s.doubts(t.Exact)
		if i > 0 && base != nil {
			c.Change = b.paired(base, s)
		}
	}
}

// settled does what does not depend on it, with the numbers of benchmath, which sorts the values.
func (b *builder) settled(t *Table, n *built, row int) {
	assume := benchmath.Assumption(benchmath.AssumeNothing)
	if t.Exact {
		assume = benchmath.AssumeExact
	}
	var base *benchmath.Sample
	for i, s := range n.samples[row] {
		if s == nil {
			continue
		}
		c := &t.Rows[row].Cells[i]
		x := benchmath.NewSample(s.values, &b.thresholds)
		sum := assume.Summary(x, b.Confidence)
		c.N, c.Centre, c.Lo, c.Hi, c.Range = len(x.Values), Number(sum.Center), Number(sum.Lo), Number(sum.Hi), sum.PctRangeString()
		c.Warnings = slices.Concat(s.vary(), wrap(sum.Warnings), c.Warnings)
		if i == 0 {
			base = x
		} else if base != nil {
			b.compare(t, &t.Rows[row].Cells[0], c, base, x)
		}
	}
}

// wrap turns the warnings of benchmath into ours.
func wrap(errs []error) (out []Warning) {
	for _, err := range errs {
		kind := Varies
		switch text := err.Error(); {
		case strings.HasPrefix(text, "need "):
			kind = TooFew
		case strings.Contains(text, "equal"):
			kind = Equal
		}
		out = append(out, Warning{kind, err.Error()})
	}
	return out
}
