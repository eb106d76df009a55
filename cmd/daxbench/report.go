package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"daxbench/reports/chart"
	"daxbench/reports/gallery"
	"daxbench/reports/render"
	"daxbench/reports/report"
)

// reportFlags are the flags of report as they were given.
type reportFlags struct {
	out, format, reference string
	chart                  []string
	list, force            bool
	command                string // as one types it again
	stderr                 io.Writer
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report [flags] [LABEL=]DIR…",
		Short: "write what a run found as a page with charts, or charts alone",
		Long: "Report reads the folder that daxbench run wrote, or the record of a baseline, and\n" +
			"writes one self-contained page, and its charts as PNG in a folder beside it:\n" +
			"charts, or x-charts for -o x.html. With several folders it holds each against the\n" +
			"first. What daxbench litmus -o and daxbench verify -o left in the folder goes into\n" +
			"the page. Folders with scenarios on kernels (kernels.json, of daxbench vm and of\n" +
			"litmus -target) need no run: their kernels stand side by side on one page, and a\n" +
			"folder of such folders stands for all of them.\n\n" +
			"Formats:\n" + reportFormatList() + "\n" +
			"A policy that declares itself safe and was not is named on the standard error\n" +
			"too. To fail on it, use daxbench run, litmus or verify.\n\n" +
			"Exit status: 0 written, whatever it says; 2 usage, unknown chart or format; 3 two\n" +
			"runs have nothing in common, or no kernel has a verdict; 4 a folder is missing\n" +
			"or damaged, or the disk is full.",
		Example: "  daxbench report results/20261122T153528Z-1\n" +
			"  daxbench report before=run1 after=run2 -o compared.html\n" +
			"  daxbench report 6.1/ 6.12/ mine=patched/ -o kernels.html\n" +
			"  daxbench report run1 -format svg -chart latency -o pictures\n" +
			"  daxbench report run1 -list",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.command = commandLine(cmd, args)
			return f.execute(cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.Flags(), args)
		},
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVarP(&f.out, "o", "o", "", "write to `file`, and charts beside it; several charts alone go to a folder (default: report.html in the folder of the run)")
	fl.StringVar(&f.format, "format", "html", "write as `name`: "+strings.Join(reportFormatNames(), ", ")+" (default: as the name of -o says, or html)")
	fl.StringSliceVar(&f.chart, "chart", nil, "only these charts, by `name`: of a kind, or of a single one (default: all); -list names them")
	fl.StringVar(&f.reference, "reference", "", "hold the others against policy `name` (default: that of the run)")
	fl.BoolVar(&f.list, "list", false, "list the kinds of charts; with a folder, its charts")
	fl.BoolVar(&f.force, "force", false, "hold runs against each other although their processors differ")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reportFormatNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// reportFormat is one way of writing a report.
type reportFormat struct {
	name, about string
	ends        []string // of names of files, with the dot
	adds        bool     // it goes into the folder of the run unless another place is named
	write       func(j *reportJob) error
}

// reportFormats are sorted by name.
var reportFormats = []reportFormat{
	{name: "html", about: "one self-contained page, and a PNG of each chart beside it", ends: []string{".html", ".htm"}, adds: true, write: (*reportJob).html},
	{name: "md", about: "the same as Markdown, to standard output unless -o names a file", ends: []string{".md", ".markdown"}, write: (*reportJob).markdown},
	{name: "png", about: "charts as pictures", ends: []string{".png"}, adds: true, write: func(j *reportJob) error { return j.pictures(drawPNG, ".png") }},
	{name: "svg", about: "charts as drawings", ends: []string{".svg"}, adds: true, write: func(j *reportJob) error { return j.pictures(drawSVG, ".svg") }},
}

func reportFormatNames() (names []string) {
	for _, f := range reportFormats {
		names = append(names, f.name)
	}
	return names
}

// reportFormatList lists the formats for help.
func reportFormatList() string {
	var b strings.Builder
	for _, f := range reportFormats {
		fmt.Fprintf(&b, "  %-6s%s\n", f.name, f.about)
	}
	return b.String()
}

// settle chooses the format: that of -format, which the name of -o may not contradict, or that which the name says.
func (f *reportFlags) settle(named, chosen bool) error {
	known := strings.Join(reportFormatNames(), ", ")
	end := strings.ToLower(filepath.Ext(f.out))
	of := slices.IndexFunc(reportFormats, func(r reportFormat) bool { return slices.Contains(r.ends, end) })
	switch {
	case !slices.Contains(reportFormatNames(), f.format):
		return usagef("unknown format %q; known: %s%s", f.format, known, meant(f.format, reportFormatNames()))
	case named && f.out == "":
		return usagef("-o is empty")
	case chosen && of >= 0 && reportFormats[of].name != f.format:
		return usagef("-o %s is the name of a file of %s, but -format is %s", f.out, reportFormats[of].name, f.format)
	case chosen || end == "":
	case of < 0:
		return usagef("-o %s: there is no format whose files end in %s; known: %s", f.out, end, known)
	default:
		f.format = reportFormats[of].name
	}
	return nil
}

// patience is how long a report may take before it says that it is at work.
const patience = 2 * time.Second

// execute writes the report, or lists what could be in it.
func (f *reportFlags) execute(stdout, stderr io.Writer, given *pflag.FlagSet, args []string) error {
	if err := f.settle(given.Changed("o"), given.Changed("format")); err != nil {
		return err
	}
	i := slices.IndexFunc(reportFormats, func(r reportFormat) bool { return r.name == f.format })
	switch {
	case f.list && len(args) == 0:
		return listKinds(stdout)
	case len(args) == 0:
		return usagef("report what? Give the folder of a run; see daxbench help report")
	}
	late := time.AfterFunc(patience, func() { fmt.Fprintf(stderr, "daxbench: reading %s\n", strings.Join(args, ", ")) })
	defer late.Stop()
	f.stderr = stderr
	j := &reportJob{out: f.out, stdout: stdout, stderr: stderr}
	var missing error
	j.page, j.dir, missing = f.page(args)
	if j.page == nil {
		return missing
	}
	if len(f.chart) > 0 {
		if err := f.choose(j.page); err != nil {
			return err
		}
	}
	if f.list {
		return errors.Join(listCharts(stdout, j.page), missing)
	}
	if f.out == "" && reportFormats[i].adds {
		if err := j.mayAdd(); err != nil {
			return err
		}
	}
	return errors.Join(reportFormats[i].write(j), missing)
}

// choose leaves those charts in the page that were asked for.
func (f *reportFlags) choose(p *report.Page) error {
	for _, name := range f.chart {
		_, kind := gallery.Lookup(name)
		there := slices.ContainsFunc(p.Charts(), func(c *chart.Chart) bool { return isCalled(p, c, name) })
		switch {
		case there:
		case kind:
			return &nothingError{fmt.Sprintf("there is no chart of the kind %s: the run holds nothing to draw it from", name)}
		default:
			return usagef("unknown chart %q; kinds are %s; -list names the single charts%s", name, strings.Join(kindNames(), ", "), meant(name, kindNames()))
		}
	}
	p.Keep(func(c *chart.Chart) bool {
		return slices.ContainsFunc(f.chart, func(name string) bool { return isCalled(p, c, name) })
	})
	return nil
}

// isCalled says whether a chart, or its kind, has a name.
func isCalled(p *report.Page, c *chart.Chart, name string) bool {
	return c.ID == name || p.Kind(c) == name
}

func kindNames() (names []string) {
	for _, k := range gallery.All {
		names = append(names, k.Name)
	}
	return names
}

// listKinds lists what charts there are.
func listKinds(w io.Writer) error {
	return columnsOf(w, func(row func(...string)) {
		for _, k := range gallery.All {
			row(k.Name, map[gallery.Scope]string{gallery.OfRun: "a run", gallery.OfGroup: "a workload", gallery.OfRuns: "several runs"}[k.Scope], k.About)
		}
	})
}

// listCharts lists the charts of a page.
func listCharts(w io.Writer, p *report.Page) error {
	return columnsOf(w, func(row func(...string)) {
		for _, c := range p.Charts() {
			row(p.Kind(c), c.ID, render.Clean(c.Title, 2*maxShown))
		}
	})
}

// columnsOf writes rows with their cells below each other.
func columnsOf(w io.Writer, rows func(row func(...string))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rows(func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) })
	return t.Flush()
}
