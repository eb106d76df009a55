package kernelfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/slow"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// A hold is a pin: what keeps it, and what it was on when it was taken.
type hold struct {
	name   string
	by     *target.Holder
	proc   *process
	file   *file
	index  int
	dax    bool
	block  int64  // byte offset on the device; -1: not known
	frame  uint64 // of memory; 0: not known
	reused string // file that was given the block while it was pinned
	own    *call  // that stays in its own I/O until this is over; nil: none

	released bool // by a step
	over     bool // nothing holds the page any more

	// What keeps it, one of these.
	pipe   *os.File   // its reading end
	peer   *peer      // of a TCP connection
	device *slow.Held // full of fill
	late   bool       // what is written to it is taken from memory at the end
	fill   byte
	offset int64 // on the device
}

var errReleased = errors.New("the pin was released")

func pin(s *subject, c *call, a *target.Step) error {
	s.mu.Lock()
	f := s.files[a.File.String()]
	h := &hold{name: a.Name.String(), by: target.LookupHolder(a.Holder), proc: c.proc, file: f, index: a.Index.N, dax: f.dax}
	s.mu.Unlock()
	h.block = s.locate(f, h.index)
	s.hear()
	fds, err := s.open(h)
	if err != nil {
		return errors.Join(err, h.close())
	}
	defer closeAll(fds)
	w := wire.Call{Task: c.task, Verb: target.Pin, File: f.name, Index: h.index, Pin: h.name, Holder: h.by.Name, Offset: h.offset}
	if h.device != nil {
		w.Device = h.device.Path()
	}
	began := func() {}
	if h.by.Sync {
		began = func() { s.keep(h, c) }
	}
	answer, err := s.command(c, c.proc, w, descriptors(fds), began)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.own, h.frame = false, answer.PFN
	if err == nil && c.status.Returned { // it was given up, and whether the page is pinned is not known
		err = c.status.Err
	}
	if h.by.Sync && !(h.by.Killable && c.proc.killed) { // of a caller that was killed, the request may live on
		h.over = true
	}
	if err != nil {
		delete(s.pins, h.name)
		h.over = true
		return errors.Join(err, h.close())
	}
	if !h.by.Sync {
		s.pins[h.name], s.holds = h, append(s.holds, h)
		c.proc.pinned[h.name] = h.device != nil || h.by.Longterm
	}
	return nil
}

// keep notes a pin whose taker waits for it.
func (s *subject) keep(h *hold, c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.own, h.own = true, c
	s.pins[h.name], s.holds = h, append(s.holds, h)
}

// open makes what is to hold the page, and returns what the child needs of it.
func (s *subject) open(h *hold) ([]*os.File, error) {
	switch h.by.Name {
	case "vmsplice":
		r, w, err := os.Pipe()
		h.pipe = r
		return []*os.File{w}, err
	case "msg-zerocopy":
		p, end, err := connect()
		h.peer = p
		return []*os.File{end}, err
	case "longterm":
		return nil, nil
	}
	pool := s.m.slow
	if h.by.Name == "fuse" {
		pool = s.m.fusePool()
	}
	s.mu.Lock()
	h.fill = s.patterns.next(device+" of "+h.name, true)
	s.mu.Unlock()
	var err error
	if h.device, err = pool.New(h.fill); err != nil {
		return nil, err
	}
	h.late = pool.Late()
	if !h.by.Inbound {
		h.offset = slow.Size / 2
	}
	return nil, nil
}

const device = "the device"

func descriptors(list []*os.File) (fds []int) {
	for _, f := range list {
		fds = append(fds, int(f.Fd()))
	}
	return fds
}

func closeAll(list []*os.File) {
	for _, f := range list {
		if f != nil {
			f.Close()
		}
	}
}

// held returns the pin that a step is about.
func (s *subject) held(a *target.Step) (*hold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.pins[a.Name.String()]
	if h.released {
		return nil, errReleased
	}
	return h, nil
}

func releasePin(s *subject, c *call, a *target.Step) error {
	h, err := s.held(a)
	if err != nil {
		return err
	}
	if a.For > 0 && c.actions[0].Name != a.Name {
		time.Sleep(a.For)
	}
	s.mu.Lock()
	h.released = true
	s.mu.Unlock()
	s.letGoOf(h, "release "+h.name)
	return nil
}

// letGoOf ends whatever keeps a pin, and waits until it has ended: not for ever.
func (s *subject) letGoOf(h *hold, why string) {
	s.hear()
	s.mu.Lock()
	was := h.over
	h.over = true // from now on a block that is reused is nobody's fault
	if !was {
		s.letGo = append(s.letGo, release{by: why, at: s.nowLocked(), proc: h.proc})
		s.changed = time.Now()
	}
	s.mu.Unlock()
	if was {
		return
	}
	switch {
	case h.pipe != nil:
		h.pipe.Close()
	case h.peer != nil:
		h.peer.drain()
		h.peer.close()
	case h.device != nil:
		if err := h.device.Release(); err != nil {
			s.tell(nil, "the device of %s does not let go: %v", h.name, err)
		}
	}
	s.complete(h)
}

// completeLimit is how long a request may take that nobody holds any more: it is one page, to memory.
const completeLimit = time.Second

// complete waits until the I/O of a pin that was let go has ended.
func (s *subject) complete(h *hold) {
	s.mu.Lock()
	ask := h.proc.pinned[h.name] && !h.proc.killed && h.proc.w != nil && !h.proc.lost
	delete(h.proc.pinned, h.name)
	var answers <-chan wire.Answer
	s.mu.Unlock()
	switch {
	case ask:
		w := wire.Call{Task: "the end of " + h.name, Verb: target.Release, Pin: h.name}
		var err error
		if answers, err = s.send(h.proc, &w, nil); err != nil {
			return
		}
		for late := time.After(completeLimit); ; {
			select {
			case a, ok := <-answers:
				if ok && a.Began {
					continue
				}
				return
			case <-late:
				return
			}
		}
	case h.own != nil:
		s.until(func() bool { return h.own.status.Returned || !h.own.own })
	case h.device != nil:
		path := h.device.Path()
		s.until(func() bool { return !inFlight(s.m.sys.Root, path) })
	}
}

// until waits for something that comes soon, if at all.
func (s *subject) until(over func() bool) {
	for began := time.Now(); time.Since(began) < completeLimit; time.Sleep(tick) {
		s.mu.Lock()
		is := over()
		s.mu.Unlock()
		if is {
			return
		}
	}
}

// inFlight reports whether a block device has requests. What is no block device has some for a short while.
func inFlight(root, path string) bool {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
		time.Sleep(4 * tick)
		return false
	}
	name := fmt.Sprintf("sys/dev/block/%d:%d/inflight", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	text, err := os.ReadFile(filepath.Join(root, name))
	return err == nil && strings.Trim(string(text), " 0\n") != ""
}

// dmaWrite lets the request through: what the device has goes into the page, and that is the end of it.
func dmaWrite(s *subject, c *call, a *target.Step) error {
	h, err := s.held(a)
	if err != nil {
		return err
	}
	if h.device == nil {
		return fmt.Errorf("nothing that could be held back writes into the page of %s", h.name)
	}
	s.letGoOf(h, "dma-write "+h.name)
	s.tell(c, "%s has written %#02x into the page, and the request is over", device, h.fill)
	return nil
}

// dmaRead lets whoever has the page read it, and looks at what that gets.
func dmaRead(s *subject, c *call, a *target.Step) error {
	h, err := s.held(a)
	if err != nil {
		return err
	}
	got, err := s.read(h)
	if err != nil {
		return err
	}
	if got == nil {
		return nil
	}
	s.judgeBytes(c, h, got)
	return nil
}

// read returns what is in the page, as its holder sees it; nil if that does not show.
func (s *subject) read(h *hold) ([]byte, error) {
	switch {
	case h.pipe != nil:
		return peek(h.pipe)
	case h.peer != nil:
		s.letGoOf(h, "dma-read "+h.name)
		return h.peer.lastPage()
	case h.device == nil:
		return nil, fmt.Errorf("nobody reads the page of %s", h.name)
	case !h.late:
		s.letGoOf(h, "dma-read "+h.name)
		s.tell(nil, "what the device got does not show what came to be in the page: it took it at once")
		return nil, nil
	}
	s.letGoOf(h, "dma-read "+h.name)
	return h.device.Bytes(h.offset, int(pageSize()))
}

// close gives back what kept the page.
func (h *hold) close() (err error) {
	if h.pipe != nil {
		h.pipe.Close()
	}
	if h.peer != nil {
		h.peer.close()
	}
	if h.device != nil {
		err = h.device.Close()
		h.device = nil
	}
	return err
}
