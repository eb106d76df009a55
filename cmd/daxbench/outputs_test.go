package main

import (
	"bytes"
	"flag"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
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
	holdDocs(t, "Outputs", outputs, func(_ string, m [][]byte) []byte {
		body, err := printed(string(m[2]), string(m[3]))
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(m[1], body, m[5])
	})
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
	return indented(strings.Join(list, "\n")), nil
}
