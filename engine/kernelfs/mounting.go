package kernelfs

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/child"
	"daxbench/engine/kernelfs/wire"
	"daxbench/engine/target"
)

// remount mounts again what a scenario has left unmounted.
func (m *Maker) remount() error {
	if is, err := m.isMounted(); err != nil || is {
		return err
	}
	if err := m.byChild(m.mountCall("mount")); err != nil {
		return err
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

// unplug takes the driver from the device. The file system is of no use until it is plugged in again.
func unplug(s *subject, c *call, a *target.Step) error {
	s.mu.Lock()
	s.unplugged = s.m.namespace()
	w := wire.Call{Task: c.task, Verb: target.Unplug, Device: s.unplugged}
	s.mu.Unlock()
	_, err := s.command(c, c.proc, w, nil, nil)
	return err
}

// bindPath is where the driver takes a device.
const bindPath = "sys/bus/nd/drivers/nd_pmem/bind"

// replug gives the device back to its driver and mounts the file system anew: emulated memory still has what was there.
func (m *Maker) replug(namespace string) error {
	if is, err := m.isMounted(); err != nil {
		return err
	} else if is {
		if err := m.byChild(wire.Call{Task: "umount", Verb: target.Umount, Path: m.mount.Point}); err != nil {
			return err
		}
	}
	r := aide.Request{Do: aide.Plug, Path: filepath.Join(m.sys.Root, bindPath), Dir: namespace}
	if _, err := m.aides.ask(r, aideLimit, nil); err != nil {
		return err
	}
	return m.remount()
}

// namespace is what the driver calls the device: namespace0.0.
func (m *Maker) namespace() string {
	path, err := filepath.EvalSymlinks(filepath.Join(m.sys.Root, "sys/class/block", m.device(), "device"))
	if err != nil {
		return m.device()
	}
	return filepath.Base(path)
}
