package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/render"
)

// page is text for people, wrapped.
type page struct {
	out   strings.Builder
	width int
}

// newPage returns a page for w: as wide as the terminal, but no wider than prose can be read.
func newPage(w io.Writer) *page {
	width, ok := terminal(w)
	if !ok {
		width = render.DefaultWidth
	}
	return &page{width: min(width, render.DefaultWidth)}
}

// item writes a name and a text beside it; names take room columns.
func (p *page) item(margin, room int, name, about string) {
	gap := 2
	if room == 0 {
		gap = 0
	}
	width := max(p.width-margin-room-gap, 20)
	for line := range strings.SplitSeq(text.WrapSoft(about, width), "\n") {
		line = fmt.Sprintf("%*s%-*s%*s%s", margin, "", room, name, gap, "", line)
		p.out.WriteString(strings.TrimRight(line, " ") + "\n")
		name = ""
	}
}

// line writes one line as it is.
func (p *page) line(s string) { p.out.WriteString(s + "\n") }

// print writes the page to w.
func (p *page) print(w io.Writer) error {
	_, err := io.WriteString(w, p.out.String())
	return err
}
