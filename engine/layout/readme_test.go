package layout_test

import (
	"cmp"
	"flag"
	"fmt"
	"strings"
	"testing"

	"daxbench/engine/enginetest"
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
	enginetest.Generated(t, path, begin, end, table.String(), *update)
}
