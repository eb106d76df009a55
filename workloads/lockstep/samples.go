package lockstep

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/google/renameio/v2"
)

// SamplesName is the name of the file that samples are written to.
const SamplesName = "samples.json"

// Schema is the version of that file.
const Schema = 1

// A Status says how far a measurement has come.
type Status string

// The statuses.
const (
	Running     Status = "running" // or killed
	Finished    Status = "finished"
	Interrupted Status = "interrupted"
	Failed      Status = "failed"
)

// Samples is what a measurement writes: raw slices, fork by fork. Package reports/gate has the same type and says what each
// field means.
type Samples struct {
	Schema      int            `json:"schema"`
	Tool        string         `json:"tool"`
	Commit      string         `json:"commit"`
	Status      Status         `json:"status"`
	Command     []string       `json:"command"`
	Suite       string         `json:"suite"`
	Digest      string         `json:"digest"`
	Seed        uint64         `json:"seed"`
	Started     time.Time      `json:"started"`
	Ended       *time.Time     `json:"ended,omitempty"`
	Base        Binary         `json:"base"`
	Head        Binary         `json:"head"`
	Environment map[string]any `json:"environment"`
	Warnings    []string       `json:"warnings,omitempty"`
	Cells       []Sampled      `json:"cells"`
}

// Binary is one of the two sides.
type Binary struct {
	Name   string `json:"name"` // path or revision, as the user gave it
	Tool   string `json:"tool"`
	Commit string `json:"commit"`
	Go     string `json:"go"`
	Build  string `json:"build,omitempty"`
}

// Sampled is one cell.
type Sampled struct {
	Name       string  `json:"name"`
	SliceNanos int64   `json:"slice_ns"`
	Ops        int     `json:"ops"`
	Why        string  `json:"why"`
	Sleeps     bool    `json:"sleeps"`
	Workers    int     `json:"workers"`
	BaseError  string  `json:"base_error"`
	BaseLacks  bool    `json:"base_lacks,omitempty"`
	HeadError  string  `json:"head_error"`
	Forks      []Fork  `json:"forks"`
	PlantedNow float64 `json:"planted_now"`
}

// Fork is one pair of processes.
type Fork struct {
	Number int    `json:"number"`
	Batch  int    `json:"batch"`
	Seed   uint64 `json:"seed"`
	Layout uint64 `json:"layout"`
	First  string `json:"first,omitempty"`
	Order  string `json:"order"`
	Loose  bool   `json:"loose,omitempty"`
	On     int    `json:"on,omitempty"`
	Apart  int    `json:"apart,omitempty"`
	Base   Side   `json:"base"`
	Head   Side   `json:"head"`
}

// Side is what one of them measured.
type Side struct {
	Wall     []float64            `json:"wall"`
	CPU      []float64            `json:"cpu,omitempty"`
	Controls map[string][]float64 `json:"controls"`
	Latency  string               `json:"latency,omitempty"`
	Slept    int64                `json:"slept"`
	Counters map[string]int64     `json:"counters"`
	Outcome  string               `json:"outcome"`
	Notes    []string             `json:"notes,omitempty"`
}

// add appends a slice.
func (s *Side) add(t *Taken) {
	s.Slept += t.Slept
	s.Wall = append(s.Wall, brief(t.Wall))
	s.CPU = append(s.CPU, brief(t.CPU))
	if s.Controls == nil {
		s.Controls = make(map[string][]float64, len(t.Controls))
	}
	for name, v := range t.Controls {
		s.Controls[name] = append(s.Controls[name], brief(v))
	}
}

// trim drops the processor times of a storm that has none, as it times a part of its operations itself.
func (s *Side) trim() {
	if !slices.ContainsFunc(s.CPU, func(v float64) bool { return v > 0 }) {
		s.CPU = nil
	}
}

// brief keeps six significant digits: a slice repeats to three.
func brief(v float64) float64 {
	b, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return v
	}
	return b
}

// Write replaces the file in dir as a whole.
func (s *Samples) Write(dir string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("lockstep: %w", err)
	}
	return renameio.WriteFile(filepath.Join(dir, SamplesName), append(data, '\n'), 0o666, renameio.WithTempDir(dir))
}

// End notes how the measurement ended.
func (s *Samples) End(status Status) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	s.Status, s.Ended = status, &now
}
