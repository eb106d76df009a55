package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"daxbench/engine/layout"
	"daxbench/engine/verify"
	"daxbench/reports/unit"
)

// verifyPage is what verify prints.
type verifyPage struct {
	*page
	plan    *verify.Plan
	verbose bool
}

// The marks of a verdict in the matrix, and what they stand for.
const (
	markViolated   = "X"
	markUnexpected = "X!"
	markMissing    = "?!"
	markUndecided  = "?"
	markNoneFound  = "·"
	markExhausted  = "o"
	markElsewhere  = "-"
)

func mark(v *verify.Verdict, whole bool) string {
	switch v.Status(whole) {
	case verify.Unexpected:
		return markUnexpected
	case verify.Missing:
		return markMissing
	case verify.Undecided:
		return markUndecided
	}
	switch {
	case v.Violated:
		return markViolated
	case v.Schedules == 0:
		return ""
	case v.Expected:
		return markElsewhere
	case v.Exhausted:
		return markExhausted
	}
	return markNoneFound
}

// result writes the matrix, what it means, and the violations that were told.
func (p verifyPage) result(res *verify.Result) {
	p.matrix(columns(res), func(policy string, x layout.Property) string {
		if v := res.Find(policy, x); v != nil {
			return mark(v, res.Whole)
		}
		return ""
	})
	p.line("")
	exhausted := "exhausted"
	if p.plan.DFS != nil {
		exhausted += " with at most " + counted(*p.plan.DFS, "preemption")
	}
	p.item(0, 0, "", fmt.Sprintf("%s violated, as the policy declares · %s none found, not exhausted · %s none, %s", markViolated, markNoneFound, markExhausted, exhausted))
	p.item(0, 0, "", fmt.Sprintf("%s violated, not declared · %s declared, did not show up · %s too few schedules", markUnexpected, markMissing, markUndecided))
	if !res.Whole {
		p.item(0, 0, "", markElsewhere+" declared, and not found with these shapes or this kernel")
	}
	if p.verbose {
		p.meanings()
	}
	p.whatIfs(res)
	for i := range res.Verdicts {
		if v := &res.Verdicts[i]; v.Violated && v.Violation.Story != nil {
			p.line("")
			p.violation(v.Policy, v.Shape, v.Violation)
		}
	}
	if p.verbose || len(p.plan.Policies) == 1 {
		p.others(res)
	}
	for _, u := range res.Undeclared {
		p.line("")
		p.item(0, 0, "", fmt.Sprintf("%s breaks %s in shape %s, and does not declare it: %s", u.Policy, u.Invariants, u.Shape, u.Violation.Text))
		p.line("  replay: " + p.replayOf(u.Policy, u.Shape, u.Violation))
	}
	for _, rep := range res.Broken() {
		p.line("")
		p.item(0, 0, "", fmt.Sprintf("%s, shape %s: the engine broke: %s", rep.Policy, rep.Shape, rep.Broken.Text))
		p.line("  replay: " + p.replayOf(rep.Policy, rep.Shape, rep.Broken))
	}
	p.line("")
	p.speed(res)
	if len(p.plan.Policies) > 1 && !p.verbose {
		p.line("daxbench verify -policy NAME tells how each violation comes about.")
	}
}

// columns are the properties that some verdict is about.
func columns(res *verify.Result) (list []layout.Property) {
	for _, x := range layout.Properties {
		if slices.ContainsFunc(res.Verdicts, func(v verify.Verdict) bool { return v.Property == x }) {
			list = append(list, x)
		}
	}
	return list
}

// matrix writes policies by properties.
func (p verifyPage) matrix(cols []layout.Property, cell func(policy string, x layout.Property) string) {
	room := 0
	for _, policy := range p.plan.Policies {
		room = max(room, len(policy.Name()))
	}
	width := max(4, min(5, (80-room)/max(1, len(cols))))
	row := func(name string, cell func(layout.Property) string) {
		line := fmt.Sprintf("%-*s", room, name)
		for _, x := range cols {
			text := cell(x)
			line += strings.Repeat(" ", max(1, width-utf8.RuneCountInString(text))) + text
		}
		p.line(strings.TrimRight(line, " "))
	}
	row("", func(x layout.Property) string { return string(x) })
	for _, policy := range p.plan.Policies {
		row(policy.Name(), func(x layout.Property) string { return cell(policy.Name(), x) })
	}
}

// meanings says what each property is, and what each shape.
func (p verifyPage) meanings() {
	p.line("")
	for _, x := range layout.Properties {
		p.item(2, 3, string(x), x.Meaning())
	}
	p.line("")
	room := 0
	for _, shape := range p.plan.Shapes {
		room = max(room, len(shape.Name))
	}
	for _, shape := range p.plan.Shapes {
		p.item(2, room, shape.Name, shape.About)
	}
}

// whatIfs says what shapes show that are not held against a policy.
func (p verifyPage) whatIfs(res *verify.Result) {
	for _, shape := range p.plan.Shapes {
		if shape.WhatIf == "" {
			continue
		}
		list := p.violatedIn(res, shape)
		if len(list) > 0 {
			p.line("")
			p.item(0, 0, "", fmt.Sprintf("What if %s? (%s.) Violated: %s.", shape.About, shape.WhatIf, strings.Join(list, "; ")))
		}
	}
}

// violatedIn says which properties are violated in a shape, and by whom.
func (p verifyPage) violatedIn(res *verify.Result, shape *verify.Shape) (list []string) {
	for _, x := range layout.Properties {
		if by := violators(res, shape.Name, x); len(by) == len(p.plan.Policies) && len(by) > 1 {
			list = append(list, fmt.Sprintf("%s by every policy", x))
		} else if len(by) > 0 {
			list = append(list, fmt.Sprintf("%s by %s", x, strings.Join(by, ", ")))
		}
	}
	return list
}

// violators are the policies that violate x in a shape.
func violators(res *verify.Result, shape string, x layout.Property) (list []string) {
	for _, rep := range res.Reports {
		if rep.Shape == shape && slices.ContainsFunc(rep.Violations, func(v verify.Violation) bool { return v.Property == x }) {
			list = append(list, rep.Policy)
		}
	}
	return list
}

// violation tells one violation step by step.
func (p verifyPage) violation(policy, shape string, v *verify.Violation) {
	p.item(0, 0, "", fmt.Sprintf("%s violates %s in shape %s: %s", policy, v.Property, shape, v.Text))
	room := 0
	for _, l := range v.Story {
		room = max(room, len(l.Who))
	}
	for _, l := range v.Story {
		here := "  "
		if l.Here {
			here = "* "
		}
		p.item(2, room+2, here+l.Who, l.What)
	}
	p.line("  replay: " + p.replayOf(policy, shape, v))
}

// others writes what was found that is no property, the first of each kind for each policy.
func (p verifyPage) others(res *verify.Result) {
	for _, o := range firstOthers(res) {
		if slices.ContainsFunc(res.Undeclared, func(u verify.Undeclared) bool {
			return u.Policy == o.rep.Policy && u.Invariants == o.v.Invariants
		}) {
			continue
		}
		p.line("")
		p.item(0, 0, "", fmt.Sprintf("%s also breaks %s in shape %s: %s", o.rep.Policy, o.v.Invariants, o.rep.Shape, o.v.Text))
		p.line("  replay: " + p.replayOf(o.rep.Policy, o.rep.Shape, o.v))
	}
}

// An other is something that a search found and that is no property.
type other struct {
	rep *verify.Report
	v   *verify.Violation
}

// firstOthers are the first of each kind for each policy.
func firstOthers(res *verify.Result) (list []other) {
	seen := make(map[[2]string]bool)
	for i := range res.Reports {
		rep := &res.Reports[i]
		for k := range rep.Other {
			v := &rep.Other[k]
			if key := [2]string{rep.Policy, v.Invariants}; !rep.WhatIf && !seen[key] {
				seen[key] = true
				list = append(list, other{rep, v})
			}
		}
	}
	return list
}

// replayOf is the command that plays a schedule again.
func (p verifyPage) replayOf(policy, shape string, v *verify.Violation) string {
	c := fmt.Sprintf("daxbench verify -policy %s -shape %s -seed %d", policy, shape, v.Seed)
	if p.plan.Kernel != "" {
		c += " -kernel " + p.plan.Kernel
	}
	if v.DFS != nil {
		c += fmt.Sprintf(" -dfs %d", *v.DFS)
	}
	return c
}

// replayed writes what one schedule shows.
func (p verifyPage) replayed(rep *verify.Report) {
	for i := range rep.Violations {
		p.violation(rep.Policy, rep.Shape, &rep.Violations[i])
		p.line("")
	}
	for _, v := range rep.Other {
		p.item(0, 0, "", fmt.Sprintf("%s breaks %s: %s", rep.Policy, v.Invariants, v.Text))
	}
	switch {
	case rep.Broken != nil:
		p.item(0, 0, "", "the engine broke: "+rep.Broken.Text)
	case len(rep.Violations)+len(rep.Other) == 0:
		p.item(0, 0, "", fmt.Sprintf("%s violates nothing in this schedule of shape %s, which takes %d steps", rep.Policy, rep.Shape, rep.Steps))
	}
}

// speed says what was done.
func (p verifyPage) speed(res *verify.Result) {
	n, steps, cpu := res.Speed()
	if n == 0 {
		p.line("No schedule was played.")
		return
	}
	p.item(0, 0, "", fmt.Sprintf("%s of %d steps on average, in %s of processor time: %s a second and core.",
		counted(n, "schedule"), steps/int64(n), seconds(cpu), unit.Count(int64(float64(n)/max(float64(cpu), 1)*1e9))))
	if small, n := res.Small(); len(small) > 0 && p.plan.DFS == nil {
		p.item(0, 0, "", fmt.Sprintf("Of %s every schedule with one preemption at most is among them (%s).", strings.Join(small, ", "), unit.Count(n)))
	}
}

// counted is a number with a thing behind it.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return unit.Count(n) + " " + thing + "s"
}

// seconds is processor time for people.
func seconds(nanos int64) string {
	return time.Duration(nanos).Round(10 * time.Millisecond).String()
}
