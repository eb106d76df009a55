package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/kernels"
	"daxbench/reports/report"
)

// kernelFolder is a folder that a report of kernels is made of.
type kernelFolder struct {
	given  string // label that the user gave; empty: none
	called string // label by which it is told from the others
	dir    string
}

// kernelFolders are the folders that these arguments mean if the report is of scenarios on kernels: each has kernels.json, and one at
// least has no run. A folder of such folders stands for all of them. It is nil if the report is of runs.
func kernelFolders(args []string) (list []kernelFolder, runs []string, err error) {
	called, dirs := apart(args)
	var without []string
	for i, dir := range dirs {
		given, _ := splitLabel(args[i])
		f := kernelFolder{given, called[i], dir}
		has, isRun := there(filepath.Join(dir, kernels.Name)), holdsRun(dir)
		switch below := kernelFoldersIn(dir); {
		case has:
			list = append(list, f)
			if isRun {
				runs = append(runs, called[i])
			}
		case !isRun && len(below) > 0:
			for _, name := range below {
				list = append(list, kernelFolder{given, filepath.Join(called[i], name), filepath.Join(dir, name)})
			}
		default:
			without = append(without, called[i])
		}
	}
	switch {
	case len(list) == 0 || len(runs)+len(without) == len(dirs):
		return nil, nil, nil // of runs, or of what is none
	case len(without) > 0:
		return nil, nil, &nothingError{fmt.Sprintf("%s holds scenarios on kernels (%s) and no run, and %s none: they do not stand side by side",
			list[0].called, kernels.Name, without[0])}
	}
	return list, runs, nil
}

// holdsRun says whether there is a run in a folder, whole or not.
func holdsRun(dir string) bool {
	return there(filepath.Join(dir, folder.ManifestName)) || there(filepath.Join(dir, folder.ResultsName))
}

// kernelFoldersIn lists the folders in dir that have kernels.json, with numbers in their order: 6.1, 6.12, 7.3.
func kernelFoldersIn(dir string) (names []string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil // who reads the folder will say so
	}
	for _, d := range list {
		if d.IsDir() && there(filepath.Join(dir, d.Name(), kernels.Name)) {
			names = append(names, d.Name())
		}
	}
	slices.SortStableFunc(names, byNumbers)
	return names
}

// onlyKernels is an error if a folder, or folders in it, hold scenarios on kernels and no run.
func onlyKernels(dir string) error {
	if holdsRun(dir) || !there(filepath.Join(dir, kernels.Name)) && len(kernelFoldersIn(dir)) == 0 {
		return nil
	}
	return &nothingError{fmt.Sprintf("%s holds scenarios on kernels: daxbench report A B puts them side by side; "+
		"daxbench litmus -against A holds the engine against them", dir)}
}

// byNumbers compares names with the numbers in them as numbers.
func byNumbers(a, b string) int {
	x, y := strings.FieldsFunc(a, noDigit), strings.FieldsFunc(b, noDigit)
	for i := range min(len(x), len(y)) {
		m, _ := strconv.ParseUint(x[i], 10, 64)
		n, _ := strconv.ParseUint(y[i], 10, 64)
		if m != n {
			return int(max(min(int64(m)-int64(n), 1), -1))
		}
	}
	return strings.Compare(a, b)
}

func noDigit(r rune) bool { return r < '0' || r > '9' }

// ofKernels makes the page of scenarios on kernels. dir is the folder in which it belongs; empty if there is none.
func (f *reportFlags) ofKernels(args []string, list []kernelFolder, runs []string) (p *report.Page, dir string, err error) {
	if f.reference != "" {
		return nil, "", usagef("-reference %s: there is no run in %s, only scenarios on kernels", f.reference, list[0].called)
	}
	var parts []kernels.Part
	for _, k := range list {
		m, err := kernels.Read(k.dir)
		if err != nil {
			return nil, "", inputError{err}
		}
		parts = append(parts, kernels.Part{Matrix: m, Label: k.given, Dir: k.called})
	}
	m, err := joined(parts)
	if err != nil {
		return nil, "", err
	}
	name := ""
	if called, dirs := apart(args); len(args) == 1 {
		name, dir = called[0], dirs[0]
	}
	p = newKernelsPage(m, name, dir)
	if len(runs) > 0 {
		p.Warnings = append(p.Warnings, "Runs are not on this page, as not every folder has one: "+strings.Join(runs, ", "))
	}
	return p, dir, played(m)
}

// newKernelsPage makes the page. Its files are named as seen from dir, if it belongs there.
func newKernelsPage(m *kernels.Matrix, name, dir string) *report.Page {
	p := report.OfKernels(m, name)
	for i := range p.Files {
		if rel, err := filepath.Rel(dir, p.Files[i].Path); dir != "" && err == nil {
			p.Files[i].Path = rel
		}
	}
	p.Origin = append(p.Origin, maker()...)
	return p
}

// joined puts what several folders have side by side.
func joined(parts []kernels.Part) (*kernels.Matrix, error) {
	m, err := kernels.Join(parts)
	if err != nil {
		return nil, usageError{err}
	}
	return m, nil
}

// played is an error if nothing can be said of any kernel.
func played(m *kernels.Matrix) error {
	for i := range m.Rows {
		if slices.ContainsFunc(m.Rows[i].Cells, func(c kernels.Cell) bool { return c.Kind.Judged() }) {
			return nil
		}
	}
	return &undecided{"nothing is decided: no scenario came to a verdict on any kernel"}
}

// addKernels puts what scenarios came to on kernels into the page of runs, as far as it lies in their folders. What cannot be read is
// said on the page, and returned.
func addKernels(p *report.Page, parts []kernels.Part, unread error) error {
	if unread == nil && len(parts) == 0 {
		return nil
	}
	if len(parts) > 0 {
		m, err := joined(parts)
		if err == nil {
			p.AddKernels(m)
		}
		unread = errors.Join(unread, err)
	}
	if unread == nil {
		return nil
	}
	p.Warnings = append(p.Warnings, "What scenarios came to on kernels is missing: "+printable(unread.Error()))
	return inputError{unread}
}

// readKernels reads what scenarios came to on kernels beside a run, into parts.
func readKernels(fsys fs.FS, dir, called string, parts []kernels.Part) ([]kernels.Part, error) {
	m, err := kernels.ReadFS(fsys, dir)
	if m != nil {
		parts = append(parts, kernels.Part{Matrix: m, Dir: called})
	}
	return parts, err
}
