package versus

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"daxbench/reports/folder"
)

// source is an argument before it is read.
type source struct {
	Input
	stdin    bool
	labelled bool
	results  []string    // the paths of the benchmark files; one, but in the record of a baseline
	run      *folder.Run // nil for a plain file
	rounds   map[string][]int
}

// sources understands the arguments: files, run folders, "-" for the standard input, each with "label=" before it if the
// caller wants another name for it than its path, unless a file has that name with all. A results.txt that lies in its run
// folder counts as the folder.
func sources(args []string, force bool) ([]*source, error) {
	seen := make(map[string]int)
	var out []*source
	for _, arg := range args {
		label, path, labelled := strings.Cut(arg, "=")
		if _, err := os.Stat(arg); !labelled || err == nil { // a path may have an equals sign in it
			labelled = false
			label, path = arg, arg
			seen[path]++
		}
		if path == "" || label == "" {
			return nil, optionf("argument %q: want a file, or label=file", arg)
		}
		out = append(out, &source{Input: Input{Label: label, Path: path}, results: []string{path}, labelled: labelled})
	}
	number := make(map[string]int)
	stdin := false
	for i, s := range out {
		if !s.labelled && seen[s.Path] > 1 { // as benchstat does: they are two columns
			s.Label = fmt.Sprintf("%s#%d", s.Path, number[s.Path])
			number[s.Path]++
		}
		if s.stdin = s.Path == "-"; s.stdin {
			if stdin {
				return nil, optionf("the standard input can be read only once")
			}
			stdin = true
			continue
		}
		if err := s.find(force); err != nil {
			return nil, err
		}
		for _, before := range out[:i] {
			if before.is(s) {
				s.warn(Set, "the same file as %s: nothing can differ", before.Label)
				break
			}
		}
	}
	return out, nil
}

// is says whether two arguments are the same file, under whichever names.
func (s *source) is(other *source) bool {
	if s.stdin || other.stdin {
		return false
	}
	x, err := os.Stat(s.results[0])
	y, err2 := os.Stat(other.results[0])
	return err == nil && err2 == nil && os.SameFile(x, y)
}

// find looks at what the path is.
func (s *source) find(force bool) error {
	info, err := os.Stat(s.Path)
	if err != nil {
		return &InputError{s.Path, 0, reason(err), err}
	}
	dir := s.Path
	if !info.IsDir() {
		if filepath.Base(s.Path) != folder.ResultsName {
			return nil
		}
		dir = filepath.Dir(s.Path)
		if info, err := os.Stat(filepath.Join(dir, folder.ManifestName)); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	if s.run, err = folder.Read(dir); err == nil {
		s.results, err = folder.ResultsPaths(dir)
	}
	if err != nil {
		if force && dir != s.Path { // the benchmark file alone still is one
			s.warn(Damage, "%v: compared without %s", err, folder.ManifestName)
			return nil
		}
		return &InputError{s.Path, 0, err.Error(), err}
	}
	return s.know(force)
}

// know takes from run.json what a reader must know.
func (s *source) know(force bool) error {
	m := &s.run.Manifest
	s.Run, s.byRounds = true, true
	s.Tool, s.Commit, s.Status, s.Seed, s.Machine = m.Tool, m.Commit, m.Status, m.Seed, machine(m)
	s.Command, s.Started = m.Command, m.Started
	for i := range m.Cells {
		s.Rounds = max(s.Rounds, m.Cells[i].Round)
	}
	switch m.Status {
	case "finished":
	case "failed":
		if !force {
			return &InputError{s.Path, 0, "the run failed; -force compares the rounds that had ended", nil}
		}
		s.warn(Status, "the run failed: these are the rounds that had ended")
	default:
		s.warn(Status, "the run is not finished (%s): these are the rounds that had ended", m.Status)
	}
	for _, w := range s.run.Warnings {
		s.warn(Damage, "%s", w)
	}
	for _, w := range m.Warnings {
		if w.Cell == "" {
			s.warn(Status, "%s", w.Text)
		}
	}
	s.environment = environment(m)
	s.rounds = make(map[string][]int)
	for _, c := range s.run.Cells {
		for _, r := range c.Rounds {
			if r.Values.Any() {
				s.rounds[c.Name] = append(s.rounds[c.Name], r.Number)
			}
		}
	}
	return nil
}

// machine is the machine of a run in one line.
func machine(m *folder.Manifest) string {
	var words []string
	for _, key := range []string{"cpu", "cores", "kernel", "go"} {
		v := m.Fact(key)
		switch {
		case v == "":
		case key == "cores" && v == "1":
			words = append(words, "1 core")
		case key == "cores":
			words = append(words, v+" cores")
		default:
			words = append(words, v)
		}
	}
	return strings.Join(words, ", ")
}

// open opens one of the benchmark files.
func (s *source) open(path string, stdin io.Reader) (io.ReadCloser, error) {
	if s.stdin {
		if stdin == nil {
			return nil, optionf("there is no standard input")
		}
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &InputError{path, 0, reason(err), err}
	}
	return f, nil
}

// warn notes a doubt about the whole file.
func (s *source) warn(kind Kind, format string, args ...any) {
	s.Warnings = append(s.Warnings, Warning{kind, fmt.Sprintf(format, args...)})
}

// name is a file in messages, or what the caller named if there are several.
func (s *source) name() string {
	switch {
	case s.stdin:
		return "standard input"
	case len(s.results) == 1:
		return s.results[0]
	}
	return s.Path
}

// reason is an error of the file system without the path, which stands before it already.
func reason(err error) string {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
