package main

import (
	"strings"
	"testing"

	"daxbench/workloads/census"
)

func TestCensusAnswer(t *testing.T) {
	good := census.Count{Name: "A/policy=none"}
	bad := census.Count{Name: "B/policy=dax-only", Bad: "3 pages were freed with a pin on them"}
	hung := census.Count{Name: "C/policy=dax-only", Bad: "hung: inode 7\ngoroutine 1", Failed: true}
	for _, tt := range []struct {
		counts []census.Count
		status int
		says   string
	}{
		{[]census.Count{good}, statusOK, ""},
		{[]census.Count{good, bad}, statusBad, "B/policy=dax-only: 3 pages"},
		{[]census.Count{good, hung}, statusBad, "C/policy=dax-only: hung: inode 7"},
		{[]census.Count{hung, hung}, statusEnvironment, "nothing could be counted"},
		{nil, statusEnvironment, "nothing could be counted"},
	} {
		err := censusAnswer(tt.counts)
		if err == nil {
			if tt.status != statusOK {
				t.Errorf("%v: no error", tt.counts)
			}
			continue
		}
		if got := statusOf(err); got != tt.status || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: status %d, %v", tt.counts, got, err)
		}
	}
}
