package serve

import (
	"io/fs"
	"path"
)

// sub is a folder of the tree as a file system, for those who read runs by themselves: what the tree does not show is not
// there, at the moment of opening and not only at that of a look before it.
type sub struct {
	*tree
	dir string
}

// absent is the error for all that is not shown.
func absent(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// Open implements fs.FS, for regular files.
func (s sub) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, _, err := s.open(path.Join(s.dir, name))
	if err != nil {
		return nil, absent("open", name)
	}
	return f, nil
}

// Stat implements fs.StatFS.
func (s sub) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	info, err := s.lookAt(path.Join(s.dir, name))
	if err != nil {
		return nil, absent("stat", name)
	}
	return info, nil
}

// ReadDir implements fs.ReadDirFS. It lists maxListing entries at most.
func (s sub) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := s.Stat(name)
	if err != nil || !info.IsDir() {
		return nil, absent("readdir", name)
	}
	entries, _ := s.list(path.Join(s.dir, name), maxListing)
	return entries, nil
}
