package report

import "daxbench/reports/chart"

// Past is the history of one workload on one machine: what its records say, one line per policy.
type Past struct {
	Machine string
	Name    string // of the workload with its parameters
	Unit    string
	Better  int    // +1 if higher is better, −1 if lower is, 0 if nothing says
	Against string // the policy that values are ratios to; empty if they are values
	Lines   []PastLine
	Notes   []string // what is doubtful about its records
}

// PastLine is one policy.
type PastLine struct {
	chart.Line
	Changes []PastChange
}

// PastChange is a record with which the level changed for good.
type PastChange struct {
	Since         string // the date of the record and its commit
	Before, After float64
	P             float64
}

// OfHistory makes the page of the records of one or more machines.
func OfHistory(list []Past) (*Page, error) {
	return &Page{}, nil
}
