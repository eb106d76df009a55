package sync

// FirstSet returns the index of the first word with a bit of mask, or len(words). Each word is loaded by itself,
// atomically, and in order of the index: words that change meanwhile are not seen all at one moment.
func FirstSet(words []Uint32, mask uint32) int {
	i := 0
	if Free() {
		i = skipClear(words, mask)
	}
	for ; i < len(words); i++ {
		if words[i].Load()&mask != 0 {
			return i
		}
	}
	return i
}

// skipClearByOne is skipClear where there are no vector loads. What is behind the words that it skips, FirstSet looks at.
func skipClearByOne(words []Uint32, mask uint32) (n int) {
	for ; n+4 <= len(words); n += 4 {
		w := words[n : n+4 : n+4]
		if (w[0].LoadFree()|w[1].LoadFree()|w[2].LoadFree()|w[3].LoadFree())&mask != 0 {
			break
		}
	}
	return n
}
