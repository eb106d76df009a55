package kernelfs

import (
	"fmt"
	"os"
	"strings"

	"daxbench/engine/kernelfs/proc"
)

// whyNotUmount says why the file system is not unmounted. What could not be mounted again as it was, or would stay mounted
// elsewhere, is left alone: the machine is somebody's.
func (m *Maker) whyNotUmount() string {
	switch {
	case !m.o.Umount:
		return "unmounting was not allowed"
	case os.Geteuid() != 0:
		return "only root may unmount"
	case m.device() == "":
		return "no device is mounted that could be mounted again"
	case m.sys.LoopBelow(m.mount.Dev) != "" || strings.HasPrefix(m.device(), "loop"):
		return "the file system lies on a loop device, which may go with its mount and could not be mounted again"
	}
	all, err := m.sys.Mounts()
	if err != nil {
		return "what is mounted is not known: " + err.Error()
	}
	others, unseen, err := m.sys.Others(m.mount)
	if err != nil {
		return "what is mounted is not known: " + err.Error()
	}
	if unseen > 0 {
		return fmt.Sprintf("what %d processes see mounted is not known", unseen)
	}
	if why := whyNotTwice(m.mount, all, others); why != "" {
		return why
	}
	if m.sys.DeviceOf(m.mount.Source) != m.mount.Dev {
		return fmt.Sprintf("%s is not the device %s that is mounted: the file system could not be mounted again by it", m.mount.Source, m.mount.Dev)
	}
	return ""
}

// whyNotTwice says why a mount would not be the same again, or its file system not be away meanwhile. All is what is mounted
// here, others are the mounts of the same file system, wherever.
func whyNotTwice(m proc.Mount, all, others []proc.Mount) string {
	if m.Root != "/" {
		return fmt.Sprintf("only %s of the file system is mounted on %s, which makes it a bind mount", m.Root, m.Point)
	}
	for _, o := range others {
		if o.ID != m.ID {
			return fmt.Sprintf("the file system is mounted elsewhere, too: on %s, there or in another mount name space", o.Point)
		}
	}
	for _, o := range all {
		switch {
		case o.ID == m.ID:
		case o.Parent == m.ID:
			return fmt.Sprintf("%s is mounted on it", o.Point)
		case o.Point == m.Point:
			return fmt.Sprintf("there is another mount, of %s, on %s", o.Source, o.Point)
		}
	}
	return ""
}

// A NotMountedError says that a file system which was unmounted is not back.
type NotMountedError struct {
	Command string // that mounts it, for a shell
	cause   error
}

func (e *NotMountedError) Error() string {
	return fmt.Sprintf("the file system is NOT mounted any more, and mounting it again failed (%v); to mount it: %s", e.cause, e.Command)
}

// Unwrap returns why.
func (e *NotMountedError) Unwrap() error { return e.cause }

// mountCommand is what to type to have the mount back.
func (m *Maker) mountCommand() string {
	return fmt.Sprintf("mount -t %s -o %s %s %s", quoted(m.mount.Type), quoted(m.mount.Options), quoted(m.mount.Source), quoted(m.mount.Point))
}

// quoted is a word for a shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-=,:+@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
