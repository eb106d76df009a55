package folder

import (
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"
)

// camel turns a workload's name into that of its benchmark: evict-storm becomes EvictStorm.
func camel(workload string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(workload, "-") {
		for i, r := range part {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// kebab is the way back, for results whose workload run.json does not name. Digits stay with the letters before them.
func kebab(benchmark string) string {
	var b strings.Builder
	for i, r := range benchmark {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// parseName takes the name of a result apart. It is the fallback for names that run.json does not know: a policy that
// ends in a dash and digits reads as GOMAXPROCS here.
func parseName(name string) Key {
	base, parts := benchfmt.Name(name).Parts()
	key := Key{Workload: kebab(string(base))}
	for _, part := range parts {
		if part[0] != '/' {
			continue // GOMAXPROCS
		}
		k, v, ok := strings.Cut(string(part[1:]), "=")
		switch {
		case !ok:
			key.Params = append(key.Params, Param{Value: k})
		case k == "policy":
			key.Policy = v
		default:
			key.Params = append(key.Params, Param{Key: k, Value: v})
		}
	}
	return key
}

// bareName is the name without GOMAXPROCS.
func bareName(name string) string {
	digits := strings.TrimRight(name, "0123456789")
	if len(digits) < len(name) && strings.HasSuffix(digits, "-") {
		return strings.TrimSuffix(digits, "-")
	}
	return name
}
