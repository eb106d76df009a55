package render

import (
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/unit"
)

// Widths at which strings from files are cut, in terminal columns.
const (
	maxPolicy = 24
	maxName   = 32
	maxParam  = 40
	maxFact   = 48
	maxProse  = 600
)

// clean makes a string from a file safe to print: everything that is not a printable character or an ordinary space is
// replaced by its Go escape, so that \x1b and U+202E are seen instead of obeyed. It is cut to max columns.
func clean(s string, limit int) string {
	var b strings.Builder
	width, marks := 0, 0
	for i, r := range s {
		part := unit.Legible(s, i, r)
		w := text.StringWidthWithoutEscSequences(part)
		if marks++; w > 0 {
			marks = 0
		}
		if width+w > limit-1 && (i+utf8.RuneLen(r) < len(s) || width+w > limit) {
			return b.String() + "…"
		}
		if marks > 3 {
			continue // more combining marks than any script stacks
		}
		b.WriteString(part)
		width += w
	}
	return b.String()
}

// Clean is clean, for commands that print strings from files beside a report.
func Clean(s string, limit int) string { return clean(s, limit) }

// columns is the width of a string on the terminal.
func columns(s string) int {
	return text.StringWidthWithoutEscSequences(s)
}

// wrap breaks prose into lines of at most width columns. A word that is wider than a line, which no word of ours is,
// is cut; a number with its unit is not, and overhangs.
func wrap(prose string, width int) (lines []string) {
	line := ""
	for _, piece := range pieces(prose) {
		if columns(piece) > width && !strings.Contains(piece, " ") {
			piece = clean(piece, width)
		}
		if line != "" && columns(line)+1+columns(piece) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += piece
	}
	return append(lines, line)
}

// pieces splits prose at the spaces where a line may end: not between the bounds of an interval, nor between a number and
// its unit.
func pieces(prose string) (out []string) {
	glue := false
	for _, word := range strings.Fields(prose) {
		if len(out) > 0 && (glue || isUnit(word)) {
			out[len(out)-1] += " " + word
		} else {
			out = append(out, word)
		}
		glue = strings.HasPrefix(word, "[") && strings.HasSuffix(word, ",")
	}
	return out
}

// isUnit says whether a word belongs to the number before it.
func isUnit(word string) bool {
	switch strings.TrimRight(word, ".,;:)") {
	case "%", "ns", "µs", "ms", "s", "k", "M", "G", "T", "/s", "k/s", "M/s", "G/s":
		return true
	}
	return false
}
