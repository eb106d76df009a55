package vfs

import "daxbench/engine/internal/bug"

// Entry locks. Who changes an entry, or must not have it changed, locks it: a
// fault for as long as it fills the page, writeback, memory failure. Everybody
// else who wants the entry sleeps, uninterruptibly (fs/dax.c, get_next_unlocked_entry).
// Here Mapping.mu makes each change one step, so nothing in the engine holds an
// entry lock; it is for those who play the part of one that does, for longer.
//
// Taking one comes behind layoutMu. While it is held nothing else of the inode
// may be taken but Mapping.mu.

// LockEntry locks the entry of a page of a DAX file, after whoever has it. It
// returns ErrNotMapped if there is none, or not any more, or a *HungError.
func (sb *Superblock) LockEntry(t *Task, in *Inode, index uint32) error {
	m := &in.mapping
	if sb.watch != nil {
		in.tell(t, Event{Kind: MaySleep, Class: EntryLock})
	}
	m.mu.Lock()
	for {
		e := m.at(index)
		switch {
		case e == 0:
			m.mu.Unlock()
			return ErrNotMapped
		case e&entryLocked == 0:
			(*m.entries.Load())[index].Or(entryLocked)
			m.locked++
			m.mu.Unlock()
			if sb.watch != nil {
				in.tell(t, Event{Kind: LockTaken, Class: EntryLock, PFN: entryWord(e)})
			}
			return nil
		}
		if err := in.waitEntryLocked(t, index); err != nil {
			m.mu.Unlock()
			return err
		}
	}
}

// UnlockEntry unlocks an entry that the caller has locked.
func (sb *Superblock) UnlockEntry(t *Task, in *Inode, index uint32) {
	m := &in.mapping
	m.mu.Lock()
	e := m.at(index)
	if e&entryLocked == 0 {
		panic("vfs: an entry is unlocked that is not locked")
	}
	if sb.watch != nil {
		in.tell(t, Event{Kind: LockDropped, Class: EntryLock, PFN: entryWord(e)})
	}
	(*m.entries.Load())[index].And(^uint32(entryLocked))
	m.locked--
	key := in.entryKey(index) // by the next line the inode may be on its way out
	m.mu.Unlock()
	if !bug.Planted(bug.EntryUnlockNoWake) {
		sb.waits.Wake(key)
	}
}

// waitEntryLocked waits until the entry at index, which is locked, may not be
// any more. Mapping.mu is dropped meanwhile. It is armed under that lock, so
// the wake-up is not lost. The error is a *HungError.
func (in *Inode) waitEntryLocked(t *Task, index uint32) error {
	m, sb := &in.mapping, in.sb
	w := sb.waits.Arm(in.entryKey(index))
	m.mu.Unlock()
	if sb.watch != nil {
		in.tell(t, Event{Kind: WaitBegin, Wait: ForEntry, Class: EntryLock})
	}
	s, err := sb.waits.Sleep(t.ctx, w)
	if sb.watch != nil {
		in.tell(t, Event{Kind: WaitEnd, Wait: ForEntry, Class: EntryLock})
	}
	m.mu.Lock()
	if err == nil {
		return nil
	}
	return t.hung(HungError{What: "a locked entry", Ino: in.ino, After: s.Total, Cause: err})
}

// awaitEntriesLocked waits until no entry of the pages [from, end) is locked.
// Mapping.mu is dropped meanwhile.
func (in *Inode) awaitEntriesLocked(t *Task, from, end uint32) error {
	m := &in.mapping
	for i := max(from, m.lo); m.locked > 0 && i < min(end, m.hi); i++ {
		for m.at(i)&entryLocked != 0 {
			if err := in.waitEntryLocked(t, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// entryClass keeps the wait keys of entries apart from those of inodes and pages.
const entryClass = 1 << 62

func (in *Inode) entryKey(index uint32) uint64 {
	return entryClass | uint64(in.ino)<<29 | uint64(index)
}

// MarkDirty notes that a page of a DAX file was written to through a mapping,
// if it is still mapped: the dirty tag of its entry. Device writes leave none,
// as in the kernel, where it is the holder of the pin who says set_page_dirty
// and a DAX page does not keep that.
func (sb *Superblock) MarkDirty(in *Inode, index uint32) {
	m := &in.mapping
	entries := m.entries.Load()
	if entries == nil || index >= uint32(len(*entries)) || !in.IsDAX() {
		return
	}
	word := &(*entries)[index]
	for e := word.Load(); e&entryNumber != 0 && e&entryDirty == 0; e = word.Load() {
		if word.CompareAndSwap(e, e|entryDirty) {
			return
		}
	}
}

// Sync makes all pages of a DAX file clean (dax_writeback_mapping_range). Their
// stores were durable already, see WritePage; it is the tags that go. The error
// is a *HungError.
func (sb *Superblock) Sync(t *Task, in *Inode) error {
	if !in.IsDAX() {
		return nil
	}
	m := &in.mapping
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.entryCount.Load() == 0 {
		return nil
	}
	if err := in.awaitEntriesLocked(t, 0, everything); err != nil {
		return err
	}
	entries := *m.entries.Load()
	for i := m.lo; i < m.hi; i++ {
		entries[i].And(^uint32(entryDirty))
	}
	return nil
}

// Dirty reports whether a page of a DAX file is mapped and dirty.
func (in *Inode) Dirty(index uint32) bool {
	e := in.mapping.at(index)
	return in.IsDAX() && e != 0 && e&entryDirty != 0
}
