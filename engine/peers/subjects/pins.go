package subjects

import (
	"sync/atomic"

	"daxbench/engine/internal/sync"
	"daxbench/engine/page"
	"daxbench/engine/peers/turns"
	"daxbench/engine/vfs"
)

// TwoAdds are two bare atomic adds on the word of a page: what a pin and an unpin cannot be cheaper than.
func TwoAdds(pages int) *turns.Subject {
	words := make([]atomic.Uint32, pages)
	return &turns.Subject{
		Run: func(_ int, keys []uint32) {
			for _, k := range keys {
				words[k].Add(1)
				words[k].Add(^uint32(0))
			}
		},
		Check: func() error {
			var bad faults
			for i := range words {
				bad[0].n += int(words[i].Load())
			}
			return bad.check("adds are left over")
		},
	}
}

// TablePins are a pin and an unpin of a page by the page table, as gup-fast and the engine's own short way do it: look at the
// gate, count, look again.
func TablePins(pages int) *turns.Subject {
	table, gate := page.NewTable(pages, sync.NewWaitTable(1), page.Options{}), new(page.Gate)
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				seq := gate.Enter()
				if table.Grab(page.PFN(k)); !seq.Open() || gate.Enter() != seq {
					n++
				}
				table.Unpin(page.PFN(k))
			}
			bad[w].n += n
		},
		Check: func() error {
			if _, busy := table.BusyPage(0, uint32(pages)); busy {
				bad[0].n++
			}
			return bad.check("pins were refused, or are left over")
		},
	}
}

// FilePins are the same through an open file: its mapping says which page it is. The mount has one DAX file.
func FilePins(m *Mount) (*turns.Subject, error) {
	in, err := m.mapped(0)
	if err != nil {
		return nil, err
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			t, n := m.tasks[w], 0
			for _, k := range keys {
				p, err := m.Pin(t, in, k)
				if err != nil {
					n++
					continue
				}
				m.Unpin(p)
			}
			bad[w].n += n
		},
		Check: func() error {
			if n := m.PinnedPages(); n > 0 {
				bad[0].n += n
			}
			return bad.check("pins were refused, or are left over")
		},
	}, nil
}

// mapped looks the i-th file up, keeps it, and maps all of it.
func (m *Mount) mapped(i int) (*vfs.Inode, error) {
	in, err := m.Iget(m.tasks[0], vfs.Ino(m.Inos[i]))
	if err != nil {
		return nil, err
	}
	m.held = append(m.held, in)
	return in, m.Fault(m.tasks[0], in, 0, in.Pages())
}

// FreezeEach freezes every page of a file by a compare-and-swap of its word, and with the next turn thaws them so: what a
// break costs where each page has a frozen bit. A key is a file.
func FreezeEach(files, pages int) *turns.Subject {
	const frozen = 1 << 31
	words := make([]atomic.Uint32, files*pages)
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			n := 0
			for _, k := range keys {
				of := words[int(k)*pages:][:pages]
				from, to := uint32(0), uint32(frozen)
				if of[0].Load() == frozen {
					from, to = to, from
				}
				for i := range of {
					if !of[i].CompareAndSwap(from, to) {
						n++
					}
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check("pages were not as they should be") },
	}
}

// Breaks makes the pages of mapped files idle and refuses pins on them, then lets them be pinned again: BusyPage and
// ThawLayout, the part of a break that there is something like in a table of frozen bits. A key is a file.
func Breaks(m *Mount) (*turns.Subject, error) {
	files, err := m.allMapped()
	if err != nil {
		return nil, err
	}
	var bad faults
	return &turns.Subject{
		Run: func(w int, keys []uint32) {
			t, n := m.tasks[w], 0
			for _, k := range keys {
				if _, busy := files[k].BusyPage(t, 0); busy {
					n++
				}
				files[k].ThawLayout()
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check("pages were busy") },
	}, nil
}

// FullBreaks are breaks as an eviction makes them: besides, the entries of the mapping are deleted, as the kernel does.
// They are put back before the next chunk, which is not timed. A key is a file, and none comes twice in a chunk.
func FullBreaks(m *Mount) (*turns.Subject, error) {
	files, err := m.allMapped()
	if err != nil {
		return nil, err
	}
	var bad faults
	return &turns.Subject{
		Prepare: func(w int, keys []uint32) {
			for _, k := range keys {
				files[k].ThawLayout()
				if m.Fault(m.tasks[w], files[k], 0, files[k].Pages()) != nil {
					bad[w].n++
				}
			}
		},
		Run: func(w int, keys []uint32) {
			t, n := m.tasks[w], 0
			for _, k := range keys {
				if files[k].BreakLayoutFinal(t) != nil {
					n++
				}
			}
			bad[w].n += n
		},
		Check: func() error { return bad.check("breaks or faults failed") },
	}, nil
}

func (m *Mount) allMapped() (files []*vfs.Inode, err error) {
	for i := range m.Inos {
		in, err := m.mapped(i)
		if err != nil {
			return nil, err
		}
		files = append(files, in)
	}
	return files, nil
}

// TouchedTable returns a page table every page of which was pinned once.
func TouchedTable(pages int) *page.Table {
	table, gate := page.NewTable(pages, sync.NewWaitTable(1), page.Options{}), new(page.Gate)
	for pfn := range page.PFN(pages) {
		if !table.TryPin(gate, gate.Enter(), pfn) {
			panic("subjects: a pin was refused through an open gate")
		}
		table.Unpin(pfn)
	}
	return table
}
