package verify

import "daxbench/engine/vfs"

// Shapes about what there is one of: memory, a lease, the device.

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
