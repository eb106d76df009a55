package kernels

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// Tone says what a sentence is about.
type Tone uint8

// The tones, the gravest first.
const (
	Loss    Tone = iota // a block was freed, reached or forgotten while it was pinned, or the kernel crashed
	Delay               // somebody waits, or may hang
	Warning             // the kernel itself says that something is wrong
	Changed             // one kernel does what another does not
	Fine                // no pinned block was freed wherever one looked
	Blank               // what has no verdict
)

// Sentence is what the matrix comes to.
type Sentence struct {
	Tone Tone
	Text string
}

// Sentences say which kernels free pinned blocks, what others do instead, who waits, and what has no verdict. Columns without DAX
// are controls, and said apart.
func (m *Matrix) Sentences() (out []Sentence) {
	say := func(tone Tone, format string, args ...any) {
		out = append(out, Sentence{tone, fmt.Sprintf(format, args...)})
	}
	var dax, controls, blank []int
	for i := range m.Columns {
		switch {
		case m.judged(i) == 0:
			blank = append(blank, i)
		case m.Columns[i].Kernel.DAX:
			dax = append(dax, i)
		default:
			controls = append(controls, i)
		}
	}
	freed := func(i int) string { return m.ofProbing(i, "U", (*Cell).Freed) }
	some := func(i int) bool { return m.count(i, (*Cell).Freed) > 0 }
	if who := m.each(only(dax, some), freed); who != "" {
		say(Loss, "A pinned block is freed %s.", who)
	}
	for _, other := range []struct {
		such func(*Cell) bool
		text string
	}{
		{(*Cell).Crashed, "The kernel crashes %s."},
		{(*Cell).Forgotten, "The owner of a pinned page is forgotten, and no block freed, %s."},
	} {
		if who := m.each(only(dax, func(i int) bool { return m.count(i, other.such) > 0 }), m.scenarios(other.such)); who != "" {
			say(Loss, other.text, who)
		}
	}
	out = append(out, m.changes(dax)...)
	if who := m.each(only(dax, func(i int) bool { return m.count(i, (*Cell).Waits) > 0 }), m.waits); who != "" {
		say(Delay, "Somebody waits %s.", who)
	}
	warned := func(c *Cell) bool { return len(c.Log) > 0 }
	if who := m.each(only(dax, func(i int) bool { return m.count(i, warned) > 0 }), m.scenarios(warned)); who != "" {
		say(Warning, "The kernel itself warns %s.", who)
	}
	looked := func(i int) bool { return !some(i) && m.probing(i, "U") > 0 }
	if who := m.each(only(dax, looked), freed); who != "" {
		say(Fine, "No pinned block is freed %s.", who)
	}
	if who := m.each(only(controls, looked), freed); who != "" {
		say(Fine, "Nor is one without DAX, which is the control, %s.", who)
	}
	if who := m.each(only(controls, some), freed); who != "" {
		say(Blank, "The controls without DAX show it, too, %s: what is seen there does not come of DAX.", who)
	}
	lost := func(c *Cell) bool { return c.Kind == Lost }
	if who := m.each(only(slices.Concat(dax, controls), func(i int) bool { return m.count(i, lost) > 0 }), m.scenarios(lost)); who != "" {
		say(Blank, "There is no verdict %s.", who)
	}
	if len(blank) > 0 {
		say(Blank, "Nothing is known of %s: no scenario there came to a verdict.", m.Who(blank))
	}
	return out
}

// scenarios says in how many scenarios of a column something was seen: "in 5 scenarios".
func (m *Matrix) scenarios(such func(*Cell) bool) func(i int) string {
	return func(i int) string { return "in " + unit.Plural(m.count(i, such), "scenario") }
}

// ofProbing says in how many of the scenarios that probe a letter something was seen in a column.
func (m *Matrix) ofProbing(i int, letter string, such func(*Cell) bool) string {
	n, of := m.count(i, such), m.probing(i, letter)
	if n == 0 {
		return "in any of " + unit.Plural(of, "scenario") + " about it"
	}
	return fmt.Sprintf("in %s of %s", unit.Count(n), unit.Plural(max(n, of), "scenario"))
}

// waits says in how many scenarios of a column somebody waits, and how badly.
func (m *Matrix) waits(i int) string {
	text := fmt.Sprintf("in %s of %s", unit.Count(m.count(i, (*Cell).Waits)), unit.Plural(m.judged(i), "scenario"))
	var worse []string
	for _, w := range []struct {
		such func(*Cell) bool
		text string
	}{
		{func(c *Cell) bool { return c.Kind == Hung }, "in %s for as long as somebody else likes"},
		{(*Cell).Unkillable, "in %s SIGKILL is ignored"},
		{(*Cell).Harmed, "in %s a bystander, too"},
	} {
		if n := m.count(i, w.such); n > 0 {
			worse = append(worse, fmt.Sprintf(w.text, unit.Count(n)))
		}
	}
	if len(worse) > 0 {
		text += " (" + strings.Join(worse, ", ") + ")"
	}
	return text
}

// judged is how many scenarios have a verdict in a column.
func (m *Matrix) judged(i int) int { return m.count(i, func(c *Cell) bool { return c.Kind.Judged() }) }

// count is in how many scenarios of a column something was seen.
func (m *Matrix) count(i int, such func(*Cell) bool) (n int) {
	for k := range m.Rows {
		if such(&m.Rows[k].Cells[i]) {
			n++
		}
	}
	return n
}

// probing is how many scenarios with a verdict in a column probe a letter.
func (m *Matrix) probing(i int, letter string) (n int) {
	for k := range m.Rows {
		if m.Rows[k].Cells[i].Kind.Judged() && strings.Contains(m.Rows[k].Probes, letter) {
			n++
		}
	}
	return n
}

// only are the columns of which something holds.
func only(list []int, such func(int) bool) (out []int) {
	for _, i := range list {
		if such(i) {
			out = append(out, i)
		}
	}
	return out
}

// each says something of columns, and together of those of which the same is to be said: "on 6.1 and 6.12 in 9 of 24 scenarios;
// on 6.16 with xfs in 1 of 24 scenarios".
func (m *Matrix) each(list []int, say func(int) string) string {
	var order []string
	columns := make(map[string][]int)
	for _, i := range list {
		text := say(i)
		if columns[text] == nil {
			order = append(order, text)
		}
		columns[text] = append(columns[text], i)
	}
	const most = 4 // that a sentence can tell apart
	var parts []string
	for k, text := range order {
		if k == most && len(order) > most+1 {
			n := 0
			for _, rest := range order[k:] {
				n += len(columns[rest])
			}
			parts = append(parts, fmt.Sprintf("otherwise on %s, below", unit.Plural(n, "other")))
			break
		}
		parts = append(parts, "on "+m.Who(columns[text])+" "+text)
	}
	return strings.Join(parts, "; ")
}

// Who names columns: a kernel alone if they are all that it has with DAX, else with their names, and together kernels of which
// the same ones are meant: "6.1 xfs", or "6.1, 6.16 and 7.3 with xfs".
func (m *Matrix) Who(list []int) string {
	var order []string
	groups := make(map[string][]string) // by what stands behind them
	for k, i := range list {
		g := m.Columns[i].Group
		if slices.ContainsFunc(list[:k], func(o int) bool { return m.Columns[o].Group == g }) {
			continue
		}
		with := m.with(list, g)
		if groups[with] == nil {
			order = append(order, with)
		}
		groups[with] = append(groups[with], g)
	}
	const most = 8
	var words []string
	for _, with := range order {
		names := groups[with]
		if len(names) == 1 {
			with = strings.TrimPrefix(with, " with")
		}
		if n := len(names); n > most+1 {
			names = append(names[:most:most], unit.Plural(n-most, "other"))
		}
		words = append(words, unit.List(names)+with)
	}
	return strings.Join(words, ", and ")
}

// with is what to add to the name of a kernel to say which of its columns are meant: nothing if they are all that are on DAX.
func (m *Matrix) with(list []int, group string) string {
	var names []string
	meant, dax := 0, 0
	for i := range m.Columns {
		c := &m.Columns[i]
		if c.Group != group {
			continue
		}
		if c.Kernel.DAX {
			dax++
		}
		if slices.Contains(list, i) {
			names = append(names, c.Name)
			if c.Kernel.DAX {
				meant++
			}
		}
	}
	if meant == dax && len(names) == dax {
		return ""
	}
	return " with " + unit.List(names)
}
