package report

import (
	"cmp"
	"fmt"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/gallery"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
)

// tally is what the oracles of one run counted under one policy, over all its workloads.
type tally struct {
	compare.Safety
	run   string // its label
	ran   bool
	where []string // the groups with violations
}

// tallies are those of a policy, one per run.
type tallies struct {
	policy string
	runs   []tally
}

// tallied adds up what the tables of the runs hold, by policy.
func tallied(sources []*gallery.Source, labels []string) (out []*tallies) {
	at := make(map[string]*tallies)
	for i, s := range sources {
		for j := range s.Table.Groups {
			g := &s.Table.Groups[j]
			for k := range g.Rows {
				r := &g.Rows[k]
				a := at[r.Policy]
				if a == nil {
					a = &tallies{policy: r.Policy}
					for _, l := range labels {
						a.runs = append(a.runs, tally{run: l})
					}
					at[r.Policy], out = a, append(out, a)
				}
				a.runs[i].add(g, &r.Safety)
			}
		}
	}
	return out
}

// add adds a row of a group.
func (t *tally) add(g *compare.Group, s *compare.Safety) {
	t.ran = true
	t.Violations += s.Violations
	t.Writes += s.Writes
	t.Orphaned += s.Orphaned
	t.Abandoned += s.Abandoned
	t.Parked = max(t.Parked, s.Parked)
	t.Hung += s.Hung
	if s.Violations > 0 {
		t.where = append(t.where, groupTitle(g))
	}
}

// looked is a tally behind "landed in blocks that were no longer their file's".
func (t *tally) looked() string {
	switch {
	case !t.ran:
		return t.run + " did not run it"
	case t.Violations > 0:
		return fmt.Sprintf("%s of %s in %s", unit.Count(t.Violations), unit.Count(t.Writes), t.run)
	case t.Writes == 0:
		return "in " + t.run + " nobody looked"
	}
	return fmt.Sprintf("none of %s in %s", unit.Count(t.Writes), t.run)
}

// violated says how many of the runs have violations, and whether all have that could have some.
func (a *tallies) violated() (n int, all bool) {
	all = true
	for i := range a.runs {
		if a.runs[i].Violations > 0 {
			n++
		} else if a.runs[i].Writes > 0 {
			all = false
		}
	}
	return n, all
}

// say is the sentence about a policy with violations: the runs that have them first.
func (a *tallies) say() string {
	var bad, others []string
	for i := range a.runs {
		if t := &a.runs[i]; t.Violations > 0 {
			bad = append(bad, t.looked())
		} else {
			others = append(others, t.looked())
		}
	}
	text := fmt.Sprintf("Under %s device writes landed in blocks that were no longer their file's: %s", trim(a.policy), unit.List(bad))
	if len(others) > 0 {
		text += "; " + unit.List(others)
	}
	return text + "."
}

// mostHarms is how many policies get a sentence each at the top of a page.
const mostHarms = 3

// safetySentences say what the runs let happen: first policies in which runs differ, the most violations first, then those
// that let it happen in all, then how many did not.
func safetySentences(all []*tallies) (out []compare.Sentence) {
	say := func(topic compare.Topic, format string, args ...any) {
		out = append(out, compare.Sentence{Group: -1, Topic: topic, Text: fmt.Sprintf(format, args...)})
	}
	var differ, agree []*tallies
	var clean []string
	least := uint64(0)
	for _, a := range all {
		switch n, every := a.violated(); {
		case n > 0 && !every:
			differ = append(differ, a)
		case n > 0:
			agree = append(agree, a)
		default:
			if w := a.least(); w > 0 {
				if least == 0 || w < least {
					least = w
				}
				clean = append(clean, trim(a.policy))
			}
		}
	}
	slices.SortStableFunc(differ, func(a, b *tallies) int { return cmp.Compare(b.most(), a.most()) })
	harms := slices.Concat(differ, agree)
	for _, a := range harms[:min(len(harms), mostHarms)] {
		say(compare.Harm, "%s", a.say())
	}
	if left := len(harms) - mostHarms; left > 0 {
		say(compare.Harm, "So they did under %s.", unit.Plural(left, "further policy"))
	}
	for _, a := range all {
		if hung := a.hung(); hung != "" {
			say(compare.Harm, "Under %s operations or rounds hung: %s.", trim(a.policy), hung)
		}
	}
	who := unit.List(clean)
	if len(clean) > mostHarms {
		who = unit.Plural(len(clean), "policy")
	}
	switch {
	case len(clean) == 0:
	case len(harms) > 0:
		say(compare.Safe, "Under %s no such write was found in any run, of at least %s that were looked at in each.", who, unit.Count(least))
	default:
		say(compare.Safe, "Under %s no device write landed in a block that was no longer its file's, of at least %s that were looked at in each run.",
			who, unit.Count(least))
	}
	return out
}

// least is how many device writes were looked at in each run.
func (a *tallies) least() uint64 {
	n := a.runs[0].Writes
	for i := range a.runs {
		n = min(n, a.runs[i].Writes)
	}
	return n
}

// most is how many violations the worst run has.
func (a *tallies) most() (n int64) {
	for i := range a.runs {
		n = max(n, a.runs[i].Violations)
	}
	return n
}

// hung says how often in which run, "" if in none.
func (a *tallies) hung() string {
	var words []string
	some := false
	for i := range a.runs {
		if t := &a.runs[i]; t.ran {
			words, some = append(words, unit.Count(t.Hung)+" in "+t.run), some || t.Hung > 0
		}
	}
	if !some {
		return ""
	}
	return unit.List(words)
}

// tallySection has a row for each policy of each run.
func tallySection(all []*tallies) (s Section, ok bool) {
	t := &Table{ID: "table-violations", Title: "What the oracles counted", Columns: []Column{
		{Head: "policy"}, {Head: "run"},
		{"violations", "device writes that landed in a block that was no longer their file's", true},
		{"of writes", "device writes that the oracle looked at", true},
		{"hung", "rounds or operations that ended at the hang limit", true},
		{"parked", "idle inodes that reclaim could not find at the end of a round, at most", true},
		{"orphaned", "inodes that were evicted while a page of theirs was pinned", true},
		{"leases lost", "layout leases that were taken away without a recall", true},
		{Head: "where", About: "the workloads with violations"},
	}}
	for _, a := range all {
		for i := range a.runs {
			r := &a.runs[i]
			if !r.ran {
				continue
			}
			found := none()
			if r.Violations > 0 {
				found = ill(r.Violations)
			} else if r.Writes > 0 {
				found = Value{Text: "0", CSV: "0", Tone: Good}
			}
			where := slices.Clone(r.where[:min(len(r.where), mostHarms)])
			if left := len(r.where) - len(where); left > 0 {
				where = append(where, fmt.Sprintf("%d more", left))
			}
			name := textValue(trim(a.policy))
			name.Look = chart.LookOf(a.policy)
			t.Rows = append(t.Rows, []Value{name, textValue(r.run), found, some(int64(min(r.Writes, 1<<62))), ill(r.Hung), ill(r.Parked),
				ill(r.Orphaned), ill(r.Abandoned), textValue(unit.List(where))})
		}
	}
	t.squeeze()
	return Section{ID: "violations", Title: "Safety", About: "Over all workloads of each run. A zero counts only beside the device writes that were looked at.",
		Tables: []*Table{t}}, len(t.Rows) > 0 && len(t.Columns) > 2
}

// foundSection is what litmus and verify left beside one of the runs: a table of policies × hazards. The stories
// stand in the page of the run alone.
func foundSection(m *safety.Matrix, label string, ids names) Section {
	s := Section{ID: ids.of("safety " + label), Title: "Safety of " + label + ", by litmus and verify",
		About: "✗ data can be lost; ! somebody waits or may hang; ✓ kept in all scenarios that probe it; ○ not found, or declared broken and not shown; " +
			"– not looked at. Behind it: in how many of those scenarios. It is as the policy declares, except where a cell says that it is not.",
		Footnotes: slices.Concat(m.Doubts, trimmed(m.Notes))}
	t := &Table{ID: "table-" + s.ID, Title: "Policies and hazards", Columns: []Column{{Head: "policy"}}}
	for _, h := range m.Hazards {
		t.Columns = append(t.Columns, Column{Head: trim(h.Name), About: trim(h.About)})
	}
	for i := range m.Rows {
		r := &m.Rows[i]
		name := textValue(trim(r.Policy))
		name.Look = chart.LookOf(r.Policy)
		row := []Value{name}
		for k := range m.Hazards {
			row = append(row, markValue(&m.Hazards[k], &r.Cells[k]))
		}
		t.Rows = append(t.Rows, row)
	}
	s.Tables = []*Table{t}
	return s
}

// markValue is what is known of a policy and a hazard. What a policy declares and nothing showed is not kept.
func markValue(h *safety.Hazard, c *safety.Cell) Value {
	if c.Mark == safety.Unknown {
		v := textValue("–")
		v.Tone = Faint
		return v
	}
	text, tone := "○ not found", Faint
	switch {
	case c.Mark == safety.Broken && h.Data:
		text, tone = "✗ "+trim(cmp.Or(h.Harm, "broken")), Bad
	case c.Mark == safety.Broken:
		text, tone = "! "+trim(cmp.Or(h.Harm, "broken")), Plain
	case c.Declared:
		text = "○ not shown"
	case c.Mark == safety.Kept:
		text, tone = "✓ kept", Good
	}
	if c.Brief != "" && c.Mark != safety.Kept { // kept in all, then
		text += ", " + trim(c.Brief)
	}
	if c.Mark == safety.Broken && !c.Declared {
		text, tone = text+", not declared", Bad
	}
	v := textValue(text)
	v.Tone = tone
	return v
}

// undeclared says of a run which policies break what they do not declare.
func undeclared(m *safety.Matrix, label string) (out []compare.Sentence) {
	for i := range m.Rows {
		var broken []string
		for k := range m.Rows[i].Cells {
			if c := &m.Rows[i].Cells[k]; c.Mark == safety.Broken && !c.Declared {
				broken = append(broken, trim(m.Hazards[k].Name))
			}
		}
		if len(broken) > 0 {
			out = append(out, compare.Sentence{Group: -1, Topic: compare.Harm, Text: fmt.Sprintf(
				"In %s litmus or verify show that %s breaks what it does not declare: %s.", label, trim(m.Rows[i].Policy), unit.List(broken))})
		}
	}
	return out
}
