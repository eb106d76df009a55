package verify

import "daxbench/engine/vfs"

// Shapes about truncations, and about everything at once.

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
