package cells

import (
	"daxbench/engine/peers/subjects"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
)

// scaling is what two workers do together to what one does, on inodes, or keys, that the other never touches: 2 is ideal. What the
// machine makes of work that shares no memory stands beside it: the processors may be two halves of one core, where arithmetic suffers
// most, and adds with a lock hardly.
func scaling() (list []Group) {
	for _, size := range sizes {
		cell := "speed-up/" + size.name + "/w2"
		g := Group{Name: cell, Extra: size.quick, measure: func(b *Bench) error { return measureScaling(b, cell, b.size(size.n)) }}
		for _, r := range []struct {
			subject string
			least   float64
		}{{"engine", 1.9}, {"xsync", 0}, {"phuslu", 0}, {"two adds", 0}, {"arithmetic", 0}} {
			g.Rows = append(g.Rows, table.Row{
				Cell: cell, Subject: r.subject, Against: "one worker", Unit: table.Ratio, Target: table.Target{Min: r.least},
			})
		}
		list = append(list, g)
	}
	return list
}

func measureScaling(b *Bench, cell string, n int) error {
	mount, err := subjects.Open(subjects.MountOptions{Files: n, Policy: "dax-only"})
	if err != nil {
		return err
	}
	defer mount.Close()
	keys := shuffled(mount.Inos, b.Seed)
	list, shut, err := b.open([]opener{
		{"engine", func() (*turns.Subject, error) { return mount.IgetIput(), nil }},
		{"xsync", func() (*turns.Subject, error) { return subjects.Xsync(keys), nil }},
		{"phuslu", func() (*turns.Subject, error) { return subjects.Phuslu(keys), nil }},
		{"two adds", func() (*turns.Subject, error) { return subjects.TwoAdds(n + 2), nil }}, // numbers begin with 1
		{"arithmetic", func() (*turns.Subject, error) { return subjects.Arithmetic(), nil }},
	})
	if err != nil {
		return err
	}
	defer shut()
	half := len(keys) / 2
	draws := [2]func(int, []uint32){turns.Uniform(keys[:half], b.Seed), turns.Uniform(keys[half:], b.Seed)}
	for _, s := range list {
		// Both chunks of a subject are on the same memory. With the same keys, the later one would find it in the caches.
		s.Prepare = func(w int, k []uint32) { draws[w](w, k) }
	}
	var series []turns.Series
	for _, s := range list {
		// By itself: in turns with others it would find in the caches what they left.
		one := *s
		one.Name, one.Alone = s.Name+" alone", true
		load := turns.Load{Workers: 2, Draw: func(int, []uint32) {}, Shared: true}
		both, err := turns.Run([]*turns.Subject{s, &one}, load, b.Rounds, b.Seed)
		if err != nil {
			return err
		}
		series = append(series, both...)
	}
	for _, r := range b.group.Wanted(b.Wants) {
		together, alone := find(series, r.Subject), find(series, r.Subject+" alone")
		sample, err := ratio(alone, together)
		if err != nil {
			return err
		}
		for _, v := range []*float64{&sample.Value, &sample.Lo, &sample.Hi} {
			*v *= 2
		}
		b.note(r, together, alone, sample)
	}
	return nil
}
