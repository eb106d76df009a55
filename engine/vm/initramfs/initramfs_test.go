package initramfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/u-root/u-root/pkg/cpio"
)

// spec is one with something of each kind.
func spec(t testing.TB) (Spec, host) {
	h := newHost(t)
	h.elf("lib/a.so", fakeELF{})
	program := h.elf("usr/sbin/mke2fs", fakeELF{needed: []string{"a.so"}, runpath: "$ORIGIN/../../lib"})
	link := filepath.Join(h.dir, "usr/sbin/mkfs.ext4")
	if err := os.Symlink(filepath.Base(program), link); err != nil {
		t.Fatal(err)
	}
	return Spec{
		Exe:      h.elf("daxbench", fakeELF{}),
		Programs: []string{link, program},
		Modules:  kernelDir(t),
		Load:     []string{"fs"},
		Optional: []string{"later", "gone"},
		Files:    map[string][]byte{"/etc/daxbench-guest.json": []byte("{}"), "/srv/a/b": nil},
	}, h
}

// read reads an archive back: a line for each entry, in their order.
func read(t testing.TB, data []byte) []string {
	var lines []string
	err := cpio.ForEachRecord(cpio.Newc.Reader(bytes.NewReader(data)), func(r cpio.Record) error {
		text, err := io.ReadAll(io.NewSectionReader(r, 0, int64(r.FileSize)))
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %o", r.Name, r.Mode)
		switch {
		case r.Mode&cpio.S_IFMT == cpio.S_IFCHR:
			line += fmt.Sprintf(" %d,%d", r.Rmajor, r.Rminor)
		case r.Mode&cpio.S_IFMT == cpio.S_IFLNK:
			line += " -> " + string(text)
		case bytes.HasPrefix(text, []byte("\x7fELF")):
			line += " ELF"
		case len(text) > 0 && r.Name != "etc/ld.so.cache":
			line += " " + strings.TrimSpace(string(text))
		}
		lines = append(lines, line)
		if r.MTime != 0 || r.UID != 0 || r.GID != 0 {
			t.Errorf("%s differs from one time to another: %s", r.Name, r.Info)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestBuild(t *testing.T) {
	s, h := spec(t)
	var b bytes.Buffer
	if err := Build(&b, s); err != nil {
		t.Fatal(err)
	}
	lines := read(t, b.Bytes())
	seen := map[string]bool{".": true}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		if !seen[path.Dir(name)] {
			t.Errorf("%s stands before its folder", name)
		}
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
	got := strings.ReplaceAll(strings.Join(lines, "\n"), h.dir[1:], "HOST") + "\n"
	for _, want := range []string{
		"dev 40755", "dev/console 20600 5,1", "dev/null 20666 1,3", "proc 40755", "sys 40755", "tmp 40755", "run 40755", "mnt 40755",
		"init 100755 ELF", "HOST/usr/sbin/mke2fs 100755 ELF", "HOST/usr/sbin/mkfs.ext4 120777 -> /HOST/usr/sbin/mke2fs",
		"HOST/lib/a.so 100755 ELF", "etc/daxbench-guest.json 100644 {}", "srv/a 40755", "srv/a/b 100644",
		"lib/modules/6.18.0/bus_core.ko 100644 ELF", "lib/modules/6.18.0/fs.ko 100644 ELF",
		"etc/daxbench-modules 100644 /lib/modules/6.18.0/bus_core.ko\n/lib/modules/6.18.0/helper.ko\n/lib/modules/6.18.0/fs.ko\n/lib/modules/6.18.0/later.ko",
	} {
		if !strings.Contains("\n"+got, "\n"+want+"\n") {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}

	var again bytes.Buffer
	if err := Build(&again, s); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
		t.Errorf("the same spec makes other bytes: %v", err)
	}
}

// TestBuildForCpio has another program read it.
func TestBuildForCpio(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("no cpio here")
	}
	s, _ := spec(t)
	var b bytes.Buffer
	if err := Build(&b, s); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, line := range read(t, b.Bytes()) {
		name, _, _ := strings.Cut(line, " ")
		want.WriteString(name + "\n")
	}
	c := exec.Command("cpio", "-t", "--quiet")
	c.Stdin = bytes.NewReader(b.Bytes())
	got, err := c.CombinedOutput()
	if err != nil || string(got) != want.String() {
		t.Errorf("cpio: %v\n%s", err, got)
	}
}

func TestBuildReplaces(t *testing.T) {
	s, _ := spec(t)
	s.Files["/init"] = []byte("mine")
	var b bytes.Buffer
	if err := Build(&b, s); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(read(t, b.Bytes()), "\n"); !strings.Contains(got, "init 100644 mine") {
		t.Errorf("got\n%s", got)
	}
}

func TestBuildRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*Spec)
		want  error
	}{
		"a program": {func(s *Spec) { s.Programs = append(s.Programs, "no-such-program-anywhere") }, ErrProgram},
		"a module":  {func(s *Spec) { s.Load = []string{"gone"} }, ErrModule},
		"a folder":  {func(s *Spec) { s.Modules += "x" }, os.ErrNotExist},
		"itself":    {func(s *Spec) { s.Exe += "x" }, os.ErrNotExist},
		"a path":    {func(s *Spec) { s.Files["etc/x"] = nil }, ErrPath},
		"a root":    {func(s *Spec) { s.Files["/"] = nil }, ErrPath},
		"a way out": {func(s *Spec) { s.Files["/../x"] = nil }, ErrPath},
	} {
		s, _ := spec(t)
		tt.spoil(&s)
		var b bytes.Buffer
		if err := Build(&b, s); !errors.Is(err, tt.want) || b.Len() != 0 {
			t.Errorf("%s: %v, and %d bytes", name, err, b.Len())
		}
	}
	s, _ := spec(t)
	if err := Build(fullDisk{}, s); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
