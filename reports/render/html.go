package render

import (
	"io"

	"daxbench/reports/report"
)

// HTMLOptions of a page.
type HTMLOptions struct {
	Charts string // folder with a PNG per chart, relative to the page; empty: there is none to link to
}

// HTML writes a page as one self-contained HTML file.
func HTML(w io.Writer, p *report.Page, o HTMLOptions) error {
	return ErrNotYet
}
