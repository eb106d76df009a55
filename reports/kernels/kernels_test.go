package kernels_test

import (
	"testing"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
)

func read(t *testing.T, s *reportstest.KernelsSpec) *kernels.Matrix {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	m, err := kernels.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestX(t *testing.T) {
	m := read(t, reportstest.Kernels())
	for _, s := range m.Sentences() {
		t.Log(s.Tone, s.Text)
	}
	t.Log(m.Notes)
}
