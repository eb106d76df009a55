package media

import "fmt"

// An Owner is who a block's contents belong to. The zero Owner is nobody.
type Owner struct {
	Ino Ino
	Gen Gen
}

// OwnerSize is how much of a block's start Stamp takes, in bytes.
const OwnerSize = 16

// Stamp writes o into the first 16 bytes of a data block. It starts the write-back and does not fence: the stamp is
// durable after the caller's next fence, such as that of the next Write.
//
// The second word is the first one mixed with a key of this format. A block that was never stamped, is torn between its
// two words, holds something else or was stamped before the last Format, thereby has no owner.
func (fs *FS) Stamp(block uint32, o Owner) {
	off := fs.dataOffset(block)
	w := uint64(o.Ino) | uint64(o.Gen)<<32
	fs.r.Store64(off, w)
	fs.r.Store64(off+8, fs.stampSum(w))
	fs.r.Flush(off, OwnerSize)
}

// Owner returns who stamped the block last, or the zero Owner.
func (fs *FS) Owner(block uint32) Owner {
	off := fs.dataOffset(block)
	w := load64(fs.mem, off)
	if load64(fs.mem, off+8) != fs.stampSum(w) {
		return Owner{}
	}
	ino, gen := halves(w)
	return Owner{Ino(ino), Gen(gen)}
}

// stampSum returns the second word of a stamp: for every key another one-to-one function of the first.
func (fs *FS) stampSum(w uint64) uint64 { return (w ^ fs.stampKey) * golden64 }

// dataOffset returns where a data block starts.
func (fs *FS) dataOffset(block uint32) int64 {
	if block < fs.dataStart || block >= fs.blocks {
		panic(fmt.Sprintf("media: block %d is not in data blocks %d to %d", block, fs.dataStart, fs.blocks-1))
	}
	return int64(block) * BlockSize
}
