// Package slow makes devices that hold what is asked of them: a read or write
// with O_DIRECT keeps its pages pinned for exactly as long as a test wants.
//
// The best way is a device-mapper linear map that is suspended; its counterpart in
// real life is multipath that queues while it has no path. Where there is no device
// mapper, or no right to it, a file of a FUSE file system in this process does, with
// one difference, see Pool.Late.
//
// Nothing here knows what is held for whom. What a process that is killed leaves behind
// bears its name, and the next one that opens a Pool removes it.
package slow

import (
	"errors"
	"fmt"
)

// Size is how many bytes a Held has.
const Size = 1 << 20

// ErrNone is returned by Open if no way works here, with what each lacks.
var ErrNone = errors.New("no device can be made to wait")

// ErrFull is returned by New if there is no room for one more Held.
var ErrFull = errors.New("no room for one more device")

// A Pool makes Helds in one way. Safe for concurrent use.
type Pool struct {
	kind  string
	late  bool
	guard guard
	way   way
	helds map[*Held]bool // guard; those that are not closed
	done  bool           // guard
}

// A guard is a mutex. Package sync is not for the engine.
type guard chan struct{}

func newGuard() guard   { return make(guard, 1) }
func (g guard) lock()   { g <- struct{}{} }
func (g guard) unlock() { <-g }

// A way is what is behind a Pool.
type way interface {
	make(fill byte) (held, error)
	close() error
}

// A held is what is behind a Held. Who calls has the Pool's guard.
type held interface {
	path() string
	release() error
	read(p []byte) error // all Size bytes
	close() error
}

func newPool(kind string, late bool, w way) *Pool {
	return &Pool{kind: kind, late: late, guard: newGuard(), way: w, helds: map[*Held]bool{}}
}

// Open finds the best way that works here, and tries it once. What it needs in the file system is made below dir, which must
// not lie on one that may get stuck. It also removes what processes that are gone left behind. Error: ErrNone.
func Open(dir string) (*Pool, error) { return first(dir, openMapper, openFUSE) }

// OpenMapper is Open with the device mapper only, and OpenFUSE with FUSE only.
func OpenMapper(dir string) (*Pool, error) { return first(dir, openMapper) }

// OpenFUSE see OpenMapper.
func OpenFUSE(dir string) (*Pool, error) { return first(dir, openFUSE) }

// first opens a Pool in the first way that works.
func first(dir string, ways ...func(dir string) (*Pool, error)) (*Pool, error) {
	var none error
	for _, open := range ways {
		p, err := open(dir)
		if err == nil {
			return p, nil
		}
		none = also(none, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNone, none)
}

// also makes one line of two errors, or of one.
func also(err, more error) error {
	switch {
	case err == nil:
		return more
	case more == nil:
		return err
	}
	return fmt.Errorf("%w; %w", err, more)
}

// try makes a Held and lets it go, to see that a way works.
func (p *Pool) try() error {
	h, err := p.New(0)
	if err != nil {
		return err
	}
	return h.Close()
}

// Kind says what Helds are: "dm-linear over loop", "dm-linear over brd", "fuse".
func (p *Pool) Kind() string { return p.kind }

// Late reports whether a write that is held takes its data from memory when it is released, as the device mapper does. FUSE
// takes them at once, and holds the pages all the same: so what such a write delivers does not show what has come to be in
// a page meanwhile. A read delivers at release in both ways.
func (p *Pool) Late() bool { return p.late }

// New makes a Held that is full of fill. Errors: ErrFull; those of the system.
func (p *Pool) New(fill byte) (*Held, error) {
	p.guard.lock()
	defer p.guard.unlock()
	if p.done {
		return nil, errors.New("the pool is closed")
	}
	h, err := p.way.make(fill)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.kind, err)
	}
	all := &Held{pool: p, held: h, path: h.path()}
	p.helds[all] = true
	return all, nil
}

// Close releases and removes all Helds, and what they stood on, whatever goes wrong meanwhile.
func (p *Pool) Close() error {
	p.guard.lock()
	defer p.guard.unlock()
	if p.done {
		return nil
	}
	p.done = true
	var errs []error
	for h := range p.helds {
		errs = append(errs, h.close())
	}
	return errors.Join(append(errs, p.way.close())...)
}

// A Held is a block device or file of Size bytes that holds all requests until it is released: nothing else ends them,
// SIGKILL neither, but for one under FUSE that this process has not read yet. Sectors are of 512 bytes.
type Held struct {
	pool     *Pool
	held     held
	path     string
	released bool // pool.guard
	closed   bool // pool.guard
}

// Path is where to open it, with O_DIRECT, for reading and writing. To open it does not wait.
func (h *Held) Path() string { return h.path }

// Release lets requests through, for good. Again: nothing happens. Requests end soon, but not before it returns.
func (h *Held) Release() error {
	h.pool.guard.lock()
	defer h.pool.guard.unlock()
	return h.release()
}

func (h *Held) release() error {
	if h.released {
		return nil
	}
	if err := h.held.release(); err != nil {
		return fmt.Errorf("release %s: %w", h.path, err)
	}
	h.released = true
	return nil
}

// Bytes returns n bytes of what lies on it from off on. Precondition: it was released, and is not closed.
func (h *Held) Bytes(off int64, n int) ([]byte, error) {
	h.pool.guard.lock()
	defer h.pool.guard.unlock()
	switch {
	case off < 0 || n < 0 || off+int64(n) > Size:
		panic(fmt.Sprintf("slow: %d bytes at %d of %d", n, off, Size))
	case !h.released || h.closed:
		panic("slow: Bytes of a device that is held or closed")
	}
	all := make([]byte, Size)
	if err := h.held.read(all); err != nil {
		return nil, fmt.Errorf("%s: %w", h.path, err)
	}
	return all[off:][:n], nil
}

// Close releases and removes it. One that somebody still has open goes with the last who closes it. Again: nothing happens.
func (h *Held) Close() error {
	h.pool.guard.lock()
	defer h.pool.guard.unlock()
	return h.close()
}

func (h *Held) close() error {
	if h.closed {
		return nil
	}
	err := h.release()
	h.closed = true
	delete(h.pool.helds, h)
	return errors.Join(err, h.held.close())
}
