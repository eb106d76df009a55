package main

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"daxbench/workloads/record"
)

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "64K": 64 << 10, "64M": 64 << 20, "1g": 1 << 30, "1GiB": 1 << 30, "2MB": 2 << 20, "1.5M": 3 << 19, "12B": 12, "1024T": 1 << 50,
	} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "M", "-1", "-1M", "1.5", "1e3", "0x10", "inf", "NaN", "1P", "1025T", "1 M", "1MM", "+1", "1_0"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestParseSet(t *testing.T) {
	for _, c := range []struct {
		given []string
		want  map[string][]string
	}{
		{nil, map[string][]string{}},
		{[]string{"dax=0,50,100"}, map[string][]string{"dax": {"0", "50", "100"}}},
		{[]string{"dax=0,50,hold=exp:100us"}, map[string][]string{"dax": {"0", "50"}, "hold": {"exp:100us"}}},
		{[]string{"dax=50,50.0,5e1,05,5", "dax=50.00"}, map[string][]string{"dax": {"50", "05"}}},
		{[]string{"hold=1ms,1000us,1ms"}, map[string][]string{"hold": {"1ms", "1000us"}}},
		{[]string{"dax=0", "hold=uniform:50us-150us", "dax=50,0"}, map[string][]string{"dax": {"0", "50"}, "hold": {"uniform:50us-150us"}}},
	} {
		got, err := parseSet(c.given)
		if err != nil || !maps.EqualFunc(got, c.want, slices.Equal[[]string]) {
			t.Errorf("%q: %v, %v", c.given, got, err)
		}
	}
	for _, text := range []string{"", "50", "=5", "dax=", "dax=0,,5", "dax=a b", "dax=a/b", "dax=0,hold="} {
		if got, err := parseSet([]string{text}); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		set  []string
		want string
	}{
		{[]string{"0"}, "2 cells (1 setting of 1 storm × 2 policies) × 3 rounds, about 1 s"},
		{[]string{"0", "50", "100"}, "6 cells (3 settings of 1 storm × 2 policies) × 3 rounds, about 2 s"},
	} {
		p, err := newPlan(&record.Request{
			Workload: []string{"evict-storm"}, Policy: []string{"none", "dax-only"}, Set: map[string][]string{"dax": c.set},
			Rounds: 3, Duration: "10ms", HangLimit: "1s", Workers: record.List[int]{1},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(p); got != c.want {
			t.Errorf("%s; want %s", got, c.want)
		}
	}
}

func TestSplitList(t *testing.T) {
	known := []string{"a", "b", "c"}
	for _, c := range []struct{ given, want []string }{
		{[]string{"b,a"}, []string{"b", "a"}},
		{[]string{"a", "b,a"}, []string{"a", "b"}},
		{[]string{"b,all"}, []string{"b", "a", "c"}},
		{[]string{"nonesuch"}, []string{"nonesuch"}}, // who looks it up says so
	} {
		if got, err := splitList("x", c.given, known); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v", c.given, got, err)
		}
	}
	if got, err := splitList("x", []string{"a,,b"}, known); err == nil {
		t.Errorf("an empty name: %q", got)
	}
}

func TestDashes(t *testing.T) {
	args := []string{"run", "-rounds", "-3", "--seed=1", "-o", "dir", "-o=dir", "-v", "-set", "dax=-1", "-", "--", "-rounds"}
	want := []string{"run", "--rounds", "-3", "--seed=1", "-o", "dir", "--o=dir", "-v", "--set", "dax=-1", "-", "--", "-rounds"}
	if got := twoDashes(args); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	for text, want := range map[string]string{
		"unknown flag: --polcy":          "unknown flag: -polcy",
		`"x" for "--rounds" flag`:        `"x" for "-rounds" flag`,
		"a--b is no flag, and -- is not": "a--b is no flag, and -- is not",
		"--a and --b":                    "-a and -b",
	} {
		if got := oneDash(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestSpell(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "1 s", time.Second: "1 s", 59600 * time.Millisecond: "1 min 0 s", 100 * time.Second: "1 min 40 s", 2 * time.Hour: "2 h 0 min",
	} {
		if got := spell(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
