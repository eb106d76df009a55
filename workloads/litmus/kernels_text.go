package litmus

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
)

// Text writes scenarios × kernels, and below it a sentence for each violation and each task that hangs, what the kernels
// warned of, and what could not be judged.
func (k *Kernels) Text(w io.Writer, l Look) error {
	p := newPage(l)
	p.line(p.on("What became of each scenario", bold))
	k.grid(p, func(i, n int) (string, text.Colors) { return k.Columns[i].Cells[n].shown() })
	p.flow(2, faint, k.legend()...)
	p.line("")
	k.columns(p)
	k.found(p)
	return p.writeTo(w)
}

// columns says what each column was.
func (k *Kernels) columns(p *page) {
	room := 0
	for i := range k.Columns {
		room = max(room, text.StringWidth(k.Columns[i].Label))
	}
	room = min(room, p.width/3)
	for i := range k.Columns {
		c := &k.Columns[i]
		p.hang("  "+p.on(text.Pad(c.Label, room, ' '), bold)+"  ", room+4, about(&c.Kernel), nil)
	}
}

// grid writes a row per scenario and a column per kernel; as many columns as fit, then the next.
func (k *Kernels) grid(p *page, cell func(i, n int) (string, text.Colors)) {
	room := 0
	for n := range k.Scenarios {
		room = max(room, text.StringWidth(k.Scenarios[n].Name))
	}
	widths := make([]int, len(k.Columns))
	for i := range k.Columns {
		widths[i] = text.StringWidth(k.Columns[i].head())
		for n := range k.Scenarios {
			s, _ := cell(i, n)
			widths[i] = max(widths[i], text.StringWidth(s))
		}
	}
	for from := 0; from < len(k.Columns); {
		to, width := from+1, 5+room+2+widths[from]
		for to < len(k.Columns) && width+2+widths[to] <= p.width {
			width += 2 + widths[to]
			to++
		}
		if from > 0 {
			p.line("")
		}
		head := strings.Repeat(" ", 5+room)
		for i := from; i < to; i++ {
			head += "  " + p.on(text.Pad(k.Columns[i].head(), widths[i], ' '), bold)
		}
		p.line(head)
		for n := range k.Scenarios {
			line := fmt.Sprintf(" %3s %s", number(k.Scenarios[n].Number), text.Pad(k.Scenarios[n].Name, room, ' '))
			for i := from; i < to; i++ {
				s, look := cell(i, n)
				line += "  " + p.on(text.Pad(s, widths[i], ' '), look)
			}
			p.line(line)
		}
		from = to
	}
}

// head is what stands above a column: one without DAX is marked, unless its name says so.
func (c *KernelColumn) head() string {
	if c.Kernel.DAX || strings.Contains(c.Label, "nodax") {
		return c.Label
	}
	return c.Label + " (no DAX)"
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// shown is what stands in the table.
func (c *KernelCell) shown() (string, text.Colors) {
	s := c.Word
	if len(c.Log) > 0 {
		s += " " + warned
	}
	switch {
	case c.Lost != "":
		return s, bad
	case c.Outcome.Kind == target.Hung || c.Outcome.Kind == target.Violated:
		return s, bad
	}
	return s, signs[c.Outcome.Kind].look
}

// warned stands behind what the kernel had a warning for.
const warned = "!"

// words are those of KernelCell.Word, by their beginnings, and what they mean.
var words = []struct{ word, about string }{
	{"safe", "nobody waited"},
	{"put aside", "until the pin is gone, and nobody waits"},
	{"refused", "with an error"},
	{"waits S", "asleep until the pin is released, as a signal may end"},
	{"waits D", "until the pin is released, in uninterruptible sleep"},
	{"hangs R", "and burns a processor"},
	{"hangs", "for ever, or as long as somebody else likes"},
	{"freed while pinned", "the block went to another file"},
	{"foreign data", "the block went to another file, and bytes with it"},
	{"owner forgotten", "the inode of a pinned page is not known any more"},
	{noVerdict, "see below"},
	{warned, "the kernel warned"},
	{"—", "cannot be played there; -v says why"},
}

// legend explains the words that occur.
func (k *Kernels) legend() (items []string) {
	for _, w := range words {
		occurs := false
		for i := range k.Columns {
			for n := range k.Columns[i].Cells {
				s, _ := k.Columns[i].Cells[n].shown()
				occurs = occurs || strings.HasPrefix(s, w.word) || w.word == warned && strings.HasSuffix(s, warned)
			}
		}
		if occurs {
			items = append(items, w.word+": "+w.about)
		}
	}
	return items
}

// about says in a few words what a column was.
func about(k *kernelfs.Kernel) string {
	parts := []string{strings.TrimSpace("Linux " + k.Release + ", " + k.FS)}
	switch {
	case !k.DAX:
		parts = append(parts, "no DAX: the control, whose pages are not its blocks")
	case k.Final:
		parts = append(parts, "DAX, with a final break at eviction")
	default:
		parts = append(parts, "DAX, without a final break at eviction")
	}
	if k.Clock != "" && k.Clock != "real" {
		parts = append(parts, "time is "+k.Clock)
	}
	if k.Machine != "" {
		parts = append(parts, "on "+k.Machine)
	}
	s := strings.Join(parts, "; ") + "."
	if len(k.Missing) > 0 {
		s += " Not to be had: " + strings.Join(k.Missing, "; ") + "."
	}
	return s
}

// found writes a sentence per violation and hang, then the kernels' warnings, then what has no verdict.
func (k *Kernels) found(p *page) {
	is := func(kind target.Kind) func(*KernelCell) string {
		return func(c *KernelCell) string {
			if !c.Judged() || c.Outcome.Kind != kind {
				return ""
			}
			return c.why()
		}
	}
	violations, hangs := k.each(is(target.Violated)), k.each(is(target.Hung))
	p.byScenario("Violations", violations)
	p.byScenario("Who hangs", hangs)
	if len(violations)+len(hangs) > 0 {
		p.line("")
		p.hang("  ", 2, howToRead, faint)
	}
	p.list("The kernels warned", k.byText(func(c *KernelCell) []string { return c.Log }), middle)
	p.list("No verdict", k.byText(func(c *KernelCell) []string {
		if c.Lost == "" {
			return nil
		}
		return []string{c.Lost}
	}), bad)
}

// why is a sentence: what made it this kind, and if a block went to another file, which bytes went with it.
func (c *KernelCell) why() string {
	for _, f := range c.Outcome.Findings {
		if f.Invariants == "U" && f.Property == "" && f.Text != c.Outcome.Why {
			return c.Outcome.Why + "; " + f.Text
		}
	}
	return c.Outcome.Why
}

// A remark is a sentence about some of the cells.
type remark struct{ where, text string }

// list writes remarks below a title.
func (p *page) list(title string, list []remark, look text.Colors) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line(p.on(title, bold))
	for _, r := range list {
		p.hang("  "+p.on("! ", look), 4, r.where+": "+strings.TrimSuffix(r.text, ".")+".", nil)
	}
}

// howToRead says what the names in the sentences are.
const howToRead = "-v -scenario NAME tells such a story step by step. F, N and the like are files of the scenario, and p is a pin of it: " +
	"daxbench litmus -list -scenario NAME."

// A finding is what was found of a scenario, by columns.
type finding struct {
	scenario *KernelScenario
	remarks  []remark
}

// byScenario writes findings below a title, with what each scenario is about.
func (p *page) byScenario(title string, list []finding) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line(p.on(title, bold))
	for _, f := range list {
		p.hang("  "+p.on("! ", bad), 4, f.scenario.Name+": "+strings.TrimSuffix(f.scenario.Title, ".")+".", nil)
		for _, r := range f.remarks {
			p.hang("    ", 6, "on "+r.where+": "+strings.TrimSuffix(r.text, ".")+".", nil)
		}
	}
}

// each lists what say says of cells, by scenario; what it says of several columns stands once.
func (k *Kernels) each(say func(*KernelCell) string) (list []finding) {
	for n := range k.Scenarios {
		var kinds []string
		where, texts := make(map[string][]string), make(map[string]string)
		for i := range k.Columns {
			text := say(&k.Columns[i].Cells[n])
			if text == "" {
				continue
			}
			kind := withoutPlace(text)
			switch first, ok := texts[kind]; {
			case !ok:
				kinds = append(kinds, kind)
				texts[kind] = text
			case first != text:
				texts[kind] = kind
			}
			where[kind] = append(where[kind], k.Columns[i].Label)
		}
		if kinds == nil {
			continue
		}
		f := finding{scenario: &k.Scenarios[n]}
		for _, kind := range kinds {
			f.remarks = append(f.remarks, remark{enumerated(where[kind]), texts[kind]})
		}
		list = append(list, f)
	}
	return list
}

// places are where in a file system a block was, which is another on each: the number of the block, and which page of which inode
// it became.
var places = regexp.MustCompile(`\bblock \d+| \(inode \d+, page \d+\)|\bpage \d+ of N\b`)

// withoutPlace is a sentence without what differs between two file systems that do the same.
func withoutPlace(text string) string {
	return places.ReplaceAllStringFunc(text, func(s string) string {
		switch s[0] {
		case 'b':
			return "a block"
		case 'p':
			return "a page of N"
		}
		return ""
	})
}

// enumerated is "a", "a and b", "a, b and c".
func enumerated(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// byText lists what say says of cells, each text of a column once, with the scenarios.
func (k *Kernels) byText(say func(*KernelCell) []string) (list []remark) {
	for i := range k.Columns {
		var texts []string
		in := make(map[string][]string)
		for n := range k.Columns[i].Cells {
			for _, text := range say(&k.Columns[i].Cells[n]) {
				if in[text] == nil {
					texts = append(texts, text)
				}
				if !slices.Contains(in[text], k.Scenarios[n].Name) {
					in[text] = append(in[text], k.Scenarios[n].Name)
				}
			}
		}
		for _, text := range texts {
			list = append(list, remark{k.Columns[i].Label + ", in " + strings.Join(in[text], ", "), text})
		}
	}
	return list
}

// Stories writes what happened in each cell, step by step, with the stacks of who waited.
func (k *Kernels) Stories(w io.Writer, l Look) error {
	p := newPage(l)
	for n := range k.Scenarios {
		if n > 0 {
			p.line("")
		}
		s := &k.Scenarios[n]
		p.hang("", 0, strings.TrimSpace(number(s.Number)+" "+s.Name)+": "+s.Title, bold)
		for i := range k.Columns {
			if c := &k.Columns[i].Cells[n]; c.played() {
				p.line("")
				p.kernelCell(k.Columns[i].Label, c)
			}
		}
	}
	p.line("")
	k.columns(p)
	return p.writeTo(w)
}

// kernelCell writes the story of one cell.
func (p *page) kernelCell(label string, c *KernelCell) {
	if c.Run != "" {
		label += "; run " + c.Run
	}
	p.hang("  ", 2, label, bold)
	word, look := c.shown()
	if c.Outcome.Why != "" {
		word += ": " + c.Outcome.Why
	}
	p.hang("    ", 4, word+".", look)
	for _, l := range c.Lines {
		p.told(l)
	}
	for i := range c.Stalls {
		p.stall(&c.Stalls[i])
	}
	for _, l := range c.Log {
		p.hang("    ", 4, "the kernel warned: "+l, middle)
	}
}

// told writes a line of a recorded story; what is too long goes on where the line's text began.
func (p *page) told(line string) {
	if rest, ok := strings.CutPrefix(line, "! "); ok {
		p.hang("    "+p.on("! ", bad), 6, rest+".", bad)
		return
	}
	lead := len(line) - len(strings.TrimLeft(line, " "))
	p.hang(strings.Repeat(" ", 4+lead), 4+lead, line[lead:], nil)
}

// stall writes who waited, how, and where in the kernel.
func (p *page) stall(s *target.Stall) {
	said := fmt.Sprintf("%s was in %q for %v, in state %s", s.Task, s.Action, round(s.For), s.State)
	switch s.Kill {
	case target.Died:
		said += "; SIGKILL ends it"
	case target.Ignored:
		said += "; SIGKILL is ignored"
	}
	switch {
	case s.Own:
		said += "; it is I/O of its own"
	case s.Ended != "":
		said += "; it ended by: " + s.Ended
	default:
		said += "; it did not end"
	}
	p.hang("    ", 4, fmt.Sprintf("at %v %s.", round(s.Since), said), faint)
	if len(s.Stack) > 0 {
		p.hang("      ", 6, strings.Join(s.Stack, " < "), faint)
	}
}
