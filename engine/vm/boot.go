package vm

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"daxbench/engine/vm/initramfs"
)

// modules are those that emulated pmem needs, in the order in which they are loaded. nd_e820 makes a region of each memmap=,
// nd_pmem a block device of each region.
var modules = []string{"libnvdimm", "nd_e820", "nd_pmem"}

// optional are modules that some kernels have, or have built in, and that a command can make use of: CRC-32C, which file
// systems ask for by a name that is no dependency, and first the one that uses the processor's instruction, as udev would load
// it (without it, ext4 of 6.12 takes twice the instructions for a close that evicts); the other kinds of regions; devices
// that can be held; and memory that can be made to fail.
var optional = []string{"crc32c-intel", "crc32c_generic", "nd_btt", "dax_pmem", "dm-mod", "brd", "loop", "fuse", "configfs", "hwpoison-inject"}

// self is this program, also when its file has been replaced meanwhile, as go run and make do.
const self = "/proc/self/exe"

// A MissingError says that a program of the host is not installed.
type MissingError struct {
	Program string
	Package string // of Debian, that it is in
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s is not installed; in Debian it is in the package %s: apt-get install qemu-system-x86 xfsprogs e2fsprogs", e.Program, e.Package)
}

// sbin are folders in which mkfs is, and that are not in an ordinary user's PATH.
var sbin = []string{"/usr/sbin", "/sbin", "/usr/local/sbin"}

// find looks a program of the host up.
func find(program, pkg string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range sbin {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", &MissingError{program, pkg}
}

// missing looks up all that guests with these file systems need on the host.
func missing(fs []string) error {
	if _, err := find("qemu-system-x86_64", "qemu-system-x86"); err != nil {
		return err
	}
	for _, name := range fs {
		f, err := LookupFileSystem(name)
		if err != nil {
			return err
		}
		if _, err := find(f.program, f.from); err != nil {
			return err
		}
	}
	return nil
}

// A plan is what a guest is made from, found out before anything is started.
type plan struct {
	kernel  Kernel
	machine Machine
	qemu    string
	fs      []FileSystem
	makers  []string // the program of each of fs
	config  map[string]string
	args    []string
}

func newPlan(k Kernel, m Machine, args []string) (p *plan, err error) {
	p = &plan{kernel: k, machine: m, args: args}
	if p.qemu, err = find("qemu-system-x86_64", "qemu-system-x86"); err != nil {
		return nil, err
	}
	for _, name := range m.FS {
		f, err := LookupFileSystem(name)
		if err != nil {
			return nil, err
		}
		maker, err := find(f.program, f.from)
		if err != nil {
			return nil, err
		}
		p.fs, p.makers = append(p.fs, f), append(p.makers, maker)
	}
	for _, file := range []*string{&p.kernel.Image, &p.kernel.Modules} {
		if *file == "" {
			continue
		}
		if *file, err = filepath.Abs(*file); err != nil {
			return nil, err
		}
		if _, err := os.Stat(*file); err != nil {
			return nil, err
		}
	}
	p.config = readConfig(p.kernel)
	return p, nil
}

func (p *plan) sizes() (sizes []int) {
	for _, f := range p.fs {
		sizes = append(sizes, f.size)
	}
	return sizes
}

// initramfs writes the guest's first file system.
func (p *plan) initramfs(w io.Writer, accel Accel) error {
	o, err := json.Marshal(p.orders(accel))
	if err != nil {
		return err
	}
	s := initramfs.Spec{Exe: self, Files: maps.Clone(p.machine.Files)}
	if s.Files == nil {
		s.Files = make(map[string][]byte)
	}
	s.Files[ordersPath] = o
	s.Programs = slices.Compact(slices.Sorted(slices.Values(p.makers)))
	if p.kernel.Modules != "" {
		s.Modules, s.Load, s.Optional = p.kernel.Modules, slices.Clone(modules), optional
		for _, f := range p.fs {
			if !slices.Contains(s.Load, f.Type) {
				s.Load = append(s.Load, f.Type)
			}
		}
	}
	out := bufio.NewWriterSize(w, 1<<20)
	if err := initramfs.Build(out, s); errors.Is(err, initramfs.ErrModule) {
		return fmt.Errorf("%w; a kernel for this needs CONFIG_FS_DAX, CONFIG_X86_PMEM_LEGACY, CONFIG_BLK_DEV_PMEM and its file systems, as modules or built in", err)
	} else if err != nil {
		return fmt.Errorf("making the initramfs: %w", err)
	}
	return out.Flush()
}

func (p *plan) orders(accel Accel) orders {
	o := orders{
		Args:     p.args,
		Hostname: hostname(p.kernel.Label),
		Verbose:  p.machine.Console != nil,
		OnTheWay: p.machine.OnTheWay,
		Facts:    facts{Machine: machineName(accel), Clock: clock(accel), Kernel: p.kernel.Name, Package: p.kernel.Package, Config: p.config},
	}
	for i, f := range p.fs {
		o.FileSystems = append(o.FileSystems, mountOrder{
			Name: f.Name, Type: f.Type, Device: fmt.Sprintf("pmem%d", i),
			Make: append([]string{p.makers[i]}, f.mkfs...), Options: f.mount, DAX: f.mount == daxInode,
		})
	}
	return o
}

// hostname makes one of a label: letters, digits and dashes, as in RFC 1123.
func hostname(label string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, label)
	return "linux-" + strings.Trim(name[:min(len(name), 40)], "-")
}

// options of a kernel that decide what a scenario or a storm meets there.
var options = []string{
	"CONFIG_BLK_DEV_PMEM", "CONFIG_DAX", "CONFIG_DEBUG_VM", "CONFIG_EXT4_FS", "CONFIG_FS_DAX", "CONFIG_FS_DAX_PMD", "CONFIG_HZ", "CONFIG_KASAN",
	"CONFIG_KFENCE", "CONFIG_LOCKDEP", "CONFIG_PREEMPT", "CONFIG_PREEMPT_DYNAMIC", "CONFIG_PREEMPT_NONE", "CONFIG_PREEMPT_VOLUNTARY",
	"CONFIG_PROVE_LOCKING", "CONFIG_X86_PMEM_LEGACY", "CONFIG_XFS_FS", "CONFIG_XFS_DEBUG",
}

// readConfig looks for the configuration that a kernel was built with, where distributions and make modules_install leave it.
// Nothing is found of many.
func readConfig(k Kernel) map[string]string {
	var places []string
	if k.Modules != "" {
		version := filepath.Base(k.Modules)
		places = append(places, filepath.Join(k.Modules, "config"), filepath.Join(k.Modules, "build", ".config"),
			filepath.Join(k.Modules, "../../../boot/config-"+version), filepath.Join(k.Modules, "../../../../boot/config-"+version))
	}
	// arch/x86/boot/bzImage of a build tree.
	places = append(places, filepath.Join(filepath.Dir(k.Image), "../../../.config"))
	for _, place := range places {
		if text, err := os.ReadFile(place); err == nil {
			return parseConfig(string(text))
		}
	}
	return nil
}

func parseConfig(text string) map[string]string {
	config := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && slices.Contains(options, name) {
			config[name] = strings.Trim(value, `"`)
		}
	}
	return config
}
