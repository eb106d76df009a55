package model

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestParseSetsErrors(t *testing.T) {
	const head = "set s of a test\ninodes 1\npages 1\n"
	for text, want := range map[string]string{
		"inodes 1":                     "line 1: \"inodes\" before the first set",
		head + "colour 1":              "line 4: unknown word \"colour\"",
		head + "inodes 3":              "line 4: inodes 3: at most 2",
		head + "inodes some":           "invalid syntax",
		head + "task T Fly A":          "unknown operation",
		head + "task T Open B":         "what is \"B\"?",
		head + "task T ref A; Pin A 1": "what is \"1\"?",
		head + "task T Open A;":        "no operation",
		head + "task T Submit U":       "what is \"U\"?",
		head + "pinners 9\ntask T# Open A\ntask D# Open A": "18 tasks with 9 pinners; at most 10",
	} {
		if _, err := parseSets(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, p := range Policies {
		if a, err := Lookup(p.ID); err != nil || a != p {
			t.Errorf("%s: %v, %v", p.ID, a, err)
		}
	}
	for _, name := range []string{"", "P99"} {
		if _, err := Lookup(name); err == nil {
			t.Errorf("there is a policy %q", name)
		}
		if _, err := LookupSet(name); err == nil {
			t.Errorf("there is a set %q", name)
		}
	}
}

// TestReadmePolicies holds README.md's table of parameters to Policies.
func TestReadmePolicies(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	busy := map[string]Busy{"Ignore": Ignore, "Wait": Wait, "Spin": Spin, "Keep": Keep, "Defer": Defer}
	row := regexp.MustCompile(`(?m)^\| ([a-z-]+) \| (P\w+) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \| (.*)\|$`)
	seen := 0
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		want := Policy{Name: m[1], ID: m[2], Final: busy[m[3]], Dropped: busy[m[4]], Reclaim: busy[m[5]], Unplug: busy[m[6]]}
		for _, rest := range strings.FieldsFunc(m[7], func(r rune) bool { return r == ',' || r == ' ' }) {
			switch rest {
			case "DMAOnly":
				want.DMAOnly = true
			case "Lock":
				want.Lock = true
			case "Leases":
				want.Leases = true
			case "Intr":
				want.Interruptible = true
			case "PerEntry":
				want.PerEntry = true
			case "Refuse":
				want.Refuse = true
			case "Notify":
				want.Notify = true
			case "Check":
				want.Check = true
			case "Hold=Inode":
				want.Hold = HoldsInode
			case "Hold=Striped":
				want.Hold = HoldsStriped
			case "Deadline=Fence":
				want.Deadline = Fence
			case "Deadline=GiveUp":
				want.Deadline = GiveUp
			case "Room=1":
				want.Room = 1
			case "Aside":
				want.Aside = true
			default:
				t.Errorf("README.md, %s: what is %q?", m[1], rest)
			}
		}
		if got, err := Lookup(m[1]); err != nil || got != want {
			t.Errorf("README.md says %+v; it is %+v (%v)", want, got, err)
		}
		seen++
	}
	if seen != len(Policies) {
		t.Errorf("README.md has %d policies of %d", seen, len(Policies))
	}
}
