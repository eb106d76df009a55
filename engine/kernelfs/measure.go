package kernelfs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// guestPath is where daxbench vm says what machine it has made.
const guestPath = "etc/daxbench-guest.json"

// A guest is what stands there.
type guest struct {
	Machine string            `json:"machine"`
	Clock   string            `json:"clock"`
	Kernel  string            `json:"kernel"`
	Package string            `json:"package"`
	Config  map[string]string `json:"config"`
}

// configs are the options that change what a scenario comes to, or what the kernel says of it.
var configs = []string{
	"DAX", "FS_DAX", "ZONE_DEVICE", "MEMORY_FAILURE", "HWPOISON_INJECT", "DEBUG_VM", "PROVE_LOCKING", "KASAN", "KCSAN",
	"DETECT_HUNG_TASK", "PREEMPT", "PREEMPT_RT", "PREEMPT_DYNAMIC", "FAULT_INJECTION",
}

// measure finds out what there is.
func (m *Maker) measure() error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	m.kernel = Kernel{
		Release: unix.ByteSliceToString(u.Release[:]), Version: unix.ByteSliceToString(u.Version[:]),
		FS: m.mount.Type, Name: filepath.Base(m.dir), Mount: m.mount.Options,
		DAX: m.can.DAX, MapSync: m.can.MapSync, DeviceDAX: m.deviceDAX(), Clock: "real", Config: m.config(),
	}
	k := &m.kernel
	final, err := m.sys.HasSymbol("dax_break_layout_final")
	if err != nil {
		m.lacks("whether eviction waits: %v", err)
	}
	k.Final, k.Preset = final, presetOf(final)
	if err := m.readGuest(); err != nil {
		return err
	}
	if m.bare {
		return nil
	}
	if m.slow == nil {
		m.lacks("I/O that can be held: %s", m.noSlow)
	}
	if os.Geteuid() != 0 {
		m.lacks("root: no kernel stacks, no drop-caches, no umount")
	}
	if why := m.kmsg.Missing(); why != "" {
		m.lacks("messages of the kernel: %s", why)
	}
	if !m.can.Extents {
		m.lacks("the place of blocks: the file system does not tell it (FIEMAP)")
	}
	return nil
}

// presetOf is the engine that is nearest: eviction waits since 6.15.
func presetOf(final bool) string {
	if final {
		return "6.19"
	}
	return "6.0"
}

// lacks notes what is not there.
func (m *Maker) lacks(format string, args ...any) {
	m.kernel.Missing = append(m.kernel.Missing, fmt.Sprintf(format, args...))
}

// deviceDAX reads queue/dax of the block device, or of the disk that it is a part of.
func (m *Maker) deviceDAX() bool {
	dev := filepath.Join(m.sys.Root, "sys/dev/block", m.mount.Dev)
	for _, up := range []string{"", ".."} {
		if text, err := os.ReadFile(dev + "/" + up + "/queue/dax"); err == nil {
			return strings.TrimSpace(string(text)) == "1"
		}
	}
	return false
}

func (m *Maker) config() map[string]string {
	all, err := m.sys.Config()
	if err != nil {
		return nil
	}
	some := make(map[string]string)
	for _, name := range configs {
		if v, ok := all["CONFIG_"+name]; ok {
			some["CONFIG_"+name] = v
		}
	}
	return some
}

// readGuest takes over what daxbench vm says of the machine, if this is one of its guests.
func (m *Maker) readGuest() error {
	text, err := os.ReadFile(filepath.Join(m.sys.Root, guestPath))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var g guest
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		return fmt.Errorf("/%s: %w", guestPath, err)
	}
	k := &m.kernel
	k.Machine, k.Package, k.Asked = g.Machine, g.Package, g.Kernel
	if g.Clock != "" {
		k.Clock = g.Clock
	}
	for _, name := range configs {
		if v, ok := g.Config["CONFIG_"+name]; ok && k.Config["CONFIG_"+name] == "" {
			if k.Config == nil {
				k.Config = make(map[string]string)
			}
			k.Config["CONFIG_"+name] = v
		}
	}
	return nil
}
