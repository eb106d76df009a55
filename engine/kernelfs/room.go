package kernelfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

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

// ext4 keeps 2 % of the blocks, 4096 at most, for the end of writes that were put off. Full is not full then: see
// fs/ext4/super.c, ext4_calculate_resv_clusters.
func (m *Maker) reservePath() string {
	return filepath.Join(m.sys.Root, "sys/fs/ext4", m.device(), reservedF)
}

// dropReserve sets the reserve to zero, and leaves a note of what it was for those who come after us if we are killed.
func (m *Maker) dropReserve() error {
	if m.mount.Type != "ext4" || m.device() == "" || !m.can.DAX {
		return nil
	}
	old, err := os.ReadFile(m.reservePath())
	if err != nil {
		return nil // an old kernel, or a device under another name
	}
	if err := os.WriteFile(m.in(reservedF), old, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(m.reservePath(), []byte("0"), 0); err != nil {
		m.notes = append(m.notes, fmt.Sprintf("ext4's reserve cannot be set to 0: a block that is freed may not be given away again: %v", err))
		return nil
	}
	m.reserved = strings.TrimSpace(string(old))
	return nil
}

// keepReserveAway sets the reserve to zero again: a mount starts with one.
func (m *Maker) keepReserveAway() error {
	if m.reserved == "" {
		return nil
	}
	return os.WriteFile(m.reservePath(), []byte("0"), 0)
}

// restoreReserve puts the reserve back: ours, or that of a directory that was left behind.
func (m *Maker) restoreReserve(left string) {
	old := m.reserved
	if left != "" {
		text, err := os.ReadFile(filepath.Join(left, reservedF))
		if err != nil {
			return
		}
		old = strings.TrimSpace(string(text))
	}
	if old == "" {
		return
	}
	if err := os.WriteFile(m.reservePath(), []byte(old), 0); err != nil {
		m.notes = append(m.notes, fmt.Sprintf("ext4's reserve of %s blocks was not put back: %v", old, err))
	}
	if left == "" {
		m.reserved = ""
	}
}
