package baselines

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/sys/unix"

	"daxbench/reports/folder"
)

const counts = "Unit allocs/op better=lower\nBenchmarkCensus/policy=dax-only 1 4 allocs/op\n"

func TestRecord(t *testing.T) {
	s := store(t)
	from := written(t, example(22))
	for _, name := range []string{"litmus.json", "report.html"} { // the first is a result, the second made of results
		if err := os.WriteFile(filepath.Join(from, name), []byte("{}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	e, err := s.Record(from, Options{Counts: counting(counts)})
	if err != nil {
		t.Fatal(err)
	}
	if e.Machine != "amd-epyc-2" || e.Name != "2026-11-22-3f2a9c1" || !e.Current || e.Err() != nil || string(e.Counts) != counts {
		t.Errorf("%s/%s, current %v, %v, counts %q", e.Machine, e.Name, e.Current, e.Err(), e.Counts)
	}
	if e.Rounds() != 6 || e.Commit() != "3f2a9c1d2e4b" || len(e.Doubts()) > 0 {
		t.Errorf("%d rounds of %s, doubts %q", e.Rounds(), e.Commit(), e.Doubts())
	}
	if want := []string{"evict-storm", "unlink-storm", "lease-recall", "truncate-race"}; !slices.Equal(e.Workloads(), want) {
		t.Errorf("workloads %q, want %q", e.Workloads(), want)
	}
	want, err := folder.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Run.Cells) != len(want.Cells) {
		t.Fatalf("%d cells, want %d", len(e.Run.Cells), len(want.Cells))
	}
	for _, c := range want.Cells {
		i := slices.IndexFunc(e.Run.Cells, func(k *folder.Cell) bool { return k.Name == c.Name })
		if i < 0 || roundsOf(e.Run.Cells[i]) != roundsOf(c) {
			t.Errorf("%s differs from the run", c.Name)
		}
	}
	dir := filepath.Join(s.dir, e.Machine, e.Name)
	files := slices.Sorted(maps.Keys(tree(t, s)))
	names := []string{"SHA256SUMS", "counts.txt", "evict-storm.txt", "lease-recall.txt", "litmus.json", "run.json", "truncate-race.txt", "unlink-storm.txt"}
	for i, name := range names {
		names[i] = "/amd-epyc-2/2026-11-22-3f2a9c1/" + name
	}
	if want := append(names, "/amd-epyc-2/current", "/amd-epyc-2/machine.txt"); !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
	check := exec.Command("sha256sum", "--check", "--strict", "--quiet", sumsName)
	check.Dir = dir
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

// TestWorkloadsAreTheBenchmarkFormat reads each file of a record as benchstat does.
func TestWorkloadsAreTheBenchmarkFormat(t *testing.T) {
	s := store(t)
	spec := example(22)
	e := record(t, s, spec, Options{})
	lines := 0
	for _, workload := range e.Workloads() {
		path := filepath.Join(s.dir, e.Machine, e.Name, workload+".txt")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		reader := benchfmt.NewReader(bytes.NewReader(data), path)
		for reader.Scan() {
			switch rec := reader.Result().(type) {
			case *benchfmt.SyntaxError:
				t.Error(rec)
			case *benchfmt.Result:
				lines++
				if rec.GetConfig("goos") != "linux" || rec.GetConfig("cpu") != "AMD EPYC" {
					t.Errorf("%s: configuration %v", path, rec.Config)
				}
			}
		}
		if reader.Units().GetBetter("ns/evict") != -1 || reader.Units().GetBetter("evict/s") != 1 {
			t.Errorf("%s has lost its units", path)
		}
	}
	if want := len(spec.Cells) * spec.Rounds; lines != want {
		t.Errorf("%d results in all files, want %d", lines, want)
	}
}

// TestNamesOfRecords records several runs of one day, one of them twice.
func TestNamesOfRecords(t *testing.T) {
	s := store(t)
	first, second, dirty := example(22), example(22), example(22)
	second.Seed, dirty.Seed = 99, 98
	dirty.Manifest.Commit += "-dirty"
	from := written(t, first)
	for i, c := range []struct {
		from, name string
		force      bool
	}{
		{from, "2026-11-22-3f2a9c1", false},
		{written(t, second), "2026-11-22-3f2a9c1-2", false},
		{written(t, dirty), "2026-11-22-3f2a9c1-dirty", true},
		{written(t, example(9)), "2026-11-09-3f2a9c1", false},
	} {
		e, err := s.Record(c.from, Options{Force: c.force})
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != c.name || e.Current != (i == 0) {
			t.Errorf("%s, current %v; want %s", e.Name, e.Current, c.name)
		}
	}
	before := tree(t, s)
	_, err := s.Record(from, Options{})
	wantErr(t, err, ErrKept, "amd-epyc-2/2026-11-22-3f2a9c1")
	if !maps.Equal(before, tree(t, s)) {
		t.Error("a refused recording changed something")
	}
}

func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(m map[string]any)
	}{
		{"no commit", "commit unknown", func(m map[string]any) { m["commit"] = "" }},
		{"dirty", "uncommitted changes", func(m map[string]any) { m["commit"] = "3f2a9c1d2e4b-dirty" }},
		{"interrupted", "run interrupted", func(m map[string]any) { m["status"] = "interrupted" }},
		{"race detector", "race detector", func(m map[string]any) { m["environment"].(map[string]any)["race"] = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			from := written(t, example(22))
			edit(t, from, c.change)
			_, err := s.Record(from, Options{})
			wantErr(t, err, ErrDoubtful, c.says)
			if n := len(tree(t, s)); n > 0 {
				t.Errorf("%d files were written", n)
			}
			e, err := s.Record(from, Options{Force: true})
			if err != nil {
				t.Fatal(err)
			}
			if e.Current || !slices.Equal(e.Doubts(), []string{c.says}) {
				t.Errorf("forced: current %v, doubts %q", e.Current, e.Doubts())
			}
		})
	}
	blank := written(t, example(22))
	edit(t, blank, func(m map[string]any) {
		delete(m["cells"].([]any)[0].(map[string]any)["metrics"].(map[string]any), "ns/evict")
	})
	_, err := store(t).Record(blank, Options{})
	wantErr(t, err, ErrDoubtful, "nothing measured in 1 of 102")
	few, hung := example(22), example(22)
	few.Rounds = 3
	hung.Cells[0].Hung = []int{2}
	_, err = store(t).Record(written(t, few), Options{})
	wantErr(t, err, ErrDoubtful, "3 rounds, an interval takes 6")
	_, err = store(t).Record(written(t, hung), Options{})
	wantErr(t, err, ErrDoubtful, "hung or failed in 1 of 102 measurements")
}

// TestBadRuns wants runs that cannot be read whole to be refused, forced or not, and nothing to be written.
func TestBadRuns(t *testing.T) {
	cut := func(name string, by int) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, name)
			info, err := os.Stat(path)
			if err == nil {
				err = os.Truncate(path, info.Size()-int64(by))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	set := func(change func(m map[string]any)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { edit(t, dir, change) }
	}
	for _, c := range []struct {
		name, says string
		damage     func(t *testing.T, dir string)
	}{
		{"torn run.json", "the file ends too early", cut(folder.ManifestName, 40)},
		{"torn results.txt", "cut off", cut(folder.ResultsName, 3)},
		{"no results.txt", "results.txt: no such file", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, folder.ResultsName)) }},
		{"empty results.txt", "has no line for round", func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, folder.ResultsName), 0) }},
		{"run.json is a link", "is a symbolic link", func(t *testing.T, dir string) {
			path := filepath.Join(dir, folder.ManifestName)
			if err := errors.Join(os.Rename(path, path+".bak"), os.Symlink(path+".bak", path)); err != nil {
				t.Fatal(err)
			}
		}},
		{"no start", "when it was started", set(func(m map[string]any) { m["started"] = "yesterday" })},
		{"a workload that climbs out", "is no name", func(t *testing.T, dir string) {
			for name, replace := range map[string][]string{
				folder.ManifestName: {"evict-storm", "../evict-storm"}, folder.ResultsName: {"EvictStorm", "../evictStorm"},
			} {
				path := filepath.Join(dir, name)
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(strings.NewReplacer(replace...).Replace(string(data))), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			from := written(t, example(22))
			c.damage(t, from)
			_, err := s.Record(from, Options{Force: true})
			wantErr(t, err, ErrDamaged, c.says)
			if n := len(tree(t, s)); n > 0 {
				t.Errorf("%d files were written", n)
			}
		})
	}
	for name, text := range map[string]string{"empty": "", "no results": "goos: linux\n", "torn": counts[:len(counts)-3], "garbage": "BenchmarkX y z\n"} {
		_, err := store(t).Record(written(t, example(22)), Options{Counts: counting(text)})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), countsName) {
			t.Errorf("counts, %s: %v", name, err)
		}
	}
	if _, err := store(t).Record(filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// TestRefusedBeforeAnything wants no folder and no census of a run that is refused.
func TestRefusedBeforeAnything(t *testing.T) {
	spec := example(22)
	spec.Manifest.Commit = ""
	dir := filepath.Join(t.TempDir(), "b")
	count := func(*folder.Run) ([]byte, error) { t.Error("counted"); return nil, nil }
	_, err := Record(dir, written(t, spec), Options{Counts: count})
	wantErr(t, err, ErrDoubtful, "commit unknown; build daxbench in a git checkout")
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	broken := errors.New("the census broke")
	_, err = Record(dir, written(t, example(22)), Options{Counts: func(*folder.Run) ([]byte, error) { return nil, broken }})
	wantErr(t, err, broken, "")
	if e, err := Record(dir, written(t, example(22)), Options{Counts: func(*folder.Run) ([]byte, error) { return nil, nil }}); err != nil || e.Counts != nil {
		t.Errorf("without counts: %v, %v", e, err)
	}
}

// TestFullDisk lets the disk fill up at each file in turn: nothing of the record is left, and what was there stays.
func TestFullDisk(t *testing.T) {
	s := store(t)
	record(t, s, example(20), Options{})
	before := tree(t, s)
	from := written(t, example(22))
	for n := 1; ; n++ {
		calls := 0
		s.write = func(dir *os.Root, name string, data []byte) error {
			if calls++; calls != n {
				return writeNew(dir, name, data)
			}
			if err := writeNew(dir, name, data[:len(data)/2]); err != nil {
				return err
			}
			return &os.PathError{Op: "write", Path: name, Err: unix.ENOSPC}
		}
		_, err := s.Record(from, Options{})
		if err == nil {
			if n != len(before)-2+1 { // the files of a record like the first, without current and machine.txt: all came through
				t.Errorf("%d writes, the first record has %d files", n-1, len(before)-2)
			}
			return
		}
		if !errors.Is(err, unix.ENOSPC) || !maps.Equal(before, tree(t, s)) {
			t.Errorf("write %d: %v; files %q", n, err, slices.Sorted(maps.Keys(tree(t, s))))
		}
	}
}

// TestFullDiskAtTheFirst wants no folder of a machine without a record.
func TestFullDiskAtTheFirst(t *testing.T) {
	s := store(t)
	s.write = func(*os.Root, string, []byte) error { return unix.ENOSPC }
	if _, err := s.Record(written(t, example(22)), Options{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("%v", err)
	}
	if list, err := os.ReadDir(s.dir); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestTwoWriters(t *testing.T) {
	s := store(t)
	from := written(t, example(22))
	lock, err := s.lock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Record(from, Options{})
	wantErr(t, err, ErrBusy, fmt.Sprint("by process ", os.Getpid()))
	wantErr(t, s.Promote("amd-epyc-2", "2026-11-22-3f2a9c1"), ErrBusy, "wait")
	lock.Close()
	if _, err := s.Record(from, Options{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestKilledRecording finds what a killed process left, and removes it with the next record.
func TestKilledRecording(t *testing.T) {
	s := store(t)
	e := record(t, s, example(20), Options{})
	left := filepath.Join(s.dir, e.Machine, unfinished+"2026-11-22-3f2a9c1")
	if err := errors.Join(os.Mkdir(left, 0o777), os.WriteFile(filepath.Join(left, "run.json"), []byte("{"), 0o444)); err != nil {
		t.Fatal(err)
	}
	list, err := s.Check(e.Machine, []*Entry{e})
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Reason, "killed") {
		t.Errorf("%v, %v", list, err)
	}
	record(t, s, example(22), Options{})
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestOtherMachine(t *testing.T) {
	s := store(t)
	record(t, s, example(20), Options{Machine: "the-box"})
	other := example(22)
	other.Manifest.Environment["cpu"] = "Intel(R) Xeon(R) CPU E5-2670 v3 @ 2.30GHz"
	from := written(t, other)
	_, err := s.Record(from, Options{Machine: "the-box"})
	wantErr(t, err, ErrOtherMachine, "its cpu is AMD EPYC")
	e, err := s.Record(from, Options{})
	if err != nil || e.Machine != "intel-xeon-e5-2670-v3-2" {
		t.Errorf("%v, %v", e, err)
	}
	newer := example(23)
	newer.Manifest.Environment["kernel"] = "6.19.0"
	record(t, s, newer, Options{Machine: "the-box"})
	text := tree(t, s)["/the-box/machine.txt"]
	if !strings.Contains(text, "\nkernel: 6.19.0\n") {
		t.Errorf("machine.txt is not of the newest record:\n%s", text)
	}
	record(t, s, example(21), Options{Machine: "the-box"})
	if tree(t, s)["/the-box/machine.txt"] != text {
		t.Error("machine.txt is of an older run that was recorded later")
	}
}

// roundsOf is what the rounds of a cell hold, whatever order its units came in.
func roundsOf(c *folder.Cell) string {
	var out strings.Builder
	for _, r := range c.Rounds {
		fmt.Fprintln(&out, r.Number, r.Ops, maps.Collect(r.Values.All()), r.Outcome, r.Counters, r.Notes, r.Record != nil)
	}
	return out.String()
}
