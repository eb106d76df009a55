package report

import (
	"daxbench/reports/gallery"
	"daxbench/reports/safety"
)

// OfRun makes the page of one run. m is nil if nobody looked at its safety. The error is that of a kind of chart which
// cannot understand what the files hold.
func OfRun(src *gallery.Source, m *safety.Matrix) (*Page, error) {
	return &Page{Title: src.Name, Safety: m}, nil
}
