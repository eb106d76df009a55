// Package wire is what the controller of package kernelfs and its child processes
// say to each other: one JSON object a packet on a Unix socket, with file descriptors
// beside it. A child has what a process has (open files, mappings, rings) and a
// thread per task; it does what it is told and judges nothing.
package wire

import (
	"golang.org/x/sys/unix"

	"daxbench/engine/target"
)

// Env is the environment variable that makes this program a child. Its value is the
// number of the descriptor of the socket.
const Env = "DAXBENCH_CHILD"

// Signal is what a child takes without dying, to end a wait that signals end.
const Signal = unix.SIGUSR1

// A Call is one system call, or a few that belong together, to be made by one
// thread. Which fields count depends on the verb. A page is one of the machine's,
// os.Getpagesize bytes.
type Call struct {
	ID     int         `json:"id"`
	Task   string      `json:"task"` // whose thread makes it, one call after the other
	Verb   target.Verb `json:"verb"`
	File   string      `json:"file,omitempty"`  // the name that the child knows the file by
	Path   string      `json:"path,omitempty"`  // absolute; of umount and mount: where; of sync: any in the file system
	Other  string      `json:"other,omitempty"` // path: of rename, reflink, dedupe
	Copy   string      `json:"copy,omitempty"`  // reflink: the name that the new file gets; dedupe: the name of the other file
	Index  int         `json:"index,omitempty"` // page of the file; truncate: its new size, pages
	Pages  int         `json:"pages,omitempty"` // of create, punch, fault; zero: one
	Fill   byte        `json:"fill,omitempty"`  // that pages are written with, and are checked for
	On     bool        `json:"on,omitempty"`    // dax on, dax off; fault: only read
	Pin    string      `json:"pin,omitempty"`   // the name that the child knows the pin by
	Ask    bool        `json:"ask,omitempty"`   // release: only say whether the I/O is over, and at once
	Holder string      `json:"holder,omitempty"`
	Device string      `json:"device,omitempty"`  // that O_DIRECT goes to, absolute; mount: the source; unplug: namespace0.0
	Offset int64       `json:"offset,omitempty"`  // on it, bytes, whole pages
	FS     string      `json:"fs,omitempty"`      // mount: xfs, ext4
	Mount  string      `json:"options,omitempty"` // mount: options as mountinfo has them, "rw,relatime,dax=always"
	PFN    uint64      `json:"pfn,omitempty"`     // poison: which page of memory, from the pin's Answer
	Fds    int         `json:"fds,omitempty"`     // how many descriptors come with it: a pipe to splice into, a socket to send on
}

// An Answer comes when a call has returned. Before it, for each call, comes one with Began set and the thread that
// makes it, so that the controller knows whom to look at; not before that of a call with Ask. Exit has no other answer: the child is gone, with status 0.
type Answer struct {
	ID      int    `json:"id"`
	Began   bool   `json:"began,omitempty"`
	TID     int    `json:"tid,omitempty"`
	Errno   int    `json:"errno,omitempty"`   // of the system call that failed; 0 with Failed: it was none
	Failed  string `json:"failed,omitempty"`  // which system call, and why; empty: it is done
	Foreign []byte `json:"foreign,omitempty"` // check: the first bytes that are not the file's own, up to 16
	Opened  int    `json:"opened,omitempty"`  // map, with MAP_SYNC: MapSync
	Over    bool   `json:"over,omitempty"`    // release, if asked
	PFN     uint64 `json:"pfn,omitempty"`     // pin: the page's frame of memory; 0: the child may not know
}

// MapSync in Answer.Opened says that the mapping is one with MAP_SYNC.
const MapSync = 1

// AtOnce is what an asynchronous pin fails with if its I/O has ended before the call was over: nobody held the device.
const AtOnce = "the I/O was over at once"
