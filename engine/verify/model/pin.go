package model

import "math/bits"

// pinned returns the page that t's Pin is at: the lowest that it has not yet.
func (m *machine) pinned(t uint8) uint8 {
	return uint8(bits.TrailingZeros8(m.op(t).pages &^ m.tasks[t].hold))
}

// pin is the look before a page is pinned: a fault if its entry is missing. A
// task that has pins already gives them back before it waits for the gate.
func (m *machine) pin(t uint8, o *op) {
	tk := &m.tasks[t]
	p := m.pinned(t)
	pg := &m.pages[tk.ino][p]
	switch {
	case m.pol.Refuse && o.pin == unbounded:
		m.next(t)
	case m.gone > 0 || pg.blk != owned: // beyond the end of the file
		if tk.pc = pcRSub; tk.hold == 0 {
			m.next(t)
		}
	case m.inodes[tk.ino].frz:
		if tk.pc = pcRSub; tk.hold == 0 || m.mutants.has(WaitHoldingPin) {
			tk.pc = pcGArm
		}
	case !pg.ent:
		pg.ent = true
	case m.pol.Hold == HoldsInode:
		tk.pc = pcPRef
	case m.pol.Hold == HoldsStriped:
		tk.pc = pcPSum
	default:
		tk.pc = pcPAdd
	}
}

// pinStep makes the other steps of Pin.
func (m *machine) pinStep(t uint8) {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	p := m.pinned(t)
	pg := &m.pages[tk.ino][p]
	switch tk.pc {
	case pcPSum:
		if tk.pc = pcPAdd; in.sum == 0 {
			tk.pc = pcPRef
		}
		in.sum++
	case pcPRef:
		if !m.mutants.has(PinForgetsRef) {
			in.cnt++
		}
		tk.pc = pcPAdd
	case pcPAdd:
		if m.mutants.has(PinLoadStore) {
			tk.tmp, tk.pc = pg.pin, pcPStore
			return
		}
		m.count(t, pg, pg.pin+1)
	case pcPStore:
		m.count(t, pg, tk.tmp+1)
		tk.tmp = 0
	case pcPCheck:
		if (in.frz || !pg.ent || m.gone > 0) && !m.mutants.has(PinSkipsRecheck) {
			tk.pc = pcPUndo
			return
		}
		pg.val++
		tk.hold |= 1 << p
		if tk.pc = pcStart; m.op(t).pages&^tk.hold == 0 {
			m.next(t)
		}
	case pcPUndo:
		m.drop(pg, m.op(t).pin)
		if tk.pc = pcPWake; pg.pin > 0 || m.mutants.has(BackoffForgetsWake) {
			tk.pc = m.undone()
		}
	case pcPWake:
		m.wakePage(tk.ino, p)
		tk.pc = m.undone()
	case pcPUnref:
		m.unref(in)
		tk.pc = pcStart
	case pcGArm:
		m.sleeps(t, pcGTest)
	case pcGTest:
		if tk.pc = pcGSleep; !in.frz {
			tk.arm, tk.pc = false, pcStart
		}
	}
}

// count gives the page word a value that has one more pin of t's.
func (m *machine) count(t uint8, pg *page, pin uint8) {
	pg.pin = pin
	if m.op(t).pin == follGet {
		pg.get++
	}
	m.tasks[t].pc = pcPCheck
}

// undone is where a task goes after it has taken back a pin that failed.
func (m *machine) undone() uint8 {
	if m.pol.Hold == HoldsNothing {
		return pcStart
	}
	return pcPUnref
}

// unref gives back what a failed pin held. The task has a reference of its own
// still, so this is not the last.
func (m *machine) unref(in *inode) {
	if m.pol.Hold == HoldsInode {
		in.cnt--
		return
	}
	if in.sum--; in.sum == 0 {
		in.puts++
	}
}

// drop takes one pin off the page word; the last frees a block in quarantine.
func (m *machine) drop(pg *page, kind pinKind) {
	if pg.pin == 0 {
		return // mutants only, which counted wrong before
	}
	pg.pin--
	if kind == follGet && pg.get > 0 {
		pg.get--
	}
	if pg.pin == 0 && pg.blk == quarantined {
		pg.blk = freed
	}
}

// unpin drops t's pin on the lowest page that it has pinned.
func (m *machine) unpin(t uint8) {
	tk, w := &m.tasks[t], &m.set.workers[t]
	if tk.fen {
		tk.hold, tk.fen = 0, false
		m.unpinned(t)
		return
	}
	p := uint8(bits.TrailingZeros8(tk.hold))
	pg := &m.pages[tk.ino][p]
	if pg.blk == freed {
		m.hit |= 1 << violatesP1r // the device wrote until now
	}
	pg.val--
	m.drop(pg, w.pinKind)
	if m.mutants.has(DoubleUnpin) {
		m.drop(pg, w.pinKind)
	}
	tk.hold &^= 1 << p
	if pg.pin == 0 && !m.mutants.has(UnpinForgetsWake) {
		tk.pg, tk.pc = p, pcRWake
		return
	}
	m.letGo(t)
}

// unpinStep makes the other steps of Unpin, which Pin makes too if it gives
// pins back.
func (m *machine) unpinStep(t uint8) {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	switch tk.pc {
	case pcRSub:
		m.unpin(t)
	case pcRWake:
		m.wakePage(tk.ino, tk.pg)
		tk.pg = 0
		m.letGo(t)
	case pcRRef:
		if m.pol.Hold == HoldsStriped {
			if in.sum--; in.sum == 0 {
				tk.pc = pcRPut
				return
			}
		} else {
			m.deferPut(in)
		}
		m.unpinned(t)
	case pcRPut:
		m.deferPut(in)
		m.unpinned(t)
	}
}

// deferPut hands a reference to the worker: a completion may not sleep, and the
// last iput does.
func (m *machine) deferPut(in *inode) {
	if m.mutants.has(PutInInterrupt) {
		m.hit |= 1 << violatesP4
	}
	if !m.mutants.has(UnpinLeaksRef) {
		in.puts++
	}
}

// letGo goes on to what the pin held of the inode.
func (m *machine) letGo(t uint8) {
	if m.pol.Hold == HoldsNothing {
		m.unpinned(t)
		return
	}
	m.tasks[t].pc = pcRRef
}

// unpinned goes on after one page.
func (m *machine) unpinned(t uint8) {
	tk := &m.tasks[t]
	switch {
	case tk.hold != 0:
		tk.pc = pcRSub
	case m.op(t).kind == opPin:
		tk.pc = pcStart
	default:
		m.next(t)
	}
}

// fence takes the pins on inode i away from those who were given them. Their
// devices are refused from now on.
func (m *machine) fence(i uint8) {
	for t := range m.tasks[:m.nt] {
		tk, w := &m.tasks[t], &m.set.workers[t]
		if tk.hold == 0 || tk.fen || w.pinIno != i {
			continue
		}
		for p := range m.set.pages {
			if tk.hold>>p&1 == 1 {
				m.pages[i][p].val--
				m.drop(&m.pages[i][p], w.pinKind)
			}
		}
		tk.fen = true
	}
	for p := range m.set.pages {
		m.wakePage(i, uint8(p))
	}
}
