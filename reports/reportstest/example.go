// Package reportstest writes result folders for the tests of the packages that read them. It stands in for the driver,
// which reports may not import: the two meet in files.
package reportstest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/folder"
)

// Cell is one workload with one set of parameters under one policy. Metrics are medians that the rounds vary about;
// zeros are not written.
type Cell struct {
	Workload string // evict-storm
	Params   []folder.Param
	Policy   string
	Ops      uint64 // per round
	Metrics  map[string]float64
	Spread   float64          // of the cell's own noise, as the standard deviation of a logarithm
	Counters map[string]int64 // over all rounds; put into the second round
	Each     map[string]int64 // counters of every round; "looked" brings a zero of "violations" with it
	Hung     []int            // rounds that ended as hung: a record without a line
	Notes    map[int]string   // per round
}

// Params makes parameters from "key=value" words.
func Params(words ...string) (params []folder.Param) {
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		params = append(params, folder.Param{Key: k, Value: v})
	}
	return params
}

// Spec is a run to be written.
type Spec struct {
	Manifest folder.Manifest // cells and plan groups are filled in
	Rounds   int
	Seed     uint64
	Timing   map[string]string // by workload
	Primary  map[string]string // by workload: the unit that decides; else it is ns/evict where there is any, and ns/op
	Cells    []Cell
}

// camel is the benchmark's name of a workload.
func camel(workload string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(workload, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Name is the name of the cell without "Benchmark" and GOMAXPROCS.
func (c *Cell) Name() string {
	name := camel(c.Workload)
	for _, p := range c.Params {
		name += "/" + p.Key + "=" + p.Value
	}
	return name + "/policy=" + c.Policy
}

// units in the order in which they stand on a line.
var units = []string{"ns/op", "ns/evict", "B/inode", "ops/s", "evict/s", "p50-ns", "p90-ns", "p99-ns", "p99.9-ns", "max-ns",
	"blocked-ns/op", "recall-ns/op", "freeing-ns/op", "violations", "parked", "hung"}

// Write writes the two files of the run into dir.
func (s *Spec) Write(dir string) error {
	var text strings.Builder
	text.WriteString("goos: linux\ngoarch: amd64\npkg: daxbench\ncpu: AMD EPYC\n")
	for _, u := range units {
		better := "lower"
		if strings.HasSuffix(u, "/s") {
			better = "higher"
		}
		fmt.Fprintf(&text, "Unit %s better=%s\n", u, better)
	}
	m := s.Manifest
	m.Schema = folder.Schema
	if m.Plan.Rounds == 0 {
		m.Plan.Rounds = s.Rounds
	}
	m.Plan.Groups = s.groups()
	for round := 1; round <= s.Rounds; round++ {
		weather := rand.New(rand.NewPCG(s.Seed, uint64(round))).ExpFloat64() // the neighbours, for all cells of a round
		for i := range s.Cells {
			rec := s.record(i, round, math.Exp(0.2*weather))
			if rec.Outcome != "hung" {
				writeLine(&text, s.Cells[i].Name(), rec)
			}
			m.Cells = append(m.Cells, rec)
		}
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, folder.ManifestName), append(data, '\n'), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, folder.ResultsName), []byte(text.String()), 0o666)
}

// groups is the plan: the cells in order, without their policies.
func (s *Spec) groups() (groups []folder.PlanGroup) {
	for i := range s.Cells {
		c := &s.Cells[i]
		j := slices.IndexFunc(groups, func(g folder.PlanGroup) bool {
			return g.Workload == c.Workload && slices.Equal(g.Params, c.Params)
		})
		if j < 0 {
			primary := "ns/op"
			if c.Metrics["ns/evict"] > 0 {
				primary = "ns/evict"
			}
			primary = cmp.Or(s.Primary[c.Workload], primary)
			groups = append(groups, folder.PlanGroup{Workload: c.Workload, Params: c.Params, Primary: primary, Timing: s.Timing[c.Workload]})
			j = len(groups) - 1
		}
		groups[j].Policies = append(groups[j].Policies, c.Policy)
	}
	return groups
}

// record makes one cell of one round.
func (s *Spec) record(i, round int, weather float64) folder.Record {
	c := &s.Cells[i]
	rng := rand.New(rand.NewPCG(s.Seed+1, uint64(round*1000+i)))
	slower := weather * math.Exp(c.Spread*rng.NormFloat64())
	rec := folder.Record{
		Round: round, Workload: c.Workload, Params: c.Params, Policy: c.Policy, Name: c.Name(), Outcome: "ok",
		Ops: c.Ops + rng.Uint64N(c.Ops/50+1), Metrics: map[string]float64{},
		Counters: map[string]int64{"parked": 0, "hung": 0, "looked": 0},
	}
	for _, u := range units {
		v, ok := c.Metrics[u]
		switch {
		case !ok || v == 0:
			continue
		case strings.HasSuffix(u, "/s"):
			v /= slower
		default:
			v *= slower * math.Exp(0.3*c.Spread*rng.NormFloat64())
		}
		rec.Metrics[u], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	}
	maps.Copy(rec.Counters, c.Each)
	if rec.Counters["looked"] > 0 {
		rec.Counters["violations"] = 0
	}
	if round == min(2, s.Rounds) {
		for k, n := range c.Counters {
			rec.Counters[k] = n
			if n > 0 && slices.Contains(units, k) {
				rec.Metrics[k] = float64(n)
			}
			if k == "violations" && n > 0 {
				rec.Outcome = "violation"
			}
		}
	}
	if slices.Contains(c.Hung, round) {
		rec.Outcome, rec.Metrics, rec.Counters["hung"] = "hung", nil, 1
	}
	if note := c.Notes[round]; note != "" {
		rec.Notes = []string{note}
	}
	rec.Seconds = float64(rec.Ops) * rec.Metrics["ns/op"] / 1e9
	return rec
}

// writeLine writes a record as one line of results.txt, as a process with two workers would name it.
func writeLine(w *strings.Builder, name string, rec folder.Record) {
	fmt.Fprintf(w, "Benchmark%s-2\t%d", name, rec.Ops)
	for _, u := range units {
		if v := rec.Metrics[u]; v > 0 {
			fmt.Fprintf(w, "\t%s %s", strconv.FormatFloat(v, 'f', -1, 64), u)
		}
	}
	w.WriteByte('\n')
}
