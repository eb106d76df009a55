// Package media is what lies on a region of persistent memory: a superblock, a table of inode records, and data blocks
// that the records' extents own. It hands out blocks and inode numbers, and mounts and checks a region. It is no file
// system: it knows neither names nor who has a file open, and caches no inode.
//
// Kernel counterparts: fs/xfs/libxfs/xfs_inode_buf.c and xfs_ialloc.c for the records, xfs_alloc.c and xfs_bmap.c for
// the blocks, fs/ext4/orphan.c for what mount does with unlinked inodes, and fsck for Check.
//
// # Layout
//
// All words are in the processor's byte order; blocks are 4096 bytes and numbered from the region's start, so a block's
// number is also its page index.
//
//	block 0          superblock, one cache line
//	blocks 1 … d-1   inode table: 128 bytes an inode, two copies of its record of one cache line each
//	blocks d … n-1   data: file contents, and the overflow blocks of inodes with more than four extents
//
//	superblock       record copy                overflow block
//	 0 magic          0 crc32c | seq<<32         0 crc32c | number of extents<<32
//	 8 version|inodes 8 gen | nlink<<32          8 next overflow block | ino<<32
//	16 blocks|d      16 flags | pages<<32       16 gen | place in the chain<<32
//	24 identity      24 extents | overflow<<32  24 extents, 8 bytes each
//	32 zero          32 four extents
//	56 crc32c
//
// # Power cuts
//
// Storage holds each aligned 8-byte word as it was before a store or after it; what was flushed before a fence is there
// after it; nothing else is promised. A record is written over the older of its two copies, with a sequence number one
// higher, and its checksum covers all of the line: a cut leaves the new copy whole, or one whose checksum is wrong, and
// then the other copy is the record. That takes one line, one flush and one fence. Overflow blocks are never written in
// place: the new chain is durable before the record points to it, and the old one is freed after. The free lists live
// in memory only, and are rebuilt at mount from what the records own.
//
// A copy that a cut has torn and one that has rotted look alike. Mount therefore rewrites a torn copy at once, so that
// from then on every checksum on the region must hold and Check can demand it; and a running [FS] remembers which copy
// is current and never falls back to the other.
//
// # Holes and shared blocks
//
// An extent that starts at block 0 is a hole. A block may be in several records if all of them have FlagShared, each once,
// and none has it as an overflow block; how many have it is counted anew at mount, as everything else that is free or
// not. A program that knows neither refuses such a region as damaged, instead of misreading it; so the version is as it
// was.
//
// # Concurrency
//
// Calls for one inode, and stamps of one block, are serialized by the caller; all else may run in parallel. Check wants
// a file system at rest. Locks are leaves: inodeList.mu, and group.mu, of which only [FS.FreeBlockCount], Check and an
// allocation that no single group can serve hold several, in ascending order.
package media
