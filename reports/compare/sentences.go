package compare

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// Topic says what a sentence is about.
type Topic uint8

// The topics.
const (
	Harm    Topic = iota // something went wrong: violations, lost pins, leases that nobody recalled, hangs, parked inodes
	Safe                 // it was looked for, and nothing was found
	Price                // a difference that the data carries
	Level                // a difference that the data excludes
	Unknown              // undecided
	Share                // whose the time is that is waited
)

// OfSafety says whether a topic is what went wrong or did not, and not what anything costs.
func (t Topic) OfSafety() bool {
	return t == Harm || t == Safe
}

// Sentence is one conclusion in plain words. Group is an index into Table.Groups, or −1 if it holds for all of them.
type Sentence struct {
	Group int
	Topic Topic
	Text  string

	firm bool // the difference that it tells is one in the face of all comparisons of the run
}

// Thresholds of what is worth a sentence about the tail.
const (
	tailFactor    = 2     // p99.9 must differ at least so much, at the near end of its interval
	tailLatencies = 10000 // latencies per round: ten or more lie beyond p99.9
)

// Sentences returns the conclusions that the data carries and nothing else: first what went wrong in all groups, or was
// looked for and not found, then what it costs. Both go group by group. What the data does not decide is said to be
// undecided.
func Sentences(t *Table) []Sentence {
	var out []Sentence
	harm, decided, few := false, false, 0
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			harm = harm || r.Violations > 0
			decided = decided || r.Ratio.Bounded()
			few = max(few, r.Ratio.N)
		}
	}
	if !harm {
		out = allClean(t)
	}
	for i := range t.Groups {
		s := speaker{g: &t.Groups[i], index: i}
		if harm {
			s.violations()
		}
		s.losses()
		s.stalls()
		if decided {
			s.costs()
		}
		s.tails()
		s.shares()
		out = append(out, s.out...)
	}
	slices.SortStableFunc(out, func(a, b Sentence) int {
		switch {
		case a.Topic.OfSafety() == b.Topic.OfSafety():
			return 0
		case a.Topic.OfSafety():
			return -1
		}
		return 1
	})
	if !decided && few > 0 { // said once instead of for every row
		out = append(out, Sentence{Group: -1, Topic: Unknown, Text: fmt.Sprintf(
			"Which policy costs more or less is undecided: n=%d, and a 95 %% interval needs %d.", few, stats.MinPairs)})
	}
	return out
}

// speaker says what there is to say of one group.
type speaker struct {
	g     *Group
	index int
	out   []Sentence
}

func (s *speaker) say(topic Topic, format string, args ...any) {
	s.out = append(s.out, Sentence{Group: s.index, Topic: topic, Text: fmt.Sprintf(format, args...)})
}

// costs holds each policy against the reference: differences one by one, the rest together.
func (s *speaker) costs() {
	w := wordsFor(s.g)
	var same, open, few []Row
	within := 0.0
	for _, r := range s.g.Rows {
		switch r.Verdict.Judgement {
		case Dearer, Cheaper:
			s.say(Price, "Under %s %s %s under %s (n=%d).", r.Policy, w.clause, w.difference(r.Ratio), s.g.Reference, r.Ratio.N)
			s.out[len(s.out)-1].firm = r.Firm
		case Same:
			same, within = append(same, r), max(within, r.Verdict.Within)
		case Undecided:
			open = append(open, r)
		case TooFew:
			few = append(few, r)
		}
	}
	if len(same) > 0 {
		s.say(Level, "Under %s %s the same as under %s within ±%.0f %% (%s).", unit.List(policies(same)), w.clause, s.g.Reference,
			within*100, rounds(same))
	}
	if len(open) > 0 {
		parts := make([]string, len(open))
		for i, r := range open {
			parts[i] = fmt.Sprintf("%s %s %s", r.Policy, unit.Ratio(r.Ratio.Value), brackets(r.Ratio))
		}
		s.say(Unknown, "Undecided against %s: %s (%s).", s.g.Reference, strings.Join(parts, ", "), rounds(open))
	}
	if len(few) > 0 {
		s.say(Unknown, "Whether %s %s or %s under %s than under %s is undecided: %s, and a 95 %% interval needs %d.", w.clause, w.more,
			w.less, unit.List(policies(few)), s.g.Reference, rounds(few), stats.MinPairs)
	}
}

// words are how a group's primary unit is spoken of: "an eviction costs" "more" or "less", "as much".
type words struct {
	clause, more, less, as string
}

func wordsFor(g *Group) words {
	switch {
	case g.Better > 0:
		return words{"the rate in " + g.Unit + " is", "higher", "lower", "as high"}
	case g.Unit == "ns/evict":
		return words{"an eviction costs", "more", "less", "as much"}
	case g.Unit == "ns/op":
		return words{"an operation costs", "more", "less", "as much"}
	}
	return words{"the cost in " + g.Unit + " is", "higher", "lower", "as high"}
}

// difference puts a ratio into words, up to what it is held against: "58 % [54, 61] more than", "5.60 times [5.20, 6.10]
// as much as".
func (w words) difference(e stats.Estimate) string {
	number, word, than := w.amount(e)
	return number + " " + word + " " + than
}

// amount is a difference in its parts: "58 % [54, 61]", "more", "than".
func (w words) amount(e stats.Estimate) (number, word, than string) {
	lo, hi := unit.Interval(e.Value, e.Lo, e.Hi)
	switch value := bare(unit.Ratio(e.Value)); {
	case unit.IsFactor(e.Value):
		return fmt.Sprintf("%s times [%s, %s]", value, lo, hi), w.as, "as"
	case e.Value >= 1:
		return fmt.Sprintf("%s [%s, %s]", value, bare(lo), bare(hi)), w.more, "than"
	default:
		return fmt.Sprintf("%s [%s, %s]", value, bare(hi), bare(lo)), w.less, "than"
	}
}

// bare is a change or a factor without its sign, for a sentence that says "higher" or "times".
func bare(s string) string {
	return strings.TrimLeft(s, "+−×")
}

// tails says where p99.9 differs by so much that the median hides what matters.
func (s *speaker) tails() {
	ref := s.reference()
	if ref == nil || ref.LeastLat < tailLatencies {
		return
	}
	for _, r := range s.g.Rows {
		if !r.Tail.Bounded() || r.LeastLat < tailLatencies || (r.Tail.Lo < tailFactor && r.Tail.Hi > 1./tailFactor) {
			continue
		}
		late := lateTail(ref)
		if r.P999 > ref.P999 {
			late = lateTail(&r)
		}
		s.say(Price, "%s", strings.TrimSpace(fmt.Sprintf("Under %s p99.9 is %s, under %s %s (%s). %s", r.Policy, unit.Format(r.P999, unit.Nanos),
			ref.Policy, unit.Format(ref.P999, unit.Nanos), paired(r.Tail), late)))
	}
}

// reference returns the row of the reference policy, or nil.
func (s *speaker) reference() *Row {
	for i := range s.g.Rows {
		if s.g.Rows[i].Verdict.Judgement == Reference {
			return &s.g.Rows[i]
		}
	}
	return nil
}

// brackets is an interval as it stands behind a ratio.
func brackets(e stats.Estimate) string {
	lo, hi := unit.Interval(e.Value, e.Lo, e.Hi)
	return "[" + lo + ", " + hi + "]"
}

func policies(rows []Row) []string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Policy
	}
	return names
}

// rounds is "n=6", or "n=4 to 5" if the rows differ.
func rounds(rows []Row) string {
	least, most := rows[0].Ratio.N, rows[0].Ratio.N
	for _, r := range rows {
		least, most = min(least, r.Ratio.N), max(most, r.Ratio.N)
	}
	if least == most {
		return fmt.Sprintf("n=%d", least)
	}
	return fmt.Sprintf("n=%d to %d", least, most)
}

// choose picks the word for one or for many.
func choose(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
