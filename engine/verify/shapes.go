package verify

import "daxbench/engine/vfs"

// The shapes have the names of the sets of package model, and the same actors: T
// is who does I/O, D the device that completes it, U who unlinks, R who
// truncates, K who reclaims, L who has a layout lease, N who makes the next file.

var unlink = &Shape{
	Name:  "unlink",
	About: "a file is unlinked and closed, or reclaimed, while a device writes to it; the next file gets its block",
	Shows: properties("P1e P1r P2b P3 P4 P5"),
	set: func(s *stage) {
		var f *file
		var in *vfs.Inode
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) { a.ioOn(f, d, 1) })
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		s.actor("K", (*actor).reclaim)
		s.actor("N", (*actor).next)
		f, in = t.make("F", 2)
		t.close(in)
	},
}

var truncate = &Shape{
	Name:  "truncate",
	About: "a file is truncated while two devices write to it, one through a FOLL_GET pin",
	Shows: properties("P1r P5"),
	set: func(s *stage) {
		var in [3]*vfs.Inode
		d, e := s.actor("D", device), s.actor("E", device)
		t := s.actor("T", func(a *actor) { a.io(in[0], d, vfs.How{}, 0, 1); a.close(in[0]) })
		g := s.actor("G", func(a *actor) { a.io(in[1], e, vfs.How{Kind: vfs.FollGet}, 0); a.close(in[1]) })
		r := s.actor("R", func(a *actor) { a.truncate(in[2], 0); a.close(in[2]) })
		var f *file
		f, in[0] = t.make("F", 2)
		in[1], in[2] = g.has(f), r.has(f)
	},
}

var truncaters = &Shape{
	Name:  "truncaters",
	About: "two tasks truncate the same file while a device writes to it",
	Shows: properties("P1r P5"),
	set: func(s *stage) {
		var in [3]*vfs.Inode
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) { a.io(in[0], d, vfs.How{}, 1); a.close(in[0]) })
		r := s.actor("R", func(a *actor) { a.truncate(in[1], 1); a.close(in[1]) })
		q := s.actor("S", func(a *actor) { a.truncate(in[2], 0); a.close(in[2]) })
		var f *file
		f, in[0] = t.make("F", 2)
		in[1], in[2] = r.has(f), q.has(f)
	},
}

var reclaimTruncate = &Shape{
	Name:  "reclaim-truncate",
	About: "an idle file is reclaimed while a device writes to it; then it is opened and truncated",
	Shows: properties("P1e P1r P2b P4 P5"),
	set: func(s *stage) {
		var f *file
		d := s.actor("D", device)
		s.actor("K", (*actor).reclaim)
		s.actor("R", func(a *actor) { a.visit(f, func(in *vfs.Inode) { a.truncate(in, 0) }) })
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		f = d.pinned("F", 2, 1)
	},
}

var self = &Shape{
	Name:  "self",
	About: "who closes an unlinked file has to drop the pin itself afterwards (vmsplice)",
	Shows: properties("P1e P1r P2 P2s P2b P3 P4 P5"),
	small: true,
	set: func(s *stage) {
		var f *file
		var in *vfs.Inode
		t := s.actor("T", func(a *actor) {
			p, ok := a.pin(in, 0, vfs.How{Kind: vfs.FollGet, Unbounded: true})
			a.unlink(in)
			a.close(in)
			if ok {
				a.complete(p)
			}
		})
		s.actor("O", func(a *actor) { a.visit(f, nil) })
		f, in = t.make("F", 1)
	},
}

var room = &Shape{
	Name:  "room",
	About: "who closes two unlinked files has to drop the pins on both afterwards",
	Shows: properties("P1e P1r P2 P2s P3 P4 P5"),
	small: true,
	set: func(s *stage) {
		var in [2]*vfs.Inode
		t := s.actor("T", func(a *actor) {
			var pins []vfs.Pin
			for _, in := range in {
				if p, ok := a.pin(in, 0, vfs.How{}); ok {
					pins = append(pins, p)
				}
				a.unlink(in)
			}
			for _, in := range in {
				a.close(in)
			}
			a.completeAll(pins)
		})
		_, in[0] = t.make("F", 1)
		_, in[1] = t.make("G", 1)
	},
}

var dontcache = &Shape{
	Name:  "dontcache",
	About: "the I/O looks its file up, which is linked and evicted with its last close (I_DONTCACHE)",
	Shows: properties("P1e P1r P2 P2f P2s P4 P5"),
	small: true,
	set: func(s *stage) {
		var f *file
		var in *vfs.Inode
		d := s.actor("D", func(a *actor) { a.visit(f, nil); device(a) })
		u := s.actor("U", func(a *actor) { a.close(in) })
		f = d.pinned("F", 1, 0)
		in = u.has(f)
		in.DontCache()
	},
}

var lookup = &Shape{
	Name:  "lookup",
	About: "the I/O looks its file up by number before it unpins",
	Shows: properties("P1e P1r P2 P2f P2s P2b P3 P4 P5"),
	small: true,
	set: func(s *stage) {
		var f *file
		var in *vfs.Inode
		d := s.actor("D", func(a *actor) { a.visit(f, nil); device(a) })
		u := s.actor("U", func(a *actor) { a.unlink(in); a.close(in) })
		s.actor("K", (*actor).reclaim)
		f = d.pinned("F", 1, 0)
		in = u.has(f)
	},
}

var memory = &Shape{
	Name:  "memory",
	About: "two idle files are pinned; each I/O needs memory before it can unpin, and there is none",
	Shows: properties("P1e P1r P2 P2m P2b P3 P4 P5"),
	cache: vfs.Options{CacheInodes: 2},
	set: func(s *stage) {
		var in *vfs.Inode
		d := func(a *actor) { a.needMemory(); device(a) }
		d1, d2 := s.actor("D1", d), s.actor("D2", d)
		u := s.actor("U", func(a *actor) { a.unlink(in); a.close(in) })
		s.actor("K", (*actor).reclaim)
		f := d1.pinned("F", 1, 0)
		d2.pinned("G", 1, 0)
		in = u.has(f)
	},
}

var withLease = &Shape{
	Name:  "lease",
	About: "a lease holder needs memory to return the lease; the file is truncated and unlinked",
	Shows: properties("P1e P2b P4 P5"),
	cache: vfs.Options{CacheInodes: 2, LeaseHoldsFile: true},
	set:   func(s *stage) { leased(s) },
}

var leaseNoref = &Shape{
	Name:   "lease-noref",
	About:  "a lease that does not hold the file is out when the file is evicted",
	WhatIf: "in Linux a lease holds the file",
	Shows:  properties("P1e P1r P2 P2m P2s P2b P4 P5"),
	cache:  vfs.Options{CacheInodes: 2},
	set:    func(s *stage) { leased(s) },
}

// leased is what the lease shapes have in common; G is there to be reclaimed.
func leased(s *stage) {
	var in [3]*vfs.Inode
	var c *client
	d := s.actor("D", device)
	l := s.actor("L", func(a *actor) {
		a.close(in[0])
		a.needMemory()
		a.say("returns its lease")
		c.lease.Return()
	})
	r := s.actor("R", func(a *actor) { a.truncate(in[1], 0); a.close(in[1]) })
	u := s.actor("U", func(a *actor) { a.unlink(in[2]); a.close(in[2]) })
	s.actor("K", (*actor).reclaim)
	var f *file
	f, in[0] = l.make("F", 1)
	c = l.takeLease(in[0])
	in[1], in[2] = r.has(f), u.has(f)
	d.pinned("G", 1, 0)
}

var unplug = &Shape{
	Name:  "unplug",
	About: "the device is removed while a file on it is in use, or idle and pinned",
	Shows: properties("P1e P1r P1u P3 P4 P5"),
	set: func(s *stage) {
		var f *file
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) { a.ioOn(f, d, 0) })
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		s.actor("X", (*actor).unplug)
		var in *vfs.Inode
		f, in = t.make("F", 1)
		t.close(in)
	},
}

var unplugIdle = &Shape{
	Name:  "unplug-idle",
	About: "the device is removed while files on it are closed, but pinned",
	Shows: properties("P1e P1u P4 P5"),
	small: true,
	set: func(s *stage) {
		d, e := s.actor("D", device), s.actor("E", device)
		s.actor("X", (*actor).unplug)
		d.pinned("F", 1, 0)
		e.pinned("G", 1, 0)
	},
}

var signal = &Shape{
	Name:  "signal",
	About: "the closer and the truncater of a pinned file get signals; each waits for another page",
	Shows: properties("P1e P1r P3 P4 P5"),
	set: func(s *stage) {
		var in [2]*vfs.Inode
		d, e := s.actor("D", device), s.actor("E", device)
		r := s.actor("R", func(a *actor) { a.truncate(in[0], 1); a.close(in[0]) })
		u := s.actor("U", func(a *actor) { a.unlink(in[1]); a.close(in[1]) })
		s.actor("I", func(a *actor) { a.kill(r); a.kill(u) })
		f := d.pinned("F", 2, 0)
		in[0], in[1] = r.has(f), u.has(f)
		e.acting = r
		r.io(in[0], e, vfs.How{}, 1)
	},
}

var reopen = &Shape{
	Name:  "reopen",
	About: "a file without pins is opened, closed, unlinked and reclaimed",
	Shows: properties("P4 P5 P7"),
	cache: vfs.Options{CacheInodes: 2},
	set: func(s *stage) {
		var f *file
		s.actor("O", func(a *actor) { a.visit(f, nil) })
		p := s.actor("P", func(a *actor) { a.visit(f, nil) })
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		s.actor("K", (*actor).reclaim)
		s.actor("M", (*actor).needMemory)
		var in *vfs.Inode
		f, in = p.make("F", 1)
		p.close(in)
	},
}

var mixed = &Shape{
	Name:  "mixed",
	About: "all of it at once: I/O, an unlinker, a truncater, an allocation, reclaim",
	Shows: properties("P1e P1r P2 P2m P2b P3 P4 P5 P7"),
	cache: vfs.Options{CacheInodes: 2},
	set: func(s *stage) {
		var f *file
		d := s.actor("D", func(a *actor) { pins := a.await(); a.needMemory(); a.completeAll(pins) })
		t := s.actor("T", func(a *actor) { a.ioOn(f, d, 0) })
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		s.actor("R", func(a *actor) { a.visit(f, func(in *vfs.Inode) { a.truncate(in, 0) }) })
		s.actor("K", (*actor).reclaim)
		var in *vfs.Inode
		f, in = t.make("F", 1)
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
