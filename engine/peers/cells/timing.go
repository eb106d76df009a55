package cells

import (
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

// resolution is what two seconds of turns can tell apart on evictions of a few inodes: twice the same engine, and one that
// is slower by a known little.
func resolution() []Group {
	const cell = "resolution/4k"
	g := Group{Name: cell, measure: measureResolution}
	g.Rows = []table.Row{
		{Cell: cell, Subject: "A/A half-width", Unit: table.Percent, Target: table.Target{Max: 0.5}},
		{Cell: cell, Subject: "A/A half-width, difference", Unit: table.Nanos, Target: table.Target{Max: 3}},
		{Cell: cell, Subject: "A again", Against: "A"},
		{Cell: cell, Subject: "A + planted", Against: "A", Unit: table.Nanos, Target: table.Target{Min: seen}},
	}
	return []Group{g}
}

const (
	resolutionTime = 2 * time.Second
	// planted multiplications take 3 cycles each on every recent processor, so 9 in all: some 3 ns.
	planted = 3
	// seen is the least that a difference's interval must begin at to have been seen, in ns.
	seen = 0.01
)

func measureResolution(b *Bench) error {
	for _, p := range []struct {
		name string
		do   vfs.Breaker
	}{{"A again", subjects.TestDAX}, {"A + planted", subjects.Plant(planted)}} {
		load := turns.Load{Workers: 1, For: resolutionTime}
		if b.Small {
			load.For /= 20
		}
		series, err := b.onOneEngine(b.size(4096), map[string]vfs.Breaker{"A": subjects.TestDAX, p.name: p.do}, load)
		if err != nil {
			return err
		}
		if err := b.noteResolution(p.name, find(series, p.name), find(series, "A")); err != nil {
			return err
		}
	}
	return nil
}

// noteResolution notes the rows that come of one pair.
func (b *Bench) noteResolution(pair string, s, base turns.Series) error {
	ratio, _, err := turns.Ratio(s, base)
	if err != nil {
		return err
	}
	nanos, err := turns.Difference(s, base)
	if err != nil {
		return err
	}
	for _, r := range b.group.Wanted(b.Wants) {
		sample := table.Sample{}
		switch {
		case r.Against != "" && r.Subject != pair, r.Against == "" && pair != "A again":
			continue
		case r.Unit == table.Ratio:
			sample.Value, sample.Lo, sample.Hi = ratio.Value, ratio.Lo, ratio.Hi
		case r.Unit == table.Percent:
			sample = alone(100 * (ratio.Hi - ratio.Lo) / 2 / ratio.Value)
		case r.Against == "":
			sample = alone((nanos.Hi - nanos.Lo) / 2)
		default:
			sample.Value, sample.Lo, sample.Hi = nanos.Value, nanos.Lo, nanos.Hi
		}
		b.note(r, s, base, sample)
	}
	return nil
}

// alone is a value that has no interval but over processes.
func alone(v float64) table.Sample { return table.Sample{Value: v, Lo: v, Hi: v} }
