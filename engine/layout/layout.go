// Package layout holds the policies: what is done about pinned pages and layout
// leases when an inode is evicted. The mechanism is in package vfs; a policy
// only chooses. Each is one file, with where it comes from, what it holds while
// it waits, what it can block on, and what goes wrong with it.
//
// The kernel's counterpart is the evict_inode operation of each file system,
// and the mail thread about what should stand in it.
package layout

import (
	"fmt"
	"strings"

	"daxbench/engine/vfs"
)

// A Policy breaks layouts at inode eviction in one particular way.
type Policy interface {
	vfs.Breaker
	// ID is its number in the list of policies, such as P7.
	ID() string
	Name() string
	// About is one line for people who choose a policy from a list.
	About() string
	// Origin says where the policy comes from: its number, and who proposed or
	// shipped it.
	Origin() string
	// Holds says what is held while it waits, or that it does not wait.
	Holds() string
	// BlocksOn says what it can wait for.
	BlocksOn() string
	// Rules is what it changes in the engine besides.
	Rules() vfs.Rules
	// Expect says what is known to go wrong with it.
	Expect() Expect
	// InCommonCode reports whether the break is made by code that all file
	// systems share, such as iput_final, write_inode_now, truncate or evict itself,
	// so that none of them can forget it.
	InCommonCode() bool
	// Safe reports whether no block should be reused while it is pinned: neither
	// U nor P1r is expected.
	Safe() bool
}

// facts are what there is to say of a policy.
type facts struct {
	id, name, about, origin string
	holds, blocksOn         string
	rules                   vfs.Rules
	expect                  Expect
	inCommonCode            bool
}

func (f *facts) ID() string         { return f.id }
func (f *facts) Name() string       { return f.name }
func (f *facts) About() string      { return f.about }
func (f *facts) Origin() string     { return f.id + "; " + f.origin }
func (f *facts) Holds() string      { return f.holds }
func (f *facts) BlocksOn() string   { return f.blocksOn }
func (f *facts) Rules() vfs.Rules   { return f.rules }
func (f *facts) Expect() Expect     { return f.expect }
func (f *facts) InCommonCode() bool { return f.inCommonCode }
func (f *facts) Safe() bool         { return f.expect.safe() }

// All lists the policies by their numbers.
var All = []Policy{
	none,
	dmaPinOnly,
	unconditional,
	breakIgnored,
	busyDrop,
	perEntry,
	writeback,
	lockedFinal,
	daxOnly,
	alwaysCall,
	inodeRef,
	stripedRef,
	vmaPin,
	layoutLease,
	refuse,
	notifyRevoke,
	deferFIFO,
	deferAside,
	quarantine,
	nowaitRetry,
	boundedWait,
}

// Default lists those that are compared if nobody says which, the cheapest
// first: what the kernel did, what it does, in both forms, and what was
// rejected.
var Default = []Policy{
	none,
	daxOnly,
	alwaysCall,
	unconditional,
}

// Lookup returns the policy with the given name or ID. A name with
// "+notify-revoke" behind it is that policy with an unplug that notifies.
func Lookup(name string) (Policy, error) {
	for _, p := range All {
		if p.Name() == name || strings.EqualFold(p.ID(), name) {
			return p, nil
		}
	}
	if base, ok := strings.CutSuffix(name, withNotify); ok {
		if p, err := Lookup(base); err == nil && !p.Rules().Notify {
			return notifying(p), nil
		}
	}
	return nil, fmt.Errorf("unknown policy %q; known: %s, and each with %s", name, strings.Join(Names(), ", "), withNotify)
}

// Names returns the names of all policies, in the order of All.
func Names() []string { return names(All) }

// DefaultNames returns the names of those in Default.
func DefaultNames() []string { return names(Default) }

func names(list []Policy) []string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name()
	}
	return names
}
