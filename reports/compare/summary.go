package compare

// maxSummary is how many sentences a reader takes in at a glance; the issue that asked for them wants three or four.
const maxSummary = 4

// Summary returns at most four sentences that a reader needs first: what went wrong or was looked for and not found, what
// breaking costs where there is nothing to break, what it stalls where pins are, and how much is undecided.
func Summary(t *Table) []Sentence {
	all := Sentences(t)
	return all[:min(len(all), maxSummary)]
}
