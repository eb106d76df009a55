package versus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/perf/benchproc"

	"daxbench/reports/folder"
	"daxbench/reports/stats"
)

// driftAlpha is what the p of a drift must be below. With a hundred cells one is called drifting by chance.
const driftAlpha = 0.01

// doubts are what makes a sample doubtful, as far as it shows in the values and their order.
func (s *sample) doubts(exact bool) (out []Warning) {
	if exact || s.source == "" || constant(s.values) {
		return nil // several benchmarks in one cell are two heaps by nature
	}
	values := thin(s.values)
	if rho, p := drift(values); p < driftAlpha {
		word := "rise"
		if rho < 0 {
			word = "fall"
		}
		out = append(out, Warning{Drift, fmt.Sprintf("values %s over time (rank correlation %.2f)", word, rho)})
	}
	if !coarse(values) && stats.Bimodal(values) {
		out = append(out, Warning{Bimodal, "values lie in two heaps: their median says little"})
	}
	return out
}

// constant says whether all values are the same.
func constant(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != values[0] })
}

// enough is how many values show whether there are two heaps or a drift: more would show less of either, at a cost that
// made compare slower than benchstat on cells of ten thousand values.
const enough = 1000

// thin leaves at most enough values, at even distances.
func thin(values []float64) []float64 {
	step := (len(values) + enough - 1) / enough
	if step < 2 {
		return values
	}
	out := make([]float64, 0, enough)
	for i := 0; i < len(values); i += step {
		out = append(out, values[i])
	}
	return out
}

// coarse says whether the values are so few different ones that heaps mean nothing, as counts are.
func coarse(values []float64) bool {
	distinct := make(map[float64]bool)
	for _, v := range values {
		if distinct[v] = true; 2*len(distinct) > len(values) {
			return false
		}
	}
	return true
}

// maxNamed is how many names a warning about several lists.
const maxNamed = 3

// processorKeys are the facts of run.json that say how much of a machine a run had.
var processorKeys = []string{"affinity", "cores", "gomaxprocs", "online_cpus", "quota_cpus"}

// sameProcessors refuses runs that had other processors, or another number of them, than the first. Elsewhere, as between
// two models or two kernels, a difference may be what is asked about, and is a warning.
func sameProcessors(files []*source, force bool) error {
	var first *source
	for _, s := range files {
		if s.run == nil {
			continue
		}
		if first == nil {
			first = s
		}
		for _, key := range processorKeys {
			was, is := first.environment[key], s.environment[key]
			if was == is || was == "" || is == "" || force {
				continue
			}
			return &InputError{s.Path, 0, fmt.Sprintf("%s is %s, and %s in %s: times do not compare; -force compares them",
				key, is, was, first.Path), nil}
		}
	}
	return nil
}

// warn adds what is doubtful about the comparison as a whole.
func (r *Report) warn(tables string) {
	r.warnMachines()
	r.warnSets()
	if r.Pairs == 0 {
		r.warnNothing(tables)
	}
	timed := slices.ContainsFunc(r.Tables, func(t Table) bool { return !t.Exact && t.measured() })
	if timed && len(r.Inputs) > 1 && r.Pairs > 0 {
		r.add(Unpaired, "The files were measured one after the other, not by turns: on a shared machine that alone makes "+
			"the same program differ in a third of such comparisons. daxbench gate measures by turns.")
	}
}

// measured says whether a table holds a time or a rate.
func (t *Table) measured() bool {
	return strings.Contains(t.Unit, "sec") || strings.HasSuffix(t.Unit, "/s")
}

func (r *Report) add(kind Kind, format string, args ...any) {
	r.Warnings = append(r.Warnings, Warning{kind, fmt.Sprintf(format, args...)})
}

// machineKeys are the configuration lines that say on what was measured.
var machineKeys = []string{"goos", "goarch", "cpu", "gomaxprocs", "gogc", "gomemlimit", "go", "kernel"}

// warnMachines says what differs between the machines and settings of the files.
func (r *Report) warnMachines() {
	facts := make([]map[string]string, len(r.Inputs))
	for i := range r.Inputs {
		facts[i] = r.Inputs[i].facts()
	}
	var differ, gc []string
	for _, key := range slices.Sorted(maps.Keys(union(facts))) {
		var values []string
		for _, f := range facts {
			if v, ok := f[key]; ok && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		switch {
		case len(values) < 2:
		case strings.Contains(key, "gc"):
			gc = append(gc, key+" ("+strings.Join(values, " / ")+")")
		default:
			differ = append(differ, key+" ("+strings.Join(values, " / ")+")")
		}
	}
	if len(differ) > 0 {
		r.add(Machine, "machines or settings differ: %s", strings.Join(differ, ", "))
	}
	if len(gc) > 0 {
		r.add(GC, "the garbage collector was set differently: %s", strings.Join(gc, ", "))
	}
}

func union(facts []map[string]string) map[string]bool {
	all := make(map[string]bool)
	for _, f := range facts {
		for key := range f {
			all[key] = true
		}
	}
	return all
}

// facts are what one needs to know of the machine, from run.json if there is one and from the configuration lines.
func (in *Input) facts() map[string]string {
	f := make(map[string]string)
	for _, p := range in.Config {
		if slices.Contains(machineKeys, p.Key) {
			f[p.Key] = p.Value
		}
	}
	maps.Copy(f, in.environment)
	return f
}

// environment are the facts of run.json, flat: the settings of the build and of the region too.
func environment(m *folder.Manifest) map[string]string {
	f := make(map[string]string)
	for key, v := range m.Environment {
		switch v := v.(type) {
		case string, bool, float64:
			f[key] = fmt.Sprint(v)
		case map[string]any:
			for sub, v := range v {
				switch v := v.(type) {
				case string, bool:
					f[key+"."+sub] = fmt.Sprint(v)
				}
			}
		}
	}
	f["goos"], f["goarch"] = m.Fact("os"), m.Fact("arch")
	for _, key := range []string{"os", "arch"} {
		delete(f, key)
	}
	maps.DeleteFunc(f, func(_, v string) bool { return v == "" })
	if f["quota_cpus"] == "" && f["online_cpus"] != "" { // a run that tells of its processors tells of a quota
		f["quota_cpus"] = "none"
	}
	return f
}

// NoKey is what a column is called whose benchmarks have none of the keys that make the columns.
const NoKey = "(none)"

// warnSets names the benchmarks that some column lacks. Units that a run leaves out where they are zero do not count.
func (r *Report) warnSets() {
	for i := range r.Tables {
		t := &r.Tables[i]
		if t.Role != Primary {
			continue
		}
		for col, name := range t.Columns {
			var missing []string
			for j := range t.Rows {
				if t.Rows[j].Cells[col].N == 0 {
					missing = append(missing, t.Rows[j].Name)
				}
			}
			if n := len(missing); n > 0 && n < len(t.Rows) {
				if n > maxNamed {
					missing = append(missing[:maxNamed], fmt.Sprintf("and %d more", n-maxNamed))
				}
				r.add(Set, "%s: not in %s: %s", t.Unit, cmp.Or(name, NoKey), strings.Join(missing, ", "))
			}
		}
	}
}

// warnNothing says why nothing could be compared.
func (r *Report) warnNothing(tables string) {
	if len(r.Inputs) < 2 {
		return
	}
	keys := make(map[string]map[string]bool)
	for i := range r.Tables {
		for _, p := range r.Tables[i].Config {
			if keys[p.Key] == nil {
				keys[p.Key] = make(map[string]bool)
			}
			keys[p.Key][p.Value] = true
		}
	}
	var differ []string
	for key, values := range keys {
		if len(values) > 1 {
			differ = append(differ, key)
		}
	}
	slices.Sort(differ)
	if len(differ) > 0 {
		r.add(Set, "the files share no table, because they differ in %s; -ignore %s compares them all the same",
			strings.Join(differ, ", "), strings.Join(differ, ","))
		return
	}
	if r.shareNames() {
		r.add(Set, "the names of the benchmarks differ in GOMAXPROCS only; -ignore /gomaxprocs compares them all the same")
		return
	}
	r.add(Set, "the files have no benchmark in common that has the same unit")
}

// shareNames says whether two columns have a benchmark in common but for GOMAXPROCS.
func (r *Report) shareNames() bool {
	for i := range r.Tables {
		column := make(map[string]int)
		for j := range r.Tables[i].Rows {
			row := &r.Tables[i].Rows[j]
			for k := range row.Cells {
				if row.Cells[k].N == 0 {
					continue
				}
				if other, ok := column[bare(row.Name)]; ok && other != k {
					return true
				}
				column[bare(row.Name)] = k
			}
		}
	}
	return false
}

// runWarnings puts what a run noted about its cells beside their primary figures.
func (b *builder) runWarnings(rep *Report) {
	about := make([]cellWarnings, len(b.sources))
	for i, s := range b.sources {
		about[i] = s.aboutCells()
	}
	for i := range rep.Tables {
		if rep.Tables[i].Role != Primary {
			continue
		}
		for row, samples := range b.built[i].samples {
			for col, s := range samples {
				if s == nil || s.source == "" || s.input < 0 {
					continue
				}
				cell := &rep.Tables[i].Rows[row].Cells[col]
				cell.Warnings = append(cell.Warnings, about[s.input].of(s.source)...)
			}
		}
	}
}

// cellWarnings are warnings by the name of a cell, without GOMAXPROCS.
type cellWarnings map[string][]Warning

// of are those of a benchmark. A number behind the last dash is GOMAXPROCS unless a cell has it in its name.
func (c cellWarnings) of(name string) []Warning {
	if w, ok := c[name]; ok {
		return w
	}
	return c[bare(name)]
}

// outcomes are those that make the figures of a cell doubtful, in words.
var outcomes = []struct{ outcome, text string }{
	{"failed", "failed in %s"},
	{"hung", "hung in %s"},
	{"violation", "unsafe: a device wrote into another file in %s"},
}

// aboutCells are the doubts of a run about its cells.
func (s *source) aboutCells() cellWarnings {
	if s.run == nil {
		return nil
	}
	out := make(cellWarnings)
	for _, c := range s.run.Cells {
		for _, o := range outcomes {
			n := 0
			for i := range c.Rounds {
				if c.Rounds[i].Outcome == o.outcome {
					n++
				}
			}
			if n > 0 {
				out[c.Name] = append(out[c.Name], Warning{Status, fmt.Sprintf(o.text, fmt.Sprintf("%d of %d rounds", n, len(c.Rounds)))})
			}
		}
	}
	for _, w := range s.run.Manifest.Warnings {
		if name := strings.TrimPrefix(w.Cell, "Benchmark"); name != "" {
			out[name] = append(out[name], Warning{Status, w.Text})
		}
	}
	return out
}

// vary says in what the results of one cell differ.
func (s *sample) vary() []Warning {
	if s.varies == nil {
		return nil
	}
	var names []string
	for _, f := range benchproc.NonSingularFields(slices.Collect(maps.Keys(s.varies))) {
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return nil
	}
	return []Warning{{Varies, "benchmarks vary in " + strings.Join(names, ", ")}}
}
