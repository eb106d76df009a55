package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

var update = flag.Bool("update", false, "rewrite the example run and the golden files in testdata")

// TestMain takes the locale out of the goldens: in an East Asian one, "±" is two columns wide.
func TestMain(m *testing.M) {
	text.OverrideRuneWidthEastAsianWidth(false)
	flag.Parse()
	os.Exit(m.Run())
}

const example = "testdata/example"

// table reads and compares the run in dir.
func tableOf(t *testing.T, dir string) *compare.Table {
	t.Helper()
	run, err := folder.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	table, err := compare.Policies(run, "")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// written writes a spec to a fresh folder, and reads and compares it.
func written(t *testing.T, s *reportstest.Spec) *compare.Table {
	t.Helper()
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	return tableOf(t, dir)
}

// render writes a table in a format.
func render(t *testing.T, format string, table *compare.Table, o Options) string {
	t.Helper()
	f, ok := Lookup(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	var b bytes.Buffer
	if err := f.Write(&b, table, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden holds what was written against a file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it and rewrite it with -update\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestGolden(t *testing.T) {
	if *update {
		if err := reportstest.Example().Write(example); err != nil {
			t.Fatal(err)
		}
	}
	table := tableOf(t, example)
	for _, c := range []struct {
		file, format string
		o            Options
	}{
		{"text80.golden", "text", Options{Width: 80}},
		{"text100.golden", "text", Options{Width: 100}},
		{"text140.golden", "text", Options{Width: 140}},
		{"colour100.golden", "text", Options{Width: 100, Colour: true}},
		{"markdown.golden", "markdown", Options{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			golden(t, c.file, render(t, c.format, table, c.o))
		})
	}
}
