package vm

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"daxbench/engine/vm/initramfs"
)

// A mount is a file system of the kernel's own.
type mount struct {
	kind, where string
	must        bool
}

// mounts are made first, in this order.
var mounts = []mount{
	{"devtmpfs", "/dev", true},
	{"proc", "/proc", true},
	{"sysfs", "/sys", true},
	{"tmpfs", "/tmp", true},
	{"tmpfs", "/run", true},
	{"tmpfs", Out, true},
	{"tmpfs", "/dev/shm", false},
	{"debugfs", "/sys/kernel/debug", false},
	{"tracefs", "/sys/kernel/tracing", false},
}

func mountSystem() error {
	for _, m := range mounts {
		if err := m.mount(); err != nil && m.must {
			return err
		}
	}
	return nil
}

func (m mount) mount() error {
	if err := os.MkdirAll(m.where, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(m.kind, m.where, m.kind, 0, ""); err != nil {
		return fmt.Errorf("mounting %s on %s: %w", m.kind, m.where, err)
	}
	return nil
}

// searchPath is where a guest's programs are.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// setUp makes a guest what a command expects of a machine.
func setUp(o orders, p *port) error {
	os.Setenv("PATH", searchPath)
	os.Setenv("HOME", "/tmp")
	os.Setenv("TMPDIR", "/tmp")
	if err := unix.Sethostname([]byte(o.Hostname)); err != nil {
		return os.NewSyscallError("sethostname", err)
	}
	// Warnings belong on the console, whatever "quiet" made of it while booting; with all of it asked for, information too.
	level := "5"
	if o.Verbose {
		level = "7"
	}
	os.WriteFile("/proc/sys/kernel/printk", []byte(level), 0)
	if err := loopbackUp(); err != nil {
		p.say("the loopback interface: %v", err)
	}
	raiseLimits()
	if err := loadModules(p); err != nil {
		return err
	}
	for _, m := range []mount{{kind: "configfs", where: "/sys/kernel/config"}} {
		m.mount() // of use to few, and not everywhere
	}
	return nil
}

// loopbackUp sets lo up.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return os.NewSyscallError("ioctl SIOCSIFFLAGS", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request))
}

// raiseLimits lets a command open and lock as much as it likes.
func raiseLimits() {
	const files = 1 << 20 // fs.nr_open of every kernel
	unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files})
	unlimited := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unlimited)
	unix.Setrlimit(unix.RLIMIT_NPROC, &unlimited)
	unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}

// loadModules loads what the list in the initramfs names. One that fails is told, and for the file systems to find out whether
// it matters.
func loadModules(p *port) error {
	f, err := os.Open(initramfs.ModuleList)
	if errors.Is(err, os.ErrNotExist) {
		return nil // all is built in
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name := strings.TrimSpace(lines.Text())
		if name == "" {
			continue
		}
		if err := loadModule(name); err != nil && !errors.Is(err, unix.EEXIST) {
			p.say("module %s: %v", filepath.Base(name), err)
		}
	}
	return lines.Err()
}

func loadModule(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.FinitModule(int(f.Fd()), "", 0)
	if !errors.Is(err, unix.ENOSYS) {
		return os.NewSyscallError("finit_module", err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.NewSyscallError("init_module", unix.InitModule(text, ""))
}
