package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"daxbench/reports/render"
	"daxbench/reports/report"
	"daxbench/reports/versus"
)

// compareFlags are the flags of compare as they were given.
type compareFlags struct {
	versus.Options
	sort   string
	format string
	output string
	all    bool
}

func newCompare() *cobra.Command {
	f := compareFlags{Options: versus.Defaults()}
	cmd := &cobra.Command{
		Use:   "compare [flags] [LABEL=]FILE|FOLDER…",
		Short: "put runs or benchmark files side by side",
		Long: "Compare reads folders that daxbench run wrote, records of baselines, and files\n" +
			"in the Go benchmark format, of any project, and holds each against the first;\n" +
			"\"-\" is the standard input. Median, range, p and, of unpaired samples, change\n" +
			"are those of benchstat, and so are the projections (-table, -row, -col, -ignore)\n" +
			"and the filter. Beside them stand an interval for each ratio, a verdict, p99 and\n" +
			"throughput, and what makes a number doubtful. A table names the columns that its\n" +
			"width has no room for.\n\n" +
			"Policies of one run are paired by round. Rounds of two runs are paired only if\n" +
			"both have the same seed; all else is compared as two unpaired samples. A file\n" +
			"with NaN, a failed benchmark, a line that was cut off or is no benchmark line\n" +
			"is refused.\n\n" +
			"Formats:\n" + compareFormats() + "\n" +
			"Exit status: 0 compared, whatever was found; 2 usage; 3 nothing in common, or\n" +
			"too few values for any statement; 4 an input is missing, empty, damaged, or\n" +
			"says that it failed. To fail on a regression, use daxbench gate.",
		Example: "  daxbench compare old.txt new.txt\n" +
			"  daxbench compare before=run1 after=run2 -sort effect\n" +
			"  daxbench compare run1 -col /policy -filter '.unit:ns/evict'\n" +
			"  daxbench compare run1 run2 -reference dax-only\n" +
			"  daxbench compare old.txt new.txt -format mail",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("compare what? Give two files or run folders; see daxbench help compare")
			}
			return nil
		},
		RunE: f.execute,
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.format, "format", "text", "print as `name`: "+strings.Join(compareFormatNames(), ", "))
	fl.StringVarP(&f.output, "o", "o", "", "write to `file`, whole or not at all (default: standard output)")
	fl.StringVar(&f.Reference, "reference", "", "in each file, take the ratio to policy `name` (or to key=value, for /key in names), and compare the ratios")
	fl.StringVar(&f.sort, "sort", string(versus.ByFile), "put benchmarks in the `order` effect, file or name")
	fl.BoolVar(&f.all, "all", false, "a table for every unit; otherwise those that stand beside another, and those of a run that are no cost, have none")
	fl.StringVar(&f.Table, "table", versus.DefaultTable, "one table per value of `keys`")
	fl.StringVar(&f.Row, "row", versus.DefaultRow, "one row per value of `keys`")
	fl.StringVar(&f.Col, "col", versus.DefaultCol, "one column per value of `keys`; the first is what the others are compared with")
	fl.StringVar(&f.Ignore, "ignore", "", "let `keys` make no difference")
	fl.StringVar(&f.Filter, "filter", versus.DefaultFilter, "only results and units that match `query`, as in \"/policy:none .unit:ns/op\"")
	fl.Float64Var(&f.Alpha, "alpha", versus.DefaultAlpha, "call a difference one if its p is at most `α`")
	fl.Float64Var(&f.Confidence, "confidence", versus.DefaultConfidence, "`level` of the ranges of medians")
	fl.BoolVar(&f.Force, "force", false, "leave out what cannot be used of a file, with a warning, instead of refusing the file")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(compareFormatNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// compareFormats lists the formats for help.
func compareFormats() string {
	var b strings.Builder
	for _, f := range render.AllVersus() {
		fmt.Fprintf(&b, "  %-10s%s\n", f.Name, f.About)
	}
	return b.String()
}

func compareFormatNames() (names []string) {
	for _, f := range render.AllVersus() {
		names = append(names, f.Name)
	}
	return names
}

func (f *compareFlags) execute(cmd *cobra.Command, args []string) error {
	format, ok := render.LookupVersus(f.format)
	if !ok {
		return usagef("unknown format %q; known: %s", f.format, strings.Join(compareFormatNames(), ", "))
	}
	for _, arg := range args {
		_, dir := splitLabel(arg)
		if err := onlyKernels(dir); err != nil {
			return err
		}
	}
	// What is kept of a file is small beside what reading it throws away: this halves the peak for a tenth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	f.Sort, f.Stdin = versus.Order(f.sort), cmd.InOrStdin()
	rep, err := versus.Compare(f.Options, args)
	if err != nil {
		return compareError(err)
	}
	rep.Command = commandLine(cmd, args)
	if err := f.write(cmd.OutOrStdout(), format, rep); err != nil {
		return err
	}
	switch {
	case rep.Pairs == 0 && len(rep.Inputs) == 1:
		return &undecided{"nothing was compared: give a second file, or compare within this one with -col or -reference"}
	case rep.Pairs == 0:
		return &undecided{"nothing was compared: no two columns have a benchmark in common"}
	case rep.Compared == 0:
		return &undecided{"nothing was compared: there are too few values of every benchmark"}
	}
	return nil
}

// write prints the report, or writes it to the file that was asked for.
func (f *compareFlags) write(stdout io.Writer, format render.VersusFormat, rep *versus.Report) error {
	o := render.VersusOptions{All: f.all}
	if f.output != "" {
		return writeWhole(f.output, func(w io.Writer) error { return format.Write(w, rep, o) })
	}
	if width, ok := terminal(stdout); ok {
		o.Width, o.Colour = width, colour(stdout)
	}
	return format.Write(stdout, rep, o)
}

// compareError gives an error the type that its exit status comes from.
func compareError(err error) error {
	if option := (*versus.OptionError)(nil); errors.As(err, &option) {
		return usageError{err}
	}
	if input := (*versus.InputError)(nil); errors.As(err, &input) {
		what := err.Error()
		if input.Line > 0 {
			what += " (-force leaves it out and compares the rest)"
		}
		return &nothingError{what}
	}
	return err
}

// commandLine is the command as one types it again.
func commandLine(cmd *cobra.Command, args []string) string {
	words := []string{"daxbench", cmd.Name()}
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		switch {
		case fl.Name == "o":
		case fl.Value.Type() == "bool":
			words = append(words, "-"+fl.Name)
		default:
			words = append(words, "-"+fl.Name, report.Quoted(fl.Value.String()))
		}
	})
	for _, a := range args {
		words = append(words, report.Quoted(a))
	}
	return strings.Join(words, " ")
}
