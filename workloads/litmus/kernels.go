package litmus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
)

// KernelsName is the file in a result folder that holds what scenarios came to on real kernels.
const KernelsName = "kernels.json"

// Kernels is what became of scenarios on mounted file systems: a column per directory. Scenarios are those of
// target.Scenario.AsKernel.
type Kernels struct {
	Scenarios []KernelScenario `json:"scenarios"`
	Columns   []KernelColumn   `json:"columns"`
}

// A KernelScenario is a scenario that was put to kernels.
type KernelScenario struct {
	Number int      `json:"number,omitempty"`
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Probes string   `json:"probes"`
	Steps  []string `json:"steps"`
}

// A KernelColumn is a kernel and a directory on it.
type KernelColumn struct {
	Label  string          `json:"label"` // "6.12 xfs": differs from that of other columns
	Kernel kernelfs.Kernel `json:"kernel"`
	Cells  []KernelCell    `json:"cells"` // in the order of Kernels.Scenarios
}

// A KernelCell is what became of one scenario there: the worst of its variants.
type KernelCell struct {
	Outcome target.Outcome `json:"outcome"`
	Run     string         `json:"run,omitempty"` // the variant
	Word    string         `json:"word"`          // the outcome in a word or two for a table: "safe", "waits D", "foreign data"
	// Lost says why there is no verdict, although the scenario applies: the file system became unusable, or a step
	// failed. The outcome means nothing then. Empty: there is one.
	Lost   string         `json:"lost,omitempty"`
	Stalls []target.Stall `json:"stalls,omitempty"`
	Log    []string       `json:"log,omitempty"` // warnings of the kernel
	Lines  []string       `json:"lines"`         // the story, as Record has it
	Replay string         `json:"replay"`
}

// Mounted makes subjects in a directory of a mounted file system, as *kernelfs.Maker does.
type Mounted interface {
	target.Maker
	Kernel() *kernelfs.Kernel
}

// maxLost is after how many scenarios in a row without a verdict a file system is left alone: it is not coming back.
const maxLost = 3

// PlayKernels puts scenarios to each directory; those that take a device away, which a kernel may not survive, when all others
// have been played everywhere. What a kernel does is no error: a directory in which nothing can be played any more has cells
// that are lost. replay makes the command that plays a scenario in directory i again. keep is given all that there is before the
// first scenario is played, and after each: there, scenarios that were not played to their end are lost, as they are if nothing
// comes after it; see BreakOff. said is told of each cell that was played, once it is kept. The errors are those of keep, which end
// it, and the cause why ctx is done: cells that they kept from being played are lost, the others are there all the same.
func PlayKernels(ctx context.Context, mounted []Mounted, scenarios []Entry,
	replay func(i int, e Entry) string, keep func(all *Kernels) error, said func(all *Kernels, i, n int)) (*Kernels, error) {
	all := new(Kernels)
	list := make([]Entry, len(scenarios))
	for k, e := range scenarios {
		list[k] = Entry{e.Number, e.AsKernel()}
		all.Scenarios = append(all.Scenarios, newKernelScenario(list[k]))
	}
	for i, m := range mounted {
		col := KernelColumn{Label: m.Kernel().Label(), Kernel: *m.Kernel(), Cells: make([]KernelCell, len(list))}
		for n := range col.Cells {
			col.Cells[n].Replay = replay(i, scenarios[n])
			col.Cells[n].lose(brokenBefore)
		}
		all.Columns = append(all.Columns, col)
	}
	all.tellApart()
	left := turns(len(mounted), list)
	lost := make([]int, len(mounted)) // cells in a row
	all.begin(left)
	err := keep(all)
	for err == nil && ctx.Err() == nil && len(left) > 0 {
		t := left[0]
		left = left[1:]
		cell := all.cell(t)
		cell.become(playKernel(mounted[t.column], list[t.row]))
		if lost[t.column]++; cell.Lost == "" {
			lost[t.column] = 0
		}
		if lost[t.column] == maxLost {
			left = all.leave(t.column, left)
		}
		all.begin(left)
		if err = keep(all); err == nil {
			said(all, t.column, t.row)
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	for _, t := range left {
		all.cell(t).lose(err.Error())
	}
	return all, err
}

// A turn is that of a scenario in a directory.
type turn struct{ column, row int }

// turns is the order in which scenarios are played.
func turns(columns int, list []Entry) (order []turn) {
	for _, last := range []bool{false, true} {
		for i := range columns {
			for n, e := range list {
				if unplugs(e.Scenario) == last {
					order = append(order, turn{i, n})
				}
			}
		}
	}
	return order
}

func (k *Kernels) cell(t turn) *KernelCell { return &k.Columns[t.column].Cells[t.row] }

// begin notes whose turn it is.
func (k *Kernels) begin(left []turn) {
	if len(left) > 0 {
		k.cell(left[0]).lose(brokenWhile)
	}
}

// leave gives the turns in a column up, and returns the others.
func (k *Kernels) leave(column int, left []turn) []turn {
	return slices.DeleteFunc(left, func(t turn) bool {
		is := t.column == column
		if is {
			k.cell(t).lose("not played: the last scenarios could not be played to their end either")
		}
		return is
	})
}

// Why a cell is lost that was not played to its end when kernels were kept.
const (
	brokenBefore = "broken off before it was played"
	brokenWhile  = "broken off while it was played"
)

// BreakOff has cells that were kept before they were played to their end say why: what ended it all. It returns how many there are.
func (k *Kernels) BreakOff(why string) (n int) {
	for i := range k.Columns {
		for j := range k.Columns[i].Cells {
			if c := &k.Columns[i].Cells[j]; c.Lost == brokenBefore || c.Lost == brokenWhile {
				c.lose(c.Lost + ": " + why)
				n++
			}
		}
	}
	return n
}

// Unplugs reports whether registered scenarios, by names or numbers separated by commas, are all such that take a device away.
func Unplugs(lists []string) bool {
	for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		if e, err := Lookup(name); err != nil || !unplugs(e.Scenario) {
			return false
		}
	}
	return true
}

// unplugs reports whether a scenario takes the device away.
func unplugs(s *target.Scenario) bool {
	return slices.ContainsFunc(s.Steps, func(a target.Step) bool { return a.Verb == target.Unplug })
}

func newKernelScenario(e Entry) KernelScenario {
	s := KernelScenario{Number: e.Number, Name: e.Name, Title: e.Title, Probes: e.Probes}
	for i := range e.Steps {
		s.Steps = append(s.Steps, e.Steps[i].String())
	}
	return s
}

// noVerdict is the word of a lost cell.
const noVerdict = "no verdict"

func lostCell(why string) KernelCell {
	return KernelCell{Lost: why, Word: noVerdict, Outcome: target.Outcome{Kind: target.NotApplicable, Why: why}}
}

// become makes the cell what came of its scenario.
func (c *KernelCell) become(played KernelCell) {
	played.Replay = c.Replay
	*c = played
}

// lose leaves the cell without a verdict.
func (c *KernelCell) lose(why string) { c.become(lostCell(why)) }

// unplayed is a cell of a scenario that was not put to a kernel.
func unplayed() KernelCell { return KernelCell{Outcome: target.Outcome{Why: "it was not played here"}} }

// playKernel plays one scenario in one directory.
func playKernel(m Mounted, e Entry) KernelCell {
	c, err := Run(m, e)
	if err != nil {
		return lostCell(cmp.Or(errors.Unwrap(err), err).Error()) // without the scenario's name
	}
	worst := &c.Runs[0]
	for i := range c.Runs {
		if worse(&c.Runs[i].Outcome, &worst.Outcome) {
			worst = &c.Runs[i]
		}
	}
	cell := KernelCell{Outcome: c.Outcome, Run: worst.Run, Word: worst.word(), Lines: worst.lines(), Stalls: worst.Stalls, Log: worst.Log}
	if bad := c.Outcome.Complaints(); len(bad) > 0 && !strings.ContainsAny(c.Outcome.Broken, target.Safety) && !c.Outcome.Has(target.Crashed) {
		cell.Lost, cell.Word = strings.Join(bad, "; "), noVerdict
	}
	return cell
}

// word is the outcome of a run in a word or two.
func (r *Result) word() string {
	switch o := &r.Outcome; o.Kind {
	case target.NotApplicable:
		return "—"
	case target.Blocked:
		return strings.TrimSpace("waits " + r.state())
	case target.Hung:
		return strings.TrimSpace("hangs " + r.state())
	case target.Parked:
		return "put aside"
	case target.Violated:
		return violation(o)
	default:
		return o.Kind.String()
	}
}

// state is the letter of what the task is in that waited longest, and not for I/O of its own; empty if nobody looked.
func (r *Result) state() string {
	longest := target.Stall{For: -1}
	for _, s := range r.Stalls {
		if !s.Own && s.For > longest.For {
			longest = s
		}
	}
	return longest.State
}

// violation is a violation in two or three words. That foreign bytes were seen is found of the bytes, and belongs to no
// property; that a block was free, or somebody else's, is P1r. After a crash the rest means little.
func violation(o *target.Outcome) string {
	use, seen := false, false
	for _, f := range o.Findings {
		if strings.Contains(f.Invariants, "U") {
			use, seen = true, seen || f.Property == ""
		}
	}
	switch {
	case o.Has(target.Crashed):
		return "crashed"
	case seen:
		return "foreign data"
	case use:
		return "freed while pinned"
	case o.Has(target.Unplugged):
		return "memory taken"
	case strings.Contains(o.Broken, "A"):
		return "owner forgotten"
	case strings.Contains(o.Broken, "X"):
		return "atomic sleep"
	}
	return o.Kind.String()
}

// tellApart numbers columns that would have one label.
func (k *Kernels) tellApart() {
	seen := make(map[string]int)
	for i := range k.Columns {
		label := k.Columns[i].Label
		if seen[label]++; seen[label] > 1 {
			k.Columns[i].Label = fmt.Sprintf("%s (%d)", label, seen[label])
		}
	}
}

// JoinKernels puts the columns of several side by side, and rows of one scenario together. A label, if it is not empty,
// takes the place of the kernel's number in the labels of the columns that list[i] has.
func JoinKernels(labels []string, list []*Kernels) *Kernels {
	all := new(Kernels)
	for _, k := range list {
		for _, s := range k.Scenarios {
			if all.row(&s) < 0 {
				all.Scenarios = append(all.Scenarios, s)
			}
		}
	}
	slices.SortStableFunc(all.Scenarios, func(a, b KernelScenario) int {
		return cmp.Or(cmp.Compare(rank(a.Number), rank(b.Number)), strings.Compare(a.Name, b.Name))
	})
	for i, k := range list {
		for _, c := range k.Columns {
			if i < len(labels) && labels[i] != "" {
				c.Label = strings.TrimSpace(labels[i] + " " + c.Kernel.Name)
			}
			cells := make([]KernelCell, len(all.Scenarios))
			for n := range cells {
				cells[n] = unplayed()
			}
			for n := range k.Scenarios {
				cells[all.row(&k.Scenarios[n])] = c.Cells[n]
			}
			c.Cells = cells
			all.Columns = append(all.Columns, c)
		}
	}
	all.tellApart()
	return all
}

// row is the index of a scenario, or -1. Two texts of one name are two scenarios.
func (k *Kernels) row(s *KernelScenario) int {
	same := func(o KernelScenario) bool { return o.Name == s.Name && slices.Equal(o.Steps, s.Steps) }
	return slices.IndexFunc(k.Scenarios, same)
}

// rank puts scenarios that are not registered last.
func rank(number int) uint { return uint(number - 1) }

// played reports whether a cell is of a scenario that was played, or tried.
func (c *KernelCell) played() bool { return c.Word != "" }

// Judged reports whether the cell has a verdict.
func (c *KernelCell) Judged() bool {
	return c.played() && c.Lost == "" && c.Outcome.Kind != target.NotApplicable
}

// Lost lists, a sentence each, the cells that should have a verdict and have none.
func (k *Kernels) Lost() (list []string) {
	for i := range k.Columns {
		for n := range k.Columns[i].Cells {
			if c := &k.Columns[i].Cells[n]; c.Lost != "" {
				list = append(list, fmt.Sprintf("%s on %s: no verdict: %s", k.Scenarios[n].Name, k.Columns[i].Label, c.Lost))
			}
		}
	}
	return list
}
