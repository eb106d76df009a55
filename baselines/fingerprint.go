package baselines

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"daxbench/reports/folder"
)

// Unknown is the value of a fact that a run does not tell.
const Unknown = "unknown"

// Fact is one thing that figures depend on.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"` // one printable line; Unknown if the run does not tell
}

// Fingerprint is what tells one machine, or one way of running, from another: facts in the order of their keys.
type Fingerprint []Fact

// Get returns the value of a fact, Unknown if there is none.
func (f Fingerprint) Get(key string) string {
	for _, fact := range f {
		if fact.Key == key {
			return fact.Value
		}
	}
	return Unknown
}

// machineFacts are where in run.json's environment a fact stands, whether two runs that differ in it have times that do
// not compare, and what it means if a run tells that much of its machine and leaves it out. Sorted by key.
var machineFacts = []struct {
	key, path string
	forbids   bool
	left      string
}{
	{"arch", "arch", true, ""},
	{"backing", "region.backing", true, ""}, // what persistent memory is made of
	{"boost", "boost", true, ""},
	{"build", "build", true, ""},
	{"caches", "caches", true, ""}, // many clouds give all their processors one name, and the caches tell them apart
	{"clock", "clock.source", false, ""},
	{"cores", "cores", true, ""},
	{"cpu", "cpu", true, ""},
	{"flush", "region.flush", true, ""},
	{"go", "go", true, ""},
	{"godebug", "godebug", true, "none"},
	{"gogc", "gogc", true, ""},
	{"gomaxprocs", "gomaxprocs", true, ""},
	{"gomemlimit", "gomemlimit", true, "none"},
	{"governor", "governor", true, ""},
	{"huge_pages", "huge_pages", true, ""},
	{"hypervisor", "hypervisor", true, "none"},
	{"kernel", "kernel", true, ""},
	{"memory_bytes", "memory_bytes", false, ""},
	{"microcode", "microcode", false, ""}, // what of it is slow stands in mitigations
	{"mitigations", "mitigations", true, ""},
	{"numa_nodes", "numa_nodes", false, ""},
	{"os", "os", true, ""},
	{"product", "product", false, ""},
	{"quota_cpus", "quota_cpus", true, "none"},
	{"race", "race", true, ""},
	{"smt", "smt", true, ""},
}

// settingFacts are the flags of a run that change what its cells mean and do not stand in their names.
var settingFacts = []string{"duration", "kernel", "population", "rate", "size"}

// Of returns the fingerprint of the machine that a run was made on, with the program that made it.
func Of(m *folder.Manifest) Fingerprint {
	// Runs before online_cpus was recorded tell less of their machine: what they leave out is unknown.
	_, tells := m.Environment["online_cpus"]
	out := make(Fingerprint, len(machineFacts))
	for i, f := range machineFacts {
		value := plain(at(m.Environment, f.path))
		if value == "" && tells {
			value = f.left
		}
		out[i] = Fact{f.key, orUnknown(value)}
	}
	return out
}

// settings returns what a run was asked for. A flag that was not given has the value "default".
func settings(request map[string]any) Fingerprint {
	out := make(Fingerprint, len(settingFacts))
	for i, key := range settingFacts {
		out[i] = Fact{key, plain(request[key])}
		if out[i].Value == "" {
			out[i].Value = "default"
		}
	}
	return out
}

// at returns what stands in nested objects under keys with dots between them, or nil.
func at(env map[string]any, path string) any {
	key, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return env[key]
	}
	inner, _ := env[key].(map[string]any)
	return at(inner, rest)
}

// plain writes a value of JSON on one line, "" if there is none.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return oneLine(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = plain(v[i])
		}
		return strings.Join(words, ", ")
	case map[string]any:
		var words []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			words = append(words, oneLine(key)+"="+plain(v[key]))
		}
		return strings.Join(words, "; ")
	}
	return fmt.Sprint(v)
}

// maxValue is how long a value may be, in bytes: a kernel's list of some twenty mitigations takes half of it.
const maxValue = 4 << 10

// oneLine makes a string from a file safe to stand on a line: what is not printable is escaped as Go does.
func oneLine(s string) string {
	s = strings.TrimSpace(s[:min(len(s), maxValue)])
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		s = strings.Trim(strconv.QuoteToGraphic(s), `"`)
	}
	return s
}

func orUnknown(s string) string {
	if s == "" {
		return Unknown
	}
	return s
}

// Difference is a fact in which two fingerprints differ.
type Difference struct {
	Key, A, B string
	Forbids   bool // comparing wall times; false also if one of the two is unknown
}

// String says it in words: "kernel was Linux 6.18.1 and is Linux 6.18.2".
func (d Difference) String() string { return fmt.Sprintf("%s was %s and is %s", d.Key, d.A, d.B) }

// Diff returns in what two fingerprints differ, by key. A fact that this package does not know forbids a comparison: it
// was written by a newer one, which had a reason.
func Diff(a, b Fingerprint) (list []Difference) {
	keys := make(map[string]bool)
	for _, f := range slices.Concat(a, b) {
		keys[f.Key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		d := Difference{Key: key, A: a.Get(key), B: b.Get(key)}
		if d.A == d.B {
			continue
		}
		d.Forbids = d.A != Unknown && d.B != Unknown && forbids(key)
		list = append(list, d)
	}
	return list
}

// forbids says whether a difference in a fact forbids comparing wall times.
func forbids(key string) bool {
	for _, f := range machineFacts {
		if f.key == key {
			return f.forbids
		}
	}
	return true
}

// Forbidding returns the differences that forbid comparing wall times.
func Forbidding(list []Difference) (out []Difference) {
	for _, d := range list {
		if d.Forbids {
			out = append(out, d)
		}
	}
	return out
}

// text returns machine.txt.
func (f Fingerprint) text() []byte {
	var b strings.Builder
	for _, fact := range f {
		fmt.Fprintf(&b, "%s: %s\n", fact.Key, fact.Value)
	}
	return []byte(b.String())
}

// parseFingerprint reads machine.txt.
func parseFingerprint(data []byte) (Fingerprint, error) {
	var out Fingerprint
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		whole := strings.HasSuffix(line, "\n")
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case !whole:
			return nil, fmt.Errorf("line %d is cut off", n)
		case !ok || key == "" || value == "":
			return nil, fmt.Errorf("line %d is not \"key: value\"", n)
		case slices.ContainsFunc(out, func(f Fact) bool { return f.Key == key }):
			return nil, fmt.Errorf("line %d has %q again", n, key)
		}
		out = append(out, Fact{key, value})
	}
	if len(out) == 0 {
		return nil, errors.New("it is empty")
	}
	slices.SortFunc(out, func(a, b Fact) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// filler are the parts of a processor's name that tell nothing: trade marks, and the clock rate.
var filler = regexp.MustCompile(`(?i)\((r|tm)\)|\bcpu\b|\bprocessor\b|\b\d+-core\b|@.*$`)

// separators is what becomes a dash in a name.
var separators = regexp.MustCompile(`[^a-z0-9]+`)

// MachineName names a machine by its processor and its cores: amd-epyc-2.
func MachineName(f Fingerprint) string {
	const longest = 60
	cpu := separators.ReplaceAllString(strings.ToLower(filler.ReplaceAllString(f.Get("cpu"), " ")), "-")
	cpu = strings.Trim(cpu[:min(len(cpu), longest)], "-")
	cores := f.Get("cores")
	if _, err := strconv.ParseUint(cores, 10, 32); err != nil {
		cores = Unknown
	}
	if cpu == "" {
		cpu = Unknown
	}
	return cpu + "-" + cores
}
