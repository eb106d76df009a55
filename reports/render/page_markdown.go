package render

import (
	"errors"
	"io"

	"daxbench/reports/report"
)

// ErrNotYet says that pages cannot be written yet.
var ErrNotYet = errors.New("pages are not written yet")

// PageMarkdown writes a page as GitHub-flavoured Markdown, for a mail or a README. Pictures are links into o.Charts.
func PageMarkdown(w io.Writer, p *report.Page, o HTMLOptions) error {
	return ErrNotYet
}
