package main

import (
	"fmt"
	"strings"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/render"
	"daxbench/reports/unit"
)

// table reads the folder back and writes the comparison for a person: what is shown is what is in the files.
func (s *session) table() error {
	run, err := folder.Read(s.folder.Dir())
	if err != nil {
		return inputError{err}
	}
	t, err := compare.Policies(run, "")
	if err != nil {
		return err
	}
	width, ok := terminal(s.stdout)
	if !ok {
		width = render.DefaultWidth
	}
	if err := render.Text(s.stdout, t, render.Options{Width: width, Colour: colour(s.stdout)}); err != nil {
		return err
	}
	p := newPage(s.stdout)
	p.item(0, 0, "", harness(run.Manifest.Harness))
	return p.print(s.stdout)
}

// harness says what the measuring itself costs.
func harness(h map[string]float64) string {
	var parts []string
	for _, p := range []struct{ key, text string }{
		{"ns/op", "an empty operation takes %s"},
		{"clock-ns", "reading the clock takes %s"},
	} {
		if v, ok := h[p.key]; ok {
			parts = append(parts, fmt.Sprintf(p.text, unit.Format(v, unit.Nanos)))
		}
	}
	return "harness: " + strings.Join(parts, ", ") + "."
}
