package debian

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
	"pault.ag/go/debian/deb"
	"pault.ag/go/debian/version"
)

// bounds are how much a package may hold.
type bounds struct {
	entries int   // of the archive
	bytes   int64 // of all files, unpacked, whether they are taken or not
}

// limits stop archives that are made to fill the disk. Debian's largest kernels hold 4,500 files and half a gigabyte; one with
// every module and its debug information has some 10,000 and 10.
var limits = bounds{entries: 100_000, bytes: 32 << 30}

// controlLimit is for a text of some hundred lines.
const controlLimit = 1 << 20

// An unpacker takes kernels out of packages.
type unpacker struct {
	dir    string
	limits bounds // what may still come
}

// wrong is an ErrArchive that says what is wrong.
func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrArchive, fmt.Sprintf(format, args...))
}

// unpack takes what is of a kernel out of one package. It returns what the package calls itself, and whether an image was in it.
func (u *unpacker) unpack(ctx context.Context, file string) (about string, image bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	controls, data, err := members(f)
	if err != nil {
		return "", false, err
	}
	if about, err = u.control(controls); err != nil {
		return "", false, err
	}
	t, done, err := u.open(data)
	if err != nil {
		return "", false, err
	}
	defer done()
	for {
		if ctx.Err() != nil {
			return "", false, context.Cause(ctx)
		}
		h, err := t.Next()
		if err == io.EOF {
			return about, image, nil
		}
		if err != nil {
			return "", false, readError(err)
		}
		if u.limits.entries--; u.limits.entries < 0 {
			return "", false, wrong("more files than a kernel has")
		}
		name, err := wanted(h)
		if err != nil {
			return "", false, err
		}
		if name == "" {
			continue
		}
		if err := u.write(name, t); err != nil {
			return "", false, err
		}
		image = image || strings.HasPrefix(path.Base(name), "vmlinuz")
	}
}

// members finds the two parts of a package.
func members(f *os.File) (controls, data *deb.ArEntry, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, wrong("not a file")
	}
	ar, err := deb.LoadAr(f)
	if err != nil {
		return nil, nil, wrong("not a .deb file")
	}
	at := int64(len("!<arch>\n"))
	for {
		e, err := ar.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, wrong("%v", err)
		}
		// The library takes any size, and with one below zero goes round in circles.
		if at += arHeader + e.Size; e.Size < 0 || at > info.Size() {
			return nil, nil, wrong("it is cut off, or damaged, at %q", e.Name)
		}
		at += e.Size % 2
		switch {
		case controls == nil && strings.HasPrefix(e.Name, "control.tar"):
			controls = e
		case data == nil && strings.HasPrefix(e.Name, "data.tar"):
			data = e
		}
	}
	if controls == nil || data == nil {
		return nil, nil, wrong("not a .deb file, or it is cut off")
	}
	return controls, data, nil
}

// arHeader is the size of the header of a member: ar(5).
const arHeader = 60

// control reads the name and the version of a package.
func (u *unpacker) control(controls *deb.ArEntry) (string, error) {
	t, done, err := u.open(controls)
	if err != nil {
		return "", err
	}
	defer done()
	for {
		h, err := t.Next()
		if err == io.EOF {
			return "", wrong("it does not say what it is")
		}
		if err != nil {
			return "", readError(err)
		}
		if path.Clean(h.Name) != "control" {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(t, controlLimit))
		if err != nil {
			return "", readError(err)
		}
		all, err := parseStanzas(text)
		if err != nil || len(all) != 1 || !honest(all[0]) {
			return "", wrong("it does not say what it is")
		}
		if arch := all[0]["Architecture"]; arch != "amd64" && arch != "all" {
			return "", wrong("it is for %q, and guests are amd64", arch)
		}
		return all[0].name() + " " + all[0].version(), nil
	}
}

// nameForm is that of names of packages: Debian Policy 5.6.7.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]{1,199}$`)

// honest tells names and versions of packages from what only poses as one: both are printed.
func honest(s stanza) bool {
	_, err := version.Parse(s.version())
	return err == nil && len(s.version()) < 200 && nameForm.MatchString(s.name())
}

// open reads the files of one part of a package; done ends that.
func (u *unpacker) open(part *deb.ArEntry) (files *tar.Reader, done func(), err error) {
	ext := path.Ext(part.Name)
	switch ext {
	case ".tar", ".gz", ".xz", ".zst", ".bz2":
	default:
		return nil, nil, wrong("it is compressed in a way that is not known: %q", part.Name)
	}
	plain, err := deb.DecompressorFor(ext)(part.Data)
	if err != nil {
		return nil, nil, readError(err)
	}
	return tar.NewReader(&metered{plain, &u.limits.bytes}), func() { plain.Close() }, nil
}

// errLarge is what a metered reader ends with.
var errLarge = errors.New("larger than any kernel")

// A metered reader ends with an error when more has come out of it than may.
type metered struct {
	r    io.Reader
	left *int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if *m.left -= int64(n); *m.left < 0 {
		return 0, errLarge
	}
	return n, err
}

// readError tells files that cannot be read from archives that are damaged.
func readError(err error) error {
	var file *os.PathError
	if errors.As(err, &file) {
		return err
	}
	return wrong("%v", err)
}

// wanted returns the path in the tree at which an entry is to lie, empty if it is of no use. Names that lead out of the tree, and
// things that are not files where a kernel's should be, come from no honest package: ErrArchive.
func wanted(h *tar.Header) (string, error) {
	name := path.Clean(strings.TrimPrefix(h.Name, "./"))
	if path.IsAbs(h.Name) || !filepath.IsLocal(name) || hasDots(h.Name) || strings.ContainsFunc(h.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", wrong("a name that leads elsewhere: %q", h.Name)
	}
	name = strings.TrimPrefix(name, "usr/")
	parts := strings.Split(name, "/")
	switch {
	case len(parts) == 2 && parts[0] == "boot":
		kind, release, _ := strings.Cut(parts[1], "-")
		if kind != "vmlinuz" && kind != "config" || !releaseForm.MatchString(release) {
			return "", nil
		}
	case len(parts) > 3 && parts[0] == "lib" && parts[1] == "modules":
		if !releaseForm.MatchString(parts[2]) {
			return "", wrong("no name of a kernel's release: %q", parts[2])
		}
		if len(parts) == 4 && (parts[3] == "build" || parts[3] == "source") { // links to where it was built
			return "", nil
		}
	default:
		return "", nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return "", nil
	case tar.TypeReg:
		return name, nil
	}
	return "", wrong("%q is not a plain file", h.Name)
}

// hasDots tells names that go up somewhere, even if they come back.
func hasDots(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// write writes one file, which must not be there yet.
func (u *unpacker) write(name string, r io.Reader) error {
	file := filepath.Join(u.dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if errors.Is(err, unix.ENOTDIR) {
		return wrong("%q lies below what is a file", name)
	}
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, os.ErrExist) {
		return wrong("%q is there twice", name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err := f.Close(); err != nil {
		return err
	}
	if err != nil {
		return readError(err)
	}
	return nil
}
