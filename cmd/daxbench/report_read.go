package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/kernels"
	"daxbench/reports/report"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
	"daxbench/reports/versus"
)

// page makes the page of the runs in these folders. dir is the folder in which a page of one run belongs; empty if there is
// none. A page that lacks something is returned with the error.
func (f *reportFlags) page(args []string) (p *report.Page, dir string, err error) {
	if list, runs, err := kernelFolders(args); err != nil || list != nil {
		if err != nil {
			return nil, "", err
		}
		return f.ofKernels(args, list, runs)
	}
	if len(args) > 1 {
		p, err = f.several(args)
		return p, "", err
	}
	labels, dirs := apart(args)
	src, err := readSource(dirs[0], f.reference)
	if err != nil {
		return nil, "", err
	}
	src.Name, src.Charts = labels[0], f.chart
	if p, err = onePage(src); p != nil {
		f.warn(p, src, "")
	}
	return p, src.Run.Dir, err
}

// warn puts before all other warnings of a page that a policy which declares itself safe let device writes through, and says so at
// once: nobody need open the page to learn it. before is what the run is called, with a colon, if there are several.
func (f *reportFlags) warn(p *report.Page, src *gallery.Source, before string) {
	var list []string
	found := make(map[string]int64)
	for i := range src.Table.Groups {
		for _, r := range src.Table.Groups[i].Rows {
			if declared, err := layout.Lookup(r.Policy); err == nil && declared.Safe() && r.Violations > 0 {
				found[r.Policy] += r.Violations
			}
		}
	}
	for _, policy := range slices.Sorted(maps.Keys(found)) {
		text := fmt.Sprintf("%s%s declares itself safe, and let %s land in blocks that were no longer their file's", before, policy,
			unit.Plural(found[policy], "device write"))
		fmt.Fprintf(f.stderr, "daxbench: %s\n", printable(text))
		list = append(list, text)
	}
	p.Warnings = append(list, p.Warnings...)
}

// there says whether a file is there.
func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// readSource reads the folder of a run, or a record, and compares its policies.
func readSource(dir, reference string) (*gallery.Source, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &nothingError{fmt.Sprintf("%s: there is no such folder", dir)}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &nothingError{fmt.Sprintf("%s is no folder: give the one that a run wrote", dir)}
	}
	run, err := folder.Read(dir)
	if err != nil {
		return nil, inputError{err}
	}
	src, err := sourceOf(run, reference)
	if err != nil {
		return nil, err
	}
	src.Name = runName(dir)
	return src, nil
}

// sourceOf compares the policies of a run.
func sourceOf(run *folder.Run, reference string) (*gallery.Source, error) {
	table, err := compare.Policies(run, reference)
	if errors.Is(err, compare.ErrNoReference) {
		return nil, usagef("-reference %s: no workload of %s has that policy", reference, run.Dir)
	} else if err != nil {
		return nil, err
	}
	return &gallery.Source{Run: run, Table: table}, nil
}

// runName is what the run in a folder is called: its folder, and of a record also its machine.
func runName(dir string) string {
	whole, err := filepath.Abs(dir)
	if err != nil {
		whole = dir
	}
	if isRecord(dir) {
		return filepath.Join(filepath.Base(filepath.Dir(whole)), filepath.Base(whole))
	}
	return filepath.Base(whole)
}

// isRecord says whether a folder is part of a store of baselines, where nothing may be added: its checksums stand in it, or
// in the older layout above it.
func isRecord(dir string) bool {
	const sums = "SHA256SUMS"
	return there(filepath.Join(dir, sums)) || there(filepath.Join(dir, "..", sums))
}

// onePage makes the page of one run. It is returned with an error if a part of it could not be read, or if nothing has been
// measured so far.
func onePage(src *gallery.Source) (*report.Page, error) {
	var idle error
	if !measured(src.Table) {
		if src.Run.Manifest.Status == "finished" {
			return nil, &nothingError{fmt.Sprintf("%s: the run is finished, and its results hold no measurement", src.Run.Dir)}
		}
		idle = &undecided{"nothing is decided: no round of the run has ended"}
	}
	m, unsafe := safety.ReadFS(src.Run.FS, src.Run.Dir)
	p, charts := report.OfRun(src, m)
	if p == nil {
		return nil, inputError{charts}
	}
	if unsafe != nil {
		p.Warnings = append(p.Warnings, "What litmus or verify found is missing: "+printable(unsafe.Error()))
		unsafe = inputError{unsafe}
	}
	if charts != nil {
		charts = inputError{charts}
	}
	parts, unread := readKernels(src.Run.FS, src.Run.Dir, src.Name, nil)
	unread = addKernels(p, parts, unread)
	var torn error
	for _, text := range src.Run.Damage { // the page says it in its warnings
		torn = errors.Join(torn, inputError{errors.New(text)})
	}
	p.Origin = append(p.Origin, maker()...)
	return p, errors.Join(torn, unsafe, unread, charts, idle)
}

// maker is the program that makes the page, which need not be the one that measured, with its libraries.
func maker() []report.Fact {
	facts := []report.Fact{{Name: "page made by", Value: tool + ", " + runtime.Version()}}
	info, ok := debug.ReadBuildInfo()
	if !ok || len(info.Deps) == 0 {
		return facts
	}
	words := make([]string, len(info.Deps))
	for i, d := range info.Deps {
		words[i] = d.Path + " " + d.Version
	}
	return append(facts, report.Fact{Name: "libraries", Value: strings.Join(words, ", ")})
}

// measured says whether there is any result.
func measured(t *compare.Table) bool {
	return slices.ContainsFunc(t.Groups, func(g compare.Group) bool {
		return slices.ContainsFunc(g.Rows, func(r compare.Row) bool { return r.Ops > 0 })
	})
}

// several makes the page of runs that are held against the first.
func (f *reportFlags) several(args []string) (*report.Page, error) {
	o := versus.Defaults()
	o.Force, o.Reference = f.force, f.reference
	labels, dirs := apart(args)
	var sources []*gallery.Source
	found := make([]*safety.Matrix, len(dirs))
	var parts []kernels.Part
	var missing, unread error
	words := make([]string, len(dirs))
	for i, dir := range dirs {
		src, err := readSource(dir, f.reference)
		if err != nil {
			return nil, err
		}
		src.Name = labels[i]
		sources = append(sources, src)
		words[i] = labels[i] + "=" + src.Run.Dir
		if found[i], err = safety.Read(src.Run.Dir); err != nil {
			missing = errors.Join(missing, inputError{err})
		}
		if parts, err = readKernels(src.Run.FS, src.Run.Dir, labels[i], parts); err != nil {
			unread = errors.Join(unread, err)
		}
	}
	if err := f.acrossKernels(sources, &o); err != nil {
		return nil, err
	}
	if o.Reference == "" {
		o.Reference = commonReference(sources)
	}
	v, err := versus.Compare(o, words)
	if err != nil {
		return nil, compareError(err)
	}
	v.Command = f.command
	p, err := report.OfRuns(sources, v, found)
	switch {
	case p == nil:
		return nil, inputError{err}
	case err != nil:
		err = inputError{err}
	}
	for i := len(sources) - 1; i >= 0; i-- {
		f.warn(p, sources[i], labels[i]+": ")
	}
	if missing != nil {
		p.Warnings = append(p.Warnings, "What litmus or verify found is missing: "+printable(missing.Error()))
		err = errors.Join(missing, err)
	}
	err = errors.Join(err, addKernels(p, parts, unread))
	p.Origin = append(p.Origin, maker()...)
	if v.Compared == 0 {
		err = errors.Join(err, &undecided{"nothing was compared: the runs have no workload with enough rounds in common"})
	}
	return p, err
}

// acrossKernels lets runs on engines that are made like different kernels be held against each other: the preset, which is the
// same for all cells of a run, makes no difference to which cells belong together.
func (f *reportFlags) acrossKernels(sources []*gallery.Source, o *versus.Options) error {
	const preset = "kernel"
	of := func(s *gallery.Source) string {
		if len(s.Run.Cells) == 0 {
			return ""
		}
		return s.Run.Cells[0].Value(preset)
	}
	if !slices.ContainsFunc(sources, func(s *gallery.Source) bool { return of(s) != of(sources[0]) }) {
		return nil
	}
	o.Ignore = "/" + preset
	for _, s := range sources {
		s.Run.Without(preset)
		again, err := sourceOf(s.Run, f.reference)
		if err != nil {
			return err
		}
		s.Table = again.Table
	}
	return nil
}

// apart splits arguments into labels and folders. A folder without a label is called by as much of its path as tells it
// from the others.
func apart(args []string) (labels, dirs []string) {
	for _, arg := range args {
		label, dir := splitLabel(arg)
		if filepath.Base(dir) == folder.ResultsName { // a run may be named by its results
			dir = filepath.Dir(dir)
		}
		labels, dirs = append(labels, label), append(dirs, dir)
	}
	for i, dir := range dirs {
		if labels[i] != "" {
			continue
		}
		labels[i] = runName(dir)
		if slices.ContainsFunc(dirs, func(other string) bool { return other != dir && runName(other) == labels[i] }) {
			labels[i] = filepath.Clean(dir)
		}
	}
	for i, label := range labels { // the same folder twice
		if n := slices.Index(labels, label); n < i {
			labels[i] = fmt.Sprintf("%s#%d", label, i+1)
		}
	}
	return labels, dirs
}

// splitLabel splits an argument into the label that somebody gave, or none, and the folder.
func splitLabel(arg string) (label, dir string) {
	label, dir, ok := strings.Cut(arg, "=")
	if !ok || label == "" || there(arg) {
		return "", arg
	}
	return label, dir
}

// commonReference is the policy that all of these runs were planned to be held against, and have beside others; empty if
// there is none such.
func commonReference(sources []*gallery.Source) string {
	reference := ""
	for i, s := range sources {
		mine := ""
		for _, g := range s.Table.Groups {
			if g.Reference != "" && len(g.Rows) > 1 {
				mine = g.Reference
			}
		}
		if mine == "" || i > 0 && mine != reference {
			return ""
		}
		reference = mine
	}
	return reference
}
