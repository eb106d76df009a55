package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"daxbench/workloads/driver"
)

// Schema is the version of run.json that this package writes. A field may be added without a new version.
const Schema = 1

// A Status says how far a run came.
type Status string

// The statuses.
const (
	Running     Status = "running" // or it was killed
	Interrupted Status = "interrupted"
	Finished    Status = "finished"
	Failed      Status = "failed"
)

// Manifest is run.json.
type Manifest struct {
	Schema      int                `json:"schema"`
	Tool        string             `json:"tool"`
	Commit      string             `json:"commit"`
	Status      Status             `json:"status"`
	Command     []string           `json:"command"`
	Seed        uint64             `json:"seed"`
	Started     time.Time          `json:"started"`
	Ended       *time.Time         `json:"ended,omitempty"` // nil while the run goes on
	Request     Request            `json:"request"`
	Plan        Plan               `json:"plan"`
	Environment map[string]any     `json:"environment"`
	Warnings    []Warning          `json:"warnings"`
	Harness     map[string]float64 `json:"harness"`
	Cells       []Record           `json:"cells"`
}

// Request is what was asked for, in the words of the command line: the keys are names of flags. A run is resumed from it.
type Request struct {
	Workload   []string            `json:"workload"`
	Policy     []string            `json:"policy"`
	Set        map[string][]string `json:"set,omitempty"`
	Rounds     int                 `json:"rounds"`
	Duration   string              `json:"duration"`
	Workers    List[int]           `json:"workers"`
	Rate       float64             `json:"rate,omitempty"`
	Seed       uint64              `json:"seed"`
	HangLimit  string              `json:"hang-limit"`
	Pmem       string              `json:"pmem,omitempty"`
	Size       List[int64]         `json:"size,omitempty"` // bytes per engine
	Population string              `json:"population,omitempty"`
	Kernel     string              `json:"kernel,omitempty"` // the preset
	Target     string              `json:"target,omitempty"` // dir:PATH, a mounted file system; empty: the engine
	Others     bool                `json:"others,omitempty"`
	Root       bool                `json:"root,omitempty"`
}

// Plan is what the request came to.
type Plan struct {
	Rounds    int     `json:"rounds"`
	Workers   int     `json:"workers"` // of the groups that have most
	Reference string  `json:"reference"`
	Groups    []Group `json:"groups"`
	Words     Words   `json:"words,omitzero"` // none in runs that began before there were any
}

// Group is one workload with one set of parameters.
type Group struct {
	Workload string         `json:"workload"`
	Params   []driver.Param `json:"params"`
	Policies []string       `json:"policies"`
	Primary  string         `json:"primary"`
	Timing   string         `json:"timing"` // what of an operation is timed, and how
}

// Warning is a doubt about one cell, or about everything if Cell is empty.
type Warning struct {
	Cell string `json:"cell"`
	Text string `json:"text"`
}

// Record is one cell in one round.
type Record struct {
	Round      int                `json:"round"`
	Workload   string             `json:"workload"`
	Params     []driver.Param     `json:"params"`
	Policy     string             `json:"policy"`
	Name       string             `json:"name"`
	Ops        int64              `json:"ops"`
	Seconds    float64            `json:"seconds"`
	Outcome    string             `json:"outcome"`
	Metrics    map[string]float64 `json:"metrics"`
	Counters   map[string]int64   `json:"counters"`
	Histograms map[string]string  `json:"histograms,omitempty"` // HdrHistogram V2, compressed, base64
	Timeline   [][2]float64       `json:"timeline,omitempty"`   // offset in ms, ns per operation
	OverTime   *OverTime          `json:"over_time,omitempty"`
	Waits      []Wait             `json:"waits,omitempty"`  // the longest, longest first
	Memory     *Memory            `json:"memory,omitempty"` // where it was looked at
	Notes      []string           `json:"notes,omitempty"`
}

// Memory is what a cell took of the process's memory, in bytes.
type Memory struct {
	Inodes int   `json:"inodes"`     // that the engine is to cache
	Own    int64 `json:"own"`        // anonymous memory that opening the cell added: the engine, and what the storm keeps
	Shared int64 `json:"shared"`     // memory of the region that opening it touched
	Before int64 `json:"rss_before"` // resident set of the process, with all policies' engines: before the first slice
	Most   int64 `json:"rss_most"`   // the most of it after a turn
	After  int64 `json:"rss_after"`  // after the last slice
}

// OverTime is how the latencies of a cell lay in the course of a round. All cells of a group have the same columns, from their
// first slice on; a latency is in the column in which its slice began, and a column in which none did is empty. The counts add
// up to the counter "latencies".
type OverTime struct {
	ColumnMS float64   `json:"column_ms"` // length of a column
	Columns  [][]int64 `json:"columns"`   // pairs of a bucket b, ascending, and a count: latencies from 2^(b/2) to 2^((b+1)/2) ns
}

// Wait is one sleep of an eviction, or of a truncation, behind a pin or a lease.
type Wait struct {
	For    string  `json:"for"` // pin, lease
	Worker int     `json:"worker"`
	Ino    uint64  `json:"ino"`
	AtMS   float64 `json:"at_ms"`         // when it began, from the first slice of the group on; negative if the cell hung while warming up
	Nanos  int64   `json:"ns"`            // how long it lasted
	Wake   int64   `json:"wake_ns"`       // the part of it after the wake-up call
	Pin    *Pin    `json:"pin,omitempty"` // the pin, or the lease, that ended last; nil if it is not known
}

// Pin is what a wait was for, in ns from the beginning of the wait.
type Pin struct {
	Since int64 `json:"since_ns"` // taken; negative: before the wait
	Due   int64 `json:"due_ns"`   // its I/O was to end, or its holder to answer
	Until int64 `json:"until_ns"` // it was dropped
}

// hasLine says whether the record stands in results.txt: a cell that did not come to its end has no figures.
func (r *Record) hasLine() bool {
	return r.Outcome != driver.Hung && r.Outcome != driver.Failed && len(r.Metrics) > 0 && r.Ops > 0
}

// NewPlan returns the record of a plan. The reference is the policy that the others are held against.
func NewPlan(p *driver.Plan, reference string) Plan {
	plan := Plan{Rounds: p.Rounds, Workers: p.MostWorkers(), Reference: reference, Words: newWords(p)}
	var policies []string
	for _, policy := range p.Policies {
		policies = append(policies, policy.Name())
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		plan.Groups = append(plan.Groups, Group{
			Workload: g.Workload.Name, Params: g.Shown, Policies: policies, Primary: g.Workload.Primary, Timing: g.Workload.Timing(),
		})
	}
	return plan
}

// Measures says whether a workload is in the plan.
func (p *Plan) Measures(workload string) bool {
	return slices.ContainsFunc(p.Groups, func(g Group) bool { return g.Workload == workload })
}

// Primary returns the unit by which the policies are compared under a workload, "" if it is not in the plan.
func (p *Plan) Primary(workload string) string {
	for _, g := range p.Groups {
		if g.Workload == workload {
			return g.Primary
		}
	}
	return ""
}

// Rounds returns how many rounds are complete.
func (m *Manifest) Rounds() (n int) {
	for i := range m.Cells {
		n = max(n, m.Cells[i].Round)
	}
	return n
}

// Warn adds a doubt, once.
func (m *Manifest) Warn(cell, format string, args ...any) {
	w := Warning{cell, fmt.Sprintf(format, args...)}
	for _, old := range m.Warnings {
		if old == w {
			return
		}
	}
	m.Warnings = append(m.Warnings, w)
}

// encode returns run.json: indented for people, but with each cell on one line, for their tools.
func (m *Manifest) encode() ([]byte, error) {
	head := *m
	head.Cells = []Record{}
	text, err := json.MarshalIndent(&head, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(text, []byte("[]\n}")))
	b.WriteString("[")
	for i := range m.Cells {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n    ")
		line, err := json.Marshal(&m.Cells[i])
		if err != nil {
			return nil, fmt.Errorf("record: %s: %w", m.Cells[i].Name, err)
		}
		b.Write(line)
	}
	b.WriteString("\n  ]\n}\n")
	return b.Bytes(), nil
}
