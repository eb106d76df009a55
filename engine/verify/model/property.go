package model

// A Property is something that a policy should never let happen.
type Property string

// The properties. P2m, P2f and P2s are causes of P2: where one of them is found,
// P2 is. A lost wake-up is P2 without a cause.
const (
	P1e Property = "P1e"
	P1r Property = "P1r"
	P1u Property = "P1u"
	P2  Property = "P2"
	P2m Property = "P2m"
	P2f Property = "P2f"
	P2s Property = "P2s"
	P2b Property = "P2b"
	P3  Property = "P3"
	P4  Property = "P4"
	P5  Property = "P5"
	P7  Property = "P7"
)

// Properties holds them in the order of tables.
var Properties = []Property{P1e, P1r, P1u, P2, P2m, P2f, P2s, P2b, P3, P4, P5, P7}

// Meaning says in a few words what happens if the property is violated.
func (p Property) Meaning() string { return meanings[p] }

var meanings = map[Property]string{
	P1e: "an inode is evicted while a page of it is pinned",
	P1r: "a block is freed under a pin or a lease, or a device writes to a freed block",
	P1u: "the device goes while a page of it is pinned",
	P2:  "tasks wait for ever: a deadlock, or a lost wake-up",
	P2m: "tasks wait for ever, since who has the pin needs memory first",
	P2f: "tasks wait for ever, since who has the pin waits for the inode that is being evicted",
	P2s: "tasks wait for ever, since who has the pin dropped the last reference and waits for pins itself",
	P2b: "a task in reclaim waits for a pin or a lease",
	P3:  "an unlinked inode without references stays in the cache",
	P4:  "something that may sleep is called under a spin lock or in an interrupt",
	P5:  "an inode is destroyed while it is referenced",
	P7:  "an idle linked inode is where reclaim never finds it, or a reference is lost",
}

// violations is a set of properties: bit k is Properties[k].
type violations uint16

const (
	violatesP1e = iota
	violatesP1r
	violatesP1u
	violatesP2
	violatesP2m
	violatesP2f
	violatesP2s
	violatesP2b
	violatesP3
	violatesP4
	violatesP5
	violatesP7
)

// atEnd judges a state from which there is no step.
func (m *machine) atEnd() (v violations) {
	for t := range m.nt {
		if !m.atRest(t) {
			v |= 1<<violatesP2 | m.cause(t)
		}
	}
	if v != 0 {
		return v
	}
	for i := range m.set.inodes {
		in := &m.inodes[i]
		if in.st != cached {
			continue
		}
		if in.cnt == 0 && !in.lnk {
			v |= 1 << violatesP3
		}
		if in.cnt > 0 || in.lnk && !in.lru {
			v |= 1 << violatesP7
		}
	}
	return v
}

// cause says why t, which waits for ever, makes others wait: because it has
// what they need, and waits itself.
func (m *machine) cause(t uint8) violations {
	tk := &m.tasks[t]
	if has := tk.hold != 0 && !tk.fen || tk.ls; !has {
		return 0
	}
	switch {
	case tk.rec, tk.pc == pcMSleep:
		return 1 << violatesP2m
	case tk.pc == pcISleep:
		return 1 << violatesP2f
	case m.op(t).kind != opTrunc && (tk.pc == pcBSleep || tk.pc == pcBSpin || tk.pc == pcQSleep || tk.pc == pcLSleep):
		return 1 << violatesP2s
	}
	return 0
}
