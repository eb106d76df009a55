package debian

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// A packed is a .deb file that a test makes.
type packed struct {
	name, version, arch string
	ext                 string // how its parts are compressed: "", .gz, .zst
	files               []tar.Header
	text                map[string]string // contents by name
}

// kernelDeb is an honest package of a kernel, as those up to 6.18 are.
func kernelDeb(release string) *packed {
	p := &packed{name: "linux-image-" + release, version: "1.0-1", arch: "amd64", ext: ".gz", text: map[string]string{}}
	p.folder("./").folder("./boot/")
	p.file("./boot/vmlinuz-"+release, "image").file("./boot/config-"+release, "CONFIG_FS_DAX=y\n").file("./boot/System.map-"+release, "symbols")
	p.folder("./usr/").folder("./usr/lib/").folder("./usr/lib/modules/")
	p.file("./usr/lib/modules/"+release+"/modules.builtin", "kernel/fs/ext4/ext4.ko\n")
	p.file("./usr/lib/modules/"+release+"/kernel/fs/xfs/xfs.ko.xz", "xfs")
	p.link("./usr/lib/modules/"+release+"/build", "/usr/src/linux")
	return p.file("./usr/share/doc/linux/copyright", "free").link("./usr/share/doc/linux/x", "/etc/passwd")
}

func (p *packed) file(name, text string) *packed {
	p.files = append(p.files, tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(text))})
	p.text[name] = text
	return p
}

func (p *packed) folder(name string) *packed {
	p.files = append(p.files, tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755})
	return p
}

func (p *packed) link(name, to string) *packed {
	p.files = append(p.files, tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to})
	return p
}

func (p *packed) entry(h tar.Header) *packed {
	p.files = append(p.files, h)
	return p
}

// bytes is the .deb file: deb(5).
func (p *packed) bytes(t testing.TB) []byte {
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\nDescription: kernel\n longer\n", p.name, p.version, p.arch)
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	member(&b, "debian-binary", []byte("2.0\n"))
	c := &packed{ext: p.ext, text: map[string]string{}}
	member(&b, "control.tar"+p.ext, c.folder("./").file("./control", control).tar(t))
	member(&b, "data.tar"+p.ext, p.tar(t))
	return b.Bytes()
}

// member appends a member of an archive: ar(5).
func member(b *bytes.Buffer, name string, data []byte) {
	fmt.Fprintf(b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o100644, len(data))
	b.Write(data)
	if len(data)%2 == 1 {
		b.WriteByte('\n')
	}
}

func (p *packed) tar(t testing.TB) []byte {
	var b bytes.Buffer
	z := compressor(t, &b, p.ext)
	w := tar.NewWriter(z)
	for _, h := range p.files {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, p.text[h.Name]); err != nil && h.Typeflag == tar.TypeReg {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compressor(t testing.TB, w io.Writer, ext string) io.WriteCloser {
	switch ext {
	case "":
		return plainWriter{w}
	case ".gz":
		return gzip.NewWriter(w)
	case ".zst":
		z, err := zstd.NewWriter(w)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	t.Fatal(ext)
	return nil
}

type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

// put writes a package to a file and returns its name.
func (p *packed) put(t testing.TB) string {
	return putFile(t, strings.ReplaceAll(p.name, "/", "_")+".deb", p.bytes(t))
}

func putFile(t testing.TB, name string, data []byte) string {
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
