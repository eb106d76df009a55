package versus

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// Options say what is compared with what. The projections and the filter are those of benchstat, in its syntax
// (golang.org/x/perf/benchproc/syntax).
type Options struct {
	Table      string  // one table per value; DefaultTable
	Row        string  // one row per value; DefaultRow
	Col        string  // one column per value; DefaultCol
	Ignore     string  // keys that make no difference
	Filter     string  // which results and units; DefaultFilter
	Alpha      float64 // DefaultAlpha
	Confidence float64 // of the range of a cell; DefaultConfidence
	Reference  string  // policy, or key=value, that the others of a file are held against; empty: none
	Sort       Order
	Force      bool // leave out what cannot be used, with a warning, instead of refusing the file
	Stdin      io.Reader
}

// What benchstat has as defaults.
const (
	DefaultTable      = ".config"
	DefaultRow        = ".fullname"
	DefaultCol        = ".file"
	DefaultFilter     = "*"
	DefaultAlpha      = 0.05
	DefaultConfidence = 0.95
)

// Defaults are the options of a caller who asks for nothing.
func Defaults() Options {
	return Options{Table: DefaultTable, Row: DefaultRow, Col: DefaultCol, Filter: DefaultFilter,
		Alpha: DefaultAlpha, Confidence: DefaultConfidence, Sort: ByFile}
}

// OptionError is a mistake in the options. Its text names the flag.
type OptionError struct{ text string }

func (e *OptionError) Error() string { return e.text }

func optionf(format string, args ...any) error { return &OptionError{fmt.Sprintf(format, args...)} }

// InputError says why an input cannot be compared, and where that is.
type InputError struct {
	Path string
	Line int // from 1; 0 if it is about all of it
	Why  string
	err  error
}

func (e *InputError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Why)
	}
	return e.Path + ": " + e.Why
}

func (e *InputError) Unwrap() error { return e.err }

// Order is the order of the rows.
type Order string

// The orders.
const (
	ByFile   Order = "file"   // as the first file has them, or as -row says
	ByName   Order = "name"   // alphabetical, numbers by value
	ByEffect Order = "effect" // the largest change first, whichever its direction
)

// Orders are all orders, sorted.
var Orders = []Order{ByEffect, ByFile, ByName}

// plan is a set of options that was understood.
type plan struct {
	*Options
	filter     *benchproc.Filter
	table      *benchproc.Projection
	unit       *benchproc.Field
	row, col   *benchproc.Projection
	residue    *benchproc.Projection
	thresholds benchmath.Thresholds
	reference  Param // Key has a slash before it: /policy
}

// parse understands the options, or says which flag is wrong.
func (o *Options) parse() (*plan, error) {
	p := &plan{Options: o, thresholds: benchmath.DefaultThresholds}
	p.thresholds.CompareAlpha = o.Alpha
	if !(o.Alpha > 0 && o.Alpha < 1) {
		return nil, optionf("-alpha %v: want a number between 0 and 1", o.Alpha)
	}
	if !(o.Confidence > 0 && o.Confidence < 1) {
		return nil, optionf("-confidence %v: want a number between 0 and 1", o.Confidence)
	}
	if o.Sort != ByFile && o.Sort != ByName && o.Sort != ByEffect {
		return nil, optionf("unknown order %q; known: %v", o.Sort, join(Orders))
	}
	var err error
	if p.filter, err = benchproc.NewFilter(o.Filter); err != nil {
		return nil, optionf("-filter: %v", err)
	}
	var parser benchproc.ProjectionParser
	if p.table, p.unit, err = parser.ParseWithUnit(o.Table, p.filter); err != nil {
		return nil, optionf("-table: %v", err)
	}
	if p.row, err = parser.Parse(o.Row, p.filter); err != nil {
		return nil, optionf("-row: %v", err)
	}
	if p.col, err = parser.Parse(o.Col, p.filter); err != nil {
		return nil, optionf("-col: %v", err)
	}
	if _, err = parser.Parse(o.Ignore, p.filter); err != nil {
		return nil, optionf("-ignore: %v", err)
	}
	p.residue = parser.Residue()
	if o.Reference != "" {
		key, value, ok := strings.Cut(o.Reference, "=")
		if !ok {
			key, value = "policy", o.Reference
		}
		p.reference = Param{"/" + strings.TrimPrefix(key, "/"), value}
		if value == "" || p.reference.Key == "/" {
			return nil, optionf("-reference %q: want a policy, or key=value", o.Reference)
		}
		for _, f := range slices.Concat(p.col.Fields(), p.table.Fields()) {
			if f.Name == p.reference.Key {
				return nil, optionf("-reference %s wants all values of %s in one column, and -col or -table tears them apart", o.Reference, f.Name)
			}
		}
	}
	return p, nil
}

// keyed refuses a projection by a key that no result has: it would put everything into one place. Keys that begin with a
// dot are those of benchstat, and always there.
func (r *reader) keyed() error {
	for _, p := range []struct {
		flag string
		of   *benchproc.Projection
	}{{"-table", r.table}, {"-row", r.row}, {"-col", r.col}} {
		for _, f := range p.of.Fields() {
			if strings.HasPrefix(f.Name, ".") || r.keys[f.Name] {
				continue
			}
			keys := slices.DeleteFunc(slices.Sorted(maps.Keys(r.keys)), func(key string) bool { return strings.HasPrefix(key, ".") })
			return optionf("%s %s: no result has that key; known: %s", p.flag, f.Name, strings.Join(keys[:min(len(keys), maxKnown)], ", "))
		}
	}
	return nil
}

// join lists the orders.
func join(orders []Order) string {
	words := make([]string, len(orders))
	for i, o := range orders {
		words[i] = string(o)
	}
	return strings.Join(words, ", ")
}
