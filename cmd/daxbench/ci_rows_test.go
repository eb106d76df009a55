package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/gate"
)

// row is a row of what the engine is to be as fast as, and what of this project's own CI fails if it gets worse.
type row struct {
	family string   // of the table in engine/README.md: what stands before the slash in names of its cells
	about  string   // of the row
	cells  []string // of .ci/gate.toml
	night  []string // of .ci/gate_nightly.toml, further ones
	tests  []string // exact: "engine.TestMemoryPerInode"
}

var rows = []row{
	{"hit", "Iget hit and Iput, 1 and 2 workers, uniform and zipf",
		[]string{"IgetChurn/workers=1", "IgetChurn/files=100000/theta=0/workers=1", "IgetChurn/files=100000/workers=2"},
		[]string{"IgetChurn/files=100000/workers=1", "IgetChurn/files=100000/theta=0/workers=2",
			"IgetChurn/files=1000000/theta=0/workers=1", "IgetChurn/files=1000000/workers=1"}, nil},
	{"hit", "lookup without a reference", []string{"IgetChurn/files=100000/look=rcu/workers=1"}, nil, nil},
	{"insert", "insert and evict, 1 and 2 workers", []string{"InsertEvict/workers=1", "InsertEvict/workers=2"}, nil, nil},
	{"held", "the same with 99 % of the inodes referenced", []string{"InsertEvict/referenced=99/workers=1"}, nil, nil},
	{"pin", "pin and unpin, distinct pages, 1 and 2 workers", []string{"PinPage/workers=1", "PinMix/workers=1", "PinPage/workers=2"}, nil, nil},
	{"pin", "pin and unpin, both workers on one page", []string{"PinPage/same=1/workers=2"}, nil, nil},
	{"break", "break of an idle inode, 512 and 262,144 pages",
		[]string{"BreakIdle/workers=1", "BreakIdle/pages=16384/workers=1"}, []string{"BreakIdle/pages=262144/workers=1"}, nil},
	{"policy", "what unconditional adds to an eviction",
		[]string{"EvictStorm/dax=0/workers=1", "EvictStorm/dax=0/workers=1/policy=unconditional"}, []string{"EvictStorm/dax=0/workers=2"}, nil},
	{"speed-up", "2 workers against 1", []string{"IgetChurn/files=100000/workers=2", "InsertEvict/workers=2"}, nil, nil},
	{"timed", "a timed operation, the harness's share", []string{"Nop/timed=1/workers=1"}, nil, nil},
	{"resolution", "the least effect that is seen", nil, nil, []string{"cmd/daxbench.TestGateFindsSlowEngine"}},
	{"allocations", "allocations per operation", nil, nil, []string{"engine.TestNoAllocations", "workloads.TestSteadyStateAllocatesNothing"}},
	{"memory", "bytes per page and per cached inode", nil, nil, []string{"engine.TestMemoryPerInode", "workloads.TestMemoryPerPage"}},
}

// full is a cell's whole name: the policy is dax-only where none is named.
func full(cell string) string {
	if strings.Contains(cell, "/policy=") {
		return cell
	}
	return cell + "/policy=dax-only"
}

// held says what is wrong between rows, the families of the table, and the cells of both suites. exists says whether there is a test.
func held(rows []row, families []string, ci, nightly *gate.Suite, exists func(test string) bool) (wrong []string) {
	stands := make(map[string]bool) // cells that stand for a row
	known := make(map[string]bool)
	for _, r := range rows {
		known[r.family] = true
		if len(r.cells)+len(r.tests) == 0 {
			wrong = append(wrong, r.about+": nothing of every change holds it")
		}
		for suite, cells := range map[*gate.Suite][]string{ci: r.cells, nightly: r.night} {
			for _, cell := range cells {
				stands[full(cell)] = true
				if suite.Find(full(cell)) == nil {
					wrong = append(wrong, r.about+": suite "+suite.Name+" has no cell "+full(cell))
				}
			}
		}
		for _, test := range r.tests {
			if !exists(test) {
				wrong = append(wrong, r.about+": there is no "+test)
			}
		}
	}
	for _, suite := range []*gate.Suite{ci, nightly} {
		for i := range suite.Cells {
			if name := suite.Cells[i].Name; !stands[name] {
				wrong = append(wrong, name+" of suite "+suite.Name+" stands for no row")
			}
		}
	}
	for _, family := range families {
		if !known[family] {
			wrong = append(wrong, "nothing holds "+family+" of the table in engine/README.md")
		}
	}
	for family := range maps.Keys(known) {
		if !slices.Contains(families, family) {
			wrong = append(wrong, "the table in engine/README.md has no "+family)
		}
	}
	return wrong
}

// tableCell is the name of a cell in a table of Markdown: `hit/100k/zipf/w1`, or `memory`.
var tableCell = regexp.MustCompile("[|] `([a-z-]+)(?:/[^`]*)?` ")

// tableFamilies are what stands before the slash in the cells of the table beside the peers.
func tableFamilies(t *testing.T) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../../engine/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "<!-- peers: ")
	table, _, _ = strings.Cut(table, "<!-- end of peers")
	for _, m := range tableCell.FindAllStringSubmatch(table, -1) {
		list = append(list, m[1])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func suiteAt(t *testing.T, name string) *gate.Suite {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gate.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRowsAreHeld: a regression of any row of the table fails this project's own CI.
func TestRowsAreHeld(t *testing.T) {
	ci, nightly, families := suiteAt(t, "../../.ci/gate.toml"), suiteAt(t, "../../.ci/gate_nightly.toml"), tableFamilies(t)
	exists := func(test string) bool { return testExists(t, test) }
	for _, wrong := range held(rows, families, ci, nightly, exists) {
		t.Error(wrong)
	}
	for i := range ci.Cells { // each cell that is taken away is missed, and so is each test
		less := *ci
		less.Cells = slices.Delete(slices.Clone(ci.Cells), i, i+1)
		if len(held(rows, families, &less, nightly, exists)) == 0 {
			t.Errorf("nobody misses %s", ci.Cells[i].Name)
		}
	}
	for name, wrong := range map[string][]string{
		"a row of the table is new": held(rows, append(families, "fresh"), ci, nightly, exists),
		"a row of the table went":   held(rows, families[1:], ci, nightly, exists),
		"a test is gone":            held(rows, families, ci, nightly, func(test string) bool { return test != "engine.TestMemoryPerInode" }),
		"a cell stands for nothing": held(rows[1:], families, ci, nightly, exists),
		"a row has nothing":         held(append(slices.Clone(rows), row{family: "hit", about: "x"}), families, ci, nightly, exists),
	} {
		if len(wrong) == 0 {
			t.Errorf("%s, and nothing is said", name)
		}
	}
}
