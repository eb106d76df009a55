package page

import "daxbench/engine/internal/sync"

// Quarantine keeps pfn, which no mapping has any more, from being given to
// another file while it is pinned: the last Unpin then calls Options.OnFree with
// it. It reports false, and marks nothing, if there is no pin.
//
// The racer is that last Unpin. If it comes first, the word counts no pin here;
// if later, it finds the mark. A pin that comes too late and is undone may stand
// for a moment in the place of a real one, and its undoing then frees the page.
//
// Of a folio each page is quarantined for itself, and all are freed by the last
// pin on the folio.
func (t *Table) Quarantine(pfn PFN) bool {
	if t.folio == nil {
		return t.mark(pfn)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	word := t.word(pfn)
	if !t.mark(word) {
		return false
	}
	if t.held == nil {
		t.held = make(map[PFN][]PFN)
	}
	t.held[word] = append(t.held[word], pfn)
	return true
}

// mark sets the marks of a page that is pinned.
func (t *Table) mark(pfn PFN) bool {
	for {
		v := t.words[pfn].Load()
		if t.pinsIn(v) == 0 {
			return false
		}
		if t.words[pfn].CompareAndSwap(v, v|marks) {
			return true
		}
	}
}

// release frees with onFree what waited for the last pin on pfn. Who calls it
// took onFree from free before it took the mark off; if Retain came between,
// the pages are not its to free any more.
func (t *Table) release(pfn PFN, onFree *func(PFN)) {
	if t.folio == nil {
		(*onFree)(pfn)
		return
	}
	t.mu.Lock()
	var list []PFN
	if t.free.Load() == onFree {
		list = t.held[pfn]
		delete(t.held, pfn)
	}
	t.mu.Unlock()
	for _, p := range list {
		(*onFree)(p)
	}
}

// Retain hands the table, with the pins in it, to the next who mounts the
// region. No page is quarantined any more: it is the new one's to find out which
// of the free pages are pinned. onFree takes the place of Options.OnFree. Pins
// may end meanwhile, but none may begin.
//
// The racer is a last Unpin of a quarantined page. If it takes the mark off
// before this does, it has the old onFree; else it finds no mark.
func (t *Table) Retain(onFree func(PFN)) {
	for i := 0; i < len(t.words); i++ {
		if i += sync.FirstSet(t.words[i:], quarantined); i < len(t.words) {
			t.words[i].And(^uint32(quarantined))
		}
	}
	t.mu.Lock()
	clear(t.held)
	t.free.Store(&onFree)
	t.mu.Unlock()
}
