package vm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// realKernel is an environment variable that names a kernel to boot, IMAGE:MODULES, and with it asks for tests that take some
// twenty seconds.
const realKernel = "DAXBENCH_VM_KERNEL"

// inGuest is the first argument of the command that TestReal runs: this test program again.
const inGuest = "in-guest"

// look is that command. What it finds it leaves as files.
func look(targets string) int {
	fmt.Println(targets)
	fmt.Fprintln(os.Stderr, "looking")
	for _, name := range []string{"/proc/mounts", factsPath, "/proc/cmdline", Work + "/note.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		os.WriteFile(filepath.Join(Out, filepath.Base(name)), text, 0o666)
	}
	for target := range strings.SplitSeq(targets, ",") {
		dir := strings.TrimPrefix(target, "dir:")
		name := filepath.Join(dir, "file")
		os.WriteFile(name, bytes.Repeat([]byte("x"), 4096), 0o666)
		var st unix.Statx_t
		err := unix.Statx(unix.AT_FDCWD, name, 0, unix.STATX_BASIC_STATS, &st)
		os.WriteFile(filepath.Join(Out, filepath.Base(dir)), fmt.Appendf(nil, "%v %v", err, st.Attributes&unix.STATX_ATTR_DAX != 0), 0o666)
	}
	// A megabyte that gzip makes no smaller: the line is what takes time.
	noise, _ := os.ReadFile("/proc/self/exe")
	os.WriteFile(filepath.Join(Out, "noise"), noise[:1<<20], 0o666)
	return 5
}

// TestReal boots a real kernel: file systems are mounted, with DAX where it was asked for, and all that is said and left comes over.
func TestReal(t *testing.T) {
	image, modules, _ := strings.Cut(os.Getenv(realKernel), ":")
	if image == "" {
		t.Skip(realKernel + " names no kernel: IMAGE:MODULES")
	}
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	m := Machine{FS: FileSystemNames(), Files: map[string][]byte{Work + "/note.txt": []byte("a note")}, Limit: 5 * time.Minute}
	r, err := Run(t.Context(), Kernel{Label: "real", Image: image, Modules: modules, Package: "linux 1"}, m, []string{inGuest, Mounts}, &stdout, &stderr, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s under %s: %v here, %v there\n%s", r.Release, r.Accel, r.Host, r.Guest, stderr.String())
	if r.Status != 5 || !strings.Contains(stderr.String(), "looking\n") {
		t.Errorf("status %d, stderr %q", r.Status, stderr.String())
	}
	if want := "dir:/mnt/ext4,dir:/mnt/ext4-nodax,dir:/mnt/xfs,dir:/mnt/xfs-nodax"; !strings.HasPrefix(stdout.String(), want) {
		t.Errorf("stdout %q", stdout.String())
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	if strings.Contains(stdout.String(), "xfs-reflink") {
		t.Logf("xfs-reflink: error, DAX: %s", read("xfs-reflink"))
	}
	for name, want := range map[string]string{"ext4": "<nil> true", "xfs": "<nil> true", "ext4-nodax": "<nil> false", "xfs-nodax": "<nil> false", "note.txt": "a note"} {
		if got := read(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var f facts
	if err := json.Unmarshal([]byte(read(filepath.Base(factsPath))), &f); err != nil || f.Clock != clock(r.Accel) || f.Package != "linux 1" {
		t.Errorf("%+v, %v", f, err)
	}
	if got := len(read("noise")); got != 1<<20 {
		t.Errorf("%d bytes of noise", got)
	}
}

// TestRealNothing: without its modules a kernel may have no pmem, and then there is no file system.
func TestRealNothing(t *testing.T) {
	image, _, _ := strings.Cut(os.Getenv(realKernel), ":")
	if image == "" {
		t.Skip(realKernel + " names no kernel: IMAGE:MODULES")
	}
	m := Machine{Accel: Counted, FS: []string{"ext4"}, Limit: 5 * time.Minute}
	_, err := Run(t.Context(), Kernel{Label: "real", Image: image}, m, []string{inGuest}, &bytes.Buffer{}, &bytes.Buffer{}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), errNothing.Error()) {
		t.Error(err)
	}
}
