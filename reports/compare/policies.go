package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// DefaultReference is the policy that others are held against if neither the caller nor the run names one.
const DefaultReference = "dax-only"

// ErrNoReference means that no group of the run has the policy that was asked for as the reference.
var ErrNoReference = errors.New("the run does not have the reference policy")

// Policies compares the policies of a run with each other. An empty reference means the one that the run planned with.
// It returns ErrNoReference if the caller named a policy that no group has; a run without its own reference only gets
// warnings, because its other numbers stand.
func Policies(run *folder.Run, reference string) (*Table, error) {
	asked := reference != ""
	if !asked {
		reference = run.Manifest.Plan.Reference
	}
	if reference == "" {
		reference = DefaultReference
	}
	t := &Table{Run: facts(run), Warnings: slices.Clone(run.Warnings)}
	has := len(run.Cells) == 0
	planned, doubts := planned(run), warningsOf(run)
	for _, cells := range groups(run) {
		g := newGroup(run, planned[cells[0].Group()], doubts, cells, reference)
		has = has || g.Reference != ""
		t.Groups = append(t.Groups, g)
	}
	if asked && !has {
		return nil, fmt.Errorf("%w: %q", ErrNoReference, reference)
	}
	t.firm()
	t.ownWarnings(run)
	return t, nil
}

// facts picks from run.json what the head of a report says.
func facts(run *folder.Run) Facts {
	m := &run.Manifest
	f := Facts{
		Tool: m.Tool, Commit: m.Commit, Status: m.Status, Seed: m.Seed, Rounds: m.Plan.Rounds, Elapsed: m.Elapsed(),
		CPU: m.Fact("cpu"), OS: m.Fact("os"), Kernel: m.Fact("kernel"), Go: m.Fact("go"), Cores: m.Fact("cores"),
	}
	for _, c := range run.Cells {
		f.Done = max(f.Done, len(c.Rounds))
	}
	for _, c := range run.Config {
		if c.Key == "cpu" && f.CPU == "" {
			f.CPU = c.Value
		}
	}
	return f
}

// groups sorts the cells into groups: first those of the plan in its order, then others in the order of the files. In a
// group the policies stand in the order of the plan.
func groups(run *folder.Run) [][]*folder.Cell {
	var names []string
	byName := make(map[string][]*folder.Cell)
	rank := make(map[string]int) // of a policy within its group
	for _, p := range run.Manifest.Plan.Groups {
		name := folder.Key{Workload: p.Workload, Params: p.Params}.Group()
		names = append(names, name)
		for i, policy := range p.Policies {
			rank[name+"\x00"+policy] = i - len(p.Policies)
		}
	}
	listed := make(map[string]bool, len(names))
	for _, name := range names {
		listed[name] = true
	}
	for _, c := range run.Cells {
		name := c.Group()
		if !listed[name] {
			listed[name] = true
			names = append(names, name)
		}
		byName[name] = append(byName[name], c)
	}
	var out [][]*folder.Cell
	for _, name := range names {
		cells := byName[name]
		delete(byName, name) // a plan may list a group twice
		if len(cells) == 0 {
			continue
		}
		slices.SortStableFunc(cells, func(a, b *folder.Cell) int {
			return rank[name+"\x00"+a.Policy] - rank[name+"\x00"+b.Policy]
		})
		out = append(out, cells)
	}
	return out
}

// planned are the groups of the plan by their names. Of a group that stands twice the first one counts.
func planned(run *folder.Run) map[string]*folder.PlanGroup {
	out := make(map[string]*folder.PlanGroup)
	for i := range run.Manifest.Plan.Groups {
		p := &run.Manifest.Plan.Groups[i]
		name := folder.Key{Workload: p.Workload, Params: p.Params}.Group()
		if out[name] == nil {
			out[name] = p
		}
	}
	return out
}

// newGroup compares the cells of one group. plan is nil if the run did not plan it.
func newGroup(run *folder.Run, plan *folder.PlanGroup, doubts cellWarnings, cells []*folder.Cell, reference string) Group {
	g := Group{Workload: cells[0].Workload, Params: cells[0].Params, Unit: primary(plan, cells)}
	if plan != nil {
		g.Timing = plan.Timing
	}
	g.Hold = hold(run, &g)
	g.Better = run.Better(g.Unit)
	if g.Better == 0 {
		g.Better = -1
		if strings.HasSuffix(g.Unit, "/s") {
			g.Better = 1
		}
	}
	var ref *folder.Cell
	for _, c := range cells {
		if c.Policy == reference {
			ref, g.Reference = c, reference
		}
	}
	for _, c := range cells {
		g.Rows = append(g.Rows, newRow(doubts, &g, c, ref))
	}
	return g
}

// primary is the unit that decides in a group: the planned one, or ns/evict if every cell has it, or ns/op.
func primary(plan *folder.PlanGroup, cells []*folder.Cell) string {
	if plan != nil && plan.Primary != "" {
		return plan.Primary
	}
	for _, c := range cells {
		if rounds, _ := c.Series("ns/evict"); len(rounds) == 0 {
			return "ns/op"
		}
	}
	return "ns/evict"
}

// newRow compares one cell with the reference, which is nil if the group has none.
func newRow(doubts cellWarnings, g *Group, c, ref *folder.Cell) Row {
	row := Row{
		Policy: c.Policy, Ops: c.Ops(), Rounds: len(c.Rounds), Safety: safety(c),
		P50: middle(c, unitP50), P90: middle(c, unitP90), P99: middle(c, unitP99), P999: middle(c, unitP999), Max: middle(c, unitMax),
		OpsRate: middle(c, unitOps), Evicts: middle(c, unitEvicts),
		Blocked: waited(c, unitBlocked), Recalls: waited(c, unitRecalls), Freeing: waited(c, unitFreeing),
		LeastLat: leastLatencies(c), ForPins: longWaits(c, "pin"), ForLease: longWaits(c, "lease"), Stalls: stalls(c),
	}
	rounds, values := c.Series(g.Unit)
	if len(values) > 0 {
		row.Bounds = [2]float64{slices.Min(values), slices.Max(values)}
		row.Cost = row.estimate(stats.Median(values))
	}
	switch {
	case c == ref:
		row.Verdict = Verdict{Judgement: Reference}
	case ref != nil:
		row.Ratio = row.estimate(pairedRatio(c, ref, g.Unit))
		row.Tail = row.estimate(pairedRatio(c, ref, unitP999))
		row.Verdict = judge(row.Ratio, g.Better)
		row.chance = chance(folder.Pairs(c, ref, g.Unit))
	}
	row.warn(doubts, g, c, rounds)
	return row
}

// pairedRatio is the ratio of a unit in two cells, paired by round; nothing if they share no round.
func pairedRatio(a, b *folder.Cell, unit string) (stats.Estimate, error) {
	as, bs := folder.Pairs(a, b, unit)
	if len(as) == 0 {
		return stats.Estimate{}, nil
	}
	return stats.PairedRatio(as, bs)
}

// estimate keeps an estimate, or the reason why there is none.
func (r *Row) estimate(e stats.Estimate, err error) stats.Estimate {
	if err != nil {
		r.Warnings = append(r.Warnings, err.Error())
	}
	return e
}

// middle is the median of a unit over all measured rounds; 0 if one of them lacks it. Rounds with few latencies have no
// high quantile, and those that have one are the fast ones: their median would be of other rounds than that of the policy
// below it.
func middle(c *folder.Cell, unit string) float64 {
	_, values := c.Series(unit)
	if len(values) < c.Measured() {
		return 0
	}
	return median(values)
}

// hold is how long the device keeps a pin in a group: as its parameters have it, or as the workload has it by default.
func hold(run *folder.Run, g *Group) string {
	const key = "hold"
	if value := g.param(key); value != "" {
		return value
	}
	for _, storm := range run.Manifest.Plan.Words.Storms {
		if storm.Name != g.Workload {
			continue
		}
		for _, knob := range storm.Params {
			if knob.Name == key {
				return knob.Default
			}
		}
	}
	return ""
}

// leastLatencies is how many latencies stand behind the quantiles of the round that recorded the fewest. Where a round
// does not say how many it recorded, its operations stand in for them.
func leastLatencies(c *folder.Cell) uint64 {
	var each []uint64
	for _, r := range c.Rounds {
		if r.Ops == 0 {
			continue // it has no line, and so no quantile
		}
		n := r.Ops
		if recorded, ok := r.Counters[countLatencies]; ok {
			n = uint64(max(recorded, 0))
		}
		each = append(each, n)
	}
	if len(each) == 0 {
		return 0
	}
	return slices.Min(each)
}

// waited is the median over all measured rounds of a time per operation that was spent waiting. Here a missing value is
// a zero: results hold no zeros, and a round in which nothing had to wait is a finding.
func waited(c *folder.Cell, unit string) float64 {
	var values []float64
	for _, r := range c.Rounds {
		if r.Values.Any() {
			v, _ := r.Values.Get(unit)
			values = append(values, v)
		}
	}
	return median(values)
}

// median is the median of finite values, 0 if there are none. Package folder lets no others in.
func median(values []float64) float64 {
	e, err := stats.Median(values)
	if err != nil {
		return 0
	}
	return e.Value
}
