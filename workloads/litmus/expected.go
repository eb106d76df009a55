package litmus

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"daxbench/engine/target"
)

// An Expectation is a line of a text that says what scenarios are to come to on kernels:
//
//	# scenario            outcome
//	unlink-under-dio      blocked
//	ext4 umount-remount   violation U
//
// A word before the scenario names a file system: the last element of its directory, or its type. A line that names one goes
// before one that does not, and a directory before a type. Outcomes are those of target.Kind, with a hyphen for a space;
// behind a violation the letters of target.Safety may stand that are broken. A # begins a remark.
type Expectation struct {
	Line     int
	FS       string // empty, or *: any
	Scenario string
	Kind     target.Kind
	Letters  string // of a violation; empty: any
}

// Expectations are a text of them, in the order of its lines.
type Expectations []Expectation

// ParseExpectations reads such a text; file is its name in messages. The error is target.Errors.
func ParseExpectations(file string, data []byte) (Expectations, error) {
	var list Expectations
	var errs target.Errors
	fail := func(n int, format string, args ...any) {
		errs = append(errs, &target.Error{File: file, Line: n, Msg: fmt.Sprintf(format, args...)})
	}
	if len(data) > target.MaxText {
		fail(1, "the text has %d bytes; %d are allowed", len(data), target.MaxText)
		return nil, errs
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if len(errs) == target.MaxErrors {
			fail(n, "too many errors")
			break
		}
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		x, err := parseExpectation(words)
		if err == nil && !utf8.ValidString(line) {
			err = fmt.Errorf("not UTF-8")
		}
		if err != nil {
			fail(n, "%v", err)
			continue
		}
		x.Line = n
		if i := slices.IndexFunc(list, x.about); i >= 0 {
			fail(n, "%s stands on line %d already", strings.TrimSpace(x.FS+" "+x.Scenario), list[i].Line)
			continue
		}
		list = append(list, x)
	}
	switch {
	case len(errs) > 0:
		return nil, errs
	case len(list) == 0:
		fail(max(1, n), "nothing is expected: want lines such as \"unlink-under-dio blocked\"")
		return nil, errs
	}
	return list, nil
}

// about reports whether o is about the same scenario and file system.
func (x Expectation) about(o Expectation) bool { return x.FS == o.FS && x.Scenario == o.Scenario }

func parseExpectation(words []string) (x Expectation, err error) {
	at := slices.IndexFunc(words, func(w string) bool { _, ok := kindOf(w); return ok })
	switch {
	case at < 0:
		return x, fmt.Errorf("%q has no outcome; they are %s", strings.Join(words, " "), strings.Join(outcomes(), ", "))
	case at == 0 || at > 2:
		return x, fmt.Errorf("%q: want a scenario and an outcome, or a file system before them", strings.Join(words, " "))
	}
	x.Kind, _ = kindOf(words[at])
	x.Scenario = words[at-1]
	if at == 2 && words[0] != "*" {
		x.FS = words[0]
	}
	broken := strings.Join(words[at+1:], "")
	if bad := strings.Trim(broken, target.Safety); bad != "" {
		return x, fmt.Errorf("%q: behind an outcome stand only letters of a violation, %s", bad, letters(target.Safety))
	}
	if broken != "" && x.Kind != target.Violated {
		return x, fmt.Errorf("only a violation has letters; %s has not", words[at])
	}
	x.Letters = target.Union(broken, "")
	return x, nil
}

// outcomes lists the words for outcomes, from good to bad.
func outcomes() (list []string) {
	for k := target.Safe; k <= target.Violated; k++ {
		list = append(list, outcomeOf(k))
	}
	return append(list, outcomeOf(target.NotApplicable))
}

// outcomeOf is the word for a kind in a text of expectations.
func outcomeOf(k target.Kind) string { return strings.ReplaceAll(k.String(), " ", "-") }

func kindOf(word string) (k target.Kind, ok bool) {
	for k := target.NotApplicable; k <= target.Violated; k++ {
		if outcomeOf(k) == word {
			return k, true
		}
	}
	return 0, false
}

// String returns the line.
func (x Expectation) String() string {
	return strings.Join(strings.Fields(x.FS+" "+x.Scenario+" "+x.outcome()), " ")
}

func (x Expectation) outcome() string {
	s := outcomeOf(x.Kind)
	if x.Letters != "" {
		s += " " + letters(x.Letters)
	}
	return s
}

// Unknown returns the errors of lines about scenarios that are neither registered nor among those that were chosen.
func (list Expectations) Unknown(file string, chosen []Entry) error {
	var errs target.Errors
	for _, x := range list {
		_, err := Lookup(x.Scenario)
		if err != nil && !slices.ContainsFunc(chosen, func(e Entry) bool { return e.Name == x.Scenario }) {
			errs = append(errs, &target.Error{File: file, Line: x.Line, Msg: fmt.Sprintf("unknown scenario %q", x.Scenario)})
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// of returns what is expected of a scenario in a column, if anything is.
func (list Expectations) of(scenario string, c *KernelColumn) (x Expectation, ok bool) {
	for _, fs := range []string{c.Kernel.Name, c.Kernel.FS, ""} {
		i := slices.IndexFunc(list, func(o Expectation) bool { return o.FS == fs && o.Scenario == scenario })
		if i >= 0 {
			return list[i], true
		}
	}
	return x, false
}

// Met is what became of expectations.
type Met struct {
	As          int      // cells that are as expected
	Differences []string // a sentence for each that is not
	Open        []string // a sentence for each that should have a verdict and has none
	Idle        []int    // lines that no cell was held to: about other scenarios and file systems
}

// Meet holds cells against what is expected of them.
func (list Expectations) Meet(k *Kernels) (m Met) {
	used := make(map[int]bool)
	for n := range k.Scenarios {
		name := k.Scenarios[n].Name
		for i := range k.Columns {
			c := &k.Columns[i].Cells[n]
			x, ok := list.of(name, &k.Columns[i])
			if !ok || !c.played() {
				continue
			}
			used[x.Line] = true
			where := fmt.Sprintf("%s on %s", name, k.Columns[i].Label)
			is := expectationOf(c)
			why := ""
			if w := cmp.Or(c.Lost, c.Outcome.Why); w != "" {
				why = ": " + w
			}
			switch {
			case c.Lost != "", is.Kind == target.NotApplicable && x.Kind != target.NotApplicable:
				m.Open = append(m.Open, fmt.Sprintf("%s: expected %s (line %d), and there is no verdict%s", where, x.outcome(), x.Line, why))
			case is.Kind == x.Kind && (x.Letters == "" || x.Letters == is.Letters):
				m.As++
			default:
				m.Differences = append(m.Differences, fmt.Sprintf("%s: expected %s (line %d), and it is %s%s", where, x.outcome(), x.Line, is.outcome(), why))
			}
		}
	}
	for _, x := range list {
		if !used[x.Line] {
			m.Idle = append(m.Idle, x.Line)
		}
	}
	return m
}

// expectationOf is what a cell came to.
func expectationOf(c *KernelCell) Expectation {
	x := Expectation{Kind: c.Outcome.Kind}
	if x.Kind == target.Violated {
		x.Letters = safety(c.Outcome.Broken)
	}
	return x
}

// safety returns the letters of target.Safety that stand in broken.
func safety(broken string) string { return minus(broken, minus(target.Invariants, target.Safety)) }

// WriteExpectations writes what was found as a text of expectations, one line where all file systems agree. A remark
// stands in place of a cell without a verdict.
func (k *Kernels) WriteExpectations(w io.Writer) error {
	var b strings.Builder
	for i := range k.Columns {
		fmt.Fprintf(&b, "# %s: %s\n", k.Columns[i].Label, about(&k.Columns[i].Kernel))
	}
	rows := [][2]string{{"# scenario", "outcome"}}
	for n := range k.Scenarios {
		rows = append(rows, k.expectations(n)...)
	}
	room := 0
	for _, r := range rows {
		room = max(room, len(r[0]))
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s  %s\n", room, r[0], r[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// expectations are the lines of scenario n.
func (k *Kernels) expectations(n int) (rows [][2]string) {
	name := k.Scenarios[n].Name
	all := make(map[string]bool) // outcomes
	said := make(map[string]string)
	for i := range k.Columns {
		c, col := &k.Columns[i].Cells[n], &k.Columns[i]
		subject := strings.TrimSpace(col.Kernel.Name + " " + name)
		switch x := expectationOf(c); {
		case !c.played():
			continue
		case c.Lost != "":
			rows = append(rows, [2]string{"# " + subject, noVerdict})
		case said[subject] == x.outcome():
			continue
		case said[subject] != "": // two directories of one name: a text can tell only the first
			rows = append(rows, [2]string{"# " + subject, x.outcome() + " on " + col.Label})
		default:
			rows = append(rows, [2]string{subject, x.outcome()})
			said[subject] = x.outcome()
		}
		all[rows[len(rows)-1][1]] = true
	}
	if len(all) == 1 && !all[noVerdict] {
		return [][2]string{{name, rows[0][1]}}
	}
	return rows
}
