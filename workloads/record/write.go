package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// save replaces both files, results.txt first: if the process is killed between the two, run.json lacks a round that
// results.txt has, which readers know how to take, and Resume writes both again.
func (f *Folder) save() error {
	manifest, err := f.encode()
	if err != nil {
		return err
	}
	if err := f.write(filepath.Join(f.dir, ResultsName), f.results()); err != nil {
		return err
	}
	if err := f.write(filepath.Join(f.dir, ManifestName), manifest); err != nil {
		return err
	}
	if err := f.lock.Sync(); err != nil && !errors.Is(err, unix.EINVAL) { // EINVAL: directories need no sync here
		return fmt.Errorf("%s: %w", f.dir, err)
	}
	return nil
}

// writeFile replaces a file as a whole and makes it durable. On error the old one stays.
func writeFile(path string, data []byte) error {
	return renameio.WriteFile(path, data, 0o666, renameio.WithTempDir(filepath.Dir(path)))
}

// sweep removes what a killed process left behind. The folder is locked, so nobody else is writing.
func (f *Folder) sweep() {
	for _, pattern := range []string{"." + ManifestName + "*", "." + ResultsName + "*", ".reserve",
		".report.html*", ".litmus.json*", "charts/.*.png*"} { // of what is left after a run
		left, _ := filepath.Glob(filepath.Join(f.dir, pattern))
		for _, path := range left {
			os.Remove(path)
		}
	}
}

// reserve makes sure that n bytes fit where path is, by taking them for a moment.
func reserve(path string, n int64) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(path)) }()
	err = unix.Fallocate(int(file.Fd()), 0, 0, max(n, 1))
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil // what cannot be reserved is found out by writing
	}
	if err != nil {
		return fmt.Errorf("%s: reserving %d bytes for the results: %w", filepath.Dir(path), n, err)
	}
	return nil
}
