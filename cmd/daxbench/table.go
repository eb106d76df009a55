package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"daxbench/reports/gallery"
	"daxbench/reports/render"
	"daxbench/reports/unit"
	"daxbench/workloads/record"
)

// show reads the folder back, writes the comparison for a person, and leaves the report: what is shown is what is in the
// files. Whatever becomes of the report, the results are safe.
func (s *session) show(ctx context.Context, status record.Status) error {
	src, err := readSource(s.folder.Dir(), "")
	if err != nil {
		return err
	}
	if err := s.table(src); err != nil {
		return err
	}
	var found error
	if status == record.Finished && s.place == nil {
		found = s.litmus(ctx)
	}
	if err := s.report(src); err != nil {
		return errors.Join(found, fmt.Errorf("the results are safe in %s, but their report is not whole: %w", s.folder.Dir(), err))
	}
	return found
}

// table writes the comparison for a person.
func (s *session) table(src *gallery.Source) error {
	width, ok := terminal(s.stdout)
	if !ok {
		width = render.DefaultWidth
	}
	if err := render.Text(s.stdout, src.Table, render.Options{Width: width, Colour: colour(s.stdout)}); err != nil {
		return err
	}
	p := newPage(s.stdout)
	p.item(0, 0, "", harness(src.Run.Manifest.Harness))
	return p.print(s.stdout)
}

// litmus plays the scenarios under the policies of the run, for the report: what a policy costs is half of what there is to
// say of it. It takes a third of a second, after all that was measured.
func (s *session) litmus(ctx context.Context) error {
	err := recordLitmus(ctx, s.folder.Dir(), s.policies(), s.folder.Request.Kernel)
	if bad := (*badAnswer)(nil); errors.As(err, &bad) {
		return &badAnswer{"a policy does not do what it declares: the safety matrix of the report, or daxbench litmus, says which"}
	}
	return err
}

// policies are those of the run.
func (s *session) policies() (names []string) {
	for _, p := range s.plan.Policies {
		names = append(names, p.Name())
	}
	return names
}

// report leaves the report and its charts in the folder of the run.
func (s *session) report(src *gallery.Source) error {
	p, err := onePage(src)
	if p == nil {
		return err
	}
	j := &reportJob{page: p, dir: s.folder.Dir(), stdout: io.Discard, stderr: s.stderr}
	if e := j.html(); e != nil {
		return errors.Join(e, err)
	}
	fmt.Fprintf(s.stderr, "daxbench: the report is %s\n", filepath.Join(s.folder.Dir(), reportPage))
	return err
}

// harness says what the measuring itself costs.
func harness(h map[string]float64) string {
	var parts []string
	for _, p := range []struct{ key, text string }{
		{"ns/op", "an empty operation takes %s"},
		{"timed-ns", "timing one adds %s"},
		{"clock-ns", "reading the clock takes %s"},
	} {
		if v, ok := h[p.key]; ok {
			parts = append(parts, fmt.Sprintf(p.text, unit.Format(v, unit.Nanos)))
		}
	}
	return "harness: " + strings.Join(parts, ", ") + "."
}
