package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write outputs into the docs anew")

// outputs finds the parts of the docs that a command printed:
//
//	<!-- output: daxbench … -->           all of it
//	<!-- output: daxbench … | head -n -->  its first lines
//	...
//	<!-- end of output -->
//
// Each stands as an indented block. Only commands that always print the same belong there.
var outputs = regexp.MustCompile(`(?s)(<!-- output: ([^|\n]+?)(?: \| head -(\d+))? -->\n)(.*?)(<!-- end of output -->)`)

// TestOutputs holds what the docs show against what is printed; with -update it writes it.
func TestOutputs(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs all scenarios")
	}
	n := 0
	for _, doc := range docs {
		path := filepath.Join("..", "..", doc)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := outputs.ReplaceAllFunc(text, func(block []byte) []byte {
			n++
			m := outputs.FindSubmatch(block)
			body, err := printed(string(m[2]), string(m[3]))
			if err != nil {
				t.Fatal(err)
			}
			return bytes.Join([][]byte{m[1], body, m[5]}, nil)
		})
		switch {
		case bytes.Equal(text, want):
		case *update:
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s does not show what is printed; go test ./cmd/daxbench -run Outputs -update", doc)
		}
	}
	if n == 0 {
		t.Fatal("no doc shows an output: the test looks at nothing")
	}
}

// printed runs a command and returns its output as a block of Markdown.
func printed(command, lines string) ([]byte, error) {
	args := strings.Fields(command)
	cmd := exec.Command(args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", command, err, stderr.Bytes())
	}
	list := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	if n, err := strconv.Atoi(lines); err == nil {
		list = list[:min(n, len(list))]
	}
	var b bytes.Buffer
	b.WriteString("\n")
	for _, line := range list {
		fmt.Fprintln(&b, strings.TrimRight("    "+line, " "))
	}
	b.WriteString("\n")
	return b.Bytes(), nil
}
