package proc

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A User is a process that uses a mounted file system.
type User struct {
	PID  int
	Name string
	Has  string // what it has there, one thing of several: "its working directory", "an open file", "a mapping of …"
}

func (u User) String() string { return fmt.Sprintf("%s (%d): %s", u.Name, u.PID, u.Has) }

// Users lists who has files, mappings, its root or working directory in the file system of a mount, through whichever
// mount: ascending PID, without this process and those of but. Unseen is how many processes this one may not look at.
//
// Note: the mappings of a process are read under its mmap lock. Who is stuck in mmap or munmap blocks the answer:
// ask before anybody is.
func (f FS) Users(m Mount, but ...int) (users []User, unseen int, err error) {
	entries, err := os.ReadDir(f.path("proc"))
	if err != nil {
		return nil, 0, err
	}
	for _, pid := range numbers(entries) {
		if pid == os.Getpid() || slices.Contains(but, pid) {
			continue
		}
		has, err := f.uses(pid, m)
		switch {
		case gone(err):
		case errors.Is(err, os.ErrPermission):
			unseen++
		case err != nil:
			return nil, 0, err
		case has != "":
			users = append(users, User{PID: pid, Name: f.name(pid), Has: has})
		}
	}
	return users, unseen, nil
}

// name is what a process calls itself.
func (f FS) name(pid int) string {
	text, _ := f.read("proc", pid, "comm")
	return printable(text)
}

// uses says what a process has in the file system of a mount; empty: nothing. What is named by a path is found by what the
// process itself sees mounted, which may be another name space.
func (f FS) uses(pid int, m Mount) (string, error) {
	mounts, err := f.mounts(pid)
	if errors.Is(err, unix.EINVAL) { // it has ended, and nobody has waited for it
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for link, what := range map[string]string{"cwd": "its working directory", "root": "its root directory", "exe": "its program"} {
		path, err := os.Readlink(f.path("proc", pid, link))
		if gone(err) { // kernel threads have no exe, zombies nothing
			continue
		}
		if err != nil {
			return "", err
		}
		if on, ok := mountOf(mounts, strings.TrimSuffix(path, " (deleted)")); ok && on.Dev == m.Dev {
			return what, nil
		}
	}
	if open, err := f.opens(pid, mounts, m.Dev); open || err != nil {
		return "an open file", err
	}
	return f.maps(pid, m.Dev)
}

// opens reports whether a process has a file open on a device. The number of the mount stands in fdinfo.
func (f FS) opens(pid int, mounts []Mount, dev string) (bool, error) {
	fds, err := os.ReadDir(f.path("proc", pid, "fdinfo"))
	if err != nil {
		return false, err
	}
	for _, fd := range fds {
		text, err := f.read("proc", pid, "fdinfo", fd.Name())
		if gone(err) {
			continue
		}
		if err != nil {
			return false, err
		}
		for line := range strings.Lines(text) {
			value, ok := strings.CutPrefix(line, "mnt_id:")
			id, err := strconv.Atoi(strings.TrimSpace(value))
			if ok && err == nil && slices.ContainsFunc(mounts, func(m Mount) bool { return m.ID == id && m.Dev == dev }) {
				return true, nil
			}
		}
	}
	return false, nil
}

// maps says which file on a device a process has mapped. Lines: "RANGE PERMISSIONS OFFSET DEV INODE PATH", DEV in hex.
func (f FS) maps(pid int, dev string) (string, error) {
	text, err := f.read("proc", pid, "maps")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 6 || words[4] == "0" {
			continue
		}
		var major, minor uint32
		if _, err := fmt.Sscanf(words[3], "%x:%x", &major, &minor); err == nil && devName(unix.Mkdev(major, minor)) == dev {
			return "a mapping of " + printable(unescape(strings.Join(words[5:], " "))), nil
		}
	}
	return "", nil
}

// devName is what mountinfo calls a device.
func devName(dev uint64) string { return fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev)) }
