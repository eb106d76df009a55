package cells

import (
	"maps"
	"slices"

	"daxbench/engine/layout"
	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

// evictionSizes are caches that fit the processor's second cache, and ones that do not.
var evictionSizes = []struct {
	n    int
	name string
}{{4096, "4k"}, {100_000, "100k"}}

// primitives are the parts of unconditional, each alone in the place where the policy has it.
var primitives = []struct {
	name string
	do   vfs.Breaker
}{
	{"both locks", subjects.BothLocks},
	{"lease check", subjects.LookAtLeases},
	{"break, not DAX", subjects.CallBreak},
}

// costs are what a policy adds to the eviction of an inode that is not DAX, and what its parts do.
func costs() (list []Group) {
	for _, size := range evictionSizes {
		cell := "policy/" + size.name
		g := Group{Name: cell, measure: func(b *Bench) error { return measureCosts(b, cell, b.size(size.n)) }}
		row := func(subject string, unit table.Unit, t table.Target) {
			g.Rows = append(g.Rows, table.Row{Cell: cell, Subject: subject, Against: "dax-only", Unit: unit, Target: t})
		}
		row("unconditional", table.Nanos, table.Target{})
		for _, p := range primitives {
			row(p.name, table.Nanos, table.Target{})
		}
		row("one lock", table.Nanos, table.Target{})
		row("dax-only again", table.Nanos, table.Target{})
		g.Rows = append(g.Rows, table.Row{
			Cell: cell, Subject: "sum of the parts", Against: "unconditional", Target: table.Target{Min: 0.75, Max: 1.25},
		})
		list = append(list, g)
	}
	return list
}

func measureCosts(b *Bench, cell string, n int) error {
	do := map[string]vfs.Breaker{}
	for _, name := range []string{"dax-only", "unconditional"} {
		p, err := layout.Lookup(name)
		if err != nil {
			return err
		}
		do[name] = p
	}
	do["dax-only again"], do["one lock"] = do["dax-only"], subjects.OneLock
	for _, p := range primitives {
		do[p.name] = p.do
	}
	series, err := b.onOneEngine(n, do, turns.Load{Workers: 1})
	if err != nil {
		return err
	}
	base := find(series, "dax-only")
	sum := 0.0
	whole, err := turns.Difference(find(series, "unconditional"), base)
	if err != nil {
		return err
	}
	for _, p := range primitives {
		e, err := turns.Difference(find(series, p.name), base)
		if err != nil {
			return err
		}
		sum += e.Value
	}
	for _, r := range b.group.Wanted(b.Wants) {
		if r.Unit == table.Ratio {
			b.note(r, turns.Series{}, turns.Series{}, explained(sum, whole.Value))
			continue
		}
		s := find(series, r.Subject)
		e, err := turns.Difference(s, base)
		if err != nil {
			return err
		}
		b.note(r, s, base, table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi})
	}
	return nil
}

// onOneEngine measures inserts into one engine under each of the breakers.
func (b *Bench) onOneEngine(n int, do map[string]vfs.Breaker, load turns.Load) ([]turns.Series, error) {
	sw := subjects.NewSwitch(subjects.TestDAX)
	m, err := subjects.Open(subjects.MountOptions{Files: subjects.WalkOver(n), Cache: n, Policy: "dax-only", Break: sw, Vfs: b.cache()})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	walk := turns.Walk(walkOrder(m.Inos, n, b.Seed))
	var list []*turns.Subject
	for _, name := range slices.Sorted(maps.Keys(do)) {
		list = append(list, sw.Inserts(m, name, do[name], walk))
	}
	load.Draw = func(int, []uint32) {}
	return turns.Run(list, load, b.Rounds, b.Seed)
}

// explained is the share of a cost that its parts make up. It has no interval but over processes: it is a quotient of sums of
// medians.
func explained(sum, whole float64) table.Sample {
	const least = 0.01 // ns; where the cost is lost in the noise, the quotient is far out and seen to be
	return alone(max(sum, least) / max(whole, least))
}
