package render

import (
	"fmt"
	"math"
	"strings"

	"daxbench/reports/compare"
	"daxbench/reports/stats"
	"daxbench/reports/unit"
)

// headline is what one has to know of a run, as short phrases.
func headline(f *compare.Facts) (out []string) {
	add := func(s string) {
		if s != "" {
			out = append(out, clean(s, maxFact))
		}
	}
	add(f.Tool)
	add(status(f))
	switch {
	case f.Done < f.Rounds:
		add(fmt.Sprintf("%d of %s", f.Done, plural(f.Rounds, "round")))
	case f.Done > 0:
		add(plural(f.Done, "round"))
	}
	add(f.CPU)
	switch f.Cores {
	case "":
	case "1":
		add("1 core")
	default:
		add(f.Cores + " cores")
	}
	if strings.HasPrefix(strings.ToLower(f.Kernel), strings.ToLower(f.OS)) {
		add(f.Kernel) // it says what it is the kernel of
	} else {
		add(strings.TrimSpace(f.OS + " " + f.Kernel))
	}
	add(f.Go)
	add(fmt.Sprintf("seed %d", f.Seed))
	add(f.Commit)
	return out
}

// status says how the run ended and after how long.
func status(f *compare.Facts) string {
	if f.Status == "finished" && f.Elapsed > 0 {
		return "finished in " + unit.Elapsed(f.Elapsed)
	}
	return f.Status
}

// measure says what the primary unit of a group measures: "cost per eviction".
func measure(g *compare.Group) string {
	if phrase := unit.Phrase(g.Unit); phrase != "" {
		return clean(heading(g)+" "+phrase, maxName)
	}
	return clean(heading(g)+" in "+g.Unit, maxName)
}

// parameters are the parameters of a group: "dax=50 workers=2".
func parameters(g *compare.Group) string {
	words := make([]string, len(g.Params))
	for i, p := range g.Params {
		word := p.Key + "=" + p.Value
		if p.Key == "" {
			word = p.Value
		}
		words[i] = clean(word, maxParam)
	}
	return strings.Join(words, " ")
}

// looked says what a group's zero violations rest on. It is empty if nobody looked, and if there are violations: then the
// table has a column for them.
func looked(g *compare.Group) string {
	writes, ops, all, some := uint64(math.MaxUint64), uint64(math.MaxUint64), true, false
	for i := range g.Rows {
		r := &g.Rows[i]
		if r.Violations > 0 {
			return ""
		}
		all, some = all && r.Looked, some || r.Writes > 0
		writes, ops = min(writes, r.Writes), min(ops, r.LookedOps)
	}
	switch {
	case !some:
		return ""
	case !all:
		return "violations: 0 found, but not every round was looked at"
	case len(g.Rows) == 1:
		return fmt.Sprintf("violations: 0 found in %s device writes that were looked at, during %s operations", unit.Count(writes), unit.Count(ops))
	}
	return fmt.Sprintf("violations: 0 found in at least %s device writes that were looked at, during at least %s operations per policy",
		unit.Count(writes), unit.Count(ops))
}

// timed says what was timed, if the run says it.
func timed(g *compare.Group) string {
	if g.Timing == "" {
		return ""
	}
	return "timed: " + clean(g.Timing, maxProse)
}

// legend explains the columns, or is empty if nothing was compared.
func legend(t *compare.Table) string {
	confidence, rounds, intervals, misses, reference, near := 1.0, 0, 0, 0.0, "", false
	for i := range t.Groups {
		for _, r := range t.Groups[i].Rows {
			if r.Ratio.Bounded() {
				confidence, rounds = min(confidence, r.Ratio.Confidence), max(rounds, r.Ratio.N)
				reference = t.Groups[i].Reference
				intervals++
				misses += 1 - r.Ratio.Confidence
				near = near || r.Verdict.Judgement == compare.Undecided && (r.Ratio.Lo > 1 || r.Ratio.Hi < 1)
			}
		}
	}
	if rounds == 0 {
		return ""
	}
	text := fmt.Sprintf("change: median over the rounds of the ratio to %s, paired by round; interval: where that median lies with at least %.0f %% confidence (%.1f %% or more here).",
		clean(reference, maxPolicy), stats.Level*100, confidence*100)
	if near {
		text += fmt.Sprintf(" A change below %.0f %%, or one whose interval comes closer to 0 than %.1f %%, decides nothing.",
			compare.MinEffect*100, compare.MinClear*100)
	}
	if misses >= 0.5 {
		text += fmt.Sprintf(" Each interval stands alone: of these %d, about %.0f will miss by chance.", intervals, math.Ceil(misses))
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return unit.Count(n) + " " + word + "s"
}
