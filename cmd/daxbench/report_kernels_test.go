package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/target"
	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
	"daxbench/workloads/litmus"
)

// fill sets all that can be set to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// zeros names the fields below v that are zero.
func zeros(path string, v reflect.Value) (out []string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, zeros(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case reflect.Slice:
		if v.Len() > 0 {
			return zeros(path+"[0]", v.Index(0))
		}
		fallthrough
	default:
		if v.IsZero() || v.Kind() == reflect.Slice {
			return []string{path}
		}
	}
	return out
}

// TestKernelsMeet holds the writer of kernels.json and its reader together: what the one writes into each field, the other finds.
func TestKernelsMeet(t *testing.T) {
	var k litmus.Kernels
	fill(reflect.ValueOf(&k).Elem())
	cell := &k.Columns[0].Cells[0]
	cell.Lost, cell.Outcome.Kind, cell.Outcome.Broken, cell.Stalls[0].Kill, cell.Stalls[0].State = "", target.Hung, "U", target.Ignored, "D"
	k.Columns[0].Label, k.Columns[0].Kernel.Name = "6.12 xfs", "xfs"
	dir := t.TempDir()
	if err := writeRecord(dir, litmus.KernelsName, kernelsRecord{newMadeBy(), &k}); err != nil {
		t.Fatal(err)
	}
	m, err := kernels.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Sources[0].Commit = "of a test it is not known"
	m.Notes = []string{"none"}
	if empty := zeros("Matrix", reflect.ValueOf(*m)); !slices.Equal(empty, []string{"Matrix.Columns[0].Source"}) { // the first
		t.Errorf("nothing was read into %q", empty)
	}
	read := m.Rows[0].Cells[0]
	if read.Kind != kernels.Hung || read.Letters != "U" || read.For != 7 || read.Stalls[0].Killed() != "SIGKILL was ignored" || m.Columns[0].Group != "6.12" {
		t.Errorf("%+v", read)
	}
	cell.Lost = "gone"
	if err := writeRecord(dir, litmus.KernelsName, kernelsRecord{newMadeBy(), &k}); err != nil {
		t.Fatal(err)
	}
	if m, err = kernels.Read(dir); err != nil || m.Rows[0].Cells[0].Kind != kernels.Lost || m.Rows[0].Cells[0].Sentence != "gone" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestKernelKindsMeet wants each outcome of a scenario known to the reader, and nothing called lost or not played that was judged.
func TestKernelKindsMeet(t *testing.T) {
	for kind := target.NotApplicable; kind <= target.Violated; kind++ {
		k := litmus.Kernels{Scenarios: []litmus.KernelScenario{{Name: "s"}}, Columns: []litmus.KernelColumn{{Label: "c", Cells: []litmus.KernelCell{{
			Word: "word", Outcome: target.Outcome{Kind: kind, For: time.Second},
		}}}}}
		dir := t.TempDir()
		if err := writeRecord(dir, litmus.KernelsName, kernelsRecord{newMadeBy(), &k}); err != nil {
			t.Fatal(err)
		}
		m, err := kernels.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if c := m.Rows[0].Cells[0]; c.Kind.String() != kind.String() || c.Kind.Judged() != (kind != target.NotApplicable) {
			t.Errorf("%v was read as %v", kind, c.Kind)
		}
	}
	joined := litmus.JoinKernels(nil, []*litmus.Kernels{
		{Scenarios: []litmus.KernelScenario{{Name: "s"}}, Columns: []litmus.KernelColumn{{Label: "c", Cells: []litmus.KernelCell{{Word: "safe", Outcome: target.Outcome{Kind: target.Safe}}}}}},
		{Scenarios: []litmus.KernelScenario{{Name: "t"}}},
	})
	dir := t.TempDir()
	if err := writeRecord(dir, litmus.KernelsName, kernelsRecord{newMadeBy(), joined}); err != nil {
		t.Fatal(err)
	}
	if m, err := kernels.Read(dir); err != nil || m.Rows[1].Cells[0].Kind != kernels.Unplayed {
		t.Errorf("what was not played is read as %+v, %v", m, err)
	}
}

// TestReportOfKernels writes pages of folders with scenarios on kernels, alone, several, below another, and beside runs.
func TestReportOfKernels(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for i, name := range []string{"set/6.1", "set/6.12", "set/7.3"} {
		s := reportstest.Kernels()
		s.Releases = []string{reportstest.Releases[[]int{0, 1, 4}[i]]}
		if err := s.Write(in(name)); err != nil {
			t.Fatal(err)
		}
	}
	lost := reportstest.Kernels()
	lost.Cell = func(_, _ int, c map[string]any) { c["lost"] = "the guest died" }
	err := errors.Join(reportstest.Example().Write(in("run")), reportstest.Example().Write(in("a")), reportstest.Example().Write(in("b")),
		reportstest.Kernels().Write(in("b")), lost.Write(in("lost")), reportstest.Kernels().Write(in("torn")), os.Truncate(in("torn/kernels.json"), 200),
		reportstest.Example().Write(in("spoiled")), os.WriteFile(in("spoiled/kernels.json"), []byte("{"), 0o666))
	if err != nil {
		t.Fatal(err)
	}
	const loss = "A pinned block is freed on 6.1 and 6.12 in 20 of 24 scenarios."
	for _, tt := range []struct {
		args   string
		status int
		page   string   // that it leaves; empty: standard output
		has    []string // of the page, or of what is printed
	}{
		{"report set/6.12", 0, "set/6.12/report.html", []string{`>6.12</th>`, "A pinned block is freed on 6.12 in 20 of 24 scenarios.", `href="./kernels.json"`, "dax_disassociate_entry", "daxbench vm -kernel debian:6.12 "}},
		{"report set/6.1 set/6.12 set/7.3 -o x.html", 0, "x.html", []string{loss, `href="./set/7.3/kernels.json"`, "dax_break_layout_final", ">7.3</th>"}},
		{"report set", 0, "set/report.html", []string{loss, `href="./7.3/kernels.json"`, "on Linux 6.1, 6.12 and 7.3"}},
		{"report old=set/6.1 new=set/7.3 -o y.html", 0, "y.html", []string{">old</th>", ">new</th>", "From old to new, on xfs and ext4: where a pinned block was freed"}},
		{"report set -format md", 0, "", []string{"## Scenarios on kernels", loss, "| 1 unlink-under-dio-vmsplice"}},
		{"report set/6.1 set/6.12", 2, "", []string{"say with -o where the report goes"}},
		{"report set -reference none -o z.html", 2, "", []string{"there is no run in set"}},
		{"report set -format png -o z", 4, "", []string{"there is nothing to draw"}},
		{"report set/6.1 run -o z.html", 4, "", []string{"6.1 holds scenarios on kernels (kernels.json) and no run, and run none"}},
		{"report set/6.1 nowhere -o z.html", 4, "", []string{"and nowhere none"}},
		{"report lost", 3, "lost/report.html", []string{"Nothing is known of 6.1, 6.12, 6.16, 6.18 and 7.3"}},
		{"report torn", 4, "", []string{"torn/kernels.json: byte "}},
		{"report b", 0, "b/report.html", []string{"Scenarios on kernels", loss, `href="./kernels.json"`, `href="./results.txt"`, "Every workload, every policy"}},
		{"report a b -o ab.html", 0, "ab.html", []string{"Scenarios on kernels", loss, "In pictures"}},
		{"report b set/6.1 -o mixed.html", 0, "mixed.html", []string{"Runs are not on this page, as not every folder has one: b", ">6.1: 6.1</th>", ">6.1</th>"}},
		{"report spoiled", 4, "spoiled/report.html", []string{"What scenarios came to on kernels is missing: ", "spoiled/kernels.json: byte ", "Every workload, every policy"}},
	} {
		cmd := exec.Command("daxbench", strings.Fields(tt.args)...)
		cmd.Dir = dir
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		var exit *exec.ExitError
		got := 0
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got != tt.status {
			t.Errorf("%s: status %d, want %d\n%.500s", tt.args, got, tt.status, &out)
		}
		text := out.String()
		if tt.page != "" {
			data, err := os.ReadFile(in(tt.page))
			if err != nil {
				t.Errorf("%s: %v\n%.500s", tt.args, err, &out)
				continue
			}
			text = string(data)
		}
		for _, want := range tt.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", tt.args, want)
			}
		}
	}
	if there(in("z.html")) || there(in("z")) {
		t.Error("what cannot be reported was")
	}
}

// TestRecordOfKernels: a record of scenarios on kernels is verified, is no machine, and nothing is added to it.
func TestRecordOfKernels(t *testing.T) {
	dir := t.TempDir()
	record := filepath.Join(dir, "baselines", "kernels", "2026-11-27-3f2a9c1")
	if err := reportstest.Kernels().Write(filepath.Join(record, "7.3")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(record, "7.3", kernels.Name)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run := func(status int, says, line string) {
		t.Helper()
		cmd := exec.Command("daxbench", strings.Fields(line)...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != status || !strings.Contains(string(out), says) {
			t.Errorf("%s: status %d, want %d, with %q\n%s", line, got, status, says, out)
		}
	}
	run(3, "kernels: 1 record could be read; nothing says what was recorded", "baseline verify")
	if err := os.WriteFile(filepath.Join(record, "SHA256SUMS"), fmt.Appendf(nil, "%x  7.3/kernels.json\n", sha256.Sum256(data)), 0o666); err != nil {
		t.Fatal(err)
	}
	run(0, "kernels: 1 record as recorded", "baseline verify")
	run(2, "is no machine", "baseline show -machine kernels 2026-11-27-3f2a9c1")
	run(2, "nothing is added to it", "report baselines/kernels/2026-11-27-3f2a9c1")
	run(0, "x.html", "report baselines/kernels/2026-11-27-3f2a9c1 -o x.html")
	if err := os.WriteFile(file, data[:len(data)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	run(4, "kernels/2026-11-27-3f2a9c1: 7.3/kernels.json is torn", "baseline verify")
}
