// Package debian gets Debian's kernels: it finds a package through the apt of this
// machine, and unpacks packages, got or given.
//
// It is no package manager. It installs nothing, runs nothing of what it unpacks and
// needs no root: apt works in a folder of its own, on a sources file that is made
// from what the machine is set up for. The archive's name is apt's affair and is
// neither printed nor recorded. Signatures and sums are checked by apt.
package debian

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The errors that a caller may want to tell apart.
var (
	ErrSpec    = errors.New("not a kernel of Debian")                     // neither "newest" nor numbers
	ErrArch    = errors.New("kernels of Debian are taken for amd64 only") // and this program is built for another
	ErrNoApt   = errors.New("apt cannot be asked for a kernel of Debian") // no apt, or none that knows an archive of Debian
	ErrNetwork = errors.New("the archive that this machine's apt is set up for could not be read")
	ErrGone    = errors.New("the archive that this machine's apt is set up for has no such kernel") // any more, or yet
	ErrArchive = errors.New("not a usable package of a kernel")                                     // of .deb files
)

// instead is what somebody can do whose apt does not help.
const instead = "a kernel can be given as files: its .deb files, or its image and its folder of modules"

// A Package is a kernel that the archive has. Its files may be in several packages of one version.
type Package struct {
	Name    string // linux-image-6.12.117+deb13-cloud-amd64
	Version string // 6.12.117-1
	parts   []stanza
	apt     *apt
}

// String returns the name and the version, as results record them.
func (p *Package) String() string { return p.Name + " " + p.Version }

// Series returns the first two numbers of the version: "6.12".
func (p *Package) Series() string { return series(p.Version) }

// A Tree is a kernel that has been unpacked.
type Tree struct {
	Image   string // file vmlinuz
	Modules string // folder lib/modules/RELEASE; empty: the packages had none
	Config  string // file of its configuration; empty: the packages had none
	Release string // its uname -r, as the names of Modules or of Image have it
	Package string // name and version of the package, the first if they were several
}

// CacheDir returns the folder for lists, packages and trees if nobody asks for another: daxbench/kernels below the user's
// folder for caches.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "daxbench", "kernels"), nil
}

// Resolve finds the newest kernel that spec names: "newest" for the newest of all, or the first numbers of its version, as in
// "6.12" and "6.12.107". The archive's lists are kept in cache and used for a day. Nothing but lists is downloaded. say is
// told, in sentences, of what takes time and of what was left out. Errors: ErrSpec, ErrArch, ErrNoApt, ErrNetwork, ErrGone, the
// last with the series that there are; those of files; the cause why ctx is done.
func Resolve(ctx context.Context, spec, cache string, say func(string)) (*Package, error) {
	wanted, err := parseSpec(spec)
	if err != nil {
		return nil, err
	}
	if runtime.GOARCH != "amd64" {
		return nil, &hint{ErrArch, instead}
	}
	a, err := newApt(ctx, cache)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, cache)
	if err != nil {
		return nil, err
	}
	defer unlock()
	all, err := a.kernels(ctx, say)
	if err != nil {
		return nil, err
	}
	parts, err := choose(all, wanted)
	if err != nil {
		return nil, err
	}
	return &Package{Name: parts[0].name(), Version: parts[0].version(), parts: parts, apt: a}, nil
}

// Tree downloads and unpacks the package, unless the cache has it unpacked already. Errors: ErrNetwork, ErrArchive; those of
// files; the cause why ctx is done.
func (p *Package) Tree(ctx context.Context, say func(string)) (*Tree, error) {
	unlock, err := lock(ctx, p.apt.cache)
	if err != nil {
		return nil, err
	}
	defer unlock()
	key := p.Name + "_" + strings.ReplaceAll(p.Version, ":", "%3a")
	dir := filepath.Join(p.apt.cache, treesName, key)
	if tree, err := readTree(dir); err == nil {
		return tree, nil
	}
	scratch, debs, err := p.apt.download(ctx, p.parts, say)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch) // the tree is what is used from now on
	return unpackAs(ctx, dir, debs, p.String())
}

// A hint is an error with a sentence on what can be done.
type hint struct {
	err  error
	text string
}

func (h *hint) Error() string { return h.err.Error() + ": " + h.text }
func (h *hint) Unwrap() error { return h.err }
