package render

import (
	"io"
	"slices"

	"daxbench/reports/gate"
)

// GateFormat is one way of writing a report of a gate, or its proof. A verdict is said in the same words in each, and in
// none does one other than pass or improved look like success.
type GateFormat[T gate.Report | gate.Proof] struct {
	Name  string // flag value
	About string // one line for lists
	Ext   string // of file names, with the dot
	Write func(w io.Writer, t *T, o Options) error
}

// gateFormats is sorted by name.
var gateFormats = []GateFormat[gate.Report]{
	gateGitHubFormat,
	gateJSONFormat,
	gateJUnitFormat,
	gateMarkdownFormat,
	gateTextFormat,
}

// proofFormats is sorted by name.
var proofFormats = []GateFormat[gate.Proof]{
	proofJSONFormat,
	proofMarkdownFormat,
	proofTextFormat,
}

// GateFormats returns the formats of what a gate found, sorted by name.
func GateFormats() []GateFormat[gate.Report] {
	return slices.Clone(gateFormats)
}

// ProofFormats returns the formats of what a gate showed of itself, sorted by name.
func ProofFormats() []GateFormat[gate.Proof] {
	return slices.Clone(proofFormats)
}

// LookupGate returns the format of that name for what a gate found.
func LookupGate(name string) (GateFormat[gate.Report], bool) {
	return formatOf(gateFormats, name)
}

// LookupProof returns the format of that name for what a gate showed of itself.
func LookupProof(name string) (GateFormat[gate.Proof], bool) {
	return formatOf(proofFormats, name)
}

func formatOf[T gate.Report | gate.Proof](all []GateFormat[T], name string) (GateFormat[T], bool) {
	for _, f := range all {
		if f.Name == name {
			return f, true
		}
	}
	return GateFormat[T]{}, false
}
