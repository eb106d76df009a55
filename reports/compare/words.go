package compare

import (
	"fmt"
	"math"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// Phrases are what one has to know of a run to read its numbers, in short. Some come from its files as they stand there.
func (f *Facts) Phrases() (out []string) {
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(f.Tool)
	add(f.state())
	switch {
	case f.Done < f.Rounds:
		add(fmt.Sprintf("%d of %s", f.Done, unit.Plural(f.Rounds, "round")))
	case f.Done > 0:
		add(unit.Plural(f.Done, "round"))
	}
	add(f.CPU)
	switch f.Cores {
	case "":
	case "1":
		add("1 core")
	default:
		add(f.Cores + " cores")
	}
	add(f.System())
	add(f.Go)
	add(fmt.Sprintf("seed %d", f.Seed))
	add(f.Commit)
	return out
}

// state says how the run ended and after how long.
func (f *Facts) state() string {
	if f.Status == "finished" && f.Elapsed > 0 {
		return "finished in " + unit.Elapsed(f.Elapsed)
	}
	return f.Status
}

// System is the operating system with its version, as far as they are known.
func (f *Facts) System() string {
	if strings.HasPrefix(strings.ToLower(f.Kernel), strings.ToLower(f.OS)) {
		return f.Kernel // it says what it is the kernel of
	}
	return strings.TrimSpace(f.OS + " " + f.Kernel)
}

// Heading is what the primary unit of the group is called in short.
func (g *Group) Heading() string {
	if g.Better > 0 {
		return "rate"
	}
	return "cost"
}

// Measure says what the primary unit of the group measures: "cost per eviction".
func (g *Group) Measure() string {
	if phrase := unit.Phrase(g.Unit); phrase != "" {
		return g.Heading() + " " + phrase
	}
	return g.Heading() + " in " + g.Unit
}

// LookedAt says what the group's zero violations rest on. It is empty if nobody looked, and if there are violations.
func (g *Group) LookedAt() string {
	writes, ops, all, some := uint64(math.MaxUint64), uint64(math.MaxUint64), true, false
	for i := range g.Rows {
		r := &g.Rows[i]
		if r.Violations > 0 {
			return ""
		}
		all, some = all && r.Looked, some || r.Writes > 0
		writes, ops = min(writes, r.Writes), min(ops, r.LookedOps)
	}
	switch {
	case !some:
		return ""
	case !all:
		return "violations: 0 found, but not every round was looked at"
	case len(g.Rows) == 1:
		return fmt.Sprintf("violations: 0 found in %s device writes that were looked at, during %s operations", unit.Count(writes), unit.Count(ops))
	}
	return fmt.Sprintf("violations: 0 found in at least %s device writes that were looked at, during at least %s operations per policy",
		unit.Count(writes), unit.Count(ops))
}

// Chance says how many of the intervals will miss what they are of by chance. It is empty if that is less than one in two.
func (t *Table) Chance() string {
	intervals, misses := 0, 0.0
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			if r.Ratio.Bounded() {
				intervals++
				misses += 1 - r.Ratio.Confidence
			}
		}
	}
	if misses < 0.5 {
		return ""
	}
	return fmt.Sprintf("Each interval stands alone: of these %d, about %.0f will miss by chance.", intervals, math.Ceil(misses))
}

// Legend explains changes and their intervals. It is empty if nothing was compared. The reference policy is written as
// name has it.
func (t *Table) Legend(name func(policy string) string) string {
	confidence, rounds, reference, near, waits := 1.0, 0, "", false, false
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			waits = waits || t.Groups[i].Unit == "ns/op" && r.Cost.N > 0 && r.Blocked+r.Recalls+r.Freeing > r.Cost.Value
			if r.Ratio.Bounded() {
				confidence, rounds = min(confidence, r.Ratio.Confidence), max(rounds, r.Ratio.N)
				reference = t.Groups[i].Reference
				near = near || r.Verdict.Judgement == Undecided && (r.Ratio.Lo > 1 || r.Ratio.Hi < 1)
			}
		}
	}
	if rounds == 0 {
		return ""
	}
	text := fmt.Sprintf("change: median over the rounds of the ratio to %s, paired by round; interval: where that median lies with at least %.0f %% confidence (%.1f %% or more here).",
		name(reference), stats.Level*100, confidence*100)
	if near {
		text += fmt.Sprintf(" A change below %.0f %%, or one whose interval comes closer to 0 than %.1f %%, decides nothing.",
			MinEffect*100, MinClear*100)
	}
	if chance := t.Chance(); chance != "" {
		text += " " + chance
	}
	if waits {
		text += " Waits are means over all operations, and a cost is a median of slices: where few operations wait long, their waits exceed it."
	}
	return text
}
