package baselines

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"daxbench/reports/folder"
)

// damages are what can become of a record, and what is said of it then.
var damages = []struct {
	name, file, says string
	damage           func(dir string) error
}{
	{"edited", "evict-storm.txt", "was edited: its SHA-256 is ", func(dir string) error {
		return rewrite(dir, "evict-storm.txt", func(s string) string { return strings.Replace(s, "policy=none", "policy=nine", 1) })
	}},
	{"torn", "unlink-storm.txt", "is torn: after ", func(dir string) error {
		return rewrite(dir, "unlink-storm.txt", func(s string) string { return s[:len(s)/2] })
	}},
	{"emptied", "run.json", "is empty", func(dir string) error { return rewrite(dir, "run.json", func(string) string { return "" }) }},
	{"torn run.json", "run.json", "is torn: after ", func(dir string) error {
		return rewrite(dir, "run.json", func(s string) string { return s[:len(s)-40] })
	}},
	{"missing", "evict-storm.txt", "is missing", func(dir string) error { return os.Remove(filepath.Join(dir, "evict-storm.txt")) }},
	{"missing run.json", "run.json", "is missing", func(dir string) error { return os.Remove(filepath.Join(dir, "run.json")) }},
	{"extra", "notes.txt", "was not recorded", func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine\n"), 0o666)
	}},
	{"extra below", "more/notes.txt", "was not recorded", func(dir string) error {
		return errors.Join(os.Mkdir(filepath.Join(dir, "more"), 0o777), os.WriteFile(filepath.Join(dir, "more", "notes.txt"), nil, 0o666))
	}},
	{"a link", "run.json", "is a symbolic link", func(dir string) error {
		path := filepath.Join(dir, "run.json")
		return errors.Join(os.Rename(path, filepath.Join(dir, "..", "real")), os.Symlink("../real", path))
	}},
	{"a pipe", "run.json", "is no regular file", func(dir string) error {
		path := filepath.Join(dir, "run.json")
		return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o666))
	}},
	{"no checksums", sumsName, "is missing", func(dir string) error { return os.Remove(filepath.Join(dir, sumsName)) }},
	{"torn checksums", sumsName, "is cut off in line ", func(dir string) error {
		return rewrite(dir, sumsName, func(s string) string { return s[:len(s)-5] })
	}},
	{"no checksum in it", sumsName, "has no checksum and name in line 1", func(dir string) error {
		return rewrite(dir, sumsName, func(s string) string { return "x" + s[1:] })
	}},
	{"a checksum twice", sumsName, "has the file counts.txt twice", func(dir string) error { return rewrite(dir, sumsName, func(s string) string { return s + s }) }},
	{"a checksum outside", sumsName, "has no checksum and name", func(dir string) error {
		return rewrite(dir, sumsName, func(s string) string { return strings.Replace(s, "run.json", "../run.json", 1) })
	}},
	{"empty folder", sumsName, "is missing", func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)) }},
	{"a file for a folder", "2026-11-22-3f2a9c1", "is no regular file", func(dir string) error {
		return errors.Join(os.RemoveAll(dir), unix.Mkfifo(dir, 0o666))
	}},
	{"a link for a folder", "2026-11-22-3f2a9c1", "is a symbolic link", func(dir string) error {
		return errors.Join(os.RemoveAll(dir), os.Symlink("/etc", dir))
	}},
}

// rewrite changes a file of a record, which is read-only.
func rewrite(dir, name string, change func(string) string) error {
	path := filepath.Join(dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return errors.Join(os.Remove(path), os.WriteFile(path, []byte(change(string(data))), 0o666))
}

// TestDamage wants every damage to be found, with the file and the reason, and such a record not to become current.
func TestDamage(t *testing.T) {
	whole := store(t)
	record(t, whole, example(20), Options{})
	record(t, whole, example(22), Options{Counts: counting(counts)})
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			s := store(t)
			if err := os.CopyFS(s.dir, os.DirFS(whole.dir)); err != nil {
				t.Fatal(err)
			}
			if err := d.damage(filepath.Join(s.dir, "amd-epyc-2", "2026-11-22-3f2a9c1")); err != nil {
				t.Fatal(err)
			}
			entries, err := s.Entries("amd-epyc-2")
			if err != nil || len(entries) != 2 {
				t.Fatalf("%d records, %v", len(entries), err)
			}
			if err := entries[0].Err(); err != nil {
				t.Errorf("the other one: %v", err)
			}
			e := entries[1]
			if len(e.Problems) == 0 || e.Problems[0].File != d.file || !strings.HasPrefix(e.Problems[0].Reason, d.says) {
				t.Errorf("%q; want %s %s", e.Problems, d.file, d.says)
			}
			wantErr(t, e.Err(), ErrDamaged, "amd-epyc-2/2026-11-22-3f2a9c1 is damaged: "+d.file+" "+d.says)
			wantErr(t, s.Promote("amd-epyc-2", e.Name), ErrDamaged, d.file)
			if name, err := s.Current("amd-epyc-2"); name != "2026-11-20-3f2a9c1" || err != nil {
				t.Errorf("current is %q, %v", name, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	s := store(t)
	record(t, s, example(20), Options{})
	record(t, s, example(22), Options{})
	const machine = "amd-epyc-2"
	if e, err := s.Find(machine, ""); err != nil || e.Name != "2026-11-20-3f2a9c1" || !e.Current {
		t.Errorf("current: %v, %v", e, err)
	}
	if err := s.Promote(machine, "2026-11-22-3f2a9c1"); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Find(machine, ""); err != nil || e.Name != "2026-11-22-3f2a9c1" || !e.Current {
		t.Errorf("promoted: %v, %v", e, err)
	}
	if err := os.Symlink("/etc", filepath.Join(s.dir, "linked")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		machine, name string
		is            error
	}{
		{"../x", "", ErrName},
		{"/etc", "", ErrName},
		{"..", "", ErrName},
		{".hidden", "", ErrName},
		{"-x", "", ErrName},
		{"a\x1b[2J", "", ErrName},
		{"AMD", "", ErrName},
		{strings.Repeat("a", 200), "", ErrName},
		{"linked", "", ErrName},
		{"linked", "passwd", ErrName},
		{"nobody", "", ErrNone},
		{machine, "../x", ErrName},
		{machine, "2026-11-22-3f2a9c1/../..", ErrName},
		{machine, "2026-11-22-3f2a9c1/a/b", ErrName},
		{machine, "current", ErrNone},
		{machine, "2026-11-23-3f2a9c1", ErrNone},
	} {
		if _, err := s.Find(c.machine, c.name); !errors.Is(err, c.is) {
			t.Errorf("%q %q: %v, want %v", c.machine, c.name, err, c.is)
		}
		if err := s.Promote(c.machine, c.name); err == nil {
			t.Errorf("%q %q was promoted", c.machine, c.name)
		}
	}
}

func TestCurrent(t *testing.T) {
	s := store(t)
	e := record(t, s, example(22), Options{})
	path := filepath.Join(s.dir, e.Machine, currentName)
	for text, says := range map[string]string{
		"2026-11-23-3f2a9c1\n": "it names 2026-11-23-3f2a9c1, which is not there",
		"2026-11-22-3f2a":      "is torn",
		"":                     "is torn",
		"\n":                   "is no name",
		"../../../etc\n":       "is no name",
		"a\nb\n":               "is no name",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := s.Find(e.Machine, "")
		wantErr(t, err, ErrDamaged, says)
		wantErr(t, s.Err(e.Machine), ErrDamaged, says)
		list, err := s.Check(e.Machine, []*Entry{e})
		if err != nil || len(list) != 1 || list[0].File != currentName || !strings.Contains(list[0].Reason, says) {
			t.Errorf("%q: %v, %v", text, list, err)
		}
	}
	os.Remove(path)
	_, err := s.Find(e.Machine, "")
	wantErr(t, err, ErrNone, "none of amd-epyc-2 is current")
	if list, err := s.Check(e.Machine, []*Entry{e}); err != nil || len(list) > 0 || s.Err(e.Machine) != nil {
		t.Errorf("without a current one: %v, %v", list, err)
	}
}

func TestCheckMachine(t *testing.T) {
	s := store(t)
	e := record(t, s, example(22), Options{})
	path := filepath.Join(s.dir, e.Machine, machineName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, says string }{
		{strings.Replace(string(whole), "kernel: 6.18.2", "kernel: 6.18.3", 1), "was edited: it has kernel 6.18.3, but 2026-11-22-3f2a9c1, the newest record, has 6.18.2"},
		{string(whole[:len(whole)-2]), "is cut off"},
		{string(whole) + "cpu: another\n", "\"cpu\" again"},
		{string(whole) + "nothing\n", "is not \"key: value\""},
		{"", "it is empty"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		list, err := s.Check(e.Machine, []*Entry{e})
		if err != nil || len(list) != 1 || list[0].File != machineName || !strings.Contains(list[0].Reason, c.says) {
			t.Errorf("%v, %v; want %q", list, err, c.says)
		}
	}
	os.Remove(path)
	if list, err := s.Check(e.Machine, []*Entry{e}); err != nil || len(list) != 1 || list[0].Reason != "is missing" {
		t.Errorf("missing: %v, %v", list, err)
	}
	for _, name := range []string{"proof-2026-11-25-0123456", "growth-2026-11-26-0123456"} { // are no stray files
		if err := os.Mkdir(filepath.Join(s.dir, e.Machine, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	later := string(whole) + "a_fact_of_a_later_version: yes\n"
	if err := errors.Join(os.WriteFile(path, []byte(later), 0o666), os.WriteFile(filepath.Join(s.dir, e.Machine, "stray"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if list, err := s.Check(e.Machine, []*Entry{e}); err != nil || len(list) != 1 || list[0] != (Problem{"stray", "is no record"}) {
		t.Errorf("a stray file: %v, %v", list, err)
	}
}

// TestOlderLayout reads the run folders that were recorded before there were checksums.
func TestOlderLayout(t *testing.T) {
	s := store(t)
	const machine = "amd-epyc-2"
	dir := filepath.Join(s.dir, machine, "2026-11-20-e14e154")
	for _, run := range []string{"default", "usr"} {
		if err := example(20).Write(filepath.Join(dir, run)); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := s.Entries(machine)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for i, name := range []string{"2026-11-20-e14e154/default", "2026-11-20-e14e154/usr"} {
		e := entries[i]
		if e.Name != name || !e.Older || e.Err() != nil || e.Rounds() != 6 {
			t.Errorf("%s, older %v, %v, %d rounds", e.Name, e.Older, e.Err(), e.Rounds())
		}
		wantErr(t, s.Promote(machine, name), ErrNone, "older layout")
	}
	record(t, s, example(22), Options{})
	if list, err := s.Check(machine, entries); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	files := make(map[string][]byte)
	for _, run := range []string{"default", "usr"} {
		for _, name := range []string{folder.ManifestName, folder.ResultsName} {
			if files[run+"/"+name], err = os.ReadFile(filepath.Join(dir, run, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, sumsName), sums(files), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(dir, "usr/"+folder.ResultsName, func(s string) string { return strings.ToLower(s) }); err != nil {
		t.Fatal(err)
	}
	if entries, err = s.Entries(machine); err != nil || entries[0].Err() != nil {
		t.Errorf("%v, %v", err, entries[0].Err())
	}
	wantErr(t, entries[1].Err(), ErrDamaged, "usr/results.txt was edited")
}

// TestMachines leaves out what is no machine's folder.
func TestMachines(t *testing.T) {
	s := store(t)
	record(t, s, example(22), Options{})
	for _, name := range []string{"testdata", "empty", "Capital"} {
		if err := os.MkdirAll(filepath.Join(s.dir, name, "x"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := s.Machines(); err != nil || len(list) != 1 || list[0] != "amd-epyc-2" {
		t.Errorf("%q, %v", list, err)
	}
}
