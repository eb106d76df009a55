package pmem

import (
	"errors"
	"fmt"
	"io/fs"
)

// What a user can do wrong. Each is wrapped with the path and with what to do about it.
var (
	ErrNotRegion = errors.New("not a daxbench region") // somebody else's data: refused, and left as it was
	ErrTooSmall  = errors.New("region too small")      // a device, file or slice with fewer bytes than asked for
	ErrBadSize   = errors.New("bad region size")       // negative, not whole pages, or beyond a limit of this process
	ErrBusy      = errors.New("region in use")         // another process, or this one, has it open
	ErrNoSpace   = errors.New("no space for region")   // the file system, quota or memory cannot hold it
	ErrNoDevice  = errors.New("no such device")        // a name under /dev that does not exist: nothing is created there
	ErrWriteBack = errors.New("no such write-back")    // Options.Flush asks for what this processor or medium lacks
)

// A FaultError is a load or store in a mapped region that found no storage: the file shrank under the mapping, or the
// medium failed (SIGBUS). See [Region.Guard].
type FaultError struct {
	Path string // as in Options; empty for a memfd
	Off  int64  // bytes from the start of the mapping, also when a slice of it was guarded
}

func (e *FaultError) Error() string {
	name := e.Path
	if name == "" {
		name = "memfd"
	}
	return fmt.Sprintf("pmem: %s: no storage behind byte %d: the file shrank while it was mapped, or its medium failed; "+
		"let nothing else write to it during a run", name, e.Off)
}

// openError adds advice to what the kernel said about opening a path. err names the path already.
func openError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("pmem: %w: make its directory first", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("pmem: %w: name a file you may write, or none to use memory", err)
	}
	return fmt.Errorf("pmem: %w", err)
}
