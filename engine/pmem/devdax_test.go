package pmem

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadDevDAX(t *testing.T) {
	const none = "-"
	for name, c := range map[string]struct {
		bus         string // what subsystem links to
		size, align string // contents of the two files
		want        devDAX
		ok          bool
	}{
		"usual":         {"../../bus/dax", "16909336576\n", "2097152\n", devDAX{16909336576, 2 << 20}, true},
		"hex":           {"../../bus/dax", "0x40000000", "0x40000000", devDAX{1 << 30, 1 << 30}, true},
		"no align":      {"../../bus/dax", "4194304\n", none, devDAX{4 << 20, 2 << 20}, true},
		"no size":       {"../../bus/dax", none, "2097152\n", devDAX{}, false},
		"zero size":     {"../../bus/dax", "0\n", "2097152\n", devDAX{}, false},
		"crooked align": {"../../bus/dax", "4194304\n", "12288\n", devDAX{}, false},
		"small align":   {"../../bus/dax", "4194304\n", "512\n", devDAX{}, false},
		"no number":     {"../../bus/dax", "big\n", "2097152\n", devDAX{}, false},
		"flash chip":    {"../../class/mtd", "4194304\n", "2097152\n", devDAX{}, false},
		"no bus":        {none, "4194304\n", "2097152\n", devDAX{}, false},
		"align torn":    {"../../bus/dax", "4194304\n", "\n", devDAX{}, false},
	} {
		sys := t.TempDir()
		dir := filepath.Join(sys, "dev/char/251:3")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if c.bus != none {
			if err := os.Symlink(c.bus, filepath.Join(dir, "subsystem")); err != nil {
				t.Fatal(err)
			}
		}
		for file, text := range map[string]string{"size": c.size, "align": c.align} {
			if text != none {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := readDevDAX(sys, unix.Mkdev(251, 3))
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestDevDAXFit(t *testing.T) {
	d := devDAX{size: 10<<20 + PageSize, align: 2 << 20}
	for _, c := range []struct{ want, size, length int64 }{
		{0, 10 << 20, 10 << 20},
		{PageSize, PageSize, 2 << 20},
		{4 << 20, 4 << 20, 4 << 20},
		{4<<20 + PageSize, 4<<20 + PageSize, 6 << 20},
		{10 << 20, 10 << 20, 10 << 20},
		{10<<20 + PageSize, 0, 0},
	} {
		size, length, err := d.fit(c.want)
		if size != c.size || length != c.length || (err == nil) != (c.size > 0) || err != nil && !errors.Is(err, ErrTooSmall) {
			t.Errorf("fit(%d) = %d, %d, %v, want %d, %d", c.want, size, length, err, c.size, c.length)
		}
	}
}

// TestOpenDevDAX stands a plain file in for the node: all but the device itself is real.
func TestOpenDevDAX(t *testing.T) {
	if Detect().Flush == Portable {
		t.Skip("this processor cannot write lines back")
	}
	const size = 4 << 20
	sys := t.TempDir()
	dir := filepath.Join(sys, "dev/char/0:0") // a plain file's Rdev
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Symlink("/sys/bus/dax", filepath.Join(dir, "subsystem")),
		os.WriteFile(filepath.Join(dir, "size"), []byte("4194304\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		head string
		at   int64
		want error
	}{
		"zeros":          {"", 0, nil},
		"region":         {Magic, 0, nil},
		"data":           {"x", 100, ErrNotRegion},
		"last of head":   {"x", devDAXHead - 1, ErrNotRegion},
		"beyond head":    {"x", devDAXHead, nil},
		"magic no start": {Magic, 8, ErrNotRegion},
	} {
		path := filepath.Join(t.TempDir(), "node")
		data := make([]byte, size)
		copy(data[c.at:], c.head)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		h := linux()
		h.sys = sys
		r, err := h.openDevDAX(Options{Path: path, Size: size - PageSize, Populate: true})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil {
			if info := r.Info(); info.Backing != DevDAX || info.Size != size-PageSize || len(r.root.mem) != size || info.Flush != Detect().Flush {
				t.Errorf("%s: Info = %+v with %d bytes mapped", name, info, len(r.root.mem))
			}
			if _, err := h.openDevDAX(Options{Path: path}); !errors.Is(err, ErrBusy) {
				t.Errorf("%s: second open: %v, want ErrBusy", name, err)
			}
			r.Close()
		}
		if got, _ := os.ReadFile(path); string(got) != string(data) {
			t.Errorf("%s: the device's bytes have changed", name)
		}
	}
}
