package safety

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/unit"
)

// verifyFile is verify.json.
type verifyFile struct {
	madeBy
	Whole     bool `json:"whole"`
	Bound     *int `json:"bound"`
	Decisive  int  `json:"decisive"`
	Schedules int  `json:"schedules"`
	Shapes    int  `json:"shapes"`
	Small     *struct {
		Shapes    []string `json:"shapes"`
		Schedules int      `json:"schedules"`
	} `json:"small"`
	Hazards  []hazard `json:"hazards"`
	Policies []struct {
		Policy   string   `json:"policy"`
		ID       string   `json:"id"`
		Declares []string `json:"declares"`
	} `json:"policies"`
	Verdicts []verdict  `json:"verdicts"`
	Also     []alsoSeen `json:"also"`
	WhatIfs  []struct {
		Shape    string `json:"shape"`
		About    string `json:"about"`
		Why      string `json:"why"`
		Violated string `json:"violated"`
	} `json:"what_ifs"`
	Model *modelFile `json:"model"`
}

// verdict is what the schedules say of a property under a policy.
type verdict struct {
	Policy    string   `json:"policy"`
	Property  string   `json:"property"`
	About     string   `json:"about"`
	Looked    []string `json:"looked"` // hazards that a search for it looks at, too
	Shown     []string `json:"shown"`  // hazards that what was found shows
	Declared  bool     `json:"declared"`
	Violated  bool     `json:"violated"`
	Status    string   `json:"status"`
	Exhausted bool     `json:"exhausted"`
	Decisive  bool     `json:"decisive"`
	Schedules int      `json:"schedules"`
	schedule
}

// schedule is one that shows something.
type schedule struct {
	Shape  string   `json:"shape"`
	Text   string   `json:"text"`
	Lines  []string `json:"lines"`
	Replay string   `json:"replay"`
}

// alsoSeen breaks hazards and is no property, such as an order of locks.
type alsoSeen struct {
	Policy  string   `json:"policy"`
	Hazards []string `json:"hazards"`
	schedule
}

type modelFile struct {
	States    int      `json:"states"`
	Depth     int      `json:"depth"`
	Exhausted bool     `json:"exhausted"`
	Agree     int      `json:"agree"`
	Undecided int      `json:"undecided"`
	Disagree  []string `json:"disagree"`
	Rows      []struct {
		Policy    string   `json:"policy"`
		States    int      `json:"states"`
		Exhausted bool     `json:"exhausted"`
		Violates  []string `json:"violates"`
	} `json:"rows"`
}

func (f *verifyFile) check() error {
	letters, err := checkHazards(f.Hazards)
	if err != nil {
		return err
	}
	policies, err := checkPolicies(len(f.Policies), func(i int) string { return f.Policies[i].Policy })
	if err != nil {
		return err
	}
	known := func(policy string, hazards []string) error {
		if !policies[policy] {
			return fmt.Errorf("the policy %.80q is none of the file", policy)
		}
		for _, h := range hazards {
			if !letters[h] {
				return fmt.Errorf("the policy %.80q has %.80q, which is no hazard of the file", policy, h)
			}
		}
		return nil
	}
	for _, p := range f.Policies {
		if err := known(p.Policy, p.Declares); err != nil {
			return err
		}
	}
	seen := make(map[[2]string]bool, len(f.Verdicts))
	for i := range f.Verdicts {
		v := &f.Verdicts[i]
		if err := cmp.Or(known(v.Policy, v.Looked), known(v.Policy, v.Shown)); err != nil {
			return err
		}
		key := [2]string{v.Policy, v.Property}
		if seen[key] || v.Schedules < 0 || v.Violated && v.Exhausted || !v.Violated && len(v.Shown) > 0 {
			return fmt.Errorf("%.80q of the policy %.80q stands twice, or cannot be", v.Property, v.Policy)
		}
		seen[key] = true
	}
	for i := range f.Also {
		if err := known(f.Also[i].Policy, f.Also[i].Hazards); err != nil {
			return err
		}
	}
	return nil
}

// into adds what the schedules and the model say of a cell.
func (f *verifyFile) into(d *draft) {
	for _, p := range f.Policies {
		d.declared = d.declared || p.Policy == d.policy && slices.Contains(p.Declares, d.hazard)
	}
	before := len(d.stories)
	var clear []*verdict // looked for with the hazard, and not found
	open := false        // something was found with it that does not show the hazard itself
	for i := range f.Verdicts {
		v := &f.Verdicts[i]
		looked := slices.Contains(v.Looked, d.hazard)
		switch {
		case v.Policy != d.policy:
		case slices.Contains(v.Shown, d.hazard):
			d.found(v.Property, &v.schedule)
		case looked && v.Violated:
			open = true
		case looked:
			clear = append(clear, v)
		}
	}
	for i := range f.Also {
		if a := &f.Also[i]; a.Policy == d.policy && slices.Contains(a.Hazards, d.hazard) {
			d.found("also", &a.schedule)
		}
	}
	switch {
	case len(d.stories) > before:
		d.mark = Broken
		d.say("a schedule of verify shows it (%s)", d.stories[before].Title)
	case len(clear) > 0 && !open:
		f.clear(d, clear)
	}
}

// clear says how much was looked at in vain. Searches for several properties are partly the same, so that their schedules do not
// add up: the smallest number holds for all.
func (f *verifyFile) clear(d *draft, list []*verdict) {
	least, exhausted, decisive := list[0].Schedules, true, true
	for _, v := range list {
		least, exhausted, decisive = min(least, v.Schedules), exhausted && v.Exhausted, decisive && v.Decisive
	}
	text := fmt.Sprintf("not found in %s of verify", unit.Plural(least, "schedule"))
	switch {
	case least == 0:
		return
	case !decisive:
		d.say("%s, too few to say anything", text)
	case exhausted && f.Bound != nil:
		d.say("%s, all there are with %s at most (exhausted)", text, unit.Plural(*f.Bound, "preemption"))
		d.mark, d.schedules = max(d.mark, NotFound), least
	default:
		d.say("%s (not exhausted)", text)
		d.mark, d.schedules = max(d.mark, NotFound), least
	}
	if f.Model != nil && f.Kernel == "" { // the model knows no kernels
		f.Model.into(d, list)
	}
}

// into says that the model does not have what was looked at with a hazard. What it has does not count for the hazard: the
// schedules say what that shows.
func (m *modelFile) into(d *draft, list []*verdict) {
	for _, r := range m.Rows {
		if r.Policy != d.policy || !r.Exhausted {
			continue
		}
		var names []string
		for _, v := range list {
			if slices.Contains(r.Violates, v.Property) {
				return
			}
			names = append(names, v.Property)
		}
		d.say("nor has the model %s (exhausted: %s)", strings.Join(names, " or "), unit.Plural(r.States, "state"))
	}
}

// notes says what the schedules and the model rest on.
func (f *verifyFile) notes() (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	text := fmt.Sprintf("Verify played %s of %s under %s", unit.Plural(f.Schedules, "schedule"), unit.Plural(f.Shapes, "shape"),
		unit.Plural(len(f.Policies), "policy"))
	if f.Kernel != "" {
		text += fmt.Sprintf(", on an engine that does as Linux %s", f.Kernel)
	}
	if f.Bound != nil {
		text += fmt.Sprintf(", those with %s at most", unit.Plural(*f.Bound, "preemption"))
	}
	say("%s. Where that was not exhausted, what was not found is not proven to be absent.", text)
	if f.Small != nil {
		say("Of the shapes %s every schedule with one preemption at most is among them (%s).", strings.Join(f.Small.Shapes, ", "), unit.Count(f.Small.Schedules))
	}
	if !f.Whole {
		say("Not all shapes were searched, or not as policies are declared for: what some policy declares may not show.")
	}
	list = append(list, f.Model.notes()...)
	list = append(list, f.aside()...)
	for _, w := range f.WhatIfs {
		say("What if %s? (%s.) Violated: %s; held against no policy.", w.About, w.Why, w.Violated)
	}
	for i := range f.Verdicts {
		if v := &f.Verdicts[i]; v.Status == "unexpected" || v.Status == "missing" {
			say("Not as declared: %s of %s is %s.", v.Property, v.Policy, v.Status)
		}
	}
	return list
}

// aside says what was found of properties that show none of the hazards, such as that memory is unplugged under a pin.
func (f *verifyFile) aside() (list []string) {
	var order []string
	about, by, least := map[string]string{}, map[string][]string{}, map[string]int{}
	for i := range f.Verdicts {
		v := &f.Verdicts[i]
		if len(v.Looked)+len(v.Shown) > 0 {
			continue
		}
		if _, seen := about[v.Property]; !seen {
			order, about[v.Property], least[v.Property] = append(order, v.Property), v.About, v.Schedules
		}
		least[v.Property] = min(least[v.Property], v.Schedules)
		if v.Violated {
			by[v.Property] = append(by[v.Property], v.Policy)
		}
	}
	for _, p := range order {
		switch n := len(by[p]); {
		case n == 0:
			list = append(list, fmt.Sprintf("That %s (%s) was found under no policy, in %s each or more.", about[p], p, unit.Plural(least[p], "schedule")))
		case n == len(f.Policies) && n > 1:
			list = append(list, fmt.Sprintf("That %s (%s) was found under every policy: it is in no column.", about[p], p))
		default:
			list = append(list, fmt.Sprintf("That %s (%s) was found under %s: it is in no column.", about[p], p, strings.Join(by[p], ", ")))
		}
	}
	return list
}

// notes says how far the model was explored; nothing if it was not.
func (m *modelFile) notes() (list []string) {
	if m == nil {
		return nil
	}
	text := fmt.Sprintf("The abstract model has %s, up to %s deep", unit.Plural(m.States, "state"), unit.Plural(m.Depth, "step"))
	if m.Exhausted {
		text += ", and all of them were looked at (exhausted)"
	} else {
		text = fmt.Sprintf("Of the abstract model %s were looked at, not exhausted", unit.Plural(m.States, "state"))
	}
	if m.Agree > 0 {
		text += fmt.Sprintf("; it and the schedules agree on %s", unit.Plural(m.Agree, "verdict"))
	}
	if m.Undecided > 0 {
		text += fmt.Sprintf("; on %s one of them has not seen enough to say", unit.Plural(m.Undecided, "verdict"))
	}
	list = append(list, text+".")
	for _, d := range m.Disagree {
		list = append(list, "The model and the schedules differ: "+d+".")
	}
	return list
}
