package layout

import (
	"slices"
	"strings"
)

// An Invariant is what a policy should keep at eviction, whatever happens; it is
// printed as its letter.
type Invariant byte

// Invariants lists them, in the order in which they are printed.
const Invariants = "UALRHKXW"

// Meaning says what must hold.
func (i Invariant) Meaning() string {
	switch i {
	case 'U':
		return "no block is used anew while it is pinned"
	case 'A':
		return "a pinned page can always be traced to its inode"
	case 'L':
		return "the blocks of an unlinked file come back in bounded time after its last unpin"
	case 'R':
		return "reclaim never waits for a pin"
	case 'H':
		return "an inode whose pages are idle is not held up by one whose pages are not"
	case 'K':
		return "nobody waits with a sleeping lock held that could be needed for the wait to end"
	case 'X':
		return "nothing sleeps in atomic context"
	case 'W':
		return "no wake-up is lost"
	}
	return ""
}

func (i Invariant) String() string { return string(rune(i)) }

// Name is what the invariant is about, in a word or three.
func (i Invariant) Name() string {
	switch i {
	case 'U':
		return "use"
	case 'A':
		return "association"
	case 'L':
		return "leak"
	case 'R':
		return "reclaim"
	case 'H':
		return "head of line"
	case 'K':
		return "lock"
	case 'X':
		return "atomic"
	case 'W':
		return "wake-up"
	}
	return ""
}

// A Property is what an exploration of interleavings looks for.
type Property string

// Properties lists them, in the order in which they are printed. P2m, P2f and
// P2s are causes of P2: where one of them is found, P2 is.
var Properties = []Property{"P1e", "P1r", "P1u", "P2", "P2m", "P2f", "P2s", "P2b", "P3", "P4", "P5", "P7"}

var meanings = map[Property]string{
	"P1e": "an inode is evicted while one of its pages is pinned",
	"P1r": "a block is freed under a pin or a lease, or a device reaches a freed block",
	"P1u": "the memory is unplugged under a pin",
	"P2":  "tasks wait for each other without end",
	"P2m": "the end of an I/O needs memory, and who could free some waits for that I/O",
	"P2f": "the end of an I/O looks up an inode whose evictor waits for that I/O",
	"P2s": "who holds the pin drops the last reference and waits for itself",
	"P2b": "a task that reclaims sleeps on a pin or a lease",
	"P3":  "an unlinked inode that nobody uses stays in the cache",
	"P4":  "a call that may sleep is made under a spinlock",
	"P5":  "an inode is destroyed while somebody refers to it",
	"P7":  "reclaim can never find an idle linked inode, or a reference is leaked",
}

// Meaning says what goes wrong where the property is violated.
func (p Property) Meaning() string { return meanings[p] }

// Deadlock is the property of which some others are causes: who shows one of them shows it.
const Deadlock = Property("P2")

// Family returns the property that p is a cause of, or p.
func (p Property) Family() Property {
	switch p {
	case "P2m", "P2f", "P2s":
		return Deadlock
	}
	return p
}

// Invariants are those that a search for p looks at, too, as engine/README.md has them in a table; empty if there is none.
// What breaks p need not break them: of a finding only its own letters count.
func (p Property) Invariants() string {
	switch p {
	case "P1e":
		return "A"
	case "P1r":
		return "U"
	case "P2":
		return "KW"
	case "P2f", "P2s":
		return "H"
	case "P2m", "P2b":
		return "R"
	case "P3", "P7":
		return "L"
	case "P4":
		return "X"
	}
	return ""
}

// Expect says what checks of a policy should come to.
type Expect struct {
	Breaks   string            // invariants that a litmus scenario shows broken, such as "UA", in the order of Invariants
	Violates string            // properties that some interleaving violates, such as "P1e P1r", in the order of Properties
	Why      map[string]string // by invariant or property: a sentence
}

// BreaksInvariant reports whether i should be shown broken.
func (e Expect) BreaksInvariant(i Invariant) bool { return strings.IndexByte(e.Breaks, byte(i)) >= 0 }

// ViolatesProperty reports whether p should be found violated.
func (e Expect) ViolatesProperty(p Property) bool {
	return slices.Contains(strings.Fields(e.Violates), string(p))
}

// safe reports whether no block should be used anew while it is pinned.
func (e Expect) safe() bool { return !e.BreaksInvariant('U') && !e.ViolatesProperty("P1r") }

// A reason is why some invariants and properties do not hold.
type reason struct{ of, because string }

// because gives the reason for a list such as "R P2b".
func because(of, sentence string) reason { return reason{of, sentence} }

// expect makes an Expect of the reasons; of two for the same the first counts.
// What an unplug does is the same with every policy.
func expect(reasons ...reason) Expect {
	e := Expect{Why: make(map[string]string)}
	for _, r := range append(reasons, unplug) {
		for _, of := range strings.Fields(r.of) {
			if _, given := e.Why[of]; !given {
				e.Why[of] = r.because
			}
		}
	}
	for _, i := range Invariants {
		if _, broken := e.Why[string(i)]; broken {
			e.Breaks += string(i)
		}
	}
	var found []string
	for _, p := range Properties {
		if _, ok := e.Why[string(p)]; ok {
			found = append(found, string(p))
		}
	}
	e.Violates = strings.Join(found, " ")
	return e
}

// and adds reasons to e.
func (e Expect) and(more ...reason) Expect {
	for of, because := range e.Why {
		more = append(more, reason{of, because})
	}
	return expect(more...)
}

// Reasons that several policies share.
var (
	unplug = because("P1u", "An unplug passes over inodes in use and takes their memory; a pin does not hold the device.")

	// Of whoever waits for pins in the task that evicts.
	waitsInReclaim = because("R P2b", "Reclaim evicts, and its Breaker sleeps until the last unpin.")
	waitsInOrder   = because("H", "What is behind it on the dispose list waits along.")
	waitsForMemory = because("P2 P2m", "The end of the I/O needs memory and is throttled behind the reclaimer who waits for it.")
	waitsFindable  = because("P2 P2f", "The end of the I/O looks up the inode, which is Freeing until that I/O ends.")
	waitsForItself = because("P2 P2s", "Who holds the pin may drop the last reference, and then waits for its own pin.")
)

// waits are the reasons of a policy that waits without a limit in the task that
// evicts, before those that it has besides.
func waits(more ...reason) []reason {
	return append([]reason{waitsInReclaim, waitsInOrder, waitsForMemory, waitsFindable, waitsForItself}, more...)
}
