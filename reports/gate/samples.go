package gate

// SamplesName is the name of the file in a gate's folder that holds what was measured in lock-step.
const SamplesName = "samples.json"

// SamplesSchema is the version of that file.
const SamplesSchema = 1

// Samples is what a lock-step measurement wrote: raw slices, fork by fork, before anything was concluded from them.
type Samples struct {
	Schema      int            `json:"schema"`
	Tool        string         `json:"tool"`
	Commit      string         `json:"commit"`
	Status      string         `json:"status"` // finished, interrupted, running, failed
	Command     []string       `json:"command"`
	Suite       string         `json:"suite"`  // the title of the suite that it was measured for
	Digest      string         `json:"digest"` // of that suite: it may not be judged by another; see Suite.Digest
	Seed        uint64         `json:"seed"`
	Started     string         `json:"started"`         // RFC 3339
	Ended       string         `json:"ended,omitempty"` // RFC 3339
	Base        Binary         `json:"base"`
	Head        Binary         `json:"head"`
	Environment map[string]any `json:"environment"`
	Warnings    []string       `json:"warnings,omitempty"`
	Cells       []Sampled      `json:"cells"`
}

// Sampled is one cell: a slice of the base, then one of the head, or the other way round, many times in each of several
// pairs of fresh processes.
type Sampled struct {
	Name       string  `json:"name"`                 // as in the Go benchmark format, without "Benchmark"
	SliceNanos int64   `json:"slice_ns"`             // how long a slice was meant to be
	Ops        int     `json:"ops"`                  // operations per worker and slice, the same on both sides
	Why        string  `json:"why"`                  // how the length of a slice was chosen
	Sleeps     bool    `json:"sleeps"`               // the storm waits for others: processor time hides what it costs
	Workers    int     `json:"workers"`              //
	BaseError  string  `json:"base_error"`           // the base cannot run this cell, and why: it is new, or was renamed
	BaseLacks  bool    `json:"base_lacks,omitempty"` // that is because it does not know the cell
	HeadError  string  `json:"head_error"`           // the head cannot run it
	Forks      []Fork  `json:"forks"`                // in the order in which they were run
	PlantedNow float64 `json:"planted_now"`          // share of further operations that the head was made to do: of -prove only
}

// Fork is one pair of processes.
type Fork struct {
	Number int    `json:"number"`          // from 1
	Batch  int    `json:"batch"`           // 1, or 2 for forks that were run because the first batch left the cell undecided
	Seed   uint64 `json:"seed"`            // of the storm, on both sides
	Layout uint64 `json:"layout"`          // seed of the linker, on both sides; 0: as it comes
	First  string `json:"first,omitempty"` // the side that was started first, b or h; older samples do not say it
	Order  string `json:"order"`           // one letter per slice: b if the base was first, h if the head was
	Loose  bool   `json:"loose,omitempty"` // a side could not be kept on the processor that both were to share
	On     int    `json:"on,omitempty"`    // the processor that both were kept on, from 1; 0: none, as there are several workers or it is loose
	Apart  int    `json:"apart,omitempty"` // with one worker: in how many slices they were not both on that one, or, if it is loose, on any one
	Base   Side   `json:"base"`
	Head   Side   `json:"head"`
}

// Side is what one of the two processes of a fork measured. Its series have one value per slice; the same index is the
// same moment on both sides.
type Side struct {
	Wall     []float64            `json:"wall"`              // ns per operation
	CPU      []float64            `json:"cpu,omitempty"`     // processor time of the workers' threads, ns per operation
	Controls map[string][]float64 `json:"controls"`          // ns per step of each negative control, run just before the slice
	Latency  string               `json:"latency,omitempty"` // all slices: HdrHistogram V2, compressed, base64; ns
	Slept    int64                `json:"slept"`             // how often the workers gave the processor up by themselves, in all slices
	Counters map[string]int64     `json:"counters"`          // of all slices: "ops", "evictions", "allocs", "violations" …
	Outcome  string               `json:"outcome"`           // ok, hung, violation, failed
	Notes    []string             `json:"notes,omitempty"`
}
