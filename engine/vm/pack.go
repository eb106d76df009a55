package vm

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// pack writes the regular files below a folder as tar.gz.
func pack(w io.Writer, dir string) error {
	z := gzip.NewWriter(w)
	t := tar.NewWriter(z)
	if err := t.AddFS(regular{os.DirFS(dir)}); err != nil {
		return err
	}
	return errors.Join(t.Close(), z.Close())
}

// regular is a file system without links, sockets and the like, and without hidden files: those are half written yet.
type regular struct{ fs.FS }

// ReadDir leaves out what is neither a file nor a folder, or hidden.
func (r regular) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(r.FS, name)
	kept := all[:0]
	for _, e := range all {
		if (e.IsDir() || e.Type().IsRegular()) && e.Name()[0] != '.' {
			kept = append(kept, e)
		}
	}
	return kept, err
}

// maxUnpacked is how large unpacked results may be, bytes, and maxFiles how many: a recorded run has some fifty.
const (
	maxUnpacked = 4 << 30
	maxFiles    = 1000
)

// unpack puts packed results into the folder out, which exists. All of them are unpacked first, into a folder in it, and
// then moved: of an archive that is damaged, nothing is left. Names that lead out of it are refused. It returns how many files
// there are now.
func unpack(packed io.Reader, out string) (n int, err error) {
	root, err := os.OpenRoot(out)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	stage, err := os.MkdirTemp(out, ".vm-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	staged, err := os.OpenRoot(stage)
	if err != nil {
		return 0, err
	}
	defer staged.Close()
	names, err := unpackInto(staged, packed)
	if err != nil {
		return 0, fmt.Errorf("unpacking the results of the guest: %w", err)
	}
	for i, name := range names {
		if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
			return i, err
		}
		if err := root.Rename(path.Join(filepath.Base(stage), name), name); err != nil {
			return i, err
		}
	}
	return len(names), nil
}

// unpackInto returns the names of the files, in their order.
func unpackInto(dir *os.Root, packed io.Reader) (names []string, err error) {
	z, err := gzip.NewReader(packed)
	if err == io.EOF {
		return nil, nil // a guest without a folder of results
	}
	if err != nil {
		return nil, err
	}
	left := int64(maxUnpacked)
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		switch {
		case err == io.EOF:
			return names, nil
		case err != nil:
			return nil, err
		case h.Typeflag == tar.TypeDir:
			continue // made when a file is in it
		case h.Typeflag != tar.TypeReg:
			return nil, fmt.Errorf("%q is neither a file nor a folder", h.Name)
		case !fs.ValidPath(h.Name):
			return nil, fmt.Errorf("%q is no name of a file in a folder", h.Name)
		case len(names) == maxFiles:
			return nil, fmt.Errorf("more than %d files", maxFiles)
		}
		if left -= h.Size; left < 0 {
			return nil, fmt.Errorf("more than %d GiB", maxUnpacked>>30)
		}
		if err := unpackFile(dir, h, t); err != nil {
			return nil, err
		}
		names = append(names, h.Name)
	}
}

func unpackFile(dir *os.Root, h *tar.Header, from io.Reader) error {
	if err := dir.MkdirAll(path.Dir(h.Name), 0o777); err != nil {
		return err
	}
	f, err := dir.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(h.Mode)&0o777|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}
