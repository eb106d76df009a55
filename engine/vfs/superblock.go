package vfs

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"daxbench/engine/internal/huge"
	"daxbench/engine/internal/sync"
	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/pmem"
)

// Errors that callers tell apart.
var (
	ErrNotExist  = errors.New("vfs: no such inode")
	ErrCacheFull = errors.New("vfs: inode cache is full and nothing can be reclaimed")
	ErrNotMapped = errors.New("vfs: page is not mapped")
	ErrBeyondEnd = errors.New("vfs: page lies beyond the end of the file")           // kernel: VM_FAULT_SIGBUS
	ErrLongterm  = errors.New("vfs: a long-term pin on a DAX page is not supported") // kernel: EOPNOTSUPP
	ErrNoPages   = errors.New("vfs: page cache is full")
)

// A Breaker breaks layouts at eviction. It is called once per eviction, after
// the inode is Freeing and off the LRU, before its mapping is truncated, with
// no lock held. When it returns nil the eviction goes on, whatever is pinned;
// an error is one of the task's, from a wait that was given up.
type Breaker interface {
	BreakForEvict(t *Task, in *Inode) error
}

// LRURule says whether an inode whose DAX mapping has entries may be reclaimed.
type LRURule uint8

const (
	// EntriesIgnored: entries make no difference, as before v5.16. Reclaim can
	// then meet pinned pages.
	EntriesIgnored LRURule = iota
	// EntriesKeepOff: an inode with DAX entries stays off the LRU, as
	// mapping_shrinkable does since v5.16; only truncation, the last Iput of an
	// unlinked or DontCache inode, or unmount can evict it. One with a single
	// entry at index 0 goes onto the list, but is never freed from it.
	EntriesKeepOff
)

// Options shape a Superblock. The zero value of a field takes the default.
type Options struct {
	Stripes      int     // of the hash table, each with its lock; rounded up to a power of two; default 64 (kernel: one inode_hash_lock)
	LRULists     int     // each with its lock; rounded up to a power of two; default as many as stripes (kernel: one per node)
	InodeLists   int     // lists of all inodes, each with its lock; default 0: unmount walks the hash table (kernel: one s_inodes)
	CacheInodes  int     // hard limit on cached inodes; default 4096
	ReclaimBatch int     // inodes that direct reclaim tries to free at once; default 128 (kernel: SHRINK_BATCH)
	CachePages   int     // page-cache pages for files that are not DAX; default 1024
	WaitQueues   int     // hashed wait queues; default 256 (kernel: WAIT_TABLE_BITS 8)
	LRU          LRURule // default EntriesIgnored

	// IsolateStays leaves an inode that reclaim may not free at the cold end of
	// its list, to be looked at again until the scan is used up, as read in
	// inode_lru_isolate since 6.11 (LRU_RETRY without I_REFERENCED); not
	// observed on a kernel, and in no Preset. Else it goes to the warm end.
	IsolateStays bool

	HangLimit      time.Duration // of a single wait for pins, leases or an eviction; 0: none
	Rules          Rules         // the policy's; engine.Open fills them in
	BreakDeadline  time.Duration // of the policies that wait for pins so long and no longer; default 100 ms
	RecallDeadline time.Duration // until a lease is fenced; default 1 s (nfsd: two lease periods, 180 s)

	// LeaseHoldsFile makes each layout lease hold a reference to its inode, as
	// nfsd's struct file does.
	LeaseHoldsFile bool

	// What differs between kernels about pages and scans. The zero values are what
	// is measured by default: a word for each page, which counts pins only, and
	// scans that overlook nothing. For a kernel up to 6.14 that is
	// Scan: MappedOnly | SkipLocked; for one since 6.15 Refcount: page.Base0,
	// Granule: page.Folio.
	Refcount page.Refcount
	Granule  page.Granule
	Scan     Scan

	// Watch is told what happens; nil, as whenever anything is measured, costs
	// a comparison. It must not call the engine.
	Watch func(Event)
}

func (o *Options) setDefaults() {
	for _, f := range []struct {
		v   *int
		def int
	}{{&o.Stripes, 64}, {&o.CacheInodes, 4096}, {&o.ReclaimBatch, 128}, {&o.CachePages, 1024}, {&o.WaitQueues, 256}} {
		if *f.v == 0 {
			*f.v = f.def
		}
	}
	if o.LRULists == 0 {
		o.LRULists = o.Stripes
	}
	if o.RecallDeadline == 0 {
		o.RecallDeadline = time.Second
	}
	if o.BreakDeadline == 0 {
		o.BreakDeadline = 100 * time.Millisecond
	}
}

// A Superblock is one mounted file system and its inode cache. It is safe for
// concurrent use, each Task by one goroutine.
type Superblock struct {
	opts    Options
	fs      *media.FS
	region  *pmem.Region
	pages   *page.Table
	waits   *sync.WaitTable
	breaker Breaker
	cache   *pageCache
	watch   func(Event) // nil: nobody
	rules   Rules
	ruled   bool // somebody watches, or a rule has a say in evict

	shortPut uint64 // see initPuts; fixed

	inodes   []Inode // the first is never used, so that index 0 can end a list
	buckets  []bucket
	stripes  []stripe
	shift    uint8 // hash bits above which the stripe is chosen
	lrus     []lru
	lruShift uint8       // likewise for the LRU list
	all      []inodeList // s_inodes; none unless Options.InodeLists
	links    []listLink  // in them, by inode; likewise
	slots    slots
	spares   spares

	keeping  bool        // pins on DAX pages keep something; see keep
	barePins bool        // no rule and nobody who watches has a say in Pin and Unpin
	freePins bool        // pins keep nothing, and nobody watches; bare ones are such
	lanes    []pinLane   // pinLanes per inode; nil unless the rules say so
	nextLane sync.Uint32 // of the next task
	leases   [leasePools]leasePool
	work     worker

	claims sync.Uint64 // blocks faulted in as new so far; see claimBlock
	hands  sync.Uint32 // where the next task begins to prune

	magazine int // free slots a task keeps at most

	sharing sync.Mutex                // for the first to share a block
	shares  sync.Pointer[shareCounts] // nil: no block is in two files, or was
	umount  sync.RWSem                // kernel: s_umount
	down    sync.Uint32               // shutDown or deviceGone; see Unplug
}

// NewSuperblock caches the inodes of fs; b breaks layouts when they leave.
func NewSuperblock(fs *media.FS, b Breaker, o Options) (*Superblock, error) {
	return newSuperblock(fs, b, o, nil)
}

// newSuperblock is NewSuperblock that has its page table from old, unless that is
// nil.
func newSuperblock(fs *media.FS, b Breaker, o Options, old *Superblock) (*Superblock, error) {
	o.setDefaults()
	if o.Stripes < 1 || o.CacheInodes < 1 || o.ReclaimBatch < 1 || o.CachePages < 1 || o.WaitQueues < 1 || o.LRULists < 1 || o.InodeLists < 0 || o.RecallDeadline < 0 || o.BreakDeadline < 0 || o.HangLimit < 0 {
		return nil, fmt.Errorf("vfs: options must be positive: %+v", o)
	}
	for _, n := range []*int{&o.Stripes, &o.LRULists} {
		*n = 1 << bits.Len(uint(*n-1))
	}
	if fs.BlockCount() > entryNumber {
		return nil, fmt.Errorf("vfs: a region of %d blocks: more than the %d that an entry can name", fs.BlockCount(), entryNumber)
	}
	sb := &Superblock{
		opts:     o,
		fs:       fs,
		region:   fs.Region(),
		breaker:  b,
		watch:    o.Watch,
		rules:    o.Rules,
		ruled:    o.Watch != nil || o.Rules.KeepBusy || o.Rules.Defer > 0,
		cache:    newPageCache(o.CachePages),
		inodes:   huge.Make[Inode](o.CacheInodes + 1),
		stripes:  make([]stripe, o.Stripes),
		magazine: magazineFor(o.CacheInodes),
		shift:    shiftFor(o.Stripes),
		lrus:     makeLists(o.LRULists, o.CacheInodes),
		lruShift: shiftFor(o.LRULists),
		all:      make([]inodeList, o.InodeLists),
	}
	if err := sb.initPages(old); err != nil {
		return nil, err
	}
	sb.makeBuckets(int(float64(o.CacheInodes)/bucketLoad) + 1)
	rests := huge.Make[rest](len(sb.inodes))
	for i := range sb.inodes {
		in := &sb.inodes[i]
		in.sb, in.index, in.rest = sb, uint32(i), &rests[i]
	}
	if o.InodeLists > 0 {
		sb.links = make([]listLink, len(sb.inodes))
	}
	if sb.NeedsWorker() {
		sb.work.links = make([]workLink, len(sb.inodes))
	}
	sb.slots.free = make([]uint32, 0, o.CacheInodes)
	for i := o.CacheInodes; i > 0; i-- {
		sb.slots.free = append(sb.slots.free, uint32(i))
	}
	sb.initPuts()
	sb.initPins()
	return sb, nil
}

// Options returns the options in force, defaults filled in.
func (sb *Superblock) Options() Options { return sb.opts }

// FS returns the file system on the region.
func (sb *Superblock) FS() *media.FS { return sb.fs }

// Usage says what the cache holds.
type Usage struct {
	Cached  int // inodes in the cache
	InUse   int // of them, referenced
	OnLRU   int // on a list, referenced or not
	Parked  int // unreferenced and on no list: reclaim cannot find them
	Freeing int // being evicted

	CachePages int // page-cache pages that mappings hold
}

// Usage counts the cache. On an engine at work the figures belong to different
// moments.
func (sb *Superblock) Usage() Usage {
	var u Usage
	sb.each(func(in *Inode) {
		u.Cached++
		w := in.state.Load()
		switch {
		case w&stFreeing != 0:
			u.Freeing++
		case w&refMask != 0:
			u.InUse++
		case w&stOnLRU == 0:
			u.Parked++
		}
		if w&stOnLRU != 0 {
			u.OnLRU++
		}
		if !in.IsDAX() {
			u.CachePages += int(in.entryCount.Load())
		}
	})
	return u
}
