package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
	"daxbench/reports/report"
	"daxbench/reports/unit"
	"daxbench/workloads/litmus"
)

// kernelsRecord is what kernels.json holds.
type kernelsRecord struct {
	madeBy
	*litmus.Kernels
}

// putToKernels plays scenarios in directories of mounted file systems, and writes what became of them.
func (f *litmusFlags) putToKernels(cmd *cobra.Command, dirs []string, scenarios []litmus.Entry) (err error) {
	expected, err := f.expected(cmd.ErrOrStderr(), scenarios)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := recordFolder(f.out); err != nil {
			return err
		}
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	k, err := f.playMounted(ctx, cmd.ErrOrStderr(), dirs, scenarios)
	if k == nil {
		return err
	}
	if e := f.keep(k); e != nil {
		err = errors.Join(err, e)
	}
	if e := f.writeKernels(cmd.OutOrStdout(), k); e != nil {
		return errors.Join(err, e)
	}
	if ctx.Err() != nil {
		return err
	}
	if expected != nil {
		return errors.Join(meet(cmd.ErrOrStderr(), f.mounted.expect, expected, k), err)
	}
	if n := len(k.Lost()); n > 0 {
		err = errors.Join(&undecided{unit.Plural(n, "cell has", "cells have") + " no verdict, for reasons that stand above"}, err)
	}
	return err
}

// playMounted makes itself at home in each directory, says what it will do there, and plays. What was played is returned
// whatever becomes of the rest.
func (f *litmusFlags) playMounted(ctx context.Context, stderr io.Writer, dirs []string, scenarios []litmus.Entry) (k *litmus.Kernels, err error) {
	o := kernelfs.Options{
		Patience: f.mounted.patience, Others: f.mounted.others, Root: f.mounted.root, Umount: f.mounted.umount, Unplug: f.mounted.unplug,
		Fill: int64(f.mounted.fill),
	}
	var mounted []litmus.Mounted
	for _, dir := range dirs {
		m, e := kernelfs.New(ctx, dir, o)
		if e != nil {
			return nil, errors.Join(err, ofMount(dir, e))
		}
		defer func() {
			if e := m.Close(); e != nil {
				err = errors.Join(err, inputError{fmt.Errorf("%s: %w", dir, e)})
			}
		}()
		if f.mounted.unplug && m.Kernel().Machine == "" {
			return nil, errors.Join(err, usagef("-unplug: the kernel may crash, so it is for guests only: daxbench vm -kernel KERNEL -- litmus -unplug"))
		}
		mounted = append(mounted, m)
		for _, line := range append(m.Announce(), m.Notes()...) {
			fmt.Fprintf(stderr, "daxbench: %s: %s\n", dir, printable(line))
		}
	}
	said := func(all *litmus.Kernels, i, n int) {
		c := &all.Columns[i].Cells[n]
		word := c.Word
		if c.Lost != "" {
			word += ": " + c.Lost
		}
		fmt.Fprintf(stderr, "daxbench: %s: %d of %d, %s: %s\n", all.Columns[i].Label, n+1, len(scenarios), scenarios[n].Name, printable(word))
	}
	replay := func(i int, e litmus.Entry) string { return f.replayMounted(dirs[i], mounted[i].Kernel(), e) }
	return litmus.PlayKernels(ctx, mounted, scenarios, replay, f.keep, said)
}

// ofMount is an error of kernelfs: of one that refuses, the user can ask for something else; all others are the machine's.
func ofMount(dir string, err error) error {
	if errors.Is(err, kernelfs.ErrRefused) || errors.Is(err, kernelfs.ErrUnfit) {
		return usagef("-target dir:%s: %w", dir, err)
	}
	if signal := (signalError{}); errors.As(err, &signal) {
		return err
	}
	return inputError{err}
}

// keep leaves what there is so far in the folder of -o: the machine may not live to see more.
func (f *litmusFlags) keep(k *litmus.Kernels) error {
	if f.out == "" {
		return nil
	}
	return writeRecord(f.out, litmus.KernelsName, f.kernelsRecord(k))
}

// replayMounted is the command that tells what a scenario comes to in a directory.
func (f *litmusFlags) replayMounted(dir string, k *kernelfs.Kernel, e litmus.Entry) string {
	c := "daxbench"
	for _, word := range append(inGuest(k.Asked, []string{dir}), "litmus", "-v") {
		c += " " + report.Quoted(word)
	}
	if !guestMakes(k.Asked, []string{dir}) {
		c += " -target dir:" + report.Quoted(dir)
	}
	c += " -scenario " + report.Quoted(cmp.Or(f.files[e.Name], e.Name))
	if f.mounted.umount && k.Asked == "" { // vm adds it
		c += " -umount"
	}
	if f.mounted.unplug {
		c += " -unplug"
	}
	if f.mounted.others {
		c += " -others"
	}
	if f.mounted.root {
		c += " -root"
	}
	if f.mounted.fill > 0 {
		c += " -fill " + f.mounted.fill.String()
	}
	return c + f.replaySet(e)
}

// writeKernels writes what was found in the format that was asked for.
func (f *litmusFlags) writeKernels(w io.Writer, k *litmus.Kernels) error {
	switch {
	case f.format == "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(f.kernelsRecord(k))
	case f.format == "expect":
		return k.WriteExpectations(w)
	case f.verbose:
		return k.Stories(w, lookOf(w))
	}
	return k.Text(w, lookOf(w))
}

// expected reads the file of -expect, if one was named. What is wrong in it goes to stderr, a line each.
func (f *litmusFlags) expected(stderr io.Writer, scenarios []litmus.Entry) (litmus.Expectations, error) {
	name := f.mounted.expect
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	list, err := litmus.ParseExpectations(name, text)
	if err == nil {
		err = list.Unknown(name, scenarios)
	}
	if errs := (target.Errors)(nil); errors.As(err, &errs) {
		fmt.Fprintln(stderr, printable(err.Error()))
		return nil, usagef("the expectations in %s cannot be read: %s, above", name, unit.Plural(len(errs), "error"))
	}
	return list, err
}

// meet says what is not as expected, a line each, and what that comes to.
func meet(stderr io.Writer, name string, expected litmus.Expectations, k *litmus.Kernels) error {
	m := expected.Meet(k)
	for _, line := range append(m.Differences, m.Open...) {
		fmt.Fprintf(stderr, "daxbench: %s\n", printable(line))
	}
	summary := fmt.Sprintf("%s as %s expects", unit.Plural(m.As, "cell is", "cells are"), name)
	if len(m.Idle) > 0 {
		summary += fmt.Sprintf("; nothing was held to %s, such as line %d", unit.Plural(len(m.Idle), "line"), m.Idle[0])
	}
	switch {
	case len(m.Differences) > 0:
		return &badAnswer{fmt.Sprintf("%s not as expected, above; %s", unit.Plural(len(m.Differences), "cell is", "cells are"), summary)}
	case len(m.Open) > 0:
		return &undecided{fmt.Sprintf("%s no verdict, above; %s", unit.Plural(len(m.Open), "expected cell has", "expected cells have"), summary)}
	case m.As == 0:
		return &undecided{"no line of " + name + " is about a scenario and a file system that were played"}
	}
	fmt.Fprintf(stderr, "daxbench: %s\n", summary)
	return nil
}
