package render

import (
	"io"
	"slices"

	"daxbench/reports/versus"
)

// VersusFormat is one way of writing files side by side.
type VersusFormat struct {
	Name  string // flag value
	About string // one line for lists
	Ext   string // of file names, with the dot
	Write func(w io.Writer, r *versus.Report, o VersusOptions) error
}

// VersusOptions of a format. Formats ignore what they have no use for.
type VersusOptions struct {
	Options
	All bool // a table for every unit, and not only for those that matter most
}

// allVersus is sorted by name.
var allVersus = []VersusFormat{
	versusCSV,
	versusJSON,
	versusMail,
	versusMarkdown,
	versusText,
}

// AllVersus returns the formats, sorted by name.
func AllVersus() []VersusFormat {
	return slices.Clone(allVersus)
}

// LookupVersus returns the format of that name.
func LookupVersus(name string) (VersusFormat, bool) {
	for _, f := range allVersus {
		if f.Name == name {
			return f, true
		}
	}
	return VersusFormat{}, false
}
