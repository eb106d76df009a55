// Package folder reads what one run wrote: a folder with results.txt, in the Go benchmark format, and run.json beside
// it. The record of a baseline is such a folder too, with one file of results per workload. It turns the two into cells with one entry per round, in round order, so that the cells of a round pair up.
//
// It reads and joins; it draws no conclusions and never writes. What is doubtful about the files themselves, such as a
// last line that was cut off, becomes a warning in Run.Warnings. What makes them unusable becomes an error that names
// the file and the place in it.
//
// Nothing here is safe for concurrent use while it is being changed; a Run that nobody changes may be shared.
package folder

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the two files that make a result folder.
const (
	ResultsName  = "results.txt"
	ManifestName = "run.json"

	recordSuffix = ".txt"       // of the results of one workload in the record of a baseline
	countsName   = "counts.txt" // in such a record: what was counted, which is no result
)

// Limits on what is read. A run of 10,000 cells with histograms stays below a tenth of either, and a million lines of
// results below a quarter of the first.
const (
	maxResultsSize  = 1 << 30   // bytes
	maxManifestSize = 512 << 20 // bytes
)

// ErrNotFolder means that the path holds no result folder: one of the two files is missing or is no regular file.
var ErrNotFolder = errors.New("not a result folder")

// Run is one result folder.
type Run struct {
	Dir      string
	Manifest Manifest
	Config   []Param  // the configuration lines of results.txt (goos, goarch, pkg, cpu), as last set in the file
	Cells    []*Cell  // in the order in which results.txt, then run.json, first names them
	Warnings []string // doubts about the files themselves, those of Damage first
	Damage   []string // what of the files is lost: the run can be shown, and is not whole
	FS       fs.FS    // the folder as it was read; nil if it was not
	better   func(unit string) int
}

// Better says which direction of a unit is the good one: +1 if higher is better, -1 if lower is, 0 if neither the Unit
// lines of results.txt nor the benchmark format say.
func (r *Run) Better(unit string) int {
	if r.better == nil {
		return 0
	}
	return r.better(unit)
}

// Read reads the result folder dir. The error wraps ErrNotFolder if one of the two files is missing; otherwise it names
// the file and the line or byte offset at which it cannot be understood.
func Read(dir string) (*Run, error) { return ReadFS(os.DirFS(cmp.Or(dir, ".")), dir) }

// ReadFS is Read for a folder that is seen through a file system, which may hold what is seen to it. The folder is its root;
// dir is what errors and Run.Dir call it.
func ReadFS(fsys fs.FS, dir string) (*Run, error) {
	in := place{fsys, dir}
	manifest, err := in.read(ManifestName, maxManifestSize)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(in.path(ManifestName), manifest)
	if err != nil {
		return nil, err
	}
	list, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, in.named(err, ".")
	}
	names := ResultsNames(list)
	if len(names) == 0 {
		return nil, missing(in.path(ResultsName))
	}
	all := new(results)
	for _, name := range names {
		res, err := in.results(name)
		if err != nil {
			return nil, err
		}
		all.add(res)
	}
	run := assemble(dir, m, all)
	run.FS = fsys
	return run, nil
}

// ResultsNames picks the files with the results of a run from those of its folder: results.txt, or else, in the record of
// a baseline, those of the workloads, in the order of the list.
func ResultsNames(list []fs.DirEntry) (names []string) {
	for _, d := range list {
		switch name := d.Name(); {
		case name == ResultsName:
			return []string{name}
		case strings.HasSuffix(name, recordSuffix) && name != countsName:
			names = append(names, name)
		}
	}
	return names
}

// ResultsPaths are the paths of the files with the results of the run in dir. The error wraps ErrNotFolder if there is none.
func ResultsPaths(dir string) (paths []string, err error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range ResultsNames(list) {
		paths = append(paths, filepath.Join(dir, name))
	}
	if len(paths) == 0 {
		return nil, missing(filepath.Join(dir, ResultsName))
	}
	return paths, nil
}

// Parse is Read for the contents of run.json and results.txt; dir is what errors and Run.Dir call the folder.
func Parse(dir string, manifest, results []byte) (*Run, error) {
	m, err := parseManifest(filepath.Join(dir, ManifestName), manifest)
	if err != nil {
		return nil, err
	}
	res, err := parseResults(filepath.Join(dir, ResultsName), bytes.NewReader(results))
	if err != nil {
		return nil, err
	}
	return assemble(dir, m, res), nil
}

// assemble joins what was read.
func assemble(dir string, m *Manifest, res *results) *Run {
	run := &Run{Dir: dir, Manifest: *m, Config: res.config, Damage: res.damage, better: res.better}
	run.join(res.lines)
	run.Warnings = append(slices.Clone(run.Damage), run.Warnings...)
	return run
}

// place is a folder that is being read.
type place struct {
	fs.FS
	dir string
}

// path is how errors call a file.
func (in place) path(name string) string { return filepath.Join(in.dir, name) }

// read reads a regular file of at most limit bytes.
func (in place) read(name string, limit int64) ([]byte, error) {
	f, err := in.open(name, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// results reads one file of results, without holding all of it in memory.
func (in place) results(name string) (*results, error) {
	f, err := in.open(name, maxResultsSize)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseResults(in.path(name), f)
}

// open opens a regular file of at most limit bytes. A named pipe in the folder must not block the reader for ever, so
// anything that is not a regular file is refused before it is opened.
func (in place) open(name string, limit int64) (fs.File, error) {
	info, err := fs.Stat(in.FS, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing(in.path(name))
	case err != nil:
		return nil, in.named(err, name)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no regular file", ErrNotFolder, in.path(name))
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that are read", in.path(name), info.Size(), limit)
	}
	f, err := in.FS.Open(name)
	return f, in.named(err, name)
}

// named gives the error of a file system, which knows the file by its name only, the whole path.
func (in place) named(err error, name string) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return &fs.PathError{Op: e.Op, Path: in.path(name), Err: e.Err}
	}
	return err
}

// missing says that a file that makes a folder one of results is not there.
func missing(path string) error {
	return fmt.Errorf("%w: %s is missing; give the folder that a run wrote", ErrNotFolder, path)
}
