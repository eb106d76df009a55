package render

import (
	"strings"

	"daxbench/reports/compare"
)

// headline is what one has to know of a run, as short phrases.
func headline(f *compare.Facts) []string {
	phrases := f.Phrases()
	for i, s := range phrases {
		phrases[i] = clean(s, maxFact)
	}
	return phrases
}

// measure says what the primary unit of a group measures: "cost per eviction".
func measure(g *compare.Group) string {
	return clean(g.Measure(), maxName)
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
func looked(g *compare.Group) string { return g.LookedAt() }

// timed says what was timed, if the run says it.
func timed(g *compare.Group) string {
	if g.Timing == "" {
		return ""
	}
	return "timed: " + clean(g.Timing, maxProse)
}

// legend explains the columns, or is empty if nothing was compared.
func legend(t *compare.Table) string {
	return t.Legend(func(policy string) string { return clean(policy, maxPolicy) })
}
