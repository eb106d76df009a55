package driver

import (
	"context"
	"fmt"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// A Workload is one kind of storm: what is done, with which parameters, and how
// it is timed.
type Workload struct {
	Name  string // kebab-case
	About string // one line
	Doc   string // what one operation is, and what is timed
	Knobs []Knob

	// Primary is the unit that policies are compared by.
	Primary string
	// Slice is how long one turn of one policy should last.
	Slice time.Duration
	// SelfTimed storms time a part of each operation themselves, with
	// Worker.Begin and End. Others are timed in whole slices, and one
	// operation in SampleEvery on its own for the distribution.
	SelfTimed   bool
	Timed       string // what they time
	SampleEvery int
	// TimedEvicts says that the timed part of an operation consists of
	// evictions; else the time per eviction is that of direct reclaim.
	TimedEvicts bool
	// MaxWorkers limits the workers; 0 is no limit.
	MaxWorkers int
	// CountOps is how many operations a census counts; 0: a number that suits
	// operations on one or two files.
	CountOps int
	// Remark is what a reader of the figures must know, "" for nothing.
	Remark string

	// UsesPopulation says that a population replaces the synthetic files; then
	// the knob files has no meaning.
	UsesPopulation bool

	// Check refuses values that do not fit together; nil accepts all.
	Check func(v Values, workers int) error
	// Size returns how many bytes of persistent memory one engine takes.
	Size func(v Values, workers int, p *Population) (int64, error)
	// Inodes returns how many inodes one engine is to cache at once; nil where they are too few to matter.
	Inodes func(v Values, workers int, p *Population) int
	// Open builds the storm on a fresh engine.
	Open func(Env) (Storm, error)
	// Small holds parameter values with which a cell runs in milliseconds.
	Small map[string]string
}

// Timing says in words what is timed, and the remark.
func (wl *Workload) Timing() string {
	text := fmt.Sprintf("whole slices; one operation in %d on its own, for the percentiles", wl.SampleEvery)
	switch {
	case wl.SelfTimed:
		text = wl.Timed
	case wl.SampleEvery == 1:
		text = "whole slices, and each operation on its own for the percentiles"
	}
	if wl.Remark != "" {
		text += ". " + wl.Remark
	}
	return text
}

// A Knob is one parameter of a workload.
type Knob struct {
	Key     string
	Default string   // value, unless the sweep is in force
	Sweep   []string // values of the default matrix; empty: the default alone
	About   string   // meaning, unit and range
	Check   func(string) error
}

// Env is what a storm is built from.
type Env struct {
	Values     Values
	Seed       uint64 // the same for all policies of a round
	Workers    int
	Region     *pmem.Region
	Policy     layout.Policy
	Population *Population // nil: synthetic files
	Kernel     vfs.Preset
	Context    context.Context
	HangLimit  time.Duration // of a single wait in the engine
	Fatal      chan error    // takes what ends the run; see crew
}

// A Storm is a workload on one engine. Its methods are called by one goroutine
// at a time, but Run, which each worker calls for itself.
type Storm interface {
	// Run does n operations as w. Errors go to w.Fail.
	Run(w *Worker, n int)
	// Worker returns worker id.
	Worker(id int) *Worker
	// Resume comes before each slice and Pause after it.
	Resume()
	Pause()
	// Stats returns the sum of what the engine's tasks counted so far.
	Stats() vfs.Stats
	// Finish comes after the last Run: it waits for what is outstanding and
	// verifies everything. An error means that the cell's figures are void.
	Finish(ctx context.Context) (Findings, error)
	// Close ends the storm in any state.
	Close()
}

// Findings is what a storm's self-check saw.
type Findings struct {
	Looked     int64 // device writes into storage that were looked at for who owned the block
	Violations int64 // of them, those that landed in a block that was no longer the file's
	Found      int64 // of those, stamps that owners found in their own data
	Parked     int64 // unreferenced inodes that reclaim could not find at the end
	Stats      vfs.Stats
	Late       int64 // median lateness of the device in ns
	Notes      []string
	// Counted is what the storm counted itself, where there is no engine: it takes the place of an engine's counters.
	Counted map[string]int64
}
