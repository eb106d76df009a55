package initramfs

import (
	"debug/elf"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A host is a folder of programs and libraries.
type host struct {
	t   testing.TB
	dir string
}

func newHost(t testing.TB) host {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return host{t, dir}
}

func (h host) put(name string, data []byte) string {
	file := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o755); err != nil {
		h.t.Fatal(err)
	}
	return file
}

func (h host) elf(name string, e fakeELF) string { return h.put(name, e.bytes(h.t)) }

// linker looks in the folders conf/1 and conf/2 of the host, by way of a file that is included.
func (h host) linker() *linker {
	h.put("etc/ld.so.conf.d/a.conf", []byte("# libraries\n"+h.dir+"/conf/1  \nrelative\n"))
	h.put("etc/ld.so.conf.d/b.conf", []byte(h.dir+"/conf/2 # more\n"))
	return newLinker(h.put("etc/ld.so.conf", []byte("include ld.so.conf.d/*.conf\ninclude ld.so.conf\n\n")))
}

// needs tells what a program brings along, without the host's folder.
func (h host) needs(program string) (string, error) {
	l := h.linker()
	_, err := l.program(program)
	var names []string
	for _, file := range slices.Sorted(maps.Keys(l.files)) {
		name, err := filepath.Rel(h.dir, file)
		if err != nil {
			h.t.Fatal(err)
		}
		names = append(names, name)
	}
	return strings.Join(names, " "), err
}

func TestLibraries(t *testing.T) {
	const other = elf.EM_AARCH64
	for name, tt := range map[string]struct {
		libraries map[string]fakeELF // by path
		program   fakeELF            // bin/program
		want      string
	}{
		"static": {nil, fakeELF{}, ""},
		"a chain in two folders": {
			map[string]fakeELF{"conf/1/a.so": {needed: []string{"b.so"}}, "conf/2/b.so": {needed: []string{"a.so"}}},
			fakeELF{needed: []string{"a.so"}}, "conf/1/a.so conf/2/b.so"},
		"the first folder wins": {
			map[string]fakeELF{"conf/1/a.so": {}, "conf/2/a.so": {}},
			fakeELF{needed: []string{"a.so"}}, "conf/1/a.so"},
		"another processor's is passed over": {
			map[string]fakeELF{"conf/1/a.so": {machine: other}, "conf/2/a.so": {}},
			fakeELF{needed: []string{"a.so"}}, "conf/2/a.so"},
		"RUNPATH first, from where the file lies": {
			map[string]fakeELF{"conf/1/a.so": {}, "lib/a.so": {}},
			fakeELF{needed: []string{"a.so"}, runpath: "/nowhere:$ORIGIN/../lib"}, "lib/a.so"},
		"RUNPATH is not for what libraries need": {
			map[string]fakeELF{"lib/a.so": {needed: []string{"b.so"}}, "lib/b.so": {}, "conf/1/b.so": {}},
			fakeELF{needed: []string{"a.so"}, runpath: "${ORIGIN}/../lib"}, "conf/1/b.so lib/a.so"},
		"RPATH is": {
			map[string]fakeELF{"lib/a.so": {needed: []string{"b.so"}}, "lib/b.so": {}, "conf/1/b.so": {}},
			fakeELF{needed: []string{"a.so"}, rpath: "$ORIGIN/../lib"}, "lib/a.so lib/b.so"},
		"but not for one with a RUNPATH": {
			map[string]fakeELF{"lib/a.so": {needed: []string{"b.so"}, runpath: "/nowhere"}, "lib/b.so": {}, "conf/1/b.so": {}},
			fakeELF{needed: []string{"a.so"}, rpath: "$ORIGIN/../lib"}, "conf/1/b.so lib/a.so"},
		"RUNPATH beats RPATH": {
			map[string]fakeELF{"lib/a.so": {}, "conf/1/a.so": {}},
			fakeELF{needed: []string{"a.so"}, rpath: "$ORIGIN/../lib", runpath: "/nowhere"}, "conf/1/a.so"},
		"nor does such an RPATH pass on": {
			map[string]fakeELF{"conf/1/a.so": {needed: []string{"b.so"}}, "lib/b.so": {}, "conf/2/b.so": {}},
			fakeELF{needed: []string{"a.so"}, rpath: "$ORIGIN/../lib", runpath: "/nowhere"}, "conf/1/a.so conf/2/b.so"},
		"other variables are passed over": {
			map[string]fakeELF{"conf/1/a.so": {}},
			fakeELF{needed: []string{"a.so"}, runpath: "$ORIGIN/$LIB:lib"}, "conf/1/a.so"},
	} {
		h := newHost(t)
		for file, e := range tt.libraries {
			h.elf(file, e)
		}
		got, err := h.needs(h.elf("bin/program", tt.program))
		if err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

func TestInterpreter(t *testing.T) {
	h := newHost(t)
	ld := h.elf("lib64/ld.so", fakeELF{})
	program := h.elf("bin/program", fakeELF{interpreter: ld, needed: []string{"ld.so"}}) // libc names it so
	if got, err := h.needs(program); err != nil || got != "lib64/ld.so" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.Remove(ld); err != nil {
		t.Fatal(err)
	}
	if _, err := h.needs(program); !errors.Is(err, ErrLibrary) || !strings.Contains(err.Error(), ld) {
		t.Errorf("without it: %v", err)
	}
}

func TestLibrariesThatAreNot(t *testing.T) {
	h := newHost(t)
	h.elf("conf/1/a.so", fakeELF{needed: []string{"lost.so"}})
	h.put("conf/1/text.so", []byte("GROUP ( libc.so.6 )"))
	for name, tt := range map[string]struct {
		file string
		err  error
		text string
	}{
		"one that a library needs": {h.elf("bin/1", fakeELF{needed: []string{"a.so"}}), ErrLibrary, "lost.so, which " + h.dir + "/conf/1/a.so needs"},
		"one that is text":         {h.elf("bin/2", fakeELF{needed: []string{"text.so"}}), ErrLibrary, "text.so"},
		"a script":                 {h.put("bin/3", []byte("#!/bin/sh\n")), ErrProgram, "bin/3"},
		"half a program":           {h.put("bin/4", fakeELF{}.bytes(t)[:50]), ErrProgram, "bin/4"},
		"a relative RUNPATH":       {h.elf("bin/5", fakeELF{needed: []string{"bin/1"}}), ErrLibrary, "bin/1"},
		"no file":                  {filepath.Join(h.dir, "nothing"), os.ErrNotExist, "nothing"},
	} {
		if got, err := h.needs(tt.file); !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestLibrariesAsLdd compares programs of this machine with what its own ld.so says.
func TestLibrariesAsLdd(t *testing.T) {
	if _, err := exec.LookPath("ldd"); err != nil {
		t.Skip("no ldd here")
	}
	for _, name := range []string{"bash", "ls", "git", "mkfs.xfs", "mke2fs"} {
		file, err := findProgram(name)
		if err != nil {
			continue
		}
		out, err := exec.Command("ldd", file).Output()
		if err != nil {
			continue // static, or a script
		}
		l := newLinker("/etc/ld.so.conf")
		if _, err := l.program(file); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want []string
		for word := range strings.FieldsSeq(string(out)) {
			if filepath.IsAbs(word) {
				want = append(want, word)
			}
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(l.files)); !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestFindProgram(t *testing.T) {
	h := newHost(t)
	program := h.elf("bin/prog-of-this-test", fakeELF{})
	if err := os.WriteFile(filepath.Join(h.dir, "bin", "no-program"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "relative::"+filepath.Join(h.dir, "bin"))
	for name, want := range map[string]string{
		"prog-of-this-test": program, program: program,
		"no-program": "", "bin": "", filepath.Join(h.dir, "bin"): "", "./" + filepath.Base(program): "", "": "", "..": "",
	} {
		got, err := findProgram(name)
		if got != want || (want == "") != errors.Is(err, ErrProgram) {
			t.Errorf("%q: got %q, %v; want %q", name, got, err, want)
		}
	}
}
