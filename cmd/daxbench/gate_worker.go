package main

import (
	"github.com/spf13/cobra"

	"daxbench/workloads/lockstep"
)

// newGateWorker is the command that gate starts on both sides. People have no use for it.
func newGateWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "gate-worker",
		Short:  "measure slices for a gate, as asked on standard input",
		Hidden: true,
		Args:   noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return lockstep.Serve(cmd.Context(), tool, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}
