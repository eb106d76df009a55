package kernelfs

import (
	"fmt"
	"os"

	"daxbench/engine/kernelfs/aide"
)

// Announce says in sentences what is going to be done to the mount and the machine.
func (m *Maker) Announce() []string {
	k := &m.kernel
	list := []string{fmt.Sprintf("Linux %s, %s on %s, %s.", k.Release, k.FS, m.mount.Point, m.aboutDAX())}
	list = append(list, fmt.Sprintf("All files are made below %s, and removed in the end.", m.home), m.aboutFilling())
	if os.Geteuid() == 0 {
		list = append(list, "Steps that drop caches or shrink write to /proc/sys/vm/drop_caches: the machine loses its dentries and inodes.",
			"After a complaint of the kernel's a line is written into its log, so that it is known when that was.")
	}
	if m.isGuest() {
		list = append(list, "The kernel is told to give warnings again that it gives once (clear_warn_once).")
	} else {
		list = append(list, "A warning that the kernel gives once is seen only if it was not given since the machine was started.")
	}
	if m.o.Umount {
		if why := m.whyNotUmount(); why != "" {
			list = append(list, fmt.Sprintf("Nothing is unmounted: %s.", why))
		} else {
			list = append(list, fmt.Sprintf("Steps that unmount unmount %s, and mount it again. Should daxbench be killed in between: %s", m.mount.Point, m.mountCommand()))
		}
	}
	if m.o.Unplug && m.isGuest() {
		list = append(list, "The device may be taken away under the file system. The kernel may crash.")
	}
	if m.reserved != nil {
		list = append(list, fmt.Sprintf("The file system's reserve of %d blocks is set to 0, and put back in the end. Should daxbench be killed, the next run in %s puts it back.", *m.reserved, m.dir))
	}
	if m.slow != nil {
		list = append(list, fmt.Sprintf("I/O is held by a device of our own (%s).", m.slow.Kind()))
	}
	return append(list, "A process that waits for a pin may be stuck in state D, unkillable, until the pin is released; where the kernel has a fault, until the machine is restarted.")
}

func (m *Maker) aboutDAX() string {
	switch {
	case !m.can.DAX:
		return "without DAX: it shows what a page cache does"
	case m.can.MapSync:
		return "DAX with MAP_SYNC"
	}
	return "DAX"
}

// willFill reports whether the file system is filled up for scenarios that need it. Where others may be, it is not, unless the
// user said how far.
func (m *Maker) willFill() bool { return m.can.DAX && m.can.Extents && (m.o.Fill > 0 || !m.isShared()) }

// isShared reports whether there may be others on the file system.
func (m *Maker) isShared() bool { return m.o.Others || m.unseen > 0 }

func (m *Maker) aboutFilling() string {
	switch {
	case !m.can.DAX || !m.can.Extents:
		return "The file system is not filled up: that matters only where pages are storage."
	case !m.willFill():
		return "The file system is not filled up, because others may use it: that a freed block was not given away to others is then not proved, and such scenarios have no verdict. -fill SIZE has it filled up."
	}
	a, err := m.aides.ask(aide.Request{Do: aide.Look, Path: m.dir}, aideLimit, nil)
	if err != nil {
		return "The file system is filled up: " + err.Error() + "."
	}
	size := max(0, a.Free-spare)
	if m.o.Fill > 0 {
		size = min(size, m.o.Fill)
	}
	const mib = 1 << 20
	return fmt.Sprintf("The file system is filled up, with a file of up to %d of %d MiB, until the last scenario is over: nobody else can write to it meanwhile. Should daxbench be killed, the space comes back by itself; what does not, as while a scenario unmounts, by: rm -r %s",
		size/mib, a.Free/mib, quoted(m.home))
}
