package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"daxbench/engine/layout"
)

// A Plan says which searches are to be made.
type Plan struct {
	Policies []layout.Policy
	Shapes   []*Shape
	Kernel   string // preset; "" is each shape's own

	Seed      uint64 // of the first schedule of each search
	Schedules int    // of one shape under one policy
	DFS       *int   // by depth-first search, with at most so many switches away from a task that could go on
}

// DefaultSchedules is how many schedules of one shape are played under one policy
// unless somebody says otherwise: so many that all of them take less than a minute
// on two processors. Reliability takes more of them; see -schedules.
const DefaultSchedules = 5000

// Of small shapes every schedule with at most one preemption is played besides,
// some hundreds or thousands.
var onePreemption = 1

// longEnough is the part of its schedules after which a search in which all that
// was expected has shown up may end.
const longEnough = 5

// longer is how many times as many schedules are played of what was expected and
// has not shown up.
const longer = 10

// jobs returns one search for each shape and policy.
func (p *Plan) jobs() (jobs []Job) {
	for _, policy := range p.Policies {
		for _, shape := range p.Shapes {
			j := p.job(policy, shape)
			j.Schedules = p.Schedules
			if j.Want = expected(policy, shape.Shows); len(j.Want) > 0 || shape.WhatIf != "" {
				j.Enough = max(Decisive, p.Schedules/longEnough)
			} else {
				j.Enough = p.Schedules
			}
			jobs = append(jobs, j)
			if shape.small && p.DFS == nil && p.Schedules >= Decisive {
				j.DFS, j.Seed, j.Schedules, j.Want = &onePreemption, 0, 10*p.Schedules, nil
				jobs = append(jobs, j)
			}
		}
	}
	return jobs
}

func (p *Plan) job(policy layout.Policy, shape *Shape) Job {
	return Job{Policy: policy.Name(), Shape: shape.Name, Kernel: p.Kernel, Seed: p.Seed, DFS: p.DFS}
}

// Run makes the searches on the workers of pool. progress is called after each.
func (p *Plan) Run(ctx context.Context, pool *Pool, progress func(done, all int, schedules int)) (*Result, error) {
	jobs := p.jobs()
	reports, err := p.do(ctx, pool, jobs, progress)
	if err != nil {
		return nil, err
	}
	res := p.result(reports)
	if more, at := p.missing(res, jobs); len(more) > 0 {
		again, err := p.do(ctx, pool, more, progress)
		if err != nil {
			return nil, err
		}
		for i, rep := range again {
			reports[at[i]].join(rep)
		}
		res = p.result(reports)
	}
	return res, nil
}

// missing returns searches for what was expected and did not show up, each with
// the index of the one that it goes on with.
func (p *Plan) missing(res *Result, jobs []Job) (more []Job, at []int) {
	if p.Schedules < Decisive || !res.Whole {
		return nil, nil
	}
	for i, j := range jobs {
		if res.Reports[i].WhatIf || j.DFS != nil {
			continue
		}
		j.Want = slices.DeleteFunc(slices.Clone(j.Want), func(x layout.Property) bool { return res.Find(j.Policy, x).Violated })
		if len(j.Want) > 0 && res.Reports[i].Broken == nil {
			j.Seed += uint64(res.Reports[i].Schedules)
			j.Schedules *= longer
			j.Enough = 0
			more, at = append(more, j), append(at, i)
		}
	}
	return more, at
}

// join adds what a search found that went on where rep ended.
func (rep *Report) join(next Report) {
	for _, v := range next.Violations {
		if !rep.hasAll([]layout.Property{v.Property}) {
			v.Nth += rep.Schedules
			rep.Violations = append(rep.Violations, v)
		}
	}
	rep.Schedules += next.Schedules
	rep.Steps += next.Steps
	rep.CPU += next.CPU
	rep.Broken = next.Broken
}

// Tell fills in the stories of those verdicts that choose wants told. The error is
// of the first that could not be told; the others are.
func (p *Plan) Tell(ctx context.Context, pool *Pool, res *Result, choose func(*Verdict) bool) error {
	var jobs []Job
	var told []*Verdict
	for i := range res.Verdicts {
		v := &res.Verdicts[i]
		if !v.Violated || v.Violation.Cause != "" || !choose(v) {
			continue
		}
		jobs = append(jobs, Job{Policy: v.Policy, Shape: v.Shape, Kernel: p.Kernel, Seed: v.Violation.Seed,
			DFS: v.Violation.DFS, Tell: v.Property})
		told = append(told, v)
	}
	reports, err := p.do(ctx, pool, jobs, nil)
	if err != nil {
		return err
	}
	for i, v := range told {
		if broken := reports[i].Broken; broken != nil {
			err = first(err, fmt.Errorf("policy %s, shape %s, seed %d: the engine broke: %s", v.Policy, v.Shape, v.Violation.Seed, broken.Text))
			continue
		}
		if len(reports[i].Violations) != 1 {
			err = first(err, fmt.Errorf("policy %s, shape %s, seed %d: %w", v.Policy, v.Shape, v.Violation.Seed, ErrNotDeterministic))
			continue
		}
		w := *v.Violation
		w.Story, w.Switches = reports[i].Violations[0].Story, reports[i].Violations[0].Switches
		w.Text = reports[i].Violations[0].Text
		v.Violation = &w
	}
	return err
}

// do has the pool do jobs and returns their reports in the same order.
func (p *Plan) do(ctx context.Context, pool *Pool, jobs []Job, progress func(done, all, schedules int)) ([]Report, error) {
	reports := make([]Report, len(jobs))
	done, schedules := 0, 0
	err := pool.Do(ctx, jobs, func(i int, rep Report) error {
		reports[i] = rep
		done++
		schedules += rep.Schedules
		if progress != nil {
			progress(done, len(jobs), schedules)
		}
		if rep.Err != "" {
			return errors.New(rep.Err)
		}
		return nil
	})
	return reports, err
}
