package mounted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/dax"
	"daxbench/engine/vfs"
	"daxbench/workloads/driver"
)

// ErrContent is the cause of a cell's end: a file held what nobody wrote to it.
var ErrContent = errors.New("a file holds what was not written to it")

// ErrLeft is the same: a file is there that nobody made, or one is missing.
var ErrLeft = errors.New("the directory does not hold what it should")

// A rig is what every storm stands on: its directory, and in it one for each
// worker, so that workers share no lock of a directory. Storms embed it.
type rig struct {
	driver.Env
	target  *Target
	dir     string
	workers []*driver.Worker
	hands   []*hand
	pages   int // per file
	share   float64

	base    int64 // of the counter
	evicted int64 // so far; never less than before, whatever a noisy counter says
	broken  error // of the counter
	resting atomic.Bool
}

// A hand is what one worker has: nobody else touches it.
type hand struct {
	dirs  [2]int // descriptors of directories: of files that are not DAX, and that are
	data  []byte // a file's content
	made  int64  // files
	ended int64  // of them, those that were unlinked
	_     [64]byte
}

// A file is one of ours, open or not.
type file struct {
	fd     int // -1: not open
	name   cname
	dax    bool
	stamp  uint64         // what its pages hold, see word
	mapped unsafe.Pointer // its pages; nil: not mapped
}

// newRig makes the directories. Whatever it returns must be closed.
func newRig(t *Target, env driver.Env) (r *rig, err error) {
	r = &rig{Env: env, target: t, pages: env.Values.Int("pages")}
	if r.share, err = parseShare(env.Values.Get("dax")); err != nil {
		return nil, err
	}
	if r.dir, err = t.newDir(); err != nil {
		return nil, err
	}
	for id := range env.Workers {
		h := &hand{dirs: [2]int{-1, -1}, data: make([]byte, max(1, r.pages)*pageSize)}
		r.hands = append(r.hands, h)
		r.workers = append(r.workers, driver.NewWorker(id, env.Seed, nil))
		for i, name := range []string{"plain", "dax"} {
			if h.dirs[i], err = r.newSubdir(fmt.Sprintf("%s%d", name, id), i == 1); err != nil {
				r.Close()
				return nil, err
			}
		}
	}
	if r.base, err = t.counter.read(); err != nil {
		r.Close()
		return nil, err
	}
	r.resting.Store(true)
	context.AfterFunc(env.Context, r.stuck)
	return r, nil
}

// newSubdir makes a directory and returns a descriptor of it.
func (r *rig) newSubdir(name string, flagged bool) (int, error) {
	path := filepath.Join(r.dir, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		return -1, err
	}
	if flagged && r.target.dax == daxPerFile {
		if err := dax.Inherit(path); err != nil {
			return -1, err
		}
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// stuck ends the run if a worker does not come back although it was told to: it is in a system call that does not return,
// and the directory must not be touched.
func (r *rig) stuck() {
	if !errors.Is(context.Cause(r.Context), driver.ErrHang) {
		return
	}
	time.Sleep(r.HangLimit)
	if r.resting.Load() {
		return
	}
	err := fmt.Errorf("%w: a system call in %s has not returned; daxbench litmus -target dir:… says who waits for what", driver.ErrHang, r.dir)
	select {
	case r.Fatal <- err:
	default:
	}
}

// Worker implements driver.Storm.
func (r *rig) Worker(id int) *driver.Worker { return r.workers[id] }

// Resume and Pause implement driver.Storm.
func (r *rig) Resume() { r.resting.Store(false) }

// Pause: see Resume.
func (r *rig) Pause() { r.resting.Store(true) }

// Stats implements driver.Storm: the evictions that the kernel counted.
func (r *rig) Stats() vfs.Stats {
	n, err := r.target.counter.read()
	if err != nil {
		r.broken = err
		return vfs.Stats{Evictions: r.evicted}
	}
	n -= r.base
	if r.target.counter.net {
		n = r.made() - n
	}
	r.evicted = max(r.evicted, n)
	return vfs.Stats{Evictions: r.evicted}
}

// made is how many files there have been.
func (r *rig) made() (n int64) {
	for _, h := range r.hands {
		n += h.made
	}
	return n
}

// goes reports whether w is to go on.
func (r *rig) goes(w *driver.Worker) bool {
	if r.Context.Err() != nil {
		w.Fail(context.Cause(r.Context))
	}
	return !w.Failed()
}

// faultsPanic makes faults of the calling goroutine in a mapping (SIGBUS: the disk is full or broken) panics, which the driver
// turns into errors, until it is undone.
func faultsPanic() (undo func()) {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}

// fail ends the cell. If nothing is wrong but that the file system is full it
// ends the run.
func (r *rig) fail(w *driver.Worker, err error) {
	err = r.explain(err)
	w.Fail(err)
	if isFull(err) {
		select {
		case r.Fatal <- err:
		default:
		}
	}
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }

// explain says what to do about an error.
func (r *rig) explain(err error) error {
	if isFull(err) {
		return fmt.Errorf("%s is full: %w: make room, or let the storm keep less (-set files=… or pages=…, -workers)", r.dir, err)
	}
	return fmt.Errorf("%s: %w", r.dir, err)
}

// create makes the next file of a worker under a name that must be free.
func (r *rig) create(w *driver.Worker, f *file) (err error) {
	h := r.hands[w.ID]
	f.dax, f.stamp = isDAX(h.made, r.share), stamp(r.Seed, w.ID, h.made)
	f.fd, err = openat(h.dir(f), &f.name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
	if err == nil {
		h.made++
	}
	return err
}

func (h *hand) dir(f *file) int {
	if f.dax {
		return h.dirs[1]
	}
	return h.dirs[0]
}

// lookEvery is how often files are looked at where that would cost more than what is measured.
const lookEvery = 64

// checkDAX looks whether an open file is what it was made to be.
func (r *rig) checkDAX(f *file) error {
	is, err := dax.IsOpen(f.fd)
	if err == nil && is != f.dax {
		err = fmt.Errorf("%s was made with DAX %v, and statx says %v", &f.name, f.dax, is)
	}
	return err
}

// fill writes the pages of a file.
func (r *rig) fill(w *driver.Worker, f *file) error {
	data := r.hands[w.ID].data[:r.pages*pageSize]
	for page := range r.pages {
		stampPage(data[page*pageSize:][:pageSize], f.stamp)
	}
	return pwrite(f, data, 0)
}

// check reads a whole file that must be as fill left it.
func (r *rig) check(w *driver.Worker, f *file) error {
	data := r.hands[w.ID].data[:r.pages*pageSize]
	n, err := pread(f, data, 0)
	if err != nil {
		return err
	}
	if n != len(data) {
		return fmt.Errorf("%w: %s has %d bytes and should have %d", ErrContent, &f.name, n, len(data))
	}
	return checkWhole(data, f)
}

// close ends what is open of a file.
func (f *file) close() error {
	if f.fd < 0 {
		return nil
	}
	fd := f.fd
	f.fd = -1
	if err := unix.Close(fd); err != nil {
		return &callError{"close", &f.name, err}
	}
	return nil
}

// finish is the end of a storm that has no file left. It looks whether that is so.
func (r *rig) finish() (driver.Findings, error) {
	f := driver.Findings{Stats: r.Stats(), Counted: make(map[string]int64)}
	for _, h := range r.hands {
		f.Counted["made"] += h.made
		f.Counted["ended"] += h.ended
	}
	if r.broken != nil {
		return f, r.broken
	}
	if made, ended := f.Counted["made"], f.Counted["ended"]; made != ended {
		return f, fmt.Errorf("%w: %d files were made and %d removed", ErrLeft, made, ended)
	}
	var left []string
	for id := range r.workers {
		for _, name := range []string{"plain", "dax"} {
			list, err := os.ReadDir(filepath.Join(r.dir, fmt.Sprintf("%s%d", name, id)))
			if err != nil {
				return f, err
			}
			for _, e := range list {
				left = append(left, e.Name())
			}
		}
	}
	if len(left) > 0 {
		return f, fmt.Errorf("%w: %d files are left, such as %q", ErrLeft, len(left), left[0])
	}
	return f, nil
}

// Close implements driver.Storm: nothing is left of the storm.
func (r *rig) Close() {
	for _, h := range r.hands {
		for _, fd := range h.dirs {
			if fd >= 0 {
				unix.Close(fd)
			}
		}
	}
	if !r.target.closed.Load() {
		os.RemoveAll(r.dir)
	}
}
