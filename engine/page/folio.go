package page

// Head returns the first page of the folio that pfn would be in.
func Head(pfn PFN) PFN { return pfn &^ (FolioPages - 1) }

// Join makes the FolioPages pages from head on one folio: from here on busy
// tests, waits and quarantine look at the word of head alone. Who pins one of
// them pins head. Split takes it back. Each is called by who puts an entry into
// a mapping; pages with pins stay what they were, but for a caller who lost
// track of them.
func (t *Table) Join(head PFN) { t.setFolio(head, 1) }

// Split makes the folio of pfn, if it is in one, single pages again.
func (t *Table) Split(pfn PFN) { t.setFolio(pfn, 0) }

func (t *Table) setFolio(pfn PFN, is uint32) {
	if t.folio != nil && t.folio[pfn/FolioPages].Load() != is {
		t.folio[pfn/FolioPages].Store(is)
	}
}

// word returns the page whose word counts for pfn.
func (t *Table) word(pfn PFN) PFN {
	if t.folio != nil && t.folio[pfn/FolioPages].Load() != 0 {
		return Head(pfn)
	}
	return pfn
}

// busyFolio is BusyPage where folios have one word.
func (t *Table) busyFolio(first PFN, n uint32) (PFN, bool) {
	for n > 0 {
		k := min(n, uint32(Head(first)+FolioPages-first))
		pfn, busy := t.word(first), false
		if t.folio[first/FolioPages].Load() != 0 {
			busy = t.isBusy(t.words[pfn].Load())
		} else {
			pfn, busy = t.busyPage(first, k)
		}
		if busy {
			return pfn, true
		}
		first += PFN(k)
		n -= k
	}
	return 0, false
}
