package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"daxbench/baselines"
	"daxbench/reports/folder"
	"daxbench/reports/render"
	"daxbench/reports/unit"
)

// oneName accepts at most one argument, the name of a record.
func oneName(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("%s takes the name of one record, but got %d; daxbench baseline list shows them", cmd.CommandPath(), len(args))
	}
	return nil
}

func newBaselineShow() *cobra.Command {
	var f baselineFlags
	commit := false
	cmd := &cobra.Command{
		Use:     "show [flags] [NAME]",
		Short:   "say all about a record, or about the current one",
		Example: "  daxbench baseline show 2026-11-22-e14e154\n  daxbench baseline show -commit",
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.open()
			if err != nil {
				return err
			}
			defer s.Close()
			e, err := s.Find(f.one(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			if commit {
				return printCommit(cmd, e)
			}
			p := newPage(cmd.OutOrStdout())
			showEntry(p, e)
			return errors.Join(p.print(cmd.OutOrStdout()), s.Err(e.Machine), e.Err())
		},
	}
	f.flags(cmd.Flags(), "this one")
	cmd.Flags().BoolVar(&commit, "commit", false, "print nothing but the commit, for scripts")
	return cmd
}

// printCommit prints the commit of a record, if it can be built again and the record can be believed.
func printCommit(cmd *cobra.Command, e *baselines.Entry) error {
	if err := e.Err(); err != nil {
		return err
	}
	commit := e.Commit()
	if commit == "" || strings.HasSuffix(commit, "-dirty") {
		return &undecided{fmt.Sprintf("%s/%s is of no commit that could be built again: %s", e.Machine, e.Name, orUnknown(render.Clean(commit, maxShown)))}
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), render.Clean(commit, maxShown))
	return err
}

// showEntry writes a record for a person.
func showEntry(p *page, e *baselines.Entry) {
	const room = len("memory_bytes")
	title := e.Machine + "/" + e.Name
	if e.Current {
		title += ", the current one"
	}
	p.line(title)
	line := func(key, value string) { p.item(2, room, key, value) }
	for _, problem := range e.Problems {
		line("DAMAGED", problem.String())
	}
	if e.Run == nil {
		return
	}
	m := &e.Run.Manifest
	line("made by", fmt.Sprintf("%s, commit %s", render.Clean(m.Tool, maxShown), orUnknown(render.Clean(m.Commit, maxShown))))
	line("command", render.Clean("daxbench "+strings.Join(m.Command, " "), 10*maxShown))
	line("began", fmt.Sprintf("%s UTC; took %s", began(e), unit.Elapsed(m.Elapsed())))
	line("seed", fmt.Sprint(m.Seed))
	line("rounds", fmt.Sprintf("%d, of %s each", e.Rounds(), unit.Plural(len(e.Run.Cells), "cell")))
	line("workloads", render.Clean(strings.Join(e.Workloads(), ", "), 10*maxShown))
	if n := note(e); n != "" {
		line("note", n)
	}
	p.line("\nThe machine and the program:")
	var untold []string
	for _, fact := range e.Facts {
		if fact.Value == baselines.Unknown {
			untold = append(untold, fact.Key)
		} else {
			line(fact.Key, fact.Value)
		}
	}
	if len(untold) > 0 {
		line(baselines.Unknown, strings.Join(untold, ", "))
	}
	p.line("\nThe settings:")
	for _, fact := range e.Settings {
		line(fact.Key, fact.Value)
	}
	showWarnings(p, m)
	showDifferences(p, e)
}

// showWarnings writes the doubts that the run had about itself.
func showWarnings(p *page, m *folder.Manifest) {
	first := true
	for _, w := range m.Warnings {
		if w.Cell != "" {
			continue
		}
		if first {
			p.line("\nThe run warned:")
		}
		first = false
		p.item(2, 0, "", render.Clean(w.Text, 10*maxShown))
	}
}

// showDifferences says whether times that were measured here now would compare with those of the record.
func showDifferences(p *page, e *baselines.Entry) {
	here := thisMachine()
	if baselines.MachineName(here) != baselines.MachineName(e.Facts) {
		return
	}
	forbidding := baselines.Forbidding(baselines.Diff(e.Facts, here))
	if len(forbidding) == 0 {
		return
	}
	p.line("\nTimes that are measured here now do not compare with it:")
	for _, d := range forbidding {
		p.item(2, 0, "", d.String())
	}
}

func newBaselinePromote() *cobra.Command {
	var f baselineFlags
	cmd := &cobra.Command{
		Use:   "promote [flags] NAME",
		Short: "make a record the current one, if it is whole",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("baseline promote takes the name of a record; daxbench baseline list shows them")
			}
			return oneName(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := f.open()
			if err != nil {
				return err
			}
			defer s.Close()
			if err := s.Promote(f.one(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s is current\n", f.one(), args[0])
			return err
		},
	}
	f.flags(cmd.Flags(), "this one")
	return cmd
}

func newBaselineVerify() *cobra.Command {
	var f baselineFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "hold all files against their checksums",
		Long: "Verify names each file that is torn, edited, missing or was put there later, and\n" +
			"why. Exit status: 0 all are as recorded; 3 there was nothing to verify; 4 some\n" +
			"are not.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := f.open()
			if err != nil {
				return err
			}
			defer s.Close()
			p := newPage(cmd.OutOrStdout())
			bad, good, err := f.verify(p, s)
			if err != nil {
				return err
			}
			if f.machine == "" {
				b, g, err := verifyKernels(p, s)
				if err != nil {
					return err
				}
				bad, good = bad+b, good+g
			}
			if err := p.print(cmd.OutOrStdout()); err != nil {
				return err
			}
			switch {
			case bad == 1:
				return fmt.Errorf("1 file %w: see above", baselines.ErrDamaged)
			case bad > 1:
				return inputError{fmt.Errorf("%d files are damaged: see above", bad)}
			case good == 0:
				return &undecided{"nothing was verified: " + f.dir + " has no record with checksums"}
			}
			return nil
		},
	}
	f.flags(cmd.Flags(), "all")
	return cmd
}

// verifyKernels is verify for records of scenarios on real kernels, which are no machine's.
func verifyKernels(p *page, s *baselines.Store) (bad, good int, err error) {
	list, err := s.Kernels()
	bare := 0
	for _, k := range list {
		for _, problem := range k.Problems {
			p.item(0, 0, "", "kernels/"+k.Name+": "+problem.String())
		}
		bad += len(k.Problems)
		switch {
		case len(k.Problems) > 0:
		case k.Bare:
			bare++
		default:
			good++
		}
	}
	if good > 0 {
		p.item(0, 0, "", fmt.Sprintf("kernels: %s as recorded", unit.Plural(good, "record")))
	}
	if bare > 0 {
		p.item(0, 0, "", fmt.Sprintf("kernels: %s could be read; nothing says what was recorded", unit.Plural(bare, "record")))
	}
	return bad, good, err
}

// verify writes what is wrong, and counts files that are not as recorded and records that are.
func (f *baselineFlags) verify(p *page, s *baselines.Store) (bad, good int, err error) {
	machines, err := f.machines(s)
	if err != nil {
		return 0, 0, err
	}
	for _, machine := range machines {
		entries, err := s.Entries(machine)
		if err != nil {
			return 0, 0, err
		}
		problems, err := s.Check(machine, entries)
		if err != nil {
			return 0, 0, err
		}
		for _, problem := range problems {
			p.item(0, 0, "", machine+"/"+problem.String())
		}
		bad += len(problems)
		whole, bare := 0, 0
		for _, e := range entries {
			for _, problem := range e.Problems {
				p.item(0, 0, "", machine+"/"+e.Name+": "+problem.String())
			}
			bad += len(e.Problems)
			switch {
			case len(e.Problems) > 0:
			case e.Bare:
				bare++
			default:
				whole++
			}
		}
		good += whole
		p.item(0, 0, "", fmt.Sprintf("%s: %s as recorded", machine, unit.Plural(whole, "record")))
		if bare > 0 {
			p.item(0, 0, "", fmt.Sprintf("%s: %s of the older layout could be read; nothing says what was recorded", machine, unit.Plural(bare, "run")))
		}
	}
	return bad, good, nil
}
