package main

import (
	"strings"
	"testing"

	"daxbench/workloads/record"
)

func TestFits(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		set  map[string][]string
		size []int64
		pmem string
		have int64
		want string // "" if it fits
	}{
		{map[string][]string{"files": {"1000000"}}, nil, "", gib, ""},
		{map[string][]string{"files": {"1000000"}}, nil, "", gib / 4, "engines that cache so many inodes take"},
		{map[string][]string{"files": {"1000000"}}, nil, "file", gib / 4, "engines that cache so many inodes take"},
		{map[string][]string{"files": {"10000000"}}, nil, "", gib, "a region of 1.193 GiB for each of 2 policies is more than the 1 GiB"},
		{nil, []int64{1 << 40}, "", 4 * gib, ""}, // all holes
		{nil, []int64{1 << 40}, "", gib, "a region of 1 TiB"},
		{nil, []int64{1 << 40}, "file", gib, ""},
		{nil, []int64{1 << 40}, "", 0, ""}, // who knows
	} {
		p, err := newPlan(&record.Request{
			Workload: []string{"iget-churn"}, Policy: []string{"none", "dax-only"}, Set: c.set, Size: c.size, Pmem: c.pmem,
			Rounds: 1, Duration: "10ms", HangLimit: "1s", Workers: record.List[int]{1},
		})
		if err != nil {
			t.Fatal(err)
		}
		size, err := p.EngineSize()
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(p, size, c.have); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, size %v, pmem %q on %d bytes: %v; want %q", c.set, c.size, c.pmem, c.have, err, c.want)
		}
	}
}
