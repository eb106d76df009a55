package media

import (
	"fmt"
	"slices"

	"daxbench/engine/internal/sync"
)

// An inCore is what memory knows of a record. It belongs to whoever has the inode; inodeList.mu passes it on.
type inCore struct {
	seq      uint32 // of the current copy
	gen      Gen    // of a free inode: the one it will have next
	overflow uint32 // block, 0 for none
	used     bool
}

// An inodeList is the free inodes: a stack, for the same reason as group's.
type inodeList struct {
	mu   sync.Mutex
	free []Ino // guarded by mu; its capacity holds all
}

// anyCore returns what is known of an inode, in use or not.
func (fs *FS) anyCore(ino Ino) (*inCore, error) {
	if ino == 0 || uint32(ino) > fs.inodes {
		return nil, fmt.Errorf("inode %d: %w: they are 1 to %d", ino, ErrBadIno, fs.inodes)
	}
	return &fs.cores[fs.slot(ino)], nil
}

// core returns what is known of an inode that is in use.
func (fs *FS) core(ino Ino) (*inCore, error) {
	c, err := fs.anyCore(ino)
	if err == nil && !c.used {
		err = fmt.Errorf("inode %d: %w", ino, ErrFree)
	}
	return c, err
}

// AllocInode returns the inode that was freed last and its generation, which is higher than the last time, also across
// mounts. Nothing is stored: until the first Write, the region has it as free and Read returns ErrFree. The error is
// ErrNoInodes.
func (fs *FS) AllocInode() (Ino, Gen, error) {
	l := &fs.free
	l.mu.Lock()
	n := len(l.free)
	if n == 0 {
		l.mu.Unlock()
		return 0, 0, fmt.Errorf("media: %w: all %d are in use", ErrNoInodes, fs.inodes)
	}
	ino := l.free[n-1]
	l.free = l.free[:n-1]
	l.mu.Unlock()
	c := &fs.cores[fs.slot(ino)]
	c.used = true
	return ino, c.gen, nil
}

// FreeInode makes the inode's record a free one, durably, and then lets the number be used again. Its overflow blocks
// are freed; its data blocks are the caller's to free, afterwards.
func (fs *FS) FreeInode(ino Ino) error {
	c, err := fs.core(ino)
	if err != nil {
		return fmt.Errorf("media: free: %w", err)
	}
	next := record{seq: c.seq + 1, gen: c.gen.next()}
	fs.putRecord(ino, next, nil)
	if err := fs.fence(); err != nil {
		return fmt.Errorf("media: free inode %d: %w", ino, err)
	}
	old := *c
	*c = inCore{seq: next.seq, gen: next.gen}
	if old.overflow != 0 {
		fs.freeChain(ino, old.gen, old.overflow)
	}
	fs.free.push(ino)
	return nil
}

// push makes ino the next to go out.
func (l *inodeList) push(ino Ino) {
	l.mu.Lock()
	l.free = append(l.free, ino)
	l.mu.Unlock()
}

// FreeInodeCount returns how many inodes are free.
func (fs *FS) FreeInodeCount() uint32 {
	fs.free.mu.Lock()
	defer fs.free.mu.Unlock()
	return uint32(len(fs.free.free))
}

// Inodes calls f for every inode in use, in ascending order, with its record, which f must not keep. It ends at the
// first error, and returns it. The file system must be at rest.
func (fs *FS) Inodes(f func(*Record) error) error {
	rec := Record{Extents: make([]Extent, 0, inlineExtents)}
	free := make([]bool, fs.inodes+1)
	for _, ino := range slices.Clone(fs.free.free) {
		free[ino] = true
	}
	for ino := Ino(1); ino <= Ino(fs.inodes); ino++ {
		if free[ino] {
			continue
		}
		if err := fs.Read(ino, &rec); err != nil {
			return err
		}
		if err := f(&rec); err != nil {
			return err
		}
	}
	return nil
}

// next returns the generation after g. It wraps past 0, which is none.
func (g Gen) next() Gen {
	if g++; g == 0 {
		g = 1
	}
	return g
}
