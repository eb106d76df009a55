package model

// open is a lookup by number that takes a reference. It waits for an inode
// that is Freeing, and brings a linked one back into the cache.
func (m *machine) open(t uint8) {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	switch {
	case m.mutants.has(StripeBeforeInode) && in.st != gone:
		tk.pc = pcOTake
	case in.st == cached, in.st == freeing && m.mutants.has(OpenIgnoresFreeing):
		in.cnt++
		tk.ref = true
		m.next(t)
	case in.st == freeing && m.mutants.has(ArmAfterUnlock):
		tk.pc = pcOArm
	case in.st == freeing:
		m.sleeps(t, pcISleep)
	case in.lnk:
		in.st, in.cnt = cached, 1
		tk.ref = true
		m.next(t)
	default:
		m.next(t)
	}
}

// iput drops t's reference. The count's way to 0, the decision to drop the
// inode and Freeing are one section of i_lock.
func (m *machine) iput(t uint8) {
	tk := &m.tasks[t]
	tk.ref = false
	in := &m.inodes[tk.ino]
	in.cnt--
	switch {
	case in.cnt > 0:
		m.next(t)
	case m.mutants.has(CountOutsideLock):
		tk.pc = pcIDrop
	default:
		m.final(t, tk.ino)
	}
}

// final is what the last reference does.
func (m *machine) final(t, i uint8) {
	in := &m.inodes[i]
	keep := in.lnk && !m.set.dontcache || m.mutants.has(UnlinkedOnLRU)
	if !in.lnk && !keep && m.pol.Final == Keep {
		m.hit |= 1 << violatesP4 // the scan may sleep, whatever it finds
		keep = m.anyBusy(i)
	}
	if !keep {
		m.evict(t, i)
		if m.mutants.has(StaysOnLRU) {
			in.lru = true
		}
		return
	}
	if !m.mutants.has(NeverOnLRU) && !(m.set.shrinkable && m.anyEntry(i)) {
		in.lru = true
	}
	m.idle(t)
}

// idle goes on after the last reference, if the inode stays.
func (m *machine) idle(t uint8) {
	if m.op(t).kind == opWork {
		m.back(t)
		return
	}
	m.next(t)
}

// shrink looks at inode i as LRU isolation does, under i_lock. The list is
// lazy: what is on it need not be idle.
func (m *machine) shrink(t, i uint8) {
	in := &m.inodes[i]
	switch {
	case in.cnt > 0 && !m.mutants.has(ReclaimIgnoresCount), in.st != cached:
		in.lru = false
	case m.set.shrinkable && m.anyEntry(i) && !m.mutants.has(GuardOnlyAtAdd):
		in.lru = false
	case m.spared(i):
	default:
		m.tasks[t].rec = true
		m.evict(t, i)
		if m.mutants.has(ReclaimWithoutFreeing) {
			in.st = cached
		}
		return
	}
	if m.op(t).kind == opAlloc {
		m.back(t)
	} else {
		m.next(t)
	}
}

// spared says whether reclaim would leave inode i on the LRU list.
func (m *machine) spared(i uint8) bool {
	return m.pol.Reclaim == Keep && m.anyBusy(i)
}

// reclaim is a pass over the LRU list, in any order, that ends with the first
// inode it meets.
func (m *machine) reclaim(t uint8, way int) bool {
	if i := uint8(way); way < m.set.inodes {
		if !m.inodes[i].lru {
			return false
		}
		m.shrink(t, i)
		return true
	}
	for i := range m.set.inodes {
		if m.inodes[i].lru {
			return false
		}
	}
	m.next(t)
	return true
}

// alloc gets an inode's worth of memory: a free slot; or what direct reclaim
// gives; or what another task's reclaim gives, when that is over; or a reserve.
func (m *machine) alloc(t uint8, way int) bool {
	some := false
	for i := range m.set.inodes {
		in := &m.inodes[i]
		candidate := in.lru && (in.cnt > 0 || in.st != cached || !m.spared(uint8(i)) || m.set.shrinkable && m.anyEntry(uint8(i)))
		if candidate && i == way && m.mem == 0 {
			m.shrink(t, uint8(i))
			return true
		}
		some = some || candidate
	}
	switch {
	case way < m.set.inodes:
		return false
	case m.mem > 0:
		m.mem--
		m.next(t)
		return true
	case some:
		return false
	}
	for u := range m.tasks[:m.nt] {
		if uint8(u) != t && m.tasks[u].rec {
			m.sleeps(t, pcMSleep)
			return true
		}
	}
	m.next(t)
	return true
}

// work is what the worker does next: a deferred iput, or a deferred eviction:
// the oldest, or any that need not wait if busy ones are parked aside.
func (m *machine) work(t uint8, way int) bool {
	tk := &m.tasks[t]
	i := uint8(way % m.set.inodes)
	in := &m.inodes[i]
	switch {
	case way < m.set.inodes:
		if in.puts == 0 {
			return false
		}
		if in.cnt == 0 {
			m.hit |= 1 << violatesP5 // mutants only: one reference too few
			return true
		}
		in.puts--
		tk.ino = i
		if in.cnt--; in.cnt == 0 {
			m.final(t, i)
		} else {
			m.back(t)
		}
	case m.pol.Aside && in.q > 0 && !m.anyBusy(i):
		tk.ino, tk.pc = i, pcEDel
	case !m.pol.Aside && in.q == 1:
		tk.ino = i
		m.enter(t)
	default:
		return false
	}
	return true
}

func (m *machine) busy(i, p uint8) bool {
	pg := &m.pages[i][p]
	n := pg.pin
	if m.pol.DMAOnly {
		n -= pg.get
	}
	return pg.ent && n > 0
}

func (m *machine) anyBusy(i uint8) bool {
	return m.busy(i, 0) || m.busy(i, 1)
}

func (m *machine) anyEntry(i uint8) bool {
	return m.pages[i][0].ent || m.pages[i][1].ent
}
