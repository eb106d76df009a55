// Package workloads holds the storms: what is asked of the engine. Each is one
// file that says what one operation is, what of it is timed, and with which
// parameters; package driver runs them. README.md beside this file explains how
// the measuring works.
package workloads

import (
	"fmt"
	"strings"

	"daxbench/workloads/driver"
)

// All lists the workloads, those about eviction first.
var All = []*driver.Workload{
	evictStormWorkload,
	unlinkStormWorkload,
	leaseRecallWorkload,
	unmountStormWorkload,
	truncateRaceWorkload,
	igetChurnWorkload,
	insertEvictWorkload,
	pinMixWorkload,
	pinPageWorkload,
	breakIdleWorkload,
	nopWorkload,
}

// Lookup returns the workload with the given name.
func Lookup(name string) (*driver.Workload, error) {
	for _, wl := range All {
		if wl.Name == name {
			return wl, nil
		}
	}
	return nil, fmt.Errorf("unknown workload %q; known: %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all workloads, in the order of All.
func Names() []string {
	names := make([]string, len(All))
	for i, wl := range All {
		names[i] = wl.Name
	}
	return names
}
