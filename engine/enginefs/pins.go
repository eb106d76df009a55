package enginefs

import (
	"errors"

	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// A hold is a pin and who has it.
type hold struct {
	name     string
	pin      vfs.Pin
	by       *target.Holder
	proc     *process
	task     *task
	released bool
}

var errReleased = errors.New("the pin was released")

func pin(t *task, a *target.Step) error {
	m := t.mapping(a.File)
	if m == nil {
		return errNotMapped
	}
	by := target.LookupHolder(a.Holder)
	p, err := t.take(m.in, a, by)
	if err != nil {
		return err
	}
	h := &hold{name: a.Name.String(), pin: t.s.e.Mark(p), by: by, proc: t.proc, task: t}
	t.s.pins[h.name] = h
	if d := t.s.releaser(a.Name); d != nil && d != t {
		t.s.ledger.Hand(t.vt, d.vt)
	}
	if by.Sync {
		t.waitOwn(func() bool { return h.released || by.Killable && t.killed })
	}
	return nil
}

// take takes the pin as its holder does.
func (t *task) take(in *vfs.Inode, a *target.Step, by *target.Holder) (vfs.Pin, error) {
	if by.Longterm {
		return t.s.e.PinLongterm(t.vt, in, uint32(a.Index.N))
	}
	return t.s.e.PinFor(t.vt, in, uint32(a.Index.N), t.s.holders.how(a, by))
}

// releaser returns who is going to release a pin, by the scenario; nil if
// nobody does.
func (s *subject) releaser(name target.Ref) *task {
	for i := range s.sc.Steps {
		step := &s.sc.Steps[i]
		if step.Verb != target.Release || step.Name.Name != name.Name {
			continue
		}
		for k := range step.Tasks() {
			for _, one := range step.Share(k) {
				if one.Name == name {
					return s.task(one.Task)
				}
			}
		}
	}
	return nil
}

func release(t *task, a *target.Step) error {
	h := t.s.pins[a.Name.String()]
	if h.released {
		return errReleased
	}
	if a.For > 0 && t.call.actions[0].Name != a.Name {
		t.sleep(a.For)
	}
	t.s.drop(h)
	return nil
}

// drop ends the I/O of a pin.
func (s *subject) drop(h *hold) {
	h.released = true
	s.e.Unpin(h.pin)
}

func dmaWrite(t *task, a *target.Step) error {
	h := t.s.pins[a.Name.String()]
	if h.released {
		return errReleased
	}
	t.s.e.DeviceWrite(h.pin)
	return nil
}

func dmaRead(t *task, a *target.Step) error {
	h := t.s.pins[a.Name.String()]
	if h.released {
		return errReleased
	}
	t.s.e.DeviceRead(h.pin)
	return nil
}

// releaseAll ends all that is left: pins in the order of the scenario.
func (s *subject) releaseAll() {
	for i := range s.sc.Steps {
		step := &s.sc.Steps[i]
		if step.Verb != target.Pin {
			continue
		}
		for k := range step.Tasks() {
			for _, one := range step.Share(k) {
				if h := s.pins[one.Name.String()]; h != nil && !h.released {
					s.tell(entry{kind: target.Remarked, text: "the pin " + h.name + " is released, to see whether that helps"})
					s.drop(h)
				}
			}
		}
	}
}
