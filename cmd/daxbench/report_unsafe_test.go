package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/reports/reportstest"
)

// TestReportNamesUnsafe: a policy that declares itself safe and was not is named at once, of one run and of several; one that
// declares nothing is not.
func TestReportNamesUnsafe(t *testing.T) {
	dir := t.TempDir()
	for name, policy := range map[string]string{"good": "none", "bad": "dax-only"} {
		spec := reportstest.Example()
		for i := range spec.Cells {
			spec.Cells[i].Counters = nil
			if c := &spec.Cells[i]; c.Workload == "unlink-storm" && c.Policy == policy {
				c.Counters = map[string]int64{"violations": 3000}
			}
		}
		if err := spec.Write(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	good, bad, page := filepath.Join(dir, "good"), "b="+filepath.Join(dir, "bad"), filepath.Join(dir, "page.md")
	const warning = "dax-only declares itself safe, and let 3,000 device writes land in blocks that were no longer their file's"
	for _, tt := range []struct {
		args []string
		want string // on the standard error, behind the name of the program
	}{
		{[]string{good}, ""}, {[]string{bad}, warning}, {[]string{good, bad}, "b: " + warning}, {[]string{bad, good}, "b: " + warning},
	} {
		status, _, stderr := called(append([]string{"report", "-format", "md", "-o", page}, tt.args...)...)
		if status != statusOK || strings.Contains(stderr, "declares itself safe") != (tt.want != "") || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: status %d, %q", tt.args, status, stderr)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if first := strings.Index(string(text), "> **Warning:** "+tt.want); tt.want != "" && first < 0 {
			t.Errorf("%q: no warning on the page", tt.args)
		}
		if len(tt.args) > 1 && !strings.Contains(string(text), "- **Harm:** Under dax-only device writes landed in blocks that were no longer their file's: 3,000 of ") {
			t.Errorf("%q: no sentence about it", tt.args)
		}
	}
}
