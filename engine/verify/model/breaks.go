package model

// truncLock is the first step of Trunc. ioLock is a sleeping lock that loses
// no wake-ups, so it is a guard.
func (m *machine) truncLock(t uint8) bool {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	if in.iol != 0 && !m.mutants.has(BreakersShareGate) {
		return false
	}
	in.iol, tk.pc = t+1, pcTCheck
	return true
}

// truncStep makes the other steps of Trunc but those of breakStep and
// leaseStep.
func (m *machine) truncStep(t uint8) {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	switch tk.pc {
	case pcTCheck:
		if tk.pc = pcTGate; in.lease && !m.mutants.has(TruncSkipsLeases) {
			in.iol, tk.pc = 0, pcLArm
		}
	case pcTGate:
		in.frz = !m.mutants.has(BreakWithoutFreeze)
		if tk.pc = pcBScan; m.mutants.has(TruncSkipsPins) {
			tk.pc = pcTFree
		}
	case pcTFree:
		for p := range m.set.pages {
			pg := &m.pages[tk.ino][p]
			m.free(in, pg)
			pg.ent = false
		}
		tk.pc = pcTThaw
	case pcTThaw:
		in.frz = in.frz && m.mutants.has(TruncForgetsThaw)
		tk.pc = pcTWake
	case pcTWake:
		m.wake(tk.ino, pcGTest, pcGSleep)
		tk.pc = pcTDrop
	case pcTDrop:
		in.iol = 0
		m.next(t)
	}
}

// leaseStep makes the steps of breaking leases, with ioLock dropped. All is
// looked at again afterwards.
func (m *machine) leaseStep(t uint8, way int) bool {
	tk := &m.tasks[t]
	in := &m.inodes[tk.ino]
	switch tk.pc {
	case pcLArm:
		m.sleeps(t, pcLTest)
	case pcLTest:
		if !in.lease {
			m.leasesBroken(t)
			return true
		}
		if tk.rec {
			m.hit |= 1 << violatesP2b
		}
		tk.pc = pcLSleep
	case pcLSleep:
		switch {
		case way == 0:
			return m.wakes(t, pcLArm)
		case way == 1 && m.pol.Deadline == Fence:
			in.lease = false
			m.leasesBroken(t)
		case way == 2 && tk.sig && m.op(t).kind == opTrunc:
			tk.arm = false
			m.next(t)
		default:
			return false
		}
	}
	return true
}

func (m *machine) leasesBroken(t uint8) {
	m.tasks[t].arm = false
	if m.op(t).kind == opTrunc {
		m.tasks[t].pc = pcStart
		return
	}
	m.enter(t)
}

// breakStep makes the steps of waiting for pins: in Trunc, in an eviction, and
// when unplug drains the device.
func (m *machine) breakStep(t uint8, way int) bool {
	tk := &m.tasks[t]
	switch tk.pc {
	case pcBScan:
		m.scan(t)
	case pcBArm:
		if m.sleeps(t, pcBTest); m.mutants.has(TestThenArm) {
			tk.pc = pcBSleep
		}
	case pcBTest:
		switch {
		case !m.busy(tk.ino, tk.pg):
			tk.arm = false
			m.rescan(t)
		default:
			if tk.rec {
				m.hit |= 1 << violatesP2b
			}
			tk.pc = pcBSleep
		}
	case pcBSleep:
		return m.endSleep(t, way)
	case pcBSpin:
		if m.busy(tk.ino, tk.pg) {
			return false
		}
		m.rescan(t)
	}
	return true
}

// scan looks at one page.
func (m *machine) scan(t uint8) {
	tk := &m.tasks[t]
	trunc, drain := m.op(t).kind == opTrunc, tk.tmp == 1
	if m.busy(tk.ino, tk.pg) {
		how := Wait
		if !trunc && !drain {
			how = m.how(t)
		}
		switch how {
		case Spin:
			if tk.rec {
				m.hit |= 1 << violatesP2b
			}
			tk.pc = pcBSpin
		case Defer:
			tk.pc = pcEDefer
		default:
			tk.pc = pcBArm
		}
		return
	}
	if m.pol.PerEntry && !trunc && !drain {
		m.deleteEntry(&m.pages[tk.ino][tk.pg])
	}
	if tk.pg++; int(tk.pg) < m.set.pages && !m.mutants.has(BreakFirstPageOnly) {
		return
	}
	tk.pg = 0
	switch {
	case trunc:
		tk.pc = pcTFree
	case drain && int(tk.ino)+1 < m.set.inodes:
		tk.ino++
	case drain:
		tk.ino, tk.tmp, tk.pc = 0, 0, pcUNext
	case m.pol.Leases:
		tk.pc = pcELease
	default:
		tk.pc = pcEDel
	}
}

// rescan starts again from the first page, unless this policy goes on with the
// entry that it waited for.
func (m *machine) rescan(t uint8) {
	tk := &m.tasks[t]
	tk.pc = pcBScan
	if !m.pol.PerEntry || m.op(t).kind == opTrunc || tk.tmp == 1 {
		tk.pg = 0
	}
}

// endSleep ends a sleep: by a wake-up, by the deadline, or by a signal.
func (m *machine) endSleep(t uint8, way int) bool {
	tk := &m.tasks[t]
	trunc, drain := m.op(t).kind == opTrunc, tk.tmp == 1
	switch {
	case way == 0:
		if tk.arm {
			return false
		}
		m.rescan(t)
		return true
	case way == 1 && m.pol.Deadline == GiveUp && !trunc && !drain:
		tk.pc = pcEDel
	case way == 1 && m.pol.Deadline == Fence && !drain:
		m.fence(tk.ino)
		tk.pc = pcBScan
	case way == 2 && tk.sig && trunc:
		tk.pc = pcTThaw
	case way == 2 && tk.sig && m.pol.Interruptible && !drain:
		tk.pc = pcEDel
	default:
		return false
	}
	tk.arm, tk.pg = false, 0
	return true
}
