package pmem

import (
	"bytes"
	"fmt"
	"testing"
)

func BenchmarkPersist(b *testing.B) {
	for _, w := range []WriteBack{CLWB, CLFLUSHOPT, CLFLUSH, Portable} {
		if !Detect().Has(w) {
			continue
		}
		for _, n := range []int64{CacheLine, PageSize} {
			b.Run(fmt.Sprintf("path=%s/bytes=%d", w, n), func(b *testing.B) {
				r := mustOpen(b, Options{Size: 1 << 20, Populate: true, Flush: w})
				v := uint64(0)
				for off := int64(0); b.Loop(); off = (off + n) & (1<<20 - 1) {
					v++
					for i := off; i < off+n; i += CacheLine {
						r.Store64(i, v)
					}
					r.Persist(off, n)
				}
			})
		}
	}
}

func BenchmarkPage(b *testing.B) {
	page := bytes.Repeat([]byte{1}, PageSize)
	for _, c := range []PageCopy{NTStore, CopyFlush} {
		if c == NTStore && Detect().PageCopy != NTStore {
			continue
		}
		b.Run("copy="+c.String(), func(b *testing.B) {
			r := mustOpen(b, Options{Size: 64 << 20, Populate: true})
			r.copy = c
			b.SetBytes(PageSize)
			for off := int64(0); b.Loop(); off = (off + PageSize) & (64<<20 - 1) {
				r.CopyNT(off, page)
				r.Fence()
			}
		})
	}
}

func BenchmarkStore64(b *testing.B) {
	r := mustOpen(b, Options{Size: PageSize, Populate: true})
	for off := int64(0); b.Loop(); off = (off + 8) & (PageSize - 1) {
		r.Store64(off, 1)
	}
}

func BenchmarkFence(b *testing.B) {
	r := mustOpen(b, Options{Size: PageSize, Populate: true})
	for b.Loop() {
		r.Fence()
	}
}
