// Package debian gets Debian's kernels: it finds a package through the apt of this
// machine, and unpacks packages, got or given.
//
// It is no package manager. It installs nothing, runs nothing of what it unpacks and
// needs no root: apt works in a folder of its own, on a sources file that is made
// from what the machine is set up for. The archive's name is apt's affair and is
// neither printed nor kept. Signatures and sums are checked by apt.
package debian

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// The errors that a caller may want to tell apart. Each comes with a sentence that says what can be done instead.
var (
	ErrSpec    = errors.New("not a kernel of Debian")                     // neither "newest" nor a version
	ErrNoApt   = errors.New("apt cannot be asked for a kernel of Debian") // no apt, or no archive of Debian in its set-up
	ErrGone    = errors.New("the archive has no such kernel")             // any more, or yet
	ErrNetwork = errors.New("the archive could not be read")              // by apt
	ErrArchive = errors.New("damaged package, or none of a kernel's")     // of a .deb file
	ErrArch    = errors.New("kernels of Debian are taken for amd64 only") // and this machine is another
)

// instead is what somebody can do whose apt does not help.
const instead = "give the kernel as files instead: a kernel's .deb files, or its image and its folder of modules"

// A Package is a kernel that the archive has: its files may be in several packages, all of one version.
type Package struct {
	Name    string // linux-image-6.12.117+deb13-cloud-amd64, or linux-binary-… where the image lies there
	Version string // 6.12.117-1
	parts   []stanza
	archive *archive
}

// String returns the name and version, as results record them.
func (p *Package) String() string { return p.Name + " " + p.Version }

// Series returns the first two numbers of the version: "6.12".
func (p *Package) Series() string { return series(p.Version) }

// A Tree is a kernel that has been unpacked.
type Tree struct {
	Image   string // file vmlinuz
	Modules string // folder lib/modules/RELEASE; empty: the packages had none
	Config  string // file config; empty: the packages had none
	Release string // uname -r of it, as the name of Modules or of Image says
	Package string // name and version of the package that Image is from
}

// CacheDir returns the folder for downloads and trees if nobody asks for another: daxbench/kernels in that of the user for
// caches.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "daxbench", "kernels"), nil
}

// Resolve finds the newest kernel that spec names: "newest" for the newest of all, or the first numbers of its version:
// "6.12", "6.12.107". The lists of the archive are kept in cache and used for a day; say is told, in whole sentences, of what
// takes time or is left out. Nothing is downloaded but lists. Errors: ErrSpec, ErrArch, ErrNoApt, ErrNetwork, ErrGone, the
// last with the series that there are; those of files.
func Resolve(ctx context.Context, spec, cache string, say func(string)) (*Package, error) {
	return nil, errors.New("not built yet")
}

// Tree downloads and unpacks the package, unless the cache has it unpacked already. Errors: ErrNetwork, ErrArchive; those of
// files.
func (p *Package) Tree(ctx context.Context, say func(string)) (*Tree, error) {
	return nil, errors.New("not built yet")
}

// A stanza is what the archive says of one package.
type stanza struct{}

// An archive is where packages come from.
type archive struct{}

func series(version string) string { return version }
