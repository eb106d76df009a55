// Package verify says whether a policy is safe, not only how fast. It runs
// shapes, small sets of tasks, on the engine that is measured, under the
// controlled scheduler of package sched, and lets package oracle judge every step
// and every end.
//
// A Shape is the choice of actors: who closes, who reclaims, who completes I/O. A
// schedule of it is one run, given by a seed: the seed decides between random
// walk and PCT and makes their choices, so that policy, shape and seed are all it
// takes to see the run again. A search plays many schedules of one shape under
// one policy; a verdict is what all searches of a policy say of one property:
//
//	violated         a schedule shows it; it can be replayed
//	none found       so many schedules did not: not exhausted, hence never "safe"
//	none (exhausted) no schedule within a bound on preemptions does (-dfs)
//
// and it is held against what the policy declares (layout.Expect). A property that
// is violated and was not expected to be is a failure; so is one that was expected
// and does not show up, for then the checker has lost an eye; and so is an invariant
// besides (H, K) that is broken and not declared.
//
// Package sync has one place for a scheduler, so a process plays one schedule at a
// time. A Pool is several processes, each a Worker, which do the searches between
// them.
package verify
