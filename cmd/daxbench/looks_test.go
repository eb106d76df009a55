package main

import (
	"testing"

	"daxbench/engine/layout"
	"daxbench/reports/chart"
)

// TestPoliciesHaveLooks wants every policy to have a look of its own in charts; reports, which know none, cannot hold to it.
func TestPoliciesHaveLooks(t *testing.T) {
	of := make(map[chart.Look]string)
	for _, name := range layout.Names() {
		l := chart.LookOf(name)
		if !l.Own() {
			t.Errorf("%s has no look of its own: add it to the styles of reports/chart", name)
		}
		if other, ok := of[l]; ok {
			t.Errorf("%s looks as %s", name, other)
		}
		of[l] = name
	}
	if chart.LookOf("no-such-policy").Own() {
		t.Error("a name that is not there has a look of its own")
	}
}
