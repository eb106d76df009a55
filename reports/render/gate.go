package render

import (
	"io"
	"slices"

	"daxbench/reports/gate"
)

// GateFormat is one way of writing what a gate found. Whether a verdict is good is said in the same words in each, and
// in none does a verdict other than pass or improved look like success.
type GateFormat struct {
	Name  string // flag value
	About string // one line for lists
	Ext   string // of file names, with the dot
	Write func(w io.Writer, r *gate.Report, o Options) error
}

// gateFormats is sorted by name.
var gateFormats = []GateFormat{
	gateGitHubFormat,
	gateJSONFormat,
	gateJUnitFormat,
	gateMarkdownFormat,
	gateTextFormat,
}

// GateFormats returns the formats of a gate's report, sorted by name.
func GateFormats() []GateFormat {
	return slices.Clone(gateFormats)
}

// LookupGate returns the format of that name.
func LookupGate(name string) (GateFormat, bool) {
	for _, f := range gateFormats {
		if f.Name == name {
			return f, true
		}
	}
	return GateFormat{}, false
}
