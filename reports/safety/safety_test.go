package safety_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/safety"
)

// hazards as both files have them.
const hazards = `"hazards": [{"letter":"U","name":"use","about":"no block is used anew"}, {"letter":"R","name":"reclaim","about":"reclaim never waits"},
	{"letter":"P2","name":"deadlock","about":"tasks wait for each other"}]`

// litmus is litmus.json with these policies.
func litmus(policies string, more ...string) string {
	return `{"schema":1, "tool":"daxbench", "commit":"abc", "command":["litmus"], "date":"2026-11-26T00:00:00Z", "kernel":"", "rule":"the rule", "full":true,
	` + hazards + `, "scenarios":[{"name":"unlink-under-dio"}, {"name":"parked"}, {"name":"scan", "blames":"scan=mapped"}],
	"policies":[` + policies + `]` + strings.Join(more, "") + `}`
}

// row is a policy of litmus.json.
func row(policy, id, cells string) string {
	return fmt.Sprintf(`{"policy":%q, "id":%q, "cells":[%s]}`, policy, id, cells)
}

const (
	brokenU = `{"hazard":"U", "mark":"broken", "declared":true, "why":"They are free at once.", "probed":3, "broken":2, "elsewhere":1,
		"story":{"scenario":"unlink-under-dio", "title":"a device writes", "run":"get (gup=6.0)", "found":"block 2 was freed", "lines":["0s T1 create F", "! U: block 2 was freed"],
		"replay":"daxbench litmus -v -policy none -scenario unlink-under-dio"}}`
	keptU = `{"hazard":"U", "mark":"kept", "declared":false, "probed":3, "broken":0, "elsewhere":0}`
	keptR = `{"hazard":"R", "mark":"kept", "declared":false, "probed":1, "broken":0, "elsewhere":0}`
	noR   = `{"hazard":"R", "mark":"not probed", "declared":false, "probed":0, "broken":0, "elsewhere":0}`
	kept2 = `{"hazard":"P2", "mark":"kept", "declared":true, "probed":2, "broken":0, "elsewhere":0}`
	hangs = `{"hazard":"P2", "mark":"broken", "declared":false, "probed":2, "broken":1, "elsewhere":0,
		"story":{"scenario":"parked", "title":"nobody looks again", "found":"T waits", "lines":["0s T waits"], "replay":"daxbench litmus -v"}}`
)

// verify is verify.json with these policies and verdicts.
func verify(policies, verdicts string, more ...string) string {
	return `{"schema":1, "tool":"daxbench", "commit":"abc", "date":"2026-11-26T00:00:00Z", "kernel":"", "whole":true, "decisive":1000, "schedules":9000, "shapes":2,
	` + hazards + `, "policies":[` + policies + `], "verdicts":[` + verdicts + `]` + strings.Join(more, "") + `}`
}

// verdict is one of verify.json: what was looked at with the property, and what it shows if it is violated.
func verdict(policy, property, looked, shown string, more string) string {
	list := func(s string) string {
		if s == "" {
			return "[]"
		}
		return `["` + strings.ReplaceAll(s, " ", `","`) + `"]`
	}
	return fmt.Sprintf(`{"policy":%q, "property":%q, "about":"something happens", "looked":%s, "shown":%s %s}`, policy, property, list(looked), list(shown), more)
}

const (
	enough    = `, "decisive":true, "schedules":5000`
	violated  = `, "violated":true, "schedules":900, "shape":"self", "text":"T waits inside reclaim", "lines":["  T  pins", "* T  waits"], "replay":"daxbench verify -seed 3"`
	unwatched = `, "violated":true, "schedules":900, "shape":"self", "text":"T waits for itself", "replay":"daxbench verify -seed 4"`
)

// write makes a folder with these files; an empty text is none.
func write(t *testing.T, litmus, verify string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{safety.LitmusName: litmus, safety.VerifyName: verify} {
		if text != "" {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func read(t *testing.T, litmus, verify string) *safety.Matrix {
	t.Helper()
	m, err := safety.Read(write(t, litmus, verify))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// cellOf finds a cell by its policy and letter.
func cellOf(t *testing.T, m *safety.Matrix, policy, letter string) safety.Cell {
	t.Helper()
	for _, r := range m.Rows {
		for i, h := range m.Hazards {
			if r.Policy == policy && h.Letter == letter {
				return r.Cells[i]
			}
		}
	}
	t.Fatalf("no cell %s of %s", letter, policy)
	return safety.Cell{}
}

// TestCells puts one cell together of what the two files say.
func TestCells(t *testing.T) {
	const p = `{"policy":"p", "id":"P1", "declares":[]}`
	const declares = `{"policy":"p", "id":"P1", "declares":["U","R"]}`
	model := func(violates string) string {
		return `, "model":{"states":500, "depth":9, "exhausted":true, "agree":3, "rows":[{"policy":"p", "states":321, "exhausted":true, "violates":[` + violates + `]}]}`
	}
	for _, tt := range []struct {
		name           string
		litmus, verify string
		letter         string
		mark           safety.Mark
		declared       bool
		text           string
		stories        []string // IDs
	}{
		{"broken, as declared", litmus(row("p", "P1", brokenU)), "", "U", safety.Broken, true,
			"broken in 2 of 3 scenarios that probe it, and in 1 other (unlink-under-dio: block 2 was freed); as the policy declares: They are free at once",
			[]string{"p-unlink-under-dio-get-gup-6-0"}},
		{"broken, and not declared", litmus(row("p", "P1", strings.Replace(brokenU, `"declared":true`, `"declared":false`, 1))), "", "U", safety.Broken, false,
			"broken in 2 of 3 scenarios that probe it, and in 1 other (unlink-under-dio: block 2 was freed); the policy does not declare it",
			[]string{"p-unlink-under-dio-get-gup-6-0"}},
		{"broken where nothing probes it", litmus(row("p", "P1", `{"hazard":"R", "mark":"broken", "elsewhere":2}`)), "", "R", safety.Broken, false,
			"broken in 2 scenarios about something else; the policy does not declare it", nil},
		{"broken in each", litmus(row("p", "P1", `{"hazard":"R", "mark":"broken", "declared":true, "probed":4, "broken":4}`)), "", "R", safety.Broken, true,
			"broken in all 4 scenarios that probe it; as the policy declares", nil},
		{"broken in the only one", litmus(row("p", "P1", `{"hazard":"R", "mark":"broken", "declared":true, "probed":1, "broken":1}`)), "", "R", safety.Broken, true,
			"broken in the one scenario that probes it; as the policy declares", nil},
		{"kept", litmus(row("p", "P1", keptU)), "", "U", safety.Kept, false, "kept in the 3 scenarios that probe it", nil},
		{"kept in the only one", litmus(row("p", "P1", keptR)), "", "R", safety.Kept, false, "kept in the one scenario that probes it", nil},
		{"kept in some", litmus(row("p", "P1", strings.Replace(keptU, `"probed":3`, `"probed":3, "left":9`, 1))), "", "U", safety.NotFound, false,
			"kept in the 3 scenarios that probe it; 9 scenarios that do were not played, or with other parameters", nil},
		{"kept, and declared broken", litmus(row("p", "P1", strings.Replace(keptU, `"declared":false`, `"declared":true`, 1))), "", "U", safety.NotFound, true,
			"kept in the 3 scenarios that probe it; the policy declares it broken, and nothing here shows it", nil},
		{"kept, and declared broken in the other file", litmus(row("p", "P1", keptU)), verify(declares, ""), "U", safety.NotFound, true,
			"kept in the 3 scenarios that probe it; the policy declares it broken, and nothing here shows it", nil},
		{"not probed", litmus(row("p", "P1", noR)), "", "R", safety.Unknown, false, "no scenario that was played probes it", nil},
		{"a hang", litmus(row("p", "P1", hangs)), "", "P2", safety.Broken, false, "seen in 1 of 2 scenarios (parked: T waits); the policy does not declare it", []string{"p-parked"}},
		{"no hang, though declared", litmus(row("p", "P1", kept2)), "", "P2", safety.NotFound, true,
			"not seen in 2 scenarios; the policy declares it broken, and nothing here shows it", nil},
		{"a policy that litmus did not play", litmus(row("q", "P2", keptU)), verify(p, ""), "U", safety.Unknown, false, "", nil},

		{"not found", "", verify(p, verdict("p", "P1r", "U", "", enough)), "U", safety.NotFound, false, "not found in 5,000 schedules of verify (not exhausted)", nil},
		{"not found, the smallest of two searches counts", "", verify(p, verdict("p", "P2b", "R", "", enough)+","+verdict("p", "P2m", "R", "", `, "decisive":true, "schedules":2000`)),
			"R", safety.NotFound, false, "not found in 2,000 schedules of verify (not exhausted)", nil},
		{"too few", "", verify(p, verdict("p", "P1r", "U", "", `, "decisive":false, "schedules":12`)), "U", safety.Unknown, false,
			"not found in 12 schedules of verify, too few to say anything", nil},
		{"none played", "", verify(p, verdict("p", "P1r", "U", "", `, "decisive":false, "schedules":0`)), "U", safety.Unknown, false, "", nil},
		{"exhausted up to a bound", "", verify(p, verdict("p", "P1r", "U", "", `, "decisive":true, "exhausted":true, "schedules":77`), `, "bound":1`), "U", safety.NotFound, false,
			"not found in 77 schedules of verify, all there are with 1 preemption at most (exhausted)", nil},
		{"the model too", "", verify(p, verdict("p", "P1r", "U", "", enough), model(`"P2"`)), "U", safety.NotFound, false,
			"not found in 5,000 schedules of verify (not exhausted); nor has the model P1r (exhausted: 321 states)", nil},
		{"the model has it", "", verify(p, verdict("p", "P1r", "U", "", enough), model(`"P1r"`)), "U", safety.NotFound, false,
			"not found in 5,000 schedules of verify (not exhausted)", nil},
		{"declared, and not found", "", verify(declares, verdict("p", "P1r", "U", "", enough)), "U", safety.NotFound, true,
			"not found in 5,000 schedules of verify (not exhausted); the policy declares it broken, and nothing here shows it", nil},
		{"a schedule shows it", "", verify(declares, verdict("p", "P2b", "R", "R", violated)), "R", safety.Broken, true,
			"a schedule of verify shows it (T waits inside reclaim, in shape self); as the policy declares", []string{"p-verify-p2b-self"}},
		{"what was found with it shows something else", "", verify(p, verdict("p", "P2", "R P2", "P2", violated)), "R", safety.Unknown, false, "", nil},
		{"a finding that is no property", "", verify(p, "", `, "also":[{"policy":"p", "hazards":["R"], "shape":"unlink", "text":"K took a lock", "replay":"daxbench verify -seed 9"}]`),
			"R", safety.Broken, false, "a schedule of verify shows it (K took a lock, in shape unlink); the policy does not declare it", []string{"p-verify-also-unlink"}},

		{"both: kept outweighs not found", litmus(row("p", "P1", keptU)), verify(p, verdict("p", "P1r", "U", "", enough)), "U", safety.Kept, false,
			"kept in the 3 scenarios that probe it; not found in 5,000 schedules of verify (not exhausted)", nil},
		{"both: broken by a schedule outweighs kept", litmus(row("p", "P1", keptR)), verify(p, verdict("p", "P2b", "R", "R", violated)), "R", safety.Broken, false,
			"kept in the one scenario that probes it; a schedule of verify shows it (T waits inside reclaim, in shape self); the policy does not declare it", []string{"p-verify-p2b-self"}},
		{"both: the scenario comes first", litmus(row("p", "P1", hangs)), verify(p, verdict("p", "P2", "P2", "P2", violated)+","+verdict("p", "P2s", "", "P2", unwatched)), "P2", safety.Broken, false,
			"seen in 1 of 2 scenarios (parked: T waits); a schedule of verify shows it (T waits inside reclaim, in shape self); the policy does not declare it",
			[]string{"p-parked", "p-verify-p2-self", "p-verify-p2s-self"}},
	} {
		m := read(t, tt.litmus, tt.verify)
		c := cellOf(t, m, "p", tt.letter)
		var ids []string
		for _, s := range c.Stories {
			ids = append(ids, s.ID)
			if len(s.Lines) == 0 || s.Replay == "" || s.Title == "" {
				t.Errorf("%s: the story %s has nothing to tell: %+v", tt.name, s.ID, s)
			}
		}
		if c.Mark != tt.mark || c.Declared != tt.declared || c.Text != tt.text || !slices.Equal(ids, tt.stories) {
			t.Errorf("%s:\n got %d %t %q %q\nwant %d %t %q %q", tt.name, c.Mark, c.Declared, c.Text, ids, tt.mark, tt.declared, tt.text, tt.stories)
		}
	}
}

// TestRows wants all policies of both files, in the order of their numbers, and a cell for each hazard.
func TestRows(t *testing.T) {
	m := read(t, litmus(row("ten", "P10", keptU)+","+row("mine", "", keptU)+","+row("two-b", "P2e", keptU)),
		verify(`{"policy":"two-a", "id":"P2x", "declares":[]}, {"policy":"none", "id":"P0", "declares":[]}, {"policy":"ten", "id":"P10", "declares":[]}`, ""))
	var got []string
	for _, r := range m.Rows {
		got = append(got, r.ID+" "+r.Policy)
		if len(r.Cells) != len(m.Hazards) {
			t.Errorf("%s has %d cells for %d hazards", r.Policy, len(r.Cells), len(m.Hazards))
		}
	}
	if want := []string{"P0 none", "P2e two-b", "P2x two-a", "P10 ten", " mine"}; !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// TestNotes wants said what the matrix rests on.
func TestNotes(t *testing.T) {
	const p = `{"policy":"p", "id":"P1", "declares":[]}, {"policy":"q", "id":"P2", "declares":[]}`
	two := row("p", "P1", keptU) + "," + row("q", "P2", keptU)
	for _, tt := range []struct {
		name           string
		litmus, verify string
		want           []string
	}{
		{"litmus alone", litmus(two), "", []string{
			"2 scenarios of litmus, small situations, were played under 2 policies: the rule.",
			"Besides, one is about faults of code outside eviction (scan=mapped); what is seen there is held against no policy and does not count here.",
			"No interleavings were searched: daxbench verify -o FOLDER does.",
		}},
		{"verify alone", "", verify(p, "", `, "small":{"shapes":["self","room"], "schedules":1234}`), []string{
			"No scenario of litmus was played: daxbench litmus -o FOLDER does.",
			"Verify played 9,000 schedules of 2 shapes under 2 policies. Where that was not exhausted, what was not found is not proven to be absent.",
			"Of the shapes self, room every schedule with one preemption at most is among them (1,234).",
		}},
		{"some scenarios, a kernel, problems", strings.NewReplacer(`"full":true`, `"full":false`, `"kernel":""`, `"kernel":"6.19"`).Replace(
			litmus(two, `, "problems":["p: U broken"], "differences":["q: R broken"]`)), "", []string{
			"2 scenarios of litmus, small situations, were played under 2 policies, on an engine that does as Linux 6.19; what policies declare is meant for",
			"These are not all scenarios",
			"Not as it should be: p: U broken.",
			"Like kernel 6.19, q: R broken.",
		}},
		{"some shapes, a bound, a kernel", "", strings.NewReplacer(`"whole":true`, `"whole":false`, `"kernel":""`, `"kernel":"6.0"`).Replace(verify(p, "", `, "bound":2`)), []string{
			"Verify played 9,000 schedules of 2 shapes under 2 policies, on an engine that does as Linux 6.0, those with 2 preemptions at most.",
			"Not all shapes were searched",
		}},
		{"properties that are in no column", "", verify(p, strings.Join([]string{
			verdict("p", "P1u", "", "", violated), verdict("q", "P1u", "", "", violated), verdict("p", "P5", "", "", enough), verdict("q", "P5", "", "", `, "schedules":3000`),
			verdict("p", "P9", "", "", violated), verdict("q", "P9", "", "", enough)}, ",")), []string{
			"That something happens (P1u) was found under every policy: it is in no column.",
			"That something happens (P5) was found under no policy, in 3,000 schedules each or more.",
			"That something happens (P9) was found under p: it is in no column.",
		}},
		{"the model, exhausted", "", verify(p, "", `, "model":{"states":500, "depth":9, "exhausted":true, "agree":3, "rows":[]}`), []string{
			"The abstract model has 500 states, up to 9 steps deep, and all of them were looked at (exhausted); it and the schedules agree on 3 verdicts.",
		}},
		{"the model, not exhausted, and it differs", "", verify(p, "", `, "model":{"states":5, "undecided":2, "disagree":["the model violates P2"], "rows":[]}`), []string{
			"Of the abstract model 5 states were looked at, not exhausted; on 2 verdicts one of them has not seen enough to say.",
			"The model and the schedules differ: the model violates P2.",
		}},
		{"what-ifs, and what is not as declared", "", verify(p, verdict("p", "P4", "", "", violated+`, "status":"unexpected"`),
			`, "what_ifs":[{"shape":"share", "about":"a block is shared", "why":"nobody looks", "violated":"P1r by p"}]`), []string{
			"What if a block is shared? (nobody looks.) Violated: P1r by p; held against no policy.",
			"Not as declared: P4 of p is unexpected.",
		}},
		{"two commits and two kernels", strings.Replace(litmus(two), `"abc"`, `""`, 1), strings.Replace(verify(p, ""), `"kernel":""`, `"kernel":"6.0"`, 1), []string{
			"litmus and verify kept to different rules: those of the engine, and of Linux 6.0.",
			"litmus and verify are of different commits: one that is not known and abc.",
		}},
	} {
		m := read(t, tt.litmus, tt.verify)
		for _, want := range tt.want {
			if !slices.ContainsFunc(m.Notes, func(n string) bool { return strings.HasPrefix(n, want) }) {
				t.Errorf("%s: nothing says %q:\n%s", tt.name, want, strings.Join(m.Notes, "\n"))
			}
		}
	}
}

// TestNothing wants no matrix of a folder without either file.
func TestNothing(t *testing.T) {
	if m, err := safety.Read(t.TempDir()); m != nil || err != nil {
		t.Errorf("%v, %v", m, err)
	}
}

// TestDamage wants each damaged file refused, with its name and why.
func TestDamage(t *testing.T) {
	good, other := litmus(row("p", "P1", brokenU)), verify(`{"policy":"p", "declares":["U"]}`, verdict("p", "P1r", "U", "U", violated))
	read(t, good, other)
	for _, tt := range []struct {
		name           string
		litmus, verify string
		want           string // a regular expression
	}{
		{"empty", " ", "", "litmus.json: byte 1: the file ends too early"},
		{"cut off", good[:len(good)-9], "", `litmus.json: byte \d+: the file ends too early`},
		{"torn in verify", "", other[:len(other)/2], `verify.json: byte \d+`},
		{"something after it", good + "{}", "", `litmus.json: byte \d+`},
		{"a key twice", strings.Replace(good, `"full":true`, `"full":true, "full":false`, 1), "", `litmus.json: byte \d+: the key "full" stands twice`},
		{"no UTF-8", strings.Replace(good, "a device writes", "a device \xff writes", 1), "", `litmus.json: byte \d+: is no UTF-8`},
		{"no schema", strings.Replace(good, `"schema":1`, `"schemas":1`, 1), "", "litmus.json: unknown schema version: there is no field"},
		{"a newer schema", strings.Replace(good, `"schema":1`, `"schema":2`, 1), "", "litmus.json: unknown schema version 2"},
		{"a wrong type", strings.Replace(good, `"probed":3`, `"probed":"3"`, 1), "", `litmus.json: byte \d+`},
		{"an unknown mark", strings.Replace(good, `"mark":"broken"`, `"mark":"fine"`, 1), "", `"fine" is no mark`},
		{"a mark that its numbers belie", strings.Replace(good, `"mark":"broken"`, `"mark":"kept"`, 1), "", `is marked "kept", where 2 of 3`},
		{"kept where nothing probes it", litmus(row("p", "P1", strings.Replace(keptR, `"probed":1`, `"probed":0`, 1))), "", "where 0 of 0"},
		{"broken without a scenario", litmus(row("p", "P1", `{"hazard":"U", "mark":"broken"}`)), "", "where 0 of 0"},
		{"more broken than probed", strings.Replace(good, `"broken":2`, `"broken":4`, 1), "", "4 of 3 scenarios"},
		{"less than nothing left", strings.Replace(good, `"elsewhere":1`, `"left":-1`, 1), "", "cannot be"},
		{"a negative number", strings.Replace(good, `"elsewhere":1`, `"elsewhere":-1`, 1), "", "cannot be"},
		{"a hazard twice", litmus(row("p", "P1", keptU+","+keptU)), "", `has "U" twice`},
		{"a hazard that the file has not", strings.Replace(good, `"hazard":"U"`, `"hazard":"Z"`, 1), "", `"Z"`},
		{"a column twice", strings.Replace(good, `"letter":"R"`, `"letter":"U"`, 1), "", `the hazard "U" stands twice`},
		{"a policy twice", litmus(row("p", "P1", keptU) + "," + row("p", "P1", keptU)), "", `the policy "p" stands twice`},
		{"a policy without a name", litmus(row("", "P1", keptU)), "", "has no name"},
		{"a verdict of nobody", "", strings.Replace(other, `{"policy":"p", "property"`, `{"policy":"q", "property"`, 1), `verify.json: the policy "q" is none of the file`},
		{"a verdict twice", "", verify(`{"policy":"p"}`, verdict("p", "P1r", "U", "", enough)+","+verdict("p", "P1r", "U", "", enough)), `"P1r" of the policy "p"`},
		{"violated and exhausted", "", verify(`{"policy":"p"}`, verdict("p", "P1r", "U", "U", violated+`, "exhausted":true`)), "cannot be"},
		{"shown and not violated", "", verify(`{"policy":"p"}`, verdict("p", "P1r", "U", "U", enough)), "cannot be"},
		{"shows no hazard of the file", "", verify(`{"policy":"p"}`, verdict("p", "P1r", "U", "Z", violated)), `"Z", which is no hazard`},
		{"declares no hazard of the file", "", verify(`{"policy":"p", "declares":["Z"]}`, ""), `"Z", which is no hazard`},
		{"too large", "", `{"schema":1, "x":"` + strings.Repeat("x", 17<<20) + `"}`, "verify.json has more than the 16777216 bytes"},
		{"too many policies", litmus(strings.TrimSuffix(strings.Repeat(row("p", "", "")+",", 1001), ",")), "", "1001 policies are more"},
	} {
		m, err := safety.Read(write(t, tt.litmus, tt.verify))
		if m != nil || err == nil || !regexp.MustCompile(tt.want).MatchString(err.Error()) {
			t.Errorf("%s: %v, %v; want %q", tt.name, m != nil, err, tt.want)
		} else if len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", tt.name, len(err.Error()))
		}
		if strings.Contains(tt.name, "schema") && !errors.Is(err, safety.ErrSchema) {
			t.Errorf("%s: %v is no ErrSchema", tt.name, err)
		}
	}
}

// TestNoRegularFile wants what is no file refused before it can block the reader.
func TestNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, safety.LitmusName), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := safety.Read(dir); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a folder for a file: %v", err)
	}
}

// TestHostile wants strings as they are, and IDs that are harmless and different for different stories.
func TestHostile(t *testing.T) {
	evil := []string{"<script>alert(1)</script>", "\x1b[31mred", "a\u202eb", strings.Repeat("x", 1<<20), "../../etc", "ünï"}
	var rows []string
	for _, name := range evil {
		rows = append(rows, hostileRow(name))
	}
	m := read(t, litmus(strings.Join(rows, ",")), "")
	ids := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for i, r := range m.Rows {
		if r.Policy != evil[i] {
			t.Errorf("%.40q has become %.40q", evil[i], r.Policy)
		}
		for _, s := range r.Cells[0].Stories {
			if !ids.MatchString(s.ID) || len(s.ID) > 210 {
				t.Errorf("%.40q: the ID %.80q", r.Policy, s.ID)
			}
		}
	}
	same := cellOf(t, read(t, "", verify(`{"policy":"p"}`, verdict("p", "P2.", "U", "U", violated)+","+verdict("p", "P2-", "U", "U", unwatched))), "p", "U")
	if len(same.Stories) != 2 || same.Stories[0].ID == same.Stories[1].ID {
		t.Errorf("two stories: %+v", same.Stories)
	}
}

// hostileRow is a policy with a hostile name, as JSON.
func hostileRow(name string) string {
	quoted, _ := json.Marshal(name)
	return `{"policy":` + string(quoted) + `, "cells":[` + brokenU + `]}`
}

// FuzzRead wants an error or a matrix that is whole of whatever stands in the files.
func FuzzRead(f *testing.F) {
	f.Add(litmus(row("p", "P1", brokenU)), verify(`{"policy":"p", "declares":["U"]}`, verdict("p", "P1r", "U", "U", violated)))
	f.Add(litmus(row("p", "P1", keptU)), "")
	f.Fuzz(func(t *testing.T, litmus, verify string) {
		m, err := safety.Read(write(t, litmus, verify))
		if (m == nil) != (err != nil || litmus == "" && verify == "") {
			t.Fatalf("%v, %v", m, err)
		}
		if m == nil {
			return
		}
		for _, r := range m.Rows {
			if len(r.Cells) != len(m.Hazards) {
				t.Fatalf("%d cells for %d hazards", len(r.Cells), len(m.Hazards))
			}
			for _, c := range r.Cells {
				if len(c.Stories) > 0 && c.Mark != safety.Broken {
					t.Fatalf("a story of what is not broken: %+v", c)
				}
			}
		}
	})
}
