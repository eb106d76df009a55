package chart

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"daxbench/reports/unit"
)

// Sizes of text, in points.
const (
	titleSize = 11
	baseSize  = 9
	markSize  = 8
)

// bold is golang.org/x/image/font.WeightBold.
const bold = 3

// label is text that hangs from its point to the right.
func label(size vg.Length, c color.Color) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"} // plot's own default has serifs
	return text.Style{Color: c, Font: font.From(f, size), YAlign: draw.YTop, Handler: plot.DefaultTextHandler}
}

// longest is how many runes of a string are looked at: more than any picture holds in a line.
const longest = 500

// legible makes a string from a file fit to be drawn: what is no printable character is replaced by its Go escape, so
// that it is seen instead of obeyed, and what no picture holds is cut.
func legible(s string) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > longest {
			return b.String() + "…"
		}
		b.WriteString(unit.Legible(s, i, r))
	}
	return b.String()
}

// fit makes a string legible and cuts it to a width.
func fit(st text.Style, s string, width vg.Length) string {
	s = legible(s)
	if st.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes) // the cut lies in between
	for lo < hi {
		middle := (lo + hi + 1) / 2
		if st.Width(string(runes[:middle])+"…") <= width {
			lo = middle
		} else {
			hi = middle - 1
		}
	}
	if lo == 0 {
		return ""
	}
	return strings.TrimRight(string(runes[:lo]), " ") + "…"
}

// wrap breaks prose into at most so many lines of a width, and cuts what is too much.
func wrap(st text.Style, s string, width vg.Length, most int) (lines []string) {
	words := strings.Fields(legible(s))
	for len(words) > 0 && len(lines) < most {
		n := 1
		for n < len(words) && st.Width(strings.Join(words[:n+1], " ")) <= width {
			n++
		}
		line := strings.Join(words[:n], " ")
		if len(lines) == most-1 {
			line = strings.Join(words, " ")
		}
		lines = append(lines, fit(st, line, width))
		words = words[n:]
	}
	return lines
}
