// Package render writes a compared run for people: one file per format, each listed in All. It decides on layout and
// words only; every number and verdict comes from package compare. HTML and PageMarkdown write the pages of package report.
//
// Whether a terminal shows colour, and how wide it is, is for the caller to find out. Strings that come from result
// files are cleaned before they are written: what does not print is made visible, and what is absurdly long is cut.
package render

import (
	"io"
	"slices"

	"daxbench/reports/compare"
)

// Options of a format. Formats ignore what they have no use for.
type Options struct {
	Width   int  // columns of the terminal; 0 means DefaultWidth
	Colour  bool // write colour escapes
	Verbose bool // of a gate, tell also of what passed
}

// DefaultWidth is taken if the width is not known.
const DefaultWidth = 100

// Format is one way of writing a table.
type Format struct {
	Name  string // flag value
	About string // one line for lists
	Ext   string // of file names, with the dot
	Write func(w io.Writer, t *compare.Table, o Options) error
}

// all is sorted by name.
var all = []Format{
	markdownFormat,
	textFormat,
}

// All returns the formats, sorted by name.
func All() []Format {
	return slices.Clone(all)
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	for _, f := range all {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
