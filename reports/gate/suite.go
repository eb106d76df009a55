package gate

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"daxbench/reports/stats"
)

// SuiteVersion is the version of the format of a suite that this package reads.
const SuiteVersion = 1

// ErrSuite means that a suite cannot be used. It comes wrapped with the file, the line and the reason.
var ErrSuite = errors.New("not a usable suite")

// Suites that daxbench comes with. The first is the default.
var (
	//go:embed suite.toml
	hotPaths []byte
	//go:embed suite_two_workers.toml
	twoWorkers []byte
)

// Suite is the declared, versioned set of cells that a gate must judge, and the numbers of the rule.
type Suite struct {
	Path     string // the file that it was read from; empty: it comes with daxbench
	Name     string
	Revision int // from 1; a suite that changes gets a new one
	Plan     Plan
	Cells    []Declared // in the order of the file
}

// Plan holds what is declared before anything is measured.
type Plan struct {
	Alpha     float64 `toml:"alpha"`     // chance of a false alarm, over all cells and looks
	Forks     int     `toml:"forks"`     // pairs of processes for the first look
	More      int     `toml:"more"`      // further ones for the second; 0: there is one look
	Slices    int     `toml:"slices"`    // per fork
	Undecided string  `toml:"undecided"` // "fail" or "warn": what a cell without a verdict does to whoever asked

	// New is "warn" where a cell may be new: if the base does not know it, and the head runs it, nothing is held against it
	// and the others decide. Else that is no verdict. (Nothing is said of the usual case, so that digests stay what they were.)
	New string `toml:"new" json:",omitempty"`
}

// Limits say which change of a measure counts. 0.01 is 1 %.
type Limits struct {
	Floor     float64 `toml:"floor"`
	Tolerance float64 `toml:"tolerance"`
}

// Tail says how a quantile of the latencies is judged.
type Tail struct {
	Quantile float64 // between 0.5 and 1
	Limits
	Role Role
}

// Name of the measure: "p99", "p99.9".
func (t Tail) Name() string { return fmt.Sprintf("p%.6g", 100*t.Quantile) }

// Clock says which clock decides for a cell.
type Clock uint8

// The clocks.
const (
	Auto Clock = iota // processor time where the storm does not sleep and it was measured, otherwise wall time
	Wall
	CPU
)

// clocks are their names in a suite.
var clocks = [...]string{Auto: "auto", Wall: "wall", CPU: "cpu"}

// Declared is one cell of a suite, with all that holds for it.
type Declared struct {
	Name   string // as in the Go benchmark format, without "Benchmark"
	Time   Limits
	Tail   Tail
	Clock  Clock
	Slice  time.Duration // how long a slice is to be; 0: whoever measures finds out
	Counts []string      // exact counts that must not rise, besides violations and allocations
}

// Default returns the suite that daxbench comes with.
func Default() *Suite {
	return Suites()[0]
}

// Suites returns all that daxbench comes with, the default first.
func Suites() []*Suite {
	var all []*Suite
	for _, data := range [][]byte{hotPaths, twoWorkers} {
		s, err := Parse("suite.toml", data)
		if err != nil {
			panic(err) // a test parses them
		}
		s.Path = "" // there is no such file
		all = append(all, s)
	}
	return all
}

// LookupSuite returns the suite of that name that daxbench comes with.
func LookupSuite(name string) (*Suite, bool) {
	for _, s := range Suites() {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}

// suiteFile is a suite as it stands in a file. What a cell leaves out is nil, and then the suite's own holds.
type suiteFile struct {
	Version  int        `toml:"version"`
	Name     string     `toml:"name"`
	Revision int        `toml:"revision"`
	Rule     Plan       `toml:"rule"`
	Time     Limits     `toml:"time"`
	Tail     tailFile   `toml:"tail"`
	Cells    []cellFile `toml:"cell"`
}

type tailFile struct {
	Quantile  float64 `toml:"quantile"`
	Floor     float64 `toml:"floor"`
	Tolerance float64 `toml:"tolerance"`
	Role      string  `toml:"role"`
}

type cellFile struct {
	Name string `toml:"name"`
	Time *struct {
		Floor     *float64 `toml:"floor"`
		Tolerance *float64 `toml:"tolerance"`
	} `toml:"time"`
	Tail *struct {
		Quantile  *float64 `toml:"quantile"`
		Floor     *float64 `toml:"floor"`
		Tolerance *float64 `toml:"tolerance"`
		Role      *string  `toml:"role"`
	} `toml:"tail"`
	Clock  string   `toml:"clock"`
	Slice  string   `toml:"slice"`
	Counts []string `toml:"counts"`
}

// Parse reads a suite. Whatever it does not know, and whatever is out of range, is an error that wraps ErrSuite and names
// the line: a typing error must not loosen a gate. Tables and keys that are left out have the values of the suite that
// daxbench comes with, apart from version, name, revision and the cells, which must be there.
func Parse(path string, data []byte) (*Suite, error) {
	f := suiteFile{
		Rule: Plan{Alpha: 0.01, Forks: 20, More: 20, Slices: 120, Undecided: "fail"}, // measured.md, part A, 5.8
		Time: Limits{Floor: 0.01, Tolerance: 0.03},
		Tail: tailFile{Quantile: 0.99, Floor: 0.05, Tolerance: 0.15, Role: "convicts"},
	}
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, tomlError(path, err)
	}
	c := &suiteChecker{path: path, lines: keyLines(data)}
	s := c.suite(&f)
	return s, c.err
}

// tomlError says where in the file the decoder stumbled, and over what.
func tomlError(path string, err error) error {
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		e := &strict.Errors[0]
		line, _ := e.Position()
		return fmt.Errorf("%w: %s:%d: unknown key %q", ErrSuite, path, line, strings.Join(e.Key(), "."))
	case errors.As(err, &decode):
		line, _ := decode.Position()
		key := strings.Join(decode.Key(), ".")
		if key != "" {
			key += ": "
		}
		return fmt.Errorf("%w: %s:%d: %s%s", ErrSuite, path, line, key, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	return fmt.Errorf("%w: %s: %w", ErrSuite, path, err)
}

// suiteChecker turns a file into a suite and keeps the first thing that is wrong with it.
type suiteChecker struct {
	path  string
	lines map[string]int
	err   error
}

// failf says what is wrong with the value of a key: at its line, or at that of the table around it.
func (c *suiteChecker) failf(key, format string, args ...any) {
	if c.err != nil {
		return
	}
	line := 0
	for k := key; line == 0 && k != ""; {
		line = c.lines[k]
		k = k[:max(0, strings.LastIndexByte(k, '.'))]
	}
	c.err = fmt.Errorf("%w: %s:%d: %s: %s", ErrSuite, c.path, max(1, line), key, fmt.Sprintf(format, args...))
}

// between refuses numbers outside of lo to hi, and NaN.
func (c *suiteChecker) between(key string, v, lo, hi float64) {
	if !(v >= lo && v <= hi) {
		c.failf(key, "%v: want %v to %v", v, lo, hi)
	}
}

// oneOf refuses other words.
func (c *suiteChecker) oneOf(key, v string, words ...string) {
	if !slices.Contains(words, v) {
		c.failf(key, "%q: want one of %s", v, strings.Join(words, ", "))
	}
}

// Limits on what a suite may say. They keep out what no gate can mean; none is a recommendation.
const (
	maxAlpha     = 0.1
	maxForks     = 1000
	maxSlices    = 100_000
	leastSlices  = 10 // a median of fewer follows the wrecks
	leastChange  = 1e-4
	maxTolerance = 10 // a tail may be let grow to elevenfold
	maxSlice     = 10 * time.Second
	maxCellName  = 500 // bytes
)

var (
	suiteName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	cellName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(/[A-Za-z0-9._-]+=[!-.0-~]+)*$`) // no space, no control character
	countName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// suite checks the whole file.
func (c *suiteChecker) suite(f *suiteFile) *Suite {
	if f.Version != SuiteVersion {
		c.failf("version", "%d: this daxbench reads %d", f.Version, SuiteVersion)
	}
	if !suiteName.MatchString(f.Name) {
		c.failf("name", "%q: want 1 to 64 of a-z, 0-9, dot, dash and underscore", f.Name)
	}
	c.between("revision", float64(f.Revision), 1, math.MaxInt32)
	r := f.Rule
	c.between("rule.alpha", r.Alpha, 1e-6, maxAlpha)
	c.between("rule.forks", float64(r.Forks), stats.MinPairs, maxForks)
	c.between("rule.more", float64(r.More), 0, maxForks)
	c.between("rule.slices", float64(r.Slices), leastSlices, maxSlices)
	c.oneOf("rule.undecided", r.Undecided, "fail", "warn")
	c.oneOf("rule.new", r.New, "", "warn")
	c.limits("time", f.Time)
	c.tail("tail", f.Tail)
	if len(f.Cells) == 0 {
		c.failf("cell", "there is none: a gate without cells would pass everything")
	}
	s := &Suite{Path: c.path, Name: f.Name, Revision: f.Revision, Plan: r}
	seen := make(map[string]int, len(f.Cells))
	for i := range f.Cells {
		key := fmt.Sprintf("cell[%d]", i)
		d := c.cell(key, &f.Cells[i], f)
		if first, ok := seen[d.Name]; ok {
			c.failf(key+".name", "%q stands on line %d too", d.Name, c.lines[fmt.Sprintf("cell[%d].name", first)])
		}
		seen[d.Name] = i
		s.Cells = append(s.Cells, d)
	}
	if c.err == nil {
		c.reachable(s)
	}
	return s
}

// reachable refuses a rule that could never find anything: n values that all lie on one side have the smallest p that a
// signed-rank test of n values can have, 2/2^n.
func (c *suiteChecker) reachable(s *Suite) {
	looks, err := s.looks()
	if err != nil {
		c.failf("rule.forks", "no change can become significant: %v", err)
		return
	}
	_, alpha := looks.At(0)
	measures := 0
	for i := range s.Cells {
		measures += s.Cells[i].most()
	}
	if least := math.Ldexp(2, -s.Plan.Forks); least*float64(measures) >= alpha {
		c.failf("rule.forks", "with %d forks no change can become significant: p is at least %.2g, times %d measures, "+
			"and would have to be below %.2g", s.Plan.Forks, least, measures, alpha)
	}
}

// most is how many measures of the cell may be judged together: two clocks, and the tail if it is.
func (d *Declared) most() int {
	if d.Tail.Role == Shown {
		return 2
	}
	return 3
}

// looks are the pre-declared ones.
func (s *Suite) looks() (stats.Looks, error) {
	if s.Plan.More == 0 {
		return stats.NewLooks(s.Plan.Alpha, s.Plan.Forks)
	}
	return stats.NewLooks(s.Plan.Alpha, s.Plan.Forks, s.Plan.Forks+s.Plan.More)
}

func (c *suiteChecker) limits(key string, l Limits) {
	c.between(key+".floor", l.Floor, leastChange, maxTolerance)
	c.between(key+".tolerance", l.Tolerance, leastChange, maxTolerance)
	if l.Tolerance < l.Floor {
		c.failf(key+".tolerance", "%v is below the floor of %v: a change between them would be neither", l.Tolerance, l.Floor)
	}
}

func (c *suiteChecker) tail(key string, t tailFile) Tail {
	out := Tail{Quantile: t.Quantile, Limits: Limits{t.Floor, t.Tolerance}}
	c.limits(key, out.Limits)
	c.between(key+".quantile", t.Quantile, 0.5, 0.99999)
	c.oneOf(key+".role", t.Role, roles[:]...)
	out.Role = Role(max(0, slices.Index(roles[:], t.Role)))
	return out
}

// cell checks one cell, and fills in from the suite what it leaves out.
func (c *suiteChecker) cell(key string, f *cellFile, suite *suiteFile) Declared {
	d := Declared{Name: f.Name, Time: suite.Time, Counts: f.Counts}
	if len(f.Name) > maxCellName || !cellName.MatchString(f.Name) || strings.HasPrefix(f.Name, "Benchmark") {
		c.failf(key+".name", "%.80q: want a name as in IgetChurn/workers=1/policy=dax-only", f.Name)
	}
	set := func(to *float64, from *float64) {
		if from != nil {
			*to = *from
		}
	}
	if t := f.Time; t != nil {
		set(&d.Time.Floor, t.Floor)
		set(&d.Time.Tolerance, t.Tolerance)
		c.limits(key+".time", d.Time)
	}
	tail := suite.Tail
	if t := f.Tail; t != nil {
		set(&tail.Quantile, t.Quantile)
		set(&tail.Floor, t.Floor)
		set(&tail.Tolerance, t.Tolerance)
		if t.Role != nil {
			tail.Role = *t.Role
		}
	}
	d.Tail = c.tail(key+".tail", tail)
	if f.Clock != "" {
		c.oneOf(key+".clock", f.Clock, clocks[:]...)
		d.Clock = Clock(max(0, slices.Index(clocks[:], f.Clock)))
	}
	if f.Slice != "" {
		var err error
		if d.Slice, err = time.ParseDuration(f.Slice); err != nil || d.Slice < time.Microsecond || d.Slice > maxSlice {
			c.failf(key+".slice", "%.40q: want a time from 1µs to %v, such as 350us", f.Slice, maxSlice)
		}
	}
	for i, name := range f.Counts {
		if !countName.MatchString(name) || slices.Index(f.Counts, name) != i {
			c.failf(key+".counts", "%.80q: want each counter once, by its name in %s", name, SamplesName)
		}
	}
	return d
}

// Title is "hot-paths, revision 3".
func (s *Suite) Title() string { return fmt.Sprintf("%s, revision %d", s.Name, s.Revision) }

// Find returns the declared cell of that name, or nil.
func (s *Suite) Find(name string) *Declared {
	for i := range s.Cells {
		if s.Cells[i].Name == name {
			return &s.Cells[i]
		}
	}
	return nil
}
