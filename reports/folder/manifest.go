package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Schema is the version of run.json that this package reads. A field may be added without a new version; a field that
// changes its meaning or goes away needs one.
const Schema = 1

// ErrSchema means that run.json has a schema version that this package does not read.
var ErrSchema = errors.New("unknown schema version")

// Manifest is run.json.
type Manifest struct {
	Schema      int                `json:"schema"`
	Tool        string             `json:"tool"`
	Commit      string             `json:"commit"`
	Status      string             `json:"status"` // finished, interrupted, running, failed
	Command     []string           `json:"command"`
	Seed        uint64             `json:"seed"`
	Started     string             `json:"started"` // RFC 3339
	Ended       string             `json:"ended"`   // RFC 3339; empty while the run goes on
	Plan        Plan               `json:"plan"`
	Environment map[string]any     `json:"environment"`
	Warnings    []Warning          `json:"warnings"`
	Harness     map[string]float64 `json:"harness"`
	Cells       []Record           `json:"cells"`
}

// Plan is what the run set out to do.
type Plan struct {
	Rounds    int         `json:"rounds"`
	Workers   int         `json:"workers"`
	Reference string      `json:"reference"`
	Groups    []PlanGroup `json:"groups"`
	Taken     []Param     `json:"-"`              // what Run.Without took out of all groups; in no file
	Words     Words       `json:"words,omitzero"` // empty in runs that do not say what their names stand for
}

// Words say what the names in a plan stand for.
type Words struct {
	Policies []Term  `json:"policies,omitempty"`
	Storms   []Storm `json:"storms,omitempty"`
	Params   []Term  `json:"params,omitempty"` // that every storm may have
}

// Term is a name with what it stands for, in one line.
type Term struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Storm is a workload, with what it does and what its parameters mean.
type Storm struct {
	Term
	Params []Knob `json:"params,omitempty"`
}

// Knob is a parameter of a storm. Where a group does not name it, it has its default.
type Knob struct {
	Term
	Default string `json:"default"`
}

// PlanGroup is one workload with one set of parameters, under several policies.
type PlanGroup struct {
	Workload string   `json:"workload"`
	Params   []Param  `json:"params"`
	Policies []string `json:"policies"`
	Primary  string   `json:"primary"`          // the unit that decides
	Timing   string   `json:"timing,omitempty"` // what was timed, in words; empty in runs that do not say it
}

// Warning is a doubt that the run itself had, about one cell, or about everything if Cell is empty.
type Warning struct {
	Cell string `json:"cell"`
	Text string `json:"text"`
}

// Record is one cell in one round.
type Record struct {
	Round      int                `json:"round"`
	Workload   string             `json:"workload"`
	Params     []Param            `json:"params"`
	Policy     string             `json:"policy"`
	Name       string             `json:"name"`
	Ops        uint64             `json:"ops"`
	Seconds    float64            `json:"seconds"`
	Outcome    string             `json:"outcome"`
	Metrics    map[string]float64 `json:"metrics"`
	Counters   map[string]int64   `json:"counters"`
	Histograms map[string]string  `json:"histograms"` // HdrHistogram V2, compressed, base64
	Timeline   [][2]float64       `json:"timeline"`   // offset in ms, ns per operation
	OverTime   *OverTime          `json:"over_time"`  // nil in runs that did not record it
	Waits      []Wait             `json:"waits"`      // the longest, longest first
	Notes      []string           `json:"notes"`
}

// OverTime is how the latencies of a cell lay in the course of a round: one column per stretch of time, from the first slice
// of the group on, so that columns of all its policies are of the same moments.
type OverTime struct {
	ColumnMS float64   `json:"column_ms"` // length of a column
	Columns  [][]int64 `json:"columns"`   // pairs of a bucket b, ascending, and a count: latencies from 2^(b/2) to 2^((b+1)/2) ns
}

// Wait is one sleep of an eviction, or of a truncation, behind a pin or a lease.
type Wait struct {
	For    string  `json:"for"` // pin, lease
	Worker int     `json:"worker"`
	Ino    uint64  `json:"ino"`
	AtMS   float64 `json:"at_ms"`   // when it began, from the first slice of the group on
	Nanos  int64   `json:"ns"`      // how long it lasted
	Wake   int64   `json:"wake_ns"` // the part of it after the wake-up call
	Pin    *Pin    `json:"pin"`     // the pin that ended last; nil if it is not known
}

// Pin is the pin that a wait was for, in ns from the beginning of the wait.
type Pin struct {
	Since int64 `json:"since_ns"` // taken; negative: before the wait
	Due   int64 `json:"due_ns"`   // its I/O was to end
	Until int64 `json:"until_ns"` // it was dropped
}

// Key returns the key of the record's cell.
func (r *Record) Key() Key {
	return Key{Workload: r.Workload, Params: r.Params, Policy: r.Policy}
}

// stopped says that the cell did not come to its end in that round.
func (r *Record) stopped() bool {
	return r.Outcome == "hung" || r.Outcome == "failed"
}

// Elapsed is how long the run took; 0 if it has not ended or its times cannot be read.
func (m *Manifest) Elapsed() time.Duration {
	from, err := time.Parse(time.RFC3339Nano, m.Started)
	if err != nil {
		return 0
	}
	to, err := time.Parse(time.RFC3339Nano, m.Ended)
	if err != nil || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

// Fact returns an entry of the environment as text, or "" if it is absent or no plain value.
func (m *Manifest) Fact(key string) string {
	switch v := m.Environment[key].(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// parseManifest reads run.json: exactly one JSON object of a known schema, no key twice, and nothing after it.
func parseManifest(path string, data []byte) (*Manifest, error) {
	m := new(Manifest)
	if err := Document(path, data, Schema, m); err != nil {
		return nil, err
	}
	return m, m.check(path)
}

// check refuses what would make rounds pair up wrongly.
func (m *Manifest) check(path string) error {
	type slot struct {
		name  string
		round int
	}
	seen := make(map[slot]int, len(m.Cells))
	for i := range m.Cells {
		rec := &m.Cells[i]
		if rec.Workload == "" {
			return fmt.Errorf("%s: cells[%d] names no workload", path, i)
		}
		if rec.Round < 1 {
			return fmt.Errorf("%s: cells[%d] (%q) has round %d; rounds count from 1", path, i, rec.Name, rec.Round)
		}
		s := slot{rec.Key().name(), rec.Round}
		if j, ok := seen[s]; ok {
			return fmt.Errorf("%s: cells[%d] and cells[%d] are both %q in round %d", path, j, i, s.name, s.round)
		}
		seen[s] = i
	}
	return nil
}

// Unmarshal decodes the whole of data, the JSON in the file path, and says at which byte it cannot. json.Unmarshal, unlike
// a Decoder, refuses trailing bytes.
func Unmarshal(path string, data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(data)) && !json.Valid(data):
		return fmt.Errorf("%s: byte %d: the file ends too early: %w", path, len(data), err)
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: byte %d: %w", path, syntax.Offset, err)
	case errors.As(err, &mismatch):
		return fmt.Errorf("%s: byte %d: %w", path, mismatch.Offset, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
