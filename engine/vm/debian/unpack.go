package debian

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// packageName is the file in a tree that holds the name and the version of its package.
const packageName = "package"

// Unpack makes one tree, a folder in cache, of a kernel's .deb files, unless it is there already: what is in the files counts,
// not what they are called. Only the image, its configuration and its modules are taken. Errors: ErrArchive, with the file and
// what is wrong with it; those of files; the cause why ctx is done.
func Unpack(ctx context.Context, cache string, debs ...string) (*Tree, error) {
	sum := sha256.New()
	for _, deb := range debs {
		if err := hashFile(sum, deb); err != nil {
			return nil, err
		}
	}
	unlock, err := lock(ctx, cache)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := filepath.Join(cache, treesName, "files-"+hex.EncodeToString(sum.Sum(nil)[:16]))
	if tree, err := readTree(dir); err == nil {
		return tree, nil
	}
	return unpackAs(ctx, dir, debs, "")
}

// hashFile adds a file, and that it ends there.
func hashFile(sum io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "\x00%d\x00", n)
	return nil
}

// unpackAs makes the tree dir of packages, whole or not at all. It is called name, or by default as the package is that has
// the image.
func unpackAs(ctx context.Context, dir string, debs []string, name string) (tree *Tree, err error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	if err := sweep(parent, tempPrefix); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(parent, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp) // after a rename there is nothing left
	u := &unpacker{dir: temp, limits: limits}
	for _, deb := range debs {
		about, image, err := u.unpack(ctx, deb)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", deb, err)
		}
		if name == "" && image {
			name = about
		}
	}
	if err := os.WriteFile(filepath.Join(temp, packageName), []byte(name), 0o644); err != nil {
		return nil, err
	}
	if _, err := readTree(temp); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(debs, ", "), err)
	}
	if err := errors.Join(os.Chmod(temp, 0o755), syncTree(temp), os.RemoveAll(dir), os.Rename(temp, dir)); err != nil {
		return nil, err
	}
	return readTree(dir)
}

// tempPrefix begins the names of trees that are being unpacked.
const tempPrefix = ".unpack-"

// glob lists what fits a pattern in a folder, whose own name may have any signs in it.
func glob(dir, pattern string) []string {
	names, _ := fs.Glob(os.DirFS(dir), pattern) // what cannot be read is not there
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names
}

// sweep removes folders that a killed process left behind. The cache is locked, so nobody else is at work in them.
func sweep(parent, prefix string) error {
	for _, dir := range glob(parent, prefix+"*") {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// syncTree makes a tree durable before its name says that it is whole: a thousand files at once.
func syncTree(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// releaseForm is what a uname -r looks like: it becomes a part of file names, and of what is printed.
var releaseForm = regexp.MustCompile(`^[0-9][0-9A-Za-z.+~_-]{0,99}$`)

// readTree finds the kernel in a tree: vmlinuz and config lie in boot, or since 7.0 in the folder of modules.
func readTree(dir string) (*Tree, error) {
	name, err := os.ReadFile(filepath.Join(dir, packageName))
	if err != nil {
		return nil, err
	}
	inBoot, beside := glob(dir, "boot/vmlinuz-*"), glob(dir, "lib/modules/*/vmlinuz")
	var t Tree
	switch {
	case len(inBoot)+len(beside) == 0:
		return nil, fmt.Errorf("%w: no vmlinuz in it", ErrArchive)
	case len(inBoot)+len(beside) > 1:
		return nil, fmt.Errorf("%w: several vmlinuz in it; give the packages of one kernel", ErrArchive)
	case len(inBoot) == 1:
		t.Image = inBoot[0]
		t.Release = strings.TrimPrefix(filepath.Base(t.Image), "vmlinuz-")
		t.Config = existing(filepath.Join(dir, "boot", "config-"+t.Release))
	default:
		t.Image = beside[0]
		t.Release = filepath.Base(filepath.Dir(t.Image))
	}
	t.Package = string(name)
	modules := filepath.Join(dir, "lib", "modules", t.Release)
	if t.Config == "" {
		t.Config = existing(filepath.Join(modules, "config"))
	}
	t.Modules = existing(modules)
	if folders := glob(dir, "lib/modules/*"); t.Modules == "" && len(folders) > 0 {
		return nil, fmt.Errorf("%w: the image is of %s and the modules are of %s", ErrArchive, t.Release, filepath.Base(folders[0]))
	}
	return &t, nil
}

// existing returns a path if something is there.
func existing(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
