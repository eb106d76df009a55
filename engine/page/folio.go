package page

import "fmt"

// Head returns the first page of the folio that pfn would be in.
func Head(pfn PFN) PFN { return pfn &^ (FolioPages - 1) }

// A folio's word: how many entries, of whatever mapping, have one of the
// FolioPages pages, and joined if they are one folio. Then the first page's word
// counts for all of them: who pins one of them pins that one, and busy tests,
// waits and quarantine look there. All entries of the pages at one time are of
// one kind. What is joined stays so without entries, as pins may be left, until
// the next entry comes.
const joined = 1 << 31

// Associate notes an entry for pfn (dax_associate_entry), and reports whether
// pfn is in a folio, that is whether Head(pfn) is to be pinned for it.
func (t *Table) Associate(pfn PFN) (folio bool) {
	if t.folio == nil {
		return false
	}
	f := &t.folio[pfn/FolioPages]
	for {
		v := f.Load()
		next := v + 1
		if v == joined {
			next = 1
		}
		if f.CompareAndSwap(v, next) {
			return next&joined != 0
		}
	}
}

// AssociateFolio notes one entry for each of the pages from head on, makes them
// one folio, and reports true; unless some have entries as single pages: then it
// does nothing.
func (t *Table) AssociateFolio(head PFN) bool {
	f := &t.folio[head/FolioPages]
	for {
		v := f.Load()
		if v&joined == 0 && v > 0 || int(head)+FolioPages > len(t.words) {
			return false
		}
		if f.CompareAndSwap(v, (v|joined)+FolioPages) {
			return true
		}
	}
}

// Disassociate takes back the note of an entry for pfn.
func (t *Table) Disassociate(pfn PFN) {
	if t.folio == nil {
		return
	}
	if v := t.folio[pfn/FolioPages].Add(^uint32(0)); v&^joined == joined-1 {
		panic(fmt.Sprintf("page: pfn %d had no entry", pfn))
	}
}

// HasFolios reports whether 2 MiB can have one word.
func (t *Table) HasFolios() bool { return t.folio != nil }

// inFolio reports whether pfn is one of the pages of a folio.
func (t *Table) inFolio(pfn PFN) bool {
	return t.folio != nil && t.folio[pfn/FolioPages].Load()&joined != 0
}

// word returns the page whose word counts for pfn.
func (t *Table) word(pfn PFN) PFN {
	if t.inFolio(pfn) {
		return Head(pfn)
	}
	return pfn
}
