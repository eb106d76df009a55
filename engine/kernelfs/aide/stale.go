package aide

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	marks "daxbench/engine/kernelfs/owner" // owner is of blocks here
)

// Names in a directory that was given, and in ours.
const (
	Ours    = ".daxbench-" // and the mark of the process; several of one process are numbered behind it
	Files   = "files"      // DAX as far as it can be had
	Plain   = "plain"      // for files that must not be DAX
	Ballast = "ballast"    // the file that fills the file system
	Note    = "reserve"    // a file that says how many blocks the file system kept back
	Storms  = "storms"     // for who makes files only
)

var names = []string{Files, Plain, Ballast, Note, Storms}

// A Left is a directory that a process which is gone has left behind.
type Left struct {
	Path   string `json:"path"`
	Blocks uint64 `json:"blocks,omitempty"` // that the file system is to keep back again; 0: that was left alone
}

// stale lists what processes that are gone left in a directory. What is not in every respect as we make it is left out: it may
// be a trap, and is not ours to remove.
func stale(r Request, a *Answer) error {
	entries, err := os.ReadDir(r.Path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if mark, ok := strings.CutPrefix(e.Name(), Ours); !ok || !marks.Gone(mark) {
			continue
		}
		path := filepath.Join(r.Path, e.Name())
		if blocks, err := ours(path); err == nil {
			a.Left = append(a.Left, Left{path, blocks})
		}
	}
	return nil
}

// ours returns what the note in a directory of ours says, 0 if there is none. Error: it is no directory of ours.
func ours(path string) (blocks uint64, err error) {
	dir, err := open(unix.AT_FDCWD, path, unix.O_DIRECTORY)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &st); err != nil {
		return 0, err
	}
	if st.Uid != uint32(os.Geteuid()) || st.Mode&0o777 != 0o700 {
		return 0, fmt.Errorf("%s: user %d, mode %#o: it is none that we have made", path, st.Uid, st.Mode)
	}
	list, err := dir.Readdirnames(len(names) + 1)
	if err != nil && err != io.EOF {
		return 0, err
	}
	for _, name := range list {
		if !slices.Contains(names, name) {
			return 0, fmt.Errorf("%s: we make no %s", path, name)
		}
	}
	return noted(int(dir.Fd())), nil
}

// sane is the share of a file system's blocks that a note may say are kept back: ext4 and xfs keep 2 and 5 % by themselves.
const sane = 10

// longestNote is the length of the largest number.
const longestNote = len("18446744073709551615")

// noted reads the note in a directory. What is none, or not sane, counts as none.
func noted(dir int) (blocks uint64) {
	f, err := open(dir, Note, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	var st unix.Stat_t
	var fs unix.Statfs_t
	if unix.Fstat(int(f.Fd()), &st) != nil || unix.Fstatfs(int(f.Fd()), &fs) != nil {
		return 0
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Uid != uint32(os.Geteuid()) || st.Nlink != 1 || st.Size > int64(longestNote) {
		return 0
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(longestNote)))
	if err != nil {
		return 0
	}
	blocks, err = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || blocks > fs.Blocks/sane {
		return 0
	}
	return blocks
}

// open opens what is no link, and waits for nobody.
func open(dir int, path string, flags int) (*os.File, error) {
	fd, err := unix.Openat(dir, path, flags|unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// note leaves one, and has it be on the disk before anything is done that it is about.
func note(r Request, _ *Answer) error {
	f, err := os.OpenFile(r.Path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(strconv.AppendUint(nil, r.Blocks, 10)); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
