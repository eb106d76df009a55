package kernelfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/child"
	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/kernelfs/slow"
	"daxbench/engine/target"
)

// A Maker makes subjects in one directory, one after the other. It implements target.Maker.
type Maker struct {
	o      Options
	bare   bool // only the directory is wanted, see Open
	sys    proc.FS
	mount  proc.Mount
	dir    string // that was given, without symbolic links
	home   string // ours in it; empty: not made
	kernel Kernel
	can    aide.Answer // what a file in it can do
	notes  []string

	aides    aides
	kmsg     *proc.Kmsg
	slow     *slow.Pool // nil: none works here
	noSlow   string     // why
	fuse     *slow.Pool // for those who want just that; nil: not asked for yet, or none
	noFUSE   string
	scratch  string  // a directory on another file system, for devices
	reserved *uint64 // blocks that the file system kept back before; nil: it was left alone
	unset    string  // why the file system may keep blocks back all the same; empty: it does not

	room    *room  // set once the file system has been filled
	spoiled string // why nothing can be made here any more
	wrecked bool   // the kernel has crashed, or the device is gone: to ask anything of either may not return
}

// Serve makes this program a child or an aide if it was started as one, and does not return then. Main calls it before
// anything else; so does TestMain of tests that use New.
func Serve() {
	served = true
	if fd, ok := child.Asked(); ok {
		child.Main(fd)
	}
	if fd, ok := aide.Asked(); ok {
		aide.Main(fd)
	}
}

// aideLimit is how long an aide may take for what is quickly done: to fill a file system takes a second.
const aideLimit = 30 * time.Second

// New makes itself at home in a directory. Close must be called in the end. Errors: ErrRefused, ErrUnfit, those of files.
// Precondition: main has called Serve.
func New(dir string, o Options) (*Maker, error) {
	if !served {
		return nil, errNotServed
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	m := &Maker{o: o, sys: proc.FS{Root: "/"}}
	if err := m.open(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), m.Close())
	}
	return m, nil
}

// open checks what can be checked without a trace, then makes what is needed.
func (m *Maker) open(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if m.mount, err = m.sys.MountOf(dir); err != nil {
		return err
	}
	if root, err := m.sys.MountOf("/"); err != nil {
		return err
	} else if err := judgeMount(m.mount, root, m.o); err != nil {
		return err
	}
	at, err := m.aides.ask(aide.Request{Do: aide.Look, Path: dir}, aideLimit, nil)
	switch {
	case err != nil:
		return err
	case !at.Directory:
		return fmt.Errorf("%w: it is no directory", ErrUnfit)
	case !at.Writable:
		return fmt.Errorf("%w: nothing can be made in it", ErrUnfit)
	case at.Path != dir:
		return m.open(at.Path) // behind the link there may be another mount
	}
	m.dir = dir
	if err := m.checkUsers(); err != nil {
		return err
	}
	if !m.bare {
		if err := m.openTools(); err != nil {
			return err
		}
	}
	if err := m.settleIn(); err != nil {
		return err
	}
	return m.measure()
}

// openTools opens what scenarios need besides a directory.
func (m *Maker) openTools() (err error) {
	if m.scratch, err = os.MkdirTemp("", "daxbench"); err != nil {
		return err
	}
	if m.slow, err = slow.Open(m.scratch); err != nil {
		m.slow, m.noSlow = nil, err.Error()
	}
	m.kmsg = proc.OpenKmsg()
	return nil
}

// checkUsers refuses a mount that somebody else uses.
func (m *Maker) checkUsers() error {
	users, unseen, err := m.sys.Users(m.mount, m.aides.pids()...)
	if err != nil {
		return err
	}
	if unseen > 0 {
		m.notes = append(m.notes, fmt.Sprintf("%d processes may not be looked at: whether they use %s is not known", unseen, m.mount.Point))
	}
	return judgeUsers(m.mount, users, m.o)
}

// Names in the directory that was given, and in ours.
const (
	ours        = ".daxbench-" // and the number of the process
	files       = "files"      // DAX as far as it can be had
	plain       = "plain"      // for files that must not be DAX
	ballast     = "ballast"    // the file that fills the file system
	reserveNote = "reserve"    // a file that says how many blocks the file system kept back
)

// settleIn makes the directories. What a process that is gone left behind is removed.
func (m *Maker) settleIn() error {
	if err := m.removeStale(); err != nil {
		return err
	}
	home := filepath.Join(m.dir, fmt.Sprint(ours, os.Getpid()))
	for n := 0; ; n++ { // several in one directory, as tests may have, are told apart
		if _, err := m.aides.ask(aide.Request{Do: aide.Mkdir, Path: home}, aideLimit, nil); err == nil {
			break
		} else if !errors.Is(err, os.ErrExist) || n == maxHomes {
			return err
		}
		home = filepath.Join(m.dir, fmt.Sprint(ours, os.Getpid(), "-", n+2))
	}
	m.home = home
	for _, name := range []string{files, plain} {
		a, err := m.aides.ask(aide.Request{Do: aide.Mkdir, Path: m.in(name), DAX: name == files}, aideLimit, nil)
		if err != nil {
			return err
		}
		m.can.Flag = m.can.Flag || a.Flag
	}
	flag := m.can.Flag
	a, err := m.aides.ask(aide.Request{Do: aide.Probe, Path: m.in(files)}, aideLimit, nil)
	if m.can = a; err != nil {
		return err
	}
	m.can.Flag = flag
	if m.bare {
		return nil
	}
	return m.dropReserve()
}

const maxHomes = 100

// in returns the path of something in our directory.
func (m *Maker) in(names ...string) string {
	return filepath.Join(append([]string{m.home}, names...)...)
}

// removeStale removes the directories of processes that are gone.
func (m *Maker) removeStale() error {
	list, err := filepath.Glob(filepath.Join(m.dir, ours+"*"))
	if err != nil {
		return err
	}
	for _, path := range list {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(path), ours+"%d", &pid); err != nil || pid == os.Getpid() {
			continue
		}
		if _, err := m.sys.Process(pid); !errors.Is(err, proc.ErrGone) {
			continue
		}
		m.restoreReserve(path)
		if _, err := m.aides.ask(aide.Request{Do: aide.Remove, Path: path}, aideLimit, nil); err != nil {
			return fmt.Errorf("what process %d left behind: %w", pid, err)
		}
		m.notes = append(m.notes, fmt.Sprintf("%s was removed: process %d, which made it, is gone", path, pid))
	}
	return nil
}

// Kernel says what the directory was found to be.
func (m *Maker) Kernel() *Kernel { return &m.kernel }

// Notes says in sentences what New found, and did, that one may want to know.
func (m *Maker) Notes() []string { return m.notes }

// Policy implements target.Maker: it is the label of the kernel.
func (m *Maker) Policy() string { return m.kernel.Label() }

// Another implements target.Maker: a kernel takes its own order.
func (m *Maker) Another() bool { return false }

// Make implements target.Maker. It fails once a scenario has left something that nobody can remove.
func (m *Maker) Make(sc *target.Scenario, set []target.Setting) (target.Subject, error) {
	if m.spoiled != "" {
		return nil, errors.New(m.spoiled)
	}
	s := newSubject(m, sc)
	if err := m.empty(); err != nil {
		m.spoil(s, err)
		return nil, errors.New(m.spoiled)
	}
	_ = m.sys.Rearm() // without debugfs a warning comes once per boot
	m.kmsg.Warnings()
	if s.wantsRoom() {
		if err := m.makeRoom(sc); err != nil {
			return nil, fmt.Errorf("the file system cannot be filled: %w", err)
		}
	}
	s.began = time.Now()
	s.changed = s.began
	return s, nil
}

// spoil notes that a subject left something behind.
func (m *Maker) spoil(s *subject, err error) {
	m.spoiled = fmt.Sprintf("the file system is of no use since scenario %s: %v", s.sc.Name, err)
}

// wreck notes that a subject has left nothing that could be asked to clean up. The caller holds mu of the subject.
func (m *Maker) wreck(s *subject, err error) {
	m.spoil(s, err)
	m.wrecked = true
}

// empty mounts what is not mounted and removes the files of the last scenario.
func (m *Maker) empty() error {
	if err := m.remount(); err != nil {
		return err
	}
	for _, name := range []string{files, plain} {
		if _, err := m.aides.ask(aide.Request{Do: aide.Empty, Path: m.in(name)}, aideLimit, nil); err != nil {
			return err
		}
	}
	return nil
}

// Close removes what is left in the directory and gives everything back. On what is wrecked all is left as it is.
func (m *Maker) Close() error {
	var errs []error
	if m.home != "" && !m.wrecked {
		errs = append(errs, m.remount())
		m.restoreReserve("")
		if _, err := m.aides.ask(aide.Request{Do: aide.Remove, Path: m.home}, aideLimit, nil); err != nil {
			errs = append(errs, fmt.Errorf("%s stays: %w", m.home, err))
		}
	}
	for _, p := range []*slow.Pool{m.slow, m.fuse} {
		if p != nil && !m.wrecked {
			errs = append(errs, p.Close())
		}
	}
	if m.kmsg != nil {
		errs = append(errs, m.kmsg.Close())
	}
	m.aides.close()
	if m.scratch != "" {
		errs = append(errs, os.RemoveAll(m.scratch))
	}
	return errors.Join(errs...)
}

// isMounted reports whether what was found there at first is mounted.
func (m *Maker) isMounted() (bool, error) {
	list, err := m.sys.Mounts()
	return slices.ContainsFunc(list, func(o proc.Mount) bool { return o.Point == m.mount.Point && o.Dev == m.mount.Dev }), err
}

// device is the block device's name in /sys: pmem0.
func (m *Maker) device() string {
	if !strings.HasPrefix(m.mount.Source, "/dev/") {
		return ""
	}
	return filepath.Base(m.mount.Source)
}
