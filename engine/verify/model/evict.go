package model

// evict begins the eviction of inode i by t.
func (m *machine) evict(t, i uint8) {
	in := &m.inodes[i]
	in.st, in.lru = freeing, false
	m.tasks[t].ino = i
	if m.mutants.has(EvictUnderLock) {
		m.hit |= 1 << violatesP4
	}
	m.enter(t)
}

// enter goes to what the policy does first. (One that keeps busy inodes has
// looked already.)
func (m *machine) enter(t uint8) {
	tk := &m.tasks[t]
	tk.pg = 0
	switch how := m.how(t); {
	case how == Ignore || how == Keep:
		tk.pc = pcEDel
	case m.pol.Lock:
		tk.pc = pcELock
	default:
		tk.pc = pcBScan
	}
}

// how is what t's eviction does about a busy page.
func (m *machine) how(t uint8) Busy {
	tk := &m.tasks[t]
	switch kind := m.op(t).kind; {
	case tk.rec:
		return m.pol.Reclaim
	case kind == opUnplug:
		return m.pol.Unplug
	case kind == opWork && m.inodes[tk.ino].q > 0:
		return Wait
	case m.inodes[tk.ino].lnk:
		return m.pol.Dropped
	}
	return m.pol.Final
}

// evictStep makes the steps of an eviction but those of breakStep.
func (m *machine) evictStep(t uint8) bool {
	tk := &m.tasks[t]
	i := tk.ino
	in := &m.inodes[i]
	switch tk.pc {
	case pcELock:
		if in.iol != 0 {
			return false
		}
		in.iol, tk.pc = t+1, pcBScan
	case pcELease:
		if tk.pc = pcEDel; in.lease {
			m.unlock(t, in)
			tk.pc = pcLArm
		}
	case pcEDefer:
		m.deferEviction(t)
	case pcQSleep:
		tk.pg = 0
		return m.wakes(t, pcBScan)
	case pcEDel:
		for p := range m.set.pages {
			m.deleteEntry(&m.pages[i][p])
		}
		m.unlock(t, in)
		if tk.pc = pcEUnqueue; m.op(t).kind != opWork || in.q == 0 {
			m.toFree(t, in)
		}
	case pcEUnqueue:
		m.dequeue(in)
		m.toFree(t, in)
	case pcEFree:
		for p := range m.set.pages {
			m.free(in, &m.pages[i][p])
		}
		tk.pc = m.unhashFirst(pcEHash, pcEWake)
	case pcEHash:
		if in.cnt > 0 || in.lru || in.st == gone {
			m.hit |= 1 << violatesP5
		}
		in.st = gone
		tk.pc = m.unhashFirst(pcEWake, pcEMem)
	case pcEWake:
		if !m.mutants.has(EvictForgetsWake) {
			m.wake(i, pcISleep, pcISleep)
		}
		tk.pc = m.unhashFirst(pcEMem, pcEHash)
	case pcEMem:
		m.mem++
		m.wakeAll(pcMSleep)
		m.evicted(t)
	}
	return true
}

// toFree goes on once the entries are gone: only the storage of an unlinked
// inode is freed.
func (m *machine) toFree(t uint8, in *inode) {
	if m.tasks[t].pc = pcEFree; in.lnk {
		m.tasks[t].pc = m.unhashFirst(pcEHash, pcEWake)
	}
}

// unhashFirst returns the step to go to: a if inodes are unhashed before
// lookups are woken, as they should.
func (m *machine) unhashFirst(a, b uint8) uint8 {
	if m.mutants.has(WakeBeforeUnhash) {
		return b
	}
	return a
}

// deleteEntry cuts a page off its inode. Whoever has it pinned is on its own.
func (m *machine) deleteEntry(pg *page) {
	if pg.val > 0 {
		m.hit |= 1 << violatesP1e
	}
	pg.ent = false
}

// free gives a block back, or leaves that to its last unpin. Nothing is freed
// on a file system that is shut down.
func (m *machine) free(in *inode, pg *page) {
	switch {
	case m.gone > 0 || pg.blk != owned:
	case m.pol.Check && pg.pin > 0:
		pg.blk = quarantined
	default:
		pg.blk = freed
		if pg.val > 0 || in.lease {
			m.hit |= 1 << violatesP1r
		}
	}
}

// unlock drops ioLock if t has it.
func (m *machine) unlock(t uint8, in *inode) {
	if in.iol == t+1 {
		in.iol = 0
	}
}

// evicted goes on after an eviction. An allocation tries again, the worker and
// unplug have more to do.
func (m *machine) evicted(t uint8) {
	switch tk := &m.tasks[t]; m.op(t).kind {
	case opAlloc, opWork:
		m.back(t)
	case opUnplug:
		tk.ino, tk.pg, tk.pc = tk.ino+1, 0, pcUNext
	default:
		m.next(t)
	}
}

// deferEviction hands the inode to the worker, or waits until there is room.
func (m *machine) deferEviction(t uint8) {
	tk := &m.tasks[t]
	taken := uint8(0)
	for j := range m.set.inodes {
		if m.inodes[j].q > 0 {
			taken++
		}
	}
	if taken < m.pol.Room || tk.rec {
		m.inodes[tk.ino].q = 1 + taken
		m.wakeAll(pcMSleep) // this reclaim is over, although it gave nothing
		m.evicted(t)
		return
	}
	m.sleeps(t, pcQSleep)
}

func (m *machine) dequeue(in *inode) {
	for j := range m.set.inodes {
		if m.inodes[j].q > in.q {
			m.inodes[j].q--
		}
	}
	in.q = 0
	m.wakeAll(pcQSleep)
}

// unplug begins the removal of the device.
func (m *machine) unplug(t uint8) {
	tk := &m.tasks[t]
	tk.pc = pcUNext
	switch {
	case m.pol.Drain:
		m.gone = 1
		if !m.mutants.has(NotifySkipsDrain) {
			tk.tmp, tk.pc = 1, pcBScan
		}
	case m.pol.Notify:
		m.gone = 1
		for i := range m.set.inodes {
			for p := range m.set.pages {
				m.pages[i][p].ent = false
			}
		}
	}
}

// unplugNext evicts the next idle inode, as evict_inodes does, and in the end
// takes the memory away.
func (m *machine) unplugNext(t uint8) {
	tk := &m.tasks[t]
	i := tk.ino
	switch {
	case int(i) == m.set.inodes:
		for j := range m.set.inodes {
			for p := range m.set.pages {
				if m.pages[j][p].val > 0 {
					m.hit |= 1 << violatesP1u
				}
			}
		}
		m.gone = 2
		m.next(t)
	case m.inodes[i].st == cached && m.inodes[i].cnt == 0 && !(m.pol.Unplug == Keep && m.anyBusy(i)):
		m.evict(t, i)
	default:
		tk.ino++
	}
}
