package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"daxbench/reports/unit"
	"daxbench/workloads/litmus"
)

// holdAgainst plays the engine like the kernels of folders, and compares.
func (f *litmusFlags) holdAgainst(cmd *cobra.Command) error {
	dirs, err := splitList("against", f.against, nil)
	if err != nil {
		return err
	}
	var list []*litmus.Kernels
	for _, dir := range kernelDirs(dirs) {
		k, err := litmus.ReadKernels(dir)
		if errors.Is(err, litmus.ErrKernels) {
			err = inputError{err}
		}
		if err != nil {
			return err
		}
		list = append(list, k)
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	a, err := litmus.Against(ctx, litmus.JoinKernels(nil, list), litmus.Departures)
	if err != nil {
		return err
	}
	if err := f.writeAgreement(cmd.OutOrStdout(), a); err != nil {
		return err
	}
	compared, _ := a.Compared()
	switch n := len(a.Differences(false)); {
	case compared == 0:
		return &undecided{"nothing could be compared: no folder has a verdict of a DAX file system and a scenario of today"}
	case n > 0:
		return &badAnswer{fmt.Sprintf("the engine differs from kernels in %s that nobody has explained, above", unit.Plural(n, "way", "ways"))}
	}
	return nil
}

// kernelDirs puts for a folder without kernels.json those in it that have one, as for a report.
func kernelDirs(dirs []string) (list []string) {
	for _, dir := range dirs {
		below := kernelFoldersIn(dir)
		if there(filepath.Join(dir, litmus.KernelsName)) || len(below) == 0 {
			list = append(list, dir)
			continue
		}
		for _, name := range below {
			list = append(list, filepath.Join(dir, name))
		}
	}
	return list
}

func (f *litmusFlags) writeAgreement(w io.Writer, a *litmus.Agreement) error {
	if f.format == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(a)
	}
	if f.verbose {
		if err := a.Stories(w, lookOf(w)); err != nil {
			return err
		}
	}
	return a.Text(w, lookOf(w))
}
