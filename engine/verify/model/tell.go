package model

import "fmt"

// tell says in words what the last step did. The machine is as it is after it.
func (m *machine) tell(before *machine, by step) string {
	was, is := &before.tasks[by.task], &m.tasks[by.task]
	a, in := inoName(was.ino), &m.inodes[min(was.ino, maxInodes-1)]
	switch was.pc {
	case pcStart:
		return m.tellStart(before, by)
	case pcRSub:
		return m.tellUnpin(before, by.task)
	case pcGArm, pcLArm, pcBArm:
		return "queues itself as a waiter"
	case pcISleep, pcGSleep, pcMSleep, pcQSleep:
		return "is awake and looks again"
	case pcPSum:
		return fmt.Sprintf("counts its pin in %s (%d→%d)", a, in.sum-1, in.sum)
	case pcPRef:
		return fmt.Sprintf("takes a reference to %s for its pin (%d)", a, in.cnt)
	case pcPAdd, pcPStore:
		p := before.pinned(by.task)
		if is.pc == pcPStore {
			return fmt.Sprintf("reads the count of page %d of %s", p, a)
		}
		return fmt.Sprintf("adds a pin to page %d of %s %s", p, a, change(before.pages[was.ino][p].pin, m.pages[was.ino][p].pin))
	case pcPCheck:
		if is.pc == pcPUndo {
			return "looks again: the page is being torn down"
		}
		return fmt.Sprintf("looks again: page %d of %s is pinned", before.pinned(by.task), a)
	case pcPUndo:
		p := before.pinned(by.task)
		return fmt.Sprintf("takes its pin off page %d of %s %s", p, a, change(before.pages[was.ino][p].pin, m.pages[was.ino][p].pin))
	case pcPWake, pcRWake, pcTWake, pcLWake, pcEWake:
		return "wakes " + m.woken(before)
	case pcPUnref:
		return "gives back what its pin would have held"
	case pcRRef, pcRPut:
		return "leaves the reference of the pin to the worker, or counts it off"
	case pcTGate:
		return "shuts the gate of " + a
	case pcTThaw:
		return "opens the gate of " + a
	case pcTDrop:
		return "drops ioLock of " + a
	case pcTCheck, pcELease:
		if is.pc == pcLArm {
			return "recalls the lease on " + a
		}
		return "finds no lease on " + a
	case pcTFree:
		return "truncates " + a + m.tellBlocks(before, was.ino)
	case pcEDel:
		return "deletes the entries of " + a
	case pcEUnqueue:
		return "takes " + a + " off the queue, wakes " + m.woken(before)
	case pcEFree:
		return "gives up the storage of " + a + m.tellBlocks(before, was.ino)
	}
	return m.tellWait(before, by)
}

// tellWait tells steps of waits and of evictions.
func (m *machine) tellWait(before *machine, by step) string {
	was, is := &before.tasks[by.task], &m.tasks[by.task]
	a, in := inoName(was.ino), &m.inodes[min(was.ino, maxInodes-1)]
	switch was.pc {
	case pcGTest, pcLTest, pcBTest:
		if is.pc == was.pc+1 {
			return "sleeps " + m.waitsFor(by.task)
		}
		return "need not sleep"
	case pcLSleep, pcBSleep:
		switch {
		case by.way == 0:
			return "is awake and looks again"
		case by.way == 2:
			return "is awake, by a signal"
		case m.pol.Deadline == Fence:
			return "fences " + a + " at the deadline, wakes " + m.woken(before)
		}
		return "gives up waiting at the deadline"
	case pcBScan:
		if is.pc == pcBArm || is.pc == pcBSpin || is.pc == pcEDefer {
			return fmt.Sprintf("finds page %d of %s pinned (count %d)", was.pg, a, m.pages[was.ino][was.pg].pin)
		}
		return fmt.Sprintf("finds page %d of %s idle", was.pg, a)
	case pcBSpin:
		return "tries again"
	case pcELock:
		return "takes ioLock of " + a
	case pcEDefer:
		if is.pc == pcQSleep {
			return "sleeps " + m.waitsFor(by.task)
		}
		return "hands " + a + " to the worker, wakes " + m.woken(before)
	case pcEHash:
		return a + " is out of the cache"
	case pcEMem:
		return "gives the memory of " + a + " back, wakes " + m.woken(before)
	case pcUNext:
		switch {
		case int(was.ino) == m.set.inodes:
			return "takes the device away"
		case is.pc != pcUNext:
			return "evicts " + a
		}
		return "passes " + a + " by"
	case pcOTake, pcOArm:
		return "goes on, with no lock held since it found " + a
	case pcIDrop:
		return "drops the last reference to " + a + ": " + m.ended(was.ino)
	}
	return fmt.Sprintf("makes step %d on %s, count %d", was.pc, a, in.cnt)
}

// tellStart tells the first step of an operation.
func (m *machine) tellStart(before *machine, by step) string {
	t := by.task
	was, is := &before.tasks[t], &m.tasks[t]
	o := before.op(t)
	a, in := inoName(was.ino), &m.inodes[was.ino]
	switch o.kind {
	case opOpen:
		switch {
		case is.ref && before.inodes[was.ino].st == gone:
			return "opens " + a + ": reads it into the cache"
		case is.ref:
			return fmt.Sprintf("opens %s (references %d)", a, in.cnt)
		case is.pc == pcISleep:
			return "finds " + a + " Freeing and sleeps until it is gone"
		case is.pc != pcStart:
			return "finds " + a + " and drops the lock of the chain"
		}
		return "does not find " + a + ": it is no more"
	case opPin:
		return m.tellPin(before, t)
	case opSubmit:
		return "starts I/O of " + m.name(o.to) + " with its pins"
	case opUnpin:
		return m.tellUnpin(before, t)
	case opIput:
		if in.cnt > 0 {
			return fmt.Sprintf("drops a reference to %s (%d left)", a, in.cnt)
		}
		return "drops the last reference to " + a + ": " + m.ended(was.ino)
	case opUnlink:
		return "unlinks " + a
	case opTrunc:
		return "takes ioLock of " + a
	case opLease:
		return "gets a lease on " + a
	case opReturn:
		return "returns the lease on " + a
	case opSignal:
		return "sends a signal to " + m.name(o.to)
	case opUnplug:
		return "begins to unplug the device"
	case opWork:
		if i := inoName(by.way % uint8(m.set.inodes)); int(by.way) < m.set.inodes {
			return "drops a reference to " + i + " for somebody: " + m.ended(by.way)
		} else {
			return "takes " + i + " out of the queue"
		}
	case opReclaim, opAlloc:
		return m.tellReclaim(before, by, is)
	}
	return "goes on"
}

func (m *machine) tellReclaim(before *machine, by step, is *task) string {
	switch i := by.way; {
	case is.pc == pcMSleep:
		return "finds no memory and sleeps behind another's reclaim"
	case m.mem < before.mem:
		return "allocates"
	case int(i) == m.set.inodes && before.op(by.task).kind == opAlloc:
		return "allocates from the reserves"
	case int(i) == m.set.inodes:
		return "finds nothing to reclaim"
	case is.rec:
		return "reclaims " + inoName(i) + ": it is Freeing"
	default:
		return "looks at " + inoName(i) + " on the LRU list and passes it by"
	}
}

func (m *machine) tellPin(before *machine, t uint8) string {
	was, is := &before.tasks[t], &m.tasks[t]
	p, a := before.pinned(t), inoName(was.ino)
	switch {
	case is.ip != was.ip:
		return fmt.Sprintf("may not pin page %d of %s", p, a)
	case is.pc == pcGArm || is.pc == pcRSub:
		return fmt.Sprintf("finds that page %d of %s is being torn down", p, a)
	case is.pc == pcStart:
		return fmt.Sprintf("faults page %d of %s in", p, a)
	}
	return fmt.Sprintf("finds page %d of %s mapped", p, a)
}

func (m *machine) tellUnpin(before *machine, t uint8) string {
	was := &before.tasks[t]
	if was.fen {
		return "is refused by the fence"
	}
	for p := range m.set.pages {
		if x, y := before.pages[was.ino][p], m.pages[was.ino][p]; x.pin != y.pin {
			return fmt.Sprintf("unpins page %d of %s %s", p, inoName(was.ino), change(x.pin, y.pin))
		}
	}
	return "unpins nothing"
}

// tellBlocks tells what became of blocks that are given up.
func (m *machine) tellBlocks(before *machine, i uint8) (text string) {
	for p := range m.set.pages {
		x, y := &before.pages[i][p], &m.pages[i][p]
		switch {
		case x.blk == y.blk:
		case y.blk == quarantined:
			text += fmt.Sprintf("; block %d is quarantined (count %d)", p, y.pin)
		case x.val > 0:
			text += fmt.Sprintf("; block %d is free, and pinned (count %d)", p, x.pin)
		default:
			text += fmt.Sprintf("; block %d is free", p)
		}
	}
	return text
}
