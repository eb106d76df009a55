package sync

import "unsafe"

// Zero stores 0 in each of words, in any order. Who loads one meanwhile gets what it was, or 0. It is no barrier: that they
// are 0 is certain to who synchronises with the caller afterwards, as by the lock that the caller holds.
//
// Without a scheduler it clears them all at once: a store to each by itself, which is a full barrier, takes 2.5 ns a word.
//
// No word is torn by that: the runtime clears whatever is aligned to a pointer, and as large, atomically, if beginning and
// end are aligned so (memclrNoHeapPointers in runtime/stubs.go). The words at either end that are not are stored to by themselves; the
// runtime may write a single word in two halves.
func Zero(words []Uint32) {
	if Scheduled() || Yields || raced {
		zeroEach(words)
		return
	}
	head, tail := ragged(words)
	zeroEach(words[:head])
	clear(words[head : len(words)-tail])
	zeroEach(words[len(words)-tail:])
}

func zeroEach(words []Uint32) {
	for i := range words {
		words[i].Store(0)
	}
}

// ragged returns how many words there are before the first and behind the last eight bytes that are aligned to eight.
func ragged(words []Uint32) (head, tail int) {
	const pair = 8 / unsafe.Sizeof(Uint32{})
	head = min(len(words), int(uintptr(unsafe.Pointer(unsafe.SliceData(words)))/unsafe.Sizeof(Uint32{})%pair))
	return head, (len(words) - head) % int(pair)
}
