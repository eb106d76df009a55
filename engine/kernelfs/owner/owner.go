// Package owner tells whether who made something is still there, by a mark in its
// name. It removes nothing.
package owner

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mark names this process: its name space of process numbers, its number, when it began. Together they are used once between
// two boots.
func Mark() (string, error) {
	space, err := pidSpace()
	if err != nil {
		return "", err
	}
	began, ok := began(os.Getpid())
	if !ok {
		return "", fmt.Errorf("/proc does not know this process")
	}
	return fmt.Sprintf("%d-%d-%d", space, os.Getpid(), began), nil
}

// Gone reports whether a mark, which something may follow behind a hyphen, is that of a process that is gone. Of other name
// spaces nothing is known, so nothing there is.
func Gone(mark string) bool {
	words := strings.Split(mark, "-")
	if len(words) < 3 {
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
	if now, alive := began(int(n[1])); alive {
		return now != n[2]
	}
	return !hidden(int(n[1]))
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

// hidden reports whether /proc does not show a process (hidepid), or not to this one, that is there all the same.
func hidden(pid int) bool {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		return false
	}
	return unix.Kill(pid, 0) == unix.EPERM // no signal is sent
}
