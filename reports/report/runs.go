package report

import (
	"daxbench/reports/gallery"
	"daxbench/reports/versus"
)

// OfRuns makes the page of two or more runs, each held against the first. v is the comparison of their files, in the same
// order.
func OfRuns(sources []*gallery.Source, v *versus.Report) (*Page, error) {
	return &Page{}, nil
}
