package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/kernels"
	"daxbench/reports/unit"
)

// kernelsView is what the matrix of kernels comes to, the matrix, and below it what was seen.
type kernelsView struct {
	matrixView
	Sentences []sentenceView
	Legend    []signView
	Notes     []string
}

// signView is a sign with what it stands for.
type signView struct{ Class, Sign, Word, Text string }

// An outcome is how a scenario ends, and how that is shown.
type outcome struct {
	kind kernels.Kind
	signView
}

// outcomes are all, the gravest first.
var outcomes = []outcome{
	{kernels.Violated, signView{"loss", "✗", "freed", "a block was freed or reached while it was pinned, or another invariant of safety was broken, as the cell says"}},
	{kernels.Hung, signView{"hang", "∞", "hangs", "somebody waits for ever, or for as long as somebody else likes; D: cannot be interrupted, S: can be"}},
	{kernels.Blocked, signView{"delay", "!", "waits", "somebody waited until the pin was released; D and S as Linux has them for the task"}},
	{kernels.Refused, signView{"refused", "⊘", "refused", "a step was answered with an error, which a program can handle"}},
	{kernels.Parked, signView{"refused", "…", "put aside", "something waits for the pin, and nobody for it"}},
	{kernels.Safe, signView{"kept", "✓", "safe", "nothing was broken and nobody waited"}},
	{kernels.Lost, signView{"notfound", "?", "no verdict", "a step failed, or the file system became unusable: nothing follows"}},
	{kernels.NotApplicable, signView{"unknown", "–", "n/a", "it cannot be run there"}},
	{kernels.Unplayed, signView{"unknown", "–", "not played", "it was not put to that kernel"}},
}

// signOf is how a cell is shown.
func signOf(kind kernels.Kind) signView {
	return outcomes[slices.IndexFunc(outcomes, func(o outcome) bool { return o.kind == kind })].signView
}

// kernelTones are the words and classes of what a matrix comes to.
var kernelTones = map[kernels.Tone]sentenceView{
	kernels.Loss:    {Tag: "Data loss", Class: "harm"},
	kernels.Delay:   {Tag: "Waits", Class: "price"},
	kernels.Warning: {Tag: "Warns", Class: "price"},
	kernels.Changed: {Tag: "Changed", Class: "level"},
	kernels.Fine:    {Tag: "Kept", Class: "safe"},
	kernels.Blank:   {Tag: "Unknown", Class: "open"},
}

// Limits of what a page shows of a cell. What is left out stands in kernels.json.
const (
	maxSteps = 200 // lines of a scenario, or of a story
	maxFrame = 40  // functions of a stack
	maxLog   = 20  // warnings
	maxEach  = 24  // columns of which a sentence stands by itself
)

// kernels makes the view of a matrix; nil if there is none.
func (b *viewer) kernels(m *kernels.Matrix) *kernelsView {
	if m == nil || len(m.Rows) == 0 || len(m.Columns) == 0 {
		return nil
	}
	v := &kernelsView{Notes: cleaned(m.Notes, maxProse)}
	v.Label, v.Title, v.Corner = "Scenarios and kernels", "What became of each scenario", "scenario"
	v.About = "A cell leads to what was seen: who waited, in which functions of the kernel, what the kernel said, and how to see it again."
	for _, s := range m.Sentences() {
		words := kernelTones[s.Tone]
		words.Text = clean(s.Text, maxProse)
		v.Sentences = append(v.Sentences, words)
	}
	for _, o := range outcomes {
		if slices.ContainsFunc(m.Rows, func(r kernels.Row) bool {
			return slices.ContainsFunc(r.Cells, func(c kernels.Cell) bool { return c.Kind == o.kind })
		}) {
			v.Legend = append(v.Legend, o.signView)
		}
	}
	for i := range m.Columns {
		c := &m.Columns[i]
		v.Spans = addSpan(v.Spans, clean(c.Group, maxName))
		v.Spans[len(v.Spans)-1].Edge = len(v.Spans) > 1
		v.Columns = append(v.Columns, headView{
			Name: clean(c.Name, maxName), About: clean(c.Kernel.Release+", "+c.Kernel.FS+", "+c.Kernel.Proof(), maxProse), Full: clean(c.Label, maxName), Edge: edge(m, i),
		})
	}
	ran, others := rowGroup{}, rowGroup{Title: "Cannot be run on any of them"}
	for i := range m.Rows {
		to := &ran
		if unable(&m.Rows[i]) {
			to = &others
		}
		to.Rows = append(to.Rows, b.kernelsRow(m, &m.Rows[i]))
	}
	for _, g := range []rowGroup{ran, others} {
		if len(g.Rows) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	return v
}

// unable says whether a scenario cannot be run on any of the kernels.
func unable(r *kernels.Row) bool {
	return !slices.ContainsFunc(r.Cells, func(c kernels.Cell) bool { return c.Kind != kernels.NotApplicable && c.Kind != kernels.Unplayed })
}

// edge says whether column i is the first of another kernel.
func edge(m *kernels.Matrix, i int) bool { return i > 0 && m.Columns[i].Group != m.Columns[i-1].Group }

// kernelsRow makes the view of a scenario. Cells in which the same happened have one finding.
func (b *viewer) kernelsRow(m *kernels.Matrix, r *kernels.Row) matrixRow {
	row := matrixRow{Name: clean(r.Name, maxTitle), About: clean(r.Title, maxProse), Steps: cleaned(r.Steps[:min(len(r.Steps), maxSteps)], maxTitle)}
	if r.Number > 0 {
		row.Name = fmt.Sprintf("%d %s", r.Number, row.Name)
	}
	var order []string
	alike := make(map[string][]int) // columns
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Kind != kernels.Unplayed {
			key := likeness(c)
			if alike[key] == nil {
				order = append(order, key)
			}
			alike[key] = append(alike[key], i)
		}
	}
	hrefs := make([]string, len(r.Cells))
	var words []string
	for _, key := range order {
		f := b.kernelsFinding(m, r, alike[key])
		for _, i := range alike[key] {
			hrefs[i] = f.ID
		}
		if !f.Quiet {
			words = append(words, f.Sign+" "+f.Head)
		}
		row.Findings = append(row.Findings, f)
	}
	slices.SortStableFunc(row.Findings, func(a, b findingView) int { // what there is to tell comes first
		switch {
		case a.Quiet == b.Quiet:
			return 0
		case a.Quiet:
			return 1
		}
		return -1
	})
	row.Summary = strings.Join(words, "; ")
	switch {
	case row.Summary != "":
	case unable(r):
		row.Summary = "cannot be run on any of them"
	default:
		row.Summary = "nothing was broken, and nobody waited, wherever it could be run"
	}
	for i := range r.Cells {
		cell := newKernelCell(m, r, i)
		cell.Href = hrefs[i]
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// likeness is what cells have in common that tell the same: all but times, and the numbers of blocks in a sentence.
func likeness(c *kernels.Cell) string {
	words := []string{c.Kind.String(), c.Word, c.Letters, c.Run}
	for i := range c.Stalls {
		s := &c.Stalls[i]
		words = append(words, s.Task, s.Action, s.State, s.Kill, s.Ended, strings.Join(s.Stack, " "))
	}
	return strings.Join(append(words, c.Log...), "\n")
}

// wordOf is the word for a cell, which is that of the file, and the state of a task stays with it. What is not applicable has none
// that could be read out.
func wordOf(c *kernels.Cell) string {
	if c.Kind == kernels.NotApplicable {
		return signOf(c.Kind).Word
	}
	word := clean(cmp.Or(c.Word, signOf(c.Kind).Word), maxName)
	if at := strings.LastIndexByte(word, ' '); at > 0 && at == len(word)-2 {
		word = word[:at] + "\u00a0" + word[at+1:]
	}
	return word
}

// newKernelCell makes the view of a cell in column i.
func newKernelCell(m *kernels.Matrix, r *kernels.Row, i int) matrixCell {
	c, s := &r.Cells[i], signOf(r.Cells[i].Kind)
	cell := matrixCell{
		Of: clean(m.Columns[i].Label, maxName), Class: s.Class, Sign: s.Sign, Word: wordOf(c), Text: clean(cmp.Or(c.Sentence, s.Text), maxProse), Edge: edge(m, i),
	}
	var brief []string
	if c.Harmed() {
		brief = append(brief, "bystander")
	}
	if len(c.Log) > 0 {
		brief = append(brief, "warning")
	}
	cell.Brief = strings.Join(brief, ", ")
	return cell
}

// kernelsFinding says what happened in these columns, and tells the story of the first.
func (b *viewer) kernelsFinding(m *kernels.Matrix, r *kernels.Row, columns []int) findingView {
	c, s := &r.Cells[columns[0]], signOf(r.Cells[columns[0]].Kind)
	first := clean(m.Columns[columns[0]].Label, maxName)
	f := findingView{
		ID: b.anchor("kernels", r.Name, first), Class: s.Class, Sign: s.Sign, Text: wordOf(c), Head: clean(m.Who(columns), maxProse),
		Quiet: c.Kind == kernels.Safe && len(c.Log)+len(c.Stalls) == 0 || c.Kind == kernels.NotApplicable, Replay: clean(c.Replay, maxCommand),
	}
	same := !slices.ContainsFunc(columns, func(i int) bool { return r.Cells[i].Sentence != c.Sentence })
	if c.Run != "" {
		f.Text += ", run " + clean(c.Run, maxName)
	}
	if same && c.Sentence != "" {
		f.Text += ": " + clean(c.Sentence, maxProse)
	} else if !same {
		for _, i := range columns[:min(len(columns), maxEach)] {
			f.Each = append(f.Each, clean(m.Columns[i].Label, maxName)+": "+clean(r.Cells[i].Sentence, maxProse))
		}
	}
	for i := range c.Stalls {
		f.Stalls = append(f.Stalls, newStallView(&c.Stalls[i]))
	}
	f.Log = cleaned(c.Log[:min(len(c.Log), maxLog)], maxProse)
	if len(c.Lines) > 0 {
		title := "What happened on " + first + ", step by step"
		lines := cleaned(c.Lines[:min(len(c.Lines), maxSteps)], maxTitle)
		if left := len(c.Lines) - len(lines); left > 0 {
			lines = append(lines, fmt.Sprintf("… %s more", unit.Plural(left, "line")))
		}
		f.Stories = []storyView{{Title: title, Steps: strings.Join(lines, "\n")}}
	}
	return f
}

// newStallView says who waited, for how long, how, and what ended it.
func newStallView(s *kernels.Stall) stallView {
	who := "Task " + s.Task
	if s.Bystander() {
		who = "A bystander"
	}
	text := who + ", in " + cmp.Or(s.Action, "a call that is not known")
	if s.Step > 0 {
		text += fmt.Sprintf(" (step %d)", s.Step)
	}
	text += fmt.Sprintf(": state %s for %s", cmp.Or(s.State, "unknown"), unit.Format(float64(s.For), unit.Nanos))
	if s.Own {
		text += ", for I/O of its own"
	}
	text += "; " + s.End() + "; " + s.Killed() + "."
	return stallView{clean(text, maxProse), cleaned(s.Stack[:min(len(s.Stack), maxFrame)], maxTitle)}
}
