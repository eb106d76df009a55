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

// memory is what a page and a cached inode take.
func memory() []Group {
	g := Group{Name: "memory", measure: measureMemory}
	g.Rows = []table.Row{
		{Cell: g.Name, Subject: "page", Unit: table.Bytes, Target: table.Target{Max: 4}},
		{Cell: g.Name, Subject: "cached inode", Unit: table.Bytes, Target: table.Target{Max: 192}},
		{Cell: g.Name, Subject: "xsync entry", Unit: table.Bytes},
		{Cell: g.Name, Subject: "phuslu entry", Unit: table.Bytes},
	}
	return []Group{g}
}

// put notes a value of a row of this group, if it is wanted.
func (b *Bench) put(cell, subject string, value float64) {
	for _, r := range b.group.Wanted(b.Wants) {
		if r.Cell == cell && r.Subject == subject {
			b.note(r, turns.Series{}, turns.Series{}, alone(value))
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
		b.put("allocations", s.name, turns.Allocations(subject, ops))
		if err := subject.Check(); err != nil {
			return err
		}
	}
	return nil
}

// measureMemory compares what the process has of its own before and after. What was allocated is touched, so pages of
// which only a part is used count whole.
func measureMemory(b *Bench) error {
	pages, inodes := b.size(1<<24), b.size(1_000_000)
	order := make([]uint32, inodes)
	for i := range order {
		order[i] = uint32(i)
	}
	for _, s := range []struct {
		name string
		n    int
		make func() (any, error)
	}{
		{"page", pages, func() (any, error) { return subjects.TouchedTable(pages), nil }},
		{"cached inode", inodes, func() (any, error) {
			return subjects.Open(subjects.MountOptions{Files: inodes, Policy: "dax-only"})
		}},
		{"xsync entry", inodes, func() (any, error) { return subjects.Xsync(order), nil }},
		{"phuslu entry", inodes, func() (any, error) { return subjects.PhusluSet(order, inodes, nil), nil }},
	} {
		before, err := turns.OwnMemory()
		if err != nil {
			return err
		}
		made, err := s.make()
		if err != nil {
			return err
		}
		after, err := turns.OwnMemory()
		if err != nil {
			return err
		}
		const digits = 10 // tables have a header, and the heap has room; a tenth of a byte is neither
		b.put("memory", s.name, math.Round(digits*float64(after-before)/float64(s.n))/digits)
		if m, ok := made.(*subjects.Mount); ok {
			m.Close()
		}
		runtime.KeepAlive(made)
	}
	return nil
}
