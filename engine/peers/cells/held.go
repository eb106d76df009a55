package cells

import (
	"errors"
	"fmt"
	"slices"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// held is insert and evict where 99 of 100 cached inodes are referenced, against the same where none is: reclaim must not
// look at them again and again.
func held() (list []Group) {
	for _, size := range sizes {
		name := "held/" + size.name
		g := Group{Name: name, measure: func(b *Bench) error { return measureHeld(b, name, b.size(size.n)) }}
		for _, workers := range []int{1, 2} {
			g.Rows = append(g.Rows, table.Row{
				Cell: heldCell(name, workers), Subject: "99 % held", Against: "none held", Target: table.Target{Max: 1.3},
			})
		}
		list = append(list, g)
	}
	return list
}

func heldCell(group string, workers int) string { return fmt.Sprintf("%s/w%d", group, workers) }

func measureHeld(b *Bench, name string, n int) error {
	keep := n * 99 / 100
	var list []*turns.Subject
	var inos []uint32
	for _, held := range []int{0, keep} {
		m, err := subjects.Open(subjects.MountOptions{Files: keep + subjects.WalkOver(n), Cache: n, Policy: "dax-only", Vfs: b.cache()})
		if err != nil {
			return err
		}
		defer m.Close()
		if list == nil {
			inos = m.Inos
		} else if !slices.Equal(m.Inos, inos) {
			return errors.New("two engines give their files different numbers")
		}
		if err := m.Hold(held); err != nil {
			return err
		}
		s := m.Insert()
		s.Name = "none held"
		if held > 0 {
			s.Name = "99 % held"
		}
		list = append(list, s)
	}
	walk := turns.Walk(walkOrder(inos[keep:], n, b.Seed))
	for _, workers := range []int{1, 2} {
		if err := b.ratios(heldCell(name, workers), list, turns.Load{Workers: workers, Draw: walk}); err != nil {
			return err
		}
	}
	return nil
}
