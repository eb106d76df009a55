// Package layout holds the policies: what is done about pinned pages and layout
// leases when an inode is evicted. The mechanism is in package vfs; a policy
// only chooses. Each is one file, with where it comes from, what it holds while
// it waits and what it can block on.
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
	Name() string
	// About is one line for people who choose a policy from a list.
	About() string
	// Origin says where the policy comes from: who proposed or shipped it, and
	// its number in the list of policies.
	Origin() string
	// Safe reports whether no block may be reused while it is pinned.
	Safe() bool
}

// All lists the policies, the cheapest first.
var All = []Policy{
	none{},
	daxOnly{},
	alwaysCall{},
	unconditional{},
}

// Lookup returns the policy with the given name.
func Lookup(name string) (Policy, error) {
	for _, p := range All {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unknown policy %q; known: %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all policies, in the order of All.
func Names() []string {
	names := make([]string, len(All))
	for i, p := range All {
		names[i] = p.Name()
	}
	return names
}
