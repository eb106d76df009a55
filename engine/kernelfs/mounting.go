package kernelfs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"daxbench/engine/kernelfs/child"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// remount mounts again what a scenario has left unmounted. Error: *NotMountedError.
func (m *Maker) remount() error {
	if is, err := m.isMounted(); err != nil || is {
		return err
	}
	if err := m.byChild(m.mountCall("mount")); err != nil {
		return &NotMountedError{m.mountCommand(), err}
	}
	return m.keepReserveAway()
}

// byChild has a child of its own make one call.
func (m *Maker) byChild(call wire.Call) error {
	w, err := startWorker(call.Task, child.Environ(descriptor))
	if err != nil {
		return err
	}
	defer w.kill()
	defer w.conn.Close()
	done := make(chan error, 1)
	go func() {
		if err := w.conn.Send(call); err != nil {
			done <- err
			return
		}
		for {
			var a wire.Answer
			_, err := w.conn.Receive(&a)
			if err == nil && a.Began {
				continue
			}
			if err == nil && a.Failed != "" {
				err = errors.New(a.Failed)
			}
			done <- err
			return
		}
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(aideLimit):
		return fmt.Errorf("%q does not return within %v", call.Task, aideLimit)
	}
}

// unplug takes the driver from the device. Nothing can be made in the file system afterwards, and the kernel may not
// live on: 6.1 and 7.3 have both crashed when pages were pinned, or mapped.
func unplug(s *subject, c *call, a *target.Step) error {
	w := wire.Call{Task: c.task, Verb: target.Unplug, Device: s.m.namespace()}
	if _, err := s.command(c, c.proc, w, nil, nil); err != nil {
		return err
	}
	s.mu.Lock()
	s.m.wreck(s, errors.New("its device was taken away"))
	held := slices.DeleteFunc(slices.Clone(s.holds), func(h *hold) bool { return h.over || !h.dax })
	s.mu.Unlock()
	for _, h := range held {
		s.find("", target.Unplugged, "the device is gone, and its memory, while %s pins page %d of %s", h.name, h.index, h.file.name)
	}
	return nil
}

// namespace is what the driver calls the device: namespace0.0.
func (m *Maker) namespace() string {
	path, err := filepath.EvalSymlinks(filepath.Join(m.sys.Root, "sys/class/block", m.device(), "device"))
	if err != nil {
		return m.device()
	}
	return filepath.Base(path)
}
