package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"daxbench/engine/vm/line"
	"daxbench/engine/vm/vmtest"
)

// A fake is a QEMU that can be booted.
type fake struct {
	*vmtest.Fake
	t *testing.T
}

func newFake(t *testing.T, body string) *fake { return &fake{vmtest.QEMU(t, body), t} }

// says puts what a guest says into the file frames.
func (f *fake) says(frames ...line.Frame) { f.File("frames", vmtest.Written(f.t, frames...)) }

// booted is what a boot came to.
type booted struct {
	result              *Result
	stdout, stderr, out string
}

// boot runs the fake.
func (f *fake) boot(m Machine) (b booted, err error) {
	f.t.Helper()
	var o, e bytes.Buffer
	b.out = f.t.TempDir()
	// What is left in a folder for temporary files is found below.
	tmp := f.t.TempDir()
	f.t.Setenv("TMPDIR", tmp)
	k := Kernel{Name: "fake", Label: "fake", Image: f.Image}
	b.result, err = Run(f.t.Context(), k, m, []string{"litmus"}, &o, &e, b.out)
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		f.t.Errorf("left behind: %v", left)
	}
	b.stdout, b.stderr = o.String(), e.String()
	return b, err
}

// goodGuest is what a guest says whose command ends with a status.
func goodGuest(t testing.TB, status int) []line.Frame {
	return vmtest.Guest(t, status, "table\n", "warning\n", map[string]string{"kernels.json": "{}", "charts/a.png": "png"})
}

// files lists what is in a folder.
func files(t *testing.T, dir string) string {
	var names []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func TestRun(t *testing.T) {
	f := newFake(t, `printf '[ 1.0] Linux\r\n' >&3; cat $D/frames >&4; printf 'bye' >&3`)
	f.says(goodGuest(t, 3)...)
	var console bytes.Buffer
	b, err := f.boot(Machine{Accel: Counted, Console: &console})
	if err != nil {
		t.Fatal(err)
	}
	r := b.result
	if r.Status != 3 || r.Accel != Counted || r.Release != "6.1-fake" || r.Guest != 5*time.Second || r.Host <= 0 || r.Console != "[ 1.0] Linux\nbye" || console.String() != r.Console {
		t.Errorf("%+v, console %q", r, console.String())
	}
	if b.stdout != "table\n" || b.stderr != "warning\n" {
		t.Errorf("stdout %q, stderr %q", b.stdout, b.stderr)
	}
	if got := files(t, b.out); got != "charts/a.png kernels.json" {
		t.Errorf("results: %s", got)
	}
	if !strings.Contains(f.Calls()[0], "-icount") {
		t.Errorf("called: %q", f.Calls())
	}
}

// TestRunStreams: what a guest says is passed on while it runs.
func TestRunStreams(t *testing.T) {
	f := newFake(t, `cat $D/first >&4; until [ -e $D/heard ]; do sleep 0.01; done; cat $D/rest >&4`)
	all := goodGuest(t, 0)
	whole := vmtest.Written(t, all...)
	first := len(vmtest.Written(t, all[:3]...))
	f.File("first", whole[:first])
	f.File("rest", whole[first:])
	stdout := writerFunc(func(b []byte) { f.File("heard", b) })
	if _, err := Run(t.Context(), Kernel{Image: f.Image}, Machine{Accel: TCG, Limit: 20 * time.Second}, nil, stdout, stdout, t.TempDir()); err != nil {
		t.Error(err)
	}
}

type writerFunc func(b []byte)

func (w writerFunc) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// TestRunDies: guests that do not end well, and what is said of them.
func TestRunDies(t *testing.T) {
	defer func(l limits) { hostLimits = l }(hostLimits)
	good := goodGuest(t, 0)
	for _, tt := range []struct {
		name, body string
		frames     []line.Frame
		limits     limits
		machine    Machine
		says       []string
		came       bool
		stdout     string
	}{
		{name: "QEMU refuses", body: `echo "qemu: no such machine" >&2; exit 1`, says: []string{"did not come up: qemu: no such machine"}},
		{name: "panic while booting", body: `printf '[ 1.5] x\r\n[ 1.6] Kernel panic - not syncing: No working init found.\r\n' >&3`,
			says: []string{"did not come up: Kernel panic - not syncing: No working init found.", "[ 1.5] x"}},
		{name: "panic later", body: `cat $D/frames >&4; printf '[ 9.9] Oops\n[ 9.9] Kernel panic - not syncing: Fatal exception\n' >&3`, frames: good[:3], came: true,
			stdout: "table\n", says: []string{"died before its command had ended: Kernel panic - not syncing: Fatal exception"}},
		{name: "triple fault", body: `cat $D/frames >&4`, frames: good[:2], came: true, says: []string{"died before its command had ended"}},
		{name: "nothing ever", body: `exec sleep 100`, limits: limits{boot: 100 * time.Millisecond, goodbye: time.Second}, says: []string{"its first process did not report within 100ms"}},
		{name: "hangs later", body: `cat $D/frames >&4; sleep 100`, frames: good[:3], machine: Machine{Limit: 2 * time.Second}, came: true, stdout: "table\n",
			says: []string{"no end within 2s of host time"}},
		{name: "a child of it lives on", body: `cat $D/frames >&4; sleep 100 & exit 3`, frames: good[:1], limits: limits{boot: time.Minute, goodbye: time.Second}, came: true,
			says: []string{"died before"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hostLimits = tt.limits
			if hostLimits == (limits{}) {
				hostLimits = limits{boot: time.Minute, goodbye: time.Second}
			}
			f := newFake(t, tt.body)
			f.says(tt.frames...)
			tt.machine.Accel = Counted
			began := time.Now()
			b, err := f.boot(tt.machine)
			var boot *BootError
			if b.result != nil || !errors.As(err, &boot) || boot.Came != tt.came {
				t.Fatalf("%+v, %v", b.result, err)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q is not said in: %v", s, err)
				}
			}
			if got := files(t, b.out); got != "" || b.stdout != tt.stdout {
				t.Errorf("results: %s, stdout %q", got, b.stdout)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestRunTorn: a guest whose words did not all arrive.
func TestRunTorn(t *testing.T) {
	good := goodGuest(t, 0)
	whole := vmtest.Written(t, good...)
	cut := func(n int) []byte { // the n-th frame is missing
		at := len(vmtest.Written(t, good[:n]...))
		return append(bytes.Clone(whole[:at]), whole[at+len(vmtest.Written(t, good[n])):]...)
	}
	for _, tt := range []struct {
		name    string
		stream  []byte
		results bool
		left    string
	}{
		{"output is missing", cut(2), false, "charts/a.png kernels.json"},
		{"results are missing", cut(3), true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, `cat $D/frames >&4`)
			f.File("frames", tt.stream)
			b, err := f.boot(Machine{Accel: Counted})
			var torn *TornError
			if !errors.As(err, &torn) || torn.Results != tt.results || torn.Frames != 1 {
				t.Errorf("%v", err)
			}
			if got := files(t, b.out); got != tt.left {
				t.Errorf("results: %s", got)
			}
		})
	}
}

// TestRunOnTheWay: what a guest has sent before it dies is there, the last that is whole, and was from the moment on when it came.
func TestRunOnTheWay(t *testing.T) {
	good := goodGuest(t, 0)
	one := vmtest.Parcel(t, map[string]string{"kernels.json": "one"})
	two := vmtest.Parcel(t, map[string]string{"kernels.json": "two", "more/x": "x"})
	torn := []line.Frame{{Kind: line.Packed, Payload: []byte("torn")}, two[1]}
	for _, tt := range []struct {
		name   string
		frames []line.Frame
		left   string // and what is in kernels.json
	}{
		{"nothing", good[:3], ""},
		{"one", slices.Concat(good[:1], one), "kernels.json: one"},
		{"two", slices.Concat(good[:1], one, two), "kernels.json more/x: two"},
		{"half of the second", slices.Concat(good[:1], one, two[:1]), "kernels.json: one"},
		{"a torn one", slices.Concat(good[:1], one, torn), "kernels.json: one"},
		{"one after a torn one", slices.Concat(good[:1], torn, two), "kernels.json more/x: two"},
		{"half of the last", slices.Concat(good[:1], two, good[3:4]), "kernels.json more/x: two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, `cat $D/frames >&4`)
			f.says(tt.frames...)
			b, err := f.boot(Machine{Accel: Counted})
			var boot *BootError
			if !errors.As(err, &boot) || !boot.Came || (b.result != nil) != (tt.left != "") {
				t.Errorf("%+v, %v", b.result, err)
			}
			got := files(t, b.out)
			if text, err := os.ReadFile(filepath.Join(b.out, "kernels.json")); err == nil {
				got += ": " + string(text)
			}
			if got != tt.left {
				t.Errorf("%q is left, want %q", got, tt.left)
			}
		})
	}
	t.Run("at once", func(t *testing.T) {
		f := newFake(t, `cat $D/frames >&4; until [ -e $D/seen ]; do sleep 0.01; done`)
		f.says(slices.Concat(good[:1], one, good[2:3])...)
		out := t.TempDir()
		stdout := writerFunc(func([]byte) {
			if got := files(t, out); got != "kernels.json" {
				t.Errorf("when the guest says more, %q is there", got)
			}
			f.File("seen", nil)
		})
		if r, err := Run(t.Context(), Kernel{Image: f.Image}, Machine{Accel: Counted, Limit: 20 * time.Second}, nil, stdout, stdout, out); err == nil || r == nil {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestRunFails: what the guest itself could not do.
func TestRunFails(t *testing.T) {
	f := newFake(t, `cat $D/frames >&4`)
	f.says(line.Frame{Kind: line.First, Payload: []byte(`{}`)}, line.Frame{Kind: line.Last, Payload: vmtest.JSON(t, line.End{Failed: "no file system could be mounted", Seal: line.SealOf(nil)})})
	if _, err := f.boot(Machine{Accel: Counted}); err == nil || !strings.Contains(err.Error(), "no file system could be mounted") {
		t.Error(err)
	}
}

// TestRunStops: a context that ends takes QEMU with it.
func TestRunStops(t *testing.T) {
	f := newFake(t, `echo $$ > $D/pid; cat $D/frames >&4; sleep 100`)
	f.says(goodGuest(t, 0)[:3]...)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	stdout := writerFunc(func([]byte) { cancel(why) })
	_, err := Run(ctx, Kernel{Image: f.Image}, Machine{Accel: Counted}, nil, stdout, stdout, t.TempDir())
	if !errors.Is(err, why) {
		t.Error(err)
	}
	pid, _ := os.ReadFile(filepath.Join(f.Dir, "pid"))
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(pid))); err == nil {
		t.Errorf("process %s lives on", pid)
	}
}

// TestAuto: KVM is tried where there is some, once; what does not come up under it is emulated.
func TestAuto(t *testing.T) {
	defer func(l limits, d, c string) { hostLimits, kvmDevice, cpuInfo = l, d, c; noKVM.Store(false) }(hostLimits, kvmDevice, cpuInfo)
	hostLimits = limits{boot: time.Minute, bootKVM: 200 * time.Millisecond, goodbye: time.Second}
	for _, tt := range []struct {
		name, body, flags string
		accel             Accel
		want              Accel
		calls             int // of two boots
		says              int
	}{
		{"no such processor", `cat $D/frames >&4`, "fpu sse", Auto, Counted, 2, 0},
		{"it works", `cat $D/frames >&4`, "fpu svm", Auto, KVM, 2, 0},
		{"it dies", `case "$*" in *kvm*) echo "failed to set MSR" >&2; exit 134;; esac; cat $D/frames >&4`, "vmx", Auto, Counted, 3, 1},
		{"it hangs", `case "$*" in *kvm*) exec sleep 100;; esac; cat $D/frames >&4`, "vmx", "", Counted, 3, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			noKVM.Store(false)
			f := newFake(t, tt.body)
			f.says(goodGuest(t, 0)...)
			f.File("kvm", nil)
			f.File("cpuinfo", []byte("flags\t\t: "+tt.flags+"\n"))
			kvmDevice, cpuInfo = filepath.Join(f.Dir, "kvm"), filepath.Join(f.Dir, "cpuinfo")
			said := ""
			for range 2 {
				b, err := f.boot(Machine{Accel: tt.accel})
				if err != nil {
					t.Fatal(err)
				}
				if b.result.Accel != tt.want {
					t.Errorf("%s was used", b.result.Accel)
				}
				said += b.stderr
			}
			if got := len(f.Calls()); got != tt.calls {
				t.Errorf("%d calls of QEMU:\n%q", got, f.Calls())
			}
			if got := strings.Count(said, "KVM is of no use here"); got != tt.says {
				t.Errorf("said: %s", said)
			}
		})
	}
	t.Run("asked for", func(t *testing.T) {
		f := newFake(t, `exit 1`)
		var boot *BootError
		if _, err := f.boot(Machine{Accel: KVM}); !errors.As(err, &boot) || len(f.Calls()) != 1 {
			t.Errorf("%v, %q", err, f.Calls())
		}
	})
}

// TestRunMissing: programs that are not installed are named, with their packages.
func TestRunMissing(t *testing.T) {
	defer func(s []string) { sbin = s }(sbin)
	sbin = nil
	image := filepath.Join(t.TempDir(), "image")
	os.WriteFile(image, nil, 0o666)
	boot := func(fs ...string) error {
		_, err := Run(t.Context(), Kernel{Image: image}, Machine{Accel: Counted, FS: fs}, nil, nil, nil, t.TempDir())
		return err
	}
	t.Setenv("PATH", "")
	var missing *MissingError
	if err := boot(); !errors.As(err, &missing) || missing.Package != "qemu-system-x86" {
		t.Error(err)
	}
	f := newFake(t, "exit 1")
	t.Setenv("PATH", f.Bin())
	if err := boot("xfs"); !errors.As(err, &missing) || missing.Package != "xfsprogs" {
		t.Error(err)
	}
	if err := boot("btrfs"); err == nil || !strings.Contains(err.Error(), `unknown file system "btrfs"`) {
		t.Error(err)
	}
	image += "-not"
	if err := boot(); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestKeep: what is kept boots the same by hand.
func TestKeep(t *testing.T) {
	f := newFake(t, `cat $D/frames >&4; echo hello >&3`)
	f.says(goodGuest(t, 0)...)
	keep := filepath.Join(t.TempDir(), "keep")
	if _, err := f.boot(Machine{Accel: Counted, Keep: keep, Files: map[string][]byte{Work + "/x.txt": []byte("x's content")}}); err != nil {
		t.Fatal(err)
	}
	if got := files(t, keep); got != "console.txt initramfs.cpio qemu.sh" {
		t.Error(got)
	}
	image, _ := os.ReadFile(filepath.Join(keep, "initramfs.cpio"))
	for _, want := range []string{"x's content", `"args":["litmus"]`, `"clock":"counted instructions, 2 ns each"`} {
		if !bytes.Contains(image, []byte(want)) {
			t.Errorf("the initramfs has no %s", want)
		}
	}
	line, _ := os.ReadFile(filepath.Join(keep, "qemu.sh"))
	if !strings.Contains(string(line), fmt.Sprintf("'%s/image'", f.Dir)) || strings.Contains(string(line), "/dev/fd/") {
		t.Errorf("%s", line)
	}
}
