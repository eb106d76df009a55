package model

// The steps within operations; 0 is the first of each. What they do stands in
// README.md, section 5, under the same names.
const (
	pcStart = iota
	pcISleep
	pcPSum
	pcPRef
	pcPAdd
	pcPStore // mutant: the second half of a pin that is load and store
	pcPCheck
	pcPUndo
	pcPWake
	pcPUnref
	pcGArm
	pcGTest
	pcGSleep
	pcRSub
	pcRWake
	pcRRef
	pcRPut
	pcTCheck
	pcTGate
	pcTFree
	pcTThaw
	pcTWake
	pcTDrop
	pcLArm
	pcLTest
	pcLSleep
	pcBScan
	pcBArm
	pcBTest
	pcBSleep
	pcBSpin
	pcELock
	pcELease
	pcEDefer
	pcQSleep
	pcEDel
	pcEUnqueue
	pcEFree
	pcEHash
	pcEWake
	pcEMem
	pcMSleep
	pcLWake
	pcUNext
	pcOTake // mutant: Open with the stripe lock already dropped
	pcOArm  // mutant: likewise, about to sleep
	pcIDrop // mutant: Iput with the count already dropped
)

// A machine makes steps. It has the state that it works on.
type machine struct {
	state
	pol     Policy
	set     *Set
	mutants mutants
	nt      uint8
	hit     violations // by the last step
}

func newMachine(p Policy, s *Set, bug Mutant) *machine {
	m := &machine{pol: p, set: s, mutants: 1 << bug, nt: uint8(len(s.workers))}
	if bug == ReclaimWaits && p.Reclaim == Keep {
		m.pol.Reclaim = Wait
	}
	for i := range s.inodes {
		m.inodes[i] = inode{lnk: true, lru: true}
	}
	for t := range s.workers {
		w, tk := &s.workers[t], &m.tasks[t]
		tk.ref, tk.hold = w.ref, w.hold
		if w.ref {
			m.inodes[w.refIno].cnt++
		}
		for p := range s.pages {
			if w.hold>>p&1 == 1 {
				m.pinnedAtFirst(&m.inodes[w.pinIno], &m.pages[w.pinIno][p])
			}
		}
		if !m.applies(uint8(t)) {
			m.next(uint8(t))
		}
		tk.ino = m.op(uint8(t)).ino
	}
	return m
}

// pinnedAtFirst gives a page a pin, and the pin what it holds, before the first
// step.
func (m *machine) pinnedAtFirst(in *inode, pg *page) {
	pg.ent = true
	pg.pin++
	pg.val++
	switch m.pol.Hold {
	case HoldsInode:
		in.cnt++
	case HoldsStriped:
		if in.sum++; in.sum == 1 {
			in.cnt++
		}
	}
}

func (m *machine) op(t uint8) *op { return &m.set.workers[t].script[m.tasks[t].ip] }

// applies says whether there is a point in t's operation: for one, nothing can
// be done with a file that could not be opened.
func (m *machine) applies(t uint8) bool {
	tk := &m.tasks[t]
	switch m.op(t).kind {
	case opPin, opUnlink, opTrunc, opIput, opLease:
		return tk.ref
	case opSubmit, opUnpin:
		return tk.hold != 0
	case opReturn:
		return tk.ls
	}
	return true
}

// next ends t's operation.
func (m *machine) next(t uint8) {
	tk := &m.tasks[t]
	for tk.ip++; !m.applies(t); {
		tk.ip++
	}
	tk.pc, tk.ino, tk.pg, tk.rec, tk.tmp = pcStart, m.op(t).ino, 0, false, 0
}

// back starts t's operation again: it has one more thing to do, or to try.
func (m *machine) back(t uint8) {
	tk := &m.tasks[t]
	tk.pc, tk.ino, tk.pg, tk.rec = pcStart, 0, 0, false
}

// atRest says whether t need not go on.
func (m *machine) atRest(t uint8) bool {
	switch m.op(t).kind {
	case opEnd, opAwait:
		return true
	case opWork:
		return m.tasks[t].pc == pcStart
	}
	return false
}

// ways returns how many steps there may be for t to choose from.
func (m *machine) ways(t uint8) int {
	tk := &m.tasks[t]
	switch tk.pc {
	case pcStart:
		switch m.op(t).kind {
		case opEnd, opAwait:
			return 0
		case opReclaim, opAlloc:
			return m.set.inodes + 1
		case opWork:
			return 2 * m.set.inodes
		}
	case pcLSleep, pcBSleep:
		return 3
	case pcISleep, pcGSleep, pcMSleep, pcQSleep:
		if tk.arm {
			return 0
		}
	}
	return 1
}

// step makes step number way of t's, and says whether it was possible. If not,
// nothing has changed.
func (m *machine) step(t uint8, way int) bool {
	tk := &m.tasks[t]
	switch pc := tk.pc; {
	case pc == pcStart:
		return m.start(t, way)
	case pc == pcISleep, pc == pcMSleep: // looks again, from the start
		return m.wakes(t, pcStart)
	case pc == pcGSleep:
		return m.wakes(t, pcGArm)
	case pc >= pcPSum && pc <= pcGTest:
		m.pinStep(t)
	case pc >= pcRSub && pc <= pcRPut:
		m.unpinStep(t)
	case pc >= pcTCheck && pc <= pcTDrop:
		m.truncStep(t)
	case pc >= pcLArm && pc <= pcLSleep:
		return m.leaseStep(t, way)
	case pc >= pcBScan && pc <= pcBSpin:
		return m.breakStep(t, way)
	case pc >= pcELock && pc <= pcEMem:
		return m.evictStep(t)
	case pc == pcLWake:
		m.wake(m.tasks[t].ino, pcLTest, pcLSleep)
		m.next(t)
	case pc == pcUNext:
		m.unplugNext(t)
	default:
		m.mutantStep(t)
	}
	return true
}

// start makes the first step of t's operation.
func (m *machine) start(t uint8, way int) bool {
	tk := &m.tasks[t]
	o := m.op(t)
	switch in := &m.inodes[tk.ino]; o.kind {
	case opOpen:
		m.open(t)
	case opPin:
		m.pin(t, o)
	case opSubmit:
		to := &m.tasks[o.to]
		to.hold, to.fen = tk.hold, tk.fen
		tk.hold, tk.fen = 0, false
		m.next(o.to)
		m.next(t)
	case opUnpin:
		m.unpin(t)
	case opIput:
		m.iput(t)
	case opUnlink:
		in.lnk = false
		m.next(t)
	case opTrunc:
		return m.truncLock(t)
	case opLease:
		if in.iol != 0 || in.lease {
			return false
		}
		in.lease, tk.ls = true, true
		m.next(t)
	case opReturn:
		in.lease, tk.ls = false, false
		if tk.pc = pcLWake; m.mutants.has(LeaseReturnForgetsWake) {
			m.next(t)
		}
	case opAlloc:
		return m.alloc(t, way)
	case opReclaim:
		return m.reclaim(t, way)
	case opUnplug:
		m.unplug(t)
	case opSignal:
		m.tasks[o.to].sig = true
		m.next(t)
	case opWork:
		return m.work(t, way)
	}
	return true
}

// sleeps queues t as a waiter that will not look again before it sleeps: what
// it waits for cannot change before it is queued, since a lock is held.
func (m *machine) sleeps(t, pc uint8) { m.tasks[t].arm, m.tasks[t].pc = true, pc }

// wakes lets t go on at pc if somebody has woken it.
func (m *machine) wakes(t, pc uint8) bool {
	if m.tasks[t].arm {
		return false
	}
	m.tasks[t].pc = pc
	return true
}

// wake wakes who waits for something of inode i: whoever is at the step test,
// armed but still looking, or at asleep.
func (m *machine) wake(i, test, asleep uint8) {
	for t := range m.tasks[:m.nt] {
		if tk := &m.tasks[t]; (tk.pc == test || tk.pc == asleep) && tk.ino == i {
			tk.arm = false
		}
	}
}

// wakePage wakes who waits for page p of inode i to be idle.
func (m *machine) wakePage(i, p uint8) {
	for t := range m.tasks[:m.nt] {
		if tk := &m.tasks[t]; (tk.pc == pcBTest || tk.pc == pcBSleep) && tk.ino == i && tk.pg == p {
			tk.arm = false
		}
	}
}

// wakeAll wakes all who sleep at pc.
func (m *machine) wakeAll(pc uint8) {
	for t := range m.tasks[:m.nt] {
		if tk := &m.tasks[t]; tk.pc == pc {
			tk.arm = false
		}
	}
}
