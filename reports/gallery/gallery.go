// Package gallery holds the kinds of charts that a report shows, one file each. A kind turns what is known of a run, or of
// several, into chart models. It draws nothing and judges nothing: verdicts and intervals are those of packages compare, versus
// and stats. What the data does not hold gives no chart; what is in it and cannot be understood gives an error that names the
// cell.
//
// Every chart says in its Note what it rests on, and what it leaves out. Text from files is made printable and short; whoever
// draws it still has to escape it.
//
// A new kind is one file and one line in All. By that line it is in reports, has a name on the command line, stands in the
// list, and is held to the rules by the tests.
//
// All functions are pure, and leave what is public of their sources alone. A source is not for two of them at a time.
package gallery

import (
	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/versus"
)

// Source is a run as charts want it.
type Source struct {
	Name  string // what the run is called where there are several
	Run   *folder.Run
	Table *compare.Table // of the same run

	// Versus is how this run and others compare, in the order of the sources. Kinds of several runs look at that of the first
	// source, and make nothing without it.
	Versus *versus.Report

	// Charts are names of single charts that somebody asks for: their groups are among the shown ones of a run that has more
	// groups than are.
	Charts []string

	known []group        // once a kind has asked for them
	of    *compare.Table // whose they are
}

// Kind is one kind of chart.
type Kind struct {
	Name  string // in lower case, one word: charts are called after it
	About string // one line: which question it answers
	// Scope says where such charts belong: to a whole run, to each group of it, or to several runs.
	Scope Scope
	// Make returns the charts of a run, or of several where that is the scope. Charts of a group have its Group set, and stand in
	// the order of the groups. An error names the cell whose record cannot be understood; what is merely absent is none.
	Make func(sources []*Source) ([]Picture, error)
}

// Scope is what a chart is of.
type Scope uint8

// The scopes. Kinds of a run or a group look at the first source only.
const (
	OfRun Scope = iota
	OfGroup
	OfRuns
)

// Picture is a chart and the group that it belongs to.
type Picture struct {
	Group int // index into Table.Groups of the first source; −1 if it belongs to all
	*chart.Chart
}

// Everything is the Group of a picture that belongs to no single one.
const Everything = -1

// All are the kinds, in the order in which a report shows them.
var All = []Kind{
	ratios,
	throughput,
	sweep,
	latency,
	heat,
	waits,
	blocked,
	versusRuns,
}

// Lookup returns the kind of that name.
func Lookup(name string) (Kind, bool) {
	for _, k := range All {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
