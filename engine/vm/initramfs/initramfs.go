// Package initramfs writes the first file system of a guest: this program as its
// PID 1, programs of the host with their libraries, kernel modules with what they
// depend on, and files.
//
// It is no dracut: nothing of the host's own set-up goes in, the output depends on
// what was asked for and on the files alone, and it is the same each time.
package initramfs

import (
	"errors"
	"io"
)

// ModuleList is the file in the guest that lists the files of modules in the order in which they can be loaded, one path a
// line. Modules are not compressed there.
const ModuleList = "/etc/daxbench-modules"

// A Spec is what goes into an initramfs, beside the folders dev, etc, mnt, proc, run, sys, tmp and the nodes /dev/console and
// /dev/null.
type Spec struct {
	Exe      string            // file on the host that becomes /init; libraries come along if it needs some
	Programs []string          // names of programs, or files: put at the path at which the host has them, with their libraries
	Modules  string            // folder lib/modules/VERSION on the host; may be empty if Load is
	Load     []string          // names of modules to load, in this order; what they depend on is found out
	Optional []string          // names of modules to load if there are such: some exist in some kernels only
	Files    map[string][]byte // more files, by absolute path
}

// The errors that a caller may want to tell apart.
var (
	ErrProgram = errors.New("no such program here")   // install the package that has it
	ErrLibrary = errors.New("no such library here")   // of a program
	ErrModule  = errors.New("no such module")         // neither in the folder nor built in
	ErrDamaged = errors.New("damaged module or list") // of modules
)

// Build writes the initramfs, a cpio archive of format newc, to w. Errors: ErrProgram, ErrLibrary, ErrModule, ErrDamaged, each
// with the name; those of files and of w.
func Build(w io.Writer, s Spec) error { return errors.New("not built yet") }
