package initramfs

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// module is a module with these fields.
func module(t testing.TB, fields ...string) []byte {
	return fakeELF{modinfo: append(fields, "license=GPL")}.bytes(t)
}

func gz(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(data, nil)
}

// xzModule is module(t, "depends=gz-mod") by xz --check=crc32 --lzma2=dict=1MiB, as the kernel's makefile calls it.
const xzModule = `
/Td6WFoAAAFpIt42AgAhARAAAACocI6G4AEuAGddAD+RRYRoPYmm2orhgzJO8e3wjS0jxfkpq7nF0tmozSnDVlV8rK3v4zrRQehy
eLqSF1KZjw8L8jf5Sbftk6tzCiNQkmsvxefr5v1trR2zOiSzMkruLfIMSGSsf/IM82EudUd09O4+UAAAAD6zpOQAAX+vAgAAAAWr
X2E+MA2LAgAAAAABWVo=`

func unbase64(t testing.TB, text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// kernelDir is a folder of modules: fs needs bus-core and crc; crc is built in; packed needs a chain through each compression.
func kernelDir(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "lib", "modules", "6.18.0")
	for name, data := range map[string][]byte{
		"modules.builtin":            []byte("kernel/lib/crc.ko\nkernel/mm/built-in.ko\n"),
		"modules.order":              []byte("kernel/fs/fs.ko\n"),
		"kernel/fs/fs.ko":            module(t, "name=fs", "depends=bus-core,crc", "softdep=pre: helper missing post: later"),
		"kernel/drivers/bus_core.ko": module(t, "depends="),
		"kernel/drivers/helper.ko":   module(t, "depends=bus_core"),
		"kernel/drivers/later.ko":    module(t, "depends="),
		"kernel/drivers/bus-user.ko": module(t, "depends=bus-core"),
		"kernel/packed.ko.zst":       zst(t, module(t, "depends=xz_mod")),
		"kernel/xz-mod.ko.xz":        unbase64(t, xzModule),
		"kernel/gz_mod.ko.gz":        gz(t, module(t, "depends=")),
		"kernel/orphan.ko":           module(t, "depends=lost"),
		"kernel/snake.ko":            module(t, "depends=tail"),
		"kernel/tail.ko":             module(t, "depends=snake"),
		"kernel/soft_a.ko":           module(t, "softdep=pre: soft_b"),
		"kernel/soft_b.ko":           module(t, "softdep=pre: soft_a"),
		"kernel/text.ko":             []byte("no module"),
		"kernel/program.ko":          fakeELF{}.bytes(t),
		"kernel/torn.ko.gz":          gz(t, module(t, "depends="))[:30],
		"kernel/torn2.ko.xz":         unbase64(t, xzModule)[:60],
		"kernel/torn3.ko.zst":        zst(t, module(t, "depends="))[:20],
		"kernel/notes.ko.txt":        []byte("no module"),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/", filepath.Join(dir, "build")); err != nil { // to where it was made
		t.Fatal(err)
	}
	return dir
}

func TestModules(t *testing.T) {
	dir := kernelDir(t)
	for wanted, want := range map[string]string{
		"fs":                 "bus_core helper fs",
		"fs bus-user":        "bus_core helper fs bus_user",
		"bus_user bus-core":  "bus_core bus_user",
		"bus-core later":     "bus_core later", // each once, in the order in which they were wanted
		"later bus_core":     "later bus_core",
		"crc built_in":       "",
		"packed":             "gz_mod xz_mod packed",
		"soft_a":             "soft_b soft_a", // helpers may help each other
		"later | fs":         "later bus_core helper fs",
		"later | gone crc":   "later",
		" | built-in helper": "bus_core helper",
	} {
		load, optional, _ := strings.Cut(wanted, "|")
		tree := tree{}
		if err := tree.putModules(dir, strings.Fields(load), strings.Fields(optional)); err != nil {
			t.Errorf("%s: %v", wanted, err)
			continue
		}
		var got []string
		for line := range strings.Lines(content(t, tree, ModuleList)) {
			file := strings.TrimSpace(line)
			name := strings.TrimSuffix(filepath.Base(file), ".ko")
			if filepath.Dir(file) != "/lib/modules/6.18.0" || !strings.HasPrefix(content(t, tree, file), "\x7fELF") {
				t.Errorf("%s: %s is no plain module", wanted, file)
			}
			got = append(got, name)
		}
		if !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: got %s, want %s", wanted, got, want)
		}
	}
}

// content is what a file in the tree holds, nothing if it is not there.
func content(t testing.TB, tree tree, name string) string {
	r, ok := tree[name[1:]]
	if !ok {
		return ""
	}
	data := make([]byte, r.FileSize)
	if _, err := r.ReadAt(data, 0); err != nil && r.FileSize > 0 {
		t.Fatal(err)
	}
	return string(data)
}

func TestModulesThatAreNot(t *testing.T) {
	dir := kernelDir(t)
	for name, want := range map[string]struct {
		err   error
		texts []string
	}{
		"gone":    {ErrModule, []string{"gone: ", dir, "not built in"}},
		"orphan":  {ErrModule, []string{"lost, which orphan needs"}},
		"snake":   {ErrDamaged, []string{"snake", "by way of tail"}},
		"text":    {ErrDamaged, []string{"text.ko"}},
		"program": {ErrDamaged, []string{"program.ko", ".modinfo"}},
		"torn":    {ErrDamaged, []string{"torn.ko.gz"}},
		"torn2":   {ErrDamaged, []string{"torn2.ko.xz"}},
		"torn3":   {ErrDamaged, []string{"torn3.ko.zst"}},
		"notes":   {ErrModule, []string{"notes"}},
	} {
		err := tree{}.putModules(dir, []string{name}, nil)
		if !errors.Is(err, want.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, text := range want.texts {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %q does not say %q", name, err, text)
			}
		}
		if err := (tree{}).putModules(dir, nil, []string{name}); want.err == ErrDamaged && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s, as an optional one: %v", name, err)
		}
	}
	if err := (tree{}).putModules(filepath.Join(dir, "nowhere"), []string{"fs"}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "modules.builtin")); err != nil {
		t.Fatal(err)
	}
	if err := (tree{}).putModules(dir, []string{"gone", "bus_core"}, nil); err != nil {
		t.Errorf("it may be built in: %v", err)
	}
	if err := (tree{}).putModules(dir, []string{"orphan"}, nil); !errors.Is(err, ErrModule) {
		t.Errorf("no module depends on what is built in: %v", err)
	}
	none := tree{}
	if err := none.putModules("", []string{"fs"}, []string{"crc"}); err != nil || len(none) != 0 {
		t.Errorf("a kernel that has all built in: %v, %v", err, none)
	}
}
