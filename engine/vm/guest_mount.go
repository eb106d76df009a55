package vm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/dax"
)

// makeFileSystems makes and mounts file systems, and returns where. One that this kernel cannot mount is left out, and said.
func makeFileSystems(list []mountOrder, p *port) (mounted []string, err error) {
	for _, m := range list {
		where, err := m.make()
		if err != nil {
			p.say("%s: %v", m.Name, err)
			continue
		}
		mounted = append(mounted, where)
	}
	if len(list) > 0 && len(mounted) == 0 {
		return nil, errNothing
	}
	return mounted, nil
}

// make makes one.
func (m mountOrder) make() (where string, err error) {
	device := "/dev/" + m.Device
	if err := awaitDevice(device); err != nil {
		return "", err
	}
	if said, err := exec.Command(m.Make[0], append(m.Make[1:], device)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(m.Make[0]), err, strings.TrimSpace(string(said)))
	}
	where = filepath.Join("/mnt", m.Name)
	if err := os.MkdirAll(where, 0o755); err != nil {
		return "", err
	}
	if err := unix.Mount(device, where, m.Type, unix.MS_NOATIME, m.Options); err != nil {
		return "", fmt.Errorf("this kernel does not mount it with %s: %w", m.Options, err)
	}
	if m.DAX {
		if err := dax.Inherit(where); err != nil {
			return "", fmt.Errorf("this kernel does not make it DAX: %w", err)
		}
	}
	if m.Type == "ext4" {
		// Else a freed block is not given away again: the kernel keeps 2 % in reserve, whatever mke2fs was told.
		os.WriteFile(filepath.Join("/sys/fs/ext4", m.Device, "reserved_clusters"), []byte("0"), 0)
	}
	return where, nil
}

// deviceLimit is how long a region of pmem may take to become a block device: it does so in a thread of the kernel's.
const deviceLimit = 10 * time.Second

func awaitDevice(device string) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		_, err := os.Stat(device)
		if err == nil {
			return nil
		}
		if time.Since(began) > deviceLimit {
			return fmt.Errorf("%w: a kernel for this needs CONFIG_X86_PMEM_LEGACY, CONFIG_BLK_DEV_PMEM, CONFIG_NVDIMM_PFN and CONFIG_PCI", err)
		}
	}
}
