package child

import (
	"errors"

	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// A verb makes one call and may add to the answer what it found.
type verb func(p *process, r *request, a *wire.Answer) error

// verbs are what a process can do to a kernel. The rest of a scenario's verbs are the controller's (time, signals,
// what ends a pin), or no system call does just that (an entry's lock, the inode's lock, an allocation).
var verbs = map[target.Verb]verb{
	target.Create:    create,
	target.Open:      open,
	target.Close:     closeFile,
	target.Unlink:    unlink,
	target.Rename:    rename,
	target.Truncate:  truncate,
	target.Punch:     punch,
	target.Write:     write,
	target.Cow:       write,
	target.Check:     check,
	target.Reflink:   reflink,
	target.Dedupe:    dedupe,
	target.DontCache: dontCache,
	target.DAX:       setDAX,

	target.Map:    mmap,
	target.Munmap: munmap,
	target.Fault:  fault,

	target.Pin:     pin,
	target.Release: release,

	target.DropCaches: dropCaches,
	target.Sync:       syncAll,
	target.Umount:     umount,
	target.Mount:      mount,
	target.Unplug:     unplug,
	target.Poison:     poison,
	target.Exit:       exit,
}

var errNoVerb = errors.New("a child cannot do this")
