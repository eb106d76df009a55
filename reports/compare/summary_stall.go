package compare

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// A meeting is something that an eviction can meet and wait for.
type meeting struct {
	where func(g *Group) string
	waits func(*Row) bool // for that more than for anything else
}

var (
	pinned = meeting{underPins, func(r *Row) bool { return r.Blocked > 0 && r.Blocked >= r.Recalls }}
	leased = meeting{func(*Group) string { return "Where evictions meet layout leases" }, func(r *Row) bool { return r.Recalls > r.Blocked }}
)

// underPins is "Under pins of 100 µs on average" if it is known how long they are held.
func underPins(g *Group) string {
	if g.Hold == "" {
		return "Where evictions meet pins"
	}
	return "Under pins of " + held(g.Hold)
}

// held is a hold time, as a workload is told it, for a sentence: "100 µs" for fixed:100us, "100 µs on average" for exp:100us.
func held(hold string) string {
	kind, value, ok := strings.Cut(hold, ":")
	if !ok {
		kind, value = "fixed", hold
	}
	d, err := time.ParseDuration(value)
	if err != nil || kind != "fixed" && kind != "exp" {
		return hold
	}
	value = d.String()
	if at := strings.IndexFunc(value, unicode.IsLetter); d < time.Minute && at >= 0 {
		value = value[:at] + " " + value[at:]
	}
	if kind == "exp" {
		value += " on average"
	}
	return value
}

// A contrast is a policy that waits and one that waits less, one of them the reference, in one group.
type contrast struct {
	group        int
	waits, other *Row
	ratio        stats.Estimate // of the one that waits to the other
	by           measure
}

// measure is what a contrast is of, the one that is rather told last.
type measure uint8

const (
	ofLateTail measure = iota // p99.9, most of which is the harness
	ofCost                    // the primary unit
	ofTail                    // p99.9
	measures
)

// stallSummary says what waiting does: p99.9 of a policy that waits against one that waits less, in the group where they
// differ most. Where too few latencies stand behind p99.9, or the harness does, what it costs stands in for it.
func stallSummary(t *Table, m meeting, told map[int]bool) *Sentence {
	var best [measures]*contrast
	var groups [measures]int // that were compared by it
	for i := range t.Groups {
		var seen [measures]bool
		for _, c := range contrasts(&t.Groups[i], i, m) {
			seen[c.by] = true
			if b := best[c.by]; c.ratio.Lo >= tailFactor && (b == nil || c.ratio.Lo > b.ratio.Lo) {
				best[c.by] = &c
			}
		}
		for by := range seen {
			if seen[by] {
				groups[by]++
			}
		}
	}
	for by := measures; by > 0; by-- {
		if c := best[by-1]; c != nil {
			told[c.group] = told[c.group] || c.by == ofCost
			return c.sentence(t, m, groups[c.by])
		}
	}
	return nil
}

// sentence tells a contrast, the largest of those in so many groups.
func (c *contrast) sentence(t *Table, m meeting, groups int) *Sentence {
	g := &t.Groups[c.group]
	where := t.in(c.group)
	if groups > 1 {
		where = fmt.Sprintf("the most of %s: %s", unit.Count(groups), where)
	}
	from, to, what, kind := c.other.P999, c.waits.P999, "p99.9", unit.Nanos
	if c.by == ofCost {
		from, to, what, kind = c.other.Cost.Value, c.waits.Cost.Value, "the "+g.Measure(), unit.Of(g.Unit)
	}
	text := fmt.Sprintf("%s (%s) %s goes from %s under %s to %s under %s (%s).", m.where(g), where, what,
		unit.Format(from, kind), c.other.Policy, unit.Format(to, kind), c.waits.Policy, paired(c.ratio))
	if c.by == ofLateTail {
		text += " " + lateTail(c.waits)
	}
	return &Sentence{Group: c.group, Topic: Price, Text: text}
}

// paired is the ratio of two medians that were named. The median of the ratios is not the ratio of the medians, and a reader
// who divides finds out.
func paired(e stats.Estimate) string {
	return fmt.Sprintf("medians; round by round %s %s, n=%d", unit.Ratio(e.Value), brackets(e), e.N)
}

// contrasts are those that a group has, with intervals.
func contrasts(g *Group, group int, m meeting) (out []contrast) {
	s := speaker{g: g}
	ref := s.reference()
	if ref == nil || g.Better > 0 {
		return nil
	}
	for i := range g.Rows {
		r := &g.Rows[i]
		if r == ref || m.waits(r) == m.waits(ref) {
			continue
		}
		c := contrast{group: group, waits: r, other: ref}
		if m.waits(ref) {
			c.waits, c.other = ref, r
		}
		add := func(by measure, ratio stats.Estimate) {
			if c.waits == ref {
				ratio = ratio.Inverse()
			}
			if c.by, c.ratio = by, ratio; ratio.Bounded() {
				out = append(out, c)
			}
		}
		tail := r.Tail.Bounded() && r.P999 > 0 && ref.P999 > 0 && min(r.LeastLat, ref.LeastLat) >= tailLatencies
		late := c.waits.longest().OfHarness()
		switch {
		case tail && late:
			add(ofLateTail, r.Tail)
		case tail:
			add(ofTail, r.Tail)
		}
		if !tail || late {
			add(ofCost, r.Ratio)
		}
	}
	return out
}
