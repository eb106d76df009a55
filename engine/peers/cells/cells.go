// Package cells is what is measured: families of loads, the subjects of each, and the targets that they are held to.
package cells

import (
	"fmt"
	"slices"

	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

// A Group is the rows that are measured on the same open subjects, in one process.
type Group struct {
	Name    string
	Rows    []table.Row
	measure func(b *Bench) error
}

// All lists the groups in the order of the table.
func All() []Group {
	return slices.Concat(hits(), inserts(), held(), pins(), breaks(), costs(), scaling(), timing(), resolution(), space())
}

// A Bench is one run of a group: how much of it, and what it found.
type Bench struct {
	Rounds int
	Seed   uint64
	Small  bool                     // sizes of a test
	Wants  func(row table.Row) bool // nil: all

	Samples []table.Sample
	group   *Group
}

// Measure runs the group once.
func (g *Group) Measure(b *Bench) error {
	b.group = g
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

// size returns n, or what a test takes for it.
func (b *Bench) size(n int) int {
	if b.Small {
		return max(1, n/20)
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
		e, dropped, err := turns.Ratio(s, base)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Key(), err)
		}
		b.note(r, s, base, table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi, Dropped: dropped})
	}
	return nil
}

// note keeps a sample, with the times of its two sides.
func (b *Bench) note(r table.Row, s, base turns.Series, sample table.Sample) {
	sample.Key = r.Key()
	for _, side := range []struct {
		to   *float64
		from turns.Series
	}{{&sample.Nanos, s}, {&sample.Base, base}} {
		if e, err := turns.Median(side.from); err == nil { // a side without rounds has no time
			*side.to = e.Value
		}
	}
	b.Samples = append(b.Samples, sample)
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
