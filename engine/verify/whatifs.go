package verify

import "daxbench/engine/vfs"

// Shapes whose violations are not held against a policy.

var leaseNoref = &Shape{
	Name:   "lease-noref",
	About:  "a lease that does not hold the file is out when the file is evicted",
	WhatIf: "in Linux a lease holds the file",
	Shows:  properties("P1e P1r P2 P2m P2s P2b P4 P5"),
	cache:  vfs.Options{CacheInodes: 2},
	set:    func(s *stage) { leased(s) },
}

var shrinkable = &Shape{
	Name:     "shrinkable",
	About:    "a file with entries goes idle, under the LRU rules since 5.16",
	WhatIf:   "the other shapes let reclaim take inodes with DAX entries",
	Shows:    properties("P1e P1r P2b P3 P4 P5 P7"),
	cache:    vfs.Options{LRU: vfs.EntriesKeepOff},
	fixesLRU: true,
	set: func(s *stage) {
		var f *file
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) { a.ioOn(f, d, 1) })
		s.actor("K", (*actor).reclaim)
		s.actor("M", (*actor).needMemory)
		var in *vfs.Inode
		f, in = t.make("F", 2)
		t.close(in)
	},
}

var share = &Shape{
	Name:   "share",
	About:  "one of two files that share a block is written to while a device has that block",
	WhatIf: "the copy replaces an entry that nobody looks at, before any eviction",
	Shows:  properties("P1e P1r P2b P4 P5"),
	set: func(s *stage) {
		var in [2]*vfs.Inode
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) {
			a.io(in[0], d, vfs.How{}, 0)
			a.say("writes to F, which gets a copy")
			must("write", a.eng.CowWrite(a.task, in[0], 0))
			a.close(in[0])
		})
		u := s.actor("U", func(a *actor) { a.unlink(in[1]); a.close(in[1]) })
		_, in[0] = t.make("F", 1)
		_, in[1] = u.make("G", 1)
		must("reflink", s.eng.Reflink(u.task, in[0], 0, in[1], 0, 1))
		t.fault(in[0], 0, 1)
	},
}
