package gate

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// small are samples that are quick to write and read.
func small() *Samples {
	w := quiet(1)
	w.cells, w.forks, w.slices, w.latency = []string{churn, pinmix}, 2, 10, 50
	return w.samples()
}

func encode(t testing.TB, s *Samples) []byte {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadSamples(t *testing.T) {
	path := filepath.Join(t.TempDir(), SamplesName)
	want := encode(t, small())
	if err := os.WriteFile(path, want, 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := ReadSamples(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, s); string(got) != string(want) {
		t.Error("what was read is not what was written")
	}
	if _, err := ReadSamples(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := ReadSamples(filepath.Dir(path)); !errors.Is(err, ErrSamples) {
		t.Errorf("a folder: %v", err)
	}
}

// TestReadSamplesRefuses has the rows of the table of bad inputs that concern samples.
func TestReadSamplesRefuses(t *testing.T) {
	good := string(encode(t, small()))
	replaced := func(old, new string) string {
		out := strings.Replace(good, old, new, 1)
		if out == good {
			t.Fatalf("%q does not occur", old)
		}
		return out
	}
	changed := func(change func(*Samples)) string {
		s := small()
		change(s)
		return string(encode(t, s))
	}
	fork := func(change func(*Fork)) string { return changed(func(s *Samples) { change(&s.Cells[1].Forks[1]) }) }
	for _, c := range []struct{ name, data, says string }{
		{"empty", "", "byte 0: the file ends too early"},
		{"torn", good[:len(good)/2], "the file ends too early"},
		{"torn by one byte", good[:len(good)-1], "the file ends too early"},
		{"trailing bytes", good + "x", "byte "},
		{"two objects", good + good, "byte "},
		{"an array", "[" + good + "]", "byte "},
		{"null", "null", "no field \"schema\""},
		{"a zero byte", "\x00" + good, "byte 1"},
		{"no schema", replaced(`"schema":1,`, ``), "no field \"schema\""},
		{"a newer schema", replaced(`"schema":1,`, `"schema":2,`), "schema version 2; this daxbench reads 1"},
		{"a schema of another type", replaced(`"schema":1,`, `"schema":"1",`), "byte "},
		{"a key twice", replaced(`"seed":1,`, `"seed":1,"seed":2,`), `the key "seed" stands twice`},
		{"a key twice in another case", replaced(`"seed":1,`, `"seed":1,"Seed":2,`), `the key "Seed" stands twice`},
		{"a key twice deep below", replaced(`"hits":8000`, `"hits":8000,"hits":9`), `the key "hits" stands twice`},
		{"NaN", replaced(`"wall":[`, `"wall":[NaN,`), "byte "},
		{"1e999", replaced(`"wall":[`, `"wall":[1e999,`), "byte "},
		{"null for a number is a zero", changed(func(s *Samples) { s.Cells[0].SliceNanos = 0 }), "slices of 0 ns"},
		{"unknown status", changed(func(s *Samples) { s.Status = "fine" }), "status"},
		{"no status", changed(func(s *Samples) { s.Status = "" }), "status"},
		{"a cell twice", changed(func(s *Samples) { s.Cells[1].Name = churn }), "cells[0] and cells[1] are both"},
		{"a cell without a name", changed(func(s *Samples) { s.Cells[1].Name = "" }), "cells[1] has no name"},
		{"no operations", changed(func(s *Samples) { s.Cells[1].Ops = 0 }), "0 operations"},
		{"negative workers", changed(func(s *Samples) { s.Cells[1].Workers = -1 }), "-1 workers"},
		{"absurd planted work", changed(func(s *Samples) { s.Cells[1].PlantedNow = -0.1 }), "planted_now"},
		{"a fork twice", fork(func(f *Fork) { f.Number = 1 }), "forks[1] has number 1"},
		{"fork 0", fork(func(f *Fork) { f.Number = 0 }), "number 0"},
		{"batch 3", fork(func(f *Fork) { f.Batch = 3 }), "fork 2: batch 3"},
		{"first is nobody", fork(func(f *Fork) { f.First = "x" }), "fork 2: first is \"x\""},
		{"on no processor", fork(func(f *Fork) { f.On = -1 }), "fork 2: on processor -1"},
		{"apart more often than there are slices", fork(func(f *Fork) { f.Apart = len(f.Order) + 1 }), "fork 2: apart in"},
		{"order of something else", fork(func(f *Fork) { f.Order = strings.Repeat("a", 10) }), "fork 2: the order"},
		{"short order", fork(func(f *Fork) { f.Order = f.Order[1:] }), "fork 2: the order"},
		{"other lengths", fork(func(f *Fork) { f.Head.Wall = f.Head.Wall[1:] }), "10 slices of the base, 9 of the head"},
		{"short processor time", fork(func(f *Fork) { f.Head.CPU = f.Head.CPU[1:] }), "head: cpu has 9 values"},
		{"short control", fork(func(f *Fork) { f.Base.Controls["spin"] = nil }), "base: control spin has 0 values"},
		{"negative time", fork(func(f *Fork) { f.Base.Wall[3] = -1 }), "base: wall[3] is -1 ns"},
		{"absurd time", fork(func(f *Fork) { f.Head.CPU[3] = 1e300 }), "head: cpu[3] is 1e+300 ns"},
		{"too short to be a time", fork(func(f *Fork) { f.Head.CPU[3] = 5e-324 }), "head: cpu[3] is 5e-324 ns"},
		{"negative counter", fork(func(f *Fork) { f.Head.Counters["hits"] = -3 }), `counter "hits" is -3`},
		{"unknown outcome", fork(func(f *Fork) { f.Head.Outcome = "" }), "head: outcome"},
		{"broken histogram", fork(func(f *Fork) { f.Head.Latency = f.Head.Latency[:20] }), "head: latency"},
	} {
		s, err := parseSamples("dir/samples.json", []byte(c.data))
		if err == nil {
			t.Errorf("%s: accepted: %+v", c.name, s)
			continue
		}
		if !errors.Is(err, ErrSamples) || !strings.Contains(err.Error(), "dir/samples.json: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.name, err, c.says)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", c.name, len(err.Error()))
		}
	}
	for what, s := range map[string]*Samples{
		"zeros": func() *Samples { s := small(); clear(s.Cells[0].Forks[0].Base.Wall); return s }(),
		"hostile": func() *Samples {
			s := small()
			s.Cells[0].Name = "\x1b[31m<script>" + strings.Repeat("x", 1<<20)
			return s
		}(),
	} {
		if _, err := parseSamples("x", encode(t, s)); err != nil {
			t.Errorf("%s can be read, and has no verdict: %v", what, err)
		}
	}
}

func FuzzReadSamples(f *testing.F) {
	f.Add(encode(f, small()))
	f.Add([]byte(`{"schema":1,"status":"finished","cells":[]}`))
	f.Add([]byte(`{"schema":1,"status":"running","cells":[{"name":"A","forks":null}],"environment":{"a":[{"b":[]},1]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSamples("x", data)
		if err != nil {
			if !errors.Is(err, ErrSamples) {
				t.Fatalf("%v does not wrap ErrSamples", err)
			}
			return
		}
		for look := 1; look <= 2; look++ {
			r, err := Judge(s, suiteOf(churn, pinmix), look)
			if err != nil {
				t.Fatalf("what ReadSamples let through: %v", err)
			}
			if r.Verdict == Pass || r.Verdict == Improved { // no mutation of 2 forks makes 20
				t.Fatal(tell(r))
			}
		}
	})
}
