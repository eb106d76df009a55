package layout_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"daxbench/engine/layout"
)

// TestWordsInREADMEs holds the tables that people read to the words that programs print.
func TestWordsInREADMEs(t *testing.T) {
	scenarios, err := os.ReadFile("../../workloads/litmus/README.md")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, properties, ok := strings.Cut(string(engine), "| property |")
	if !ok {
		t.Fatal("engine/README.md has no table of properties")
	}
	for _, i := range layout.Invariants {
		i := layout.Invariant(i)
		if i.Name() == "" || i.Meaning() == "" {
			t.Errorf("%s has no words", i)
		}
		if row := fmt.Sprintf("| %s | %s |", i, i.Name()); !strings.Contains(string(scenarios), row) {
			t.Errorf("workloads/litmus/README.md has no row %q", row)
		}
	}
	for _, p := range layout.Properties {
		letters := strings.Join(strings.Split(p.Invariants(), ""), ", ")
		if letters == "" {
			letters = "–"
		}
		if row := rowOf(properties, string(p)); !strings.HasSuffix(row, "| "+letters+" |") {
			t.Errorf("engine/README.md says of %s %q; want %q at its end", p, row, letters)
		}
	}
}

// rowOf is the row of a table that begins with a word.
func rowOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| "+word+" |") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
