package slow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/owner"
)

// prefix begins the names of all that is made here.
const prefix = "daxbench-"

// mark begins the names of what this process makes.
func mark() (string, error) {
	m, err := owner.Mark()
	return prefix + m, err
}

// stale reports whether a name is that of a process that is gone.
func stale(name string) bool {
	mark, ok := strings.CutPrefix(name, prefix)
	return ok && owner.Gone(mark)
}

// ownDir makes a folder below dir that bears the mark of this process, and removes those of processes that are gone.
func ownDir(dir string) (string, error) {
	name, err := mark()
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if stale(e.Name()) {
			removeDir(filepath.Join(dir, e.Name()))
		}
	}
	return os.MkdirTemp(dir, name+"-")
}

// removeDir removes a folder of device nodes or mount points if it is this user's own, and not a link to anywhere.
func removeDir(dir string) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || st.Uid != uint32(os.Geteuid()) {
		return fmt.Errorf("%s is not a folder of this user", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(dir)
}
