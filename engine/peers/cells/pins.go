package cells

import (
	"fmt"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

const (
	pinPages = 1024 // of each worker, in lines of its own: four pages of words
	onePage  = 7    // any
)

// pins are pin and unpin of pages, by the page table alone and through an open file.
func pins() []Group {
	g := Group{Name: "pin", Extra: quick, measure: measurePins}
	row := func(pages string, workers int, subject string, most float64) {
		g.Rows = append(g.Rows, table.Row{
			Cell: pinCell(pages, workers), Subject: subject, Against: "two adds", Target: table.Target{Max: most},
		})
	}
	for _, workers := range []int{1, 2} {
		row("distinct", workers, "page table", 1.15)
		row("distinct", workers, "open file", 1.15)
		row("distinct", workers, "two adds again", 0)
		row("distinct", workers, "arithmetic", 0)
		row("distinct", workers, "chain", 0)
	}
	row("one-page", 2, "page table", 1.3)
	row("one-page", 2, "open file", 1.3)
	row("one-page", 2, "two adds again", 0)
	return []Group{g}
}

func pinCell(pages string, workers int) string { return fmt.Sprintf("pin/%s/w%d", pages, workers) }

func measurePins(b *Bench) error {
	const all = pinPages * turns.MaxWorkers
	plain := func(make func(int) *turns.Subject) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) { return make(all), nil }
	}
	list, shut, err := b.open([]opener{
		{"two adds", plain(subjects.TwoAdds)},
		{"two adds again", plain(subjects.TwoAdds)},
		{"arithmetic", func() (*turns.Subject, error) { return subjects.Arithmetic(), nil }},
		{"chain", func() (*turns.Subject, error) { return subjects.Chain(), nil }},
		{"page table", plain(subjects.TablePins)},
		{"open file", func() (*turns.Subject, error) {
			m, err := subjects.Open(subjects.MountOptions{Files: 1, Pages: all, DAX: true, Policy: "dax-only"})
			if err != nil {
				return nil, err
			}
			s, err := subjects.FilePins(m)
			if err == nil {
				s.Close = m.Close
			}
			return s, err
		}},
	})
	if err != nil {
		return err
	}
	defer shut()
	own := make([]uint32, pinPages)
	for i := range own {
		own[i] = uint32(i)
	}
	uniform := turns.Uniform(own, b.Seed)
	distinct := func(w int, keys []uint32) {
		uniform(w, keys)
		for i := range keys {
			keys[i] += uint32(w * pinPages)
		}
	}
	same := func(_ int, keys []uint32) {
		for i := range keys {
			keys[i] = onePage
		}
	}
	for _, workers := range []int{1, 2} {
		for _, l := range []struct {
			pages string
			draw  func(int, []uint32)
		}{{"distinct", distinct}, {"one-page", same}} {
			if err := b.ratios(pinCell(l.pages, workers), list, turns.Load{Workers: workers, Draw: l.draw}); err != nil {
				return err
			}
		}
	}
	return nil
}
