package render

import (
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/gate"
	"daxbench/reports/unit"
)

// target is what a rate should be, and whether it is. Only the rows of all cells together have one.
func target(r *gate.ProofRow) string {
	switch {
	case r.Cell != "" || (r.Missing || r.Effect != 0) && !(r.Target > 0):
		return ""
	case r.Effect == 0 && !r.Missing:
		return met(r, "≤")
	}
	return met(r, "≥")
}

// met is a target with its mark, and if it is met, whether by chance.
func met(r *gate.ProofRow, than string) string {
	mark, word := "✗", ""
	switch {
	case r.Certain:
		mark, word = "✓", " shown"
	case r.Met:
		mark, word = "✓", " met"
	}
	return mark + " " + than + " " + rate(r.Target) + word
}

// targetShade is the colour of a target.
func targetShade(r *gate.ProofRow) text.Colors {
	switch {
	case target(r) == "":
		return neutral
	case r.Met:
		return good
	}
	return bad
}

// proofColumns are the columns of the table of a proof. The names of cells are cut to limit columns, and stand in the first
// row of each only.
func proofColumns(rows []gate.ProofRow, limit int) []gridColumn {
	names, _ := proofNames(rows, limit)
	plain := func(*gate.ProofRow) text.Colors { return neutral }
	dim := func(*gate.ProofRow) text.Colors { return faint }
	column := func(head string, align text.Align, drop int, cell func(*gate.ProofRow) string, shade func(*gate.ProofRow) text.Colors) gridColumn {
		c := gridColumn{head: head, align: align, drop: drop}
		for i := range rows {
			c.texts = append(c.texts, cell(&rows[i]))
			c.shades = append(c.shades, shade(&rows[i]))
		}
		return c
	}
	right, left := text.AlignRight, text.AlignLeft
	return []gridColumn{
		{head: "cell", align: left, texts: names},
		column("planted", right, 0, planted, plain),
		column("tries", right, 3, count(func(r *gate.ProofRow) int { return r.Trials }), dim),
		column("found", right, 2, count(func(r *gate.ProofRow) int { return r.Found }), plain),
		column("rate", right, 0, func(r *gate.ProofRow) string { return rate(r.Rate) }, targetShade),
		column("95 % interval", right, 4, rateInterval, plain),
		column(rateHead, left, 5, rateBar, targetShade),
		column("target", left, 1, target, targetShade),
		column("green", right, 6, count(func(r *gate.ProofRow) int { return r.Green }), dim),
		column("no verdict", right, 7, count(func(r *gate.ProofRow) int { return r.Open }), dim),
		column("void", right, 8, count(func(r *gate.ProofRow) int { return r.Void }), dim),
	}
}

// count writes a number of tries.
func count(n func(r *gate.ProofRow) int) func(*gate.ProofRow) string {
	return func(r *gate.ProofRow) string { return unit.Count(max(n(r), 0)) }
}

// proofNames are the names of the cells, each in its first row, and what all of them have in common.
func proofNames(rows []gate.ProofRow, limit int) (names []string, common string) {
	const together = "all cells"
	var cells []*gate.Cell
	for i := range rows {
		if name := rows[i].Cell; name != "" && (i == 0 || name != rows[i-1].Cell) {
			cells = append(cells, &gate.Cell{Name: name})
		}
	}
	names = make([]string, len(rows))
	if len(cells) == 0 {
		return names, "" // there is nothing to tell apart
	}
	short, common := shortened(cells, max(limit, len(together)))
	for i := range rows {
		switch name := rows[i].Cell; {
		case i > 0 && name == rows[i-1].Cell:
		case name == "":
			names[i] = together
		default:
			names[i], short = short[0], short[1:]
		}
	}
	return names, common
}

// proofLegend explains the rows.
func proofLegend(rows []gate.ProofRow) string {
	out := "Planted: by how much more the head did"
	if _, common := proofNames(rows, mostName); common != "" {
		out = "Each cell: " + common + ". " + out
	}
	has := func(is func(r gate.ProofRow) bool) bool { return slices.ContainsFunc(rows, is) }
	if has(func(r gate.ProofRow) bool { return r.Effect == 0 && !r.Missing }) {
		out += "; nothing: both sides were the same, and what is found is a false alarm"
	}
	if has(func(r gate.ProofRow) bool { return r.Missing }) {
		out += "; −1 cell: the head lacked a declared cell, and found means that it was not green"
	}
	out += "."
	if has(func(r gate.ProofRow) bool { return target(&r) != "" && r.Met }) {
		out += " Shown: the whole interval is inside the target; met: the rate is, which is not shown beyond chance."
	}
	return out
}

// rateInterval is the interval of a rate.
func rateInterval(r *gate.ProofRow) string {
	return "[" + bound(r.Lo) + ", " + bound(r.Hi) + "]"
}

// bound is an end of the interval of a rate, without the sign for percent.
func bound(v float64) string {
	return strings.TrimSuffix(rate(v), " %")
}

// The plot of a rate, from 0 to 100 %, in columns.
const (
	rateHead  = "0 %                 100 %"
	rateWidth = len(rateHead)
)

// rateBar draws a rate with its interval against the target.
func rateBar(r *gate.ProofRow) string {
	if !finite(r.Rate) || !finite(r.Lo) || !finite(r.Hi) || r.Trials == 0 {
		return ""
	}
	at := func(v float64) int { return int(math.Round(min(max(v, 0), 1) * float64(rateWidth-1))) }
	out := []rune(strings.Repeat(" ", rateWidth))
	for x := at(r.Lo); x <= at(r.Hi); x++ {
		out[x] = '─'
	}
	if target(r) != "" && finite(r.Target) {
		out[at(r.Target)] = '┊'
	}
	out[at(r.Lo)], out[at(r.Hi)] = '├', '┤'
	out[at(r.Rate)] = '●'
	return string(out)
}
