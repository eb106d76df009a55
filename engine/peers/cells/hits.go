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

// theta is the skew of the lookups that are not uniform, which is YCSB's.
const theta = 0.99

// hitPeers are what a hit is held against, with the targets; those of 0 are shown only.
var hitPeers = []struct {
	name string
	most float64
}{
	{"xsync", 1.0}, {"phuslu", 0.6}, {"pebble", 0.35}, {"sharded map", 0}, {"xsync pointers", 0}, {"phuslu pointers", 0},
	{"otter", 0}, {"ristretto", 0}, {"theine", 0}, {"sync.Map", 0},
}

// noReference is the engine's lookup that takes none, and writes nothing.
const noReference = "no reference"

// sizes of caches, and how cells name them.
var sizes = []struct {
	n     int
	name  string
	quick int
}{{100_000, "100k", quick}, {1_000_000, "1M", 0}}

// hits are lookups of what is cached. The engine's takes a reference and drops it, as pebble's and the sharded map's do; the others
// take none.
func hits() (list []Group) {
	for _, size := range sizes {
		g := Group{Name: "hit/" + size.name, measure: func(b *Bench) error { return measureHits(b, "hit/"+size.name, b.size(size.n)) }}
		for _, skew := range []string{"uniform", "zipf"} {
			for _, workers := range []int{1, 2} {
				cell := hitCell(g.Name, skew, workers)
				for _, p := range hitPeers {
					g.Rows = append(g.Rows, table.Row{Cell: cell, Subject: "engine", Against: p.name, Target: table.Target{Max: p.most}})
				}
				g.Rows = append(g.Rows,
					table.Row{Cell: cell, Subject: noReference, Against: "xsync", Target: table.Target{Max: 0.6}},
					table.Row{Cell: cell, Subject: noReference, Against: "xsync pointers"},
					table.Row{Cell: cell, Subject: "xsync again", Against: "xsync"},
				)
			}
		}
		list = append(list, g)
	}
	return list
}

func hitCell(group, skew string, workers int) string {
	return fmt.Sprintf("%s/%s/w%d", group, skew, workers)
}

func measureHits(b *Bench, name string, n int) error {
	mount, err := subjects.Open(subjects.MountOptions{Files: n, Policy: "dax-only"})
	if err != nil {
		return err
	}
	defer mount.Close()
	keys := shuffled(mount.Inos, b.Seed)
	plain := func(make func([]uint32) *turns.Subject) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) { return make(keys), nil }
	}
	fallible := func(make func([]uint32) (*turns.Subject, error)) func() (*turns.Subject, error) {
		return func() (*turns.Subject, error) { return make(keys) }
	}
	list, shut, err := b.open([]opener{
		{"engine", func() (*turns.Subject, error) { return mount.IgetIput(), nil }},
		{noReference, func() (*turns.Subject, error) {
			// On the other's memory it would look up the same keys, and the later one would find them in the processor's caches.
			own, err := subjects.Open(subjects.MountOptions{Files: n, Policy: "dax-only"})
			if err != nil {
				return nil, err
			}
			if !slices.Equal(own.Inos, mount.Inos) {
				own.Close()
				return nil, errors.New("two engines give their files different numbers")
			}
			s := own.FindInode()
			s.Close = own.Close
			return s, nil
		}},
		{"xsync", plain(subjects.Xsync)},
		{"xsync again", plain(subjects.Xsync)},
		{"xsync pointers", plain(subjects.XsyncPointers)},
		{"phuslu", plain(subjects.Phuslu)},
		{"phuslu pointers", plain(subjects.PhusluPointers)},
		{"pebble", fallible(subjects.Pebble)},
		{"sharded map", plain(subjects.ShardedMap)},
		{"otter", fallible(subjects.Otter)},
		{"ristretto", fallible(subjects.Ristretto)},
		{"theine", fallible(subjects.Theine)},
		{"sync.Map", plain(subjects.SyncMap)},
	})
	if err != nil {
		return err
	}
	defer shut()
	for _, workers := range []int{1, 2} {
		for _, l := range []struct {
			skew string
			draw func(int, []uint32)
		}{{"uniform", turns.Uniform(keys, b.Seed)}, {"zipf", turns.Zipf(keys, theta, b.Seed)}} {
			if err := b.ratios(hitCell(name, l.skew, workers), list, turns.Load{Workers: workers, Draw: l.draw}); err != nil {
				return err
			}
		}
	}
	return nil
}

// shuffled returns the files in an order that says nothing of where they lie.
func shuffled(inos []uint32, seed uint64) []uint32 {
	keys := slices.Clone(inos)
	rand.New(rand.NewPCG(seed, 1)).Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}
