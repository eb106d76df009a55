package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// plainGroups are the groups without a DAX inode that are counted by the eviction, or if there is none, by the operation.
func plainGroups(t *Table) []int {
	for _, unit := range []string{"ns/evict", "ns/op"} {
		var list []int
		for i := range t.Groups {
			if g := &t.Groups[i]; g.param("dax") == "0" && g.Unit == unit && g.Reference != "" {
				list = append(list, i)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// A stance is what several groups say of one policy.
type stance struct {
	policy   string
	decided  []decision // all dearer, or all cheaper, by their ratios ascending
	contrary bool       // some are dearer and some cheaper, so that none is in decided
	same     []Row
	level    []string // groups in which it is the same
	open     []string // groups in which it is undecided
	rows     []Row    // all of them
}

// A decision is a row and the group that it is of.
type decision struct {
	Row
	group string
}

// minAgree is how many groups must agree on a difference that none of them proves. Two of 6 rounds each do so by chance once
// in 2,048 policies: all 12 rounds are on one side.
const minAgree = 2

// firm says whether a difference is more than what one finds by looking at many: one group proves it in the face of all
// comparisons of the run, or several agree, which are at least half of those that compare.
func (s *stance) firm() bool {
	return len(s.decided) >= minAgree && 2*len(s.decided) >= len(s.rows) ||
		slices.ContainsFunc(s.decided, func(d decision) bool { return d.Firm })
}

// plainPrice says what policies cost on inodes that are not DAX, where there is nothing to break: the range over the groups,
// if they are several, and within which margin the others are as the reference. Where several groups were asked and do not
// agree, nothing is decided. What a single one says and may be chance is told only if there is nothing better, and is called that.
func plainPrice(t *Table, groups []int) *Sentence {
	if len(groups) == 0 {
		return nil
	}
	reference := t.Groups[groups[0]].Reference
	w := wordsFor(&t.Groups[groups[0]])
	var dear, cheap, doubtful []stance
	var same, open []string
	var rows []Row
	within := 0.
	for _, s := range stances(t, groups) {
		rows = append(rows, s.rows...)
		switch {
		case len(s.decided) > 0 && !s.firm() && len(s.rows) > 1:
			open = append(open, s.policy)
		case len(s.decided) > 0 && !s.firm():
			doubtful = append(doubtful, s)
		case len(s.decided) > 0 && s.decided[0].Verdict.Judgement == Dearer:
			dear = append(dear, s)
		case len(s.decided) > 0:
			cheap = append(cheap, s)
		case len(s.same) == len(s.rows):
			same = append(same, s.policy)
			for _, r := range s.same {
				within = max(within, r.Verdict.Within)
			}
		default:
			open = append(open, s.policy)
		}
	}
	slices.SortStableFunc(dear, func(a, b stance) int { return cmp.Compare(b.last(), a.last()) })
	slices.SortStableFunc(cheap, func(a, b stance) int { return cmp.Compare(a.last(), b.last()) })
	slices.SortStableFunc(doubtful, func(a, b stance) int { return cmp.Compare(math.Abs(math.Log(b.last())), math.Abs(math.Log(a.last()))) })
	if len(rows) == 0 || len(dear)+len(cheap)+len(doubtful)+len(same) == 0 {
		return nil
	}
	out := &Sentence{Group: -1, Topic: Level}
	if len(groups) == 1 {
		out.Group = groups[0]
	}
	named := slices.Concat(dear[:min(len(dear), fewRows)], cheap[:min(len(cheap), 1)])
	switch {
	case len(named) > 0:
		out.Topic = Price
	case len(doubtful) > 0:
		k := min(len(doubtful), fewRows)
		named, doubtful = doubtful[:k], doubtful[k:]
		if len(same) == 0 {
			out.Topic = Unknown
		}
	}
	var parts []string
	for k := range named {
		parts = append(parts, named[k].difference(w, reference, k == 0, len(groups) > 1))
	}
	parts = append(parts, others(w.more, dear, fewRows)...)
	parts = append(parts, others(w.less, cheap, 1)...)
	if len(same) > 0 {
		text := fmt.Sprintf("the same within ±%.0f %% under %s", within*100, fewNames(same))
		if len(parts) == 0 {
			text += " as under " + reference
		}
		parts = append(parts, text)
	}
	for i := range doubtful {
		open = append(open, doubtful[i].policy)
	}
	if len(open) > 0 {
		parts = append(parts, "undecided under "+fewNames(open))
	}
	out.Text = fmt.Sprintf("On inodes that are not DAX %s %s (%s).", w.clause, strings.Join(parts, "; "), rounds(rows))
	return out
}

// stances collects what the groups say of each policy but the reference, in the order in which they come.
func stances(t *Table, groups []int) (list []stance) {
	in := t.shortNames()
	at := make(map[string]int) // by policy
	for _, i := range groups {
		for _, r := range t.Groups[i].Rows {
			if r.Verdict.Judgement == Reference || r.Verdict.Judgement == NoValue {
				continue
			}
			k, known := at[r.Policy]
			if !known {
				k, list = len(list), append(list, stance{policy: r.Policy})
				at[r.Policy] = k
			}
			list[k].add(r, in(i))
		}
	}
	for i := range list {
		slices.SortStableFunc(list[i].decided, func(a, b decision) int { return cmp.Compare(a.Ratio.Value, b.Ratio.Value) })
	}
	return list
}

// add takes in what one group says. Where it says the contrary of one before, nothing is decided of the policy.
func (s *stance) add(r Row, group string) {
	s.rows = append(s.rows, r)
	switch j := r.Verdict.Judgement; {
	case j == Same:
		s.same, s.level = append(s.same, r), append(s.level, group)
	case j != Dearer && j != Cheaper:
		s.open = append(s.open, group)
	case s.contrary:
		s.open = append(s.open, group)
	case len(s.decided) > 0 && s.decided[0].Verdict.Judgement != j:
		s.contrary = true
		for _, d := range s.decided {
			s.open = append(s.open, d.group)
		}
		s.open, s.decided = append(s.open, group), nil
	default:
		s.decided = append(s.decided, decision{r, group})
	}
}

// last is the largest ratio that is decided.
func (s *stance) last() float64 { return s.decided[len(s.decided)-1].Ratio.Value }

// difference is by how much a policy differs: of several groups the least and the most, with their names. The first of a
// sentence says from what.
func (s *stance) difference(w words, reference string, first, named bool) string {
	low, high := s.decided[0], s.decided[len(s.decided)-1]
	if low.Verdict.Judgement == Cheaper { // the most is what is farthest from 1
		low, high = high, low
	}
	where := func(d decision) string {
		if !named {
			return ""
		}
		return " (" + d.group + ")"
	}
	number, word, than := w.amount(high.Ratio)
	text := number + where(high) + " " + word
	if len(s.decided) > 1 {
		least, lesser, _ := w.amount(low.Ratio)
		if lesser == word {
			lesser = ""
		}
		text = strings.TrimSpace(least+where(low)+" "+lesser) + " to " + text
	}
	text += " under " + s.policy
	if first {
		text += " " + than + " under " + reference
	}
	if !s.firm() {
		text += " (may be chance)"
	}
	if len(s.level) > 0 {
		text += ", the same in " + firstOf(s.level)
	}
	if len(s.open) > 0 {
		text += ", undecided in " + firstOf(s.open)
	}
	return text
}

// mostNamed is how many groups a sentence names: those of the default matrix, and no thousands.
const mostNamed = 6

// firstOf joins names, the first of them if they are many.
func firstOf(names []string) string {
	if left := len(names) - mostNamed; left > 1 {
		names = append(slices.Clone(names[:mostNamed]), unit.Count(left)+" others")
	}
	return unit.List(names)
}

// others names the policies beyond the first n.
func others(word string, stances []stance, n int) []string {
	if len(stances) <= n {
		return nil
	}
	var names []string
	for _, s := range stances[n:] {
		names = append(names, s.policy)
	}
	return []string{word + " under " + fewNames(names)}
}

// fewNames joins the names of policies, or says how many they are.
func fewNames(names []string) string {
	if len(names) > mostNamed {
		return unit.Plural(len(names), "policy")
	}
	return unit.List(names)
}
