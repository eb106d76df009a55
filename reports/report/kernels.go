package report

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"daxbench/reports/kernels"
	"daxbench/reports/unit"
)

// OfKernels makes the page of what scenarios came to on kernels, without a run beside them. name is what it is called; empty if
// the title says all. Raw files are named with their folders.
func OfKernels(m *kernels.Matrix, name string) *Page {
	p := &Page{
		Title: "Pins and inode eviction on Linux " + unit.List(trimmed(groups(m))),
		Name:  trim(name),
		Lead:  kernelsLead(m),
		Words: words,
	}
	p.AddKernels(m)
	for _, s := range m.Sources {
		p.Files = append(p.Files, File{filepath.Join(s.Dir, kernels.Name), kernelsFile})
	}
	return p
}

// kernelsFile is what kernels.json is.
const kernelsFile = "every scenario on every kernel, with its story, stacks and warnings"

// AddKernels puts what scenarios came to on kernels into a page: the matrix, what the kernels are, and where it comes from.
func (p *Page) AddKernels(m *kernels.Matrix) {
	p.Kernels = m
	p.Overview = append(p.Overview, kernelsSection(m))
	p.Reading = append(p.Reading, kernelsReading...)
	for _, s := range m.Sources {
		of := ""
		if len(m.Sources) > 1 {
			of = " of " + trim(s.Dir)
		}
		for _, f := range []Fact{
			{"kernels command" + of, commandLine(s.Command)},
			{"kernels program" + of, strings.TrimSpace(cmp.Or(s.Tool, unnamed) + ", commit " + cmp.Or(s.Commit, unnamed))},
			{"kernels date" + of, s.Date},
		} {
			if f.Value != "" {
				p.Origin = append(p.Origin, Fact{f.Name, trimTo(f.Value, maxFact)})
			}
		}
	}
}

// groups are the kernels of a matrix, each once.
func groups(m *kernels.Matrix) (out []string) {
	for i := range m.Columns {
		if g := m.Columns[i].Group; !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// values are what the columns of a matrix have of one kind, each once.
func columnValues(m *kernels.Matrix, of func(k *kernels.Kernel) string) (out []string) {
	for i := range m.Columns {
		if v := trim(of(&m.Columns[i].Kernel)); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// kernelsLead says what was played, where and when, and what it was that was looked at.
func kernelsLead(m *kernels.Matrix) string {
	text := unit.Plural(len(m.Rows), "scenario") + " of litmus, played on " + unit.List(columnValues(m, func(k *kernels.Kernel) string { return k.Name })) +
		" of " + unit.Plural(len(groups(m)), "kernel")
	var days []string
	for _, s := range m.Sources {
		if d := trim(date(s.Date)); d != "" && !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	if len(days) > 0 {
		text += ", " + unit.List(days)
	}
	text += ". What is looked at is Linux itself"
	if where := columnValues(m, machine); len(where) > 0 {
		text += ", on " + unit.List(where)
	}
	return text + "."
}

// machine says what a kernel ran on, and what its time is.
func machine(k *kernels.Kernel) string {
	text := map[string]string{"": "a machine of which nothing is said", "tcg": "an emulated machine", "kvm": "a virtual machine (KVM)", "hardware": "hardware"}[k.Machine]
	text = cmp.Or(text, k.Machine)
	if k.Clock != "" && k.Clock != "real" {
		text += ", where time is " + k.Clock
	}
	return text
}

// kernelsReading explains what stands in the matrix.
var kernelsReading = []string{
	"Freed: a block of a file was given to another, or a device still wrote into it, while a page of it was pinned. That is proved by where the blocks of the " +
		"files lie (FIEMAP), and by patterns in the data. “Foreign data” says that somebody's bytes were in fact seen where they do not belong.",
	"Waits and hangs: a call did not return while the page was pinned. Behind it stands the state that Linux itself shows for the task: D sleeps without being " +
		"interrupted, S can be interrupted. Whether SIGKILL ends the wait was tried where nobody needed the task any more.",
	"A stack names kernel functions, the innermost first: the first one below the scheduler is what is waited in.",
	"A bystander has nothing to do with the file: it makes another file in the same directory. If it waits, others pay for the pin.",
}

// kernelsSection says what the kernels of a matrix are.
func kernelsSection(m *kernels.Matrix) Section {
	s := Section{ID: "kernels-facts", Title: "The kernels"}
	t := &Table{ID: "table-kernels", Title: "What each directory was found to be", Columns: []Column{
		{Head: "column"}, {Head: "release", About: "as uname -r has it"}, {Head: "package"}, {Head: "file system"},
		{Head: "DAX", About: "what was seen to work: statx says DAX of a file that was made there, the block device says so (queue/dax), mmap takes MAP_SYNC"},
		{Head: "waits at eviction", About: "whether the kernel has dax_break_layout_final, with which eviction waits for pins"},
		{Head: "machine"}, {Head: "clock", About: "what time is there"}, {Head: "preset", About: "of daxbench's engine that is nearest"}, {Head: "mount options"},
	}}
	for i := range m.Columns {
		c := &m.Columns[i]
		k := &c.Kernel
		proof, waits := textValue(k.Proof()), textValue("no")
		if !k.DAX {
			proof.Tone = Faint
		}
		if k.Final {
			waits.Text = "yes"
		}
		t.Rows = append(t.Rows, []Value{textValue(trim(c.Label)), textValue(trim(k.Release)), textValue(trim(k.Package)), textValue(trim(k.FS)), proof, waits,
			textValue(trim(k.Machine)), textValue(trim(k.Clock)), textValue(trim(k.Preset)), textValue(trim(k.Mount))})
		for _, why := range k.Missing {
			s.Footnotes = append(s.Footnotes, trim(c.Label+": "+why))
		}
	}
	t.squeeze()
	s.Tables = append(s.Tables, t)
	if differ, alike := configs(m); differ != nil {
		s.Tables = append(s.Tables, differ)
	} else if alike != "" {
		s.Footnotes = append(s.Footnotes, "Configured alike: "+alike+".")
	}
	if n := len(s.Footnotes); n > maxMissing {
		s.Footnotes = append(s.Footnotes[:maxMissing], fmt.Sprintf("%d more in %s", n-maxMissing, kernels.Name))
	}
	return s
}

// maxMissing is how many lines about what could not be done stand below the table.
const maxMissing = 30

// configs is a table of the configuration in which the kernels differ, or nil, and then what they have in common.
func configs(m *kernels.Matrix) (t *Table, alike string) {
	var names []string
	of := make(map[string]map[string]string) // by kernel
	keys := make(map[string]bool)
	for i := range m.Columns {
		c := &m.Columns[i]
		if of[c.Group] == nil && len(c.Kernel.Config) > 0 {
			names, of[c.Group] = append(names, c.Group), c.Kernel.Config
			for key := range c.Kernel.Config {
				keys[key] = true
			}
		}
	}
	t = &Table{ID: "table-config", Title: "Configuration in which they differ", Columns: []Column{{Head: "option"}}}
	for _, n := range names {
		t.Columns = append(t.Columns, Column{Head: trim(n)})
	}
	var common []string
	for _, key := range slices.Sorted(maps.Keys(keys))[:min(len(keys), maxConfig)] {
		row, first, same := []Value{textValue(trim(key))}, of[names[0]][key], true
		for _, n := range names {
			v := of[n][key]
			same = same && v == first
			row = append(row, textValue(trim(cmp.Or(v, "not set"))))
		}
		if same {
			common = append(common, trim(key+"="+first))
		} else {
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil, strings.Join(common, ", ")
	}
	return t, ""
}

// maxConfig is how many options are compared: ten times what is asked for.
const maxConfig = 300
