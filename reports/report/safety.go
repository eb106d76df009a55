package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
)

// besides is what is known of the safety of a run's policies: a row for each, whether or not anybody looked at it, and the reasons
// why what was found need not hold of what was measured. m is not changed; nil stays nil.
func besides(run *folder.Run, m *safety.Matrix) *safety.Matrix {
	if m == nil {
		return nil
	}
	of := *m
	of.Rows, of.Doubts = slices.Clone(m.Rows), slices.Concat(m.Doubts, mismatches(&run.Manifest, m.Sources))
	for _, g := range run.Manifest.Plan.Groups {
		for _, policy := range g.Policies {
			i := slices.IndexFunc(of.Rows, func(r safety.Row) bool { return r.Policy == policy })
			if i < 0 {
				i = len(of.Rows)
				of.Rows = append(of.Rows, safety.Row{Policy: policy, Cells: make([]safety.Cell, len(m.Hazards))})
			}
			of.Rows[i].Measured = true
		}
	}
	return &of
}

// doubtsOf are the doubts about a matrix, if there is one.
func doubtsOf(m *safety.Matrix) []string {
	if m == nil {
		return nil
	}
	return m.Doubts
}

// sameDay is how far apart a run and a look at its safety may lie before that is a doubt, where neither says of which commit it is.
const sameDay = 24 * time.Hour

// unnamed is what a file does not say.
const unnamed = "unknown"

// mismatches holds where the files of litmus and verify come from against the run beside them.
func mismatches(m *folder.Manifest, sources []safety.Source) (list []string) {
	for _, s := range sources {
		say := func(what, theirs, ours string) {
			list = append(list, fmt.Sprintf("Safety: %s %s %s, the run %s; what it found need not hold of what was measured",
				s.Command, what, trim(theirs), trim(ours)))
		}
		switch age, known := apart(m.Started, s.Date); {
		case s.Commit != m.Commit:
			say("is of commit", cmp.Or(s.Commit, unnamed), "of commit "+cmp.Or(m.Commit, unnamed))
		case s.Tool != m.Tool:
			say("was played by", cmp.Or(s.Tool, unnamed), "was made by "+cmp.Or(m.Tool, unnamed))
		case s.Commit == "" && known && age > sameDay:
			say("was played on", date(s.Date), "began on "+date(m.Started)+", and neither says of which commit it is")
		}
		if ours := presets(m); len(ours) > 0 && !slices.Equal(ours, []string{s.Kernel}) {
			var words []string
			for _, k := range ours {
				words = append(words, rules(k))
			}
			say("kept to the rules of", rules(s.Kernel), "to those of "+unit.List(words))
		}
	}
	return list
}

// presets are the kernels like which the engine of a run was made: a parameter of its groups; "" for its own rules.
func presets(m *folder.Manifest) (list []string) {
	for _, p := range m.Plan.Taken {
		if p.Key == "kernel" {
			return []string{p.Value}
		}
	}
	for _, g := range m.Plan.Groups {
		kernel := ""
		for _, p := range g.Params {
			if p.Key == "kernel" {
				kernel = p.Value
			}
		}
		if !slices.Contains(list, kernel) {
			list = append(list, kernel)
		}
	}
	return list
}

func rules(kernel string) string {
	if kernel == "" {
		return "the engine itself"
	}
	return "Linux " + kernel
}

// apart is how far two times lie apart, if both can be read.
func apart(a, b string) (time.Duration, bool) {
	s, errS := time.Parse(time.RFC3339Nano, a)
	t, errT := time.Parse(time.RFC3339Nano, b)
	return s.Sub(t).Abs(), errS == nil && errT == nil
}

// date is the day of a time of RFC 3339.
func date(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2 January 2006")
}
