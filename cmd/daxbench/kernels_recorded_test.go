package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/target"
	"daxbench/workloads/litmus"
)

// recordOfKernels reads the newest record of kernels: what is there of each, by its label.
func recordOfKernels(t *testing.T) (name string, labels []string, list []*litmus.Kernels) {
	t.Helper()
	folders, err := filepath.Glob("../../baselines/kernels/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Skip("no kernels are recorded in baselines/kernels")
	}
	newest := slices.Max(folders)
	files, err := filepath.Glob(filepath.Join(newest, "*", litmus.KernelsName))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no kernels: %v", newest, err)
	}
	for _, file := range files {
		k, err := litmus.ReadKernels(filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		labels, list = append(labels, filepath.Base(filepath.Dir(file))), append(list, k)
	}
	return filepath.Base(newest), labels, list
}

// expectedOf are the files in .ci/kernels, each with the series of the kernel that it is about; empty: the newest.
var expectedOf = []struct{ file, series string }{{"6.12.txt", "6.12"}, {"newest.txt", ""}}

// ofSeries finds a kernel in a record, or the newest if no series is named; -1 if there is none.
func ofSeries(list []*litmus.Kernels, series string) int {
	at, newest := -1, [2]int{}
	for i, k := range list {
		release := k.Columns[0].Kernel.Release
		var v [2]int
		fmt.Sscanf(release, "%d.%d", &v[0], &v[1])
		if series == "" && slices.Compare(v[:], newest[:]) > 0 {
			at, newest = i, v
		} else if series != "" && seriesOf(release) == series {
			at = i
		}
	}
	return at
}

// unwarned leaves what differs among kernels since 6.15 out of what is expected and of what a kernel came to: where a pinned
// block is given away (U), some also warn that they forget whose it was (A), which is all that A on a kernel is.
func unwarned(expected litmus.Expectations, k *litmus.Kernels) (litmus.Expectations, *litmus.Kernels) {
	without := func(letters string) string {
		if strings.Contains(letters, "U") {
			return strings.ReplaceAll(letters, "A", "")
		}
		return letters
	}
	expected = slices.Clone(expected)
	for i := range expected {
		expected[i].Letters = without(expected[i].Letters)
	}
	k = &litmus.Kernels{Scenarios: k.Scenarios, Columns: slices.Clone(k.Columns)}
	for i := range k.Columns {
		cells := slices.Clone(k.Columns[i].Cells)
		for n := range cells {
			cells[n].Outcome.Broken = without(cells[n].Outcome.Broken)
		}
		k.Columns[i].Cells = cells
	}
	return expected, k
}

// TestUnwarned has only a warning beside a block that was given away be no difference.
func TestUnwarned(t *testing.T) {
	for _, tt := range []struct {
		expected, is string
		as           int
	}{{"U A", "U", 1}, {"U", "UA", 1}, {"U A", "UA", 1}, {"U", "U", 1}, {"A", "U", 0}, {"U A", "A", 0}, {"A", "", 0}, {"U A", "", 0}, {"A", "A", 1}} {
		expected, err := litmus.ParseExpectations("test", []byte("x violation "+tt.expected))
		if err != nil {
			t.Fatal(err)
		}
		o := target.Outcome{Kind: target.Violated, Broken: tt.is}
		k := &litmus.Kernels{Scenarios: []litmus.KernelScenario{{Name: "x"}}, Columns: []litmus.KernelColumn{{Cells: []litmus.KernelCell{{Word: "x", Outcome: o}}}}}
		some, other := unwarned(expected, k)
		if m := some.Meet(other); m.As != tt.as || len(m.Differences) != 1-tt.as || k.Columns[0].Cells[0].Outcome.Broken != tt.is {
			t.Errorf("%s expected, and it is %s: %+v", tt.expected, tt.is, m)
		}
	}
}

// TestExpectedOfKernels holds what .ci/kernels expects against what was recorded: of its own kernel, which it was written from
// (-update does that), and newest.txt of every kernel since 6.15. Neither is met by a kernel from the other side.
func TestExpectedOfKernels(t *testing.T) {
	name, labels, list := recordOfKernels(t)
	for _, e := range expectedOf {
		own := ofSeries(list, e.series)
		if own < 0 {
			t.Fatalf("%s has no kernel for %s", name, e.file)
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "# What is expected of scenarios, as recorded in baselines/kernels/%s.\n# go test ./cmd/daxbench -run ExpectedOfKernels -update\n", name)
		if err := list[own].WriteExpectations(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("../../.ci/kernels", e.file)
		text, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		if !bytes.Equal(text, b.Bytes()) {
			if text = b.Bytes(); !*update {
				t.Errorf("%s is not what was recorded; write it anew with -update:\n%s", path, text)
			} else if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		expected, err := litmus.ParseExpectations(path, text)
		if err != nil {
			t.Fatal(err)
		}
		final := list[own].Columns[0].Kernel.Final
		for i, k := range list {
			met := expected.Meet(k)
			switch {
			case k.Columns[0].Kernel.Final != final:
				if len(met.Differences) == 0 {
					t.Errorf("%s has all that %s expects", labels[i], e.file)
				}
			case i == own && len(met.Differences)+len(met.Open) > 0, met.As == 0:
				t.Errorf("%s: %d cells are as %s expects; not so: %q, %q", labels[i], met.As, e.file, met.Differences, met.Open)
			case final: // a cell without a verdict contradicts nothing
				some, k := unwarned(expected, k)
				for _, d := range some.Meet(k).Differences {
					t.Errorf("%s, against %s: %s", labels[i], e.file, d)
				}
			}
		}
	}
}

// recorded finds tables in the docs that show part of the newest record of kernels:
//
//	<!-- kernels: SERIES,… SCENARIO,… -->
//	<!-- end of kernels -->
var recorded = regexp.MustCompile(`(?s)(<!-- kernels: (\S+) (\S+) -->\n)(.*?)(<!-- end of kernels -->)`)

// TestDocsOfKernels holds these tables against the record; with -update it writes them.
func TestDocsOfKernels(t *testing.T) {
	_, _, list := recordOfKernels(t)
	holdDocs(t, "DocsOfKernels", recorded, func(doc string, m [][]byte) []byte {
		var shown []string
		var some []*litmus.Kernels
		for series := range strings.SplitSeq(string(m[2]), ",") {
			i := ofSeries(list, series)
			if i < 0 {
				t.Fatalf("%s: no kernel %s is recorded", doc, series)
			}
			shown, some = append(shown, series), append(some, list[i])
		}
		k := only(litmus.JoinKernels(shown, some), strings.Split(string(m[3]), ","))
		if len(k.Scenarios) != strings.Count(string(m[3]), ",")+1 {
			t.Fatalf("%s: of %s only %d were recorded", doc, m[3], len(k.Scenarios))
		}
		var b bytes.Buffer
		if err := k.Text(&b, litmus.Look{Width: 96}); err != nil {
			t.Fatal(err)
		}
		table, _, _ := strings.Cut(b.String(), "\n\n")
		return slices.Concat(m[1], indented(table), m[5])
	})
}

// only leaves the named scenarios.
func only(k *litmus.Kernels, names []string) *litmus.Kernels {
	some := &litmus.Kernels{Columns: slices.Clone(k.Columns)}
	for i := range some.Columns {
		some.Columns[i].Cells = nil
	}
	for n, s := range k.Scenarios {
		if !slices.Contains(names, s.Name) {
			continue
		}
		some.Scenarios = append(some.Scenarios, s)
		for i := range some.Columns {
			some.Columns[i].Cells = append(some.Columns[i].Cells, k.Columns[i].Cells[n])
		}
	}
	return some
}
