package kernelfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"daxbench/engine/kernelfs/aide"
)

// Full is not full where a file system keeps blocks back, and a freed block may then not be given away again:
//
//   - ext4 keeps 2 %, 4096 at most, for the end of writes that were put off: ext4_calculate_resv_clusters in fs/ext4/super.c;
//   - xfs keeps 5 %, 8192 at most, for transactions that must not fail: xfs_default_resblks in fs/xfs/xfs_mount.c.
//
// Both are set to zero, and put back in the end.

// reservePath is where ext4's stands; xfs has an ioctl. The name in /sys is the kernel's, whatever the mount was made by:
// /dev/mapper/x is dm-0 there.
func (m *Maker) reservePath() string {
	name := m.device()
	if path, err := filepath.EvalSymlinks(filepath.Join(m.sys.Root, "sys/dev/block", m.mount.Dev)); err == nil && m.mount.Dev != "" {
		name = filepath.Base(path)
	}
	return filepath.Join(m.sys.Root, "sys/fs/ext4", name, "reserved_clusters")
}

// reserve is how many blocks the file system keeps back.
func (m *Maker) reserve() (blocks uint64, err error) {
	switch m.mount.Type {
	case "ext4":
		text, err := os.ReadFile(m.reservePath())
		if err != nil {
			return 0, err
		}
		return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	case "xfs":
		a, err := m.aides.ask(aide.Request{Do: aide.Reserve, Path: m.dir}, aideLimit, nil)
		return a.Blocks, err
	}
	return 0, nil
}

// setReserve sets it.
func (m *Maker) setReserve(blocks uint64) error {
	if m.mount.Type == "ext4" {
		return os.WriteFile(m.reservePath(), strconv.AppendUint(nil, blocks, 10), 0)
	}
	_, err := m.aides.ask(aide.Request{Do: aide.SetReserve, Path: m.dir, Blocks: blocks}, aideLimit, nil)
	return err
}

// dropReserve sets the reserve to zero, and leaves a note of what it was for those who come after us if we are killed.
func (m *Maker) dropReserve() error {
	if m.device() == "" || !m.can.DAX {
		return nil
	}
	old, err := m.reserve()
	if err == nil && old == 0 {
		return nil
	}
	if err == nil {
		note := aide.Request{Do: aide.Notice, Path: m.in(reserveNote), Blocks: old}
		if _, err := m.aides.ask(note, aideLimit, nil); err != nil {
			return err
		}
		err = m.setReserve(0)
	}
	if stopped := m.stopped(); err != nil && stopped != nil {
		m.reserved = &old // whether it was set is not known
		return stopped
	}
	if err != nil {
		m.unset = fmt.Sprintf("%s's reserve cannot be set to 0: a block that is freed may not be given away again: %v", m.mount.Type, err)
		m.notes = append(m.notes, m.unset)
		return nil
	}
	m.reserved = &old
	return nil
}

// keepReserveAway sets the reserve to zero again: a mount starts with one, also where it was 0 before we came, as in a guest.
func (m *Maker) keepReserveAway() error {
	if m.device() == "" || !m.can.DAX || m.unset != "" {
		return nil
	}
	if blocks, err := m.reserve(); err != nil || blocks == 0 {
		return err
	}
	return m.setReserve(0)
}

// restoreReserve puts our reserve back.
func (m *Maker) restoreReserve() {
	if m.reserved != nil {
		m.putBack(*m.reserved)
		m.reserved = nil
	}
}

// putBack sets the reserve to what it was before us, or before a process that is gone.
func (m *Maker) putBack(blocks uint64) {
	if err := m.setReserve(blocks); err != nil {
		m.notes = append(m.notes, fmt.Sprintf("%s's reserve of %d blocks was not put back: %v", m.mount.Type, blocks, err))
	}
}
