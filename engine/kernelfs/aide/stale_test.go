package aide

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	marks "daxbench/engine/kernelfs/owner"
)

// goneMark is the mark of a process that is gone.
func goneMark(t *testing.T) string {
	t.Helper()
	own, err := marks.Mark()
	if err != nil {
		t.Fatal(err)
	}
	dead := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(own, fmt.Sprintf("-%d-", os.Getpid()), fmt.Sprintf("-%d-", dead.Process.Pid), 1)
}

// TestStale shows it one directory that is ours and left behind, and many that are not.
func TestStale(t *testing.T) {
	in := filepath.Join(t.TempDir(), "a [b*")
	mark, own := goneMark(t), ""
	own, _ = marks.Mark()
	put := func(name string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(in, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	want := put(Ours+mark, 0o700)
	os.Mkdir(filepath.Join(want, Files), 0o700)
	put(Ours+own, 0o700)       // alive
	put(Ours+mark+"-2", 0o755) // others may look at it
	put(Ours+"99999999", 0o700)
	strange := put(Ours+mark+"-3", 0o700)
	os.WriteFile(filepath.Join(strange, "thesis.tex"), nil, 0o600)
	os.Symlink(want, filepath.Join(in, Ours+mark+"-4"))
	os.WriteFile(filepath.Join(in, Ours+mark+"-5"), nil, 0o700)
	if os.Geteuid() == 0 {
		os.Chown(put(Ours+mark+"-6", 0o700), 65534, 65534)
	}
	a := do(Request{Do: Stale, Path: in})
	if a.Failed != "" || !slices.Equal(a.Left, []Left{{Path: want}}) {
		t.Errorf("%+v", a)
	}
}

// TestNoted reads a note that aides write, and believes none that it would be wrong to believe.
func TestNoted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, Note)
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if a := do(Request{Do: Notice, Path: path, Blocks: 77}); a.Failed != "" {
		t.Fatal(a.Failed)
	}
	if got := noted(int(d.Fd())); got != 77 {
		t.Errorf("%d", got)
	}
	for name, make := range map[string]func() error{
		"nothing":     func() error { return nil },
		"too much":    func() error { return os.WriteFile(path, []byte("18446744073709551615"), 0o600) },
		"no number":   func() error { return os.WriteFile(path, []byte("-1"), 0o600) },
		"long":        func() error { return os.WriteFile(path, []byte(strings.Repeat("0", 99)+"77"), 0o600) },
		"a FIFO":      func() error { return unix.Mkfifo(path, 0o600) },
		"a directory": func() error { return os.Mkdir(path, 0o700) },
		"a link":      func() error { return os.Symlink("other", path) },
	} {
		os.RemoveAll(path)
		os.WriteFile(filepath.Join(dir, "other"), []byte("77"), 0o600)
		if err := make(); err != nil {
			t.Fatal(err)
		}
		if got := noted(int(d.Fd())); got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
}
