package main

import (
	"bytes"
	"strings"
	"testing"

	"daxbench/engine/layout"
)

func TestMeant(t *testing.T) {
	for name, want := range map[string]string{
		"dax_only": "; did you mean dax-only?", "Unconditional": "; did you mean unconditional?", "uncond": "; did you mean unconditional?",
		"nnoe": "; did you mean none?", "xyz": "", "": "", "no": "; did you mean none?", "zzzzzzzz": "",
	} {
		if got := meant(name, layout.Names()); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestMisspelled: a command, a policy, a workload and a chart that are known by another name say by which.
func TestMisspelled(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"reprot", "report"}, {"run -policy dax_only", "dax-only"}, {"run -workload evict-strom", "evict-storm"},
	} {
		var out, errs bytes.Buffer
		status := run(t.Context(), strings.Fields(tt.args), &out, &errs)
		if status != statusUsage || !strings.Contains(errs.String(), "did you mean "+tt.want+"?") {
			t.Errorf("%s: %d, %s", tt.args, status, &errs)
		}
	}
}
