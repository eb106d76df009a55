package render

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// shortNames are the names of the rows without the parts that all of them have, and those parts: "/workers=2" and the
// number behind the last dash, which is GOMAXPROCS.
func shortNames(names []string) (short []string, common string) {
	short = slices.Clone(names)
	if len(names) < 2 {
		return short, ""
	}
	parts := make([][]string, len(names))
	for i, name := range names {
		base, rest := benchfmt.Name(name).Parts()
		parts[i] = append(parts[i], string(base))
		for _, p := range rest {
			parts[i] = append(parts[i], string(p))
		}
	}
	for _, p := range slices.Clone(parts[0][1:]) { // the base name stays
		if !strings.Contains(p, "=") && !strings.HasPrefix(p, "-") {
			continue // a bare word such as /json is half of the name
		}
		everywhere := true
		for i := range parts {
			everywhere = everywhere && slices.Contains(parts[i][1:], p)
		}
		if !everywhere {
			continue
		}
		for i := range parts {
			at := 1 + slices.Index(parts[i][1:], p)
			parts[i] = slices.Delete(parts[i], at, at+1)
		}
		if common != "" {
			common += " "
		}
		if n, ok := strings.CutPrefix(p, "-"); ok {
			p = "GOMAXPROCS=" + n
		}
		common += strings.TrimPrefix(p, "/")
	}
	for i := range parts {
		short[i] = strings.Join(parts[i], "")
	}
	return short, common
}

// withoutKeys are the names with /key=value as /value, if many of them are wider than limit and they stay different. A
// few are better cut, and so is one that has no neighbours to say what its values are of.
func withoutKeys(names []string, limit int) []string {
	if len(names) < 2 {
		return nil
	}
	long := 0
	for _, n := range names {
		if columns(n) > limit && strings.Contains(n, "=") {
			long++
		}
	}
	if 3*long <= len(names) {
		return nil
	}
	out := make([]string, len(names))
	seen := make(map[string]bool)
	for i, name := range names {
		parts := strings.Split(name, "/")
		for k, p := range parts[1:] {
			if _, value, ok := strings.Cut(p, "="); ok && value != "" {
				parts[1+k] = value
			}
		}
		out[i] = strings.Join(parts, "/")
		if seen[out[i]] {
			return nil
		}
		seen[out[i]] = true
	}
	return out
}

// elide cuts what is in the middle of a name, whose beginning says what it is and whose end tells it from its
// neighbours, and numbers those that have become equal.
func elide(names []string, limit int, ellipsis string) []string {
	out := make([]string, len(names))
	seen := make(map[string]string)
	for i, name := range names {
		out[i] = middleCut(name, limit, ellipsis)
		for n := 2; ; n++ {
			first, taken := seen[out[i]]
			if !taken || first == name {
				break
			}
			mark := ellipsis + strconv.Itoa(n)
			out[i] = middleCut(name, limit-columns(mark), ellipsis) + mark
		}
		seen[out[i]] = name
	}
	return out
}

// middleCut leaves the first and the last part of a string that is wider than limit columns.
func middleCut(s string, limit int, ellipsis string) string {
	if columns(s) <= limit {
		return s
	}
	room := max(limit-columns(ellipsis), 2)
	runes := []rune(s)
	from, to := 0, len(runes)
	head, tail := 0, 0
	for head < (room+1)/2 {
		head += columns(string(runes[from]))
		from++
	}
	for to > from && tail+columns(string(runes[to-1])) <= room-head {
		to--
		tail += columns(string(runes[to]))
	}
	return string(runes[:from]) + ellipsis + string(runes[to:])
}

// shortLabels are the names of the columns without the directories and the file names that all of them have.
func shortLabels(labels []string) []string {
	if len(labels) < 2 {
		return []string{path.Base(labels[0])}
	}
	parts := make([][]string, len(labels))
	for i, l := range labels {
		parts[i] = strings.Split(strings.TrimSuffix(l, "/"), "/")
	}
	same := func(pick func([]string) string) bool {
		for i := range parts {
			if len(parts[i]) < 2 || pick(parts[i]) != pick(parts[0]) {
				return false
			}
		}
		return true
	}
	for same(func(p []string) string { return p[0] }) {
		for i := range parts {
			parts[i] = parts[i][1:]
		}
	}
	for same(func(p []string) string { return p[len(p)-1] }) {
		for i := range parts {
			parts[i] = parts[i][:len(parts[i])-1]
		}
	}
	out := make([]string, len(labels))
	for i := range parts {
		out[i] = strings.Join(parts[i], "/")
	}
	return out
}
