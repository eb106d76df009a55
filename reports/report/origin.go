package report

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/kernels"
	"daxbench/reports/safety"
	"daxbench/reports/unit"
)

// maxFact is how long a line of the provenance is, in bytes: a processor's list of mitigations takes half of it.
const maxFact = 2000

// origin is what somebody else needs to repeat the run, and to judge what it ran on.
func origin(run *folder.Run) (out []Fact) {
	m := &run.Manifest
	add := func(name, value string) {
		if value != "" {
			out = append(out, Fact{name, trimTo(value, maxFact)})
		}
	}
	add("command", commandLine(m.Command))
	add("repeat", Repeat(m))
	if m.Status != "finished" {
		add("continue", "daxbench run -resume "+Quoted(run.Dir))
	}
	add("seed", strconv.FormatUint(m.Seed, 10))
	add("program", m.Tool)
	add("commit", cmp.Or(m.Commit, "unknown"))
	add("began", m.Started)
	add("ended", m.Ended)
	if d := m.Elapsed(); d > 0 {
		add("took", unit.Elapsed(d))
	}
	add("status", m.Status)
	out = append(out, plan(m)...)
	add("load before", load(m, "load_before"))
	add("load after", load(m, "load_after"))
	add("harness", harness(m))
	add("warnings of the run", warnings(m))
	for _, key := range slices.Sorted(maps.Keys(m.Environment)) {
		if !strings.HasPrefix(key, "load_") {
			add(fact(key, m.Environment[key]))
		}
	}
	return out
}

// plan is what the run set out to do.
func plan(m *folder.Manifest) []Fact {
	var policies, groups []string
	seen := make(map[[2]string]bool)
	add := func(to *[]string, kind, name string) {
		if key := [2]string{kind, name}; !seen[key] {
			seen[key] = true
			*to = append(*to, name)
		}
	}
	for _, g := range m.Plan.Groups {
		for _, p := range g.Policies {
			add(&policies, "policy", p)
		}
		add(&groups, "workload", g.Workload)
	}
	return []Fact{{"plan", trim(fmt.Sprintf("%s of %s, %s, reference %s", unit.Plural(m.Plan.Rounds, "round"),
		unit.Plural(len(m.Plan.Groups), "group"), workers(&m.Plan), cmp.Or(m.Plan.Reference, "none planned")))},
		{"policies", trim(unit.List(policies))}, {"workloads", trim(unit.List(groups))}}
}

// workers says how many workers the groups had: "2 workers", "1, 2 and 4 workers"; of a plan that says it of no group, how many
// the most had.
func workers(p *folder.Plan) string {
	var list []string
	for _, g := range p.Groups {
		for _, param := range g.Params {
			if param.Key == "workers" && !slices.Contains(list, param.Value) {
				list = append(list, param.Value)
			}
		}
	}
	if len(list) < 2 {
		return unit.Plural(p.Workers, "worker")
	}
	return unit.List(list) + " workers"
}

// load are load averages, "" if there are none.
func load(m *folder.Manifest, key string) string {
	averages, _ := m.Environment[key].([]any)
	if len(averages) == 0 {
		return ""
	}
	_, text := fact("", averages)
	return text + " (over 1, 5 and 15 minutes)"
}

// mostWarnings is how many different warnings of a run stand in its provenance.
const mostWarnings = 8

// warnings are those of the run itself, each text once with the number of its cells; "" if there are none.
func warnings(m *folder.Manifest) string {
	var texts []string
	cells := make(map[string]int)
	for _, w := range m.Warnings {
		if _, seen := cells[w.Text]; !seen {
			texts = append(texts, w.Text)
		}
		if cells[w.Text] += 0; w.Cell != "" {
			cells[w.Text]++
		}
	}
	var words []string
	for i, text := range texts {
		if i == mostWarnings {
			words = append(words, fmt.Sprintf("%d more in %s", len(texts)-i, folder.ManifestName))
			break
		}
		word := trim(text)
		if n := cells[text]; n > 0 {
			word += " (" + unit.Plural(n, "cell") + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, "; ")
}

// harness is what measuring itself costs.
func harness(m *folder.Manifest) string {
	var words []string
	for _, h := range []struct{ key, text string }{
		{"ns/op", "an empty operation takes %s"}, {"clock-ns", "reading the clock %s"},
		{"timed-ns", "timing an operation adds %s"}, {"timer-late-p50-ns", "timers are late by %s (median)"},
	} {
		if v, ok := m.Harness[h.key]; ok {
			words = append(words, fmt.Sprintf(h.text, unit.Format(v, unit.Nanos)))
		}
	}
	return strings.Join(words, ", ")
}

// commandLine is a command as one types it, "" if it is not known.
func commandLine(words []string) string {
	if len(words) == 0 {
		return ""
	}
	out := "daxbench"
	for _, w := range words {
		out += " " + Quoted(w)
	}
	return out
}

// Repeat is the command that makes the same run with the same program: the commit, the flags and the seed, into a folder
// of its own. It is empty if the run does not say how it was made.
func Repeat(m *folder.Manifest) string {
	if len(m.Command) == 0 {
		return ""
	}
	seeded := false
	var words []string
	for i := 0; i < len(m.Command); i++ {
		word := m.Command[i]
		flag, _, joined := strings.Cut(strings.TrimLeft(word, "-"), "=")
		dashed := strings.HasPrefix(word, "-")
		if dashed && flag == "o" {
			if !joined {
				i++
			}
			continue
		}
		seeded = seeded || dashed && flag == "seed"
		words = append(words, word)
	}
	if !seeded {
		words = append(words, "-seed", strconv.FormatUint(m.Seed, 10))
	}
	line := commandLine(words)
	switch commit, dirty := strings.CutSuffix(m.Commit, "-dirty"); {
	case commit == "":
		return line + "  (of which commit is not known)"
	case dirty:
		return "git checkout " + Quoted(commit) + " && go run ./cmd/" + line + "  (there were uncommitted changes)"
	default:
		return "git checkout " + Quoted(commit) + " && go run ./cmd/" + line
	}
}

// Quoted is a word as a shell takes it.
func Quoted(word string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./=,:+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	if strings.IndexFunc(word, func(r rune) bool { return !strconv.IsPrint(r) }) >= 0 {
		return strconv.Quote(word)
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// raw are the files beside a report that one may want to look into.
var raw = []File{
	{folder.ManifestName, "the plan, the machine, warnings, counters and histograms of every cell and round"},
	{safety.LitmusName, "what daxbench litmus found, step by step"},
	{safety.VerifyName, "what daxbench verify found"},
	{kernels.Name, kernelsFile},
}

// files are the raw files in the folder of a run, in which the report is thought to lie.
func files(run *folder.Run) (out []File) {
	if run.FS == nil {
		return nil // a run that was not read from a folder
	}
	list, err := fs.ReadDir(run.FS, ".")
	if err != nil {
		return nil // a folder that has just gone
	}
	for _, name := range folder.ResultsNames(list) {
		out = append(out, File{name, "every measurement, in the Go benchmark format, for benchstat and daxbench compare"})
	}
	for _, f := range raw {
		if info, err := fs.Stat(run.FS, f.Path); err == nil && info.Mode().IsRegular() {
			out = append(out, f)
		}
	}
	return out
}
