// Package report says what a report says and in which order, for one run (OfRun), for several (OfRuns), for scenarios on real
// kernels (OfKernels), or for a history of records (OfHistory): verdict, safety, charts, tables, provenance. It is a model;
// package render lays it out. What comes from files is cut to a length in it, and made safe to be shown by render, which knows
// for whom.
//
// It concludes nothing that packages compare, versus, safety, kernels and stats do not, and reads no results. Of the file system
// it sees one thing: which raw files lie in the folder of a run, so that the page can link them.
package report

import (
	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/kernels"
	"daxbench/reports/safety"
)

// Page is one report.
type Page struct {
	Title    string
	Name     string             // what the run is called; empty if the title says so
	Lead     string             // one sentence: what was compared, where, when
	Facts    []string           // what one has to know to read the numbers: machine, kernel, rounds
	Warnings []string           // doubts about all of it; shown before anything else
	Verdict  []compare.Sentence // three or four sentences; Group counts within Groups, −1: all
	Words    []Term             // without which nothing else can be understood
	Compared []Term             // what was compared: policies with what they do; empty if nobody said it
	Safety   *safety.Matrix     // nil if nobody looked
	Kernels  *kernels.Matrix    // what scenarios came to on real kernels; nil if none was played. Without a Verdict it is the page's
	Overview []Section          // charts and tables of the whole
	Groups   []Section          // one per workload and parameters
	Reading  []string           // how to read the columns, intervals and verdicts
	Origin   []Fact             // provenance: command, seed, commit, machine, noise, plan, versions
	Files    []File

	kinds map[*chart.Chart]string // of gallery
}

// Section is a part of a page with a heading of its own.
type Section struct {
	ID        string // unique in the page; [a-z0-9-]
	Title     string
	Does      string // what the workload does; empty if nobody said it
	Named     []Term // the parameters that the title names
	Fixed     []Term // those that it does not name
	About     string
	Sentences []compare.Sentence
	Charts    []*chart.Chart
	Tables    []*Table
	Footnotes []string
}

// Fact is one line of the provenance.
type Fact struct{ Name, Value string }

// File is a raw file, by its path relative to the report.
type File struct{ Path, About string }

// Table is one table that sorts and filters.
type Table struct {
	ID      string
	Title   string
	Columns []Column
	Rows    [][]Value
}

// Column is one column.
type Column struct {
	Head    string
	About   string // what it is, with its unit
	Numeric bool
}

// Value is one cell of a table.
type Value struct {
	Text string
	Sort float64 // by which a numeric column sorts, of an interval its lower end; NaN: nothing, which comes last
	CSV  string  // what is copied: the number in the base unit of the column, without its unit
	Tone Tone
	Look chart.Look // of the policy that the value names; zero for none
}

// Tone says how a value strikes.
type Tone uint8

// The tones.
const (
	Plain Tone = iota
	Good
	Bad
	Faint
)
