// Package wire is what the controller of package kernelfs and its child processes
// say to each other: one JSON object a line on a Unix socket, with file descriptors
// beside it. A child has what a process has (open files, mappings, rings) and a
// thread per task; it does what it is told and judges nothing.
package wire

import "daxbench/engine/target"

// Env is the environment variable that makes this program a child. Its value is the
// number of the descriptor of the socket.
const Env = "DAXBENCH_CHILD"

// A Call is one system call, or a few that belong together, to be made by one thread.
type Call struct {
	ID     int         `json:"id"`
	Task   string      `json:"task"` // whose thread makes it
	Verb   target.Verb `json:"verb"`
	File   string      `json:"file,omitempty"`  // the name that the child knows the file by
	Path   string      `json:"path,omitempty"`  // absolute
	Other  string      `json:"other,omitempty"` // path: of rename, reflink, dedupe
	Copy   string      `json:"copy,omitempty"`  // the name that a reflink's new file gets
	Index  int         `json:"index,omitempty"` // page of the file
	Pages  int         `json:"pages,omitempty"`
	Fill   byte        `json:"fill,omitempty"` // that pages are written with, and are checked for
	On     bool        `json:"on,omitempty"`   // dax on, dax off
	Pin    string      `json:"pin,omitempty"`
	Holder string      `json:"holder,omitempty"`
	Device string      `json:"device,omitempty"` // that O_DIRECT goes to, absolute
	Offset int64       `json:"offset,omitempty"` // on it, bytes
	Fds    int         `json:"fds,omitempty"`    // how many descriptors come with it: a pipe to splice into, a socket to send on
}

// An Answer comes when a call has returned. Before it, for each call, comes one with Began set and the thread that
// makes it, so that the controller knows whom to look at.
type Answer struct {
	ID      int    `json:"id"`
	Began   bool   `json:"began,omitempty"`
	TID     int    `json:"tid,omitempty"`
	Errno   int    `json:"errno,omitempty"` // of the system call that failed
	Failed  string `json:"failed,omitempty"`
	Foreign []byte `json:"foreign,omitempty"` // check: the first bytes that are not the file's own
	Opened  int    `json:"opened,omitempty"`  // with MAP_SYNC: 1
}

// MapSync in Answer.Opened says that the mapping is one with MAP_SYNC.
const MapSync = 1
