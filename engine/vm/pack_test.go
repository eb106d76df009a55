package vm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPack: files come back as they were; what is no file does not.
func TestPack(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"a": "old", "kept": "kept"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	os.MkdirAll(filepath.Join(dir, "b/empty"), 0o777)
	os.WriteFile(filepath.Join(dir, "a"), []byte("new"), 0o640)
	os.WriteFile(filepath.Join(dir, "b/c"), bytes.Repeat([]byte("c"), 1<<20), 0o666)
	os.Symlink("/etc/passwd", filepath.Join(dir, "link"))
	os.WriteFile(filepath.Join(dir, ".a123"), []byte("half"), 0o666)
	var b bytes.Buffer
	if err := pack(&b, dir); err != nil {
		t.Fatal(err)
	}
	if n, err := unpack(&b, out); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if got := files(t, out); got != "a b/c kept" {
		t.Errorf("got %s", got)
	}
	a, _ := os.ReadFile(filepath.Join(out, "a"))
	c, _ := os.ReadFile(filepath.Join(out, "b/c"))
	if string(a) != "new" || len(c) != 1<<20 {
		t.Errorf("a is %q, c has %d bytes", a, len(c))
	}
	if n, err := unpack(strings.NewReader(""), out); err != nil || n != 0 {
		t.Errorf("no results at all: %d, %v", n, err)
	}
}

// TestUnpackRefuses: of an archive that is damaged or leads elsewhere, nothing is left, here and there.
func TestUnpackRefuses(t *testing.T) {
	archive := func(headers ...*tar.Header) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for _, h := range headers {
			h.Mode = 0o666
			if err := w.WriteHeader(h); err != nil {
				t.Fatal(err)
			}
			w.Write(make([]byte, min(h.Size, 1000)))
		}
		w.Flush()
		z.Close()
		return b.Bytes()
	}
	file := func(name string) *tar.Header { return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 3} }
	whole := archive(file("good"))
	many := make([]*tar.Header, maxFiles+1)
	for i := range many {
		many[i] = file(strings.Repeat("x", i%100+1) + "/" + strings.Repeat("y", i/100+1))
	}
	for name, tt := range map[string]struct {
		packed []byte
		says   string
	}{
		"out of the folder": {archive(file("good"), file("../evil")), "no name of a file"},
		"absolute":          {archive(file("good"), file("/evil")), "no name of a file"},
		"a link":            {archive(file("good"), &tar.Header{Typeflag: tar.TypeSymlink, Name: "evil", Linkname: "/"}), "neither a file nor a folder"},
		"a device":          {archive(file("good"), &tar.Header{Typeflag: tar.TypeChar, Name: "evil"}), "neither a file nor a folder"},
		"twice the same":    {archive(file("good"), file("good")), "exists"},
		"a file in a file":  {archive(file("good"), file("good/evil")), "file exists"},
		"huge":              {archive(file("good"), &tar.Header{Typeflag: tar.TypeReg, Name: "evil", Size: maxUnpacked}), "more than 4 GiB"},
		"too many":          {archive(many...), "more than 1000 files"},
		"cut short":         {whole[:len(whole)-9], "unexpected EOF"},
		"no gzip":           {[]byte("hello, world"), "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			out := filepath.Join(parent, "out")
			os.Mkdir(out, 0o777)
			_, err := unpack(bytes.NewReader(tt.packed), out)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v; want %q", err, tt.says)
			}
			if got := files(t, parent); got != "" {
				t.Errorf("left: %s", got)
			}
		})
	}
}
