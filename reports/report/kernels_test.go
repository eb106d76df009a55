package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
)

// matrixOf writes and reads what scenarios came to on kernels.
func matrixOf(t *testing.T, s *reportstest.KernelsSpec) *kernels.Matrix {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	m, err := kernels.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Sources[0].Dir = "all"
	return m
}

// TestOfKernels wants the page to say what was looked at, what each kernel is, and where that comes from.
func TestOfKernels(t *testing.T) {
	p := OfKernels(matrixOf(t, reportstest.Kernels()), "name")
	if p.Title != "Pins and inode eviction on Linux 6.1, 6.12, 6.16, 6.18 and 7.3" || p.Name != "name" {
		t.Errorf("%q %q", p.Title, p.Name)
	}
	if want := "36 scenarios of litmus, played on xfs, ext4 and xfs-nodax of 5 kernels, 27 November 2026. What is looked at is Linux itself, " +
		"on an emulated machine, where time is counted instructions, 2 ns each."; p.Lead != want {
		t.Error(p.Lead)
	}
	if len(p.Verdict) > 0 || p.Kernels == nil || len(p.Groups) > 0 || len(p.Reading) == 0 {
		t.Errorf("%+v", p)
	}
	tables := p.Overview[0].Tables
	if len(tables) != 2 || len(tables[0].Rows) != 15 {
		t.Fatalf("%d tables", len(tables))
	}
	row := tables[0].Rows[8]
	var texts []string
	for _, v := range row {
		texts = append(texts, v.Text)
	}
	if want := "6.16 xfs-nodax|6.16.12+deb13-cloud-amd64|linux-image-6.16.12+deb13-cloud-amd64 6.16.1-1|xfs|no DAX, a control (queue/dax)|yes|tcg|" +
		"counted instructions, 2 ns each|6.19|rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota"; strings.Join(texts, "|") != want || row[4].Tone != Faint {
		t.Errorf("%s", strings.Join(texts, "|"))
	}
	if notes := p.Overview[0].Footnotes; len(notes) != 5 || notes[0] != "6.1 ext4: no reflink: ext4 has none" {
		t.Errorf("%q", notes)
	}
	if f := p.Files; len(f) != 1 || f[0].Path != "all/kernels.json" {
		t.Errorf("%v", f)
	}
	if i := slices.IndexFunc(p.Origin, func(f Fact) bool { return f.Name == "kernels command" }); i < 0 || p.Origin[i].Value != "daxbench vm -kernel debian:6.12 -- litmus -target dir:/mnt/xfs" {
		t.Errorf("%v", p.Origin)
	}
}

// TestKernelsConfig tells the configuration in which kernels differ from that which they have in common.
func TestKernelsConfig(t *testing.T) {
	m := matrixOf(t, reportstest.Kernels())
	differ, _ := configs(m)
	if len(differ.Rows) != 1 || differ.Rows[0][0].Text != "CONFIG_MEMORY_FAILURE" || differ.Rows[0][1].Text != "n" || differ.Rows[0][5].Text != "y" || len(differ.Columns) != 6 {
		t.Errorf("%+v", differ)
	}
	for i := range m.Columns {
		m.Columns[i].Kernel.Config = map[string]string{"CONFIG_FS_DAX": "y"}
	}
	if differ, alike := configs(m); differ != nil || alike != "CONFIG_FS_DAX=y" {
		t.Errorf("%v %q", differ, alike)
	}
	for i := range m.Columns {
		m.Columns[i].Kernel.Config = nil
	}
	if differ, alike := configs(m); differ != nil || alike != "" {
		t.Errorf("%v %q", differ, alike)
	}
	m.Columns[3].Kernel.Config = map[string]string{"CONFIG_FS_DAX": "y"}
	m.Columns[6].Kernel.Config = map[string]string{"CONFIG_X": "m"}
	if differ, _ = configs(m); len(differ.Rows) != 2 || differ.Rows[0][2].Text != "not set" {
		t.Errorf("%+v", differ)
	}
}

// TestKernelsBesideARun: the page of a run keeps its verdict, and has the matrix, its facts and its file once.
func TestKernelsBesideARun(t *testing.T) {
	p := page(t, source(t, reportstest.Example()))
	verdict, overview := len(p.Verdict), len(p.Overview)
	p.AddKernels(matrixOf(t, reportstest.Kernels()))
	if len(p.Verdict) != verdict || len(p.Overview) != overview+1 || p.Kernels == nil {
		t.Errorf("%d sentences, %d sections", len(p.Verdict), len(p.Overview))
	}
	src := source(t, reportstest.Example())
	if err := reportstest.Kernels().Write(src.Run.Dir); err != nil {
		t.Fatal(err)
	}
	if p := page(t, src); !slices.ContainsFunc(p.Files, func(f File) bool { return f.Path == "kernels.json" }) {
		t.Errorf("%v", p.Files)
	}
}

// TestKernelsMany: several files are told apart, and a list of what could not be done ends.
func TestKernelsMany(t *testing.T) {
	m := matrixOf(t, reportstest.Kernels())
	m.Sources = append(m.Sources, kernels.Source{Dir: "other"})
	for i := range 100 {
		m.Columns[0].Kernel.Missing = append(m.Columns[0].Kernel.Missing, fmt.Sprint("lack ", i))
	}
	p := OfKernels(m, "")
	if i := slices.IndexFunc(p.Origin, func(f Fact) bool { return f.Name == "kernels program of other" }); i < 0 || p.Origin[i].Value != "unknown, commit unknown" {
		t.Errorf("%v", p.Origin)
	}
	if notes := p.Overview[0].Footnotes; len(notes) != maxMissing+1 || notes[maxMissing] != "75 more in kernels.json" {
		t.Errorf("%q", notes[maxMissing:])
	}
}
