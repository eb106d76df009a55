package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"daxbench/workloads/driver"
)

// progress shows how far a run is: a bar on a terminal, a line per round elsewhere. It draws only when it is called,
// which is between groups: nothing of it runs while something is measured.
type progress struct {
	w     io.Writer
	plan  *driver.Plan
	bar   *progressbar.ProgressBar // nil if w is no terminal
	width int                      // columns of the terminal

	begun, roundBegun time.Time
	done, all         int // groups
}

// barWidth is the width of the bar alone.
const barWidth = 16

func newProgress(w io.Writer, p *driver.Plan, first int) progress {
	pr := progress{w: w, plan: p, begun: time.Now(), all: len(p.Groups) * (p.Rounds - first + 1)}
	pr.roundBegun = pr.begun
	if width, ok := terminal(w); ok {
		pr.width = width
		pr.bar = newBar(w, pr.all)
	}
	return pr
}

// newBar is how all bars look.
func newBar(w io.Writer, all int) *progressbar.ProgressBar {
	return progressbar.NewOptions(all,
		progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(barWidth), progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
	)
}

// left is how long the rest will take: as long per group as those before, or as estimated.
func (p *progress) left() time.Duration {
	rest := p.all - p.done
	if p.done == 0 {
		return estimate(p.plan, 1) * time.Duration(rest) / time.Duration(len(p.plan.Groups))
	}
	return time.Since(p.begun) / time.Duration(p.done) * time.Duration(rest)
}

// group says that a group begins.
func (p *progress) group(round int, g *driver.Group, done, all int) {
	p.done, p.all = done, all
	if p.bar == nil {
		return
	}
	text := fmt.Sprintf("round %d/%d · %s left · %s", round, p.plan.Rounds, spell(p.left()), g.Workload.Name)
	for _, param := range g.Shown {
		if param.Key != "workers" || len(p.plan.Workers) > 1 {
			text += " " + param.Key + "=" + param.Value
		}
	}
	room := p.width - barWidth - len("100%   ") - 1
	p.bar.Describe(runewidth.Truncate(text, max(room, 0), "…"))
	p.bar.Set(done)
}

// round says that a round is complete and recorded.
func (p *progress) round(n int) {
	p.done++ // the group that was last; group counts those before it
	took := time.Since(p.roundBegun)
	p.roundBegun = time.Now()
	if p.bar != nil {
		return
	}
	rest := ""
	if p.done < p.all {
		rest = ", " + left(p.left()) + " left"
	}
	fmt.Fprintf(p.w, "daxbench: round %d of %d took %s%s\n", n, p.plan.Rounds, spell(took), rest)
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
