package vfs

// A Hold says what a pin on a DAX page keeps alive besides the page.
type Hold uint8

const (
	// HoldsNothing: a pin holds the page and nothing else, as get_user_pages
	// does in every kernel so far.
	HoldsNothing Hold = iota
	// HoldsInode: each pin takes a reference to the inode (igrab), which Unpin
	// hands to the worker, since a completion may not run a final iput. Policy
	// P8; Kara and Gunthorpe, Sep 2022.
	HoldsInode
	// HoldsInodeStriped: the inode has one reference for as long as a striped
	// counter of its pins is not zero. Policy P8b; ours.
	HoldsInodeStriped
	// HoldsVMA: each pin holds the mapping it was taken through, and thereby the
	// file, until it is dropped. Policy P9; Chinner and Kara, Sep 2022.
	HoldsVMA
)

// Rules are what a policy changes in the engine besides what a Breaker does at
// eviction. The zero Rules change nothing. They are fixed once a Superblock is
// made.
type Rules struct {
	// PinHolds is what a pin keeps alive. P8, P8b, P9.
	PinHolds Hold

	// RefuseUnbounded refuses pins on DAX pages to holders whom nothing bounds
	// in time: vmsplice, MSG_ZEROCOPY. P11; Kara on vmsplice, Sep 2022.
	RefuseUnbounded bool

	// NeedLease gives a pin only together with a layout lease. Who breaks the
	// layout recalls it and, after RecallDeadline, fences the pin: the device is
	// kept from the page, and its count is dropped for it. P10; Chinner,
	// Sep 2022.
	NeedLease bool

	// CountDMAOnly lets every busy test see FOLL_PIN only, not FOLL_GET
	// (page_maybe_dma_pinned). P1; Williams, v1 of Sep 2022.
	CountDMAOnly bool

	// KeepBusy keeps an unlinked inode with a pinned page in the cache instead
	// of evicting it, and lets EvictInodes pass over it. The test is made under
	// i_lock. P3; Williams, sketch of 20 Sep 2022.
	KeepBusy bool

	// WaitInWriteback keeps a linked inode with a pinned page dirty, and waits
	// for the pins where dirty inodes are written back: in write_inode_now if it
	// is to be dropped, else in the flusher. P5; Williams, 24 and 29 Sep 2022.
	WaitInWriteback bool

	// Defer is how many busy inodes may be in the worker's queue, which ends
	// their eviction; at that many, who evicts another waits for room. 0: none
	// is handed over. P13; after the inodegc of XFS.
	Defer int

	// DeferAside lets the worker go past an inode that is still busy; else it
	// waits for the one at the head of its queue. P13a.
	DeferAside bool

	// Quarantine keeps a pinned page from being given to another file, whatever
	// frees it: its block goes back with its last pin. P14, P16; after the busy
	// extents of XFS.
	Quarantine bool

	// Notify makes an unplug tell the file system first, which takes the pages
	// from every mapper and shuts down (MF_MEM_PRE_REMOVE). P12; since
	// Linux 6.7.
	Notify bool
}
