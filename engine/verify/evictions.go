package verify

import "daxbench/engine/vfs"

// The shapes have the names of the sets of package model, where there is such a
// set, and the same actors: T is who does I/O, D the device that completes it, U
// who unlinks, R who truncates, K who reclaims, L who has a layout lease, N who
// makes the next file.
//
// Here are those about evictions.

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

var twoPages = &Shape{
	Name:  "two-pages",
	About: "a file is unlinked and closed while two devices write to it, each to a page of its own",
	Shows: properties("P1e P1r P2b P3 P4 P5"),
	small: true,
	set: func(s *stage) {
		var in *vfs.Inode
		d, e := s.actor("D", device), s.actor("E", device)
		u := s.actor("U", func(a *actor) { a.unlink(in); a.close(in) })
		f := d.pinned("F", 2, 0)
		e.pins(e.has(f), 1)
		in = u.has(f)
	},
}

var munmap = &Shape{
	Name:  "munmap",
	About: "a file is mapped, closed, pinned through the mapping and unmapped while a device writes to it",
	Shows: properties("P1e P1r P2b P3 P4 P5"),
	set: func(s *stage) {
		var f *file
		var in *vfs.Inode
		d := s.actor("D", device)
		t := s.actor("T", func(a *actor) {
			v := a.mmap(in, 1)
			a.close(in)
			a.io(in, d, vfs.How{}, 0)
			a.munmap(v)
		})
		s.actor("U", func(a *actor) { a.visit(f, a.unlink) })
		s.actor("K", (*actor).reclaim)
		f, in = t.make("F", 1)
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

var cross = &Shape{
	Name:  "cross",
	About: "two tasks each have a pin on the file that the other one closes last",
	Shows: properties("P1e P1r P2 P2s P2b P3 P4 P5"),
	set: func(s *stage) {
		var in [2]*vfs.Inode
		end := func(i int) func(*actor) {
			return func(a *actor) { a.unlink(in[i]); a.close(in[i]); device(a) }
		}
		t, o := s.actor("T", end(1)), s.actor("S", end(0))
		s.actor("K", (*actor).reclaim)
		f, g := t.pinned("F", 1, 0), o.pinned("G", 1, 0)
		in[0], in[1] = o.has(f), t.has(g)
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
