package debian

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// host is the archive of the tests: nobody may ever read it.
const host = "mirror.invalid"

// A fakeApt is an apt-get and an apt-cache that print what files say.
type fakeApt struct {
	t     *testing.T
	dir   string // the files
	cache string
	said  []string
}

const script = `#!/bin/sh
here=$PWD
cd "$FAKE_APT" || exit 99
echo "${0##*/} $*" >>log
case "${0##*/} $*" in
"apt-get indextargets") cat machine ;;
*" indextargets") cat lists ;;
*" update")
	cat update-errors >&2
	cat update
	[ -e hang ] && exec sleep 60
	exit "$(cat status)" ;;
*" pkgnames linux-") sed -n 's/^Package: //p' packages ;;
*" show -- "*) cat packages ;;
*" download -- "*)
	cat update-errors >&2
	for a; do
		case $a in *=*) cp "${a%%=*}.deb" "$here/${a%%=*}_${a#*=}_amd64.deb" || exit 100 ;; esac
	done ;;
*) exit 98 ;;
esac
`

// newFakeApt is a machine with bookworm whose archive has all suites but sid, the kernel 6.18.0 in one package and 7.3.4 in
// two.
func newFakeApt(t *testing.T) *fakeApt {
	f := &fakeApt{t: t, dir: t.TempDir(), cache: filepath.Join(t.TempDir(), "a [cache")}
	programs := t.TempDir()
	for _, name := range []string{"apt-get", "apt-cache"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))
	t.Setenv("FAKE_APT", f.dir)
	main, security := "http://"+host+"/debian/", "http://"+host+"/debian-security/"
	f.put("machine", target("Debian", "Debian", "bookworm", main, "/none")+target("Debian", "Debian-Security", "bookworm-security", security, "/none"))
	var lists strings.Builder
	for _, s := range suites {
		if s.codename != "sid" {
			lists.WriteString(target("Debian", "Debian", s.codename, main, "/none"))
		}
	}
	f.put("lists", lists.String())
	f.put("update", "Get:1 http://"+host+"/debian bookworm InRelease [151 kB]\n")
	f.put("update-errors", "E: http://"+host+"/debian sid does not have a Release file.\n")
	f.put("status", "100")
	f.put("packages", `Package: linux-image-6.18.0-cloud-amd64
Version: 6.18.0-1
Size: 2500000

Package: linux-image-7.3.4-cloud-amd64
Version: 7.3.4-1
Depends: linux-binary-7.3.4-cloud-amd64 (= 7.3.4-1)

Package: linux-binary-7.3.4-cloud-amd64
Version: 7.3.4-1

Package: linux-doc-7.3
Version: 7.3.4-1
`)
	old := kernelDeb("6.18.0-cloud-amd64")
	f.put("linux-image-6.18.0-cloud-amd64.deb", string(old.bytes(t)))
	empty := &packed{name: "linux-image-7.3.4-cloud-amd64", version: "7.3.4-1", arch: "amd64"}
	f.put("linux-image-7.3.4-cloud-amd64.deb", string(empty.folder("./").bytes(t)))
	binary := &packed{name: "linux-binary-7.3.4-cloud-amd64", version: "7.3.4-1", arch: "amd64", text: map[string]string{}}
	f.put("linux-binary-7.3.4-cloud-amd64.deb", string(binary.file("./usr/lib/modules/7.3.4-cloud-amd64/vmlinuz", "new").bytes(t)))
	return f
}

func (f *fakeApt) put(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// asked tells how often apt was run with a command since the last call.
func (f *fakeApt) asked(command string) int {
	log, _ := os.ReadFile(filepath.Join(f.dir, "log"))
	os.Remove(filepath.Join(f.dir, "log"))
	return strings.Count(string(log), " "+command)
}

func (f *fakeApt) say(text string) { f.said = append(f.said, text) }

// resolve resolves a spec, and sees that nothing that it says names the archive's host.
func (f *fakeApt) resolve(spec string) (*Package, error) {
	f.t.Helper()
	f.said = nil
	p, err := Resolve(context.Background(), spec, f.cache, f.say)
	f.checkSecret(err)
	return p, err
}

func (f *fakeApt) checkSecret(err error) {
	f.t.Helper()
	for _, text := range f.said {
		if strings.Contains(text, host) {
			f.t.Errorf("it says the name of the host: %s", text)
		}
	}
	if err != nil && strings.Contains(err.Error(), host) {
		f.t.Errorf("an error says the name of the host: %v", err)
	}
}

// checkLeft sees that no download lies about.
func (f *fakeApt) checkLeft() {
	f.t.Helper()
	if left, _ := filepath.Glob(filepath.Join(f.cache, aptName, downloadPrefix+"*")); len(left) != 0 {
		f.t.Errorf("left: %v", left)
	}
}

func TestResolve(t *testing.T) {
	f := newFakeApt(t)
	p, err := f.resolve("6.18")
	if err != nil {
		t.Fatal(err)
	}
	if p.String() != "linux-image-6.18.0-cloud-amd64 6.18.0-1" || p.Series() != "6.18" {
		t.Errorf("got %s, of %s", p, p.Series())
	}
	if said := strings.Join(f.said, "\n"); !strings.Contains(said, "the archive that this machine's apt is set up for") || !strings.Contains(said, "Left out, because the archive lacks them or this machine's keys do not vouch for them: sid.") {
		t.Errorf("it said %s", said)
	}
	if n := f.asked("download"); n != 0 {
		t.Errorf("resolving downloads")
	}

	killed := filepath.Join(f.cache, aptName, downloadPrefix+"1") // by somebody else
	if err := os.Mkdir(killed, 0o755); err != nil {
		t.Fatal(err)
	}
	tree, err := p.Tree(context.Background(), f.say)
	f.checkSecret(err)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Package != p.String() || tree.Release != "6.18.0-cloud-amd64" || tree.Config == "" || tree.Modules == "" {
		t.Errorf("%+v", tree)
	}
	if last := f.said[len(f.said)-1]; last != "Downloading linux-image-6.18.0-cloud-amd64 6.18.0-1: 3 MB." {
		t.Errorf("it said %s", last)
	}
	if n := f.asked("-c"); n != 1 {
		t.Errorf("apt was run %d times for a download", n)
	}
	again, err := p.Tree(context.Background(), f.say)
	if err != nil || *again != *tree || f.asked("-c") != 0 {
		t.Errorf("what is unpacked is not used: %+v, %v", again, err)
	}
	f.checkLeft()
}

func TestResolveSplit(t *testing.T) {
	f := newFakeApt(t)
	p, err := f.resolve("newest")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := p.Tree(context.Background(), f.say)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Package != "linux-image-7.3.4-cloud-amd64 7.3.4-1" || tree.Release != "7.3.4-cloud-amd64" {
		t.Errorf("%+v", tree)
	}
}

// TestListsAge reads lists once a day, and when the machine is set up for something else.
func TestListsAge(t *testing.T) {
	f := newFakeApt(t)
	for i, step := range []struct {
		name    string
		before  func()
		updates int
	}{
		{"first", func() {}, 1},
		{"again", func() {}, 0},
		{"a day later", func() {
			old := time.Now().Add(-25 * time.Hour)
			if err := os.Chtimes(filepath.Join(f.cache, aptName, kernelsName), old, old); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"again", func() {}, 0},
		{"another mirror", func() {
			f.put("machine", target("Debian", "Debian", "bookworm", "http://other.invalid/", "/none"))
		}, 1},
		{"a damaged list", func() { f.damage() }, 1},
	} {
		step.before()
		if _, err := f.resolve("6.18"); err != nil {
			t.Fatal(err)
		}
		if n := f.asked("-q update"); n != step.updates {
			t.Errorf("%d, %s: lists were read %d times, want %d", i, step.name, n, step.updates)
		}
	}
}

func (f *fakeApt) damage() {
	if err := os.WriteFile(filepath.Join(f.cache, aptName, kernelsName), []byte("what?\n"), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// TestOffline uses lists of another day if it must, and says so each time.
func TestOffline(t *testing.T) {
	f := newFakeApt(t)
	f.put("update", "Err:1 http://"+host+"/debian bookworm InRelease\n")
	for range 2 {
		if _, err := f.resolve("6.18"); err != nil || !strings.Contains(strings.Join(f.said, "\n"), "lists of another day") {
			t.Errorf("%v, %q", err, f.said)
		}
	}
	f.put("lists", "")
	if p, err := f.resolve("6.18"); !errors.Is(err, ErrNetwork) || !strings.Contains(err.Error(), instead) {
		t.Errorf("without any lists: %v, %v", p, err)
	}
}

func TestResolveGone(t *testing.T) {
	f := newFakeApt(t)
	if p, err := f.resolve("6.13"); !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "6.18, 7.3") {
		t.Errorf("%v, %v", p, err)
	}
	f.put("packages", "Package: linux-doc-7.3\nVersion: 7.3.4-1\n")
	f.damage()
	if p, err := f.resolve("newest"); !errors.Is(err, ErrGone) {
		t.Errorf("an archive without kernels: %v, %v", p, err)
	}
}

// TestDownloadFails has a package go away after its list was read: then lists are read anew.
func TestDownloadFails(t *testing.T) {
	f := newFakeApt(t)
	p, err := f.resolve("6.18")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(f.dir, "linux-image-6.18.0-cloud-amd64.deb")); err != nil {
		t.Fatal(err)
	}
	tree, err := p.Tree(context.Background(), f.say)
	f.checkSecret(err)
	if !errors.Is(err, ErrNetwork) {
		t.Errorf("%+v, %v", tree, err)
	}
	f.checkLeft()
	f.asked("")
	if _, err := f.resolve("6.18"); err != nil || f.asked("-q update") != 1 {
		t.Errorf("the lists were not read anew: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	f := newFakeApt(t)
	f.put("update-errors", "E: Write error - write (28: No space left on device)\n")
	if p, err := f.resolve("6.18"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, %v", p, err)
	}
}

func TestNoApt(t *testing.T) {
	f := newFakeApt(t)
	f.put("machine", target("Ubuntu", "Ubuntu", "noble", "http://"+host+"/", "/none"))
	if p, err := f.resolve("6.18"); !errors.Is(err, ErrNoApt) || !strings.Contains(err.Error(), instead) {
		t.Errorf("another distribution: %v, %v", p, err)
	}
	t.Setenv("PATH", t.TempDir())
	if p, err := f.resolve("6.18"); !errors.Is(err, ErrNoApt) || !strings.Contains(err.Error(), "no apt-get here") || !strings.Contains(err.Error(), instead) {
		t.Errorf("no apt: %v, %v", p, err)
	}
}

func TestResolveStopped(t *testing.T) {
	f := newFakeApt(t)
	f.put("hang", "")
	because := errors.New("enough")
	ctx, stop := context.WithCancelCause(context.Background())
	time.AfterFunc(200*time.Millisecond, func() { stop(because) })
	begun := time.Now()
	if p, err := Resolve(ctx, "6.18", f.cache, f.say); !errors.Is(err, because) || time.Since(begun) > 5*time.Second {
		t.Errorf("%v, %v after %s", p, err, time.Since(begun))
	}
}

// TestLock has somebody else at work in the cache.
func TestLock(t *testing.T) {
	cache := t.TempDir()
	unlock, err := lock(context.Background(), cache)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	if _, err := lock(ctx, cache); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("taken twice: %v", err)
	}
	unlock()
	again, err := lock(context.Background(), cache)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestBadCache(t *testing.T) {
	f := newFakeApt(t)
	f.cache = filepath.Join(t.TempDir(), "a\"b")
	if _, err := f.resolve("6.18"); err == nil || f.asked("-q update") != 0 {
		t.Errorf("a quote in apt's configuration: %v", err)
	}
	f.cache = filepath.Join(f.dir, "log")
	f.put("log", "")
	if _, err := f.resolve("6.18"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file for a folder: %v", err)
	}
}

// TestRealApt asks the machine's own apt for a kernel that there always is one of.
func TestRealApt(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 30 MB of lists")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("no apt here")
	}
	cache, err := CacheDir() // lists are there from last time, within a day
	if err != nil {
		t.Skip(err)
	}
	say := func(text string) { t.Log(text) }
	p, err := Resolve(context.Background(), Newest, cache, say)
	if errors.Is(err, ErrNoApt) || errors.Is(err, ErrNetwork) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if p.parts[0]["SHA256"] == "" || !imageForm.MatchString(p.Name) {
		t.Errorf("%+v", p)
	}
	tree, err := p.Tree(context.Background(), say)
	if errors.Is(err, ErrNetwork) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(tree.Image)
	if err != nil || len(image) < 1<<20 || string(image[0x202:0x206]) != "HdrS" { // Documentation/arch/x86/boot.rst
		t.Errorf("%s is no kernel: %v", tree.Image, err)
	}
	config, err := os.ReadFile(tree.Config)
	if err != nil || !strings.Contains(string(config), "\nCONFIG_FS_DAX=y\n") {
		t.Errorf("%s is no configuration of one with DAX: %v", tree.Config, err)
	}
	t.Log(p)
}
