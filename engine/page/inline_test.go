package page_test

import (
	"os/exec"
	"strings"
	"testing"

	"daxbench/engine/internal/sync"
)

// TestPinIsInlined asks the compiler. Grab and Unpin are but one node below what
// it inlines, so a harmless change can make each pin a call dearer.
func TestPinIsInlined(t *testing.T) {
	if sync.Yields || sync.Short {
		t.Skip("with yields a pin is not what is measured")
	}
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range []string{"Grab", "GrabFree", "Unpin"} {
		if !strings.Contains(string(out), "can inline (*Table)."+f+"\n") {
			t.Errorf("(*Table).%s is not inlined", f)
		}
	}
}
