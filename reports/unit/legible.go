package unit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Legible is rune r, at place i of a string from a file, as it may be shown: itself, or its Go escape if it is no printable
// character, so that \x1b and U+202E are seen instead of obeyed.
func Legible(s string, i int, r rune) string {
	switch {
	case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
		return `\x` + strconv.FormatUint(uint64(s[i]), 16)
	case !unicode.IsPrint(r):
		return strings.Trim(strconv.QuoteRuneToASCII(r), "'")
	}
	return string(r)
}
