package main

import "strings"

// meant asks whether one of the known names was meant, for the end of a message: "; did you mean latency?". It is empty if none
// is near: as cobra has it, two letters away, or a beginning.
func meant(name string, known []string) string {
	best, least := "", maxTypos+1
	for _, k := range known {
		d := distance(strings.ToLower(name), k)
		if name != "" && strings.HasPrefix(k, strings.ToLower(name)) {
			d = min(d, maxTypos)
		}
		if d < least && d < len(k) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// maxTypos is how many letters a name may be off.
const maxTypos = 2

// longest is how many bytes of a name are looked at: no known one is longer.
const longest = 40

// distance is how many letters must be put in, taken out or changed to make one name of the other (Levenshtein).
func distance(a, b string) int {
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
