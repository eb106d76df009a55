// Package ops runs lists of operations on an engine that are written as text,
// one to a line, so that a list which fails can be kept, mailed, shortened and
// run again. The same list is run under every policy and many options: what
// comes back must not depend on them (see Result).
//
//	create a 2 dax   a new file of 2 pages, open; "cached" for one that is not DAX
//	open a           one more reference
//	close a          one less
//	write a 0 7      the byte 7 to page 0
//	read a 0
//	pin a 0 p1       page 0, for a device; the pin is called p1
//	unpin p1         the device writes, and drops it
//	truncate a 1     to 1 page
//	unlink a
//	prune 3          reclaim up to 3 inodes
//	unmount          evict all that is not open
//
// A list runs in one task. An operation that makes no sense is skipped, and so
// is one that under some policies would wait for a pin, since that could only be dropped
// by an operation that comes later. Hence every text is a legal list.
//
// It is for tests only.
package ops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Verb is what an Op does.
type Verb uint8

// The verbs; the package comment says what they are for.
const (
	Create Verb = iota
	Open
	Close
	Write
	Read
	Pin
	Unpin
	Truncate
	Unlink
	Prune
	Unmount
	verbs
)

// An argument is one word behind a verb.
type argument uint8

const (
	file argument = iota
	pin
	number // of pages, of a page, or of inodes
	value  // a byte
	kind   // dax or cached
)

// syntax says how each verb is written.
var syntax = [verbs]struct {
	name string
	args []argument
}{
	Create:   {"create", []argument{file, number, kind}},
	Open:     {"open", []argument{file}},
	Close:    {"close", []argument{file}},
	Write:    {"write", []argument{file, number, value}},
	Read:     {"read", []argument{file, number}},
	Pin:      {"pin", []argument{file, number, pin}},
	Unpin:    {"unpin", []argument{pin}},
	Truncate: {"truncate", []argument{file, number}},
	Unlink:   {"unlink", []argument{file}},
	Prune:    {"prune", []argument{number}},
	Unmount:  {"unmount", nil},
}

// An Op is one line. Fields that its verb does not take are zero.
type Op struct {
	Verb  Verb
	File  string
	Pin   string
	N     uint32
	Value byte
	DAX   bool
}

// String returns the line.
func (o Op) String() string {
	words := []string{syntax[o.Verb].name}
	for _, a := range syntax[o.Verb].args {
		switch a {
		case file:
			words = append(words, o.File)
		case pin:
			words = append(words, o.Pin)
		case number:
			words = append(words, fmt.Sprint(o.N))
		case value:
			words = append(words, fmt.Sprint(o.Value))
		case kind:
			words = append(words, kindOf(o.DAX))
		}
	}
	return strings.Join(words, " ")
}

func kindOf(dax bool) string {
	if dax {
		return "dax"
	}
	return "cached"
}

// Format returns the text of a list.
func Format(list []Op) string {
	var b strings.Builder
	for _, o := range list {
		fmt.Fprintln(&b, o)
	}
	return b.String()
}

// A SyntaxError says which line of a text is no operation.
type SyntaxError struct {
	Line int // from 1
	Text string
	Want string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("ops: line %d: %q: want %s", e.Line, e.Text, e.Want)
}

// MaxNumber bounds all numbers of a text: a list is about order, not size.
const MaxNumber = 16

// Parse reads a list. Empty lines and what stands behind a # are left out. The
// error is a *SyntaxError.
func Parse(text string) (list []Op, err error) {
	for i, line := range strings.Split(text, "\n") {
		code, _, _ := strings.Cut(line, "#")
		words := strings.Fields(code)
		if len(words) == 0 {
			continue
		}
		o, want := parseOp(words)
		if want != "" {
			return nil, &SyntaxError{Line: i + 1, Text: line, Want: want}
		}
		list = append(list, o)
	}
	return list, nil
}

// parseOp returns the op, or what should have stood there.
func parseOp(words []string) (o Op, want string) {
	for o.Verb = 0; o.Verb < verbs && syntax[o.Verb].name != words[0]; {
		o.Verb++
	}
	if o.Verb == verbs {
		return o, "a verb: " + strings.Join(verbNames(), ", ")
	}
	args := syntax[o.Verb].args
	if len(words)-1 != len(args) {
		return o, fmt.Sprintf("%d words behind %s", len(args), words[0])
	}
	for i, a := range args {
		if want := o.parseArg(a, words[i+1]); want != "" {
			return o, want
		}
	}
	return o, ""
}

func (o *Op) parseArg(a argument, word string) (want string) {
	switch a {
	case file, pin:
		if !isName(word) {
			return "a name of letters and digits"
		}
		if a == file {
			o.File = word
		} else {
			o.Pin = word
		}
	case number:
		n, err := strconv.ParseUint(word, 10, 32)
		if err != nil || n > MaxNumber {
			return fmt.Sprintf("a number up to %d", MaxNumber)
		}
		o.N = uint32(n)
	case value:
		n, err := strconv.ParseUint(word, 10, 8)
		if err != nil {
			return "a byte"
		}
		o.Value = byte(n)
	case kind:
		if !slices.Contains([]string{"dax", "cached"}, word) {
			return "dax or cached"
		}
		o.DAX = word == "dax"
	}
	return ""
}

func isName(word string) bool {
	const longest = 16
	return len(word) <= longest && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func verbNames() (names []string) {
	for _, s := range syntax {
		names = append(names, s.name)
	}
	return names
}
