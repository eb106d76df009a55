package enginefs

import (
	"errors"
	"fmt"
	"time"

	"daxbench/engine/media"
	"daxbench/engine/page"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// syncAll writes back what is open, and waits for the flusher if the policy
// makes that wait for pins.
func syncAll(t *task, _ *target.Step) error {
	for _, o := range t.s.order {
		if o.proc == nil {
			continue
		}
		for _, h := range o.proc.files {
			if err := t.s.e.Sync(t.vt, h.in); err != nil {
				return err
			}
		}
	}
	for pause := time.Millisecond; t.s.e.NeedsWorker() && !t.s.e.WorkerIdle(); pause = min(2*pause, time.Second) {
		t.sleep(pause)
	}
	return nil
}

// umount refuses if a process has a file, as umount(2) does before it does
// anything; what else is busy is the engine's to say.
func umount(t *task, _ *target.Step) error {
	for _, o := range t.s.order {
		if o.proc != nil && len(o.proc.files)+len(o.proc.maps) > 0 {
			return &target.Refusal{Errno: "EBUSY", Why: o.proc.name + " has files open or mapped"}
		}
	}
	err := t.s.e.Unmount(t.vt)
	t.s.unmounted = err == nil
	return err
}

// mount mounts what was unmounted, from the medium. What is mounted stays so.
func mount(t *task, _ *target.Step) error {
	if !t.s.unmounted {
		return nil
	}
	e, err := t.s.e.Remount(t.vt)
	if err != nil {
		return err
	}
	t.s.stopWorker()
	t.s.e, t.s.unmounted = e, false
	clear(t.s.seen)
	t.s.serve()
	return nil
}

// unplug takes the device away. Whether the file system is told is a rule, see
// Maker.policyFor; if so it takes the mappings from everybody, and the
// references that they have.
func unplug(t *task, _ *target.Step) error {
	for _, o := range t.s.order {
		if o.proc == nil || !t.s.e.Policy.Rules().Notify {
			continue
		}
		for _, m := range o.proc.maps {
			t.s.ledger.Drop(m.by.vt, m.in.Owner())
		}
		o.proc.maps = nil
	}
	return t.s.e.Unplug(t.vt)
}

// poison is memory failure on a pinned page: it looks for the owner by the page.
func poison(t *task, a *target.Step) error {
	h := t.s.pins[a.Name.String()]
	if h.released {
		return errReleased
	}
	who, err := t.s.pageOwner(h.pin.PFN())
	switch pinned := t.s.ledger.File(h.pin.Owner()); {
	case errors.Is(err, vfs.ErrNoOwner):
		t.s.find("A", "", "memory failure found no owner of block %d, which is pinned as a page of %s: nobody is told", h.pin.PFN(), pinned)
	case err != nil:
		return err
	case who != h.pin.Owner():
		t.s.find("A", "", "memory failure under a pin on %s took the page for one of %s", pinned, t.s.ledger.File(who))
	default:
		t.s.tell(entry{task: t.name, kind: target.Happened, text: fmt.Sprintf("finds that block %d is of %s", h.pin.PFN(), pinned)})
	}
	return nil
}

// pageOwner returns the file in the cache that has a page.
func (s *subject) pageOwner(pfn page.PFN) (who media.Owner, err error) {
	ino, err := s.e.MemoryFailure(pfn)
	if err == nil {
		s.e.Survey(func(in vfs.Surveyed) {
			if in.Owner.Ino == ino {
				who = in.Owner
			}
		})
	}
	return who, err
}
