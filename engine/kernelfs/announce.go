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
	list = append(list, fmt.Sprintf("All files are made below %s, and removed in the end.", m.home))
	if m.willFill() {
		list = append(list, m.aboutFilling())
	} else {
		list = append(list, "The file system is not filled up: that matters only where pages are storage.")
	}
	if os.Geteuid() == 0 {
		list = append(list, "Steps that drop caches or shrink write to /proc/sys/vm/drop_caches: the machine loses its dentries and inodes.")
	}
	if m.o.Umount {
		list = append(list, fmt.Sprintf("Steps that unmount unmount %s, and mount it again from %s.", m.mount.Point, m.mount.Source))
	}
	if m.o.Unplug && m.kernel.Machine != "" {
		list = append(list, "The device may be taken away under the file system. The kernel may crash.")
	}
	if m.reserved != nil {
		list = append(list, fmt.Sprintf("The file system's reserve of %d blocks is set to 0, and put back in the end.", *m.reserved))
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

// willFill reports whether the file system is filled up for scenarios that need it.
func (m *Maker) willFill() bool { return m.can.DAX && m.can.Extents }

func (m *Maker) aboutFilling() string {
	a, err := m.aides.ask(aide.Request{Do: aide.Look, Path: m.dir}, aideLimit, nil)
	if err != nil {
		return "The file system is filled up: " + err.Error() + "."
	}
	size := max(0, a.Free-spare)
	if m.o.Fill > 0 {
		size = min(size, m.o.Fill)
	}
	const mib = 1 << 20
	return fmt.Sprintf("The file system is filled up, with a file of up to %d of %d MiB, until the last scenario is over: nobody else can write to it meanwhile.", size/mib, a.Free/mib)
}
