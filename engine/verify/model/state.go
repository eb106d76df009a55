package model

import "math/bits"

// The largest sets there may be. What packed can hold follows from them.
const (
	maxInodes = 2
	maxPages  = 2 // of each inode
	maxTasks  = 10
)

// The states of an inode.
const (
	cached  = iota
	freeing // I_FREEING
	gone    // not in the cache
)

// What a block can be.
const (
	owned = iota
	freed // may be somebody else's by now
	quarantined
)

// An inode of the model.
type inode struct {
	st    uint8
	cnt   uint8 // i_count
	iol   uint8 // ioLock: its holder's number plus 1
	q     uint8 // place in the queue of deferred evictions, from 1
	puts  uint8 // deferred iputs
	sum   uint8 // HoldsStriped: the counter
	lnk   bool  // i_nlink > 0
	lru   bool  // on the LRU list; lazy: may be referenced all the same
	frz   bool  // the gate of the mapping is shut
	lease bool  // a layout lease is out
}

// A page of the model, and the block that it is.
type page struct {
	blk uint8
	pin uint8 // the page word
	get uint8 // FOLL_GET's part of it
	val uint8 // ghost: pins that were re-checked and not yet dropped
	ent bool  // the mapping has its entry
}

// A task of the model.
type task struct {
	ip   uint8 // place in its script
	pc   uint8 // step within the operation
	ino  uint8 // the inode worked on; while unplugging up to their number
	pg   uint8 // the page worked on
	hold uint8 // pages it has valid pins on, a bit each
	tmp  uint8
	arm  bool // queued as a waiter; a wake-up clears it
	rec  bool // in reclaim
	fen  bool // the pins it has were fenced
	ref  bool // has a reference from Open
	ls   bool // has a lease
	sig  bool // a signal is pending
}

// A state is all there is to know about a moment.
type state struct {
	inodes [maxInodes]inode
	pages  [maxInodes][maxPages]page
	tasks  [maxTasks]task
	mem    uint8 // free inode slots
	gone   uint8 // 1: shut down; 2: the device is gone
}

// packed is a state in as few words as its ranges need: one for each inode with
// its pages, one for each two tasks. The once-only values share the first.
//
//	bits of an inode  0 st  2 cnt  6 iol  10 q  12 puts  16 sum  20 lnk lru frz lease  24 page 0  39 page 1  54 mem  58 gone
//	bits of a page    0 blk  2 pin  6 get  10 val  14 ent
//	bits of a task    0 ip  4 pc  10 ino  12 pg  14 hold  16 tmp  20 arm rec fen ref ls sig
type packed [maxInodes + maxTasks/2]uint64

func (s *state) pack() (w packed) {
	for i := range s.inodes {
		in := &s.inodes[i]
		w[i] = uint64(in.st) | uint64(in.cnt)<<2 | uint64(in.iol)<<6 | uint64(in.q)<<10 | uint64(in.puts)<<12 | uint64(in.sum)<<16 |
			bit(in.lnk)<<20 | bit(in.lru)<<21 | bit(in.frz)<<22 | bit(in.lease)<<23 |
			s.pages[i][0].pack()<<24 | s.pages[i][1].pack()<<39
	}
	w[0] |= uint64(s.mem)<<54 | uint64(s.gone)<<58
	for t := 0; t < maxTasks; t += 2 {
		w[maxInodes+t/2] = s.tasks[t].pack() | s.tasks[t+1].pack()<<32
	}
	return w
}

func (p *page) pack() uint64 {
	return uint64(p.blk) | uint64(p.pin)<<2 | uint64(p.get)<<6 | uint64(p.val)<<10 | bit(p.ent)<<14
}

func (t *task) pack() uint64 {
	return uint64(t.ip) | uint64(t.pc)<<4 | uint64(t.ino)<<10 | uint64(t.pg)<<12 | uint64(t.hold)<<14 | uint64(t.tmp)<<16 |
		bit(t.arm)<<20 | bit(t.rec)<<21 | bit(t.fen)<<22 | bit(t.ref)<<23 | bit(t.ls)<<24 | bit(t.sig)<<25
}

func (w *packed) unpack(s *state) {
	for i := range s.inodes {
		x := w[i]
		s.inodes[i] = inode{
			st: field(x, 0, 2), cnt: field(x, 2, 4), iol: field(x, 6, 4), q: field(x, 10, 2), puts: field(x, 12, 4), sum: field(x, 16, 4),
			lnk: x>>20&1 == 1, lru: x>>21&1 == 1, frz: x>>22&1 == 1, lease: x>>23&1 == 1,
		}
		s.pages[i][0].unpack(x >> 24)
		s.pages[i][1].unpack(x >> 39)
	}
	s.mem, s.gone = field(w[0], 54, 4), field(w[0], 58, 2)
	for t := 0; t < maxTasks; t += 2 {
		x := w[maxInodes+t/2]
		s.tasks[t].unpack(x)
		s.tasks[t+1].unpack(x >> 32)
	}
}

func (p *page) unpack(x uint64) {
	*p = page{blk: field(x, 0, 2), pin: field(x, 2, 4), get: field(x, 6, 4), val: field(x, 10, 4), ent: x>>14&1 == 1}
}

func (t *task) unpack(x uint64) {
	*t = task{
		ip: field(x, 0, 4), pc: field(x, 4, 6), ino: field(x, 10, 2), pg: field(x, 12, 2), hold: field(x, 14, 2), tmp: field(x, 16, 4),
		arm: x>>20&1 == 1, rec: x>>21&1 == 1, fen: x>>22&1 == 1, ref: x>>23&1 == 1, ls: x>>24&1 == 1, sig: x>>25&1 == 1,
	}
}

func field(x uint64, at, width uint) uint8 { return uint8(x >> at & (1<<width - 1)) }

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// fingerprint is never 0. Two states of n have the same one with a probability
// of about n²/2⁶⁵: for ten million states 3·10⁻⁶.
func (w *packed) fingerprint() uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, x := range w {
		hi, lo := bits.Mul64(x^0xe7037ed1a0b428db, h^0x8ebc6af09c88c6e3)
		h ^= hi ^ lo ^ bits.RotateLeft64(x, 23)
		h *= 0xff51afd7ed558ccd
		h ^= h >> 32
	}
	return max(h, 1)
}
