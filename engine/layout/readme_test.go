package layout_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"daxbench/engine/layout"
)

var update = flag.Bool("update", false, "write the table of policies into engine/README.md")

// TestReadme holds the table of policies in engine/README.md against the list.
func TestReadme(t *testing.T) {
	const path, begin, end = "../README.md", "<!-- policies: go test ./engine/layout -run Readme -update -->\n", "<!-- end of policies -->\n"
	var table strings.Builder
	table.WriteString("\n| | policy | what it does | while it waits it holds | can block on | breaks | violates |\n|---|---|---|---|---|---|---|\n")
	for _, p := range layout.All {
		e := p.Expect()
		fmt.Fprintf(&table, "| %s | `%s` | %s (%s) | %s | %s | %s | %s |\n", p.ID(), p.Name(), p.About(), p.Origin(), p.Holds(), p.BlocksOn(),
			cmp.Or(strings.Join(strings.Split(e.Breaks, ""), " "), "–"), cmp.Or(e.Violates, "–"))
	}
	table.WriteString("\n")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(readme), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Errorf("%s has no place for the table: want %q and %q", path, begin, end)
	case old == table.String():
	case !*update:
		t.Errorf("%s has not the list of policies; go test ./engine/layout -run Readme -update", path)
	default:
		if err := os.WriteFile(path, []byte(head+begin+table.String()+end+tail), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
