// Package folder reads what one run wrote: a folder with results.txt, in the Go benchmark format, and run.json beside
// it. It turns the two into cells with one entry per round, in round order, so that the cells of a round pair up.
//
// It reads and joins; it draws no conclusions and never writes. What is doubtful about the files themselves, such as a
// last line that was cut off, becomes a warning in Run.Warnings. What makes them unusable becomes an error that names
// the file and the place in it.
//
// Nothing here is safe for concurrent use while it is being changed; a Run that nobody changes may be shared.
package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Names of the two files that make a result folder.
const (
	ResultsName  = "results.txt"
	ManifestName = "run.json"
)

// Limits on what is read into memory. A run of 10 000 cells with histograms stays below a tenth of either.
const (
	maxResultsSize  = 64 << 20  // bytes
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
	Warnings []string // doubts about the files themselves
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
func Read(dir string) (*Run, error) {
	manifest, err := readFile(filepath.Join(dir, ManifestName), maxManifestSize)
	if err != nil {
		return nil, err
	}
	results, err := readFile(filepath.Join(dir, ResultsName), maxResultsSize)
	if err != nil {
		return nil, err
	}
	return Parse(dir, manifest, results)
}

// Parse is Read for the contents of run.json and results.txt; dir is what errors and Run.Dir call the folder.
func Parse(dir string, manifest, results []byte) (*Run, error) {
	m, err := parseManifest(filepath.Join(dir, ManifestName), manifest)
	if err != nil {
		return nil, err
	}
	res, err := parseResults(filepath.Join(dir, ResultsName), results)
	if err != nil {
		return nil, err
	}
	run := &Run{Dir: dir, Manifest: *m, Config: res.config, Warnings: res.warnings, better: res.better}
	run.join(res.lines)
	return run, nil
}

// readFile reads a regular file of at most limit bytes. A named pipe in the folder must not block the reader for ever,
// so anything that is not a regular file is refused before it is opened.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is missing; give the folder that a run wrote", ErrNotFolder, path)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no regular file", ErrNotFolder, path)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that are read", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}
