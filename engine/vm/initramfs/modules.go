package initramfs

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"
)

// moduleLimit is how large a module may be that is not compressed, bytes. The largest of Debian's, with their debug
// information taken off, are of some 10 MiB; with it, of a few hundred.
const moduleLimit = 1 << 30

// putModules puts the modules that are wanted and what they depend on, and the list of them.
func (t tree) putModules(dir string, load, optional []string) error {
	k, err := openModules(dir)
	if err != nil {
		return err
	}
	for _, name := range load {
		if err := k.want(plain(name), ""); err != nil {
			return err
		}
	}
	for _, name := range optional {
		if name = plain(name); k.has(name) {
			if err := k.want(name, ""); err != nil {
				return err
			}
		}
	}
	if len(k.order) == 0 {
		return nil
	}
	var list strings.Builder
	for _, name := range k.order {
		file := path.Join("/lib/modules", filepath.Base(dir), name+".ko")
		t.putFile(file, k.data[name], 0o644)
		list.WriteString(file + "\n")
	}
	t.putFile(ModuleList, []byte(list.String()), 0o644)
	return nil
}

// plain returns the name by which the kernel knows a module: "-" and "_" are the same in it.
func plain(name string) string { return strings.ReplaceAll(name, "-", "_") }

// compressions are the ends of names of modules' files after ".ko": those of CONFIG_MODULE_COMPRESS.
var compressions = []string{"", ".gz", ".xz", ".zst"}

// moduleName returns the name of the module in a file, and how the file is compressed, as the end of its name has it.
func moduleName(file string) (name, compressed string, ok bool) {
	base := path.Base(filepath.ToSlash(file))
	name, compressed, ok = strings.Cut(base, ".ko")
	return plain(name), compressed, ok && name != "" && slices.Contains(compressions, compressed)
}

// modules are those of a kernel, and which of them are wanted.
type modules struct {
	dir     string
	files   map[string]string // by name
	builtin map[string]bool   // nil: not known
	data    map[string][]byte // of those that are wanted
	order   []string          // of those that are wanted: what a module depends on stands before it
	open    []string          // those whose dependencies are being looked at
}

// openModules lists what a folder lib/modules/RELEASE has. The empty name is a kernel without modules.
func openModules(dir string) (*modules, error) {
	k := &modules{dir: dir, files: map[string]string{}, data: map[string][]byte{}}
	if dir == "" {
		return k, nil
	}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if name, _, ok := moduleName(file); ok && k.files[name] == "" { // the first of two, as names are sorted
			k.files[name] = file
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, err
	}
	k.builtin = map[string]bool{}
	for line := range strings.Lines(string(list)) {
		if name, _, ok := moduleName(strings.TrimSpace(line)); ok {
			k.builtin[name] = true
		}
	}
	return k, nil
}

// has tells whether a module is in the folder. A kernel may have it built in as well, and then it has nothing to load.
func (k *modules) has(name string) bool { return k.files[name] != "" }

// want adds a module after all that it depends on; by names the module that does. Errors: ErrModule, ErrDamaged; those of files.
func (k *modules) want(name, by string) error {
	switch {
	case k.data[name] != nil || k.builtin[name]:
		return nil
	case k.builtin == nil && by == "" && !k.has(name):
		return nil // it may be built in, which nobody depends on: the guest finds out
	case slices.Contains(k.open, name):
		return fmt.Errorf("%s: %w: it depends on itself, by way of %s", name, ErrDamaged, by)
	case !k.has(name):
		if by != "" {
			return fmt.Errorf("%s, which %s needs: %w in %s, and it is not built in", name, by, ErrModule, k.dir)
		}
		return fmt.Errorf("%s: %w in %s, and it is not built in", name, ErrModule, k.dir)
	}
	data, err := readModule(k.files[name])
	if err != nil {
		return err
	}
	needs, before, err := dependencies(data)
	if err != nil {
		return fmt.Errorf("%s: %w", k.files[name], err)
	}
	k.open = append(k.open, name)
	for _, d := range before { // they help, and may be missing, or loaded by now
		if k.has(d) && !slices.Contains(k.open, d) {
			needs = append(needs, d)
		}
	}
	for _, d := range needs {
		if err := k.want(d, name); err != nil {
			return err
		}
	}
	k.open = k.open[:len(k.open)-1]
	k.data[name] = data
	k.order = append(k.order, name)
	return nil
}

// readModule reads a module as the kernel takes it.
func readModule(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, compressed, _ := moduleName(file)
	r, done, err := decompress(f, compressed)
	if err == nil {
		defer done()
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(r, moduleLimit+1)); err == nil && len(data) <= moduleLimit {
			return data, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("more than %d MiB", moduleLimit>>20)
	}
	return nil, fmt.Errorf("%s: %w: %w", file, ErrDamaged, err)
}

// decompress undoes one of compressions.
func decompress(r io.Reader, compressed string) (plain io.Reader, done func(), err error) {
	none := func() {}
	switch compressed {
	case ".gz":
		z, err := gzip.NewReader(r)
		return z, none, err
	case ".xz":
		z, err := xz.NewReader(r, 0)
		return z, none, err
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return r, none, nil
}

// dependencies reads which modules one needs, and which it wants to have been loaded before it if they are there: the fields
// depends and softdep of its section .modinfo (modpost, and MODULE_SOFTDEP in include/linux/module.h).
func dependencies(module []byte) (needs, before []string, err error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	s := f.Section(".modinfo")
	if s == nil {
		return nil, nil, fmt.Errorf("%w: it has no .modinfo", ErrDamaged)
	}
	info, err := s.Data()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for field := range bytes.SplitSeq(info, []byte{0}) {
		key, value, _ := strings.Cut(string(field), "=")
		switch key {
		case "depends":
			for d := range strings.SplitSeq(value, ",") {
				if d != "" {
					needs = append(needs, plain(d))
				}
			}
		case "softdep":
			pre := false
			for word := range strings.FieldsSeq(value) {
				if strings.HasSuffix(word, ":") {
					pre = word == "pre:"
				} else if pre {
					before = append(before, plain(word))
				}
			}
		}
	}
	return needs, before, nil
}
