package debian

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Names in the cache. Lists and what apt makes of them lie in aptName, unpacked kernels in treesName.
const (
	aptName     = "apt"
	treesName   = "trees"
	kernelsName = "kernels" // what the lists say of kernels
	sourcesName = "archive.sources"
	configName  = "apt.conf"

	downloadPrefix = "download-"
)

// listsAge is how long lists are good for. Backports change every few days.
const listsAge = 24 * time.Hour

// config turns apt into one that keeps all that it writes to a folder, and that runs no hook: those of the machine are for its
// own lists, and some need root. A network that leads nowhere is found out in less than a minute.
const config = `Dir::State "%[1]s/state/";
Dir::State::lists "lists/";
Dir::State::status "%[1]s/status";
Dir::Cache "%[1]s/cache/";
Dir::Cache::archives "archives/";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "%[1]s/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`

// An apt is the machine's apt at work in a folder of its own.
type apt struct {
	cache   string // that of the user
	dir     string // its own in that
	origins []*origin
}

// newApt asks the machine's apt where Debian is. Errors: ErrNoApt; those of files.
func newApt(ctx context.Context, cache string) (*apt, error) {
	cache, err := filepath.Abs(cache)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(cache, func(r rune) bool { return r < ' ' || r == '"' || r == 0x7f }) {
		return nil, fmt.Errorf("%q: apt cannot be told of a folder with such a name", cache)
	}
	for _, program := range []string{"apt-get", "apt-cache"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, &hint{ErrNoApt, "there is no " + program + " here; " + instead}
		}
	}
	a := &apt{cache: cache, dir: filepath.Join(cache, aptName)}
	out, err := a.run(ctx, "", "apt-get", "indextargets")
	if err != nil {
		return nil, err
	}
	targets, err := parseStanzas(out.stdout)
	if err != nil || out.failed {
		return nil, &hint{ErrNoApt, "apt-get indextargets does not say what this machine is set up for; " + instead}
	}
	if a.origins = origins(targets); len(a.origins) == 0 {
		return nil, &hint{ErrNoApt, "it is set up for no archive of Debian, or its lists were never read (apt-get update); " + instead}
	}
	return a, nil
}

// setUp makes the folder. It tells whether the sources are the ones that were there.
func (a *apt) setUp() (asBefore bool, err error) {
	for _, d := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return false, err
		}
	}
	text := sources(a.origins)
	old, _ := os.ReadFile(filepath.Join(a.dir, sourcesName))
	for name, data := range map[string][]byte{sourcesName: text, configName: fmt.Appendf(nil, config, a.dir), "status": nil} {
		if err := renameio.WriteFile(filepath.Join(a.dir, name), data, 0o644); err != nil {
			return false, err
		}
	}
	return bytes.Equal(old, text), nil
}

// kernels lists the packages of kernels, from lists that are less than a day old where possible.
func (a *apt) kernels(ctx context.Context, say func(string)) ([]stanza, error) {
	asBefore, err := a.setUp()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(a.dir, kernelsName)
	if info, err := os.Stat(path); err == nil && asBefore && time.Since(info.ModTime()).Abs() < listsAge {
		if text, err := os.ReadFile(path); err == nil {
			if all, err := parseStanzas(text); err == nil && len(all) > 0 {
				return all, nil
			}
		}
	}
	fresh, err := a.update(ctx, say)
	if err != nil {
		return nil, err
	}
	text, err := a.list(ctx)
	if err != nil {
		return nil, err
	}
	all, err := parseStanzas(text)
	if err != nil {
		return nil, a.unread("apt-cache printed what is no list of packages")
	}
	if fresh {
		return all, renameio.WriteFile(path, text, 0o644)
	}
	return all, nil
}

// answered matches the lines of apt-get update that say that an archive did answer.
var answered = regexp.MustCompile(`(?m)^(Get|Hit):`)

// update reads the archive's lists. If it does not answer, those of another day serve, and fresh is false.
func (a *apt) update(ctx context.Context, say func(string)) (fresh bool, err error) {
	say("Reading lists of kernels from the archive that this machine's apt is set up for: some 30 MB, once a day.")
	out, err := a.run(ctx, "", "apt-get", "-c", a.config(), "-q", "update")
	if err != nil {
		return false, err
	}
	fresh = answered.Match(out.stdout)
	out, err = a.run(ctx, "", "apt-get", "-c", a.config(), "indextargets")
	if err != nil {
		return false, err
	}
	targets, err := parseStanzas(out.stdout)
	if err != nil {
		return false, a.unread("")
	}
	left, have := a.missing(targets)
	if !have {
		return false, a.unread("")
	}
	if len(left) > 0 {
		say("Left out, because the archive lacks them or this machine's keys do not vouch for them: " + strings.Join(left, ", ") + ".")
	}
	if !fresh {
		say("The archive does not answer: lists of another day are used.")
	}
	return fresh, nil
}

// missing lists the suites without lists, and tells whether any has some.
func (a *apt) missing(targets []stanza) (left []string, have bool) {
	for _, o := range a.origins {
		for _, codename := range o.wanted() {
			if slices.ContainsFunc(targets, func(t stanza) bool { return t["Release"] == codename && t["Identifier"] == "Packages" }) {
				have = true
			} else {
				left = append(left, codename)
			}
		}
	}
	return left, have
}

// list prints what the lists say of kernels.
func (a *apt) list(ctx context.Context) ([]byte, error) {
	out, err := a.run(ctx, "", "apt-cache", "-c", a.config(), "pkgnames", "linux-")
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range strings.FieldsSeq(string(out.stdout)) {
		if partForm.MatchString(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil // choose says so
	}
	slices.Sort(names)
	out, err = a.run(ctx, "", "apt-cache", append([]string{"-c", a.config(), "show", "--"}, names...)...)
	return out.stdout, err
}

// download gets packages into a new folder, which the caller removes, and lists the files in their order. Errors: ErrNetwork;
// those of files.
func (a *apt) download(ctx context.Context, parts []stanza, say func(string)) (dir string, debs []string, err error) {
	if err := sweep(a.dir, downloadPrefix); err != nil {
		return "", nil, err
	}
	if dir, err = os.MkdirTemp(a.dir, downloadPrefix+"*"); err != nil {
		return "", nil, err
	}
	args := []string{"-c", a.config(), "-q", "download", "--"}
	size := 0
	for _, p := range parts {
		args = append(args, p.name()+"="+p.version())
		n, _ := strconv.Atoi(p["Size"])
		size += n
	}
	say(fmt.Sprintf("Downloading %s %s: %d MB.", parts[0].name(), parts[0].version(), (size+999_999)/1_000_000))
	out, err := a.run(ctx, dir, "apt-get", args...)
	for _, p := range parts {
		debs = append(debs, glob(dir, p.name()+"_*.deb")...)
	}
	if err == nil && (out.failed || len(debs) != len(parts)) {
		os.Remove(filepath.Join(a.dir, kernelsName)) // it may have gone since yesterday
		err = a.unread("the lists are read anew next time, in case that the package was replaced")
	}
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, debs, nil
}

func (a *apt) config() string { return filepath.Join(a.dir, configName) }

// unread is an ErrNetwork that says where to look; what apt itself says has names in it that are not to be shown.
func (a *apt) unread(more string) error {
	text := fmt.Sprintf("apt-get -c %s update shows why", a.config())
	if more != "" {
		text += "; " + more
	}
	return &hint{ErrNetwork, text + "; " + instead}
}

// An output is what a command left.
type output struct {
	stdout []byte
	failed bool // its exit status was not 0
}

// run runs a program of apt in a folder. Its exit status is no error; that it could not run, that the disk was full and that
// ctx was done are.
func (a *apt) run(ctx context.Context, dir, program string, args ...string) (output, error) {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, program, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &stdout, &stderr
	c.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	c.Cancel = func() error { return c.Process.Signal(unix.SIGTERM) }
	c.WaitDelay = 5 * time.Second // apt ends its own helpers
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return output{}, context.Cause(ctx)
	case err != nil && !errors.As(err, &exit):
		return output{}, fmt.Errorf("%s: %w", program, err)
	case bytes.Contains(stderr.Bytes(), []byte(unix.ENOSPC.Error())) || bytes.Contains(stderr.Bytes(), []byte("No space left on device")):
		return output{}, fmt.Errorf("%s: %w", a.dir, unix.ENOSPC)
	}
	return output{stdout.Bytes(), err != nil}, nil
}
