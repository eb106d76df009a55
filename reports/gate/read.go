package gate

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"daxbench/reports/folder"
)

// ErrSamples means that a file of samples cannot be understood, or holds what no measurement can have measured. It comes
// wrapped with the file, and with the byte, or the cell and fork.
var ErrSamples = errors.New("unusable samples")

// Limits on what is read.
const (
	maxSamples = 256 << 20 // bytes; 20 cells of 40 forks take a tenth
	maxNanos   = 1e13      // per operation: three hours, longer than any measurement
	minNanos   = 1e-6      // above zero: no clock and no number of operations per slice make less
)

// Outcomes of a side, as workloads write them, and the statuses of a measurement.
const (
	outcomeOK      = "ok"
	statusFinished = "finished"
)

var (
	outcomes = []string{outcomeOK, "hung", "violation", "failed"}
	statuses = []string{statusFinished, "interrupted", "running", "failed"}
)

// ReadSamples reads what a lock-step measurement wrote: exactly one JSON object of a known schema, no key twice, and
// nothing after it. The error wraps ErrSamples, or is that of the file system. What can be read but is not enough for a
// verdict is not an error: Judge says so.
func ReadSamples(path string) (*Samples, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no regular file", ErrSamples, path)
	case info.Size() > maxSamples:
		return nil, fmt.Errorf("%w: %s: %d bytes are more than the %d that are read", ErrSamples, path, info.Size(), maxSamples)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseSamples(path, data)
}

func parseSamples(path string, data []byte) (*Samples, error) {
	// The version comes first: a file of another schema may well not fit the fields of this one.
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := folder.Unmarshal(path, data, &version); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSamples, err)
	}
	if version.Schema == nil {
		return nil, fmt.Errorf("%w: %s: there is no field \"schema\"; this daxbench reads %d", ErrSamples, path, SamplesSchema)
	}
	if *version.Schema != SamplesSchema {
		return nil, fmt.Errorf("%w: %s: schema version %d; this daxbench reads %d", ErrSamples, path, *version.Schema, SamplesSchema)
	}
	if err := folder.UniqueKeys(data); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSamples, path, err)
	}
	s := new(Samples)
	if err := folder.Unmarshal(path, data, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSamples, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSamples, path, err)
	}
	return s, nil
}

// check refuses what no measurement can have written.
func (s *Samples) check() error {
	if !slices.Contains(statuses, s.Status) {
		return fmt.Errorf("status %.40q", s.Status)
	}
	seen := make(map[string]int, len(s.Cells))
	for i := range s.Cells {
		c := &s.Cells[i]
		if c.Name == "" {
			return fmt.Errorf("cells[%d] has no name", i)
		}
		if j, ok := seen[c.Name]; ok {
			return fmt.Errorf("cells[%d] and cells[%d] are both %.200q", j, i, c.Name)
		}
		seen[c.Name] = i
		if err := c.check(); err != nil {
			return fmt.Errorf("cell %.200q: %w", c.Name, err)
		}
	}
	return nil
}

func (c *Sampled) check() error {
	if len(c.Forks) > 0 && (c.SliceNanos <= 0 || c.Ops <= 0 || c.Workers <= 0) {
		return fmt.Errorf("slices of %d ns, %d operations, %d workers", c.SliceNanos, c.Ops, c.Workers)
	}
	if !(c.PlantedNow >= 0 && c.PlantedNow <= maxTolerance) {
		return fmt.Errorf("planted_now is %v", c.PlantedNow)
	}
	seen := make(map[int]bool, len(c.Forks))
	for i := range c.Forks {
		f := &c.Forks[i]
		if f.Number < 1 || seen[f.Number] {
			return fmt.Errorf("forks[%d] has number %d; numbers count from 1, each once", i, f.Number)
		}
		seen[f.Number] = true
		if f.Batch != 1 && f.Batch != 2 {
			return fmt.Errorf("fork %d: batch %d: want 1 or 2", f.Number, f.Batch)
		}
		if strings.Trim(f.Order, "bh") != "" || len(f.Order) != len(f.Base.Wall) {
			return fmt.Errorf("fork %d: the order %.40q is no b or h for each of %d slices", f.Number, f.Order, len(f.Base.Wall))
		}
		if f.First != "" && f.First != "b" && f.First != "h" {
			return fmt.Errorf("fork %d: first is %.40q: want b or h", f.Number, f.First)
		}
		if f.On < 0 {
			return fmt.Errorf("fork %d: on processor %d; they count from 1", f.Number, f.On)
		}
		if f.Apart < 0 || f.Apart > len(f.Order) {
			return fmt.Errorf("fork %d: apart in %d of %d slices", f.Number, f.Apart, len(f.Order))
		}
		if len(f.Base.Wall) != len(f.Head.Wall) {
			return fmt.Errorf("fork %d: %d slices of the base, %d of the head", f.Number, len(f.Base.Wall), len(f.Head.Wall))
		}
		for _, side := range f.sides() {
			if err := side.check(len(f.Order)); err != nil {
				return fmt.Errorf("fork %d, %s: %w", f.Number, side.name, err)
			}
		}
	}
	return nil
}

// namedSide is a side that knows which it is.
type namedSide struct {
	name string
	*Side
}

func (f *Fork) sides() [2]namedSide {
	return [...]namedSide{{"base", &f.Base}, {"head", &f.Head}}
}

// check refuses series of another length than n and values that are no measurement. Zeros stay: a slice may be shorter
// than the clock can tell.
func (s namedSide) check(n int) error {
	if !slices.Contains(outcomes, s.Outcome) {
		return fmt.Errorf("outcome %.40q", s.Outcome)
	}
	if err := checkSeries("wall", s.Wall, n); err != nil {
		return err
	}
	if len(s.CPU) > 0 {
		if err := checkSeries("cpu", s.CPU, n); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(s.Controls) {
		if err := checkSeries("control "+name, s.Controls[name], n); err != nil {
			return err
		}
	}
	if s.Slept < 0 {
		return fmt.Errorf("slept %d times", s.Slept)
	}
	for _, name := range sortedKeys(s.Counters) {
		if s.Counters[name] < 0 {
			return fmt.Errorf("counter %.80q is %d", name, s.Counters[name])
		}
	}
	if s.Latency != "" {
		if _, err := decodeLatency(s.Latency); err != nil {
			return fmt.Errorf("latency: %w", err)
		}
	}
	return nil
}

func checkSeries(name string, values []float64, n int) error {
	if len(values) != n {
		return fmt.Errorf("%.80s has %d values for %d slices", name, len(values), n)
	}
	for i, v := range values {
		if math.IsNaN(v) || v < 0 || v > maxNanos || v > 0 && v < minNanos {
			return fmt.Errorf("%.80s[%d] is %v ns", name, i, v)
		}
	}
	return nil
}
