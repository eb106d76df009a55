// Package child is a process of a scenario: it takes calls from the controller of
// package kernelfs and makes them as system calls, each by the thread of the task
// whose call it is. It judges nothing, and it never decides to wait or not to wait:
// who is stuck in the kernel is looked at from outside.
//
// A process has files, mappings and I/O in flight, by the scenario's names; its
// threads share them, as threads do. They go when it exits, in the kernel's order.
//
// A thread that is stuck must not stop the others, and the Go runtime must know that
// it is: so whatever can block is a system call, and mapped pages, which may block in
// a page fault, are never touched but by one. Neither the runtime nor package os has
// a hand in the descriptors and mappings of a scenario.
package child

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"

	"daxbench/engine/kernelfs/wire"
)

// A child that cannot do what it is there for: nobody to listen to, or nothing that makes sense.
const exitEnvironment = 4

// maxHeap is much more than a child needs. Below it nothing is collected: the runtime does not meddle with the address
// space, whose lock a thread that is stuck may hold.
const maxHeap = 64 << 20

// Asked tells whether this process was started as a child, and on which descriptor calls come. It is the first thing
// that main asks.
func Asked() (fd int, ok bool) {
	value, ok := os.LookupEnv(wire.Env)
	if !ok {
		return 0, false
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return -1, true
	}
	return fd, true
}

// Environ is the environment that a child is started with, beside the descriptor of a socket. The runtime's signals,
// which would end a wait that signals end, are off.
func Environ(fd int) []string {
	return []string{wire.Env + "=" + strconv.Itoa(fd), "GODEBUG=asyncpreemptoff=1", "GOTRACEBACK=single"}
}

// Main is a child until the other end of the socket is closed. It never returns.
func Main(fd int) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(maxHeap)
	conn, err := wire.New(fd)
	if err == nil {
		err = takeSignals()
	}
	if err == nil {
		err = newProcess(conn).serve()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "daxbench: child:", err)
		os.Exit(exitEnvironment)
	}
	os.Exit(0)
}
