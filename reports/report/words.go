package report

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxString is how much of a string from a file a page holds, in bytes: such a string stands in it many times.
const maxString = 240

// trim cuts a string from a file. What cannot be printed is left to the format, which knows what it must make visible.
func trim(s string) string { return trimTo(s, maxString) }

func trimTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func trimmed(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = trim(s)
	}
	return out
}

// names makes identifiers, each only once. Of each it holds the last number that was tried behind it.
type names map[string]int

func newNames(taken ...string) names {
	n := make(names)
	for _, s := range taken {
		n[s] = 1
	}
	return n
}

// maxName is how long an identifier is, in bytes; it may name a file.
const maxName = 80

// of is a text as an identifier of [a-z0-9-], with a number behind it if it is taken.
func (n names) of(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text[:min(len(text), maxName)]) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	id := strings.Trim(b.String(), "-.")
	if id == "" {
		id = "part"
	}
	first := id
	for n[id] > 0 {
		n[first]++
		id = first + "-" + strconv.Itoa(n[first])
	}
	n[id] = 1
	return id
}
