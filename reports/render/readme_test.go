package render

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
)

// generated finds the parts of README.md that come from a recorded run:
//
//	<!-- generated: FOLDER GROUPS [sentences] -->
//	...
//	<!-- end -->
//
// GROUPS are names of workloads, or of groups (evict-storm/dax=0), with commas.
// With the word sentences the tables are left out.
var generated = regexp.MustCompile(`(?s)(<!-- generated: (\S+) (\S+)( sentences)? -->\n)(.*?)(<!-- end -->)`)

// TestReadme holds the figures in README.md against the recorded run that they
// are from; with -update it writes them.
func TestReadme(t *testing.T) {
	holdReadme(t, generated, func(root string, m [][]byte) ([]byte, error) {
		return figures(filepath.Join(root, string(m[2])), strings.Split(string(m[3]), ","), len(m[4]) > 0)
	})
}

// proven finds the part of README.md that a recorded proof of the gate printed:
//
//	<!-- proof: FOLDER -->
//	...
//	<!-- end of proof -->
var proven = regexp.MustCompile(`(?s)(<!-- proof: (\S+) -->\n)(.*?)(<!-- end of proof -->)`)

// TestReadmeProof holds what README.md says of the gate against what a run of
// gate -prove wrote; with -update it writes it.
func TestReadmeProof(t *testing.T) {
	holdReadme(t, proven, func(root string, m [][]byte) ([]byte, error) {
		body, err := os.ReadFile(filepath.Join(root, string(m[2]), "proof.md"))
		return slices.Concat([]byte("\n"), bytes.TrimSpace(body), []byte("\n\n")), err
	})
}

// holdReadme holds the parts of README.md that a pattern finds against what body
// says of them. The pattern's first group is the marker before such a part, and
// its last the one behind.
func holdReadme(t *testing.T, parts *regexp.Regexp, body func(root string, m [][]byte) ([]byte, error)) {
	t.Helper()
	root := filepath.Join("..", "..")
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	want := parts.ReplaceAllFunc(text, func(block []byte) []byte {
		n++
		m := parts.FindSubmatch(block)
		body, err := body(root, m)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(m[1], body, m[len(m)-1])
	})
	switch {
	case n == 0:
		t.Fatalf("README.md has no part %v: the test looks at nothing", parts)
	case bytes.Equal(text, want):
	case !*update:
		t.Fatal("README.md is not what was recorded; go test ./reports/render -run Readme -update")
	default:
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// slashed returns the name of a group as evict-storm/dax=0/workers=2/.
func slashed(g *compare.Group) string {
	name := g.Workload + "/"
	for _, p := range g.Params {
		name += p.Key + "=" + p.Value + "/"
	}
	return name
}

// figures renders the named groups of a recorded run as Markdown, or only what
// is concluded from them.
func figures(dir string, names []string, sentences bool) ([]byte, error) {
	run, err := folder.Read(dir)
	if err != nil {
		return nil, err
	}
	table, err := compare.Policies(run, "")
	if err != nil {
		return nil, err
	}
	found := 0
	table.Groups = slices.DeleteFunc(table.Groups, func(g compare.Group) bool {
		for _, name := range names {
			if strings.HasPrefix(slashed(&g), name+"/") {
				found++
				return false
			}
		}
		return true
	})
	if found < len(names) {
		return nil, fmt.Errorf("%s has %d groups of %v", dir, found, names)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "\n    daxbench %s\n\n", strings.Join(run.Manifest.Command, " "))
	if sentences {
		for _, s := range compare.Sentences(table) {
			fmt.Fprintf(&out, "- %s\n", escape(s.Text))
		}
		return append(out.Bytes(), '\n'), nil
	}
	err = Markdown(&out, table, Options{})
	return append(out.Bytes(), '\n'), err
}
