package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"daxbench/engine"
	"daxbench/engine/media"
	"daxbench/engine/vfs"
)

// A Result is what came of one operation.
type Result struct {
	Op string

	// Must is what anybody can rely on: it is the same under every policy, with
	// every number of stripes, lists and wait queues, and either LRU rule.
	Must string

	// May is what depends on which idle inodes reclaim takes: it is the same
	// under every policy, but not with other options.
	May string
}

func (r Result) String() string {
	if r.May == "" {
		return r.Op + ": " + r.Must
	}
	return r.Op + ": " + r.Must + " (" + r.May + ")"
}

// An actor runs a list.
type actor struct {
	e     *engine.Engine
	task  *vfs.Task
	plan  *plan
	files map[string]*actual
	pins  map[string]vfs.Pin
}

// actual is what a planned file is in the engine.
type actual struct {
	in   *vfs.Inode // good while it has references
	id   media.Owner
	data map[uint32]byte // pages that were written since they came to the file
}

// Run runs a list on an engine that holds no file, ends what the list left open,
// and returns what came of each operation and of the whole. A list that panics
// has that for its last result.
func Run(ctx context.Context, e *engine.Engine, list []Op) (results []Result) {
	a := actor{e: e, task: vfs.NewTask(ctx), plan: newPlan(), files: make(map[string]*actual), pins: make(map[string]vfs.Pin)}
	do := func(o fmt.Stringer, f func() (must, may string)) {
		r := Result{Op: o.String()}
		r.Must, r.May = f()
		results = append(results, r)
	}
	defer func() {
		if p := recover(); p != nil {
			results = append(results, Result{Op: "panic", Must: fmt.Sprint(p)})
		}
	}()
	for _, o := range list {
		do(o, func() (string, string) { return a.do(o) })
	}
	for _, o := range a.plan.closing() {
		do(o, func() (string, string) { return a.do(o) })
	}
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		do(look(name), func() (string, string) { return a.look(a.files[name]), "" })
	}
	do(look("all"), func() (string, string) { return a.end(), "" })
	return results
}

type look string

func (l look) String() string { return "look at " + string(l) }

// do runs one operation, and what it leaves to a worker.
func (a *actor) do(o Op) (must, may string) {
	if why := a.plan.skip(o); why != "" {
		return "skipped: " + why, ""
	}
	before := a.task.Stats
	must, err := a.call(o)
	if err == nil {
		err = a.work()
	}
	if err != nil {
		return "error: " + err.Error(), ""
	}
	a.plan.do(o)
	if o.Verb == Close && a.plan.files[o.File] == nil {
		must = a.gone(a.files[o.File])
		delete(a.files, o.File)
	}
	s := a.task.Stats
	return must, fmt.Sprintf("%d hits, %d read in, %d evicted", s.Hits-before.Hits, s.Misses-before.Misses, s.Evictions-before.Evictions)
}

// work does what is left to a worker. It never waits: nothing that is idle has a pin.
func (a *actor) work() error {
	if a.e.NeedsWorker() {
		a.e.RunWorker(a.task)
	}
	return a.task.Err()
}

func (a *actor) call(o Op) (string, error) {
	f := a.files[o.File]
	switch o.Verb {
	case Create:
		in, err := a.e.Create(a.task, vfs.NewFile{Pages: o.N, DAX: o.DAX})
		if err == nil {
			a.files[o.File] = &actual{in: in, id: in.Owner(), data: make(map[uint32]byte)}
		}
		return "created", err
	case Open:
		return a.open(f)
	case Close:
		a.e.Iput(a.task, f.in)
		return "closed", nil
	case Write:
		return a.write(f, o)
	case Read:
		return a.read(f, o.N)
	case Pin:
		pin, err := a.pin(f, o.N)
		if err == nil {
			a.pins[o.Pin] = a.e.Mark(pin)
		}
		return within("pinned", err)
	case Unpin:
		own := a.e.DeviceWrite(a.pins[o.Pin])
		a.e.Unpin(a.pins[o.Pin])
		delete(a.pins, o.Pin)
		return fmt.Sprintf("the device's own: %t", own), nil
	case Truncate:
		err := a.e.Truncate(a.task, f.in, o.N)
		maps.DeleteFunc(f.data, func(page uint32, _ byte) bool { return page >= o.N })
		return fmt.Sprintf("%d pages", f.in.Pages()), err
	case Unlink:
		return fmt.Sprintf("%d links before", f.in.Nlink()), a.e.Unlink(a.task, f.in)
	case Prune:
		a.e.PruneICache(a.task, int(o.N))
		return "pruned", nil
	case Unmount:
		_, busy := a.e.EvictInodes(a.task, nil)
		return fmt.Sprintf("%d in use", busy), nil
	}
	panic("ops: no such verb")
}

func (a *actor) open(f *actual) (string, error) {
	in, err := a.e.Iget(a.task, f.id.Ino)
	if err != nil {
		return "", err
	}
	f.in = in
	return fmt.Sprintf("found %t, %d pages, %d links, dax %t", in.Owner() == f.id, in.Pages(), in.Nlink(), in.IsDAX()), nil
}

// pin faults a page in and pins it, as get_user_pages does.
func (a *actor) pin(f *actual, page uint32) (vfs.Pin, error) {
	if err := a.e.Fault(a.task, f.in, page, 1); err != nil {
		return vfs.Pin{}, err
	}
	return a.e.Pin(a.task, f.in, page)
}

// within makes a page beyond the end of the file a result.
func within(done string, err error) (string, error) {
	if errors.Is(err, vfs.ErrBeyondEnd) {
		return "beyond the end", nil
	}
	return done, err
}

func (a *actor) write(f *actual, o Op) (string, error) {
	if err := a.e.Fault(a.task, f.in, o.N, 1); err != nil {
		return within("", err)
	}
	page := make([]byte, media.BlockSize)
	page[len(page)-1] = o.Value
	f.data[o.N] = o.Value
	return "written", a.e.WritePage(a.task, f.in, o.N, page)
}

// read looks at the last byte of a page. What is in a page that was not written
// is whatever the block held before.
func (a *actor) read(f *actual, page uint32) (string, error) {
	pin, err := a.pin(f, page)
	if err != nil {
		return within("", err)
	}
	got := a.e.PinBytes(pin)[media.BlockSize-1]
	own := a.e.DeviceRead(pin)
	a.e.Unpin(pin)
	want, written := f.data[page]
	switch {
	case !own:
		return "another file's", nil
	case !written:
		return "never written", nil
	case got != want:
		return fmt.Sprintf("%d, but %d was written", got, want), nil
	}
	return fmt.Sprint(got), nil
}

// gone looks for a file that has no link and no reference any more.
func (a *actor) gone(f *actual) string {
	in, err := a.e.Iget(a.task, f.id.Ino)
	if err != nil {
		if errors.Is(err, vfs.ErrNotExist) {
			return "closed, and gone"
		}
		return "error: " + err.Error()
	}
	same := in.Owner() == f.id
	a.e.Iput(a.task, in)
	return fmt.Sprintf("closed, and found: %t", same)
}

// look reads all of a file, from storage if nobody else has it in core.
func (a *actor) look(f *actual) string {
	a.e.EvictInodes(a.task, nil)
	text, err := a.open(f)
	for page := uint32(0); err == nil && page < f.in.Pages(); page++ {
		var b string
		b, err = a.read(f, page)
		text += ", " + b
	}
	if f.in != nil && err == nil {
		a.e.Iput(a.task, f.in)
		err = a.work()
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return text
}

// end unmounts and looks at all there is. Free blocks count too: pages that a
// file lost must be back.
func (a *actor) end() string {
	_, busy := a.e.EvictInodes(a.task, nil)
	err := a.work()
	fs, u := a.e.FS(), a.e.Usage()
	if err == nil {
		err = a.e.Check()
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%d in use, %d cached, %d blocks and %d inodes free", busy, u.Cached, fs.FreeBlockCount(), fs.FreeInodeCount())
}
