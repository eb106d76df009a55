package litmus

import (
	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
)

// KernelsName is the file in a result folder that holds what scenarios came to on real kernels.
const KernelsName = "kernels.json"

// Kernels is what became of scenarios on mounted file systems: a column per directory. Scenarios are those of
// target.Scenario.AsKernel.
type Kernels struct {
	Scenarios []KernelScenario `json:"scenarios"`
	Columns   []KernelColumn   `json:"columns"`
}

// A KernelScenario is a scenario that was put to kernels.
type KernelScenario struct {
	Number int      `json:"number,omitempty"`
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Probes string   `json:"probes"`
	Steps  []string `json:"steps"`
}

// A KernelColumn is a kernel and a directory on it.
type KernelColumn struct {
	Label  string          `json:"label"` // "6.12 xfs": differs from that of other columns
	Kernel kernelfs.Kernel `json:"kernel"`
	Cells  []KernelCell    `json:"cells"` // in the order of Kernels.Scenarios
}

// A KernelCell is what became of one scenario there: the worst of its variants.
type KernelCell struct {
	Outcome target.Outcome `json:"outcome"`
	Run     string         `json:"run,omitempty"` // the variant
	Word    string         `json:"word"`          // the outcome in a word or two for a table: "safe", "waits D", "foreign data"
	Stalls  []target.Stall `json:"stalls,omitempty"`
	Log     []string       `json:"log,omitempty"` // warnings of the kernel
	Lines   []string       `json:"lines"`         // the story, as Record has it
	Replay  string         `json:"replay"`
}
