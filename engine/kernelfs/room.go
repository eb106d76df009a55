package kernelfs

import (
	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/target"
)

// A room says how a file system was filled up.
type room struct{ free int64 }

// spare is what stays free beside what a scenario needs: for metadata, and as small as that a search through it is quick.
const spare = 1 << 20

// neededBy is how many bytes a scenario may come to have allocated.
func neededBy(sc *target.Scenario) (n int64) {
	for i := range sc.Steps {
		s := &sc.Steps[i]
		switch s.Verb {
		case target.Create, target.Reflink:
			n += int64(s.N()*s.Pages()) * pageSize()
		case target.Cow:
			n += pageSize()
		}
	}
	return n
}

// makeRoom fills the file system so that little more is left than the scenario needs. The next block that is freed is
// then soon given away.
func (m *Maker) makeRoom(sc *target.Scenario) error {
	a, err := m.aides.ask(aide.Request{Do: aide.Fill, Path: m.in(ballast), Keep: neededBy(sc) + spare, Most: m.o.Fill}, aideLimit, nil)
	if err == nil {
		m.room = &room{free: a.Free}
	}
	return err
}
