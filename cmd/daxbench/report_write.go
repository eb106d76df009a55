package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"daxbench/reports/chart"
	"daxbench/reports/render"
	"daxbench/reports/report"
	"daxbench/reports/unit"
)

// What a report is called in the folder of its run, and the folder of its charts.
const (
	reportPage  = "report.html"
	chartFolder = "charts"
)

// pictureWidth is that of a chart in a file of its own, in pixels: readable in a mail and on a page.
const pictureWidth = 1280

// drawingWidth is that of an SVG, in CSS pixels.
const drawingWidth = 960

// reportJob is a page on its way into files.
type reportJob struct {
	page           *report.Page
	dir            string // of the run; empty if there are several
	out            string // that was asked for; empty: the default
	stdout, stderr io.Writer
}

// html writes the page, and its charts beside it.
func (j *reportJob) html() error {
	name := j.out
	if name == "" {
		name = filepath.Join(j.dir, reportPage)
	}
	beside, err := j.beside(name)
	if err != nil {
		return err
	}
	o := render.HTMLOptions{Charts: beside}
	if err := j.place(name, func(w io.Writer) error { return render.HTML(w, j.page, o) }); err != nil {
		return err
	}
	_, err = fmt.Fprintln(j.stdout, name)
	return err
}

// mayAdd refuses to guess where a page goes that belongs to no run, or to a record that nothing is added to.
func (j *reportJob) mayAdd() error {
	switch {
	case j.dir == "":
		return usagef("several runs have no folder in common: say with -o where the report goes")
	case isRecord(j.dir):
		return usagef("%s is a record, and nothing is added to it: say with -o where the report goes", j.dir)
	}
	return nil
}

// markdown writes the page as Markdown: to standard output, or to a file with charts beside it.
func (j *reportJob) markdown() error {
	if j.out == "" {
		j.link(".")
		return render.PageMarkdown(j.stdout, j.page, render.HTMLOptions{})
	}
	beside, err := j.beside(j.out)
	if err != nil {
		return err
	}
	o := render.HTMLOptions{Charts: beside}
	if err := j.place(j.out, func(w io.Writer) error { return render.PageMarkdown(w, j.page, o) }); err != nil {
		return err
	}
	_, err = fmt.Fprintln(j.stdout, j.out)
	return err
}

// beside draws the charts of a page that goes into the file name, and links the page to what it is about. It returns the
// name of the folder of the charts as the page has it; none if the file is a pipe or a device, beside which nothing lies.
func (j *reportJob) beside(name string) (string, error) {
	j.link(filepath.Dir(name))
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return "", usagef("%s is a folder: name a file", name)
	} else if err == nil && !info.Mode().IsRegular() {
		return "", nil
	}
	if len(j.page.Charts()) == 0 {
		return "", nil
	}
	folder := chartsOf(name)
	return folder, drawAll(filepath.Join(filepath.Dir(name), folder), j.page.Charts(), drawPNG, ".png")
}

// chartsOf is what the folder with the charts of a page is called: charts beside report.html, a-charts beside a.html, so that
// two pages in one folder do not mix theirs. What an older page left in it stays, as nobody knows whose it is.
func chartsOf(name string) string {
	base := filepath.Base(name)
	if base == reportPage {
		return chartFolder
	}
	return strings.TrimSuffix(base, filepath.Ext(base)) + "-" + chartFolder
}

// link makes the paths of the raw files relative to the folder of the page.
func (j *reportJob) link(from string) {
	for i := range j.page.Files {
		f := &j.page.Files[i]
		f.Path = relative(from, filepath.Join(j.dir, f.Path))
	}
}

// relative is a path as seen from a folder, or as it is if there is no way.
func relative(from, path string) string {
	a, err := filepath.Abs(from)
	b, err2 := filepath.Abs(path)
	if err != nil || err2 != nil {
		return path
	}
	if rel, err := filepath.Rel(a, b); err == nil {
		return filepath.ToSlash(rel)
	}
	return path
}

// place writes a file: one that was named as writeWhole does, and one of ours in place of whatever has its name, so that no
// link leads out of the folder of a run.
func (j *reportJob) place(name string, write func(io.Writer) error) error {
	if j.out != "" {
		return writeWhole(name, write)
	}
	return replaceFile(name, write)
}

// drawing writes a chart in one format.
type drawing func(w io.Writer, c *chart.Chart) error

func drawPNG(w io.Writer, c *chart.Chart) error { return chart.Draw(w, c.Size(pictureWidth), c) }

func drawSVG(w io.Writer, c *chart.Chart) error { return chart.SVGFile(w, drawingWidth, c) }

// pictures writes the charts alone: a single one into the file that was named, several into a folder.
func (j *reportJob) pictures(draw drawing, ext string) error {
	charts := j.page.Charts()
	switch {
	case len(charts) == 0:
		return &nothingError{"there is nothing to draw: the run holds nothing that a chart could show"}
	case j.out == "":
		j.out = filepath.Join(j.dir, chartFolder)
	case len(charts) == 1 && strings.EqualFold(filepath.Ext(j.out), ext):
		if err := writeWhole(j.out, func(w io.Writer) error { return draw(w, charts[0]) }); err != nil {
			return err
		}
		_, err := fmt.Fprintln(j.stdout, j.out)
		return err
	case strings.EqualFold(filepath.Ext(j.out), ext):
		return usagef("-o %s: %s do not fit into one file: name a folder, or choose one with -chart", j.out, unit.Plural(len(charts), "chart"))
	}
	if err := drawAll(j.out, charts, draw, ext); err != nil {
		return err
	}
	_, err := fmt.Fprintf(j.stdout, "%s: %s\n", j.out, unit.Plural(len(charts), "chart"))
	return err
}

// drawAll draws charts into a folder, each into a file that is named as it is, as many at a time as there are processors.
// The error is the first one of the file system or of a chart; what was not drawn is as it was.
func drawAll(dir string, charts []*chart.Chart, draw drawing, ext string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return inputError{fmt.Errorf("%s is no folder, so no charts can be written there", dir)}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("%s cannot be made: %w", dir, reason(err))
	}
	next := make(chan *chart.Chart, len(charts))
	for _, c := range charts {
		next <- c
	}
	close(next)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for i := range errs {
		workers.Go(func() {
			for c := range next {
				if errs[i] == nil {
					errs[i] = replaceFile(filepath.Join(dir, c.ID+ext), func(w io.Writer) error { return draw(w, c) })
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}
