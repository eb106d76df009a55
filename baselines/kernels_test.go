package baselines

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/reportstest"
)

// recordKernels puts a record of two kernels into a store, as it is made by hand.
func recordKernels(t *testing.T, s *Store) (dir string) {
	t.Helper()
	dir = filepath.Join(s.dir, "kernels", "2026-11-27-3f2a9c1")
	var sums strings.Builder
	for _, label := range []string{"6.12", "7.3"} {
		if err := reportstest.Kernels().Write(filepath.Join(dir, label)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, label, "kernels.json"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sums, "%x  %s/kernels.json\n", sha256.Sum256(data), label)
	}
	if err := os.WriteFile(filepath.Join(dir, sumsName), []byte(sums.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestKernels: what was recorded of kernels is verified, and is no machine.
func TestKernels(t *testing.T) {
	s := store(t)
	if list, err := s.Kernels(); len(list) > 0 || err != nil {
		t.Errorf("an empty store: %v, %v", list, err)
	}
	record(t, s, example(22), Options{})
	recordKernels(t, s)
	list, err := s.Kernels()
	if err != nil || len(list) != 1 || list[0].Name != "2026-11-27-3f2a9c1" || !slices.Equal(list[0].Labels, []string{"6.12", "7.3"}) ||
		list[0].Bare || len(list[0].Problems) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if machines, err := s.Machines(); err != nil || !slices.Equal(machines, []string{"amd-epyc-2"}) {
		t.Errorf("machines %v, %v", machines, err)
	}
	if _, err := s.Entries("kernels"); !errors.Is(err, ErrName) {
		t.Errorf("as a machine: %v", err)
	}
}

// TestKernelsDamage wants each damage to be found.
func TestKernelsDamage(t *testing.T) {
	const file = "7.3/kernels.json"
	for _, d := range []struct {
		name, file, says string
		damage           func(dir string) error
	}{
		{"edited", file, "was edited", func(dir string) error {
			return rewrite(dir, file, func(s string) string { return strings.Replace(s, "violation", "parked", 1) })
		}},
		{"torn", file, "is torn", func(dir string) error { return rewrite(dir, file, func(s string) string { return s[:len(s)/2] }) }},
		{"missing", file, "is missing", func(dir string) error { return os.Remove(filepath.Join(dir, file)) }},
		{"extra", "report.html", "was not recorded", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "report.html"), nil, 0o666)
		}},
		{"torn, and no checksums", file, "cannot be used: " + file, func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, sumsName)), rewrite(dir, file, func(s string) string { return s[:len(s)/2] }))
		}},
		{"a folder of nothing, and no checksums", "6.13/kernels.json", "is missing", func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, sumsName)), os.Mkdir(filepath.Join(dir, "6.13"), 0o777))
		}},
		{"nothing", "2026-11-27-3f2a9c1", "holds no kernel", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777))
		}},
		{"a link", "2026-11-27-3f2a9c1", "is a symbolic link", func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Symlink("/etc", dir))
		}},
		{"another name", "mine", "is no record", func(dir string) error { return os.Rename(dir, filepath.Join(dir, "..", "mine")) }},
	} {
		t.Run(d.name, func(t *testing.T) {
			s := store(t)
			if err := d.damage(recordKernels(t, s)); err != nil {
				t.Fatal(err)
			}
			list, err := s.Kernels()
			if err != nil || len(list) != 1 || len(list[0].Problems) == 0 {
				t.Fatalf("%+v, %v", list, err)
			}
			if p := list[0].Problems[0]; p.File != d.file || !strings.HasPrefix(p.Reason, d.says) {
				t.Errorf("%q; want %s %s", p, d.file, d.says)
			}
		})
	}
}
