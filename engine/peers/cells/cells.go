// Package cells is what is measured: families of loads, the subjects of each, and the targets that they are held to.
package cells

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

// A Group is the rows that are measured on the same open subjects, in one process.
type Group struct {
	Name    string
	Rows    []table.Row
	Once    bool // by one process: it takes long, and comes to the same in each
	Extra   int  // processes besides, for each that the others have: it is quick, and its targets are near
	measure func(b *Bench) error
}

// quick is how many processes besides those groups have that take less than a second.
const quick = 2

// A Family is groups that are read together.
type Family struct {
	Title  string
	Note   string // what either side does and does not do
	Groups []Group
}

// Families lists all in the order of the table.
func Families() []Family {
	return []Family{
		{"Hits", "Iget of a cached inode, and Iput, against a lookup. pebble's takes and drops a reference as well, and so does " +
			"the sharded map, of Go maps behind RWMutexes; the others take none, and hand out a copy of 96 bytes. *no reference* is FindInodeByInoRCU, which only says what " +
			"state the inode is in. *xsync pointers* and *phuslu pointers* have their values behind pointers, which a program " +
			"needs that changes them, and follow them.", hits()},
		{"Insert and evict", "Iget of an inode that is not cached, and Iput, at capacity: the engine reads the inode's record from " +
			"the region, verifies its checksum and evicts another inode, non-DAX, under dax-only. *+record* is the library with " +
			"the same record read for the value that it stores, which is like for like. Without, it stores " +
			"what it has at hand. xsync deletes the oldest key, which is found beforehand and not timed.", inserts()},
		{"Evicting among referenced inodes", "The engine against itself.", held()},
		{"Pins", "TryPin and Unpin, and the same through an open file, against two atomic adds on words of the same array. *arithmetic* is " +
			"additions that need not wait for each other, *chain* multiplications that must. The first take up to twice as long while the core's other hardware " +
			"thread is at work, which a guest is not told; the second do not, and adds with a lock, on words of one's own, a tenth longer.", pins()},
		{"Breaks", "The gate shut, the words of all pages read, the gate opened; and an eviction's break, which deletes the " +
			"mapping's entries, too. Against one compare-and-swap per page.", breaks()},
		{"What unconditional adds to an eviction", "One engine, whose policy changes from chunk to chunk; non-DAX inodes. The parts " +
			"are each alone in the policy's place, and then all in one call, one after the other.", costs()},
		{"Two workers", "What two do together against what one does, each on inodes or keys of its own; 2 is ideal. Two adds on " +
			"lines of their own are what this machine makes of locked additions that share nothing, and arithmetic of work that a processor does at once: it comes to hardly " +
			"more than 1 where both workers are on one core.", scaling()},
		{"Timing an operation", "One reading of the clock, as the end of one operation is the start of the next, and a value in a " +
			"histogram.", timing()},
		{"Resolution", "Evictions from 4,096 cached inodes, for two seconds: one engine against itself, and with multiplications planted. Of what those " +
			"take by themselves the processor may do some beside the rest; seen is what the interval of two seconds begins above 0 at. *elsewhere* is another " +
			"engine beside the first, as policies are compared: alike but for where its memory lies.", resolution()},
		{"Allocations", "Objects per operation, in steady state.", objects()},
		{"Memory", "Bytes per entry with everything around it: what the process has of its own before and after. The libraries' have a value of " +
			"96 bytes.", memory()},
	}
}

// All lists the groups of all families.
func All() (list []Group) {
	for _, f := range Families() {
		list = append(list, f.Groups...)
	}
	return list
}

// A Bench is one run of a group: how much of it, and what it found.
type Bench struct {
	Rounds int
	Seed   uint64
	Small  bool                     // sizes of a test
	Wants  func(row table.Row) bool // nil: all

	Samples map[string]table.Sample // by the key of the row
	group   *Group
}

// Measure runs the group once.
func (g *Group) Measure(b *Bench) error {
	b.group, b.Samples = g, map[string]table.Sample{}
	if err := g.measure(b); err != nil {
		return fmt.Errorf("%s: %w", g.Name, err)
	}
	return nil
}

// Wanted returns the rows of the group that somebody wants.
func (g *Group) Wanted(wants func(table.Row) bool) (list []table.Row) {
	for _, r := range g.Rows {
		if wants == nil || wants(r) {
			list = append(list, r)
		}
	}
	return list
}

// smallest is so many inodes that each stripe of a cache with four has many.
const smallest = 4096

// size returns n, or what a test takes for it.
func (b *Bench) size(n int) int {
	if b.Small {
		return min(n, smallest)
	}
	return n
}

// cache returns the options of an engine's cache: the defaults. A small one has fewer stripes, or some would be empty.
func (b *Bench) cache() (o vfs.Options) {
	if b.Small {
		o.Stripes = 4
	}
	return o
}

// An opener makes a subject when it is known that it is wanted.
type opener struct {
	name string
	open func() (*turns.Subject, error)
}

// open makes those subjects of which the group's wanted rows speak, and returns them with what closes them.
func (b *Bench) open(list []opener) (subjects []*turns.Subject, shut func(), err error) {
	shut = func() {
		for _, s := range subjects {
			if s.Close != nil {
				s.Close()
			}
		}
	}
	wanted := b.group.Wanted(b.Wants)
	for _, o := range list {
		if !slices.ContainsFunc(wanted, func(r table.Row) bool { return r.Subject == o.name || r.Against == o.name }) {
			continue
		}
		s, err := o.open()
		if err != nil {
			shut()
			return nil, nil, fmt.Errorf("%s: %w", o.name, err)
		}
		s.Name = o.name
		subjects = append(subjects, s)
	}
	return subjects, shut, nil
}

// ratios runs a load on the subjects of a cell's wanted rows and notes the ratio of each row.
func (b *Bench) ratios(cell string, subjects []*turns.Subject, load turns.Load) error {
	rows := slices.DeleteFunc(b.group.Wanted(b.Wants), func(r table.Row) bool { return r.Cell != cell })
	if len(rows) == 0 {
		return nil
	}
	series, err := turns.Run(named(subjects, rows), load, b.Rounds, b.Seed)
	if err != nil {
		return fmt.Errorf("%s: %w", cell, err)
	}
	for _, r := range rows {
		s, base := find(series, r.Subject), find(series, r.Against)
		sample, err := ratio(s, base)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Key(), err)
		}
		b.note(r, s, base, sample)
	}
	return nil
}

// ratio is what this process found for s to base: nothing, which the table says, if no round of both counted.
func ratio(s, base turns.Series) (table.Sample, error) {
	e, dropped, err := turns.Ratio(s, base)
	if errors.Is(err, turns.ErrApart) {
		none := math.NaN()
		return table.Sample{Value: none, Lo: none, Hi: none, Dropped: 1}, nil
	}
	return table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi, Dropped: dropped}, err
}

// note keeps a sample, with the times of its two sides.
func (b *Bench) note(r table.Row, s, base turns.Series, sample table.Sample) {
	for _, side := range []struct {
		to   *float64
		from turns.Series
	}{{&sample.Nanos, s}, {&sample.Base, base}} {
		if e, err := turns.Median(side.from); err == nil { // a side without rounds has no time
			*side.to = e.Value
		}
	}
	b.Samples[r.Key()] = sample
}

// named returns the subjects of which rows speak.
func named(subjects []*turns.Subject, rows []table.Row) (list []*turns.Subject) {
	for _, s := range subjects {
		if slices.ContainsFunc(rows, func(r table.Row) bool { return r.Subject == s.Name || r.Against == s.Name }) {
			list = append(list, s)
		}
	}
	return list
}

// find returns the series of a subject.
func find(list []turns.Series, name string) turns.Series {
	i := slices.IndexFunc(list, func(s turns.Series) bool { return s.Name == name })
	if i < 0 {
		panic("cells: a row speaks of " + name + ", which was not measured")
	}
	return list[i]
}
