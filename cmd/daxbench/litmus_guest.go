package main

import (
	"path"
	"slices"
	"strings"

	"daxbench/engine/vm"
	"daxbench/workloads/litmus"
)

// A command that was run in a guest of daxbench vm is told as one that makes such a guest: on the machine of who reads it, the
// guest's own would go to work on whatever is mounted there.

// inGuest is the beginning of a command that boots the kernel which was asked for, with the file systems that are mounted on
// directories; empty if this is no guest.
func inGuest(kernel string, dirs []string) []string {
	if kernel == "" {
		return nil
	}
	fs := noFS
	if guestMakes(kernel, dirs) {
		var names []string
		for _, dir := range dirs {
			names = append(names, path.Base(dir))
		}
		fs = strings.Join(names, ",")
	}
	return []string{"vm", "-kernel", kernel, "-fs", fs, "--"}
}

// guestMakes reports whether all directories are file systems that daxbench vm makes in each of its guests.
func guestMakes(kernel string, dirs []string) bool {
	return kernel != "" && !slices.ContainsFunc(dirs, func(dir string) bool {
		_, err := vm.LookupFileSystem(path.Base(dir))
		return err != nil || path.Dir(path.Clean(dir)) != guestMounts
	})
}

// guestMounts is where a guest's file systems are.
const guestMounts = "/mnt"

// kernelsRecord is what kernels.json is to hold.
func (f *litmusFlags) kernelsRecord(k *litmus.Kernels) kernelsRecord {
	r := kernelsRecord{newMadeBy(), k}
	var dirs []string
	for t := range strings.SplitSeq(f.target, ",") {
		dirs = append(dirs, strings.TrimPrefix(t, "dir:"))
	}
	if len(k.Columns) > 0 {
		r.Command = commandInGuest(k.Columns[0].Kernel.Asked, dirs, r.Command)
	}
	return r
}

// commandInGuest is a command of this program that works on directories; if it is one of a guest, with the guest.
func commandInGuest(kernel string, dirs, args []string) []string {
	if kernel == "" {
		return args
	}
	return append(inGuest(kernel, dirs), askedOfVM(args, guestMakes(kernel, dirs))...)
}

// askedOfVM is a command of a guest without what vm adds to it. That is -target only if the guest made its file systems.
func askedOfVM(args []string, target bool) (asked []string) {
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		switch {
		case !strings.HasPrefix(args[i], "-"), name != "o" && name != "umount" && (name != "target" || !target):
			asked = append(asked, args[i])
		case !joined && name != "umount":
			i++ // its value
		}
	}
	return asked
}
