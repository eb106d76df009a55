package page

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

// release frees what waited for the last pin on pfn.
func (t *Table) release(pfn PFN) {
	if t.folio == nil {
		t.opts.OnFree(pfn)
		return
	}
	t.mu.Lock()
	list := t.held[pfn]
	delete(t.held, pfn)
	t.mu.Unlock()
	for _, p := range list {
		t.opts.OnFree(p)
	}
}
