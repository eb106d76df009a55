package safety

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// madeBy is how both files begin.
type madeBy struct {
	Tool   string `json:"tool"`
	Commit string `json:"commit"`
	Date   string `json:"date"`
	Kernel string `json:"kernel"` // whose rules the engine kept to; empty: its own
}

type hazard struct {
	Letter string `json:"letter"`
	Name   string `json:"name"`
	About  string `json:"about"`
	Harm   string `json:"harm"`
	Data   bool   `json:"data"`
}

// litmusFile is litmus.json.
type litmusFile struct {
	madeBy
	Rule        string   `json:"rule"`
	Full        bool     `json:"full"`
	Problems    []string `json:"problems"`
	Differences []string `json:"differences"`
	Hazards     []hazard `json:"hazards"`
	Scenarios   []struct {
		Name   string `json:"name"`
		Blames string `json:"blames"`
	} `json:"scenarios"`
	Policies []struct {
		Policy string       `json:"policy"`
		ID     string       `json:"id"`
		Cells  []litmusCell `json:"cells"`
	} `json:"policies"`
}

type litmusCell struct {
	Hazard    string       `json:"hazard"`
	Mark      string       `json:"mark"`
	Declared  bool         `json:"declared"`
	Why       string       `json:"why"`
	Probed    int          `json:"probed"`
	Broken    int          `json:"broken"`
	Elsewhere int          `json:"elsewhere"`
	Left      int          `json:"left"`
	Story     *litmusStory `json:"story"`
}

type litmusStory struct {
	Scenario string   `json:"scenario"`
	Title    string   `json:"title"`
	Run      string   `json:"run"`
	Found    string   `json:"found"`
	Lines    []string `json:"lines"`
	Replay   string   `json:"replay"`
}

// litmusMarks are the words of the file.
var litmusMarks = map[string]Mark{"not probed": Unknown, "kept": Kept, "broken": Broken}

func (f *litmusFile) check() error {
	letters, err := checkHazards(f.Hazards)
	if err != nil {
		return err
	}
	if _, err := checkPolicies(len(f.Policies), func(i int) string { return f.Policies[i].Policy }); err != nil {
		return err
	}
	for _, p := range f.Policies {
		seen := make(map[string]bool, len(p.Cells))
		for i := range p.Cells {
			c := &p.Cells[i]
			if !letters[c.Hazard] || seen[c.Hazard] {
				return fmt.Errorf("the policy %.80q has %.80q twice, or it is no hazard of the file", p.Policy, c.Hazard)
			}
			seen[c.Hazard] = true
			if err := c.check(); err != nil {
				return fmt.Errorf("%.80q of the policy %.80q: %w", c.Hazard, p.Policy, err)
			}
		}
	}
	return nil
}

// check holds the mark and the numbers of a cell against each other.
func (c *litmusCell) check() error {
	mark, ok := litmusMarks[c.Mark]
	found := c.Broken+c.Elsewhere > 0
	switch {
	case !ok:
		return fmt.Errorf("%.80q is no mark; they are not probed, kept, broken", c.Mark)
	case c.Probed < 0 || c.Broken < 0 || c.Elsewhere < 0 || c.Left < 0 || c.Broken > c.Probed:
		return fmt.Errorf("%d of %d scenarios, and %d others, cannot be", c.Broken, c.Probed, c.Elsewhere)
	case (mark == Broken) != found || mark == Kept && c.Probed == 0:
		return fmt.Errorf("is marked %q, where %d of %d scenarios show it, and %d others", c.Mark, c.Broken, c.Probed, c.Elsewhere)
	}
	return nil
}

// into adds what the scenarios say of a cell.
func (c *litmusCell) into(d *draft) {
	d.declared = d.declared || c.Declared
	if c.Declared && d.why == "" {
		d.why = c.Why
	}
	mark := litmusMarks[c.Mark]
	d.mark = max(d.mark, mark)
	d.shown, d.probed, d.elsewhere, d.left = c.Broken, c.Probed, c.Elsewhere, c.Left
	switch {
	case mark == Broken:
		d.say("%s", c.broken(d.isProperty()))
	case mark == Kept && d.isProperty():
		d.say("not seen in %s", scenarios(c.Probed))
	case mark == Kept && c.Probed == 1:
		d.say("kept in the one scenario that probes it")
	case mark == Kept:
		d.say("kept in the %s that probe it", scenarios(c.Probed))
	default:
		d.say("no scenario that was played probes it")
	}
	if c.Left > 0 && mark != Broken {
		d.say("%s that do were not played, or with other parameters", unit.Plural(c.Left, "scenario"))
	}
	if s := c.Story; s != nil && mark == Broken {
		title := s.Title
		if s.Run != "" {
			title += ", run " + s.Run
		}
		d.stories = append(d.stories, Story{ID: slug(d.policy, s.Scenario, s.Run), Title: title, Lines: s.Lines, Replay: s.Replay})
	}
}

// broken says in how many scenarios a hazard shows, and what one of them shows. Every scenario probes a property: whoever hangs
// is seen.
func (c *litmusCell) broken(property bool) (text string) {
	switch {
	case property:
		text = fmt.Sprintf("seen in %s of %s", unit.Count(c.Broken), scenarios(c.Probed))
	case c.Probed == 0:
		text = fmt.Sprintf("broken in %s about something else", scenarios(c.Elsewhere))
	case c.Broken == c.Probed && c.Probed == 1:
		text = "broken in the one scenario that probes it"
	case c.Broken == c.Probed:
		text = fmt.Sprintf("broken in all %s that probe it", scenarios(c.Probed))
	default:
		text = fmt.Sprintf("broken in %s of %s that probe it", unit.Count(c.Broken), scenarios(c.Probed))
	}
	if c.Elsewhere > 0 && c.Probed > 0 {
		text += fmt.Sprintf(", and in %s", unit.Plural(c.Elsewhere, "other"))
	}
	if c.Story != nil && c.Story.Found != "" {
		text += fmt.Sprintf(" (%s: %s)", c.Story.Scenario, c.Story.Found)
	}
	return text
}

// notes says what the scenarios rest on.
func (f *litmusFile) notes() (list []string) {
	var charged int
	var blames []string
	for _, s := range f.Scenarios {
		if s.Blames == "" {
			charged++
		} else if !slices.Contains(blames, s.Blames) {
			blames = append(blames, s.Blames)
		}
	}
	were := "small situations, were"
	if charged == 1 {
		were = "a small situation, was"
	}
	text := fmt.Sprintf("%s of litmus, %s played under %s", scenarios(charged), were, unit.Plural(len(f.Policies), "policy"))
	if f.Kernel != "" {
		text += fmt.Sprintf(", on an engine that does as Linux %s; what policies declare is meant for the engine's own rules", f.Kernel)
	} else if f.Rule != "" {
		text += ": " + f.Rule
	}
	list = append(list, text+".")
	if !f.Full {
		list = append(list, "These are not all scenarios, or some had other parameters than they have by themselves: what is kept here may be broken in others.")
	}
	if n := len(f.Scenarios) - charged; n > 0 {
		list = append(list, fmt.Sprintf("Besides, %s about faults of code outside eviction (%s); what is seen there is held against no policy and does not count here.",
			besides(n), strings.Join(blames, ", ")))
	}
	for _, p := range f.Problems {
		list = append(list, "Not as it should be: "+p+".")
	}
	if f.Kernel != "" {
		for _, d := range f.Differences {
			list = append(list, fmt.Sprintf("Like kernel %s, %s.", f.Kernel, d))
		}
	}
	return list
}

func besides(n int) string {
	if n == 1 {
		return "one is"
	}
	return unit.Count(n) + " are"
}

func scenarios(n int) string { return unit.Plural(n, "scenario") }
