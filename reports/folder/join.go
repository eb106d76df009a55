package folder

import (
	"cmp"
	"fmt"
	"slices"
)

// join brings the lines of results.txt and the records of run.json together. Line k of a name is round k, unless run.json
// knows of rounds of that cell that left no line; then lines and records are matched by their operation counts.
func (run *Run) join(lines []line) {
	j := joiner{run: run, cells: make(map[string]*joint)}
	for i := range run.Manifest.Cells {
		rec := &run.Manifest.Cells[i]
		key := rec.Key()
		jt := j.cell(key.name(), key, rec.Name)
		jt.records = append(jt.records, rec)
	}
	j.plan(run.Manifest.Plan.Groups)
	for _, l := range lines {
		jt := j.find(l.name)
		if len(jt.lines) == 0 {
			run.Cells = append(run.Cells, jt.cell)
		}
		jt.lines = append(jt.lines, l)
	}
	lost, first := 0, ""
	for _, jt := range j.order {
		if len(jt.lines) == 0 && len(jt.records) > 0 {
			run.Cells = append(run.Cells, jt.cell)
		}
		run.Warnings = append(run.Warnings, jt.rounds()...)
		if n := jt.lost(); len(n) > 0 {
			if lost == 0 {
				first = fmt.Sprintf("%s: %s has no line for round %d", jt.cell.Name, ResultsName, n[0])
			}
			lost += len(n)
		}
	}
	switch {
	case lost == 1:
		run.Damage = append(run.Damage, first)
	case lost > 1:
		run.Damage = append(run.Damage, fmt.Sprintf("%s; %d lines are lost in all", first, lost))
	}
}

// joiner holds the cells that are known so far.
type joiner struct {
	run   *Run
	cells map[string]*joint // by name without GOMAXPROCS
	order []*joint
}

// joint is one cell while it is being put together.
type joint struct {
	cell    *Cell
	lines   []line
	records []*Record
}

// cell returns the joint called name, and makes it if there is none.
func (j *joiner) cell(name string, key Key, label string) *joint {
	if jt, ok := j.cells[name]; ok {
		return jt
	}
	if label == "" {
		label = name
	}
	jt := &joint{cell: &Cell{Key: key, Name: label}}
	j.cells[name] = jt
	j.order = append(j.order, jt)
	return jt
}

// plan adds the planned cells, so that their names are recognized in the lines even if no record holds them yet.
func (j *joiner) plan(groups []PlanGroup) {
	for _, g := range groups {
		for _, policy := range g.Policies {
			key := Key{Workload: g.Workload, Params: g.Params, Policy: policy}
			j.cell(key.name(), key, "")
		}
	}
}

// find returns the joint for a name in results.txt. A name that run.json knows as it stands wins over the same name with
// its last number read as GOMAXPROCS, so that a policy may be called "bounded-100".
func (j *joiner) find(name string) *joint {
	if jt, ok := j.cells[name]; ok {
		return jt
	}
	bare := bareName(name)
	if jt, ok := j.cells[bare]; ok {
		return jt
	}
	return j.cell(bare, parseName(name), bare)
}

// rounds fills in the rounds of the cell and returns what is doubtful about them.
func (jt *joint) rounds() (warnings []string) {
	slices.SortFunc(jt.records, func(a, b *Record) int { return cmp.Compare(a.Round, b.Round) })
	matched, ok := jt.match()
	if !ok {
		warnings = append(warnings, fmt.Sprintf(
			"%s: the %d lines of %s do not fit the %d rounds of %s; line k is taken for round k",
			jt.cell.Name, len(jt.lines), ResultsName, len(jt.records), ManifestName))
	}
	byNumber := make(map[int]*Round)
	at := func(n int) *Round {
		if byNumber[n] == nil {
			byNumber[n] = &Round{Number: n}
		}
		return byNumber[n]
	}
	for _, rec := range jt.records {
		r := at(rec.Round)
		r.Outcome, r.Counters, r.Notes, r.Record = rec.Outcome, rec.Counters, rec.Notes, rec
	}
	for i, l := range jt.lines {
		r := at(matched[i])
		r.Ops, r.Values = l.ops, l.values
	}
	for _, r := range byNumber {
		jt.cell.Rounds = append(jt.cell.Rounds, *r)
	}
	slices.SortFunc(jt.cell.Rounds, func(a, b Round) int { return cmp.Compare(a.Number, b.Number) })
	return warnings
}

// lost are the rounds that came to their end with figures, and of which the line is gone. Who writes a run writes the lines
// first.
func (jt *joint) lost() (rounds []int) {
	for _, r := range jt.cell.Rounds {
		if !r.Values.Any() && r.Record != nil && !r.Record.stopped() && r.Record.Ops > 0 && len(r.Record.Metrics) > 0 {
			rounds = append(rounds, r.Number)
		}
	}
	return rounds
}

// match returns the round of each line. ok is false if lines and records cannot be brought together.
//
// Records are written after lines, so a run that was killed may have more lines than records. A cell that hung or failed
// may have a record but no line.
func (jt *joint) match() (rounds []int, ok bool) {
	rounds = make([]int, len(jt.lines))
	for i := range rounds {
		rounds[i] = i + 1
	}
	records := jt.records
	if len(records) == 0 {
		return rounds, true
	}
	if len(jt.lines) < len(records) {
		if done := slices.DeleteFunc(slices.Clone(records), (*Record).stopped); len(done) >= len(jt.lines) {
			records = done
		}
	}
	byOps := make([]int, 0, len(jt.lines))
	k := 0
	for _, l := range jt.lines {
		for k < len(records) && records[k].Ops != l.ops {
			k++
		}
		if k < len(records) {
			byOps = append(byOps, records[k].Round)
			k++
			continue
		}
		if len(byOps) < len(records) {
			return rounds, false // a line that fits no record
		}
		byOps = append(byOps, byOps[len(byOps)-1]+1) // lines beyond the last record
	}
	return byOps, true
}
