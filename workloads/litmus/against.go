package litmus

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"daxbench/engine/kernelfs"
	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// An Agreement is the engine beside real kernels: each scenario that a kernel has a verdict of is played on an engine made
// like it, under what that kernel does at eviction.
type Agreement struct {
	Kernels *Kernels
	Cells   [][]Agreed // by column of Kernels, and there by scenario
	Gone    []Departure
}

// An Agreed is one cell.
type Agreed struct {
	Why       string         `json:"why,omitempty"`    // nothing was compared: why; the rest means nothing then
	Engine    string         `json:"engine,omitempty"` // what it was made like: "6.19 under dax-only"
	Model     target.Outcome `json:"model"`
	Kernel    target.Outcome `json:"kernel"`
	Same      bool           `json:"same"`
	Departure *Departure     `json:"departure,omitempty"` // that explains the difference
	model     *Cell          // with its stories
}

// A Departure is a scenario in which the engine is known to come to something else than a kernel, and why it stays so.
type Departure struct {
	Scenario string `json:"scenario"`
	Preset   string `json:"preset,omitempty"` // of the engine: 6.0 or 6.19; empty: both
	Series   string `json:"series,omitempty"` // of the kernel, such as 6.12; empty: all
	FS       string `json:"fs,omitempty"`     // type of the file system; empty: all
	Kernel   string `json:"kernel"`           // what the kernel comes to: a kind, and U or A, see inShort
	Model    string `json:"model"`            // and what the engine does, likewise
	Reason   string `json:"reason"`           // whole sentences
}

// about reports whether d is about a scenario in a column.
func (d *Departure) about(scenario string, k *kernelfs.Kernel) bool {
	return d.Scenario == scenario && (d.Preset == "" || d.Preset == k.Preset) &&
		(d.Series == "" || d.Series == k.Series()) && (d.FS == "" || d.FS == k.FS)
}

// is reports whether c is the difference that d explains.
func (d *Departure) is(c *Agreed) bool {
	return d.Kernel == inShort(&c.Kernel) && d.Model == inShort(&c.Model)
}

// Against plays the scenarios of k on engines and compares, by the known departures. The error is the engine's, or the cause
// why ctx is done.
func Against(ctx context.Context, k *Kernels, known []Departure) (*Agreement, error) {
	a := &Agreement{Kernels: k}
	models := make(map[string]*model)
	defer func() {
		for _, m := range models {
			m.close()
		}
	}()
	for i := range k.Columns {
		col := &k.Columns[i]
		cells := make([]Agreed, len(k.Scenarios))
		m, why, err := modelOf(models, &col.Kernel)
		if err != nil {
			return nil, err
		}
		for n := range k.Scenarios {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if cells[n].Why = why; why != "" {
				continue
			}
			if cells[n], err = m.beside(&k.Scenarios[n], &col.Cells[n]); err != nil {
				return nil, err
			}
			if c := &cells[n]; c.Why == "" && !c.Same {
				c.Departure = explanation(known, k.Scenarios[n].Name, &col.Kernel, c)
			}
		}
		a.Cells = append(a.Cells, cells)
	}
	a.Gone = a.gone(known)
	return a, nil
}

func explanation(known []Departure, scenario string, k *kernelfs.Kernel, c *Agreed) *Departure {
	for i := range known {
		if known[i].about(scenario, k) && known[i].is(c) {
			return &known[i]
		}
	}
	return nil
}

// A model is the engine like one kernel.
type model struct {
	name  string
	maker target.Maker
	close func() error
	cells map[modelRun]*Cell // that were played
}

// A modelRun is a scenario as it was played on an engine.
type modelRun struct {
	scenario string
	owners   bool // A was looked for
}

// modelOf returns the engine that stands beside a kernel, or says why none does.
func modelOf(models map[string]*model, k *kernelfs.Kernel) (m *model, why string, err error) {
	preset, err := vfs.LookupPreset(k.Preset)
	switch {
	case !k.DAX:
		return nil, "it is the control, without DAX: the engine has no such file system", nil
	case err != nil:
		return nil, err.Error(), nil
	}
	policy := "none"
	if k.Final {
		policy = "dax-only"
	}
	name := preset.Name + " under " + policy
	if models[name] == nil {
		p, err := layout.Lookup(policy)
		if err != nil {
			return nil, "", err
		}
		columns, closeAll := Engines([]layout.Policy{p}, preset)
		models[name] = &model{name: name, maker: columns[0].Maker, close: closeAll, cells: make(map[modelRun]*Cell)}
	}
	return models[name], "", nil
}

// An outsider makes subjects that are judged as a kernel is: by what can be seen from outside. Without lockdep nobody says
// where it slept (X). Whose page it is nobody can ask, either, but the kernel may warn that it forgets it (A): beside one that
// has warned, the engine must have forgotten it, too. That one has not warned proves nothing: it need not look, and warns
// once per boot where that cannot be set back.
type outsider struct {
	target.Maker
	unseen string // letters
}

func (o outsider) Make(s *target.Scenario, set []target.Setting) (target.Subject, error) {
	sub, err := o.Maker.Make(s, set)
	if err != nil {
		return nil, err
	}
	return seen{sub, o.unseen}, nil
}

// seen is a subject of which some findings are not known.
type seen struct {
	target.Subject
	unseen string
}

func (s seen) Facts() (target.Facts, error) {
	facts, err := s.Subject.Facts()
	facts.Findings = slices.DeleteFunc(slices.Clone(facts.Findings), func(f target.Finding) bool {
		return f.Invariants != "" && strings.Trim(f.Invariants, s.unseen) == ""
	})
	return facts, err
}

// beside compares one cell.
func (m *model) beside(s *KernelScenario, c *KernelCell) (Agreed, error) {
	e, err := Lookup(s.Name)
	switch {
	case !c.played():
		return Agreed{Why: "it was not played on the kernel"}, nil
	case !c.Judged():
		return Agreed{Why: "the kernel has no verdict: " + cmp.Or(c.Lost, c.Outcome.Why)}, nil
	case err != nil:
		return Agreed{Why: "the scenario is not registered"}, nil
	case c.Outcome.Has(target.Crashed):
		return Agreed{Why: "the kernel has crashed, which an engine cannot"}, nil
	case len(c.Outcome.Complaints()) > 0:
		return Agreed{Why: "not all went as the scenario has it: " + strings.Join(c.Outcome.Complaints(), "; ")}, nil
	}
	e.Scenario = e.AsKernel()
	if now := newKernelScenario(e); !slices.Equal(now.Steps, s.Steps) {
		return Agreed{Why: "the scenario has other steps now than when the kernel was asked"}, nil
	}
	cell, err := m.play(e, strings.Contains(c.Outcome.Broken, "A"))
	if err != nil {
		return Agreed{}, err
	}
	a := Agreed{Engine: m.name, Model: cell.Outcome, Kernel: c.Outcome, model: cell}
	if cell.Outcome.Kind == target.NotApplicable {
		return Agreed{Why: "the engine cannot: " + cell.Outcome.Why}, nil
	}
	a.Same = inShort(&a.Model) == inShort(&a.Kernel)
	return a, nil
}

// play plays a scenario on the engine, once with each way to look at it.
func (m *model) play(e Entry, owners bool) (*Cell, error) {
	run := modelRun{e.Name, owners}
	if c := m.cells[run]; c != nil {
		return c, nil
	}
	unseen := "AX"
	if owners {
		unseen = "X"
	}
	c, err := Run(outsider{m.maker, unseen}, e)
	m.cells[run] = &c
	return &c, err
}

// gone lists the departures that were looked for and do not occur.
func (a *Agreement) gone(known []Departure) (list []Departure) {
	for d := range known {
		looked, occurs := false, false
		for i := range a.Cells {
			for n := range a.Cells[i] {
				c := &a.Cells[i][n]
				if c.Why == "" && known[d].about(a.Kernels.Scenarios[n].Name, &a.Kernels.Columns[i].Kernel) {
					looked, occurs = true, occurs || known[d].is(c)
				}
			}
		}
		if looked && !occurs {
			list = append(list, known[d])
		}
	}
	return list
}

// Compared counts the cells that were compared, and those of them that are the same.
func (a *Agreement) Compared() (compared, same int) {
	for i := range a.Cells {
		for n := range a.Cells[i] {
			if c := &a.Cells[i][n]; c.Why == "" {
				compared++
				if c.Same {
					same++
				}
			}
		}
	}
	return compared, same
}

// A Difference is a scenario that came to the same on some kernels and to something else on the engines beside them.
type Difference struct {
	Scenario      string
	Columns       []string
	Engine        string
	Kernel, Model target.Outcome // of the first column
	Departure     *Departure
}

// Differences lists them by scenario, what is alike together; of those that are explained, or of the others.
func (a *Agreement) Differences(explained bool) (list []Difference) {
	for n := range a.Kernels.Scenarios {
		first := len(list)
		for i := range a.Cells {
			c := &a.Cells[i][n]
			if c.Why != "" || c.Same || (c.Departure != nil) != explained {
				continue
			}
			at := slices.IndexFunc(list[first:], func(d Difference) bool {
				return d.Engine == c.Engine && d.Departure == c.Departure && inShort(&d.Kernel) == inShort(&c.Kernel)
			})
			label := a.Kernels.Columns[i].Label
			if at >= 0 {
				list[first+at].Columns = append(list[first+at].Columns, label)
				continue
			}
			list = append(list, Difference{a.Kernels.Scenarios[n].Name, []string{label}, c.Engine, c.Kernel, c.Model, c.Departure})
		}
	}
	return list
}

// inShort is what is compared of an outcome: its kind, and whether a block was reused while pinned (U) or, if not, whose it
// is was forgotten (A). The other letters are about waits, and need a look inside.
func inShort(o *target.Outcome) string {
	for _, letter := range []string{"U", "A"} {
		if strings.Contains(o.Broken, letter) {
			return o.Kind.String() + " " + letter
		}
	}
	return o.Kind.String()
}
