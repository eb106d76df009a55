package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// maxSummary is how many sentences a reader takes in at a glance.
const maxSummary = 4

// openShare is the share of comparisons from which on it is said that they are undecided: a third of them leaves a reader
// who looks for a number without one often enough to be told beforehand.
const openShare = 1. / 3

// Summary returns at most four sentences that a reader needs first: what went wrong, or was looked for and not found; what
// breaking layouts costs on inodes that have none; what waiting for pins or recalling leases does to the tail; and how much
// is undecided. A run of another shape gets what its groups say first. Numbers are those of the table, with their
// intervals and n. Only a table without a group has nothing to say.
func Summary(t *Table) []Sentence {
	var out []Sentence
	add := func(s *Sentence) {
		if s != nil && len(out) < maxSummary {
			out = append(out, *s)
		}
	}
	add(safetySummary(t))
	told := make(map[int]bool) // groups of which the price was told
	plain := plainGroups(t)
	price := plainPrice(t, plain)
	add(price)
	for _, i := range plain { // where several do not agree, none of them is told alone
		told[i] = price != nil || len(plain) > 1 && t.Groups[i].says(Price)
	}
	add(stallSummary(t, pinned, told))
	add(stallSummary(t, leased, told))
	add(sweepSummary(t))
	open := openSummary(t)
	if open != nil {
		out = out[:min(len(out), maxSummary-1)]
	}
	rest := maxSummary - len(out)
	if open != nil {
		rest--
	}
	out = append(out, prices(t, told, rest)...)
	add(open)
	if len(out) == 0 || !slices.ContainsFunc(out, func(s Sentence) bool { return !s.Topic.OfSafety() }) {
		add(costAlone(t))
	}
	return out
}

// in names a group as short as no other of the run is named: by its workload, and by those parameters that differ among the
// groups of that workload.
func (t *Table) in(i int) string { return t.shortNames()(i) }

// shortNames is in for many groups.
func (t *Table) shortNames() func(i int) string {
	differing := t.Differing()
	return func(i int) string {
		g := &t.Groups[i]
		short := Group{Workload: g.Workload, Params: differing(g)}
		return short.Name()
	}
}

// param returns a parameter of the group, or "".
func (g *Group) param(key string) string {
	for _, p := range g.Params {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// safetySummary is one sentence on what went wrong, the gravest first, or on what was looked at and not found.
func safetySummary(t *Table) *Sentence {
	if s := violationSummary(t); s != nil {
		return s
	}
	clean := allClean(t)
	for _, what := range []struct {
		count func(Row) int64
		text  func(n int64) string
	}{
		{func(r Row) int64 { return r.Hung }, func(n int64) string { return unit.Plural(n, "cell") + " hung" }},
		{func(r Row) int64 { return r.Orphaned }, func(n int64) string {
			return fmt.Sprintf("%s %s evicted with a page pinned", unit.Plural(n, "inode"), choose(n, "was", "were"))
		}},
		{func(r Row) int64 { return r.Parked }, func(n int64) string {
			return unit.Plural(n, "idle inode") + " could not be found by reclaim at the end of a round"
		}},
		{func(r Row) int64 { return r.Abandoned }, func(n int64) string {
			return fmt.Sprintf("%s %s taken away without a recall", unit.Plural(n, "layout lease"), choose(n, "was", "were"))
		}},
	} {
		i, rows := worst(t, what.count)
		if i < 0 {
			continue
		}
		var parts []string
		for _, r := range firstRows(rows) {
			parts = append(parts, "under "+r.Policy+" "+what.text(what.count(r)))
		}
		text := unit.Capital(unit.List(parts)) + " (" + t.in(i) + ")" + more(rows) + "."
		if len(clean) > 0 {
			text += " " + clean[0].Text
		}
		return &Sentence{Group: i, Topic: Harm, Text: text}
	}
	if len(clean) == 0 {
		return nil
	}
	return &clean[0]
}

// violationSummary says under which policies writes landed where they should not, with the numbers of the group with the
// most, and how much was looked at under the others there.
func violationSummary(t *Table) *Sentence {
	i, rows := worst(t, func(r Row) int64 { return r.Violations })
	if i < 0 {
		return nil
	}
	var parts []string
	for _, r := range firstRows(rows) {
		of := ""
		if r.Writes >= uint64(r.Violations) {
			of = " of " + unit.Count(r.Writes)
		}
		parts = append(parts, fmt.Sprintf("under %s %s%s", r.Policy, unit.Count(r.Violations), of))
	}
	text := fmt.Sprintf("%s device writes landed in blocks that were no longer their file's (%s)%s", unit.Capital(unit.List(parts)), t.in(i), more(rows))
	var clean []Row
	for _, r := range t.Groups[i].Rows {
		if r.Looked && r.Violations == 0 {
			clean = append(clean, r)
		}
	}
	if len(clean) > 0 {
		writes := make([]uint64, len(clean))
		for k, r := range clean {
			writes[k] = r.Writes
		}
		text += fmt.Sprintf("; under %s none was found in %s%s", fewNames(policies(clean)), atLeast(writes), choose(int64(len(clean)), "", " each"))
	}
	if k, hung := worst(t, func(r Row) int64 { return r.Hung }); k >= 0 {
		text += fmt.Sprintf("; under %s %s hung", hung[0].Policy, unit.Plural(hung[0].Hung, "cell"))
	}
	return &Sentence{Group: i, Topic: Harm, Text: text + "."}
}

// worst is the group in which something was counted most often under one policy, and its rows with any of it, the most
// first; −1 if it happened nowhere.
func worst(t *Table, count func(Row) int64) (group int, rows []Row) {
	group = -1
	var most int64
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			if n := count(r); n > most {
				group, most = i, n
			}
		}
	}
	if group < 0 {
		return group, nil
	}
	for _, r := range t.Groups[group].Rows {
		if count(r) > 0 {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(count(b), count(a)) })
	return group, rows
}

// firstRows are those that are named with their numbers; more names the others.
func firstRows(rows []Row) []Row { return rows[:min(len(rows), fewRows)] }

func more(rows []Row) string {
	if len(rows) <= fewRows {
		return ""
	}
	return ", and fewer under " + unit.List(policies(rows[fewRows:]))
}

// prices are what single groups say first of what policies cost, for groups whose price was not told: first differences that
// hold, then those that may be chance, then what does not differ.
func prices(t *Table, told map[int]bool, most int) (out []Sentence) {
	for _, want := range []struct {
		topic Topic
		firm  bool
	}{{Price, true}, {Price, false}, {Level, false}} {
		for i := range t.Groups {
			if told[i] || len(out) >= most || !t.Groups[i].says(want.topic) {
				continue
			}
			s := speaker{g: &t.Groups[i], index: i}
			s.costs()
			k := slices.IndexFunc(s.out, func(s Sentence) bool { return s.Topic == want.topic && s.firm == want.firm })
			if k < 0 {
				continue
			}
			told[i] = true
			sentence := s.out[k]
			if sentence.Topic == Price && !sentence.firm {
				sentence.Text = strings.TrimSuffix(sentence.Text, ").") + "; may be chance)."
			}
			if len(t.Groups) > 1 {
				sentence.Text = fmt.Sprintf("In %s, %s%s", t.in(i), strings.ToLower(sentence.Text[:1]), sentence.Text[1:])
			}
			out = append(out, sentence)
		}
	}
	return out
}

// says tells whether a verdict of the group is of a topic: a difference, or none.
func (g *Group) says(topic Topic) bool {
	for i := range g.Rows {
		switch g.Rows[i].Verdict.Judgement {
		case Dearer, Cheaper:
			if topic == Price {
				return true
			}
		case Same:
			if topic == Level {
				return true
			}
		}
	}
	return false
}

// openSummary says how many comparisons are undecided, if that is much.
func openSummary(t *Table) *Sentence {
	all, open, few := 0, 0, 0
	var least, most *Row // of the undecided ones, by their rounds
	with := ""           // the reference, if it is one
	for i := range t.Groups {
		switch g := &t.Groups[i]; {
		case with == "":
			with = g.Reference
		case g.Reference != "" && g.Reference != with:
			with = "the reference policies"
		}
		for k := range t.Groups[i].Rows {
			r := &t.Groups[i].Rows[k]
			switch r.Verdict.Judgement {
			case Undecided, TooFew:
				open++
				if least == nil || r.Ratio.N < least.Ratio.N {
					least = r
				}
				if most == nil || r.Ratio.N > most.Ratio.N {
					most = r
				}
				if r.Verdict.Judgement == TooFew {
					few++
				}
			case NoValue, Reference:
				continue
			}
			all++
		}
	}
	if open == 0 || float64(open) < openShare*float64(all) {
		return nil
	}
	rows := []Row{*least, *most}
	var text string
	switch {
	case all == 1:
		text = fmt.Sprintf("The one comparison with %s is undecided (%s)", with, rounds(rows))
	case open == all:
		text = fmt.Sprintf("All %s with %s are undecided (%s)", unit.Plural(all, "comparison"), with, rounds(rows))
	default:
		text = fmt.Sprintf("Of %s with %s %s %s undecided (%s)", unit.Plural(all, "comparison"), with, unit.Count(open),
			choose(int64(open), "is", "are"), rounds(rows))
	}
	switch need := unit.Plural(stats.MinPairs, "round"); few {
	case open:
		text += "; a 95 % interval needs " + need
	case 0:
		text += "; more rounds narrow their intervals"
	default:
		text += fmt.Sprintf("; an interval needs %s, which %s of them %s, and more rounds narrow the others", need, unit.Count(few),
			choose(int64(few), "lacks", "lack"))
	}
	return &Sentence{Group: -1, Topic: Unknown, Text: text + "."}
}

// costAlone is what there is to say where nothing compares: what the first group that was measured costs.
func costAlone(t *Table) *Sentence {
	for i := range t.Groups {
		g := &t.Groups[i]
		for _, r := range g.Rows {
			if r.Cost.N == 0 {
				continue
			}
			value := unit.Format(r.Cost.Value, unit.Of(g.Unit))
			if r.Cost.Bounded() {
				value += fmt.Sprintf(" [%s, %s]", unit.Format(r.Cost.Lo, unit.Of(g.Unit)), unit.Format(r.Cost.Hi, unit.Of(g.Unit)))
			}
			return &Sentence{Group: i, Topic: Price, Text: fmt.Sprintf("Under %s the %s is %s (%s, median of %s).", r.Policy, g.Measure(), value,
				t.in(i), unit.Plural(r.Cost.N, "round"))}
		}
	}
	if len(t.Groups) == 0 {
		return nil
	}
	return &Sentence{Group: -1, Topic: Unknown, Text: "No cell was measured, so that nothing can be said."}
}
