package serve_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/serve"
)

// recorded are the recorded runs of this repository.
func recorded(t testing.TB) (paths []string) {
	t.Helper()
	for _, pattern := range []string{"*/*/run.json", "*/*/*/run.json"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "baselines", pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) < 3 {
		t.Fatalf("only %q are recorded", paths)
	}
	return paths
}

// TestHead holds what the index reads of real runs against what the reader of whole runs does.
func TestHead(t *testing.T) {
	for _, path := range recorded(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := serve.ReadSummary(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		run, err := folder.Read(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		m := &run.Manifest
		want := serve.Summary{Status: m.Status, Of: m.Plan.Rounds, Warned: len(m.Warnings), Machine: serve.MachineOf(m)}
		for _, c := range run.Cells {
			for _, r := range c.Rounds {
				want.Rounds = max(want.Rounds, r.Number)
			}
		}
		for _, g := range m.Plan.Groups {
			if !slices.Contains(want.Storms, g.Workload) {
				want.Storms = append(want.Storms, g.Workload)
			}
			for _, p := range g.Policies {
				if !slices.Contains(want.Policies, p) {
					want.Policies = append(want.Policies, p)
				}
			}
		}
		if !reflect.DeepEqual(got, want) || got.Rounds == 0 || got.Machine == "" {
			t.Errorf("%s:\n%+v, want\n%+v", path, got, want)
		}
	}
}

func TestDamagedHead(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "byte 0: the file ends too early",
		"{":                             "ends too early",
		"[]":                            "no object",
		"null":                          "no object",
		`{"schema":1}{}`:                "behind its end",
		`{"schema":1} x`:                "behind its end",
		`{"schema":2}`:                  "unknown schema version 2",
		`{}`:                            "unknown schema version 0",
		`{"schema":1,"cells":{}}`:       "cells is no list",
		`{"schema":1,"cells":[1]}`:      "cannot unmarshal",
		`{"schema":1,"cells":[{}`:       "ends too early",
		`{"schema":1,"seed":-1}`:        "seed",
		`{"schema":1,"other":tru}`:      "invalid character",
		"{\"schema\":1,\"tool\":\"\x00": "invalid character",
	} {
		if got, err := serve.ReadSummary(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, want)
		}
	}
	if _, err := serve.ReadSummary(strings.NewReader(`{"schema":7}`)); !errors.Is(err, folder.ErrSchema) {
		t.Error(err)
	}
	if got, err := serve.ReadSummary(strings.NewReader(`{"schema":1,"cells":null,"new":[{"a":[]}]}`)); err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestHeadIsBounded wants a run.json without an end to be given up, in memory that does not grow with it.
func TestHeadIsBounded(t *testing.T) {
	endless := &repeated{head: []byte(`{"schema":1,"cells":[`), text: []byte(`{"round":1,"policy":"none","outcome":"hung","histogram":"` + strings.Repeat("A", 1<<16) + `"},`)}
	if _, err := serve.ReadSummary(endless); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// repeated is a text that never ends.
type repeated struct {
	head, text []byte
	at         int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	if len(r.head) > 0 {
		n = copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.text)
	}
	return n, nil
}

// FuzzHead wants whatever the reader of whole runs takes to be listed as it is, and nothing to crash.
func FuzzHead(f *testing.F) {
	f.Add([]byte(`{"schema":1,"status":"running","plan":{"rounds":3,"groups":[{"workload":"w","policies":["p"]}]},"cells":[{"workload":"w","round":2}]}`))
	f.Add([]byte(`{"schema":1,"cells":[{"workload":"w","round":1,"round":2}]}`))
	f.Add([]byte(`{"schema":1e0,"plan":null,"environment":{"cpu":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := serve.ReadSummary(bytes.NewReader(data))
		run, wrong := folder.Parse("dir", data, nil)
		if wrong != nil {
			return
		}
		if err != nil {
			t.Fatalf("%q is listed as damaged (%v) and read nevertheless", data, err)
		}
		rounds := 0
		for _, c := range run.Cells {
			for _, r := range c.Rounds {
				rounds = max(rounds, r.Number)
			}
		}
		if got.Rounds != rounds || got.Of != run.Manifest.Plan.Rounds {
			t.Fatalf("%q: %+v, want %d of %d rounds", data, got, rounds, run.Manifest.Plan.Rounds)
		}
	})
}

func TestCache(t *testing.T) {
	c := serve.NewCache(10)
	c.Put("a", "1", "aaaa")
	c.Put("b", "1", "bbbb")
	if v, ok := c.Get("a", "1"); !ok || v != "aaaa" {
		t.Errorf("%q, %v", v, ok)
	}
	if _, ok := c.Get("a", "2"); ok {
		t.Error("an old value under a new stamp")
	}
	c.Put("c", "1", "cccc") // b was asked for least recently
	if _, ok := c.Get("b", "1"); ok || c.Total() != 8 {
		t.Errorf("b is still there; %d bytes", c.Total())
	}
	c.Put("a", "2", "aa")
	if v, ok := c.Get("a", "2"); !ok || v != "aa" || c.Total() != 6 {
		t.Errorf("%q, %v, %d bytes", v, ok, c.Total())
	}
	c.Put("d", "1", "larger than all")
	if _, ok := c.Get("d", "1"); ok || c.Total() != 6 {
		t.Errorf("d is kept; %d bytes", c.Total())
	}
	if _, ok := c.Get("c", "1"); !ok {
		t.Error("c was forgotten for what is not kept")
	}
}
