package kernelfs

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/target"
)

// A room says how a file system was filled up.
type room struct {
	free, used int64 // bytes: what was free then, and what our directories took
	open       int64 // bytes that are free beside what was to be; 0: it is full
	names      int   // empty files that are there for searches
}

// slack is what may stay free beside what was asked for: two pieces that are filled with, and what xfs wants to see
// free before it gives as much as a block.
const slack = 512 << 10

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

// moreNames are files that are there for a search beside one for each page that is free.
const moreNames = 64

// makeRoom fills the file system so that little more is left than the scenario needs. The next block that is freed is
// then soon given away.
func (m *Maker) makeRoom(sc *target.Scenario) error {
	keep := neededBy(sc) + spare
	names := int(keep/pageSize()) + moreNames
	r := aide.Request{Do: aide.Fill, Path: m.in(ballast), Dir: m.in(files), Names: names, Keep: keep, Most: m.o.Fill}
	if err := m.fill(r, endsMount(sc)); err != nil {
		return err
	}
	a, err := m.count()
	if err == nil {
		m.room = &room{free: a.Free, used: a.Used, names: names}
		m.room.open = max(0, a.Free-keep-slack)
	}
	return err
}

// fill fills, with a file that has no name: should we be killed it goes with the aide that has it open. Who unmounts needs
// one that nobody has open, and so does a file system that knows no files without names.
func (m *Maker) fill(r aide.Request, named bool) error {
	if !named {
		if _, err := m.aides.ask(aide.Request{Do: aide.Remove, Path: r.Path}, aideLimit, nil); err != nil {
			return err
		}
		without := r
		without.Path, without.Unnamed = m.home, true
		if _, err := m.keeper.ask(without, aideLimit, nil); !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
	}
	_, err := m.aides.ask(r, aideLimit, nil)
	return err
}

// endsMount reports whether a scenario takes the file system away, for which nobody may have a file open in it.
func endsMount(sc *target.Scenario) bool {
	return slices.ContainsFunc(sc.Steps, func(a target.Step) bool { return a.Verb == target.Umount || a.Verb == target.Unplug })
}

// count asks what is free, and what files of scenarios take.
func (m *Maker) count() (aide.Answer, error) {
	return m.aides.ask(aide.Request{Do: aide.Count, Dirs: []string{m.in(files), m.in(plain)}}, aideLimit, nil)
}

// undecided says why a search that has found nothing is no proof that the block was not given away; empty: it is one.
func (s *subject) undecided(got aide.Answer) string {
	switch {
	case got.Undecided != "" && s.m.room.open > 0:
		return fmt.Sprintf("%s; the file system was not filled up", got.Undecided)
	case got.Undecided == "" && got.Owner == aide.Untold && s.m.unset != "":
		return s.m.unset
	}
	return got.Undecided
}
