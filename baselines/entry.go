package baselines

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// Entry is one record, or one run folder of the older layout.
type Entry struct {
	Machine  string
	Name     string // of the folder; in the older layout with the run's behind a slash
	Older    bool   // a run folder of the older layout: <date>-<commit>/<run>/{results.txt,run.json}
	Bare     bool   // of the older layout, and nothing says what its files were: they were read and not verified
	Current  bool
	Problems []Problem // what is not as it was recorded; then nothing below may be relied on

	Run      *folder.Run // nil if it cannot be read
	Facts    Fingerprint // of the machine and the program
	Settings Fingerprint // of the run
	Counts   []byte      // counts.txt; nil if there is none
}

// Commit is what was measured, "" if that is unknown.
func (e *Entry) Commit() string {
	if e.Run == nil {
		return ""
	}
	return e.Run.Manifest.Commit
}

// When is the time at which the run began, zero if that is unknown.
func (e *Entry) When() time.Time {
	if e.Run == nil {
		return time.Time{}
	}
	t, _ := time.Parse(time.RFC3339Nano, e.Run.Manifest.Started)
	return t.UTC()
}

// Rounds is how many rounds the run has.
func (e *Entry) Rounds() int {
	if e.Run == nil {
		return 0
	}
	return rounds(&e.Run.Manifest)
}

// Workloads are those of the run, in the order of its plan.
func (e *Entry) Workloads() (names []string) {
	if e.Run == nil {
		return nil
	}
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, g := range e.Run.Manifest.Plan.Groups {
		add(g.Workload)
	}
	for _, c := range e.Run.Cells {
		add(c.Workload)
	}
	return names
}

// Doubts are the reasons for which only -force records such a run.
func (e *Entry) Doubts() []string {
	if e.Run == nil {
		return nil
	}
	return Doubts(&e.Run.Manifest)
}

// Err is nil if the record is as it was recorded; else it wraps ErrDamaged and names the first few files.
func (e *Entry) Err() error {
	if len(e.Problems) == 0 {
		return nil
	}
	const most = 5
	var words []string
	for _, p := range e.Problems[:min(len(e.Problems), most)] {
		words = append(words, p.String())
	}
	if n := len(e.Problems) - most; n > 0 {
		words = append(words, fmt.Sprintf("and %d more", n))
	}
	return fmt.Errorf("%s/%s %w: %s", e.Machine, e.Name, ErrDamaged, strings.Join(words, "; "))
}

func rounds(m *folder.Manifest) (n int) {
	for i := range m.Cells {
		n = max(n, m.Cells[i].Round)
	}
	return n
}

// Doubts about what was built.
const (
	noCommit    = "commit unknown"
	uncommitted = "uncommitted changes"
)

// Remedy says what to do about doubts: how to build without them, where that helps, or to insist.
func Remedy(doubts []string) string {
	const insist = "-force keeps it nevertheless, and says so"
	switch {
	case slices.Contains(doubts, noCommit):
		return "build daxbench in a git checkout with go build -buildvcs=true and run that; " + insist
	case slices.Contains(doubts, uncommitted):
		return "commit them, build and run again; " + insist
	}
	return insist
}

// BuildDoubts returns why no run of a program is worth keeping, each reason in a few words.
func BuildDoubts(commit string, race bool) (list []string) {
	switch {
	case commit == "":
		list = append(list, noCommit)
	case strings.HasSuffix(commit, "-dirty"):
		list = append(list, uncommitted)
	}
	if race {
		list = append(list, "race detector")
	}
	return list
}

// Doubts returns why a run is not worth keeping.
func Doubts(m *folder.Manifest) []string {
	race, _ := m.Environment["race"].(bool)
	list := BuildDoubts(m.Commit, race)
	if m.Status != "finished" {
		list = append(list, "run "+oneLine(m.Status))
	}
	if n := rounds(m); n < stats.MinPairs {
		list = append(list, fmt.Sprintf("%d rounds, an interval takes %d", n, stats.MinPairs))
	}
	bad, blank := 0, 0
	for i := range m.Cells {
		switch c := &m.Cells[i]; {
		case c.Outcome == "hung" || c.Outcome == "failed":
			bad++
		case !(c.Metrics[primary(m, c.Workload)] > 0):
			blank++
		}
	}
	if bad > 0 {
		list = append(list, fmt.Sprintf("hung or failed in %d of %d measurements", bad, len(m.Cells)))
	}
	if blank > 0 {
		list = append(list, fmt.Sprintf("nothing measured in %d of %d", blank, len(m.Cells)))
	}
	return list
}

// Entries returns the records of a machine, sorted by the time of their runs; damaged ones are among them. Errors:
// ErrName, ErrNone, and those of the file system.
func (s *Store) Entries(machine string) ([]*Entry, error) {
	root, err := s.machine(machine)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	list, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	current, _ := readCurrent(root) // what is wrong with it is Err's to say
	var out []*Entry
	for _, d := range list {
		if !dated.MatchString(d.Name()) {
			continue
		}
		entries, err := readDated(root, d)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			e.Machine, e.Current = machine, e.Name == current
		}
		out = append(out, entries...)
	}
	slices.SortStableFunc(out, func(a, b *Entry) int {
		if a.Run != nil && b.Run != nil {
			return a.When().Compare(b.When())
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

// readDated reads a folder with a date: one record, or several runs of the older layout.
func readDated(machine *os.Root, d fs.DirEntry) ([]*Entry, error) {
	if !d.IsDir() {
		return []*Entry{{Name: d.Name(), Problems: []Problem{{d.Name(), irregular(d.Type())}}}}, nil
	}
	dir, err := machine.OpenRoot(d.Name())
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	problems, err := check(dir)
	bare := errors.Is(err, fs.ErrNotExist)
	if err != nil && !bare {
		return nil, err
	}
	runs, err := olderRuns(dir)
	if err != nil {
		return nil, err
	}
	if len(runs) > 0 {
		return readOlder(dir, d.Name(), runs, problems, bare)
	}
	e := &Entry{Name: d.Name(), Problems: problems}
	if bare {
		e.Problems = []Problem{{sumsName, "is missing: nothing says what the others were"}}
	}
	e.read(dir)
	return []*Entry{e}, nil
}

// olderRuns returns the run folders in a dated folder that is none itself.
func olderRuns(dir *os.Root) (names []string, err error) {
	list, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if d.Name() == folder.ManifestName {
			return nil, nil
		}
		if d.IsDir() && checkName(d.Name()) == nil {
			names = append(names, d.Name())
		}
	}
	return names, nil
}

// readOlder reads the runs of a folder of the older layout. What is wrong with a file is that run's problem.
func readOlder(dir *os.Root, name string, runs []string, problems []Problem, bare bool) (out []*Entry, err error) {
	for _, run := range runs {
		e := &Entry{Name: path.Join(name, run), Older: true, Bare: bare}
		for _, p := range problems {
			if in, _, below := strings.Cut(p.File, "/"); !below || in == run {
				e.Problems = append(e.Problems, p)
			}
		}
		sub, err := dir.OpenRoot(run)
		if err != nil {
			return nil, err
		}
		e.read(sub)
		sub.Close()
		out = append(out, e)
	}
	return out, nil
}

// read fills in what the files say. A file that cannot be read is a problem, unless it is known to have one.
func (e *Entry) read(dir *os.Root) {
	manifest, err := readFile(dir, folder.ManifestName, maxRun)
	if err != nil {
		e.add(folder.ManifestName, err)
		return
	}
	results, err := e.results(dir)
	if err != nil {
		e.add("results", err)
		return
	}
	run, err := parse(e.Name, manifest, results)
	if err != nil {
		e.add(folder.ManifestName, err)
		return
	}
	var asked struct {
		Request map[string]any `json:"request"`
	}
	if err := json.Unmarshal(manifest, &asked); err != nil {
		e.add(folder.ManifestName, err)
		return
	}
	e.Run, e.Facts, e.Settings = run, Of(&run.Manifest), settings(asked.Request)
	if e.Counts, err = readFile(dir, countsName, maxRun); err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.add(countsName, err)
	}
}

// add says that a file is unusable if nothing has been said of it.
func (e *Entry) add(file string, err error) {
	if len(e.Problems) == 0 {
		e.Problems = append(e.Problems, Problem{file, "cannot be used: " + oneLine(err.Error())})
	}
}

// results puts the lines of all workloads together again.
func (e *Entry) results(dir *os.Root) ([]byte, error) {
	list, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, name := range folder.ResultsNames(list) {
		data, err := readFile(dir, name, maxRun)
		if err != nil {
			return nil, err
		}
		out = append(out, data...)
	}
	return out, nil
}

// Find returns a record of a machine by its name, or the current one for "". Errors: ErrName, ErrNone, ErrDamaged if
// what is called current is not there, and those of the file system. The record itself may be damaged: see Entry.Err.
func (s *Store) Find(machine, name string) (*Entry, error) {
	if name == "" {
		var err error
		if name, err = s.Current(machine); err != nil {
			return nil, err
		}
	} else if err := checkEntryName(name); err != nil {
		return nil, err
	}
	entries, err := s.Entries(machine)
	if err != nil {
		return nil, err
	}
	var have []string
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
		have = append(have, e.Name)
	}
	return nil, fmt.Errorf("%w: %s has no %s; it has %s", ErrNone, machine, name, strings.Join(have, ", "))
}

// checkEntryName accepts the name of a record, and of a run in the older layout. The error wraps ErrName.
func checkEntryName(name string) error {
	record, run, older := strings.Cut(name, "/")
	if err := checkName(record); err != nil {
		return err
	}
	if older {
		return checkName(run)
	}
	return nil
}
