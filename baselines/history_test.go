package baselines

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/reports/folder"
)

const cellName = "EvictStorm/dax=0/workers=2/policy=dax-only"

// recorded makes the entry of the n-th month whose one cell took about so many nanoseconds, in 6 rounds.
func recorded(n int, nanos float64, change func(e *Entry)) *Entry {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	key := folder.Key{Workload: "evict-storm", Params: []folder.Param{{Key: "dax", Value: "0"}, {Key: "workers", Value: "2"}}, Policy: "dax-only"}
	cell := &folder.Cell{Key: key, Name: cellName}
	for round := 1; round <= 6; round++ {
		v := nanos * math.Exp(0.004*rng.NormFloat64())
		cell.Rounds = append(cell.Rounds, folder.Round{Number: round, Ops: 1, Values: folder.NewValues(map[string]float64{"ns/evict": v, "ns/op": 2 * v})})
	}
	e := &Entry{Machine: "m", Name: fmt.Sprintf("2026-%02d-01-%07x", n, n), Facts: environment(func(map[string]any) {}), Settings: settings(nil)}
	e.Run = &folder.Run{Cells: []*folder.Cell{cell}}
	m := &e.Run.Manifest
	m.Started = time.Date(2025, time.Month(n), 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
	m.Plan.Groups = []folder.PlanGroup{{Workload: "evict-storm", Primary: "ns/evict"}}
	change(e)
	return e
}

func same(*Entry) {}

// TestHistoryFindsAStep plants a step of 8 % and wants it at its place, and none without it.
func TestHistoryFindsAStep(t *testing.T) {
	for _, step := range []float64{1, 1.08} {
		var entries []*Entry
		for n := 1; n <= 12; n++ {
			nanos := 100.0
			if n > 6 {
				nanos *= step
			}
			entries = append(entries, recorded(n, nanos, same))
		}
		list, err := History(entries, Query{Alpha: 0.01})
		if err != nil || len(list) != 1 || len(list[0].Stretches) != 1 {
			t.Fatalf("%d series, %v", len(list), err)
		}
		s := list[0]
		st := s.Stretches[0]
		if s.Cell != cellName || s.Unit != "ns/evict" || s.Len() != 12 || st.Few || len(s.Settings) > 0 {
			t.Errorf("%s of %s, %d points, few %v, settings %v", s.Unit, s.Cell, s.Len(), st.Few, s.Settings)
		}
		if step == 1 {
			if len(st.Changes) > 0 {
				t.Errorf("changes in nothing: %+v", st.Changes)
			}
			continue
		}
		if len(st.Changes) != 1 {
			t.Fatalf("changes %+v", st.Changes)
		}
		c := st.Changes[0]
		if c.At != 6 || math.Abs(c.After/c.Before-step) > 0.01 || st.Points[c.At].Entry.Name != "2026-07-01-0000007" {
			t.Errorf("%+v at %s", c, st.Points[c.At].Entry.Name)
		}
	}
}

// TestHistorySeparates puts a new kernel, a damaged record, and runs with other settings between.
func TestHistorySeparates(t *testing.T) {
	var entries []*Entry
	for n := 1; n <= 6; n++ {
		entries = append(entries, recorded(n, 100, func(e *Entry) {
			if n > 3 {
				e.Facts = environment(func(env map[string]any) { env["kernel"], env["memory_bytes"] = "Linux 6.19.0", 1.0 })
			}
		}))
		entries = append(entries, recorded(n, 7, func(e *Entry) { e.Settings = settings(map[string]any{"duration": "8s"}) }))
	}
	entries = append(entries, recorded(7, 1, func(e *Entry) { e.Problems = []Problem{{"run.json", "was edited"}} }))
	list, err := History(entries, Query{Alpha: 0.01})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d series, %v", len(list), err)
	}
	s, slow := list[0], list[1]
	if len(s.Stretches) != 2 || len(s.Stretches[0].Points) != 3 || len(s.Stretches[1].Points) != 3 || !s.Stretches[1].Few {
		t.Errorf("stretches %+v", s.Stretches)
	}
	if since := s.Stretches[1].Since; len(since) != 1 || since[0].Key != "kernel" {
		t.Errorf("separated by %v", since)
	}
	if !slices.Equal(s.Settings, []Fact{{"duration", "default"}}) || !slices.Equal(slow.Settings, []Fact{{"duration", "8s"}}) || slow.Len() != 6 {
		t.Errorf("%v and %v, %d", s.Settings, slow.Settings, slow.Len())
	}
}

func TestQuery(t *testing.T) {
	entries := []*Entry{recorded(1, 100, same), recorded(2, 100, same)}
	for _, c := range []struct {
		q    Query
		want int
	}{
		{Query{Unit: "ns/op", Alpha: 0.01}, 1},
		{Query{Unit: "furlongs", Alpha: 0.01}, 0},
		{Query{Cell: regexp.MustCompile("policy=dax"), Alpha: 0.01}, 1},
		{Query{Cell: regexp.MustCompile("^dax"), Alpha: 0.01}, 0},
	} {
		list, err := History(entries, c.q)
		if err != nil || len(list) != c.want {
			t.Errorf("%+v: %d series, %v", c.q, len(list), err)
		}
	}
	if list, err := History(nil, Query{Alpha: 0.01}); err != nil || len(list) > 0 {
		t.Errorf("of nothing: %v, %v", list, err)
	}
}

// TestAgainst wants the ratio to the other policy, which knows nothing of how slow the machine was that day.
func TestAgainst(t *testing.T) {
	var entries []*Entry
	for n := 1; n <= 12; n++ {
		entries = append(entries, recorded(n, 100*float64(1+n%3), func(e *Entry) {
			first := e.Run.Cells[0]
			other := &folder.Cell{Key: first.Key, Name: "EvictStorm/dax=0/workers=2/policy=none"}
			other.Policy = "none"
			for _, r := range first.Rounds {
				ratio := 0.5
				if n > 6 {
					ratio = 0.54
				}
				v, _ := r.Values.Get("ns/evict")
				other.Rounds = append(other.Rounds, folder.Round{Number: r.Number, Ops: 1, Values: folder.NewValues(map[string]float64{"ns/evict": ratio * v})})
			}
			e.Run.Cells = append(e.Run.Cells, other)
		}))
	}
	list, err := History(entries, Query{Against: "dax-only", Alpha: 0.01})
	if err != nil || len(list) != 1 || list[0].Key.Policy != "none" {
		t.Fatalf("%v, %v", list, err)
	}
	st := list[0].Stretches[0]
	if len(st.Changes) != 1 || st.Changes[0].At != 6 || math.Abs(st.Points[0].Value-0.5) > 1e-9 || math.Abs(st.Points[11].Value-0.54) > 1e-9 {
		t.Errorf("%+v", st)
	}
	if list, err := History(entries, Query{Against: "nobody", Alpha: 0.01}); err != nil || len(list) > 0 {
		t.Errorf("against nobody: %v, %v", list, err)
	}
}

// TestLeastForChange holds the number against the p-value of a perfect step among all ways to split so many records.
func TestLeastForChange(t *testing.T) {
	for alpha, want := range map[float64][2]int{0.01: {10, 14}, 0.05: {8, 10}, 0.2: {6, 8}, 1e-9: {0, 0}} {
		if n := LeastForChange(alpha); n < want[0] || n > want[1] {
			t.Errorf("%v: %d, want %v", alpha, n, want)
		}
	}
}

func TestString(t *testing.T) {
	if s := (Problem{"a\x1b[2Jb", "is missing"}).String(); strings.Contains(s, "\x1b") {
		t.Errorf("%q", s)
	}
}
