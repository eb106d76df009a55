package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/baselines"
	"daxbench/reports/render"
)

// TestReportOfDefaultMatrix holds the page of the current record, which is of the default matrix, to less than 2 MB, with
// all that can be in one.
func TestReportOfDefaultMatrix(t *testing.T) {
	const most = 2_000_000
	shelf := filepath.Join("..", "..", "baselines")
	s, err := baselines.Open(shelf)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const machine = "amd-epyc-2"
	name, err := s.Current(machine)
	if err != nil {
		t.Fatal(err)
	}
	src, err := readSource(filepath.Join(shelf, machine, name), "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := onePage(src)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := render.HTML(&out, p, render.HTMLOptions{Charts: "charts"}); err != nil {
		t.Fatal(err)
	}
	if charts := strings.Count(out.String(), "<figure"); out.Len() > most || charts < 50 || p.Safety == nil {
		t.Errorf("%d bytes with %d charts, safety %v", out.Len(), charts, p.Safety != nil)
	}
}
