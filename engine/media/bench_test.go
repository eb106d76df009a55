package media

import (
	"fmt"
	"testing"
)

func benchFS(b *testing.B) (*FS, []*Record) {
	fs := newFS(b, 1024, 1<<15)
	fragment(b, fs)
	var files []*Record
	for _, n := range []uint32{1, 4, 5, 64, 512} {
		files = append(files, create(b, fs, n))
	}
	b.ReportAllocs()
	return fs, files
}

func BenchmarkRead(b *testing.B) {
	fs, files := benchFS(b)
	for _, rec := range files {
		b.Run(fmt.Sprintf("extents=%d", len(rec.Extents)), func(b *testing.B) {
			var got Record
			for b.Loop() {
				if err := fs.Read(rec.Ino, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWrite writes records whose extents stay (chain=kept) and such that need a new overflow chain.
func BenchmarkWrite(b *testing.B) {
	fs, files := benchFS(b)
	for _, rec := range files {
		b.Run(fmt.Sprintf("extents=%d/chain=kept", len(rec.Extents)), func(b *testing.B) {
			for b.Loop() {
				if err := fs.Write(rec); err != nil {
					b.Fatal(err)
				}
			}
		})
		if len(rec.Extents) <= inlineExtents {
			continue
		}
		b.Run(fmt.Sprintf("extents=%d/chain=new", len(rec.Extents)), func(b *testing.B) {
			n := len(rec.Extents) - 1
			for b.Loop() {
				rec.Extents[n], rec.Extents[n-1] = rec.Extents[n-1], rec.Extents[n]
				if err := fs.Write(rec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWriteParallel shows what inodes beside each other cost two workers.
func BenchmarkWriteParallel(b *testing.B) {
	fs := newFS(b, 1024, 64)
	b.RunParallel(func(pb *testing.PB) {
		ino, gen, err := fs.AllocInode()
		if err != nil {
			b.Fatal(err)
		}
		rec := Record{Ino: ino, Gen: gen, Nlink: 1, Pages: 1}
		for pb.Next() {
			fs.Write(&rec)
		}
	})
}

func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []uint32{1, 4, 16, 64} {
		for _, state := range []string{"fresh", "fragmented"} {
			b.Run(fmt.Sprintf("blocks=%d/region=%s", n, state), func(b *testing.B) {
				fs := newFS(b, 16, 1<<14)
				if state == "fragmented" {
					fragment(b, fs)
				}
				b.ReportAllocs()
				list := make([]Extent, 0, n)
				for b.Loop() {
					list, _ = fs.AllocBlocks(list[:0], n)
					fs.FreeBlocks(list)
				}
			})
		}
	}
}

func BenchmarkAllocFreeParallel(b *testing.B) {
	for _, hint := range []string{"none", "ino"} {
		b.Run("hint="+hint, func(b *testing.B) {
			fs := newFS(b, 1024, 1<<14)
			b.RunParallel(func(pb *testing.PB) {
				ino, _, err := fs.AllocInode()
				if err != nil {
					b.Fatal(err)
				}
				list := make([]Extent, 0, 16)
				for pb.Next() {
					if hint == "ino" {
						list, _ = fs.AllocBlocksNear(uint32(ino), list[:0], 4)
					} else {
						list, _ = fs.AllocBlocks(list[:0], 4)
					}
					fs.FreeBlocks(list)
				}
			})
		})
	}
}

// BenchmarkInode is the life of a file on the region: three durable writes and an allocation.
func BenchmarkInode(b *testing.B) {
	fs := newFS(b, 1024, 1<<14)
	rec := Record{Extents: make([]Extent, 0, 4)}
	b.ReportAllocs()
	for b.Loop() {
		rec.Ino, rec.Gen, _ = fs.AllocInode()
		rec.Nlink = 1
		rec.Extents, _ = fs.AllocBlocksNear(uint32(rec.Ino), rec.Extents[:0], 4)
		fs.Write(&rec)
		rec.Nlink = 0
		fs.Write(&rec)
		fs.FreeInode(rec.Ino)
		fs.FreeBlocks(rec.Extents)
	}
}

func BenchmarkMount(b *testing.B) {
	fs := newFS(b, 1<<14, 1<<15)
	for b.Loop() {
		if _, err := Mount(fs.Region()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1<<14), "ns/inode")
}
