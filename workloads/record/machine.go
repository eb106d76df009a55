package record

import (
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// A machine is where facts about the computer are read: the root of its file system, or in tests a made-up tree. A file
// that is absent, unreadable or garbage leaves its fact unknown; nothing here is worth failing a run for.
type machine struct{ root fs.FS }

// thisMachine is the one that the process runs on.
func thisMachine() machine { return machine{os.DirFS("/")} }

// Limits on what is read from the kernel's files, which all are far smaller.
const (
	maxFile = 1 << 20
	maxWord = 200 // runes
)

// read returns a whole file, "" if there is none or it is too large to be what it should be.
func (m machine) read(path string) string {
	data, err := fs.ReadFile(m.root, path)
	if err != nil || len(data) > maxFile {
		return ""
	}
	return string(data)
}

// word returns a file of one line, fit to be printed.
func (m machine) word(path string) string { return tidy(m.read(path)) }

// number returns a file that holds one whole number that is not negative.
func (m machine) number(path string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(m.read(path)), 10, 64)
	return n, err == nil && n >= 0
}

// chosen returns the word in brackets of a file such as "always [madvise] never".
func (m machine) chosen(path string) string {
	_, rest, _ := strings.Cut(m.read(path), "[")
	word, _, ok := strings.Cut(rest, "]")
	if !ok {
		return ""
	}
	return tidy(word)
}

// glob returns the paths that match, sorted.
func (m machine) glob(pattern string) []string {
	list, _ := fs.Glob(m.root, pattern) // the only error is a bad pattern
	return list
}

// tidy returns the first line of s without what is not printable: firmware and hypervisors choose some of these words.
func tidy(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	line = strings.ToValidUTF8(line, "?")
	line = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, line)
	if runes := []rune(line); len(runes) > maxWord {
		line = string(runes[:maxWord])
	}
	return strings.TrimSpace(line)
}

// count returns how many numbers a list such as "0-3,8" names, 0 if it is none.
func count(list string) int { return len(numbers(list)) }

// numbers returns what a list such as "0-3,8" names, nil if it is none.
func numbers(list string) (out []int) {
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		from, to, isRange := strings.Cut(part, "-")
		lo, err := strconv.ParseUint(from, 10, 16) // no Linux has more processors
		if err != nil {
			return nil
		}
		hi := lo
		if isRange {
			if hi, err = strconv.ParseUint(to, 10, 16); err != nil {
				return nil
			}
		}
		if hi < lo || len(out) > math.MaxUint16 {
			return nil
		}
		for n := lo; n <= hi; n++ {
			out = append(out, int(n))
		}
	}
	return out
}
