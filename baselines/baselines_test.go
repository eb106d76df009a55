package baselines

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// example is a run of some day that is worth keeping.
func example(day int) *reportstest.Spec {
	spec := reportstest.Example()
	m := &spec.Manifest
	m.Commit = "3f2a9c1d2e4b"
	began := time.Date(2026, 11, day, 13, 2, 11, 0, time.UTC)
	m.Started, m.Ended = began.Format(time.RFC3339), began.Add(time.Minute).Format(time.RFC3339)
	for i := range spec.Cells {
		spec.Cells[i].Hung, spec.Cells[i].Notes = nil, nil
	}
	spec.Seed = uint64(day)
	return spec
}

// written writes a run folder.
func written(t *testing.T, spec *reportstest.Spec) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// store makes an empty one.
func store(t *testing.T) *Store {
	t.Helper()
	s, err := Create(filepath.Join(t.TempDir(), "baselines"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// record records a run, which must go well.
func record(t *testing.T, s *Store, spec *reportstest.Spec, o Options) *Entry {
	t.Helper()
	e, err := s.Record(written(t, spec), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// counting is a census that always counts the same.
func counting(text string) func(*folder.Run) ([]byte, error) {
	return func(*folder.Run) ([]byte, error) { return []byte(text), nil }
}

// edit changes a field of a run's run.json.
func edit(t *testing.T, dir string, change func(m map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, folder.ManifestName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]any)
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	if data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}

// tree lists all files of a store with their contents.
func tree(t *testing.T, s *Store) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, s.dir)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// wantErr checks an error for what it is and what it says.
func wantErr(t *testing.T, err, is error, says string) {
	t.Helper()
	if !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
		t.Errorf("%v; want %q with %q", err, is, says)
	}
}
