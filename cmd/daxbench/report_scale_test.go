package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/render"
	"daxbench/reports/report"
)

// shape is the size of a run: four policies in so many groups and rounds.
type shape struct{ groups, rounds int }

var scalePolicies = []string{"none", "dax-only", "always-call", "unconditional"}

func (s shape) lines() int { return s.groups * s.rounds * len(scalePolicies) }

// write writes such a run, without records: of these there are as many as of lines, and they are read at the same pace.
func (s shape) write(tb testing.TB) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	m := folder.Manifest{Schema: folder.Schema, Status: "finished", Plan: folder.Plan{Rounds: s.rounds, Reference: "dax-only"}}
	for g := range s.groups {
		m.Plan.Groups = append(m.Plan.Groups, folder.PlanGroup{Workload: "evict-storm", Primary: "ns/evict", Policies: scalePolicies,
			Params: []folder.Param{{Key: "dax", Value: fmt.Sprint(g)}, {Key: "workers", Value: "2"}}})
	}
	data, err := json.Marshal(&m)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, folder.ManifestName), data, 0o666)
	}
	if err != nil {
		tb.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, folder.ResultsName))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprint(w, "goos: linux\nUnit ns/evict better=lower\n")
	rng := rand.New(rand.NewPCG(1, 1))
	for range s.rounds {
		for g := range s.groups {
			for i, p := range scalePolicies {
				x := 100 * (1 + .1*float64(i)) * math.Exp(.03*rng.NormFloat64())
				fmt.Fprintf(w, "BenchmarkEvictStorm/dax=%d/workers=2/policy=%s-2\t%d\t%.6g ns/op\t%.6g ns/evict\t%.7g ops/s\t90 p50-ns\t%.5g p99-ns\t%.6g p99.9-ns\t%.6g max-ns\n",
					g, p, int(1e8/x), 2*x, x, 1e9/x, 15*x, 140*x, 700*x)
			}
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// counter counts bytes.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// pageOfRun makes the page of a run as daxbench report does, without its pictures.
func pageOfRun(tb testing.TB, dir string, w io.Writer) *report.Page {
	tb.Helper()
	src, err := readSource(dir, "")
	if err != nil {
		tb.Fatal(err)
	}
	p, err := onePage(src)
	if err == nil {
		err = render.HTML(w, p, render.HTMLOptions{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// TestReportGrows makes pages of runs, and of runs four times as large in groups or in rounds: the memory that is asked for on
// the way must grow with them and not with their square. What stands in a page is bounded, but for its one large table.
func TestReportGrows(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 90,000 lines")
	}
	cost := func(s shape) (bytes, size float64) {
		dir := s.write(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var out counter
		pageOfRun(t, dir, &out)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc), float64(out)
	}
	cost(shape{2, 2}) // what is made once
	for name, small := range map[string]shape{"groups": {400, 6}, "rounds": {10, 500}} {
		large := shape{4 * small.groups, small.rounds}
		if name == "rounds" {
			large = shape{small.groups, 4 * small.rounds}
		}
		bytes, size := cost(small)
		bytes4, size4 := cost(large)
		if grown := bytes4 / bytes; grown > 6 {
			t.Errorf("four times the %s ask for %.1f times the memory: %.0f MB after %.0f MB", name, grown, bytes4/1e6, bytes/1e6)
		}
		const browser = 3e6
		if size4 > browser {
			t.Errorf("a page of %d lines in %d groups has %.1f MB", large.lines(), large.groups, size4/1e6)
		}
		if name == "rounds" && size4 > 1.1*size {
			t.Errorf("a page of four times the rounds has %.0f kB after %.0f kB", size4/1e3, size/1e3)
		}
	}
}

// TestReportOfMany: of more groups than a page can show one by one the foremost have sections, the table has all, and the
// page says what it leaves out and how to see it.
func TestReportOfMany(t *testing.T) {
	p := pageOfRun(t, shape{100, 6}.write(t), io.Discard)
	if n := len(p.Groups); n != 65 {
		t.Fatalf("%d sections, want 64 and one that says what is left out", n)
	}
	last := p.Groups[64]
	if last.Title != "36 further sets of parameters" || !strings.Contains(last.About, "daxbench compare -format csv ") {
		t.Errorf("%s: %s", last.Title, last.About)
	}
	if n := len(p.Overview[0].Tables[0].Rows); n != 100 {
		t.Errorf("the table has %d rows", n)
	}
	for _, s := range p.Verdict {
		if s.Group >= 64 {
			t.Errorf("a sentence is about section %d: %s", s.Group, s.Text)
		}
	}
}

// BenchmarkReport makes the page of a run, from its files. The issue asks for a million lines within 20 s.
func BenchmarkReport(b *testing.B) {
	for _, s := range []shape{{25, 100}, {250, 100}, {250, 1000}, {2500, 100}, {1, 250_000}} {
		b.Run(fmt.Sprintf("lines=%d/groups=%d", s.lines(), s.groups), func(b *testing.B) {
			dir := s.write(b)
			b.ReportAllocs()
			for b.Loop() {
				var out counter
				pageOfRun(b, dir, &out)
				b.ReportMetric(float64(out), "page-B")
			}
		})
	}
}
