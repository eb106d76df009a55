package main

import (
	"errors"

	"github.com/spf13/cobra"

	"daxbench/engine/vm"
	"daxbench/engine/vm/debian"
)

// notToBeHad are errors that say that a kernel of Debian is not to be had here, or now. An archive that is damaged is not
// among them.
var notToBeHad = []error{debian.ErrNoApt, debian.ErrNetwork, debian.ErrGone, debian.ErrArch}

// fetchKernels gets all that guests are made from, says which kernels those are, and boots nothing. Its status tells a script
// whether it may go on: what is not to be had is no verdict, and all else that goes wrong is an error.
func (f *vmFlags) fetchKernels(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("-fetch boots nothing, so there is nowhere to run %s", args[0])
	}
	fs, asked, err := f.check()
	if err != nil {
		return err
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	if err := vm.Missing(fs); err != nil {
		return absent(err)
	}
	w := &guests{stderr: cmd.ErrOrStderr()}
	kernels, err := resolveKernels(ctx, asked, w.say)
	if err != nil {
		return absent(err)
	}
	p := newPage(cmd.OutOrStdout())
	for _, k := range kernels {
		line := k.Label + ": " + k.Name
		if k.Package != "" {
			line += " (" + k.Package + ")"
		}
		p.line(printable(line))
	}
	return p.print(cmd.OutOrStdout())
}

// absent makes err an undecided if it says that something is not to be had.
func absent(err error) error {
	var missing *vm.MissingError
	is := errors.As(err, &missing)
	for _, s := range notToBeHad {
		is = is || errors.Is(err, s)
	}
	if !is {
		return err
	}
	return &undecided{err.Error()}
}
