package target

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads the text of a scenario; file is its name in messages. The error
// is Errors: what is wrong, by line, and what is allowed there.
func Parse(file string, text []byte) (*Scenario, error) {
	p := &parser{file: file, s: &Scenario{}, seen: make(map[string]int), params: make(map[string]int)}
	if len(text) > MaxText {
		p.errorf(1, "the text has %d bytes; %d are allowed", len(text), MaxText)
		return nil, p.errs
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		p.line(n, strings.TrimRight(line, "\r\n"))
		if len(p.errs) >= MaxErrors {
			p.errorf(n, "too many errors")
			break
		}
	}
	p.end(max(1, n))
	if len(p.errs) > 0 {
		slices.SortStableFunc(p.errs, func(a, b *Error) int { return a.Line - b.Line })
		return nil, p.errs
	}
	return p.s, nil
}

type parser struct {
	file   string
	s      *Scenario
	errs   Errors
	seen   map[string]int // line of each header that can stand once
	params map[string]int
	note   []string // remark lines that wait for the step below them
	steps  bool     // "steps:" was there
	heads  int
}

func (p *parser) errorf(line int, format string, args ...any) {
	p.errs = append(p.errs, &Error{p.file, line, fmt.Sprintf(format, args...)})
}

// line reads one line.
func (p *parser) line(n int, line string) {
	line = strings.TrimRight(line, " \t")
	switch {
	case len(line) > MaxLine:
		p.errorf(n, "the line has %d bytes; %d are allowed", len(line), MaxLine)
		return
	case !utf8.ValidString(line):
		p.errorf(n, "not UTF-8")
		return
	case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }):
		p.errorf(n, "a character that cannot be printed: %q", line)
		return
	}
	trimmed := strings.TrimSpace(line)
	switch remark, isRemark := strings.CutPrefix(trimmed, "#"); {
	case trimmed == "":
	case isRemark && p.steps:
		p.note = append(p.note, remarkText(remark))
	case isRemark:
		p.s.Note = append(p.s.Note, remarkText(remark))
	case p.steps:
		p.step(n, trimmed)
	default:
		p.header(n, trimmed)
	}
}

// remarkText is what stands behind a #: the blank that belongs to the mark is left out.
func remarkText(s string) string { return strings.TrimRight(strings.TrimPrefix(s, " "), " \t") }

// end checks what only the whole can show.
func (p *parser) end(n int) {
	p.s.End = p.note
	if len(p.s.Note)+len(p.s.End) > MaxHeaders {
		p.errorf(n, "more than %d remark lines outside the steps", MaxHeaders)
	}
	for _, key := range []string{"scenario", "title", "probes"} {
		if p.seen[key] == 0 {
			p.errorf(n, "no line %q", key+":")
		}
	}
	switch {
	case !p.steps:
		p.errorf(n, "no line \"steps:\", behind which the steps stand")
	case len(p.s.Steps) == 0 && len(p.errs) == 0:
		p.errorf(n, "no steps")
	}
	if len(p.errs) > 0 {
		return
	}
	for _, e := range p.s.check() {
		e.File = p.file
		p.errs = append(p.errs, e)
		if len(p.errs) >= MaxErrors {
			return
		}
	}
}

// isName reports whether s can name something: a letter, then letters, digits, - and _.
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '_')) {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

func checkName(s string) error {
	if !isName(s) {
		return fmt.Errorf("%q is no name: want a letter, then letters, digits, - or _, %d in all", s, MaxName)
	}
	return nil
}

// parseRef reads F, F.3 or F*100. A parameter gets its value later.
func parseRef(word string) (r Ref, err error) {
	name, count, isSet := strings.Cut(word, "*")
	name, member, isMember := strings.Cut(name, ".")
	if err := checkName(name); err != nil {
		return r, err
	}
	r.Name = name
	switch {
	case isSet && isMember:
		return r, fmt.Errorf("%q: want %s, %s.3 or %s*100", word, name, name, name)
	case isSet:
		r.Count, err = parseNum(count, 1)
	case isMember:
		r.Member, err = strconv.Atoi(member)
		if err != nil || r.Member < 1 || r.Member > MaxCount || strconv.Itoa(r.Member) != member {
			return r, fmt.Errorf("%q: %q is no number from 1 to %d", word, member, MaxCount)
		}
	}
	return r, err
}

// parseNum reads a number or $name.
func parseNum(word string, least int) (Num, error) {
	if name, ok := strings.CutPrefix(word, "$"); ok {
		return Num{Param: name}, checkName(name)
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < least || n > MaxCount || strconv.Itoa(n) != word {
		return Num{}, fmt.Errorf("%q is no number from %d to %d", word, least, MaxCount)
	}
	return Num{N: n}, nil
}
