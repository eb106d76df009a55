package unit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plural is a number of things: "1 round", "1,200 rounds". The word for many is the second one, if there is one; otherwise it
// ends in s, or in ies in place of a y.
func Plural[T int | int64 | uint64](n T, words ...string) string {
	many := words[0] + "s"
	switch stem, y := strings.CutSuffix(words[0], "y"); {
	case n == 1:
		many = words[0]
	case len(words) > 1:
		many = words[1]
	case y:
		many = stem + "ies"
	}
	return Count(n) + " " + many
}

// List joins words as one says them: "a", "a and b", "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Capital begins a sentence, unless its first word is a name, of a policy or a parameter: these are written as they are.
func Capital(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if s == "" || strings.ContainsAny(first, "-=_") {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
