package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"daxbench/reports/unit"
)

// verifyBar shows how far verify is, on a terminal. Elsewhere it says nothing: it is done in less than a minute.
type verifyBar struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil if w is no terminal, or nothing is done yet
	width int                      // columns of the terminal; 0: no terminal
	all   int
	begun time.Time
}

func newVerifyBar(w io.Writer) *verifyBar {
	width, _ := terminal(w)
	return &verifyBar{w: w, width: width, begun: time.Now()}
}

// set says that so many of all searches are done, with so many schedules.
func (b *verifyBar) set(done, all, schedules int) {
	if b.width == 0 {
		return
	}
	if b.bar == nil || b.all != all { // what is missing is looked for anew
		b.end()
		b.all = all
		b.bar = newBar(b.w, all)
	}
	text := fmt.Sprintf("%d/%d searches · %s schedules · %s", done, all, unit.Count(schedules), spell(time.Since(b.begun)))
	b.bar.Describe(runewidth.Truncate(text, max(b.width-barWidth-len("100%   ")-1, 0), "…"))
	b.bar.Set(done)
}

// end takes the bar away.
func (b *verifyBar) end() {
	if b.bar != nil {
		b.bar.Clear()
	}
}
