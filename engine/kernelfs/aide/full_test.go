package aide

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFreeIn(t *testing.T) {
	st := unix.Statfs_t{Bfree: 10, Bavail: 4, Bsize: 4096}
	if all, some := freeIn(&st, true), freeIn(&st, false); all != 40960 || some != 16384 {
		t.Errorf("%d, %d", all, some)
	}
}

// TestEnd: a search says that a block was not given away only if the file system was full.
func TestEnd(t *testing.T) {
	for _, tt := range []struct {
		e    end
		want string // empty: decided
	}{
		{end{left: 0, page: 4096}, ""},
		{end{left: 4095, page: 4096, nodes: 0}, ""},
		{end{left: 0, page: 4096, owner: Someone}, ""},
		{end{left: 0, page: 4096, owner: Inode}, ""},
		{end{left: 4096, page: 4096, nodes: 9}, "4096 bytes are free"},
		{end{left: 8192, page: 4096, nodes: 9, owner: Someone}, "8192 bytes are free"},
		{end{left: 8192, page: 4096, nodes: 9, owner: Someone, xfs: true}, ""},
		{end{left: 8192, page: 4096, nodes: 9, xfs: true}, "8192 bytes are free"},
		{end{left: 8192, page: 4096}, "no more inodes"},
		{end{left: 0, page: 4096, owner: Unowned}, "the block is free"},
		{end{left: 0, page: 4096, owner: Unowned, xfs: true}, "the block is free"},
		{end{left: 0, page: 4096, owner: Metadata}, "file system's own"},
		{end{limit: true, left: 0, page: 4096, owner: Someone}, "the limit"},
	} {
		if got := tt.e.why(); got == "" != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.e, got, tt.want)
		}
	}
}

func TestGraver(t *testing.T) {
	for _, tt := range []struct{ a, b, want Owner }{
		{Untold, Untold, Untold}, {Someone, Untold, Someone}, {Someone, Unowned, Unowned}, {Inode, Metadata, Metadata}, {Metadata, Unowned, Unowned},
	} {
		if got := graver(tt.a, tt.b); got != tt.want || graver(tt.b, tt.a) != got {
			t.Errorf("%q and %q: %q", tt.a, tt.b, got)
		}
	}
}

// ext4 mounts one of some size, which keeps as many blocks back as is said, and returns its directory.
func ext4(t *testing.T, size, reserve string, options ...string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("to mount needs root")
	}
	dir := t.TempDir()
	image := filepath.Join(t.TempDir(), "image")
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Skipf("no ext4 on a loop device here: %s: %v: %s", name, err, out)
		}
	}
	run("truncate", "-s", size, image)
	run("mke2fs", append(append([]string{"-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^has_journal"}, options...), image)...)
	run("mount", "-o", "loop", image, dir)
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		t.Fatal(err)
	}
	source, err := exec.Command("findmnt", "-no", "SOURCE", dir).Output()
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join("/sys/fs/ext4", filepath.Base(strings.TrimSpace(string(source))), "reserved_clusters")
	if err := os.WriteFile(path, []byte(reserve), 0); err != nil {
		t.Skip(err)
	}
	return dir
}

// victim makes a file of a page and returns where that lies.
func victim(t *testing.T, dir string) (path string, block int64) {
	t.Helper()
	path = filepath.Join(dir, "victim")
	if err := os.WriteFile(path, make([]byte, os.Getpagesize()), 0o600); err != nil {
		t.Fatal(err)
	}
	syncfs(t, dir)
	a := do(Request{Do: Locate, Path: path})
	if a.Failed != "" || a.Block <= 0 {
		t.Fatalf("%+v", a)
	}
	return path, a.Block
}

func syncfs(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
}

// TestSeek seeks blocks that are to be had, and some that are not, for one reason or the other.
func TestSeek(t *testing.T) {
	const names = 300
	for name, tt := range map[string]struct {
		reserve string
		size    string // empty: 16M
		options []string
		most    int64
		unlink  bool
		meta    bool
		names   int
		found   bool
		want    string // empty: decided
	}{
		"freed":        {reserve: "0", unlink: true, names: names, found: true},
		"kept":         {reserve: "0", names: names},
		"root's share": {reserve: "0", options: []string{"-m", "20"}, names: names},
		"a reserve":    {reserve: "64", names: names, want: "bytes are free"},
		"few inodes":   {reserve: "0", options: []string{"-N", "32"}},
		"not filled":   {reserve: "0", most: 1 << 20, options: []string{"-N", "32"}, size: "64M", want: "the limit"},
		"metadata":     {reserve: "0", names: names, meta: true, want: "file system's own"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := ext4(t, cmp.Or(tt.size, "16M"), tt.reserve, tt.options...)
			path, block := victim(t, dir)
			if a := do(Request{Do: Fill, Path: filepath.Join(dir, "ballast"), Dir: dir, Names: tt.names, Keep: 1 << 20, Most: tt.most}); a.Failed != "" {
				t.Fatal(a.Failed)
			}
			if tt.unlink {
				os.Remove(path)
				syncfs(t, dir) // ext4 gives it away after the commit only
			}
			if tt.meta {
				block = 4096 // group descriptors
			}
			a := do(Request{Do: Seek, Path: filepath.Join(dir, "new"), Dir: dir, Names: tt.names, Pages: 1, Block: block, Once: true})
			t.Logf("%+v", a)
			if a.Failed != "" || a.Found != tt.found || a.Undecided == "" != (tt.want == "") || !strings.Contains(a.Undecided, tt.want) {
				t.Errorf("%+v, want %+v", a, tt)
			}
			if list, err := os.ReadDir(dir); err != nil || len(list) > tt.names+5 {
				t.Errorf("%d files are left, %v", len(list), err)
			}
		})
	}
}

func TestCount(t *testing.T) {
	dir := ext4(t, "16M", "0")
	before := do(Request{Do: Count, Dirs: []string{dir}})
	victim(t, dir)
	after := do(Request{Do: Count, Dirs: []string{dir}})
	if before.Failed != "" || after.Failed != "" || before.Free+before.Used != after.Free+after.Used || after.Used-before.Used != int64(os.Getpagesize()) {
		t.Errorf("%+v, %+v", before, after)
	}
}
