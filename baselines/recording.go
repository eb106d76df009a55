package baselines

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"daxbench/reports/folder"
	"daxbench/reports/safety"
)

// resultsSuffix is how the files of workloads end.
const resultsSuffix = ".txt"

// unfinished begins the name of a record that is being written.
const unfinished = ".new-"

// Options say how a run is recorded.
type Options struct {
	Machine string // "": MachineName
	Force   bool   // although there are doubts
	Promote bool   // make it current; the first one without doubts is by itself

	// Counts returns counts.txt for a run that will be recorded, in the Go benchmark format; nil, or nil from it: none.
	Counts func(*folder.Run) ([]byte, error)
}

// Record copies the run folder from into the store in dir, which is made if need be, and returns the record. The run's
// folder is left as it is.
//
// A record is named by the day on which the run began (UTC) and its commit: 2026-11-22-e14e154. A second run of that day
// and commit gets -2 behind it; the same run is refused with ErrKept.
//
// Errors: ErrDamaged if the run cannot be read whole, ErrDoubtful for what Doubts lists, unless forced, ErrOtherMachine
// if the machine of that name has another processor, ErrName, ErrKept, ErrBusy, and those of the file system, after which
// nothing has changed.
func Record(dir, from string, o Options) (*Entry, error) {
	r, err := prepare(from, o)
	if err != nil {
		return nil, err
	}
	s, err := Create(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.keep(r)
}

// Record is the function Record for a store that is open.
func (s *Store) Record(from string, o Options) (*Entry, error) {
	r, err := prepare(from, o)
	if err != nil {
		return nil, err
	}
	return s.keep(r)
}

// recording is a run that is fit to be recorded.
type recording struct {
	machine string
	name    string // without a number
	facts   Fingerprint
	files   map[string][]byte
	promote bool
	sound   bool // without doubts
}

// prepare reads a run folder and says whether it is fit.
func prepare(from string, o Options) (*recording, error) {
	run, files, err := gather(from)
	if err != nil {
		return nil, err
	}
	doubts := Doubts(&run.Manifest)
	if len(doubts) > 0 && !o.Force {
		return nil, fmt.Errorf("%s %w: %s; %s", from, ErrDoubtful, strings.Join(doubts, ", "), Remedy(doubts))
	}
	r := &recording{machine: o.Machine, facts: Of(&run.Manifest), files: files, promote: o.Promote, sound: len(doubts) == 0}
	if r.machine == "" {
		r.machine = MachineName(r.facts)
	}
	if err := checkName(r.machine); err != nil {
		return nil, err
	}
	if r.name, err = recordName(&run.Manifest); err != nil {
		return nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
	}
	if o.Counts == nil {
		return r, nil
	}
	counts, err := o.Counts(run)
	if err != nil || counts == nil {
		return r, err
	}
	if err := checkCounts(counts); err != nil {
		return nil, fmt.Errorf("%s %w: %v", countsName, ErrDamaged, err)
	}
	r.files[countsName] = counts
	return r, nil
}

// keep writes a record.
func (s *Store) keep(r *recording) (*Entry, error) {
	lock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	name, err := s.add(r)
	if err != nil {
		return nil, err
	}
	if err := s.settle(r, name); err != nil {
		return nil, fmt.Errorf("%s/%s is recorded, but: %w", r.machine, name, err)
	}
	return s.Find(r.machine, name)
}

// gather reads a run folder and returns the files of its record.
func gather(from string) (*folder.Run, map[string][]byte, error) {
	dir, err := os.OpenRoot(from)
	if err != nil {
		return nil, nil, err
	}
	defer dir.Close()
	manifest, err := readFile(dir, folder.ManifestName, maxRun)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
	}
	results, err := readFile(dir, folder.ResultsName, maxRun)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
	}
	run, err := parse(from, manifest, results)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
	}
	files, err := split(run, results)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
	}
	files[folder.ManifestName] = manifest
	for _, name := range []string{safety.LitmusName, safety.VerifyName} { // may be there
		switch found, err := readFile(dir, name, maxRun); {
		case err == nil:
			files[name] = found
		case !errors.Is(err, fs.ErrNotExist):
			return nil, nil, fmt.Errorf("%s %w: %v", from, ErrDamaged, err)
		}
	}
	return run, files, nil
}

// split makes one file for each workload of results.txt: all lines of configuration and units, and the workload's own.
func split(run *folder.Run, results []byte) (map[string][]byte, error) {
	of := make(map[string]string) // the file of a benchmark, by its name without parameters
	for _, c := range run.Cells {
		name := c.Workload + resultsSuffix
		if err := checkName(c.Workload); err != nil {
			return nil, err
		}
		if name == countsName || name == machineName {
			return nil, fmt.Errorf("a workload is called %s, as a file of ours", c.Workload)
		}
		base, _, _ := strings.Cut(c.Name, "/")
		of[base] = name
	}
	var head bytes.Buffer
	files := make(map[string][]byte)
	for line := range bytes.Lines(results) {
		benchmark, ok := bytes.CutPrefix(line, []byte("Benchmark"))
		if !ok {
			head.Write(line)
			continue
		}
		base, _ := benchfmt.Name(bytes.Fields(benchmark)[0]).Parts()
		name := of[string(base)]
		if name == "" {
			return nil, fmt.Errorf("%s has a line of %.40q, which %s does not know", folder.ResultsName, base, folder.ManifestName)
		}
		files[name] = append(files[name], line...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no results", folder.ResultsName)
	}
	for name, lines := range files {
		files[name] = slices.Concat(head.Bytes(), lines)
	}
	return files, nil
}

// checkCounts wants the Go benchmark format with some result.
func checkCounts(data []byte) error {
	n := 0
	reader := benchfmt.NewReader(bytes.NewReader(data), countsName)
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return rec
		case *benchfmt.Result:
			n++
		}
	}
	if err := reader.Err(); err != nil {
		return err
	}
	if n == 0 || data[len(data)-1] != '\n' {
		return errors.New("it has no results, or is torn")
	}
	return nil
}

// hash is a commit as git abbreviates it.
var hash = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// recordName returns the name of a run's record, without a number.
func recordName(m *folder.Manifest) (string, error) {
	e := Entry{Run: &folder.Run{Manifest: *m}}
	when := e.When()
	if when.IsZero() {
		return "", fmt.Errorf("%s does not say when it was started", folder.ManifestName)
	}
	commit, dirty := strings.CutSuffix(m.Commit, "-dirty")
	if hash.MatchString(commit) {
		commit = commit[:7]
	} else {
		commit = Unknown
	}
	name := when.Format("2006-01-02") + "-" + commit
	if dirty {
		name += "-dirty"
	}
	return name, nil
}

// add writes the folder of a record and returns its name. The store is locked.
func (s *Store) add(r *recording) (string, error) {
	made := false
	if _, err := s.root.Lstat(r.machine); errors.Is(err, fs.ErrNotExist) {
		if err := s.root.Mkdir(r.machine, 0o777); err != nil {
			return "", err
		}
		made = true
	}
	root, err := s.machine(r.machine)
	if err != nil {
		return "", err
	}
	defer root.Close()
	name, err := r.admit(root)
	if err == nil {
		err = s.place(root, name, r.files)
	}
	if err == nil && made {
		err = sync(s.root)
	}
	if err != nil && made {
		s.root.Remove(r.machine)
	}
	return name, err
}

// admit says under which name the record may go into its machine's folder.
func (r *recording) admit(root *os.Root) (string, error) {
	there, err := readMachine(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s/%s %w: %v", r.machine, machineName, ErrDamaged, err)
	}
	for _, key := range []string{"arch", "cpu", "cores"} {
		if was, is := there.Get(key), r.facts.Get(key); was != Unknown && was != is {
			return "", fmt.Errorf("%s %w: its %s is %s, this run's %s; give another name with -machine",
				r.machine, ErrOtherMachine, key, oneLine(was), is)
		}
	}
	list, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return "", err
	}
	taken := make(map[string]bool)
	mine := fmt.Sprintf("%x", sha256.Sum256(r.files[folder.ManifestName]))
	for _, d := range list {
		taken[d.Name()] = true
		if dated.MatchString(d.Name()) && runSum(root, d.Name()) == mine {
			return "", fmt.Errorf("the run %w: %s/%s", ErrKept, r.machine, d.Name())
		}
	}
	name := r.name
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", r.name, n)
	}
	return name, nil
}

// runSum returns the checksum of a record's run.json, "" if there is none.
func runSum(root *os.Root, record string) string {
	data, err := readFile(root, filepath.Join(record, sumsName), maxSmall)
	if err != nil {
		return ""
	}
	list, err := parseSums(data)
	if err != nil {
		return ""
	}
	return list[folder.ManifestName]
}

// place writes the files of a record into a folder under another name, and gives it its name when all are on the disk.
func (s *Store) place(root *os.Root, name string, files map[string][]byte) (err error) {
	if err := sweep(root); err != nil {
		return err
	}
	temp := unfinished + name
	if err := root.Mkdir(temp, 0o777); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, root.RemoveAll(temp))
		}
	}()
	dir, err := root.OpenRoot(temp)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := s.write(dir, file, files[file]); err != nil {
			return err
		}
	}
	if err := s.write(dir, sumsName, sums(files)); err != nil {
		return err
	}
	if err := sync(dir); err != nil {
		return err
	}
	if err := root.Rename(temp, name); err != nil {
		return err
	}
	return sync(root)
}

// sweep removes what a killed process left behind. The store is locked, so nobody else is writing.
func sweep(root *os.Root) error {
	left, err := fs.Glob(root.FS(), unfinished+"*")
	for _, name := range left {
		err = errors.Join(err, root.RemoveAll(name))
	}
	return err
}

// settle brings machine.txt and current up to date with a new record.
func (s *Store) settle(r *recording, name string) error {
	root, err := s.machine(r.machine)
	if err != nil {
		return err
	}
	defer root.Close()
	entries, err := s.Entries(r.machine)
	if err != nil {
		return err
	}
	if newest := newestRecord(entries); newest != nil && newest.Name == name {
		if err := replace(root, machineName, r.facts.text()); err != nil {
			return err
		}
	}
	if _, err := root.Lstat(currentName); r.promote || r.sound && errors.Is(err, fs.ErrNotExist) {
		return replace(root, currentName, []byte(name+"\n"))
	}
	return nil
}
