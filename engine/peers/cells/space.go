package cells

import (
	"math"
	"runtime"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// allocations are the operations that may allocate nothing in steady state.
var allocations = []string{"Iget hit", "insert + evict", "pin", "break", "timed"}

// objects are what operations allocate.
func objects() []Group {
	g := Group{Name: "allocations", measure: measureAllocations}
	for _, name := range allocations {
		g.Rows = append(g.Rows, table.Row{Cell: g.Name, Subject: name, Unit: table.Count, Target: table.Target{None: true}})
	}
	g.Rows = append(g.Rows,
		table.Row{Cell: g.Name, Subject: "phuslu Set", Unit: table.Count},
		table.Row{Cell: g.Name, Subject: "xsync Store", Unit: table.Count},
	)
	return []Group{g}
}

// entrySizes are for how many entries it is measured what one takes. What does not grow
// with each entry is more of few than of many. Files take a microsecond each to make.
var entrySizes = []struct {
	n    int
	name string
	once bool
}{{100_000, "100k", false}, {1_000_000, "1M", false}, {10_000_000, "10M", true}}

// memory is what a page and a cached inode take.
func memory() (list []Group) {
	const pages = "memory/16M-pages"
	list = append(list, Group{
		Name:    pages,
		Rows:    []table.Row{{Cell: pages, Subject: "page", Unit: table.Bytes, Target: table.Target{Max: 4}}},
		measure: measurePages,
	})
	for _, size := range entrySizes {
		cell := "memory/" + size.name
		g := Group{Name: cell, Once: size.once, measure: func(b *Bench) error { return measureEntries(b, b.size(size.n)) }}
		g.Rows = append(g.Rows, table.Row{Cell: cell, Subject: "cached inode", Unit: table.Bytes, Target: table.Target{Max: 192}})
		if !size.once {
			g.Rows = append(g.Rows,
				table.Row{Cell: cell, Subject: "xsync entry", Unit: table.Bytes},
				table.Row{Cell: cell, Subject: "phuslu entry", Unit: table.Bytes},
			)
		}
		list = append(list, g)
	}
	return list
}

// put notes a value of the group's row of that subject, if it is wanted.
func (b *Bench) put(subject string, value float64) {
	b.putAs(subject, turns.Series{}, turns.Series{}, alone(value))
}

// putAs is put of a sample, with what it is of.
func (b *Bench) putAs(subject string, s, base turns.Series, sample table.Sample) {
	for _, r := range b.group.Wanted(b.Wants) {
		if r.Subject == subject {
			b.note(r, s, base, sample)
		}
	}
}

func measureAllocations(b *Bench) error {
	n := b.size(20_000)
	cache, err := subjects.Open(subjects.MountOptions{Files: subjects.WalkOver(n), Cache: n, Policy: "dax-only", Vfs: b.cache()})
	if err != nil {
		return err
	}
	defer cache.Close()
	mapped, err := subjects.Open(subjects.MountOptions{Files: 1, Pages: pinPages, DAX: true, Policy: "dax-only"})
	if err != nil {
		return err
	}
	defer mapped.Close()
	pin, err := subjects.FilePins(mapped)
	if err != nil {
		return err
	}
	broken, err := subjects.Breaks(mapped)
	if err != nil {
		return err
	}
	order := walkOrder(cache.Inos, n, b.Seed)
	first := make([]uint32, 1)
	for _, s := range []struct {
		name string
		make func() *turns.Subject
		keys []uint32
	}{
		{"Iget hit", cache.IgetIput, order[len(order)-1:]},
		{"insert + evict", cache.Insert, order},
		{"pin", func() *turns.Subject { return pin }, first},
		{"break", func() *turns.Subject { return broken }, first},
		{"timed", subjects.Timed, first},
		{"phuslu Set", func() *turns.Subject { return subjects.PhusluSet(order, n, nil) }, order},
		{"xsync Store", func() *turns.Subject { return subjects.XsyncStore(order, n, nil) }, order},
	} {
		ops := make([]uint32, 2*n)
		turns.Walk(s.keys)(0, ops)
		subject := s.make() // not before: it counts from here on what others do to its engine, too
		b.put(s.name, turns.Allocations(subject, ops))
		if err := subject.Check(); err != nil {
			return err
		}
	}
	return nil
}

func measurePages(b *Bench) error {
	n := b.size(1 << 24)
	return b.putMemory("page", n, func() (any, error) { return subjects.TouchedTable(n), nil })
}

func measureEntries(b *Bench, n int) error {
	order := make([]uint32, n)
	for i := range order {
		order[i] = uint32(i)
	}
	for _, s := range []struct {
		name string
		make func() (any, error)
	}{
		{"cached inode", func() (any, error) {
			m, err := subjects.Open(subjects.MountOptions{Files: n, Policy: "dax-only"})
			if err == nil {
				m.Inos = nil // who measures keeps those, not the engine
			}
			return m, err
		}},
		{"xsync entry", func() (any, error) { return subjects.Xsync(order), nil }},
		{"phuslu entry", func() (any, error) { return subjects.PhusluSet(order, n, nil), nil }},
	} {
		if len(b.group.Wanted(func(r table.Row) bool { return r.Subject == s.name })) == 0 {
			continue
		}
		if err := b.putMemory(s.name, n, s.make); err != nil {
			return err
		}
	}
	return nil
}

// putMemory notes what each of n things takes, by what the process has of its own before and after. What was allocated is
// touched, so pages of which only a part is used count whole.
func (b *Bench) putMemory(subject string, n int, make func() (any, error)) error {
	before, err := turns.OwnMemory()
	if err != nil {
		return err
	}
	made, err := make()
	if err != nil {
		return err
	}
	if m, ok := made.(*subjects.Mount); ok {
		defer m.Close()
	}
	after, err := turns.OwnMemory()
	if err != nil {
		return err
	}
	const digits = 10 // tables have a header, and the heap has room; a tenth of a byte is neither
	b.put(subject, math.Round(digits*float64(after-before)/float64(n))/digits)
	runtime.KeepAlive(made)
	return nil
}
