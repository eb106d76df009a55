package oracle

import (
	"strings"
	"testing"

	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// TestSpace holds what lies about on a region against what the ledger may say of it.
func TestSpace(t *testing.T) {
	lose := func(t *testing.T, fs *media.FS) {
		if _, err := fs.AllocBlocks(nil, 1); err != nil {
			t.Fatal(err)
		}
	}
	orphan := func(t *testing.T, fs *media.FS) {
		ino, gen, err := fs.AllocInode()
		if err != nil {
			t.Fatal(err)
		}
		if err := fs.Write(&media.Record{Ino: ino, Gen: gen}); err != nil {
			t.Fatal(err)
		}
	}
	freeTwice := func(t *testing.T, fs *media.FS) {
		list, err := fs.AllocBlocks(nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		rec := media.Record{Nlink: 1, Pages: 1, Extents: list}
		if rec.Ino, rec.Gen, err = fs.AllocInode(); err != nil {
			t.Fatal(err)
		}
		if err := fs.Write(&rec); err != nil {
			t.Fatal(err)
		}
		fs.FreeBlocks(list)
	}
	for _, tt := range []struct {
		name      string
		leave     func(*testing.T, *media.FS)
		before    []vfs.Event
		cached    uint32
		want, say string
	}{
		{name: "nothing", leave: func(*testing.T, *media.FS) {}},
		{name: "a lost block", leave: lose, want: "P3 L", say: "belongs to nobody and is not free"},
		{name: "a lost block, while another is pinned", leave: lose, before: []vfs.Event{on(vfs.Pinned, a, fileF, 12)}},
		{name: "a lost block of a device that is gone", leave: lose, before: []vfs.Event{of(a, vfs.DeviceGone)}},
		{name: "an orphan that is cached", leave: orphan, cached: 1},
		{name: "an orphan that is not", leave: orphan, want: "P3 L", say: "1 unlinked files"},
		{name: "a free block of a file", leave: freeTwice, want: "P1r U", say: "two can be given the same block"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			region, err := pmem.Open(pmem.Options{Size: media.MinSize(4, 8)})
			if err != nil {
				t.Fatal(err)
			}
			defer region.Close()
			fs, err := media.Format(region, media.Geometry{Inodes: 4})
			if err != nil {
				t.Fatal(err)
			}
			tt.leave(t, fs)
			l := new(Ledger)
			for _, e := range tt.before {
				l.Watch(e)
			}
			l.space(fs, tt.cached)
			if got := short(l.Findings()); got != tt.want || tt.say != "" && !strings.Contains(l.Findings()[0].Text, tt.say) {
				t.Errorf("found %v, want %q, %q", l.Findings(), tt.want, tt.say)
			}
		})
	}
}
