package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"daxbench/reports/folder"
)

// TestFactsForPeople: what is a size, a time or a frequency by its name is written with its unit; everything else is as it was.
func TestFactsForPeople(t *testing.T) {
	for _, tt := range []struct{ key, json, name, want string }{
		{"memory_bytes", "25276510208", "memory", "23.5 GiB"},
		{"memory_limit_bytes", "4096", "memory limit", "4 KiB"},
		{"caches", `{"L1d":32768,"L2":1048576,"L3":33554432}`, "caches", "L1d=32 KiB; L2=1 MiB; L3=32 MiB"},
		{"clock", `{"cost_ns":9.484,"hz":2596126096.847579,"source":"tsc","step_ns":10.01492186052567}`, "clock", "cost=9.48 ns; hz=2.6 GHz; source=tsc; step=10.0 ns"},
		{"region", `{"backing":"memfd","size":293601280,"mapSync":false}`, "region", "backing=memfd; mapSync=false; size=280 MiB"},
		{"cores", "2", "cores", "2"}, {"quota_cpus", "1.5", "quota cpus", "1.5"}, {"gogc", `"100"`, "gogc", "100"},
		{"huge_pages", `{"anonymous":"madvise"}`, "huge pages", "anonymous=madvise"},
		{"memory_bytes", "-1", "memory", "-1"}, {"memory_bytes", "1e300", "memory", plainNumber(1e300)}, {"memory_bytes", `"much"`, "memory", "much"},
		{"cpu", "null", "cpu", ""}, {"population", `{"files":3,"resize":7}`, "population", "files=3; resize=7"},
	} {
		var v any
		if err := json.Unmarshal([]byte(tt.json), &v); err != nil {
			t.Fatal(err)
		}
		if name, got := fact(tt.key, v); name != tt.name || got != tt.want {
			t.Errorf("%s: %q, %q, want %q, %q", tt.key, name, got, tt.name, tt.want)
		}
	}
}

// TestWarningsOfTheRun: each text stands there once, with how many cells it is about; of many, the first.
func TestWarningsOfTheRun(t *testing.T) {
	m := &folder.Manifest{Warnings: []folder.Warning{{Text: "busy"}, {Cell: "a", Text: "few"}, {Cell: "b", Text: "few"}, {Cell: "c", Text: "odd"}}}
	if got, want := warnings(m), "busy; few (2 cells); odd (1 cell)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range 20 {
		m.Warnings = append(m.Warnings, folder.Warning{Text: fmt.Sprintf("w%d", i)})
	}
	if got := warnings(m); !strings.HasSuffix(got, "; w4; 15 more in run.json") {
		t.Errorf("%q", got)
	}
	if got := warnings(&folder.Manifest{}); got != "" {
		t.Errorf("%q", got)
	}
}
