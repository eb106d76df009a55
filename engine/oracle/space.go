package oracle

import (
	"fmt"

	"daxbench/engine/media"
	"daxbench/engine/page"
)

// space compares the free blocks and inodes of a region with what its records say
// is in use; cached is how many unlinked inodes are in the cache. The events do not
// count for this: that somebody said a block was freed does not make it free.
//
// Nothing is judged while a page is pinned, for its block may be in quarantine by
// right; nor once the device is gone, since after a shutdown nothing is freed.
func (l *Ledger) space(fs *media.FS, cached uint32) {
	if l.gone || len(l.pins) > 0 {
		return
	}
	report, err := fs.Check()
	if err != nil && report.Total == 0 {
		panic(fmt.Errorf("oracle: %w", err))
	}
	for _, p := range report.Problems {
		o, pfn := media.Owner{Ino: p.Ino}, page.PFN(p.Block)
		switch p.Kind {
		case media.Lost:
			if p.Ino != 0 {
				l.find("P3", "L", o, 0, "inode %d belongs to nobody and is not free", p.Ino)
				break
			}
			if p.Count > 1 {
				l.find("P3", "L", o, pfn, "blocks %d to %d belong to nobody and are not free", p.Block, p.Block+p.Count-1)
				break
			}
			l.find("P3", "L", o, pfn, "block %d belongs to nobody and is not free", p.Block)
		case media.OwnedAndFree, media.FreeTwice, media.DoubleOwned:
			l.find("P1r", "U", o, pfn, "two can be given the same block: %v", p)
		default:
			panic(fmt.Errorf("oracle: %w", err))
		}
	}
	if report.Orphans > cached {
		l.find("P3", "L", media.Owner{}, 0, "%d unlinked files have blocks and are not in the cache: until the next mount", report.Orphans-cached)
	}
}
