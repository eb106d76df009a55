package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/workloads/record"
)

// holdTables holds the tables in the docs that markers find to what of makes of the run in the folder that they name.
func holdTables(t *testing.T, name string, markers *regexp.Regexp, of func(dir string) (string, error)) {
	holdDocs(t, name, markers, func(doc string, m [][]byte) []byte {
		table, err := of(filepath.Join("..", "..", filepath.FromSlash(string(m[2]))))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		return slices.Concat(m[1], []byte("\n"+table+"\n"), m[4])
	})
}

// manifestIn reads the run.json of a folder.
func manifestIn(dir string) (run record.Manifest, err error) {
	data, err := os.ReadFile(filepath.Join(dir, record.ManifestName))
	if err != nil {
		return run, err
	}
	err = json.Unmarshal(data, &run)
	return run, err
}

// memories finds tables in the docs of what the cells of a run took of memory:
//
//	<!-- memory: FOLDER -->
//	<!-- end of memory -->
var memories = regexp.MustCompile(`(?s)(<!-- memory: (\S+) -->\n)(.*?)(<!-- end of memory -->)`)

// TestDocsOfMemory holds these tables to the runs; with -update it writes them.
func TestDocsOfMemory(t *testing.T) {
	holdTables(t, "DocsOfMemory", memories, memoryTable)
}

// memoryTable has a row for each cell of a run whose memory was looked at: that of the round in which the resident set grew most.
func memoryTable(dir string) (string, error) {
	run, err := manifestIn(dir)
	if err != nil {
		return "", err
	}
	var order []string
	worst := make(map[string]*record.Record)
	for i := range run.Cells {
		r := &run.Cells[i]
		if r.Memory == nil {
			continue
		}
		w := worst[r.Name]
		if w == nil {
			order = append(order, r.Name)
		}
		if w == nil || grown(r) > grown(w) {
			worst[r.Name] = r
		}
	}
	if len(order) == 0 {
		return "", fmt.Errorf("%s has nothing of memory", dir)
	}
	var b strings.Builder
	b.WriteString("| cell | operations | evictions | engine | an inode | resident before | at most | after |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, name := range order {
		r := worst[name]
		m := r.Memory
		mib := func(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
		fmt.Fprintf(&b, "| `%s` | %d | %d | %s | %.0f B | %s | %s | %s |\n", strings.TrimSuffix(name, "/policy="+r.Policy), r.Ops,
			r.Counters["evictions"], mib(m.Own), float64(m.Own)/float64(m.Inodes), mib(m.Before), mib(m.Most), mib(m.After))
	}
	return b.String(), nil
}

// costs finds tables in the docs of what operations took in a run:
//
//	<!-- costs: FOLDER -->
//	<!-- end of costs -->
var costs = regexp.MustCompile(`(?s)(<!-- costs: (\S+) -->\n)(.*?)(<!-- end of costs -->)`)

// TestDocsOfCosts holds these tables to the runs; with -update it writes them.
func TestDocsOfCosts(t *testing.T) {
	holdTables(t, "DocsOfCosts", costs, costTable)
}

// costTable has a row for each setting of a run and a column for each number of workers: the median of ns/op over the rounds, and
// the least and the most, which for six rounds are the ends of its 95 % interval.
func costTable(dir string) (string, error) {
	run, err := manifestIn(dir)
	if err != nil {
		return "", err
	}
	var settings, columns []string
	values := make(map[string][]float64)
	for i := range run.Cells {
		r := &run.Cells[i]
		before, rest, _ := strings.Cut(strings.TrimSuffix(r.Name, "/policy="+r.Policy), "/workers=")
		workers, after, _ := strings.Cut(rest, "/")
		setting := strings.TrimSuffix(before+"/"+after, "/")
		if !slices.Contains(settings, setting) {
			settings = append(settings, setting)
		}
		if !slices.Contains(columns, workers) {
			columns = append(columns, workers)
		}
		if v := r.Metrics["ns/op"]; v > 0 {
			values[setting+" "+workers] = append(values[setting+" "+workers], v)
		}
	}
	if len(values) == 0 {
		return "", fmt.Errorf("%s has no ns/op", dir)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| ns/op | workers=%s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("--:|", len(columns)))
	for _, setting := range settings {
		fmt.Fprintf(&b, "| `%s` |", setting)
		for _, column := range columns {
			v := values[setting+" "+column]
			if len(v) == 0 {
				b.WriteString(" – |")
				continue
			}
			slices.Sort(v)
			median := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
			fmt.Fprintf(&b, " %s [%s, %s] |", digits(median), digits(v[0]), digits(v[len(v)-1]))
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// digits writes three of a number, or all before the point.
func digits(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// TestCostTable wants medians of rounds by setting and workers, and no table of a run without any.
func TestCostTable(t *testing.T) {
	dir := t.TempDir()
	cell := func(name string, cost float64) record.Record {
		return record.Record{Name: name + "/policy=none", Policy: "none", Metrics: map[string]float64{"ns/op": cost}}
	}
	for want, cells := range map[string][]record.Record{
		"| ns/op | workers=1 | 2 |\n|---|--:|--:|\n| `A/x=1` | 15 [10, 20] | 30 [30, 30] |\n| `A/x=2` | 40 [40, 40] | – |\n": {
			cell("A/x=1/workers=1", 20), cell("A/x=1/workers=2", 30), cell("A/x=2/workers=1", 40), cell("A/x=1/workers=1", 10)},
		"": {{Name: "A/workers=1/policy=none", Policy: "none"}},
	} {
		data, err := json.Marshal(&record.Manifest{Cells: cells})
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, record.ManifestName), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		if table, err := costTable(dir); table != want || (err == nil) == (want == "") {
			t.Errorf("%v\n%s\nwant\n%s", err, table, want)
		}
	}
}

// grown is by how much the resident set grew at the most.
func grown(r *record.Record) int64 { return r.Memory.Most - r.Memory.Before }

// TestMemoryTable wants the round that grew most, and no table of a run that did not look.
func TestMemoryTable(t *testing.T) {
	dir := t.TempDir()
	write := func(m *record.Manifest) {
		t.Helper()
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, record.ManifestName), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cell := func(round int, m *record.Memory) record.Record {
		return record.Record{Round: round, Name: "A/workers=2/policy=none", Policy: "none", Ops: 1000, Counters: map[string]int64{"evictions": int64(round)}, Memory: m}
	}
	const mib = 1 << 20
	write(&record.Manifest{Cells: []record.Record{
		cell(1, &record.Memory{Inodes: mib, Own: 200 * mib, Before: 300 * mib, Most: 301 * mib, After: 300 * mib}),
		cell(2, &record.Memory{Inodes: mib, Own: 200 * mib, Before: 310 * mib, Most: 340 * mib, After: 330 * mib}),
		cell(3, nil),
	}})
	table, err := memoryTable(dir)
	if want := "| `A/workers=2` | 1000 | 2 | 200.0 MiB | 200 B | 310.0 MiB | 340.0 MiB | 330.0 MiB |\n"; err != nil || !strings.HasSuffix(table, want) || strings.Count(table, "\n") != 3 {
		t.Errorf("%v\n%s", err, table)
	}
	write(&record.Manifest{Cells: []record.Record{cell(1, nil)}})
	if table, err := memoryTable(dir); err == nil {
		t.Errorf("a run without memory: %s", table)
	}
}
