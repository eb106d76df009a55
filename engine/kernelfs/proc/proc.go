// Package proc looks at processes and the kernel from outside: what a thread does
// or waits for, what is mounted and who uses it, where the blocks of a file lie, what
// the kernel warned of.
//
// It reads /proc, /sys and /boot, and never touches the file system that somebody may be
// stuck in. What it reads may have been written by others: it is bounded, and made
// printable where it is text.
package proc

import (
	"errors"
)

// An FS is a tree that looks like the root of a running system.
type FS struct{ Root string }

// ErrGone is returned for processes and threads that are not there (any more).
var ErrGone = errors.New("no such process or thread")

// A Thread is what a thread was seen to be.
type Thread struct {
	TID      int
	Name     string
	State    byte     // of /proc/PID/stat: R, S, D, Z, X, T, t, I
	Switches int64    // context switches so far, of both kinds: if it stands still, the thread has not run
	Wchan    string   // function that it sleeps in; empty: none, or not to be seen
	Syscall  string   // number of the system call that it is in; empty: none, or not to be seen
	Stack    []string // kernel functions, the innermost first; nil: not to be seen, needs root
}

// Thread looks at a thread. Error: ErrGone.
func (f FS) Thread(pid, tid int) (Thread, error) { panic("not yet") }

// A Process is all threads of a process.
type Process struct {
	PID     int
	Name    string
	Zombie  bool     // all its threads have ended
	Threads []Thread // ascending TID
}

// Process looks at a process. Error: ErrGone.
func (f FS) Process(pid int) (Process, error) { panic("not yet") }

// A Mount is a line of mountinfo.
type Mount struct {
	ID, Parent int
	Dev        string // major:minor
	Root       string // what of the file system is mounted
	Point      string // where
	Options    string // of the mount, and of the file system: "rw,relatime,dax=always"
	Type       string // xfs
	Source     string // /dev/pmem0
}

// Mounts lists what is mounted, in the order of mounting.
func (f FS) Mounts() ([]Mount, error) { panic("not yet") }

// MountOf returns the mount that a path, which is absolute and has no symbolic links, lies on.
func (f FS) MountOf(path string) (Mount, error) { panic("not yet") }

// A User is a process that uses a mounted file system.
type User struct {
	PID  int
	Name string
	Has  string // what it has there: "working directory", "3 open files", "mapping of FILE"
}

// Users lists who, but for this process and but, has files, mappings or its working directory in the file system of a mount.
// Unseen is how many processes may not be looked at. Do not ask while a process may be stuck in the middle of mmap.
func (f FS) Users(m Mount, but ...int) (users []User, unseen int, err error) { panic("not yet") }

// HasSymbol reports whether the kernel, or a module that is loaded, has a function, inlined nowhere.
func (f FS) HasSymbol(name string) (bool, error) { panic("not yet") }

// Config returns the options that the kernel was built with, "CONFIG_FS_DAX": "y". Those not set are not in it.
func (f FS) Config() (map[string]string, error) { panic("not yet") }

// SysNumbers returns the numbers in a file of /proc/sys: "fs/inode-nr".
func (f FS) SysNumbers(name string) ([]int64, error) { panic("not yet") }

// An Extent is a run of blocks of a file. Bytes.
type Extent struct {
	Logical, Physical, Length int64
	Flags                     uint32 // Extent…
}

// Extents asks the file system where a file lies (FIEMAP), without a sync before.
func Extents(fd int) ([]Extent, error) { panic("not yet") }

// IsDAX reports whether statx says that a file or directory is accessed by DAX.
func IsDAX(path string) (bool, error) { panic("not yet") }

// A Kmsg reads what the kernel says.
type Kmsg struct{ missing string }

// OpenKmsg opens the kernel's messages, from now on. If that is not possible, Missing of the Kmsg says why.
func OpenKmsg() *Kmsg { panic("not yet") }

// Missing says why messages cannot be read; empty if they can.
func (k *Kmsg) Missing() string { return k.missing }

// Warnings returns what the kernel complained of since the last call, a line each:
// "WARNING at fs/dax.c:378 in dax_disassociate_entry".
func (k *Kmsg) Warnings() []string { panic("not yet") }

// Close closes it.
func (k *Kmsg) Close() error { return nil }
