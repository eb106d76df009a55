package compare

import (
	"fmt"
	"slices"

	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// safety sums what was counted. A round that ended as hung without a count is one. A round was looked at if the oracle
// looked at a device write in it: a zero of a round in which it had nothing to look at is no finding.
func safety(c *folder.Cell) Safety {
	s := Safety{Looked: len(c.Rounds) > 0}
	for i := range c.Rounds {
		r := &c.Rounds[i]
		count := func(name string) int64 { n, _ := r.Count(name); return n }
		_, counted := r.Count(countViolations)
		writes := count(countLooked)
		if counted && writes > 0 {
			s.Writes += uint64(writes)
			s.LookedOps += r.Ops
		} else {
			s.Looked = false
		}
		s.Violations += count(countViolations)
		s.Found += count(countFound)
		s.Orphaned += count(countOrphaned)
		s.Abandoned += count(countAbandoned)
		s.Parked = max(s.Parked, count(countParked)) // a state, not an event
		hung := count(countHung)
		if r.Outcome == "hung" {
			hung = max(hung, 1)
		}
		s.Hung += hung
	}
	return s
}

// violations says which policies let writes land in blocks that were no longer their file's, and for the others how much
// was looked at.
// Groups without a violation are silent; their tables say what was looked at.
func (s *speaker) violations() {
	bad, unlooked := 0, 0
	var clean []Row
	for _, r := range s.g.Rows {
		switch {
		case r.Violations > 0:
			bad++
			found := ""
			if r.Found > 0 {
				found = fmt.Sprintf("; owners found %s of these writes' stamps in their own data", unit.Count(r.Found))
			}
			s.say(Harm, "Under %s %s landed in %s that %s no longer their file's%s.", r.Policy, unit.Plural(r.Violations, "device write"),
				choose(r.Violations, "a block", "blocks"), choose(r.Violations, "was", "were"), found)
		case r.Looked:
			clean = append(clean, r)
		default:
			unlooked++
		}
	}
	if bad == 0 || len(clean) == 0 {
		return
	}
	who := unit.List(policies(clean))
	if len(clean) > 1 && unlooked == 0 {
		who = "the other policies"
	}
	s.say(Safe, "Under %s no such write was found in %s.", who, lookedAt(clean))
}

// lookedAt is what a finding of zero rests on.
func lookedAt(rows []Row) string {
	writes, ops := []uint64{}, []uint64{}
	for _, r := range rows {
		writes, ops = append(writes, r.Writes), append(ops, r.LookedOps)
	}
	text := atLeast(writes) + " device writes that were looked at, during " + atLeast(ops) + " operations"
	if len(rows) > 1 {
		text += " each"
	}
	return text
}

// atLeast is a number that all of these reach: "1,200", or "at least 1,200" if some are larger.
func atLeast(numbers []uint64) string {
	least, most := slices.Min(numbers), slices.Max(numbers)
	if unit.Count(least) == unit.Count(most) {
		return unit.Count(least)
	}
	return "at least " + unit.Count(least)
}

// allClean is said once for a run in which no oracle found anything, over the rows that were looked at.
func allClean(t *Table) []Sentence {
	var writes, ops uint64
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			if r.Looked {
				writes, ops = writes+r.Writes, ops+r.LookedOps
			}
		}
	}
	if writes == 0 {
		return nil
	}
	return []Sentence{{Group: -1, Topic: Safe, Text: fmt.Sprintf(
		"Of %s device writes that were looked at, during %s operations, none landed in a block that was no longer its file's.",
		unit.Count(writes), unit.Count(ops))}}
}

// losses says what evictions took from those who still relied on it.
func (s *speaker) losses() {
	s.lost(func(r Row) int64 { return r.Orphaned }, "inode", "evicted with a page pinned, by a pin that now has no file or had lost it before")
	s.lost(func(r Row) int64 { return r.Abandoned }, "layout lease", "taken away without a recall")
}

// fewRows is up to how many policies get a sentence each.
const fewRows = 3

// lost says of each policy that has some how many things something happened to, or of many policies at once.
func (s *speaker) lost(count func(Row) int64, thing, what string) {
	if !slices.ContainsFunc(s.g.Rows, func(r Row) bool { return count(r) > 0 }) {
		return
	}
	var rows, others []Row
	var counts []int64
	for _, r := range s.g.Rows {
		if n := count(r); n > 0 {
			rows, counts = append(rows, r), append(counts, n)
		} else {
			others = append(others, r)
		}
	}
	if len(rows) <= fewRows {
		for i, r := range rows {
			s.say(Harm, "Under %s %s %s %s.", r.Policy, unit.Plural(counts[i], thing), choose(counts[i], "was", "were"), what)
		}
		return
	}
	who := unit.List(policies(rows))
	if len(others) == 0 {
		who = "every policy"
	} else if len(others) < len(rows) {
		who = "every policy but " + unit.List(policies(others))
	}
	s.say(Harm, "Under %s %s to %s were %s.", who, unit.Count(slices.Min(counts)), unit.Plural(slices.Max(counts), thing), what)
}

// stalls says what did not come to its end.
func (s *speaker) stalls() {
	for _, r := range s.g.Rows {
		if r.Hung > 0 {
			s.say(Harm, "Under %s %s hung in %s.", r.Policy, unit.Plural(r.Hung, "cell"), unit.Plural(r.Rounds, "round"))
		}
		if r.Parked > 0 {
			s.say(Harm, "Under %s %s could not be found by reclaim at the end of a round, because %s DAX entries.", r.Policy,
				unit.Plural(r.Parked, "idle inode"), choose(r.Parked, "it has", "they have"))
		}
	}
}
