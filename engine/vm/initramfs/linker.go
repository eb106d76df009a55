package initramfs

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// usual are the folders in which ld.so looks when nothing else told it where: ld.so(8), and Debian's and musl's own.
var usual = []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"}

// A linker finds libraries as ld.so(8) does, but for LD_LIBRARY_PATH and what programs open by themselves.
type linker struct {
	dirs  []string          // of ld.so.conf, then the usual ones
	files map[string][]byte // interpreters and libraries so far, by path
}

func newLinker(conf string) *linker {
	return &linker{dirs: append(confDirs(conf, 0), usual...), files: map[string][]byte{}}
}

// confDepth is how deep files of ld.so.conf may include each other; one level is what there is.
const confDepth = 8

// confDirs reads a file of the form of ld.so.conf. One that is not there names no folders.
func confDirs(file string, depth int) (dirs []string) {
	text, err := os.ReadFile(file)
	if err != nil || depth > confDepth {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		pattern, include := strings.CutPrefix(line, "include ")
		switch {
		case include:
			if pattern = strings.TrimSpace(pattern); !filepath.IsAbs(pattern) {
				pattern = filepath.Join(filepath.Dir(file), pattern)
			}
			more, _ := filepath.Glob(pattern)
			for _, f := range more {
				dirs = append(dirs, confDirs(f, depth+1)...)
			}
		case filepath.IsAbs(line):
			dirs = append(dirs, line)
		}
	}
	return dirs
}

// An object is a program or a library, and what it says of others.
type object struct {
	file           string
	data           []byte
	class          elf.Class
	machine        elf.Machine
	interpreter    string
	needed         []string
	rpath, runpath []string
	loader         *object // that needed it first
}

// program reads a program and puts all that it needs to run into l.files. Errors: ErrProgram, ErrLibrary; those of files.
func (l *linker) program(file string) ([]byte, error) {
	main, err := readObject(file)
	if err != nil {
		return nil, err
	}
	if main == nil {
		return nil, fmt.Errorf("%s: %w: it is not an ELF program", file, ErrProgram)
	}
	if main.interpreter != "" {
		if l.files[main.interpreter], err = os.ReadFile(main.interpreter); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", file, ErrLibrary, err)
		}
	}
	loaded := map[string]bool{filepath.Base(main.interpreter): true} // ld.so is there already, under its own name too
	for queue := []*object{main}; len(queue) > 0; queue = queue[1:] {
		for _, name := range queue[0].needed {
			if loaded[name] {
				continue
			}
			loaded[name] = true
			o := l.find(name, queue[0])
			if o == nil {
				return nil, fmt.Errorf("%s: %s, which %s needs: %w", file, name, queue[0].file, ErrLibrary)
			}
			l.files[o.file] = o.data
			queue = append(queue, o)
		}
	}
	return main.data, nil
}

// find looks for a library that o needs: in its RPATH and that of what loaded it, unless it has a RUNPATH; there; in the folders
// of the system. A library for another processor is passed over, as ld.so does.
func (l *linker) find(name string, o *object) *object {
	var dirs []string
	switch {
	case strings.Contains(name, "/"):
		dirs = []string{""}
	case len(o.runpath) > 0:
		dirs = slices.Concat(o.runpath, l.dirs)
	default:
		for p := o; p != nil; p = p.loader {
			dirs = append(dirs, p.rpath...)
		}
		dirs = append(dirs, l.dirs...)
	}
	for _, dir := range dirs {
		found, err := readObject(filepath.Join(dir, name))
		if err == nil && found != nil && found.class == o.class && found.machine == o.machine && filepath.IsAbs(found.file) {
			found.loader = o
			return found
		}
	}
	return nil
}

// readObject reads a file; what is not ELF is no object.
func readObject(file string) (*object, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, nil
	}
	o := &object{file: file, data: data, class: f.Class, machine: f.Machine}
	if o.needed, err = f.ImportedLibraries(); err != nil {
		return nil, nil
	}
	o.rpath, o.runpath = o.paths(f, elf.DT_RPATH), o.paths(f, elf.DT_RUNPATH)
	if len(o.runpath) > 0 {
		o.rpath = nil
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			name, err := io.ReadAll(io.LimitReader(p.Open(), pathMax))
			if err != nil {
				return nil, nil
			}
			o.interpreter = string(bytes.TrimRight(name, "\x00"))
		}
	}
	return o, nil
}

// pathMax is PATH_MAX of Linux.
const pathMax = 4096

// paths reads a list of folders. $ORIGIN is where the file lies; folders with other variables in them are passed over.
func (o *object) paths(f *elf.File, tag elf.DynTag) (dirs []string) {
	lists, err := f.DynString(tag)
	if err != nil {
		return nil
	}
	here := filepath.Dir(o.file)
	for _, list := range lists {
		for dir := range strings.SplitSeq(list, ":") {
			dir = strings.NewReplacer("${ORIGIN}", here, "$ORIGIN", here).Replace(dir)
			if filepath.IsAbs(dir) && !strings.Contains(dir, "$") {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}
