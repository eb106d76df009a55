package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"daxbench/workloads/lockstep"
)

// steps shows how far a gate is: a bar on a terminal, a line per batch elsewhere. It draws only when it is called, which is
// between forks. A nil one shows nothing.
type steps struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil if w is no terminal
	width int
	look  int
	begun time.Time // of the batch
}

func newSteps(w io.Writer) *steps {
	s := &steps{w: w}
	if width, ok := terminal(w); ok {
		s.width = width
		s.bar = newBar(w, 1)
	}
	return s
}

// prepare says that cell i of n is being opened for the first time.
func (s *steps) prepare(cell string, i, n int) {
	if s == nil || s.bar == nil {
		return
	}
	s.describe(fmt.Sprintf("looking at %d/%d · %s", i+1, n, cell))
	s.bar.ChangeMax(n)
	s.bar.Set(i)
}

// step says that a fork is over.
func (s *steps) step(look int, st lockstep.Step) {
	if s == nil {
		return
	}
	if look != s.look {
		s.look, s.begun = look, time.Now()
	}
	rest := ""
	if took := time.Since(s.begun); st.Done > 2 {
		rest = " · " + spell(took/time.Duration(st.Done)*time.Duration(st.All-st.Done)) + " left"
	}
	if s.bar == nil {
		if st.Done == 1 || st.Done%(st.All/4+1) == 0 {
			fmt.Fprintf(s.w, "daxbench: batch %d: fork %d of %d%s\n", look, st.Done, st.All, rest)
		}
		return
	}
	s.describe(fmt.Sprintf("batch %d · fork %d/%d%s · %s", look, st.Fork, st.Forks, rest, st.Cell))
	s.bar.ChangeMax(st.All)
	s.bar.Set(st.Done)
}

func (s *steps) describe(text string) {
	room := s.width - barWidth - len("100%   ") - 1
	s.bar.Describe(runewidth.Truncate(text, max(room, 0), "…"))
}

// end takes the bar away.
func (s *steps) end() {
	if s != nil && s.bar != nil {
		s.bar.Clear()
	}
}

// trial says that gating i of n begins.
func (s *steps) trial(i, n int, effect float64) {
	now := time.Now()
	if i == 0 {
		s.begun = now
	}
	text := fmt.Sprintf("gating %d/%d", i+1, n)
	if i > 0 {
		text += " · " + spell(now.Sub(s.begun)/time.Duration(i)*time.Duration(n-i)) + " left"
	}
	switch {
	case s.bar != nil:
		s.bar.ChangeMax(n)
		s.describe(text)
		s.bar.Set(i)
	case i%10 == 0:
		fmt.Fprintf(s.w, "daxbench: %s\n", text)
	}
}
