package slow

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// prefix begins the names of all that is made here.
const prefix = "daxbench-"

// mark names what this process makes: its name space of process numbers, its number, when it began. Together they are used
// once between two boots.
func mark() (string, error) {
	space, err := pidSpace()
	if err != nil {
		return "", err
	}
	began, ok := began(os.Getpid())
	if !ok {
		return "", fmt.Errorf("/proc does not know this process")
	}
	return fmt.Sprintf("%s%d-%d-%d", prefix, space, os.Getpid(), began), nil
}

// stale reports whether a name is that of a process that is gone. Of other name spaces nothing is known, so nothing there is.
func stale(name string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	words := strings.Split(rest, "-")
	if !ok || len(words) < 3 {
		return false
	}
	var n [3]uint64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(words[i], 10, 63); err != nil {
			return false
		}
	}
	space, err := pidSpace()
	if err != nil || space != n[0] {
		return false
	}
	now, alive := began(int(n[1]))
	return !alive || now != n[2]
}

// pidSpace is the number of the name space that process numbers are of.
func pidSpace() (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/self/ns/pid", &st); err != nil {
		return 0, fmt.Errorf("/proc/self/ns/pid: %w", err)
	}
	return st.Ino, nil
}

// began is when a process began, in ticks since boot; not ok: it is gone, or ended and nobody has waited for it.
func began(pid int) (ticks uint64, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The name, in parentheses, may hold anything. Behind it come the state, and as the 22nd of all fields the start.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	ticks, err = strconv.ParseUint(fields[19], 10, 64)
	return ticks, err == nil
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
