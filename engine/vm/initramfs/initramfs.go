// Package initramfs writes the first file system of a guest: this program as its
// PID 1, programs of the host with their libraries, kernel modules with what they
// depend on, and files.
//
// It is no dracut: nothing of the host's own set-up goes in but the list of where its
// libraries are. The same spec and files make the same bytes.
package initramfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/u-root/u-root/pkg/cpio"
)

// ModuleList is the file in the guest that lists the files of modules in the order in which they can be loaded, one path a
// line. They are not compressed there. There is none if no module was wanted.
const ModuleList = "/etc/daxbench-modules"

// A Spec is what goes into an initramfs, beside the folders dev, etc, mnt, proc, run, sys and tmp, and the nodes /dev/console
// and /dev/null.
type Spec struct {
	Exe      string            // file on the host that becomes /init; libraries come along if it needs some
	Programs []string          // names of programs, or absolute paths: put where the host has them, with their libraries
	Modules  string            // folder lib/modules/RELEASE on the host; empty: what is wanted is taken to be built in
	Load     []string          // names of modules to load, in this order; what they depend on is found out
	Optional []string          // names of modules to load after those, if there are such: some exist in some kernels only
	Files    map[string][]byte // more files, by absolute path; they replace what else would lie there
}

// The errors that a caller may want to tell apart.
var (
	ErrProgram = errors.New("no such program here")  // the package that has it must be installed
	ErrLibrary = errors.New("no such library here")  // that a program or another library needs
	ErrModule  = errors.New("no such module")        // neither in the folder nor built in
	ErrDamaged = errors.New("damaged kernel module") // or one that is no module
	ErrPath    = errors.New("not an absolute path")  // of Spec.Files
)

// folders are there for PID 1 to mount things on.
var folders = []string{"dev", "etc", "mnt", "proc", "run", "sys", "tmp"}

// Build writes the initramfs, a cpio archive of the format newc, to w. Errors: ErrProgram, ErrLibrary, ErrModule, ErrDamaged
// and ErrPath, each with the name; those of files and of w.
func Build(w io.Writer, s Spec) error {
	t := tree{}
	for _, f := range folders {
		t.put(cpio.Directory(f, 0o755))
	}
	// Numbers of devices: Documentation/admin-guide/devices.txt.
	t.put(cpio.CharDev("dev/console", 0o600, 5, 1))
	t.put(cpio.CharDev("dev/null", 0o666, 1, 3))
	if err := t.putPrograms(s.Exe, s.Programs); err != nil {
		return err
	}
	if err := t.putModules(s.Modules, s.Load, s.Optional); err != nil {
		return err
	}
	for name, data := range s.Files {
		if !path.IsAbs(name) || path.Clean(name) != name || name == "/" {
			return fmt.Errorf("%q: %w", name, ErrPath)
		}
		t.putFile(name, data, 0o644)
	}
	return t.write(w)
}

// putPrograms puts programs, the libraries that they need and the list by which those are found.
func (t tree) putPrograms(exe string, programs []string) error {
	l := newLinker("/etc/ld.so.conf")
	data, err := l.program(exe)
	if err != nil {
		return err
	}
	t.putFile("/init", data, 0o755)
	for _, name := range programs {
		if err := t.putProgram(l, name); err != nil {
			return err
		}
	}
	for file, data := range l.files {
		t.putFile(file, data, 0o755)
	}
	if len(l.files) > 0 {
		if cache, err := os.ReadFile("/etc/ld.so.cache"); err == nil { // some are found by it alone
			t.putFile("/etc/ld.so.cache", cache, 0o644)
		}
	}
	return nil
}

// putProgram puts a program at the path that it has, and the link by which it was found, as $ORIGIN means the former.
func (t tree) putProgram(l *linker, name string) error {
	found, err := findProgram(name)
	if err != nil {
		return err
	}
	file, err := filepath.EvalSymlinks(found)
	if err != nil {
		return err
	}
	data, err := l.program(file)
	if err != nil {
		return err
	}
	t.putFile(file, data, 0o755)
	if file != found {
		t.put(cpio.Symlink(found[1:], file))
	}
	return nil
}

// A tree is what an archive will hold, by path without the first slash.
type tree map[string]cpio.Record

func (t tree) put(r cpio.Record) { t[r.Name] = r }

func (t tree) putFile(name string, data []byte, perm uint64) {
	t.put(cpio.StaticRecord(data, cpio.Info{Name: name[1:], Mode: cpio.S_IFREG | perm, NLink: 1}))
}

// write writes the tree in the order of names, so that folders come before what is in them: the kernel makes none by itself.
func (t tree) write(w io.Writer) error {
	for _, name := range slices.Collect(maps.Keys(t)) {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := t[dir]; !ok {
				t.put(cpio.Directory(dir, 0o755))
			}
		}
	}
	var b bytes.Buffer // newc pads by position: one writer counts it
	archive := cpio.Newc.Writer(&b)
	for i, name := range slices.Sorted(maps.Keys(t)) {
		r := t[name]
		r.Ino = uint64(i + 1)
		if err := archive.WriteRecord(r); err != nil {
			return err
		}
		if _, err := b.WriteTo(w); err != nil {
			return err
		}
	}
	if err := cpio.WriteTrailer(archive); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// findProgram returns where the shell would find a program, were the folders of programs for root in its path.
func findProgram(name string) (string, error) {
	dirs := append(filepath.SplitList(os.Getenv("PATH")), "/usr/local/sbin", "/usr/sbin", "/sbin")
	if strings.Contains(name, "/") {
		dirs = []string{""}
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && filepath.IsAbs(file) {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrProgram)
}
