package model

import "runtime"

// Matrix explores every policy in every set, and returns the results in that
// order.
func Matrix(policies []Policy, sets []Set, o Options) ([]Result, error) {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	type done struct {
		job int
		r   Result
		err error
	}
	n := len(policies) * len(sets)
	jobs, results := make(chan int), make(chan done)
	for range min(workers, n) {
		go func() {
			var e explorer
			for j := range jobs {
				r, err := e.explore(policies[j/len(sets)], sets[j%len(sets)], o)
				results <- done{j, r, err}
			}
		}()
	}
	go func() {
		for j := range n {
			jobs <- j
		}
		close(jobs)
	}()
	all := make([]Result, n)
	var failed error
	for range n {
		d := <-results
		all[d.job] = d.r
		if d.err != nil && failed == nil {
			failed = d.err
		}
	}
	return all, failed
}

// A Row is what can be said about a policy after several sets.
type Row struct {
	Policy      string
	States      int
	Transitions int
	Exhausted   bool                 // every set was
	Found       map[Property]*Result // where the trace is shortest
}

// Verdict is as that of a Result, over all sets.
func (r *Row) Verdict(p Property) string {
	switch {
	case r.Found[p] != nil:
		return violated
	case r.Exhausted:
		return none
	}
	return notExhausted
}

// Rows joins results by policy. What is found in a set that only asks what
// would be if is not held against a policy.
func Rows(results []Result) (rows []Row) {
	for i := range results {
		res := &results[i]
		if res.WhatIf != "" {
			continue
		}
		if len(rows) == 0 || rows[len(rows)-1].Policy != res.Policy {
			rows = append(rows, Row{Policy: res.Policy, Exhausted: true, Found: map[Property]*Result{}})
		}
		r := &rows[len(rows)-1]
		r.States += res.States
		r.Transitions += res.Transitions
		r.Exhausted = r.Exhausted && res.Exhausted
		for p, trace := range res.Found {
			if old := r.Found[p]; old == nil || len(trace) < len(old.Found[p]) {
				r.Found[p] = res
			}
		}
	}
	return rows
}
