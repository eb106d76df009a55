package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"daxbench/workloads/driver"
	"golang.org/x/sys/unix"
)

// Names of the files of a folder.
const (
	ResultsName  = "results.txt"
	ManifestName = "run.json"
)

// What a user can do wrong. Each is wrapped with the folder and with what to do about it.
var (
	ErrOccupied  = errors.New("holds another run")
	ErrBusy      = errors.New("is being written by another process")
	ErrNoRun     = errors.New("holds no run")
	ErrNotFolder = errors.New("is no folder")
	ErrDamaged   = errors.New("holds a run that cannot be read")
)

// A Folder is a result folder that a run writes.
type Folder struct {
	Manifest

	dir   string
	lock  *os.File // the directory itself
	write func(path string, data []byte) error
}

// Vacant returns nil if a run may be written to dir: it is not there, or holds no run. Errors: ErrNotFolder, ErrOccupied,
// and those of the file system.
func Vacant(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return fmt.Errorf("%s cannot be made: a part of that path %w", dir, ErrNotFolder)
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is there and %w: name another", dir, ErrNotFolder)
	}
	for _, name := range []string{ManifestName, ResultsName} {
		switch _, err := os.Lstat(filepath.Join(dir, name)); {
		case err == nil:
			return fmt.Errorf("%s %w (%s): name another folder, or continue that run with -resume %s", dir, ErrOccupied, name, dir)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// Create makes dir and writes the manifest of a run that has no rounds yet. It makes sure that there is space for all of
// them. Errors: ErrOccupied, ErrBusy, and those of the file system.
func Create(dir string, m Manifest) (*Folder, error) {
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := open(dir)
	if err != nil {
		return nil, err
	}
	if err := Vacant(dir); err != nil { // under the lock
		f.Close()
		return nil, err
	}
	m.Schema, m.Status = Schema, Running
	f.Manifest = m
	if err := f.start(); err != nil {
		f.discard(made)
		f.Close()
		return nil, err
	}
	return f, nil
}

// discard removes what Create made.
func (f *Folder) discard(made bool) {
	os.Remove(filepath.Join(f.dir, ManifestName))
	os.Remove(filepath.Join(f.dir, ResultsName))
	if made {
		os.Remove(f.dir)
	}
}

// Resume opens the folder of a run that has ended early. The manifest is as it was left; Continue makes it run again.
// Errors: ErrNoRun, ErrNotFolder, ErrDamaged, ErrBusy, and those of the file system.
func Resume(dir string) (*Folder, error) {
	f, err := open(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, fmt.Errorf("%s %w: there is no such folder", dir, ErrNoRun)
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, ManifestName)
	data, err := readRegular(path)
	switch {
	case errors.Is(err, errIrregular):
		err = fmt.Errorf("%s %w: %s %w", dir, ErrDamaged, ManifestName, err)
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("%s %w: %s is missing", dir, ErrNoRun, ManifestName)
	case err == nil:
		if err = json.Unmarshal(data, &f.Manifest); err != nil {
			err = fmt.Errorf("%s %w: %s: byte %d: %w", dir, ErrDamaged, ManifestName, offset(err), err)
		} else if err = f.check(); err != nil {
			err = fmt.Errorf("%s %w: %s is damaged: %w", dir, ErrDamaged, ManifestName, err)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	f.sweep()
	return f, nil
}

// Continue marks a resumed run as running.
func (f *Folder) Continue() error {
	f.Status, f.Ended = Running, nil
	return f.start()
}

// open locks an existing folder.
func open(dir string) (*Folder, error) {
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if info, err := lock.Stat(); err != nil || !info.IsDir() {
		lock.Close()
		return nil, fmt.Errorf("%s %w", dir, ErrNotFolder)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		lock.Close()
		return nil, fmt.Errorf("%s %w: name another folder, or wait", dir, ErrBusy)
	}
	// Other errors: a file system without locks. Two runs into one folder are unlikely enough to go on.
	return &Folder{dir: dir, lock: lock, write: writeFile}, nil
}

// bytesPerCell is what one cell of one round takes in run.json and results.txt: 5.2 kB on average with the
// default matrix.
const bytesPerCell = 8 << 10

// start writes the files and makes sure that those of the whole run will fit, old and new side by side.
func (f *Folder) start() error {
	cells := 0
	for _, g := range f.Plan.Groups {
		cells += len(g.Policies) * f.Plan.Rounds
	}
	if err := f.save(); err != nil {
		return err
	}
	return reserve(filepath.Join(f.dir, ".reserve"), min(int64(cells)*bytesPerCell*2, 1<<30))
}

// Dir returns the folder's path.
func (f *Folder) Dir() string { return f.dir }

// Add adds a whole round and writes both files. If that fails, the folder holds the rounds before.
func (f *Folder) Add(results []driver.Result) error {
	before := f.Cells
	if f.Environment["gomaxprocs"] == nil {
		f.Environment["gomaxprocs"] = runtime.GOMAXPROCS(0)
	}
	f.Cells = slices.Clip(f.Cells)
	for i := range results {
		rec, err := newRecord(&results[i])
		if err != nil {
			f.Cells = before
			return err
		}
		f.Cells = append(f.Cells, rec)
	}
	f.sumUp(results)
	if err := f.save(); err != nil {
		f.Cells = before
		return fmt.Errorf("round %d is lost, those before it are in %s: %w", results[0].Round, f.dir, err)
	}
	return nil
}

// End writes how the run ended.
func (f *Folder) End(s Status) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	f.Status, f.Ended = s, &now
	return f.save()
}

// Close gives the folder free.
func (f *Folder) Close() error { return f.lock.Close() }

// errIrregular is no error of the file system: a pipe can be opened, and then blocks its reader for ever.
var errIrregular = errors.New("is no regular file")

// readRegular reads a regular file.
func readRegular(path string) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	return os.ReadFile(path)
}

// offset is the byte at which JSON could not be understood.
func offset(err error) int64 {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset
	case errors.As(err, &mismatch):
		return mismatch.Offset
	}
	return 0
}
