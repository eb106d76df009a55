package vfs

import (
	"fmt"
	"strings"

	"daxbench/engine/page"
)

// A Preset is a set of switches that make an engine like one kernel, as far as
// they reach. The zero Preset changes nothing.
type Preset struct {
	Name, About string
	switches    Options // those that a preset sets
}

// Presets lists what there is. The kernels' are read from their sources; what
// they do not say is this engine's own. Both kernels have one inode_hash_lock,
// one s_inodes list, one LRU list per node, of which there is one here, and 256
// wait queues for the whole machine. A lookup takes no lock here, as there since
// 6.11 (find_inode_rcu in iget_locked); that up to 6.10 it takes inode_hash_lock
// is not modelled.
var Presets = []Preset{
	{
		Name:  "6.0",
		About: "Linux 6.0: one lock per table and list; a page is 4 KiB and idle at one reference; the busy scan needs a VMA and skips locked entries",
		switches: Options{
			Stripes: 1, LRULists: 1, InodeLists: 1, WaitQueues: 256, LRU: EntriesKeepOff,
			Refcount: page.Base1, Granule: page.Page, Scan: MappedOnly | SkipLocked,
		},
	}, {
		Name:  "6.19",
		About: "Linux 6.19: one lock per table and list; folios, mappings count as references, and the busy scan sees everything",
		switches: Options{
			Stripes: 1, LRULists: 1, InodeLists: 1, WaitQueues: 256, LRU: EntriesKeepOff,
			Refcount: page.Base0, Granule: page.Folio,
		},
	}, {
		Name:  "best",
		About: "the best that can be built: striped locks, no list of all inodes, a wait queue for nearly every waiter, folios that are idle when only mappings are left, and a break at eviction that goes on where it waited",
		switches: Options{
			Stripes: 64, LRULists: 64, WaitQueues: 4096, LRU: EntriesIgnored,
			Refcount: page.Base0Maps, Granule: page.Folio, Scan: Resumes,
		},
	},
}

// PresetNames returns the names of all presets, in the order of Presets.
func PresetNames() []string {
	names := make([]string, len(Presets))
	for i, p := range Presets {
		names[i] = p.Name
	}
	return names
}

// LookupPreset returns the preset with the given name.
func LookupPreset(name string) (Preset, error) {
	for _, p := range Presets {
		if p.Name == name {
			return p, nil
		}
	}
	return Preset{}, fmt.Errorf("unknown kernel %q; known: %s", name, strings.Join(PresetNames(), ", "))
}

// Apply sets the switches of o to those of the preset and leaves the rest of o
// alone.
func (p Preset) Apply(o Options) Options {
	if p.Name == "" {
		return o
	}
	s := p.switches
	o.Stripes, o.LRULists, o.InodeLists, o.WaitQueues, o.LRU = s.Stripes, s.LRULists, s.InodeLists, s.WaitQueues, s.LRU
	o.Refcount, o.Granule, o.Scan = s.Refcount, s.Granule, s.Scan
	return o
}

// LRU returns the preset's rule, and Stripes how many there are of the hash
// table, for who lets its users choose those.
func (p Preset) LRU() LRURule { return p.switches.LRU }

// Stripes: see LRU.
func (p Preset) Stripes() int { return p.switches.Stripes }
