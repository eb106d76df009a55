package safety

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
	l, err := read[litmusFile](fsys, dir, LitmusName)
	if err != nil {
		return nil, err
	}
	v, err := read[verifyFile](fsys, dir, VerifyName)
	if err != nil || l == nil && v == nil {
		return nil, err
	}
	return merge(l, v), nil
}

// read reads one of the two files, of type F; nil if it is not there.
func read[F any, P interface {
	*F
	check() error // of what its syntax does not hold
}](fsys fs.FS, dir, name string) (*F, error) {
	f := new(F)
	there, err := folder.ReadDocument(fsys, dir, name, maxSize, Schema, f)
	if err != nil || !there {
		return nil, err
	}
	if err := P(f).check(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	return f, nil
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
