package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"daxbench/engine/kernelfs"
	"daxbench/engine/target"
	"daxbench/engine/vm/vmtest"
	"daxbench/workloads/litmus"
)

// fakeVM is a QEMU that plays the guest for image NAME from the file NAME.frames, and programs that make file systems.
func fakeVM(t *testing.T, body string) *vmtest.Fake {
	t.Helper()
	f := vmtest.QEMU(t, cmp.Or(body, `while [ $# -gt 0 ]; do case $1 in -kernel) image=$(basename $2);; esac; shift; done
cat $D/$image.frames >&4`))
	exe, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"mkfs.xfs", "mke2fs"} {
		if err := os.WriteFile(filepath.Join(f.Bin(), name), exe, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// kernelsOf is what litmus leaves of one scenario on xfs.
func kernelsOf(t *testing.T, release, word string) string {
	t.Helper()
	k := &litmus.Kernels{
		Scenarios: []litmus.KernelScenario{{Number: 1, Name: "unlink-under-dio", Title: "a title", Probes: "U"}},
		Columns: []litmus.KernelColumn{{Label: "x", Kernel: kernelfs.Kernel{Release: release, FS: "xfs", Name: "xfs", Clock: "real"},
			Cells: []litmus.KernelCell{{Outcome: target.Outcome{Kind: target.Safe}, Word: word, Lines: []string{"a line"}}}}},
	}
	return string(vmtest.JSON(t, kernelsRecord{newMadeBy(), k}))
}

// daxbench runs the program in this process.
func daxbenchHere(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, &o, &e)
	return status, o.String(), e.String()
}

// TestVMJoins: litmus under two kernels is one table, made here, and each kernel has a folder.
func TestVMJoins(t *testing.T) {
	f := fakeVM(t, "")
	for name, release := range map[string]string{"old": "6.1.0", "new": "7.3.4"} {
		f.File(name, nil)
		f.File(name+".frames", vmtest.Written(t, vmtest.Guest(t, 0, "the guest's own table\n", "progress of "+name, map[string]string{litmus.KernelsName: kernelsOf(t, release, "safe")})...))
	}
	out := filepath.Join(t.TempDir(), "out")
	status, stdout, stderr := daxbenchHere(t, "vm", "-accel", "counted", "-o", out, "-kernel", f.Dir+"/old,new="+f.Dir+"/new", "--", "litmus", "-scenario", "1")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"old xfs", "new xfs", "unlink-under-dio"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
	if strings.Contains(stdout, "own table") {
		t.Errorf("the guest's table is printed too: %s", stdout)
	}
	for _, want := range []string{"old: progress of old\n", "new: progress of new\n", "new: Linux 6.1-fake, emulated, time counts instructions: litmus ended with status 0", "daxbench report " + out} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %s", want, stderr)
		}
	}
	for _, label := range []string{"old", "new"} {
		if _, err := litmus.ReadKernels(filepath.Join(out, label)); err != nil {
			t.Error(err)
		}
	}
}

// TestVMStatus: what guests end with, and what daxbench vm then does.
func TestVMStatus(t *testing.T) {
	f := fakeVM(t, "")
	guest := func(status int) []byte {
		return vmtest.Written(t, vmtest.Guest(t, status, "", "", map[string]string{litmus.KernelsName: kernelsOf(t, "6.1.0", "safe")})...)
	}
	for status := range 5 {
		f.File(fmt.Sprint(status), nil)
		f.File(fmt.Sprint(status, ".frames"), guest(status))
	}
	whole := guest(0)
	f.File("died", nil)
	f.File("died.frames", whole[:len(whole)-5])
	f.File("dead", nil)
	f.File("dead.frames", nil)
	f.File("expected", []byte("unlink-under-dio safe\n"))
	for _, tt := range []struct {
		kernels      string
		want, bisect int
	}{
		{"0", 0, 0},
		{"1", 1, 1},
		{"2", 2, 125},
		{"3", 3, 125},
		{"4", 4, 125},
		{"died", 3, 125},
		{"dead", 4, 125},
		{"nosuch", 4, 125},
		{"0,3,4", 4, 125},
		{"4,2", 2, 125},
		{"2,1,3", 1, 1},
	} {
		t.Run(tt.kernels, func(t *testing.T) {
			var kernels []string
			for _, k := range strings.Split(tt.kernels, ",") {
				kernels = append(kernels, "k"+k+"="+filepath.Join(f.Dir, k))
			}
			args := []string{"vm", "-accel", "counted", "-fs", "xfs", "-o", t.TempDir(), "-kernel", strings.Join(kernels, ","), "--", "litmus"}
			if status, _, stderr := daxbenchHere(t, args...); status != tt.want {
				t.Errorf("status %d, want %d: %s", status, tt.want, stderr)
			}
			if status, _, stderr := daxbenchHere(t, append(args, "-expect", filepath.Join(f.Dir, "expected"))...); status != tt.bisect {
				t.Errorf("with -expect: status %d, want %d: %s", status, tt.bisect, stderr)
			}
		})
	}
}

// TestVMNotMounted: of a file system that could not be mounted, nothing is as expected.
func TestVMNotMounted(t *testing.T) {
	f := fakeVM(t, "")
	f.File("image.frames", vmtest.Written(t, vmtest.Guest(t, 0, "", "", map[string]string{litmus.KernelsName: kernelsOf(t, "6.1.0", "safe")})...))
	f.File("expected", []byte("unlink-under-dio safe\n"))
	args := []string{"vm", "-accel", "counted", "-fs", "xfs,ext4", "-o", t.TempDir(), "-kernel", f.Image, "--", "litmus"}
	if status, _, stderr := daxbenchHere(t, args...); status != 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
	status, _, stderr := daxbenchHere(t, append(args, "-expect", filepath.Join(f.Dir, "expected"))...)
	if status != statusUntestable || !strings.Contains(stderr, "ext4 was not mounted") {
		t.Errorf("with -expect: status %d: %s", status, stderr)
	}
}

// TestVMStale: what an older guest left is not taken for what one found that died.
func TestVMStale(t *testing.T) {
	f := fakeVM(t, "")
	f.File("image.frames", nil)
	out := t.TempDir()
	os.Mkdir(filepath.Join(out, "image"), 0o777)
	os.WriteFile(filepath.Join(out, "image", litmus.KernelsName), []byte(kernelsOf(t, "6.1.0", "safe")), 0o666)
	status, stdout, stderr := daxbenchHere(t, "vm", "-accel", "counted", "-o", out, "-kernel", f.Image, "--", "litmus")
	if status != statusEnvironment || stdout != "" || !strings.Contains(stderr, "image: the guest did not come up") {
		t.Errorf("status %d, %q: %s", status, stdout, stderr)
	}
}

// TestVMRuns: a run takes one file system, so there is a guest for each; its words are passed on.
func TestVMRuns(t *testing.T) {
	if !inRun("target") {
		t.Skip("run takes no file systems yet")
	}
	f := fakeVM(t, "")
	f.File("image.frames", vmtest.Written(t, vmtest.Guest(t, 0, "table\n", "", map[string]string{"results.txt": "x"})...))
	out, console := t.TempDir(), filepath.Join(t.TempDir(), "console")
	status, stdout, stderr := daxbenchHere(t, "vm", "-accel", "tcg", "-jobs", "2", "-o", out, "-console", console, "-kernel", "k="+f.Image, "--", "run", "-rounds", "1")
	if status != 0 || !strings.Contains(stdout, "== k-xfs\ntable\n") || !strings.Contains(stdout, "== k-ext4\ntable\n") {
		t.Errorf("status %d, %q: %s", status, stdout, stderr)
	}
	for _, label := range []string{"k-xfs", "k-ext4"} {
		if _, err := os.Stat(filepath.Join(out, label, "results.txt")); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(console); err != nil || len(f.Calls()) != 2 {
		t.Errorf("%v, calls %q", err, f.Calls())
	}
}

// TestVMPanics has a command that ends by a fault of its own be no verdict: Go ends it with the status of wrong usage.
func TestVMPanics(t *testing.T) {
	for text, want := range map[string]int{
		"panic: nil worker\n\ngoroutine 1 [running]:\n": statusUndecided, "fatal error: all goroutines are asleep - deadlock!\n": statusUndecided,
		"daxbench: litmus: unknown flag: -panic: 3\n": statusUsage,
	} {
		f := fakeVM(t, "")
		f.File("image.frames", vmtest.Written(t, vmtest.Guest(t, 2, "", text, nil)...))
		status, _, stderr := daxbenchHere(t, "vm", "-accel", "counted", "-o", t.TempDir(), "-kernel", f.Image, "--", "litmus")
		if status != want {
			t.Errorf("%q: status %d, want %d: %s", text, status, want, stderr)
		}
	}
}

// inRun reports whether run has a flag.
func inRun(name string) bool { return newRun().Flags().Lookup(name) != nil }

// TestVMStops: an interrupt ends the guest.
func TestVMStops(t *testing.T) {
	f := fakeVM(t, `echo $$ > $D/pid; cat $D/image.frames >&4; sleep 100`)
	f.File("image.frames", vmtest.Written(t, vmtest.Guest(t, 0, "", "it began\n", nil)[:2]...))
	c := launch(t, "vm", "-accel", "counted", "-o", t.TempDir(), "-kernel", f.Image, "--", "litmus")
	c.until(t, "it began")
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 130)
	pid, _ := os.ReadFile(filepath.Join(f.Dir, "pid"))
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(pid))); err == nil {
		t.Errorf("process %s lives on", pid)
	}
}

// TestVMUsage: what is wrong is said before anything is booted.
func TestVMUsage(t *testing.T) {
	f := fakeVM(t, "")
	for _, tt := range []struct {
		args, says string
		status     int
	}{
		{"-kernel image", "which command is to run", 2},
		{"-- litmus", "which kernel?", 2},
		{"-kernel image -- nothing", "unknown command", 2},
		{"-kernel image -- run -h", "daxbench help run", 2},
		{"-kernel image -- vm", "vm is of no use in a guest", 2},
		{"-kernel image -- litmus -nosuch", "unknown flag", 2},
		{"-kernel image -- litmus -o results", "results of the guest are in /out there", 2},
		{"-kernel image -- litmus -unplug", "ask for that scenario alone", 2},
		{"-kernel image -- litmus -expect nosuch", "no such file", 125},
		{"-kernel image -fs btrfs -- litmus", `unknown file system "btrfs"`, 2},
		{"-kernel image -fs xsf -- litmus", "did you mean xfs?", 2},
		{"-kernel image -accel kmv -- litmus", "did you mean kvm?", 2},
		{"-kernel image -jobs 0 -- litmus", "want 1 or more", 2},
		{"-kernel image -memory 100M -- litmus", "at least 512M", 2},
		{"-kernel image -limit -1s -- litmus", "want a time", 2},
		{"-kernel a=image,a=image -- litmus", "two kernels are called a", 2},
		{"-kernel nosuch -- litmus", "nosuch: no such file", 4},
		{"-kernel nosuch -- litmus", "an IMAGE alone", 4},
		{"-kernel 6.12 -- litmus", "did you mean debian:6.12?", 2},
		{"-kernel image -- litmus -scenario unlink-under-doi", "did you mean unlink-under-dio?", 2},
		{"-kernel image -- litmus -policy nine", "unknown policy", 2},
		{"-kernel image -- litmus -kernel 6.12", "to ask a real 6.12: daxbench vm -kernel debian:6.12 -- litmus", 2},
		{"-kernel image -- litmus -target /tmp/x", "did you mean dir:/tmp/x?", 2},
		{"-kernel image -fs none -- litmus", "-fs none: litmus needs a file system", 2},
		{"-kernel image -fs none -- run", "-fs none: run needs a file system", 2},
		{"-kernel debian: -- litmus", "want a version", 2},
		{"-kernel image -nosuch -- litmus", "unknown flag", 2},
		{"-kernel image -nosuch -- litmus -expect image", "unknown flag", 125},
		{"-kernel image -fs btrfs -- litmus -expect image", "unknown file system", 125},
		{"-kernel image -- litmus -nosuch --expect=image", "says nothing about the kernel", 125},
		{"-expect image -kernel image -- litmus", "unknown flag", 2},
	} {
		t.Run(tt.args, func(t *testing.T) {
			args := strings.Fields(strings.ReplaceAll(tt.args, "image", f.Image))
			status, stdout, stderr := daxbenchHere(t, append([]string{"vm"}, args...)...)
			if status != tt.status || stdout != "" || !strings.Contains(stderr, tt.says) {
				t.Errorf("status %d, %q: %s", status, stdout, stderr)
			}
		})
	}
	if calls := f.Calls(); calls != nil {
		t.Errorf("QEMU was called: %q", calls)
	}
}

// TestVMInner: what is added to a command, and which files go with it.
func TestVMInner(t *testing.T) {
	dir := t.TempDir()
	one := string(target.Format(litmus.All()[0].Scenario))
	for name, text := range map[string]string{"good": "expect", "a.txt": one, "sub/a.txt": one + "\n"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777)
		os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)
	}
	t.Chdir(dir)
	for _, tt := range []struct {
		args, want, files string
		joins, expects    bool
	}{
		{args: "litmus", want: "litmus -target {mounts} -umount -o /out", joins: true},
		{args: "litmus -v -umount=false -scenario 1", want: "litmus -v -umount=false -scenario 1 -target {mounts} -o /out", joins: true},
		{args: "litmus -target dir:/mnt/xfs -o /out/x", want: "litmus -target dir:/mnt/xfs -o /out/x -umount"},
		{args: "litmus -target engine", want: "litmus -target engine"},
		{args: "litmus -policy none", want: "litmus -policy none"},
		{args: "litmus -list", want: "litmus -list"},
		{args: "litmus -expect good", want: "litmus -expect ./good -target {mounts} -umount -o /out", files: "/in/good", joins: true, expects: true},
		{args: "litmus -scenario=1,./a.txt,sub/a.txt --expect=good", want: "litmus -scenario=1,a.txt,2-a.txt --expect=./good -target {mounts} -umount -o /out",
			files: "/in/2-a.txt /in/a.txt /in/good", joins: true, expects: true},
		{args: "litmus -unplug -scenario 18", want: "litmus -unplug -scenario 18 -target {mounts} -umount -o /out", joins: true},
		{args: "env -format json", want: "env -format json"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			in, err := newInner(strings.Fields(tt.args))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for name := range in.files {
				names = append(names, name)
			}
			slices.Sort(names)
			if got := strings.Join(in.args, " "); got != tt.want || strings.Join(names, " ") != tt.files || in.joins != tt.joins || in.expects != tt.expects {
				t.Errorf("%q, files %q, joins %v, expects %v", got, names, in.joins, in.expects)
			}
		})
	}
}

func TestParseKernels(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"vmlinuz-6.12.107+deb13", "bzImage", "a+deb_1.deb", "b_1.deb", "bzImage+x"} {
		os.WriteFile(name, nil, 0o666)
	}
	for _, name := range []string{"mods/lib/modules/6.12.107+deb13", "m"} {
		os.MkdirAll(name, 0o777)
	}
	show := func(s kernelSpec) string {
		return fmt.Sprintf("%s|%s|%s|%s|%s", s.label, s.debian, strings.Join(s.debs, " "), s.image, s.modules)
	}
	for text, want := range map[string]string{
		"debian:6.12":                "|6.12|||",
		"old=debian:newest":          "old|newest|||",
		"a+deb_1.deb":                "||a+deb_1.deb||",
		"x=a+deb_1.deb+b_1.deb":      "x||a+deb_1.deb b_1.deb||",
		"bzImage":                    "|||bzImage|",
		"bzImage+m":                  "|||bzImage|m",
		"bzImage+x":                  "|||bzImage+x|",
		"bzImage+x+m":                "|||bzImage+x|m",
		"vmlinuz-6.12.107+deb13":     "|||vmlinuz-6.12.107+deb13|",
		"./vmlinuz-6.12.107+deb13+m": "|||./vmlinuz-6.12.107+deb13|m",
		"p-1.x=bzImage+mods/lib/modules/6.12.107+deb13": "p-1.x|||bzImage|mods/lib/modules/6.12.107+deb13",
	} {
		s, err := parseKernel(text)
		if err != nil || show(s) != want {
			t.Errorf("%s: %s, %v; want %s", text, show(s), err, want)
		}
	}
	for text, says := range map[string]string{
		"":                 "empty",
		"x=":               "empty",
		"nosuch.deb":       "no such file",
		"m":                "is a folder",
		"bzImage+nosuch":   "no such file",
		"bzImage+b_1.deb+": "joined to it by +",
		"nosuch+m":         "joined to it by +",
		"../x=debian:6.1":  "no such file",
	} {
		if _, err := parseKernel(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %q", text, err, says)
		}
	}
}

func TestVMLabels(t *testing.T) {
	for release, want := range map[string]string{"6.12.107+deb13-cloud-amd64": "6.12", "7.0-rc1": "7.0", "": "kernel", "odd/../x": "odd-..-x"} {
		if got := seriesOf(release); got != want {
			t.Errorf("%q: %q, want %q", release, got, want)
		}
	}
	f := vmtest.QEMU(t, "")
	kernels, err := resolveKernels(t.Context(), []kernelSpec{{text: "a", image: f.Image}, {text: "b", image: f.Image}}, nil)
	if err != nil || kernels[0].Label != "image" || kernels[1].Label != "image-2" {
		t.Errorf("%+v, %v", kernels, err)
	}
}

// TestLineWriter: lines stay whole among those of others, and one without an end does not grow for ever.
func TestLineWriter(t *testing.T) {
	var b bytes.Buffer
	w := &guests{list: []*guestRun{{label: "a"}, {label: "b"}}}
	one, two := w.lines(&b, w.list[0]), w.lines(&b, w.list[1])
	fmt.Fprint(one, "half ")
	fmt.Fprint(two, "x\ny")
	fmt.Fprint(one, "whole\n")
	two.(*lineWriter).flush()
	if got := b.String(); got != "b: x\na: half whole\nb: y\n" {
		t.Errorf("%q", got)
	}
	b.Reset()
	fmt.Fprint(one, strings.Repeat("z", maxLine+10))
	if got := b.Len(); got != maxLine+len("a: ") {
		t.Errorf("%d bytes", got)
	}
}
