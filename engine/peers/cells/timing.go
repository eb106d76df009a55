package cells

import (
	"math"
	"time"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

// timing is what it takes to time one operation.
func timing() []Group {
	g := Group{Name: "timed", measure: measureTiming}
	g.Rows = []table.Row{
		{Cell: "timed/w1", Subject: "clock + histogram", Unit: table.Nanos, Target: table.Target{Max: 16}},
		{Cell: "timed/w1", Subject: "clock", Unit: table.Nanos},
	}
	return []Group{g}
}

func measureTiming(b *Bench) error {
	list, _, err := b.open([]opener{
		{"clock + histogram", func() (*turns.Subject, error) { return subjects.Timed(), nil }},
		{"clock", func() (*turns.Subject, error) { return subjects.Read(), nil }},
	})
	if err != nil {
		return err
	}
	series, err := turns.Run(list, turns.Load{Workers: 1, Draw: func(int, []uint32) {}}, b.Rounds, b.Seed)
	if err != nil {
		return err
	}
	for _, r := range b.group.Wanted(b.Wants) {
		s := find(series, r.Subject)
		e, err := turns.Median(s)
		if err != nil {
			return err
		}
		b.note(r, s, turns.Series{}, table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi})
	}
	return nil
}

// Names of rows and subjects of the family.
const (
	again     = "A again"
	plus      = "A + planted"
	elsewhere = "A elsewhere"
	leastOf   = plus + ", least in 2 s"
)

// resolution is what two seconds of turns can tell apart on evictions of a few inodes: twice the same engine, one that is slower by a
// known little, and one with memory of its own.
func resolution() []Group {
	const cell = "resolution/4k"
	g := Group{Name: cell, measure: measureResolution}
	half := table.Target{Max: 0.5}
	g.Rows = []table.Row{
		{Cell: cell, Subject: "A/A half-width", Unit: table.Percent, Target: half},
		{Cell: cell, Subject: "A/A half-width, difference", Unit: table.Nanos, Target: table.Target{Max: 3}},
		{Cell: cell, Subject: again, Against: "A"},
		{Cell: cell, Subject: "planted, by itself", Unit: table.Nanos},
		{Cell: cell, Subject: plus, Against: "A", Unit: table.Nanos},
		{Cell: cell, Subject: leastOf, Against: "A", Unit: table.Nanos, Target: table.Target{Seen: true}},
		{Cell: cell, Subject: elsewhere, Against: "A"},
		{Cell: cell, Subject: "two engines, half-width", Unit: table.Percent, Target: half},
		{Cell: cell, Subject: "two engines, off by", Unit: table.Percent, Target: half},
	}
	return []Group{g}
}

const (
	resolutionTime = 2 * time.Second
	// planted multiplications take 3 cycles each on every recent processor, so 9 in all, and the loop one each: some 3 ns.
	planted = 3
)

func measureResolution(b *Bench) error {
	load := turns.Load{Workers: 1, For: resolutionTime}
	if b.Small {
		load.For /= 20
	}
	n := b.size(4096)
	same, err := b.onOneEngine(n, map[string]vfs.Breaker{"A": subjects.TestDAX, again: subjects.TestDAX}, load)
	if err != nil {
		return err
	}
	slower, err := b.onOneEngine(n, map[string]vfs.Breaker{"A": subjects.TestDAX, plus: subjects.Plant(planted)}, load)
	if err != nil {
		return err
	}
	two, err := b.onTwoEngines(n, load)
	if err != nil {
		return err
	}
	itself, err := turns.Run([]*turns.Subject{subjects.Planted(planted)}, turns.Load{Workers: 1, Draw: func(int, []uint32) {}}, b.Rounds, b.Seed)
	if err != nil {
		return err
	}
	for _, note := range []func() error{
		func() error { return b.noteSame(find(same, again), find(same, "A")) },
		func() error { return b.noteSlower(find(slower, plus), find(slower, "A")) },
		func() error { return b.noteElsewhere(find(two, elsewhere), find(two, "A")) },
		func() error {
			e, err := turns.Median(itself[0])
			b.putAs("planted, by itself", itself[0], turns.Series{}, table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi})
			return err
		},
	} {
		if err := note(); err != nil {
			return err
		}
	}
	return nil
}

// onTwoEngines measures inserts into two engines with memory of their own, as two policies are compared.
func (b *Bench) onTwoEngines(n int, load turns.Load) ([]turns.Series, error) {
	var list []*turns.Subject
	for _, name := range []string{"A", elsewhere} {
		m, err := subjects.Open(subjects.MountOptions{
			Files: subjects.WalkOver(n), Cache: n, Policy: "dax-only", Break: subjects.TestDAX, Vfs: b.cache(),
		})
		if err != nil {
			return nil, err
		}
		defer m.Close()
		s := m.Insert()
		s.Name = name
		if list = append(list, s); load.Draw == nil { // both give their files the same numbers
			load.Draw = turns.Walk(walkOrder(m.Inos, n, b.Seed))
		}
	}
	load.Ops = insertOps
	return turns.Run(list, load, fine*b.Rounds, b.Seed)
}

// noteSame notes what two seconds say of the same engine against itself.
func (b *Bench) noteSame(s, base turns.Series) error {
	of, err := ratio(s, base)
	if err != nil {
		return err
	}
	nanos, err := turns.Difference(s, base)
	if err != nil {
		return err
	}
	b.putAs("A/A half-width", s, base, alone(halfWidth(of)))
	b.putAs("A/A half-width, difference", s, base, alone((nanos.Hi-nanos.Lo)/2))
	b.putAs(again, s, base, of)
	return nil
}

// noteSlower notes what they say of one that is slower: how much, and from what on their interval is.
func (b *Bench) noteSlower(s, base turns.Series) error {
	nanos, err := turns.Difference(s, base)
	if err != nil {
		return err
	}
	b.putAs(plus, s, base, table.Sample{Value: nanos.Value, Lo: nanos.Lo, Hi: nanos.Hi})
	b.putAs(leastOf, s, base, alone(nanos.Lo))
	return nil
}

// noteElsewhere notes what they say of two engines that differ only in where their memory lies.
func (b *Bench) noteElsewhere(s, base turns.Series) error {
	of, err := ratio(s, base)
	if err != nil {
		return err
	}
	b.putAs(elsewhere, s, base, of)
	b.putAs("two engines, half-width", s, base, alone(halfWidth(of)))
	b.putAs("two engines, off by", s, base, alone(percent*math.Abs(of.Value-1)))
	return nil
}

const percent = 100

// halfWidth is that of a ratio's interval, in percent of it.
func halfWidth(of table.Sample) float64 { return percent * (of.Hi - of.Lo) / 2 / of.Value }

// alone is a value that has no interval but over processes.
func alone(v float64) table.Sample { return table.Sample{Value: v, Lo: v, Hi: v} }
