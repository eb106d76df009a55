package litmus

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/engine/target"
)

// Text writes scenarios × kernels, each cell compared, and below the differences with what both sides say.
func (a *Agreement) Text(w io.Writer, l Look) error {
	p := newPage(l)
	p.line(p.on("The engine beside real kernels", bold))
	a.Kernels.grid(p, func(i, n int) (string, text.Colors) { return a.Cells[i][n].shown() })
	p.flow(2, faint, "= the same", "A ≠ B the kernel came to A, the engine to B", "* a known departure", "- not compared")
	for _, explained := range []bool{false, true} {
		list := a.Differences(explained)
		if len(list) > 0 {
			p.line("")
			p.line(p.on(map[bool]string{false: "Differences that nobody has explained", true: "Known departures"}[explained], bold))
		}
		for _, d := range list {
			p.difference(&d)
		}
	}
	if len(a.Gone) > 0 {
		p.line("")
		p.line(p.on("Departures that do not occur any more", bold))
		for _, d := range a.Gone {
			p.hang("  "+p.on("! ", middle), 4, d.where()+": "+d.Reason, nil)
		}
	}
	compared, same := a.Compared()
	p.line("")
	p.hang("", 0, fmt.Sprintf("Of %s that could be compared %d came to the same.", count(int64(compared), "cell", "cells"), same), nil)
	for _, why := range a.left() {
		p.hang("  ", 4, why, faint)
	}
	return p.writeTo(w)
}

// left says, a sentence each, how many cells were not compared, and why.
func (a *Agreement) left() (list []string) {
	n := make(map[string]int64)
	var whys []string
	for i := range a.Cells {
		for k := range a.Cells[i] {
			why := a.Cells[i][k].Why
			if why != "" && n[why] == 0 {
				whys = append(whys, why)
			}
			n[why]++
		}
	}
	for _, why := range whys {
		list = append(list, fmt.Sprintf("%d not compared: %s.", n[why], strings.TrimSuffix(why, ".")))
	}
	return list
}

// shown is what stands in the table.
func (c *Agreed) shown() (string, text.Colors) {
	switch {
	case c.Why != "":
		return "-", faint
	case c.Same:
		return "= " + inShort(&c.Kernel), good
	case c.Departure != nil:
		return inShort(&c.Kernel) + " ≠ " + inShort(&c.Model) + " *", middle
	}
	return inShort(&c.Kernel) + " ≠ " + inShort(&c.Model), bad
}

// where says what a departure is about.
func (d *Departure) where() string {
	s := d.Scenario
	if d.Preset != "" {
		s += ", like " + d.Preset
	}
	if d.Series != "" {
		s += ", Linux " + d.Series
	}
	if d.FS != "" {
		s += ", on " + d.FS
	}
	return s
}

func (p *page) difference(d *Difference) {
	p.hang("  ", 2, fmt.Sprintf("%s: %s, but the engine like %s", d.Scenario, strings.Join(d.Columns, ", "), d.Engine), nil)
	p.hang("    kernel  ", 12, sentence(&d.Kernel), nil)
	p.hang("    engine  ", 12, sentence(&d.Model), nil)
	if d.Departure != nil {
		p.hang("    reason  ", 12, d.Departure.Reason, faint)
	}
}

func sentence(o *target.Outcome) string {
	rounded := *o
	rounded.For = round(o.For)
	s := rounded.String()
	if o.Why != "" {
		s += ": " + o.Why
	}
	return s + "."
}

// Stories writes what happened on the engine where it differs, step by step.
func (a *Agreement) Stories(w io.Writer, l Look) error {
	p := newPage(l)
	told := make(map[*Cell]bool)
	for n := range a.Kernels.Scenarios {
		for i := range a.Cells {
			c := &a.Cells[i][n]
			if c.Why != "" || c.Same {
				continue
			}
			e, err := Lookup(a.Kernels.Scenarios[n].Name)
			if err != nil {
				return err
			}
			p.line("")
			p.hang("", 0, e.Name+": "+e.Title, bold)
			p.kernelCell(a.Kernels.Columns[i].Label, &a.Kernels.Columns[i].Cells[n])
			if !told[c.model] {
				told[c.model] = true
				p.cell(e, []string{"the engine like " + c.Engine}, c.model)
			}
		}
	}
	return p.writeTo(w)
}
