package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"daxbench/engine/layout"
	"daxbench/engine/target"
	"daxbench/reports/safety"
	"daxbench/workloads/litmus"
)

// TestLitmusRecord reads back what was left of all policies, and holds it to what was played.
func TestLitmusRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := recordLitmus(t.Context(), dir, layout.Names(), ""); err != nil {
		t.Fatal(err)
	}
	m, err := safety.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var f litmusFlags
	played, err := f.play(t.Context(), layout.All, litmus.All())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Rows) != len(played.Rows) {
		t.Fatalf("%d rows of %d policies", len(m.Rows), len(played.Rows))
	}
	marks := map[litmus.Mark]safety.Mark{litmus.Unprobed: safety.Unknown, litmus.Kept: safety.Kept, litmus.Broken: safety.Broken}
	for i, r := range played.Rows {
		row := m.Rows[i]
		if row.Policy != r.Policy || row.ID != r.ID {
			t.Fatalf("row %d is %s %s, played was %s %s", i, row.ID, row.Policy, r.ID, r.Policy)
		}
		for k, h := range m.Hazards {
			c := row.Cells[k]
			if strings.Contains(target.Invariants, h.Letter) {
				mark, where := played.Mark(i, h.Letter)
				if c.Mark != marks[mark] || c.Declared != strings.Contains(r.Declared, h.Letter) {
					t.Errorf("%s of %s: %d, declared %t; the matrix says %d, declared %s", h.Letter, r.Policy, c.Mark, c.Declared, mark, r.Declared)
				}
				if mark == litmus.Broken && !strings.HasSuffix(c.Stories[0].Replay, " -policy "+r.Policy+" -scenario "+where.Name) {
					t.Errorf("%s of %s is replayed with %q; see %s", h.Letter, r.Policy, c.Stories[0].Replay, where.Name)
				}
			}
			if c.Mark == safety.Broken && (len(c.Stories) != 1 || !found(c.Stories[0].Lines)) {
				t.Errorf("%s of %s is broken, and its story does not say so: %+v", h.Letter, r.Policy, c.Stories)
			}
		}
	}
}

// found says whether a story ends with what was found.
func found(lines []string) bool {
	return len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "! ")
}

// date is the one thing in which two files of the same run differ.
var date = regexp.MustCompile(`"date": "[^"]*"`)

// TestLitmusRecordTwice wants the same bytes but for the date, and one whole file after both.
func TestLitmusRecordTwice(t *testing.T) {
	dir := t.TempDir()
	var last []byte
	for range 2 {
		if err := recordLitmus(t.Context(), dir, []string{"P7", "dax-only", "defer"}, "6.0"); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, safety.LitmusName))
		if err != nil {
			t.Fatal(err)
		}
		data = date.ReplaceAll(data, nil)
		if last != nil && !bytes.Equal(data, last) {
			t.Error("two runs of the same leave different files")
		}
		last = data
	}
	if n := bytes.Count(last, []byte(`"policy": `)); n != 2 {
		t.Errorf("%d policies; P7 and dax-only are one", n)
	}
	if !bytes.Contains(last, []byte(` -kernel 6.0"`)) {
		t.Error("the commands that replay it do not name the kernel")
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("the folder holds %v", list)
	}
}

// TestRecordLitmusErrors wants each error as what it is.
func TestRecordLitmusErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dir, policy, kernel string
		want                int
	}{
		"unknown policy": {t.TempDir(), "never", "", statusUsage},
		"unknown kernel": {t.TempDir(), "none", "2.6", statusUsage},
		"a file":         {file, "none", "", statusUsage},
	} {
		if err := recordLitmus(t.Context(), tt.dir, []string{tt.policy}, tt.kernel); err == nil || statusOf(err) != tt.want {
			t.Errorf("%s: %v, want status %d", name, err, tt.want)
		}
	}
}

// liar is a policy that declares nothing of what it breaks.
type liar struct{ layout.Policy }

func (liar) Expect() layout.Expect { return layout.Expect{} }

// TestLitmusRecordOfLiar wants a policy that breaks what it does not declare recorded, and called bad.
func TestLitmusRecordOfLiar(t *testing.T) {
	none, err := layout.Lookup("none")
	if err != nil {
		t.Fatal(err)
	}
	f := litmusFlags{out: t.TempDir()}
	m, err := f.play(t.Context(), []layout.Policy{liar{none}}, litmus.All())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.record(m), differs(m)); statusOf(err) != statusBad {
		t.Errorf("status of %v", err)
	}
	read, err := safety.Read(f.out)
	if err != nil {
		t.Fatal(err)
	}
	if c := read.Rows[0].Cells[0]; c.Declared || c.Mark != safety.Broken || !strings.HasSuffix(c.Text, "the policy does not declare it") {
		t.Errorf("%+v", c)
	}
	if notes := strings.Join(read.Notes, "\n"); !strings.Contains(notes, "U A broken, which it does not declare") {
		t.Errorf("no note says what is wrong:\n%s", notes)
	}
}
