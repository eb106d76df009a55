package engine_test

import (
	"errors"
	"fmt"
	"maps"

	"daxbench/engine/media"
)

// A crashOp is a line of the journal: what a worker begins, or that it is done.
type crashOp struct {
	verb string
	crashName
	n        uint32 // pages, or a page
	value    byte
	from     crashName
	fromPage uint32
}

const crashFormat = "%s %d %d %d %d %d %d %d"

func (o crashOp) String() string {
	return fmt.Sprintf(crashFormat, o.verb, o.ino, o.gen, o.n, o.value, o.from.ino, o.from.gen, o.fromPage)
}

func parseCrashOp(text string) (o crashOp, err error) {
	_, err = fmt.Sscanf(text, crashFormat, &o.verb, &o.ino, &o.gen, &o.n, &o.value, &o.from.ino, &o.from.gen, &o.fromPage)
	return o, err
}

// A crashFileState is one file: its pages, with the last byte of those that
// were written. A page that is not there may hold anything.
type crashFileState struct {
	pages uint32
	data  map[uint32]byte
}

// A crashModel is what a region must hold: the files, each as it was, or, if a
// worker was at it, as it was or as it should have become.
type crashModel struct {
	files   map[crashName]crashFileState
	begun   [crashWorkers]crashOp // verb "" for nothing
	journal int                   // lines
}

// note takes in one line of a worker.
func (m *crashModel) note(worker int, o crashOp) error {
	begun := m.begun[worker]
	m.journal++
	switch {
	case (o.verb == "done" || o.verb == "not") == (begun.verb == ""):
		return fmt.Errorf("worker %d: %q after %q", worker, o, begun)
	case o.verb == "done":
		begun.crashName = o.crashName // of a new file it is said only now
		m.files[o.crashName] = m.after(begun)
		if begun.verb == "unlink" {
			delete(m.files, o.crashName)
		}
		fallthrough
	case o.verb == "not":
		m.begun[worker] = crashOp{}
	default:
		m.begun[worker] = o
	}
	return nil
}

// after returns what a file is once o is done. The state before stays as it is.
func (m *crashModel) after(o crashOp) crashFileState {
	f := m.files[o.crashName]
	f.data = maps.Clone(f.data)
	switch o.verb {
	case "create":
		return crashFileState{pages: o.n, data: map[uint32]byte{}}
	case "truncate":
		f.pages = o.n
		maps.DeleteFunc(f.data, func(page uint32, _ byte) bool { return page >= o.n })
	case "write":
		f.data[o.n] = o.value
	case "punch":
		delete(f.data, o.n)
	case "reflink":
		delete(f.data, o.n)
		if v, ok := m.files[o.from].data[o.fromPage]; ok {
			f.data[o.n] = v
		}
	}
	return f
}

// compare looks at all that a mounted region holds, and makes it the model.
func (m *crashModel) compare(fs *media.FS) error {
	var errs []error
	found := make(map[crashName]crashFileState)
	must(0, fs.Inodes(func(rec *media.Record) error {
		name := crashName{rec.Ino, rec.Gen}
		want, known := m.files[name]
		state, err := m.match(fs, rec, want, known)
		if err != nil {
			errs = append(errs, fmt.Errorf("inode %d, generation %d: %w", name.ino, name.gen, err))
		}
		found[name] = state
		return nil
	}))
	for name := range m.files {
		if _, ok := found[name]; !ok && !m.inFlight(name, "unlink") {
			errs = append(errs, fmt.Errorf("inode %d, generation %d, is lost", name.ino, name.gen))
		}
	}
	m.files, m.begun = found, [crashWorkers]crashOp{}
	return errors.Join(errs...)
}

// match returns which of the states that a file may have it has.
func (m *crashModel) match(fs *media.FS, rec *media.Record, want crashFileState, known bool) (crashFileState, error) {
	var err error
	if known {
		if err = want.differs(fs, rec); err == nil {
			return want, nil
		}
	}
	for _, o := range m.begun {
		var next crashFileState
		switch {
		case known && o.verb != "" && o.crashName == (crashName{rec.Ino, rec.Gen}):
			next = m.after(o)
		case !known && o.verb == "create":
			next = crashFileState{pages: o.n, data: map[uint32]byte{}}
		default:
			continue
		}
		if next.differs(fs, rec) == nil {
			return next, nil
		}
	}
	if !known {
		err = fmt.Errorf("of %d pages, and nobody made it", rec.Pages)
	}
	return want, err
}

func (m *crashModel) inFlight(name crashName, verb string) bool {
	for _, o := range m.begun {
		if o.verb == verb && o.crashName == name {
			return true
		}
	}
	return false
}

// differs returns how a file on the region differs from f.
func (f crashFileState) differs(fs *media.FS, rec *media.Record) error {
	if rec.Nlink != 1 || rec.Pages != f.pages {
		return fmt.Errorf("%d links, %d pages; want 1, %d", rec.Nlink, rec.Pages, f.pages)
	}
	page := uint32(0)
	for _, e := range rec.Extents {
		for i := range e.Len {
			if want, ok := f.data[page]; ok {
				if e.IsHole() {
					return fmt.Errorf("page %d is a hole, want %d", page, want)
				}
				if got := fs.Region().Bytes()[(int64(e.Start+i)+1)*media.BlockSize-1]; got != want {
					return fmt.Errorf("page %d holds %d, want %d", page, got, want)
				}
			}
			page++
		}
	}
	if page != f.pages {
		return fmt.Errorf("extents of %d pages, want %d", page, f.pages)
	}
	return nil
}
