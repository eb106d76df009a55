package ops

import (
	"maps"
	"slices"
)

// A list has so many files at most, so many of them in use, and so many pins:
// every configuration has room for those.
const (
	Files   = 12
	MaxOpen = 6
	MaxPins = 32
)

// A plan knows as much of a list as decides which operations make sense. It
// knows nothing of an engine, so the answer is the same whatever the list is
// run on.
type plan struct {
	files map[string]*planned
	pins  map[string]*planned // by the pin's name: the file it is on
}

// planned is one file, from its creation until it has no link and no reference.
type planned struct {
	dax    bool
	linked bool
	refs   int
	pins   int
	pages  uint32
}

func newPlan() *plan {
	return &plan{files: make(map[string]*planned), pins: make(map[string]*planned)}
}

// skip returns why o makes no sense, or "".
func (p *plan) skip(o Op) string {
	f := p.files[o.File]
	switch o.Verb {
	case Create:
		switch {
		case f != nil:
			return "exists"
		case len(p.files) == Files:
			return "too many files"
		case p.open() == MaxOpen:
			return "too many are open"
		}
		return ""
	case Prune, Unmount:
		return ""
	case Unpin:
		if p.pins[o.Pin] == nil {
			return "no such pin"
		}
		return ""
	}
	// A page of the page cache outlives its file; nobody ever waits for it.
	pinned := f != nil && f.dax && f.pins > 0
	switch {
	case f == nil:
		return "no such file"
	case o.Verb == Open:
		if f.refs == 0 && p.open() == MaxOpen {
			return "too many are open"
		}
		return ""
	case f.refs == 0:
		return "not open"
	case o.Verb == Close && f.refs == 1 && pinned, o.Verb == Truncate && pinned:
		return "would wait for a pin"
	case o.Verb == Unlink && !f.linked:
		return "has no link"
	case o.Verb == Pin && p.pins[o.Pin] != nil:
		return "pin exists"
	case o.Verb == Pin && len(p.pins) == MaxPins:
		return "too many pins"
	}
	return ""
}

// do notes what o does, if it makes sense.
func (p *plan) do(o Op) {
	if p.skip(o) != "" {
		return
	}
	f := p.files[o.File]
	switch o.Verb {
	case Create:
		p.files[o.File] = &planned{dax: o.DAX, linked: true, refs: 1, pages: o.N}
	case Open:
		f.refs++
	case Close:
		if f.refs--; f.refs == 0 && !f.linked {
			delete(p.files, o.File)
		}
	case Pin:
		if o.N < f.pages {
			p.pins[o.Pin] = f
			f.pins++
		}
	case Unpin:
		p.pins[o.Pin].pins--
		delete(p.pins, o.Pin)
	case Truncate:
		f.pages = o.N
	case Unlink:
		f.linked = false
	}
}

// open returns how many files are in use.
func (p *plan) open() (n int) {
	for _, f := range p.files {
		if f.refs > 0 {
			n++
		}
	}
	return n
}

// closing returns what drops all pins and references, in a fixed order.
func (p *plan) closing() (list []Op) {
	for _, name := range slices.Sorted(maps.Keys(p.pins)) {
		list = append(list, Op{Verb: Unpin, Pin: name})
	}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		for range p.files[name].refs {
			list = append(list, Op{Verb: Close, File: name})
		}
	}
	return list
}
