package chart

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how many runes of a string are looked at: more than any picture holds in a line.
const longest = 400

// legible makes a string from a file fit to be drawn: what is no printable character is replaced by its Go escape, so that it
// is seen instead of obeyed, and what no picture holds is cut.
func legible(s string) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n++; n > longest {
			return b.String() + "…"
		}
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i]), 16))
		case !unicode.IsPrint(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
