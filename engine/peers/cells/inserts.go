package cells

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// inserts are lookups of what is not cached, at capacity, so that each evicts one: non-DAX inodes under dax-only. The
// engine's reads a record of the region and verifies it. "+record" is a library that does the same for the value that it
// stores, which is like for like; without it the library stores what it is given. Both are held to the targets.
func inserts() (list []Group) {
	for _, size := range sizes {
		name := "insert/" + size.name
		g := Group{Name: name, measure: func(b *Bench) error { return measureInserts(b, name, b.size(size.n)) }}
		for _, workers := range []int{1, 2} {
			row := func(subject, against string, most float64) {
				g.Rows = append(g.Rows, table.Row{Cell: insertCell(name, workers), Subject: subject, Against: against, Target: table.Target{Max: most}})
			}
			for _, with := range []string{"", "+record"} {
				row("engine", "phuslu"+with, []float64{1: 1.0, 2: 0.9}[workers])
				row("engine", "xsync"+with, 0.8)
			}
			row("record", "engine", 0)
			row("engine again", "engine", 0)
		}
		list = append(list, g)
	}
	return list
}

func insertCell(group string, workers int) string { return fmt.Sprintf("%s/w%d", group, workers) }

func measureInserts(b *Bench, name string, n int) error {
	var mounts []*subjects.Mount
	defer func() {
		for _, m := range mounts {
			m.Close()
		}
	}()
	// mount returns one more engine with the same files.
	mount := func(cache int) (*subjects.Mount, error) {
		m, err := subjects.Open(subjects.MountOptions{Files: subjects.WalkOver(n), Cache: cache, Policy: "dax-only", Vfs: b.cache()})
		if err != nil {
			return nil, err
		}
		if mounts = append(mounts, m); !slices.Equal(m.Inos, mounts[0].Inos) {
			return nil, errors.New("two engines give their files different numbers")
		}
		return m, nil
	}
	first, err := mount(n)
	if err != nil {
		return err
	}
	order := walkOrder(first.Inos, n, b.Seed)
	withRecords := func(make func([]uint32, int, *subjects.Mount) *turns.Subject) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) {
			m, err := mount(recordsCache)
			if err != nil {
				return nil, err
			}
			return make(order, n, m), nil
		}
	}
	alone := func(make func([]uint32, int, *subjects.Mount) *turns.Subject) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) { return make(order, n, nil), nil }
	}
	list, shut, err := b.open([]opener{
		{"engine", func() (*turns.Subject, error) { return first.Insert(), nil }},
		{"engine again", func() (*turns.Subject, error) {
			m, err := mount(n)
			if err != nil {
				return nil, err
			}
			return m.Insert(), nil
		}},
		{"record", func() (*turns.Subject, error) {
			m, err := mount(recordsCache)
			if err != nil {
				return nil, err
			}
			return m.ReadRecords(), nil
		}},
		{"phuslu+record", withRecords(subjects.PhusluSet)},
		{"xsync+record", withRecords(subjects.XsyncStore)},
		{"phuslu", alone(subjects.PhusluSet)},
		{"xsync", alone(subjects.XsyncStore)},
	})
	if err != nil {
		return err
	}
	defer shut()
	walk := turns.Walk(order)
	for _, workers := range []int{1, 2} {
		if err := b.ratios(insertCell(name, workers), list, turns.Load{Workers: workers, Draw: walk, Ops: insertOps}); err != nil {
			return err
		}
	}
	return nil
}

// insertOps is two batches of reclaim (vfs.Options.ReclaimBatch): as many as a chunk can have. With a number that is no multiple
// of one, some chunks would evict more than others.
const insertOps = 256

// recordsCache is the cache of an engine of which only the records are read.
const recordsCache = 256

// walkOrder returns the files in an order in which the last n that were made, which are cached at first, come last.
func walkOrder(inos []uint32, n int, seed uint64) []uint32 {
	order := slices.Clone(inos)
	rng := rand.New(rand.NewPCG(seed, 2))
	for _, part := range [][]uint32{order[:len(order)-n], order[len(order)-n:]} {
		rng.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return order
}
