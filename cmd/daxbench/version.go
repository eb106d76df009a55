package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"daxbench/workloads/record"
)

const version = "0.1.0"

// tool is what results say they were made by.
const tool = "daxbench " + version

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version, the commit and the Go version",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s, commit %s, %s %s/%s\n", tool, orUnknown(record.Commit()), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
