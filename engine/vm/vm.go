// Package vm boots a Linux kernel in QEMU, with emulated persistent memory and this
// program as its PID 1, and brings back what a command of this program leaves there.
//
// It knows nothing of scenarios and storms: it runs a command line of this program
// in a guest that has file systems mounted under /mnt, and returns its output, its
// exit status and its folder of results.
//
// The host's half is Run. The guest's is Guest, which main calls before all else. They
// meet in two places: orders, a file in the initramfs that says what to do, and frames,
// a stream on the second serial port. The first one is the kernel's console. There is no
// disk, no network and no shell in the guest, and nothing of it stays on the host.
package vm

import (
	"context"
	"io"
	"time"
)

// A Kernel is what is booted. Files are on the host.
type Kernel struct {
	Name    string // as it was asked for: debian:6.12
	Label   string // what results are called: 6.12, 7.3, a file's name
	Image   string // bzImage
	Modules string // folder lib/modules/VERSION; empty: all that is needed is built in
	Package string // name and version of what it comes from; empty: given as files
}

// An Accel is how the guest's processor is made.
type Accel string

// The ways. Auto is KVM where a guest comes up under it, else counted instructions.
const (
	Auto    Accel = "auto"
	KVM     Accel = "kvm"
	Counted Accel = "counted" // TCG with -icount: guest time counts instructions, 2 ns each, and idle time is skipped
	TCG     Accel = "tcg"     // TCG in real time
)

// Accels lists them, the default first.
func Accels() []Accel { return []Accel{Auto, KVM, Counted, TCG} }

// A Machine is how to boot.
type Machine struct {
	Accel   Accel             // empty: Auto
	Memory  int               // MiB of ordinary memory; zero: DefaultMemory
	FS      []string          // names of file systems to make, see FileSystems; each gets a pmem device and is mounted on /mnt/NAME
	Limit   time.Duration     // of host time for all of it; zero: an hour
	Console io.Writer         // takes the kernel's messages; nil: kept for errors only
	Keep    string            // folder to leave the initramfs, the command line of QEMU and the console in; empty: nowhere
	Files   map[string][]byte // to put into the guest, by absolute names

	// OnTheWay has what the command has left so far come back each time it says something, before what it says does, and each
	// second: of a guest that dies, all that it told of is there. That takes time of the guest's processor while the command goes on, so it is
	// not for one that measures.
	OnTheWay bool
}

// DefaultMemory is what an initramfs with this program, the results on a tmpfs and a few hundred processes fit into.
const DefaultMemory = 1024

// A Result is what came back.
type Result struct {
	Status  int           // exit status of the command in the guest, unless there is an error as well
	Accel   Accel         // what was used in the end
	Release string        // uname -r
	Guest   time.Duration // time that passed in the guest
	Host    time.Duration // and here
	Console string        // the kernel's messages, the last 64 KiB
}

// Mounts is the word in the arguments of Run that stands for the file systems that were mounted: dir:/mnt/xfs,dir:/mnt/ext4.
const Mounts = "{mounts}"

// Out is the folder in the guest that comes back.
const Out = "/out"

// Work is the folder in the guest that the command starts in. It is there for files of Machine.
const Work = "/in"

// Run boots k and runs this program there with the arguments args. Its standard output and error are copied to stdout and
// stderr as they come. What it leaves in the guest's folder /out is put into the folder out, which must exist; a guest that
// dies leaves nothing half: what had come over whole stays. Errors: *BootError if the guest did not come up or died, with the
// end of its console; *MissingError if a program is not installed; those of files; the cause why ctx is done. With an error
// there is a Result if something of this guest is in out.
func Run(ctx context.Context, k Kernel, m Machine, args []string, stdout, stderr io.Writer, out string) (*Result, error) {
	return run(ctx, k, m, args, stdout, stderr, out)
}

// Missing is a *MissingError if a program is not installed that Run needs for these file systems.
func Missing(fs []string) error { return missing(fs) }

// Guest returns at once, unless this process is PID 1 of a guest that Run made. Then it does what that was told, and never returns.
func Guest() { guest() }
