package kernelfs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/kernelfs/proc"
)

// Errors of New that the user can mend, by an option or another directory.
var (
	ErrRefused = errors.New("refused")
	ErrUnfit   = errors.New("cannot be used")
)

// unfit are types of file systems that cannot be asked, and why.
var unfit = map[string]string{
	"nfs": network, "nfs4": network, "cifs": network, "smb3": network, "9p": network, "ceph": network, "afs": network,
	"fuse": daemon, "fuseblk": daemon,
	"proc": pseudo, "sysfs": pseudo, "devtmpfs": pseudo, "devpts": pseudo, "cgroup": pseudo, "cgroup2": pseudo, "debugfs": pseudo,
	"tracefs": pseudo, "securityfs": pseudo, "configfs": pseudo, "pstore": pseudo, "bpf": pseudo, "mqueue": pseudo,
	"squashfs": readOnly, "iso9660": readOnly, "erofs": readOnly,
}

const (
	network  = "the blocks are on another machine"
	daemon   = "a process decides what happens"
	pseudo   = "there are no blocks behind it"
	readOnly = "nothing can be made there"
)

// judgeMount says why a mount is not to be worked on.
func judgeMount(m proc.Mount, root proc.Mount, o Options) error {
	kind, _, _ := strings.Cut(m.Type, ".")
	if why, no := unfit[kind]; no {
		return fmt.Errorf("%w: %s is %s: %s", ErrUnfit, m.Point, m.Type, why)
	}
	if has(m.Options, "ro") {
		return fmt.Errorf("%w: %s is mounted read-only", ErrUnfit, m.Point)
	}
	if (m.Point == "/" || m.Dev == root.Dev) && !o.Root {
		return fmt.Errorf("%w: %s is on the root file system, which a step could block for ever", ErrRefused, m.Point)
	}
	return nil
}

// judgeUsers says who uses a mount beside us, if that is not allowed: processes, and the kernel itself.
func judgeUsers(m proc.Mount, users []proc.User, holders []string, o Options) error {
	if len(users)+len(holders) == 0 || o.Others {
		return nil
	}
	const shown = 3
	who := holders
	for _, u := range users[:min(shown, len(users))] {
		who = append(who, fmt.Sprintf("%s (pid %d: %s)", u.Name, u.PID, u.Has))
	}
	if n := len(users) - shown; n > 0 {
		who = append(who, fmt.Sprintf("%d more", n))
	}
	return fmt.Errorf("%w: %s is in use by %s", ErrRefused, m.Point, strings.Join(who, ", "))
}

// has reports whether an option stands in a list with commas.
func has(options, option string) bool { return slices.Contains(strings.Split(options, ","), option) }

// modeOf returns what a mount says of DAX: always, never, inode; empty: nothing, which is inode where there is DAX at all.
func modeOf(m proc.Mount) string {
	for o := range strings.SplitSeq(m.Options, ",") {
		switch mode, found := strings.CutPrefix(o, "dax="); {
		case found:
			return mode
		case o == "dax":
			return "always"
		}
	}
	return ""
}
