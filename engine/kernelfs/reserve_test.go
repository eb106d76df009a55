package kernelfs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/proc"
)

// TestReserve has ext4's reserve be away while we are there, also behind a new mount, and be put back by us or by who comes
// after us.
func TestReserve(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "sys/fs/ext4/pmem0/reserved_clusters")
	put := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(want string) {
		t.Helper()
		if text, err := os.ReadFile(path); err != nil || strings.TrimSpace(string(text)) != want {
			t.Errorf("the reserve is %q, %v; want %s", text, err, want)
		}
	}
	maker := func() *Maker {
		return &Maker{sys: proc.FS{Root: root}, can: aide.Answer{DAX: true}, home: t.TempDir(), mount: proc.Mount{Type: "ext4", Source: "/dev/pmem0"}}
	}
	put("4096\n")
	m := maker()
	if err := m.dropReserve(); err != nil || m.reserved == nil || *m.reserved != 4096 {
		t.Errorf("%v, %v", m.reserved, err)
	}
	holds("0")
	put("2048\n")
	if err := m.keepReserveAway(); err != nil {
		t.Error(err)
	}
	holds("0")
	if heir := maker(); heir.dropReserve() != nil || heir.reserved != nil {
		t.Error("a reserve of 0 is to be put back")
	} else if heir.putBack(4096); heir.notes != nil {
		t.Error(heir.notes)
	}
	holds("4096")
	put("0\n") // as daxbench vm leaves it, but not a new mount
	heir := maker()
	heir.dropReserve()
	put("2048\n")
	if err := heir.keepReserveAway(); err != nil {
		t.Error(err)
	}
	holds("0")
	m.setReserve(0)
	m.restoreReserve()
	holds("4096")
	put("much")
	if m := maker(); m.dropReserve() != nil || m.reserved != nil || len(m.notes) != 1 || !strings.Contains(m.notes[0], "ext4's reserve cannot be set to 0") {
		t.Errorf("%v, %q", m.reserved, m.notes)
	}
	os.Remove(path)
	if m := maker(); m.dropReserve() != nil || m.reserved != nil || len(m.notes) != 1 || m.unset != m.notes[0] {
		t.Errorf("%v, %q", m.reserved, m.notes)
	}
}

// TestReservePath: the kernel names what is mounted by another name.
func TestReservePath(t *testing.T) {
	root := t.TempDir()
	m := &Maker{sys: proc.FS{Root: root}, mount: proc.Mount{Type: "ext4", Source: "/dev/mapper/x", Dev: "253:7"}}
	if err := errors.Join(
		os.MkdirAll(filepath.Join(root, "sys/devices/virtual/block/dm-7"), 0o755),
		os.MkdirAll(filepath.Join(root, "sys/dev/block"), 0o755),
		os.Symlink("../../devices/virtual/block/dm-7", filepath.Join(root, "sys/dev/block/253:7")),
	); err != nil {
		t.Fatal(err)
	}
	if got, want := m.reservePath(), filepath.Join(root, "sys/fs/ext4/dm-7/reserved_clusters"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	m.mount.Dev = "1:1" // of a btrfs, say
	if got, want := m.reservePath(), filepath.Join(root, "sys/fs/ext4/x/reserved_clusters"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestReserveOfXFS: another file system does not know the request.
func TestReserveOfXFS(t *testing.T) {
	m := home(t)
	if m.kernel.FS == "xfs" {
		t.Skip("the temporary directory is on xfs")
	}
	for _, task := range []aide.Task{aide.Reserve, aide.SetReserve} {
		if _, err := m.aides.ask(aide.Request{Do: task, Path: m.dir, Blocks: 1}, aideLimit, nil); err == nil || !strings.Contains(err.Error(), "ioctl") {
			t.Errorf("%s: %v", task, err)
		}
	}
}
