package debian

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files lists what is in a folder, with what is in each.
func files(t testing.TB, dir string) string {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		b.WriteString(name + ": " + strings.TrimSpace(string(text)) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUnpack(t *testing.T) {
	const release = "6.18.0-dirty"
	for _, ext := range []string{"", ".gz", ".zst"} {
		p := kernelDeb(release)
		p.ext = ext
		cache := t.TempDir()
		tree, err := Unpack(context.Background(), cache, p.put(t))
		if err != nil {
			t.Fatalf("%q: %v", ext, err)
		}
		dir := filepath.Dir(filepath.Dir(tree.Image))
		const want = `boot/config-6.18.0-dirty: CONFIG_FS_DAX=y
boot/vmlinuz-6.18.0-dirty: image
lib/modules/6.18.0-dirty/kernel/fs/xfs/xfs.ko.xz: xfs
lib/modules/6.18.0-dirty/modules.builtin: kernel/fs/ext4/ext4.ko
package: linux-image-6.18.0-dirty 1.0-1
`
		if got := files(t, dir); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", ext, got, want)
		}
		wantTree := Tree{Image: dir + "/boot/vmlinuz-" + release, Modules: dir + "/lib/modules/" + release,
			Config: dir + "/boot/config-" + release, Release: release, Package: "linux-image-6.18.0-dirty 1.0-1"}
		if *tree != wantTree {
			t.Errorf("got %+v, want %+v", *tree, wantTree)
		}
	}
}

// TestUnpackSplit puts together what is one kernel in four packages, as since 6.19.
func TestUnpackSplit(t *testing.T) {
	const release = "7.3.4+deb13-cloud-amd64"
	part := func(kind string) *packed {
		return &packed{name: "linux-" + kind + "-" + release, version: "7.3.4-1", arch: "amd64", text: map[string]string{}}
	}
	in := "./usr/lib/modules/" + release
	debs := []string{
		part("image").folder("./").put(t),
		part("base").file(in+"/config", "c").file(in+"/modules.builtin", "b").put(t),
		part("binary").file(in+"/vmlinuz", "image").put(t),
		part("modules").file(in+"/kernel/fs/xfs/xfs.ko", "xfs").put(t),
	}
	tree, err := Unpack(context.Background(), t.TempDir(), debs...)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Release != release || tree.Package != "linux-binary-"+release+" 7.3.4-1" || filepath.Base(tree.Config) != "config" ||
		!strings.HasSuffix(tree.Image, "lib/modules/"+release+"/vmlinuz") {
		t.Errorf("%+v", tree)
	}
}

// TestUnpackAgain finds a tree by what is in the packages, and takes no other for it.
func TestUnpackAgain(t *testing.T) {
	cache := t.TempDir()
	p := kernelDeb("6.18.0")
	first, err := Unpack(context.Background(), cache, p.put(t))
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(filepath.Dir(first.Image), "mark")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Unpack(context.Background(), cache, p.put(t))
	if err != nil || *again != *first || existing(mark) == "" {
		t.Errorf("the same bytes: %+v, %v", again, err)
	}
	p.text["./boot/vmlinuz-6.18.0"] = "other" // a build of the next commit, of the same name and version
	other, err := Unpack(context.Background(), cache, p.put(t))
	if err != nil || other.Image == first.Image {
		t.Errorf("other bytes: %+v, %v", other, err)
	}
}

// TestUnpackRefuses gives it what no honest package is. Nothing may be left of it, in the cache or elsewhere.
func TestUnpackRefuses(t *testing.T) {
	honest := func() *packed { return kernelDeb("6.18.0") }
	modules := "./lib/modules/6.18.0/"
	deb := func(p *packed) [][]byte { return [][]byte{p.bytes(t)} }
	size := func(text string) [][]byte { // of the first member
		data := honest().bytes(t)
		copy(data[8+48:], text)
		return [][]byte{data}
	}
	whole := honest().bytes(t)
	wrongArch := honest()
	wrongArch.arch = "arm64"
	terminal := honest()
	terminal.name = "linux-\x1b[31m"
	for name, tt := range map[string]struct {
		debs [][]byte
		want string
	}{
		"nothing":                {[][]byte{{}}, "not a .deb file"},
		"text":                   {[][]byte{[]byte("hello")}, "not a .deb file"},
		"an empty ar":            {[][]byte{[]byte("!<arch>\n")}, "cut off"},
		"cut off in the data":    {[][]byte{whole[:len(whole)-9]}, "cut off"},
		"cut off in the control": {[][]byte{whole[:100]}, "cut off"},
		"a size below zero":      {size("-60       "), "cut off, or damaged"},
		"a size beyond the end":  {size("999999999 "), "cut off, or damaged"},
		"a size in letters":      {size("ten       "), "Size"},
		"a damaged part":         {[][]byte{bytes.Replace(whole, []byte{0x1f, 0x8b}, []byte{0, 0}, 2)}, "gzip"},
		"another machine's":      {deb(wrongArch), `"arm64"`},
		"a name for terminals":   {deb(terminal), "does not say what it is"},
		"a name that goes up":    {deb(honest().file("../escape", "x")), "leads elsewhere"},
		"up and back":            {deb(honest().file("./boot/../boot/vmlinuz-6.18.1", "x")), "leads elsewhere"},
		"a name from the root":   {deb(honest().file("/escape", "x")), "leads elsewhere"},
		"a line in a name":       {deb(honest().file(modules+"a\nb", "x")), "leads elsewhere"},
		"a link for a module":    {deb(honest().link(modules+"kernel/x.ko", "/etc/passwd")), "not a plain file"},
		"a link for a folder":    {deb(honest().link(modules+"kernel", "/tmp").file(modules+"kernel/x.ko", "x")), "not a plain file"},
		"a link for the image":   {deb(honest().link("./boot/vmlinuz-6.18.1", "vmlinuz-6.18.0")), "not a plain file"},
		"a hard link": {deb(honest().entry(tar.Header{Name: modules + "x.ko", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"})),
			"not a plain file"},
		"a device":                  {deb(honest().entry(tar.Header{Name: modules + "x.ko", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3})), "not a plain file"},
		"a file twice":              {deb(honest().file("./boot/vmlinuz-6.18.0", "again")), "there twice"},
		"a file twice, by /usr":     {deb(honest().file("./usr/lib/modules/6.18.0/a", "1").file("./lib/modules/6.18.0/a", "2")), "there twice"},
		"a file below a file":       {deb(honest().file(modules+"a", "1").file(modules+"a/b", "2")), "below what is a file"},
		"a release that is a trap":  {deb(honest().file("./lib/modules/-rf/x.ko", "1")), "no name of a kernel's release"},
		"a release that is no one":  {deb(honest().file("./lib/modules/$HOME/x.ko", "1")), "no name of a kernel's release"},
		"two kernels":               {[][]byte{whole, kernelDeb("6.18.1").bytes(t)}, "several vmlinuz"},
		"the same one twice":        {[][]byte{whole, whole}, "there twice"},
		"no kernel":                 {deb((&packed{name: "hello", version: "1", arch: "all", text: map[string]string{}}).file("./usr/bin/hello", "x")), "no vmlinuz"},
		"modules of another kernel": {deb((&packed{name: "hello", version: "1", arch: "all", text: map[string]string{}}).file("./boot/vmlinuz-6.1", "x").file("./lib/modules/6.2/x.ko", "x")), "image is of 6.1 and the modules are of 6.2"},
	} {
		outer := t.TempDir()
		cache := filepath.Join(outer, "cache")
		var names []string
		for _, d := range tt.debs {
			names = append(names, putFile(t, "x.deb", d))
		}
		tree, err := Unpack(context.Background(), cache, names...)
		if !errors.Is(err, ErrArchive) {
			t.Errorf("%s: %+v, %v", name, tree, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "x.deb") || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: got %q, want it to name the file and %q", name, err, tt.want)
		}
		if got := files(t, outer); got != "cache/.lock: \n" {
			t.Errorf("%s left\n%s", name, got)
		}
	}
	if tree, err := Unpack(context.Background(), t.TempDir(), "/nowhere.deb"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %+v, %v", tree, err)
	}
	if tree, err := Unpack(context.Background(), t.TempDir()); !errors.Is(err, ErrArchive) {
		t.Errorf("no packages: %+v, %v", tree, err)
	}
}

// TestUnpackBombs gives it archives that grow beyond what may come out of them, in files that are wanted and in ones that are not.
func TestUnpackBombs(t *testing.T) {
	for name, p := range map[string]*packed{
		"bytes":          kernelDeb("6.18.0").file("./lib/modules/6.18.0/x.ko", strings.Repeat("x", 1<<20)),
		"bytes, skipped": kernelDeb("6.18.0").file("./usr/share/x", strings.Repeat("x", 1<<20)),
	} {
		u := &unpacker{dir: t.TempDir(), limits: bounds{entries: 100, bytes: 100_000}}
		if _, _, err := u.unpack(context.Background(), p.put(t)); !errors.Is(err, ErrArchive) || !strings.Contains(err.Error(), errLarge.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	u := &unpacker{dir: t.TempDir(), limits: bounds{entries: 5, bytes: 100_000}}
	if _, _, err := u.unpack(context.Background(), kernelDeb("6.18.0").put(t)); !errors.Is(err, ErrArchive) || !strings.Contains(err.Error(), "more files") {
		t.Errorf("entries: %v", err)
	}
}

// TestUnpackStopped finds nothing half behind what was stopped, and sweeps what was killed.
func TestUnpackStopped(t *testing.T) {
	ctx, stop := context.WithCancelCause(context.Background())
	because := errors.New("enough")
	stop(because)
	cache := t.TempDir()
	deb := kernelDeb("6.18.0").put(t)
	if _, err := Unpack(ctx, cache, deb); !errors.Is(err, because) {
		t.Errorf("got %v", err)
	}
	killed := filepath.Join(cache, treesName, tempPrefix+"123")
	if err := os.MkdirAll(filepath.Join(killed, "boot"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(context.Background(), cache, deb); err != nil {
		t.Fatal(err)
	}
	if existing(killed) != "" {
		t.Error("what a killed process left is there still")
	}
}

// TestUnpackDamaged turns bits of a package over. Each is refused or taken, and none does anything else.
func TestUnpackDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	outer := t.TempDir()
	file, dir := filepath.Join(outer, "x.deb"), filepath.Join(outer, "tree")
	refused := 0
	for _, ext := range []string{"", ".gz", ".zst"} {
		p := kernelDeb("6.18.0")
		p.ext = ext
		whole := p.bytes(t)
		for range 100 {
			data := bytes.Clone(whole)
			at, bit := random.IntN(len(data)), byte(1)<<random.IntN(8)
			data[at] ^= bit
			if err := errors.Join(os.WriteFile(file, data, 0o644), os.RemoveAll(dir)); err != nil {
				t.Fatal(err)
			}
			u := &unpacker{dir: dir, limits: bounds{entries: 100, bytes: 1 << 20}}
			_, _, err := u.unpack(context.Background(), file)
			if err != nil {
				refused++
			}
			if err != nil && !errors.Is(err, ErrArchive) {
				t.Errorf("%q, byte %d ^ %#x: %v", ext, at, bit, err)
			}
			if left, _ := os.ReadDir(outer); len(left) > 2 {
				t.Errorf("%q, byte %d ^ %#x left %v", ext, at, bit, left)
			}
		}
	}
	if refused < 50 {
		t.Errorf("%d of 300 refused: that is too few", refused)
	}
}
