package pmem

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInfoJSON(t *testing.T) {
	in := Info{Backing: DAXFile, Path: "/mnt/pmem/r", FileSystem: "xfs", Size: 4096, Flush: CLWB, PageCopy: NTStore, MapSync: true, HugeNote: "n"}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"backing":"dax-file","path":"/mnt/pmem/r","filesystem":"xfs","size":4096,"flush":"clwb","pageCopy":"nt-store",` +
		`"mapSync":true,"hugePages":false,"hugeNote":"n","populated":false}`
	if string(text) != want {
		t.Errorf("JSON is %s\nwant    %s", text, want)
	}
	var out Info
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("read back as %+v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"flush":"wish"}`), &out); err == nil {
		t.Error("an unknown write-back was read")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Memfd.String(), "memfd"}, {File.String(), "file"}, {DAXFile.String(), "dax-file"}, {DevDAX.String(), "devdax"},
		{CLWB.String(), "clwb"}, {CLFLUSHOPT.String(), "clflushopt"}, {CLFLUSH.String(), "clflush"},
		{Msync.String(), "msync"}, {Portable.String(), "none(portable)"},
		{NTStore.String(), "nt-store"}, {CopyFlush.String(), "copy+flush"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q: results name it so", c.got, c.want)
		}
	}
}

// TestDetect holds CPUID against what the kernel read from it.
func TestDetect(t *testing.T) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	_, flags, ok := strings.Cut(string(text), "\nflags")
	if !ok || Detect().PageCopy != NTStore {
		t.Skip("not an amd64 build: the portable path is in use")
	}
	flags, _, _ = strings.Cut(flags, "\n")
	has := func(flag string) bool { return strings.Contains(flags+" ", " "+flag+" ") }
	p := Detect()
	if p.CLWB != has("clwb") || p.CLFLUSHOPT != has("clflushopt") || p.CLFLUSH != has("clflush") {
		t.Errorf("Detect = %+v, /proc/cpuinfo says %s", p, flags)
	}
	for _, c := range []struct {
		p    Processor
		want WriteBack
	}{
		{Processor{CLWB: true, CLFLUSHOPT: true, CLFLUSH: true}, CLWB}, {Processor{CLFLUSHOPT: true, CLFLUSH: true}, CLFLUSHOPT},
		{Processor{CLFLUSH: true}, CLFLUSH}, {Processor{}, Portable},
	} {
		if got := c.p.best(); got != c.want {
			t.Errorf("%+v: best is %s, want %s", c.p, got, c.want)
		}
	}
}

func TestPMDMapped(t *testing.T) {
	const smaps = `70000000-70400000 rw-s 00000000 00:01 1029  /memfd:daxbench (deleted)
Size:               4096 kB
ShmemPmdMapped:     2048 kB
FilePmdMapped:         0 kB
VmFlags: rd wr sh mr mw me ms
70800000-70c00000 rw-s 00000000 00:01 1030  /memfd:other: odd-name (deleted)
ShmemPmdMapped:     4096 kB
FilePmdMapped:      2048 kB
`
	for addr, want := range map[uintptr]int{0x70000000: 2048, 0x70800000: 6144, 0x70400000: 0, 0x7000000: 0} {
		if got := pmdMapped(smaps, addr); got != want {
			t.Errorf("at %#x: %d kB, want %d", addr, got, want)
		}
	}
}

func TestHugeNote(t *testing.T) {
	for setting, want := range map[string]string{
		"always within_size advise [never] deny force\n": "not allowed",
		"always within_size advise never [deny] force\n": "not allowed",
		"always within_size [advise] never deny force\n": "advised",
		"[always] within_size advise never deny force\n": "advised",
		"": "none",
	} {
		h := linux()
		h.sys = t.TempDir()
		dir := filepath.Join(h.sys, "kernel/mm/transparent_hugepage")
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "shmem_enabled"), []byte(setting), 0o600)); err != nil {
			t.Fatal(err)
		}
		inUse, got := h.hugePages(Memfd, make([]byte, 1))
		if inUse || !strings.HasPrefix(got, want) {
			t.Errorf("shmem_enabled %q: %v, %q, want %q", setting, inUse, got, want)
		}
	}
}
