package safety

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"

	"daxbench/reports/folder"
)

// Limits on what is read. Of all policies together litmus.json has a quarter of a megabyte, and verify.json half of that.
const (
	maxSize     = 16 << 20 // bytes of one file
	maxPolicies = 1000
	maxHazards  = 64
)

// ErrSchema means that a file has a version that this package does not read.
var ErrSchema = folder.ErrSchema

// Read reads what litmus and verify left in the folder dir, and puts it together. It returns nil and no error if the folder
// has neither file. An error names the file and, where there is one, the byte at which it cannot be understood; it wraps
// ErrSchema if the file is of another version.
func Read(dir string) (*Matrix, error) { return ReadFS(os.DirFS(cmp.Or(dir, ".")), dir) }

// ReadFS is Read for a folder that is the root of a file system; dir is what errors call it.
func ReadFS(fsys fs.FS, dir string) (*Matrix, error) {
	var l *litmusFile
	var v *verifyFile
	path := filepath.Join(dir, LitmusName)
	if data, err := readFile(fsys, LitmusName, path); err != nil {
		return nil, err
	} else if data != nil {
		l = new(litmusFile)
		if err := parse(path, data, l); err != nil {
			return nil, err
		}
	}
	path = filepath.Join(dir, VerifyName)
	if data, err := readFile(fsys, VerifyName, path); err != nil {
		return nil, err
	} else if data != nil {
		v = new(verifyFile)
		if err := parse(path, data, v); err != nil {
			return nil, err
		}
	}
	if l == nil && v == nil {
		return nil, nil
	}
	return merge(l, v), nil
}

// readFile reads a file whole, which errors call by its path; nil if it is not there. A named pipe must not block the reader
// for ever, so anything that is no regular file is refused before it is opened.
func readFile(fsys fs.FS, name, path string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s has more than the %d bytes that are read", path, maxSize)
	}
	if data == nil {
		data = []byte{}
	}
	return data, nil
}

// A file is one of the two.
type file interface {
	check() error // of what its syntax does not hold
}

// parse reads one JSON object: of a known schema, in UTF-8, no key twice, and nothing after it.
func parse(path string, data []byte, f file) error {
	for at, rest := 0, data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("%s: byte %d: is no UTF-8", path, at)
		}
		at, rest = at+size, rest[size:]
	}
	if err := folder.Document(path, data, Schema, f); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// checkHazards refuses columns that cannot be told apart.
func checkHazards(list []hazard) (map[string]bool, error) {
	letters := make(map[string]bool, len(list))
	for _, h := range list {
		if h.Letter == "" || letters[h.Letter] {
			return nil, fmt.Errorf("the hazard %.80q stands twice, or has no letter", h.Letter)
		}
		letters[h.Letter] = true
	}
	if len(list) > maxHazards {
		return nil, fmt.Errorf("%d hazards are more than the %d that are read", len(list), maxHazards)
	}
	return letters, nil
}

// checkPolicies refuses rows that cannot be told apart.
func checkPolicies(n int, name func(i int) string) (map[string]bool, error) {
	if n > maxPolicies {
		return nil, fmt.Errorf("%d policies are more than the %d that are read", n, maxPolicies)
	}
	names := make(map[string]bool, n)
	for i := range n {
		if names[name(i)] || name(i) == "" {
			return nil, fmt.Errorf("the policy %.80q stands twice, or has no name", name(i))
		}
		names[name(i)] = true
	}
	return names, nil
}
