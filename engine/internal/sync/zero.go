package sync

// Zero stores 0 in each of words, in any order. Somebody who loads one meanwhile gets what it was, or 0. It is no barrier:
// that they are 0 is certain to who synchronises with the caller afterwards, as by the lock that the caller holds.
//
// Without a scheduler it clears them all at once, by what the processor has for that: a store to each by itself, which is a full
// barrier, takes 2.5 ns a word. No word is torn by that: the Go memory model lets a write of many words be one write of each, in any order, but no less.
func Zero(words []Uint32) {
	if Free() && !raced {
		clear(words)
		return
	}
	for i := range words {
		words[i].Store(0)
	}
}
