package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
)

// OfRun makes the page of one run. m is nil if nobody looked at its safety.
//
// A kind of charts that cannot understand what the files hold, or makes a chart that no axis can show, costs the page its
// charts and not its numbers: the page says so in a warning, and is returned beside an error that wraps ErrCharts.
//
// Of a run with more groups than a page can show one by one, those that src.Shown picks have sections, and a last section
// says so; the table of all has as many rows as a browser lays out in a moment.
func OfRun(src *gallery.Source, m *safety.Matrix) (*Page, error) {
	t := src.Table
	shown := src.Shown()
	m = besides(src.Run, m)
	drawn, err := charts(gallery.OfRun, gallery.OfGroup, []*gallery.Source{src}, len(t.Groups))
	p := &Page{
		Title:    title(src),
		Name:     trim(cmp.Or(src.Name, filepath.Base(src.Run.Dir))),
		Lead:     lead(src),
		Facts:    facts(&t.Run),
		Warnings: slices.Concat(missing(src.Run, t), doubtsOf(m), trimmed(others(t.Warnings, src.Run.Damage)), unknown(src.Run.Manifest.Commit), drawn.warnings),
		Verdict:  placed(compare.Summary(t), shown),
		Words:    words,
		Compared: terms(src),
		Safety:   m,
		Reading:  reading(t),
		Origin:   origin(src.Run),
		Files:    files(src.Run),
		kinds:    drawn.kinds,
	}
	sentences := byGroup(compare.Sentences(t))
	if len(t.Groups) > 0 {
		p.Overview = append(p.Overview, Section{
			ID: "overview", Title: "Every workload, every policy", About: aboutOverview(t),
			Sentences: sentences[-1], Tables: []*Table{summary(src)},
		})
	}
	if len(drawn.whole) > 0 {
		p.Overview = append(p.Overview, Section{ID: "charts", Title: "All workloads in pictures", Charts: drawn.whole})
	}
	all, ids := src.Run.Index(), newNames("overview", "charts")
	for _, i := range shown {
		g := &t.Groups[i]
		id := ids.of(groupTitle(g))
		s := Section{
			ID: id, Title: groupTitle(g), About: about(g), Sentences: placed(sentences[i], shown), Charts: drawn.groups[i],
		}
		s.Does, s.Named, s.Fixed = does(&src.Run.Manifest.Plan.Words, g)
		s.Tables, s.Footnotes = groupTables(all, g, id)
		p.Groups = append(p.Groups, s)
	}
	if left := len(t.Groups) - len(shown); left > 0 {
		p.Groups = append(p.Groups, Section{
			ID: ids.of("further"), Title: unit.Plural(left, "further set of parameters", "further sets of parameters"),
			About: "Shown one by one are those in which something went wrong, then those in which a difference was shown, the largest first, then " +
				"undecided ones. Numbers of all: daxbench compare -format csv " + Quoted(trim(src.Run.Dir)) + ". Charts of any, by the name that -list gives those of " +
				"others: daxbench report -chart latency-WORKLOAD-PARAMETERS " + Quoted(trim(src.Run.Dir)) + ".",
		})
	}
	return p, err
}

// aboutOverview says how to read the table of all; of one policy there is nothing to be held against another.
func aboutOverview(t *compare.Table) string {
	if len(policies(t)) == 1 {
		return "What a workload costs: the median over the rounds, with the interval in which it lies. Nothing was run beside it to compare it with."
	}
	return "What a policy costs against " + reference(t) + ", by the ratios of rounds that ran by turns. " +
		"▲ dearer, ▼ cheaper, = the same, ? undecided; ✗ where a device wrote into a block that was no longer its file's. " + t.Chance()
}

// placed are sentences whose Group counts among the groups that have sections.
func placed(list []compare.Sentence, shown []int) []compare.Sentence {
	out := slices.Clone(list)
	for i := range out {
		if at, ok := slices.BinarySearch(shown, out[i].Group); ok {
			out[i].Group = at
		} else {
			out[i].Group = -1
		}
	}
	return out
}

// title says what the run is about: what was compared, on which machine, on which day.
func title(src *gallery.Source) string {
	names, storms := policies(src.Table), storms(src.Table)
	what := unit.Plural(len(names), "policy", "policies")
	if n := len(names); n == 1 || n == 2 {
		what = unit.List(trimmed(names))
	}
	if on, ok := mountedOn(&src.Run.Manifest); ok && len(names) == 1 {
		what = on.name()
	}
	under := unit.Plural(len(storms), "storm")
	if len(storms) == 1 {
		under = trim(storms[0])
	}
	text := "Breaking layouts at inode eviction"
	if len(names) > 0 {
		text += ": " + what + " under " + under
	}
	if where := trim(src.Table.Run.CPU); where != "" {
		text += ", " + where
	}
	if when, err := time.Parse(time.RFC3339Nano, src.Run.Manifest.Started); err == nil {
		text += ", " + when.UTC().Format("2 January 2006")
	}
	return text
}

// storms are the workloads of all groups, each once.
func storms(t *compare.Table) (names []string) {
	for i := range t.Groups {
		if w := t.Groups[i].Workload; !slices.Contains(names, w) {
			names = append(names, w)
		}
	}
	return names
}

// reference is the policy that most groups are held against.
func reference(t *compare.Table) string {
	for i := range t.Groups {
		if t.Groups[i].Reference != "" {
			return t.Groups[i].Reference
		}
	}
	return "no other"
}

// policies are those of all groups, in the order in which they first stand.
func policies(t *compare.Table) (names []string) {
	seen := make(map[string]bool)
	for i := range t.Groups {
		for j := range t.Groups[i].Rows {
			if name := t.Groups[i].Rows[j].Policy; !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// groupTitle is the workload with its parameters: "evict-storm · dax=50 workers=2".
func groupTitle(g *compare.Group) string {
	words := make([]string, 0, len(g.Params))
	for _, p := range g.Params {
		words = append(words, trim(strings.TrimPrefix(p.Key+"="+p.Value, "=")))
	}
	if len(words) == 0 {
		return trim(g.Workload)
	}
	return trim(g.Workload) + " · " + strings.Join(words, " ")
}

// about says what the numbers of a group are of, and what its zeros rest on.
func about(g *compare.Group) string {
	sentences := []string{unit.Capital(g.Measure())}
	if g.Timing != "" {
		sentences = append(sentences, "Timed: "+strings.TrimSuffix(trim(g.Timing), "."))
	}
	if looked := g.LookedAt(); looked != "" {
		sentences = append(sentences, unit.Capital(looked))
	}
	return strings.Join(sentences, ". ") + "."
}

// byGroup are sentences by the group that they are about, or by −1 those about all.
func byGroup(all []compare.Sentence) map[int][]compare.Sentence {
	out := make(map[int][]compare.Sentence)
	for _, s := range all {
		out[s.Group] = append(out[s.Group], s)
	}
	return out
}

// cellOf is the cell of a row; nil if the run has none.
func cellOf(cells folder.Index, g *compare.Group, policy string) *folder.Cell {
	return cells.Of(folder.Key{Workload: g.Workload, Params: g.Params, Policy: policy})
}

// reading explains what stands in the tables and charts.
func reading(t *compare.Table) []string {
	legend := t.Legend(trim)
	if legend == "" {
		legend = fmt.Sprintf("change: nothing was compared. An interval takes %d rounds that pair up with the reference.", minPairs)
	}
	return []string{
		"cost: median over the rounds of the run. The interval in brackets is where that median lies with at least 95 % confidence; " +
			"n is how many rounds it rests on. Where there are too few rounds for an interval, there is none.",
		legend,
		fmt.Sprintf("verdict: dearer or cheaper if the median of the ratios differs by %s or more and its whole interval by %s or more; "+
			"the same within ±x %% if the whole interval lies there; everything else is undecided, and is called so.",
			percent(compare.MinEffect, 0), percent(compare.MinClear, 1)),
		"violations: device writes that landed in a block that was no longer their file's. A zero counts only where the oracle looked, " +
			"so beside it stands how many device writes it looked at.",
		"p50 to max: of the latencies of single operations, each the median over the rounds. blocked, recalls, lookups wait: time per " +
			"operation that was spent waiting for pins, for recalled leases, and for inodes that were being evicted.",
	}
}

// percent writes a small share.
func percent(share float64, decimals int) string { return fmt.Sprintf("%.*f %%", decimals, share*100) }
