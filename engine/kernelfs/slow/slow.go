// Package slow makes devices that hold what is asked of them: a read or write
// with O_DIRECT keeps its pages pinned for exactly as long as a test wants.
//
// The best way is a device-mapper linear map that is suspended; its counterpart in
// real life is multipath that queues while it has no path. Where there is no device
// mapper, or no root, a file of a FUSE file system in this process does, with
// one difference, see Pool.Late.
//
// A device that was released stays so. Nothing here knows what is held for whom.
package slow

import (
	"errors"
	"fmt"
)

// Size is how many bytes a Held has.
const Size = 1 << 20

// ErrNone is returned by Open if no way works here, with what each lacks.
var ErrNone = errors.New("no device can be made to wait")

// A Pool makes Helds in one way. Safe for concurrent use.
type Pool struct {
	kind string
	late bool
	way  way
}

// A way is what is behind a Pool.
type way interface {
	new(fill byte) (held, error)
	close() error
}

// A held is what is behind a Held.
type held interface {
	path() string
	release() error
	read(off int64, p []byte) error
	close() error
}

// Open finds the best way that works here. What it needs in the file system is made below dir, which must not lie on one
// that may get stuck. It also removes what processes that are gone left behind. Error: ErrNone.
func Open(dir string) (*Pool, error) {
	p, err := OpenMapper(dir)
	if err == nil {
		return p, nil
	}
	f, ferr := OpenFUSE(dir)
	if ferr == nil {
		return f, nil
	}
	return nil, fmt.Errorf("%w: %w; %w", ErrNone, err, ferr)
}

// OpenMapper is Open with device mapper only, and OpenFUSE with FUSE only.
func OpenMapper(dir string) (*Pool, error) { return nil, fmt.Errorf("%w: device mapper", ErrNone) }

// OpenFUSE see OpenMapper.
func OpenFUSE(dir string) (*Pool, error) { return nil, fmt.Errorf("%w: fuse", ErrNone) }

// Kind says what Helds are: "dm-linear over brd", "dm-linear over loop", "fuse".
func (p *Pool) Kind() string { return p.kind }

// Late reports whether a write that is held takes its data from memory when it is released, as the device mapper does. FUSE
// takes them at once, and holds the pages all the same: what a write delivers then does not show what came to be in a page.
func (p *Pool) Late() bool { return p.late }

// New makes a Held that is full of fill.
func (p *Pool) New(fill byte) (*Held, error) {
	h, err := p.way.new(fill)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.kind, err)
	}
	return &Held{h}, nil
}

// Close releases and removes all Helds, and what they stood on.
func (p *Pool) Close() error { return p.way.close() }

// A Held is a block device or file of Size bytes that holds all requests until it is released: nothing but Release ends
// them, SIGKILL neither. Sectors are of 512 bytes.
type Held struct{ h held }

// Path is where to open it, with O_DIRECT, for reading and writing. Opening does not wait.
func (h *Held) Path() string { return h.h.path() }

// Release lets requests through, for good.
func (h *Held) Release() error { return h.h.release() }

// Bytes returns n bytes of what lies on it from off on. Precondition: it was released.
func (h *Held) Bytes(off int64, n int) ([]byte, error) {
	p := make([]byte, n)
	return p, h.h.read(off, p)
}

// Close releases and removes it. One that somebody still has open goes with the last who closes it.
func (h *Held) Close() error { return h.h.close() }
