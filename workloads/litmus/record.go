package litmus

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/engine/target"
)

// A Record is what a report needs to know of a matrix: of each policy and hazard one cell, and the story of one run that
// shows what is broken. JSON has all runs of all cells, which is some megabytes.
type Record struct {
	Kernel      string         `json:"kernel"`
	Rule        string         `json:"rule,omitempty"` // what reclaim does if no kernel was asked for
	Full        bool           `json:"full"`
	Problems    []string       `json:"problems,omitempty"`    // what is not as it should be, a sentence each
	Differences []string       `json:"differences,omitempty"` // what is not as declared, which under a kernel's rules is no problem
	Hazards     []Hazard       `json:"hazards"`
	Scenarios   []RecordedName `json:"scenarios"`
	Policies    []RecordedRow  `json:"policies"`
}

// A Hazard is what can go wrong at an eviction: an invariant is broken, or tasks wait for each other without end.
type Hazard struct {
	Letter string `json:"letter"` // of the invariant, or layout.Deadlock
	Name   string `json:"name"`
	About  string `json:"about"`          // one line
	Harm   string `json:"harm"`           // what becomes of it where it is broken, in a word
	Data   bool   `json:"data,omitempty"` // data can be lost there; otherwise somebody waits, or hangs
}

// Hazards lists the invariants, in the order in which they are printed, and then deadlock, which is no invariant but a
// property: a scenario shows it where somebody hangs.
func Hazards() (list []Hazard) {
	for _, i := range layout.Invariants {
		i := layout.Invariant(i)
		list = append(list, Hazard{i.String(), i.Name(), i.Meaning(), i.Harm(), i.LosesData()})
	}
	return append(list, Hazard{string(layout.Deadlock), "deadlock", "it does not come to this: " + layout.Deadlock.Meaning(), "hangs", false})
}

// RecordedName is a scenario that was played.
type RecordedName struct {
	Number int    `json:"number,omitempty"` // 0 if it is not registered
	Name   string `json:"name"`
	Title  string `json:"title"`
	Probes string `json:"probes"`
	Blames string `json:"blames,omitempty"` // the setting that what it finds is held against, and no policy
}

// RecordedRow is one policy.
type RecordedRow struct {
	Policy string         `json:"policy"`
	ID     string         `json:"id,omitempty"`
	Cells  []RecordedCell `json:"cells"` // in the order of the hazards
}

// RecordedCell is one policy and one hazard. Scenarios whose findings are held against no policy do not count.
type RecordedCell struct {
	Hazard    string         `json:"hazard"`
	Mark      Mark           `json:"mark"`
	Declared  bool           `json:"declared"`       // the policy says itself that it breaks it
	Why       string         `json:"why,omitempty"`  // the sentence with which it does
	Probed    int            `json:"probed"`         // scenarios that probe it and could be run
	Broken    int            `json:"broken"`         // of those, in how many it is broken
	Elsewhere int            `json:"elsewhere"`      // others in which it is broken
	Left      int            `json:"left,omitempty"` // registered ones that probe it, and were not played as they are registered
	Story     *RecordedStory `json:"story,omitempty"`
}

// RecordedStory is what happened in one run of a scenario.
type RecordedStory struct {
	Scenario string   `json:"scenario"`
	Title    string   `json:"title"`
	Run      string   `json:"run,omitempty"` // with its settings, if the scenario has several
	Found    string   `json:"found"`         // of the hazard, one sentence
	Lines    []string `json:"lines"`         // step by step, and then all that was found
	Replay   string   `json:"replay"`        // the command that tells it
}

// Record returns what a report needs. replay makes the command that plays a scenario under a policy again.
func (m *Matrix) Record(replay func(policy string, e Entry) string) *Record {
	rec := &Record{Kernel: m.Kernel, Full: m.Full, Problems: m.Problems(), Differences: m.Differences(), Hazards: Hazards()}
	if m.Kernel == "" {
		rec.Rule = ruleOfLRU
	}
	for _, e := range m.Scenarios {
		n := RecordedName{Number: e.Number, Name: e.Name, Title: e.Title, Probes: e.Probes}
		if !Charged(e.Scenario) {
			n.Blames = e.Blames.String()
		}
		rec.Scenarios = append(rec.Scenarios, n)
	}
	for i, r := range m.Rows {
		row := RecordedRow{Policy: r.Policy, ID: r.ID}
		for _, h := range rec.Hazards {
			row.Cells = append(row.Cells, m.recordCell(i, h.Letter, replay))
		}
		rec.Policies = append(rec.Policies, row)
	}
	return rec
}

// recordCell counts what the scenarios show of one hazard under row i.
func (m *Matrix) recordCell(i int, hazard string, replay func(string, Entry) string) RecordedCell {
	r := &m.Rows[i]
	deadlock := hazard == string(layout.Deadlock)
	cell := RecordedCell{Hazard: hazard, Declared: strings.Contains(r.Declared, hazard), Why: r.Why[hazard], Left: m.left(hazard)}
	if deadlock {
		cell.Declared = r.MayHang
	}
	for k := range r.Cells {
		c, e := &r.Cells[k], m.Scenarios[k]
		if !Charged(e.Scenario) || c.Outcome.Kind == target.NotApplicable {
			continue
		}
		probes := isAbout(e, hazard)
		shows := slices.ContainsFunc(c.Runs, func(r Result) bool { return r.shows(hazard) })
		switch {
		case probes && shows:
			cell.Broken++
		case shows:
			cell.Elsewhere++
		}
		if probes {
			cell.Probed++
		}
	}
	switch {
	case cell.Broken+cell.Elsewhere > 0:
		cell.Mark = Broken
		cell.Story = m.plainest(i, hazard, replay)
	case cell.Probed > 0:
		cell.Mark = Kept
	}
	return cell
}

// isAbout reports whether a scenario probes a hazard: whoever hangs is seen in every one.
func isAbout(e Entry, hazard string) bool {
	return hazard == string(layout.Deadlock) || strings.Contains(e.Probes, hazard)
}

// left counts the registered scenarios that probe a hazard and are not among those that were played, or with other parameters.
func (m *Matrix) left(hazard string) (n int) {
	if m.Full {
		return 0
	}
	for _, e := range All() {
		played := slices.ContainsFunc(m.Scenarios, func(o Entry) bool { return o.Number == e.Number && slices.Equal(o.Params, e.Params) })
		if Charged(e.Scenario) && isAbout(e, hazard) && !played {
			n++
		}
	}
	return n
}

// shows reports whether a run shows a hazard, in some order of its steps.
func (r *Result) shows(hazard string) bool {
	if hazard == string(layout.Deadlock) {
		return r.Hangs
	}
	return strings.Contains(r.Outcome.Broken, hazard)
}

// tells reports whether the story of a run shows a hazard: of other orders there is no story.
func (r *Result) tells(hazard string) bool {
	if hazard == string(layout.Deadlock) {
		return r.Outcome.Kind == target.Hung
	}
	return slices.ContainsFunc(r.Outcome.Findings, func(f target.Finding) bool {
		return strings.Contains(f.Invariants, hazard) && !strings.HasPrefix(f.Text, otherOrder)
	})
}

// plainest is the story to show of a hazard that row i has: of the scenario that the matrix as text names, too, and there of
// the first run that tells it.
func (m *Matrix) plainest(i int, hazard string, replay func(string, Entry) string) *RecordedStory {
	name := ""
	if hazard != string(layout.Deadlock) {
		_, where := m.Mark(i, hazard)
		name = where.Name
	}
	r := &m.Rows[i]
	var story *RecordedStory
	for k := range r.Cells {
		e := m.Scenarios[k]
		if !Charged(e.Scenario) || name != "" && e.Name != name {
			continue
		}
		for n := range r.Cells[k].Runs {
			run := &r.Cells[k].Runs[n]
			if run.tells(hazard) {
				return run.record(e, hazard, replay(r.Policy, e))
			}
			if story == nil && run.shows(hazard) {
				story = run.record(e, hazard, replay(r.Policy, e))
			}
		}
	}
	return story
}

// record puts a run down as the story of a hazard.
func (r *Result) record(e Entry, hazard, replay string) *RecordedStory {
	s := &RecordedStory{Scenario: e.Name, Title: e.Title, Found: r.Outcome.Why, Lines: r.lines(), Replay: replay}
	if r.Run != "" {
		s.Run = r.Run + settings(e, r.Run)
	}
	for _, f := range r.Outcome.Findings {
		if strings.Contains(f.Invariants, hazard) {
			s.Found = f.Text
			break
		}
	}
	return s
}

// maxLines is how many lines of a story are kept. Scenarios with thousands repeat themselves, and the command that replays
// it has them all.
const maxLines = 120

// maxFindings is how many findings of a run are kept.
const maxFindings = 20

// lines writes a story as text: the time where it changes, the task, and what it does, of its own accord further left than what
// came of that; and below it, behind an exclamation mark, what was found.
func (r *Result) lines() (lines []string) {
	tasks, times := 0, 0
	for _, l := range r.Story {
		tasks, times = max(tasks, len(l.Task)), max(times, len(clock(l.At)))
	}
	last := ""
	for n, l := range r.Story {
		if n == maxLines {
			lines = append(lines, "… and "+count(int64(len(r.Story)-n), "further line", "further lines"))
			break
		}
		at := clock(l.At)
		if at == last {
			at = ""
		} else {
			last = at
		}
		indent := "  "
		if l.Kind == target.Took || l.Kind == target.Remarked {
			indent = ""
		}
		lines = append(lines, fmt.Sprintf("%*s  %-*s  %s%s", times, at, tasks, l.Task, indent, l.Text))
	}
	for n, f := range r.Outcome.Findings {
		if n == maxFindings {
			return append(lines, "! … and "+count(int64(len(r.Outcome.Findings)-n), "further finding", "further findings"))
		}
		lines = append(lines, "! "+label(f)+f.Text)
	}
	return lines
}
