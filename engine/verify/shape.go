package verify

import (
	"fmt"
	"slices"
	"strings"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// A Shape is a small set of tasks on a small engine, in which certain properties
// can be violated, if the policy lets them. Its tasks must have no source of
// chance but the order of their steps.
type Shape struct {
	Name  string
	About string // one line
	Shows []layout.Property

	// WhatIf, if not "", says why what is found here is not held against a policy.
	WhatIf string

	small    bool // few enough tasks to play every schedule with one preemption
	cache    vfs.Options
	inodes   uint32       // files that fit on the region; 0: defaultInodes
	set      func(*stage) // makes the files and the actors
	fixesLRU bool         // the LRU rule is what it is about: a kernel does not change it
}

const (
	defaultInodes = 4
	regionBlocks  = 8 // data blocks of a shape's region
)

// All lists the shapes.
var All = []*Shape{
	unlink, twoPages, munmap, truncate, truncaters, reclaimTruncate, self, room, cross, lookup, dontcache, withLease, unplug, unplugIdle,
	memory, signal, reopen, mixed,
	leaseNoref, shrinkable, share,
}

// Lookup returns the shape with the given name.
func Lookup(name string) (*Shape, error) {
	for _, s := range All {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("unknown shape %q; known: %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all shapes, in the order of All.
func Names() []string {
	names := make([]string, len(All))
	for i, s := range All {
		names[i] = s.Name
	}
	return names
}

// properties splits a list such as "P1e P1r".
func properties(list string) (out []layout.Property) {
	for _, name := range strings.Fields(list) {
		out = append(out, layout.Property(name))
	}
	return out
}

// expected returns the properties of among that p declares to violate.
func expected(p layout.Policy, among []layout.Property) []layout.Property {
	return slices.DeleteFunc(slices.Clone(among), func(x layout.Property) bool { return !p.Expect().ViolatesProperty(x) })
}
