package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// run is the program: arguments in, exit status out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(twoDashes(args))
	err := root.ExecuteContext(ctx)
	if err == nil {
		return statusOK
	}
	for _, text := range messages(err) {
		fmt.Fprintf(stderr, "daxbench: %s\n", printable(oneDash(text)))
	}
	status := statusOf(err)
	if bisects(args) && bisectStatus(status) != status {
		fmt.Fprintf(stderr, "daxbench: status %d, for git bisect run: that says nothing about the kernel\n", statusUntestable)
		return statusUntestable
	}
	return status
}

// messages are the texts of the errors that were joined, each once.
func messages(err error) (texts []string) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok && err.Error() == errors.Join(joined.Unwrap()...).Error() {
		all = joined.Unwrap()
	}
	for _, e := range all {
		more := []string{e.Error()}
		if len(all) > 1 {
			more = messages(e)
		}
		for _, text := range more {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// newRoot returns the command with all its sub-commands: each is one file.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "daxbench",
		Short: "measure and check what breaking layouts at inode eviction costs",
		Long: "daxbench measures what it costs to wait for pinned DAX pages when an inode is\n" +
			"evicted, and checks whether a policy lets a device write into a block that\n" +
			"already belongs to another file. Without a flag, daxbench run compares the\n" +
			"policies under every storm in about two minutes.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newRun(), newReport(), newServe(), newLitmus(), newVM(), newVerify(), newVerifyWorker(), newGate(), newGateWorker(), newCompare(), newList(), newCensus(), newBaseline(), newHistory(), newEnv(), newVersion())
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	goHelp(root)
	return root
}

// newHelp returns the command that says more about others. That of cobra ends with status 0 on a name that it does not know.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:                   "help [command]",
		Short:                 "say more about a command",
		DisableFlagsInUseLine: true,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return commandNames(of), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			switch {
			case err != nil:
				return usageError{err}
			case len(rest) > 0 && of.HasAvailableSubCommands():
				return noArgs(of, rest)
			case len(rest) > 0:
				return usagef("%s has no commands, but got %q; say daxbench help %s", of.CommandPath(), rest[0],
					strings.TrimPrefix(of.CommandPath(), "daxbench "))
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
}

// commandNames are the commands below one that are not hidden.
func commandNames(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// noArgs refuses arguments, and says what there is instead.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return usagef("unknown command %q; known: %s%s", args[0], strings.Join(commandNames(cmd), ", "), meant(args[0], commandNames(cmd)))
	}
	return usagef("%s takes no arguments, but got %q; everything is a flag: see daxbench help %s", cmd.CommandPath(), args[0],
		strings.TrimPrefix(cmd.CommandPath(), "daxbench "))
}
