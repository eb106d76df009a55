package media

import (
	"errors"
	"fmt"
	"strings"
)

// What a caller can meet. Each is wrapped with its operands and with what to do about it.
var (
	ErrNotFormatted = errors.New("no file system")             // the region does not start with pmem.Magic
	ErrSuperblock   = errors.New("superblock torn or damaged") // a format was cut short, or the block rotted
	ErrVersion      = errors.New("unknown format version")
	ErrGeometry     = errors.New("bad geometry")

	ErrDamaged  = errors.New("damaged") // every Problem is one
	ErrNoSpace  = errors.New("no space left")
	ErrNoInodes = errors.New("no free inode")
	ErrFree     = errors.New("inode is free")
	ErrStale    = errors.New("stale inode") // the inode number has been reused since
	ErrBadIno   = errors.New("no such inode")
)

// A Kind says what is wrong with a piece of the region.
type Kind uint8

const (
	BadRecord    Kind = iota // checksum or sequence of a record copy
	BadOverflow              // checksum, owner or place of an overflow block
	BadExtent                // an extent that is empty or leaves the data blocks
	DoubleOwned              // a block of two inodes, or twice of one
	OwnedAndFree             // a block of an inode that is also on the free list
	FreeTwice                // a block that is on the free list twice
	Lost                     // a block of nobody that is not on the free list
	BadCount                 // a counter that disagrees with what it counts
)

var kindNames = []string{
	BadRecord: "bad-record", BadOverflow: "bad-overflow", BadExtent: "bad-extent", DoubleOwned: "double-owned",
	OwnedAndFree: "owned-and-free", FreeTwice: "free-twice", Lost: "lost", BadCount: "bad-count",
}

func (k Kind) String() string { return kindNames[k] }

// A Problem is one thing that is wrong. It is an error, and errors.Is(p, ErrDamaged) holds.
type Problem struct {
	Kind   Kind
	Ino    Ino    // whose record or block it is; 0 if nobody's
	Other  Ino    // DoubleOwned only: who had the block first
	Block  uint32 // first block concerned; for a record the block of the table that holds it
	Count  uint32 // blocks concerned, if more than one in a row
	Offset int64  // bytes from the region's start
	Note   string
}

func (p Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "media: %v: ", p.Kind)
	if p.Ino != 0 {
		fmt.Fprintf(&b, "inode %d, ", p.Ino)
	}
	if p.Count > 1 {
		fmt.Fprintf(&b, "blocks %d to %d", p.Block, uint64(p.Block)+uint64(p.Count)-1)
	} else {
		fmt.Fprintf(&b, "block %d", p.Block)
	}
	fmt.Fprintf(&b, ", byte %d", p.Offset)
	if p.Other != 0 {
		fmt.Fprintf(&b, ", also of inode %d", p.Other)
	}
	if p.Note != "" {
		b.WriteString(": " + p.Note)
	}
	return b.String()
}

// Is makes every Problem an ErrDamaged.
func (p Problem) Is(target error) bool { return target == ErrDamaged }

// A DamageError lists what Mount or Check found. errors.Is(err, ErrDamaged) holds.
type DamageError struct{ Report CheckReport }

func (e *DamageError) Error() string {
	first := e.Report.Problems[0].Error()
	if n := e.Report.Total; n > 1 {
		first += fmt.Sprintf(" (and %d more)", n-1)
	}
	return first + "; format the region again, or read what is left of it with Inspect"
}

// Is makes every DamageError an ErrDamaged.
func (e *DamageError) Is(target error) bool { return target == ErrDamaged }
