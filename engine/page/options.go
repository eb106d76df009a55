package page

// A Refcount says what counts in a page's word, which changed in Linux 6.15.
type Refcount uint8

const (
	// Base1 is Linux up to 6.14: mappings do not count, and a page is idle when
	// nobody but its owner refers to it (refcount 1). That one is left out here:
	// the word of an idle page is 0.
	Base1 Refcount = iota
	// Base0 is Linux since 6.15: a user mapping takes a reference and a mapcount.
	// A page is busy if there are more references than mappings, but who waits
	// for it waits until there is no reference at all: so also for mappings of
	// it through another file that shares the block.
	Base0
	// Base0Maps is Base0 with that mended: a page at rest has as many references
	// as mappings, for who waits too. No kernel does so yet.
	Base0Maps
)

// A Granule says how much memory shares one word.
type Granule uint8

const (
	// Page is a word for every page: Linux up to 6.14.
	Page Granule = iota
	// Folio is one word, the first page's, for 2 MiB that one entry maps: since 6.15.
	Folio
)

// FolioPages is how many pages a folio has; the first one's number is a multiple of it.
const FolioPages = 512

// Options say how a Table counts. The zero value is what is measured by default.
type Options struct {
	Refcount Refcount
	Granule  Granule

	// CountDMAOnly makes a page busy only while it has pins of the kind
	// FOLL_PIN, which then count PinBias each (page_maybe_dma_pinned).
	CountDMAOnly bool

	// OnFree is told of a quarantined page that its last pin has gone, by who
	// dropped it, under no lock of this package.
	OnFree func(PFN)
}
