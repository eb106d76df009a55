package ops

import (
	"fmt"
	"math/rand/v2"
)

// often is how often a verb comes up in a generated list.
var often = [verbs]int{
	Create: 6, Open: 12, Close: 14, Write: 12, Read: 10, Pin: 4, Unpin: 5, Truncate: 4, Unlink: 2, Prune: 4, Unmount: 1,
}

// maxPages is how long the files of a generated list are.
const maxPages = 5

// Generate returns a random list of n operations. Nearly all make sense.
func Generate(rng *rand.Rand, n int) []Op {
	g := generator{rng: rng, plan: newPlan()}
	for len(g.list) < n {
		o := g.op()
		if g.plan.skip(o) != "" && g.rng.IntN(200) != 0 {
			continue
		}
		g.list = append(g.list, o)
		g.plan.do(o)
	}
	return g.list
}

type generator struct {
	rng  *rand.Rand
	plan *plan
	list []Op
	pins int
}

func (g *generator) op() Op {
	o := Op{Verb: g.verb()}
	for _, a := range syntax[o.Verb].args {
		switch a {
		case file:
			o.File = fmt.Sprintf("f%d", g.rng.IntN(Files))
		case pin:
			o.Pin = g.pin(o.Verb)
		case number:
			o.N = g.number(o)
		case value:
			o.Value = byte(g.rng.IntN(256))
		case kind:
			o.DAX = g.rng.IntN(4) != 0
		}
	}
	return o
}

func (g *generator) verb() Verb {
	sum := 0
	for _, n := range often {
		sum += n
	}
	dice := g.rng.IntN(sum)
	for v, n := range often {
		if dice -= n; dice < 0 {
			return Verb(v)
		}
	}
	panic("ops: unreachable")
}

// number returns a size, or a page that the file mostly has.
func (g *generator) number(o Op) uint32 {
	f := g.plan.files[o.File]
	if f == nil || f.pages == 0 || o.Verb == Truncate || g.rng.IntN(20) == 0 {
		return uint32(g.rng.IntN(maxPages + 1))
	}
	return uint32(g.rng.IntN(int(f.pages)))
}

// pin returns a new name, or one that was used lately.
func (g *generator) pin(v Verb) string {
	if v == Pin {
		g.pins++
		return fmt.Sprintf("p%d", g.pins)
	}
	return fmt.Sprintf("p%d", max(1, g.pins-g.rng.IntN(16)))
}
