package model

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
)

var update = flag.Bool("update", false, "rewrite the tables of states and verdicts in testdata")

// everything returns what all policies do in all sets. It is worked out once.
func everything(t testing.TB) []Result {
	if known == nil {
		var err error
		if known, err = Matrix(append(Policies[:len(Policies):len(Policies)], Perfect), Sets, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return known
}

var known []Result

// TestGolden holds the number of states of each policy in each set, for whoever
// writes the model down again, and what is found there.
func TestGolden(t *testing.T) {
	results := everything(t)
	table := func(what string, cell func(r *Result) string) {
		var b bytes.Buffer
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "policy")
		for _, s := range Sets {
			fmt.Fprint(w, "\t", s.Name)
		}
		for i := range results {
			if i%len(Sets) == 0 {
				fmt.Fprint(w, "\n", results[i].Policy)
			}
			fmt.Fprint(w, "\t", cell(&results[i]))
		}
		fmt.Fprintln(w)
		w.Flush()
		golden(t, "testdata/"+what+".txt", b.Bytes())
	}
	table("states", func(r *Result) string { return fmt.Sprint(r.States) })
	table("found", func(r *Result) string {
		var found []string
		for _, p := range Properties {
			if trace, ok := r.Found[p]; ok {
				found = append(found, fmt.Sprintf("%s:%d", p, len(trace)))
			}
		}
		if found == nil {
			return "-"
		}
		return strings.Join(found, ",")
	})
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if that is meant, run the test with -update. Now:\n%s", name, got)
	}
}

// TestPerfect: nothing is found where there is nothing.
func TestPerfect(t *testing.T) {
	for _, r := range everything(t) {
		if r.Policy != Perfect.Name || r.WhatIf != "" {
			continue
		}
		for p, trace := range r.Found {
			t.Errorf("in %s, %s: %s\n%s", r.Set, p, p.Meaning(), trace)
		}
		if !r.Exhausted {
			t.Errorf("in %s: not exhausted", r.Set)
		}
	}
}

// TestEveryPropertyCanBeViolated by a policy, but for those that only a bug
// violates; TestMutants has these.
func TestEveryPropertyCanBeViolated(t *testing.T) {
	by := map[Property]bool{}
	for _, r := range Rows(everything(t)) {
		for p := range r.Found {
			by[p] = true
		}
	}
	onlyBugs := map[Property]bool{P5: true, P7: true}
	for _, p := range Properties {
		if by[p] == onlyBugs[p] {
			t.Errorf("%s: violated by a policy is %v, only by bugs is %v", p, by[p], onlyBugs[p])
		}
		if p.Meaning() == "" {
			t.Errorf("%s has no meaning", p)
		}
	}
}

// TestAlike: policies that differ in nothing the model knows get the same.
func TestAlike(t *testing.T) {
	row := func(name string) (text string) {
		for _, r := range everything(t) {
			if r.Policy == name {
				text += fmt.Sprintln(r.Set, r.States, r.Transitions, len(r.Found))
			}
		}
		return text
	}
	for _, pair := range [][2]string{{"dax-only", "always-call"}, {"inode-ref", "vma-pin"}} {
		if a, b := row(pair[0]), row(pair[1]); a != b || a == "" {
			t.Errorf("%s and %s differ:\n%s\n%s", pair[0], pair[1], a, b)
		}
	}
}

func TestRows(t *testing.T) {
	long, short := Trace{{"T", "a"}, {"T", "b"}}, Trace{{"U", "c"}}
	rows := Rows([]Result{
		{Policy: "p", Set: "one", States: 1, Exhausted: true, Found: map[Property]Trace{P3: long}},
		{Policy: "p", Set: "two", States: 2, Exhausted: false, Found: map[Property]Trace{P3: short}},
		{Policy: "p", Set: "if", WhatIf: "so", States: 4, Found: map[Property]Trace{P4: short}},
		{Policy: "q", Set: "one", States: 8, Exhausted: true},
	})
	if len(rows) != 2 || rows[0].States != 3 || rows[0].Found[P3].Set != "two" {
		t.Fatalf("%+v", rows)
	}
	for i, want := range []map[Property]string{{P3: violated, P4: notExhausted}, {P3: none, P4: none}} {
		for p, v := range want {
			if got := rows[i].Verdict(p); got != v {
				t.Errorf("row %d: %s is %q, want %q", i, p, got, v)
			}
		}
	}
}

// TestWorkers: how many work at it changes nothing.
func TestWorkers(t *testing.T) {
	one, err := Matrix(Policies[:3], Sets[:2], Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	many, err := Matrix(Policies[:3], Sets[:2], Options{Workers: 5})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", one), fmt.Sprintf("%+v", many); a != b || len(one) != 6 {
		t.Errorf("one worker: %s\nfive: %s", a, b)
	}
	if _, err := Matrix(Policies, Sets, Options{Pinners: maxTasks}); err == nil {
		t.Error("more tasks than there is room for were accepted")
	}
}
