package cells

import (
	"fmt"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// breakSizes are how many pages the files have, and how many files there are, one after the other: with one page table for
// all, so that not always the same lines are looked at where they are small.
var breakSizes = []struct {
	pages, files int
	most         float64
	extra        int
}{{512, 64, 0.1, quick}, {262_144, 1, 0.05, 0}}

// breaks are what it takes to make the pages of an idle file refuse pins, and to know that none is held.
func breaks() (list []Group) {
	for _, s := range breakSizes {
		cell := fmt.Sprintf("break/%d", s.pages)
		row := func(subject string, most float64) table.Row {
			return table.Row{Cell: cell, Subject: subject, Against: "CAS of each", Target: table.Target{Max: most}}
		}
		measure := func(how string, of func(*subjects.Mount) (*turns.Subject, error)) func(*Bench) error {
			return func(b *Bench) error {
				pages := s.pages
				if b.Small {
					pages = min(pages, 1024)
				}
				return measureBreaks(b, cell, pages, s.files, how, of)
			}
		}
		list = append(list,
			Group{Name: cell, Extra: s.extra, Rows: []table.Row{row(shutOnly, s.most), row("CAS again", 0)}, measure: measure(shutOnly, subjects.Breaks)},
			// In a group of its own: it faults all pages in before each chunk, which leaves no line of the others in the caches.
			Group{Name: cell + "/entries", Extra: s.extra, Rows: []table.Row{row(withEntries, s.most)}, measure: measure(withEntries, subjects.FullBreaks)},
		)
	}
	return list
}

// Where there is one file it is broken many times in a chunk, as a scan may take less than the clock can tell, and frozen once,
// as compare-and-swaps take a millisecond.
const (
	manyTimes = 16
	casOps    = 1
)

// The two kinds of breaks.
const (
	shutOnly    = "shut, scan, open"
	withEntries = "with entries deleted"
)

func measureBreaks(b *Bench, cell string, pages, files int, how string, of func(*subjects.Mount) (*turns.Subject, error)) error {
	mounted := func(make func(*subjects.Mount) (*turns.Subject, error)) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) {
			m, err := subjects.Open(subjects.MountOptions{Files: files, Pages: uint32(pages), DAX: true, Policy: "dax-only", Sparse: true})
			if err != nil {
				return nil, err
			}
			s, err := make(m)
			if err == nil {
				s.Close = m.Close
			}
			return s, err
		}
	}
	each := func() (*turns.Subject, error) {
		s := subjects.FreezeEach(files, pages)
		if files == 1 {
			s.Ops = casOps
		}
		return s, nil
	}
	list, shut, err := b.open([]opener{
		{"CAS of each", each},
		{"CAS again", each},
		{how, mounted(of)},
	})
	if err != nil {
		return err
	}
	defer shut()
	for _, s := range list {
		if s.Name == withEntries && files == 1 {
			s.Ops = 1 // it can be broken once
		}
	}
	next := 0
	turn := func(_ int, keys []uint32) {
		for i := range keys {
			keys[i] = uint32(next % files)
			next++
		}
	}
	chunk := files // each once
	if files == 1 {
		chunk = manyTimes
	}
	return b.ratios(cell, list, turns.Load{Workers: 1, Draw: turn, Ops: chunk})
}
