package reportstest

import (
	"slices"
	"strings"

	"daxbench/reports/folder"
)

// hostile are strings as somebody may put them into a file that a report is made of. They have no blanks: they may stand in the
// name of a benchmark.
var hostile = []string{
	`<script>console.error("hostile")</script>`,
	`"><img/src=x/onerror=console.error("hostile")>`,
	`</style><style>*{display:none}</style>`,
	`</title><svg/onload=console.error("hostile")>`,
	"\u202e\u2066drowssap\x1b[2J\x1b]0;title\x07",
	`javascript:console.error("hostile")`,
	`=HYPERLINK("http://127.0.0.1:9")`,
	`{{.}}${x}%00&lt;&amp;`,
}

// Markup is the example with a hostile string for browsers wherever a run writes one, and some of a megabyte.
func Markup() *Spec {
	s := Example()
	n := 0
	next := func() string {
		n++
		return hostile[n%len(hostile)]
	}
	policies := make(map[string]string) // one for each, or rounds would not pair up
	for i := range s.Cells {
		c := &s.Cells[i]
		if policies[c.Policy] == "" {
			policies[c.Policy] = c.Policy + next()
		}
		c.Policy = policies[c.Policy]
		c.Params = slices.Concat(c.Params, []folder.Param{{Key: "label", Value: hostile[len(c.Workload)%len(hostile)]}})
		c.Notes = map[int]string{1: next() + " " + next(), 2: strings.Repeat("long ", 1<<18)}
	}
	m := &s.Manifest
	m.Plan.Reference = policies[m.Plan.Reference]
	m.Tool, m.Commit = next(), next()
	m.Command = []string{"run", "-o", next(), "'; rm -rf ~ #", "$(touch x)", strings.Repeat("x", 1<<20)}
	m.Warnings = append(m.Warnings, folder.Warning{Text: next()}, folder.Warning{Cell: next(), Text: next()}, folder.Warning{Text: strings.Repeat("w", 1<<20)})
	environment := make(map[string]any)
	for key := range m.Environment {
		environment[key] = next()
	}
	environment[next()] = next()
	environment["kernel"] = strings.Repeat("k", 1<<20)
	m.Environment = environment
	timing := make(map[string]string)
	for workload := range s.Timing {
		timing[workload] = next()
	}
	s.Timing = timing
	return s
}
