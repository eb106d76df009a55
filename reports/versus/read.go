package versus

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
	"golang.org/x/perf/benchunit"
)

// reader sorts the results of all files into cells. A result is projected only once per name, units and configuration:
// after that its values go straight to the cells of its route.
type reader struct {
	*plan
	units   benchfmt.UnitMetadataMap
	tables  map[benchproc.Key]*table
	from    *source
	index   int // of from
	configs []*config
	config  *config         // of the last result
	last    int             // round of the last result
	kept    bool            // something of this file passed the filter
	keys    map[string]bool // that some result has, as projections name them
}

// table is one table while it is filled.
type table struct {
	unit  string
	rows  map[benchproc.Key]bool
	cols  map[benchproc.Key]bool
	cells map[place]*sample
}

// place is where a cell stands in its table.
type place struct{ row, col benchproc.Key }

// sample is what a cell is computed from.
type sample struct {
	values  []float64 // in the order in which they were read; sorted once what depends on the order is done
	rounds  []int32   // of the values; nil as long as they are 1, 2, 3 …
	source  string    // full name of the benchmark; empty if there are several
	input   int       // index of the file; −1 if there are several
	residue benchproc.Key
	varies  map[benchproc.Key]bool // all residues, if there is more than one
}

// config is one state of the configuration lines of a file, with the routes of the benchmarks that ran under it.
type config struct {
	keys   []string
	values [][]byte
	routes map[string]*route
}

// route is where the values of a benchmark go.
type route struct {
	name   string
	count  int // results so far
	rounds []int
	forks  []*fork
}

// fork is a route for results with these units, in this order.
type fork struct {
	units []string  // as they stand in the results
	cells []*sample // nil: filtered out
}

// read reads all sources.
func (p *plan) read(sources []*source) (*reader, error) {
	r := &reader{plan: p, units: make(benchfmt.UnitMetadataMap), tables: make(map[benchproc.Key]*table),
		keys: make(map[string]bool)}
	for i, s := range sources {
		r.from, r.index, r.configs, r.config, r.last, r.kept = s, i, nil, nil, 0, false
		if err := r.file(s); err != nil {
			return nil, err
		}
	}
	r.from, r.configs, r.config = nil, nil, nil // their routes are not needed any more
	return r, nil
}

// file reads the benchmark files of one argument.
func (r *reader) file(s *source) error {
	for _, path := range s.results {
		if err := r.part(s, path); err != nil {
			return err
		}
	}
	if s.Results == 0 {
		return &InputError{s.name(), 0, "holds no benchmark result", nil}
	}
	if !r.kept {
		s.warn(Set, "nothing in %s passes the filter", s.name())
	}
	s.remember(r.config)
	return nil
}

// part reads one benchmark file.
func (r *reader) part(s *source, path string) error {
	f, err := s.open(path, r.Stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	name := path
	if s.stdin {
		name = s.name()
	}
	g := newGuard(f, name, r.Force)
	in := new(benchfmt.Reader)
	in.Reset(g, name, ".file", s.Label)
	byRounds := true
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.SyntaxError:
			if !r.Force {
				return &InputError{name, rec.Line, rec.Msg, nil}
			}
			g.drop(rec.Line, rec.Msg)
		case *benchfmt.UnitMetadata:
			if err := r.unitLine(rec); err != nil && !r.Force {
				return err
			} else if err != nil {
				s.warn(Damage, "%v: the first is taken", err)
			}
		case *benchfmt.Result:
			_, line := rec.Pos()
			if why := unusable(rec); why != "" {
				if !r.Force {
					return &InputError{name, line, why, nil}
				}
				g.drop(line, why)
				continue
			}
			s.Results++
			last := r.last
			if err := r.result(rec); err != nil {
				return &InputError{name, line, err.Error(), nil}
			}
			byRounds = byRounds && r.last >= last
		}
	}
	if err := in.Err(); err != nil {
		if bad := (*InputError)(nil); errors.As(err, &bad) {
			return bad
		}
		return &InputError{name, 0, err.Error(), err}
	}
	s.Warnings = append(s.Warnings, g.dropped...)
	if !s.Run {
		s.byRounds = byRounds
	}
	return nil
}

// unusable says why a result is no measurement.
func unusable(rec *benchfmt.Result) string {
	if rec.Iters < 1 {
		return fmt.Sprintf("%d iterations are no measurement", rec.Iters)
	}
	for _, v := range rec.Values {
		// One comparison decides for almost all: NaN fails it too.
		if v.Value >= 0 && v.Value <= math.MaxFloat64 {
			continue
		}
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" {
			value, unit = v.OrigValue, v.OrigUnit
		}
		return fmt.Sprintf("%v %s is no measurement", value, unit)
	}
	return ""
}

// unitLine keeps what a Unit line says, and refuses one that says otherwise than a file before it.
func (r *reader) unitLine(u *benchfmt.UnitMetadata) error {
	have, ok := r.units[u.UnitMetadataKey]
	if !ok {
		r.units[u.UnitMetadataKey] = u
		return nil
	}
	if have.Value == u.Value {
		return nil
	}
	file, line := u.Pos()
	there, at := have.Pos()
	return &InputError{file, line, fmt.Sprintf("unit %s has %s=%s, but %s=%s in %s:%d",
		u.OrigUnit, u.Key, u.Value, u.Key, have.Value, there, at), nil}
}

// result files the values of one result.
func (r *reader) result(rec *benchfmt.Result) error {
	if r.config == nil || !r.config.is(rec.Config) {
		r.configure(rec.Config)
	}
	to := r.config.routes[string(rec.Name)]
	if to == nil {
		to = r.route(rec)
	}
	to.count++
	round := to.count
	if round <= len(to.rounds) {
		round = to.rounds[round-1]
	}
	r.last = round
	f := to.fork(rec.Values)
	if f == nil {
		var err error
		if f, err = r.fork(rec, to.name); err != nil {
			return err
		}
		to.forks = append(to.forks, f)
	}
	for i, s := range f.cells {
		if s != nil {
			s.add(rec.Values[i].Value, round)
		}
	}
	return nil
}

// is says whether this is the state of the configuration lines.
func (c *config) is(now []benchfmt.Config) bool {
	if len(now) != len(c.keys) {
		return false
	}
	for i := range now {
		if now[i].Key != c.keys[i] || string(now[i].Value) != string(c.values[i]) {
			return false
		}
	}
	return true
}

// configure finds the state of the configuration lines among those of the file, or makes it.
func (r *reader) configure(now []benchfmt.Config) {
	for _, c := range r.configs {
		if c.is(now) {
			r.config = c
			return
		}
	}
	r.config = &config{routes: make(map[string]*route)}
	for _, c := range now {
		r.config.keys = append(r.config.keys, c.Key)
		r.keys[c.Key] = true
		r.config.values = append(r.config.values, slices.Clone(c.Value))
	}
	r.configs = append(r.configs, r.config)
}

// route makes the route of a benchmark.
func (r *reader) route(rec *benchfmt.Result) *route {
	name := rec.Name.String()
	to := &route{name: name, rounds: r.from.roundsOf(name)}
	r.config.routes[name] = to
	_, parts := rec.Name.Parts()
	for _, p := range parts {
		switch key, _, ok := strings.Cut(string(p), "="); {
		case ok:
			r.keys[key] = true
		case key[0] == '-':
			r.keys["/gomaxprocs"] = true
		}
	}
	return to
}

// roundsOf are the rounds of the lines of a benchmark, as run.json knows them.
func (s *source) roundsOf(name string) []int {
	if rounds, ok := s.rounds[name]; ok {
		return rounds
	}
	return s.rounds[bare(name)]
}

// bare is a name without GOMAXPROCS.
func bare(name string) string {
	digits := strings.TrimRight(name, "0123456789")
	if len(digits) < len(name) && strings.HasSuffix(digits, "-") {
		return digits[:len(digits)-1]
	}
	return name
}

// fork finds the way for these units.
func (to *route) fork(values []benchfmt.Value) *fork {
next:
	for _, f := range to.forks {
		if len(f.units) != len(values) {
			continue
		}
		for i := range values {
			if f.units[i] != written(&values[i]) {
				continue next
			}
		}
		return f
	}
	return nil
}

// written is a unit as it stands in the file.
func written(v *benchfmt.Value) string {
	if v.OrigUnit != "" {
		return v.OrigUnit
	}
	return v.Unit
}

// fork finds the cells of a result: it applies the filter and the projections. benchfmt tidies units only where that
// changes the value, so that zeros of one metric would come under another unit than the rest: that is mended here.
func (r *reader) fork(rec *benchfmt.Result, name string) (*fork, error) {
	f := &fork{units: make([]string, len(rec.Values)), cells: make([]*sample, len(rec.Values))}
	for i := range rec.Values {
		v := &rec.Values[i]
		f.units[i] = strings.Clone(written(v))
		if v.OrigUnit == "" {
			if _, unit := benchunit.Tidy(v.Value, v.Unit); unit != v.Unit {
				v.OrigValue, v.OrigUnit, v.Unit = v.Value, v.Unit, unit
			}
		}
		for _, other := range rec.Values[:i] {
			if other.Unit == v.Unit {
				return nil, fmt.Errorf("two values for %s", v.Unit)
			}
		}
	}
	match, err := r.filter.Match(rec)
	if err != nil {
		return nil, err
	}
	// Only what passes the filter may be projected: projections order their values by when they first see them.
	all := slices.Clone(rec.Values)
	defer func() { rec.Values = append(rec.Values[:0], all...) }()
	if !match.Apply(rec) {
		return f, nil
	}
	r.kept = true
	keys := r.table.ProjectValues(rec)
	at := place{r.row.Project(rec), r.col.Project(rec)}
	residue := r.residue.Project(rec)
	for i := range all {
		if match.Test(i) {
			f.cells[i] = r.sample(keys[0], at, name, residue)
			keys = keys[1:]
		}
	}
	return f, nil
}

// sample finds or makes a cell.
func (r *reader) sample(key benchproc.Key, at place, name string, residue benchproc.Key) *sample {
	t := r.tables[key]
	if t == nil {
		t = &table{key.Get(r.unit), make(map[benchproc.Key]bool), make(map[benchproc.Key]bool), make(map[place]*sample)}
		r.tables[key] = t
	}
	t.rows[at.row], t.cols[at.col] = true, true
	s := t.cells[at]
	if s == nil {
		s = &sample{source: name, input: r.index, residue: residue}
		t.cells[at] = s
	}
	if s.source != name {
		s.source = ""
	}
	if s.input != r.index {
		s.input = -1
	}
	if s.residue != residue {
		if s.varies == nil {
			s.varies = map[benchproc.Key]bool{s.residue: true}
		}
		s.varies[residue] = true
	}
	return s
}

// add adds a value of a round.
func (s *sample) add(v float64, round int) {
	s.values = append(s.values, v)
	switch {
	case s.rounds != nil:
		s.rounds = append(s.rounds, int32(round))
	case round != len(s.values):
		s.rounds = make([]int32, len(s.values), cap(s.values))
		for i := range s.rounds {
			s.rounds[i] = int32(i + 1)
		}
		s.rounds[len(s.rounds)-1] = int32(round)
	}
}

// round is the round of the i-th value.
func (s *sample) round(i int) int {
	if s.rounds == nil {
		return i + 1
	}
	return int(s.rounds[i])
}

// remember keeps the configuration lines for the head of the report.
func (s *source) remember(c *config) {
	for i, key := range c.keys {
		if !strings.HasPrefix(key, ".") {
			s.Config = append(s.Config, Param{key, string(c.values[i])})
		}
	}
	if s.Machine == "" {
		var words []string
		for _, key := range []string{"cpu", "goos", "goarch"} {
			for _, p := range s.Config {
				if p.Key == key && p.Value != "" {
					words = append(words, p.Value)
				}
			}
		}
		s.Machine = strings.Join(words, ", ")
	}
}
