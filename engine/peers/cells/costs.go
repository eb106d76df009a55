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
	do   subjects.Breaker
}{
	{"both locks", subjects.BothLocks},
	{"lease check", subjects.LookAtLeases},
	{"break, not DAX", subjects.CallBreak},
}

// costs are what a policy adds to the eviction of an inode that is not DAX, and what its parts do: each held against the test of
// the DAX flag in the same form, and all of them, one after the other, in one call.
func costs() (list []Group) {
	for _, size := range evictionSizes {
		cell := "policy/" + size.name
		g := Group{Name: cell, measure: func(b *Bench) error { return measureCosts(b, cell, b.size(size.n)) }}
		row := func(subject, against string) {
			g.Rows = append(g.Rows, table.Row{Cell: cell, Subject: subject, Against: against, Unit: table.Nanos})
		}
		row("unconditional", "dax-only")
		row("dax-only again", "dax-only")
		for _, p := range primitives {
			row(p.name, "flag")
		}
		row("one lock", "flag")
		row("all parts", "flag")
		explained := table.Target{Min: 0.75, Max: 1.25}
		g.Rows = append(g.Rows,
			table.Row{Cell: cell, Subject: "all parts", Against: "unconditional", Target: explained},
			table.Row{Cell: cell, Subject: "sum of parts", Against: "unconditional", Target: explained},
		)
		list = append(list, g)
	}
	return list
}

func measureCosts(b *Bench, cell string, n int) error {
	do := map[string]vfs.Breaker{"flag": subjects.TestDAX, "one lock": subjects.OneLock, "all parts": subjects.AllParts}
	for _, name := range []string{"dax-only", "unconditional"} {
		p, err := layout.Lookup(name)
		if err != nil {
			return err
		}
		do[name] = p
	}
	do["dax-only again"] = do["dax-only"]
	for _, p := range primitives {
		do[p.name] = p.do
	}
	series, err := b.onOneEngine(n, do, turns.Load{Workers: 1})
	if err != nil {
		return err
	}
	adds := func(name, base string) (float64, error) {
		e, err := turns.Difference(find(series, name), find(series, base))
		return e.Value, err
	}
	whole, err := adds("unconditional", "dax-only")
	if err != nil {
		return err
	}
	together, err := adds("all parts", "flag")
	if err != nil {
		return err
	}
	sum := 0.0
	for _, p := range primitives {
		part, err := adds(p.name, "flag")
		if err != nil {
			return err
		}
		sum += part
	}
	for _, r := range b.group.Wanted(b.Wants) {
		switch {
		case r.Unit == table.Ratio && r.Subject == "all parts":
			b.note(r, turns.Series{}, turns.Series{}, explained(together, whole))
		case r.Unit == table.Ratio:
			b.note(r, turns.Series{}, turns.Series{}, explained(sum, whole))
		default:
			s, base := find(series, r.Subject), find(series, r.Against)
			e, err := turns.Difference(s, base)
			if err != nil {
				return err
			}
			b.note(r, s, base, table.Sample{Value: e.Value, Lo: e.Lo, Hi: e.Hi})
		}
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
	load.Draw, load.Ops, load.Shared = func(int, []uint32) {}, insertOps, true
	return turns.Run(list, load, fine*b.Rounds, b.Seed)
}

// fine is how many times as many rounds it takes to tell some nanoseconds from none.
const fine = 8

// explained is the share of a cost that its parts make up. It has no interval but over processes: it is a quotient of sums of
// medians.
func explained(sum, whole float64) table.Sample {
	const least = 0.01 // ns; where the cost is lost in the noise, the quotient is far out and seen to be
	return alone(max(sum, least) / max(whole, least))
}
