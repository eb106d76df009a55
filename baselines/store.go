package baselines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"daxbench/reports/folder"
)

// Names of the files that are no workload's.
const (
	machineName = "machine.txt"
	currentName = "current"
	countsName  = "counts.txt"
	sumsName    = "SHA256SUMS"
)

// Limits on what is read into memory, in bytes. A run of 10 000 cells with histograms stays below a tenth of the first.
const (
	maxRun   = 512 << 20
	maxSmall = 1 << 20 // machine.txt, current, SHA256SUMS
)

// What a user can do wrong, and what can be wrong with the files. Each comes wrapped with the name.
var (
	ErrName         = errors.New("is no name of a baseline")
	ErrNone         = errors.New("there is no such baseline")
	ErrBusy         = errors.New("is being written")
	ErrKept         = errors.New("is recorded already")
	ErrDoubtful     = errors.New("is not worth keeping")
	ErrOtherMachine = errors.New("is another machine's")
	ErrDamaged      = errors.New("is damaged")
)

// A Store is a folder of baselines.
type Store struct {
	dir   string
	root  *os.Root
	write func(dir *os.Root, name string, data []byte) error // makes a new file; a test fills the disk here
}

// Open opens the store in dir, which must be there.
func Open(dir string) (*Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Store{dir: dir, root: root, write: writeNew}, nil
}

// Create opens the store in dir, and makes it if it is not there.
func Create(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return Open(dir)
}

// Close gives the folder free.
func (s *Store) Close() error { return s.root.Close() }

// names are those that a user may give: no separator, nothing hidden, nothing that a shell or a terminal takes for more.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// checkName returns an error that wraps ErrName.
func checkName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("%.120q %w: they are made of a-z, 0-9, dot, dash and underscore, 100 at most", name, ErrName)
	}
	return nil
}

// Prefixes of folders beside the records of a machine: what gate -prove showed there, and how cost grew. They are no records:
// nothing is held against them.
const (
	proofPrefix  = "proof-"
	growthPrefix = "growth-"
)

// dated are the names of records and, in the older layout, of folders with several.
var dated = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}-[a-z0-9][a-z0-9._-]*$`)

// Machines lists those that have records, sorted. What else lies in the store is none of ours.
func (s *Store) Machines() ([]string, error) {
	list, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range list {
		if !d.IsDir() || checkName(d.Name()) != nil || d.Name() == kernelsName {
			continue
		}
		below, err := fs.ReadDir(s.root.FS(), d.Name())
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(below, func(d fs.DirEntry) bool { return dated.MatchString(d.Name()) }) {
			out = append(out, d.Name())
		}
	}
	return out, nil
}

// machine opens the folder of a machine. Errors: ErrName, ErrNone.
func (s *Store) machine(name string) (*os.Root, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if name == kernelsName {
		return nil, fmt.Errorf("%s/%s %w: it is no machine, and holds what scenarios came to on real kernels; daxbench report shows it", s.dir, name, ErrName)
	}
	info, err := s.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s has no machine %s%s", ErrNone, s.dir, name, s.others())
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s/%s %w: it is no folder, and links are not followed", s.dir, name, ErrName)
	}
	return s.root.OpenRoot(name)
}

// others names the machines that there are, for an error about one that is not.
func (s *Store) others() string {
	list, err := s.Machines()
	if err != nil || len(list) == 0 {
		return ""
	}
	return "; it has " + strings.Join(list, ", ")
}

// readFile reads a regular file of at most limit bytes. Links are not followed, and a pipe blocks nobody.
func readFile(dir *os.Root, name string, limit int64) ([]byte, error) {
	info, err := dir.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: %s", name, irregular(info.Mode()))
	case info.Size() > limit:
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that are read", name, info.Size(), limit)
	}
	return dir.ReadFile(name)
}

// irregular says what a file is that should be a regular one.
func irregular(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "is a folder"
	case mode&fs.ModeSymlink != 0:
		return "is a symbolic link, and none is followed"
	}
	return "is no regular file"
}

// writeNew makes a file that was not there, durably and to be left alone.
func writeNew(dir *os.Root, name string, data []byte) (err error) {
	const readOnly = 0o444
	f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, readOnly)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// replace writes a small file as a whole: the old one stays if that fails.
func replace(dir *os.Root, name string, data []byte) error {
	if err := renameio.WriteFile(name, data, 0o666, renameio.WithRoot(dir)); err != nil {
		return err
	}
	return sync(dir)
}

// sync makes the names in a folder durable.
func sync(dir *os.Root) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: directories need no sync here
		return err
	}
	return nil
}

// lock keeps other writers out until the file is closed. The error wraps ErrBusy and names the holder.
func (s *Store) lock() (*os.File, error) {
	f, err := s.root.Open(".")
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		defer f.Close()
		return nil, fmt.Errorf("%s %w%s: wait until that is done", s.dir, ErrBusy, holder(f))
	}
	// Other errors: a file system without locks. Two writers at once are unlikely enough to go on.
	return f, nil
}

// holder returns " by process N, NAME" for the process that holds the flock on f, or nothing if the kernel does not say.
func holder(f *os.File) string {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return ""
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF
		w := strings.Fields(line)
		if len(w) < 6 || w[1] != "FLOCK" || w[5] != file {
			continue
		}
		comm, err := os.ReadFile("/proc/" + w[4] + "/comm")
		if err != nil {
			return " by process " + w[4]
		}
		return fmt.Sprintf(" by process %s, %.20q", w[4], strings.TrimSpace(string(comm)))
	}
	return ""
}

// parse reads a run from the contents of its files.
func parse(dir string, manifest, results []byte) (*folder.Run, error) {
	run, err := folder.Parse(dir, manifest, results)
	if err != nil {
		return nil, err
	}
	if len(run.Warnings) > 0 {
		return nil, errors.New(run.Warnings[0])
	}
	return run, nil
}
