package kernelfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/child"
	"daxbench/engine/kernelfs/owner"
	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/kernelfs/slow"
	"daxbench/engine/target"
)

// A Maker makes subjects in one directory, one after the other. It implements target.Maker.
type Maker struct {
	ctx    context.Context
	o      Options
	bare   bool // only the directory is wanted, see Open
	sys    proc.FS
	mount  proc.Mount
	dir    string // that was given, without symbolic links
	home   string // ours in it; empty: not made
	kernel Kernel
	can    aide.Answer // what a file in it can do
	notes  []string
	unseen int // processes that may not be looked at: they may use the file system, too

	aides    aides
	keeper   aides // one, which has the file open that fills the file system, if that has no name
	kmsg     *proc.Kmsg
	slow     *slow.Pool // nil: none works here
	noSlow   string     // why
	fuse     *slow.Pool // for those who want just that; nil: not asked for yet, or none
	noFUSE   string
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

// New makes itself at home in a directory. Close must be called in the end. Once ctx is done, all but Close fails soon, with
// its cause. Errors: ErrRefused, ErrUnfit, those of files. Precondition: main has called Serve.
func New(ctx context.Context, dir string, o Options) (*Maker, error) {
	if !served {
		return nil, errNotServed
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	m := &Maker{ctx: ctx, aides: aides{ctx: ctx}, keeper: aides{ctx: ctx}, o: o, sys: proc.FS{Root: "/"}}
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
	if err := m.stopped(); err != nil {
		return err
	}
	if err := m.settleIn(); err != nil {
		return err
	}
	return m.measure()
}

// stopped returns why nothing is to be done any more; nil: go on.
func (m *Maker) stopped() error {
	if m.ctx == nil {
		return nil
	}
	return context.Cause(m.ctx)
}

// openTools opens what scenarios need besides a directory.
func (m *Maker) openTools() (err error) {
	if m.slow, err = slow.Open(os.TempDir()); err != nil {
		m.slow, m.noSlow = nil, err.Error()
	}
	m.kmsg = proc.OpenKmsg()
	return nil
}

// checkUsers refuses a mount that somebody else uses.
func (m *Maker) checkUsers() error {
	users, unseen, err := m.users()
	if err != nil {
		return err
	}
	holders, err := m.sys.Holders(m.mount)
	if err != nil {
		return err
	}
	m.unseen = unseen
	if unseen > 0 {
		m.notes = append(m.notes, fmt.Sprintf("%d processes may not be looked at: whether they use %s is not known", unseen, m.mount.Point))
	}
	return judgeUsers(m.mount, users, holders, m.o)
}

// users asks who uses the mount. A process that is stuck in mmap makes one wait who asks what it has mapped.
func (m *Maker) users() (users []proc.User, unseen int, err error) {
	done := make(chan struct{})
	but := m.aides.pids()
	go func() {
		defer close(done)
		users, unseen, err = m.sys.Users(m.mount, but...)
	}()
	select {
	case <-done:
		return users, unseen, err
	case <-m.ctx.Done():
		return nil, 0, context.Cause(m.ctx)
	case <-time.After(aideLimit):
		return nil, 0, fmt.Errorf("who uses %s cannot be found out within %v: a process may be stuck", m.mount.Point, aideLimit)
	}
}

// Names in the directory that was given, and in ours.
const (
	ours        = aide.Ours
	files       = aide.Files
	plain       = aide.Plain
	ballast     = aide.Ballast
	reserveNote = aide.Note
)

// settleIn makes the directories. What a process that is gone left behind is removed.
func (m *Maker) settleIn() error {
	if err := m.removeStale(); err != nil {
		return err
	}
	mark, err := owner.Mark()
	if err != nil {
		return err
	}
	home := filepath.Join(m.dir, ours+mark)
	for n := 0; ; n++ { // several in one directory, as tests may have, are told apart
		_, err := m.aides.ask(aide.Request{Do: aide.Mkdir, Path: home}, aideLimit, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) || n == maxHomes {
			if m.stopped() != nil {
				m.home = home // it may have been made
			}
			return err
		}
		home = filepath.Join(m.dir, fmt.Sprint(ours, mark, "-", n+2))
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

// removeStale removes the directories of processes that are gone, and puts the reserves back that they noted.
func (m *Maker) removeStale() error {
	found, err := m.aides.ask(aide.Request{Do: aide.Stale, Path: m.dir}, aideLimit, nil)
	if err != nil {
		return err
	}
	for _, left := range found.Left {
		if left.Blocks > 0 {
			m.putBack(left.Blocks)
		}
		if _, err := m.aides.ask(aide.Request{Do: aide.Remove, Path: left.Path}, aideLimit, nil); err != nil {
			return fmt.Errorf("what a process that is gone left behind: %w", err)
		}
		m.notes = append(m.notes, fmt.Sprintf("%s was removed: the process that made it is gone", left.Path))
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
	if err := m.stopped(); err != nil {
		return nil, err
	}
	if m.spoiled != "" {
		return nil, errors.New(m.spoiled)
	}
	s := newSubject(m, sc)
	if err := m.empty(); err != nil {
		m.spoil(s, err)
		return nil, errors.New(m.spoiled)
	}
	if m.isGuest() {
		_ = m.sys.Rearm() // without debugfs a warning comes once per boot
	}
	m.kmsg.Warnings()
	if endsMount(sc) {
		if err := m.keeper.dismiss(); err != nil {
			return nil, err
		}
	}
	if s.wantsRoom() {
		if err := m.makeRoom(sc); err != nil {
			return nil, fmt.Errorf("the file system cannot be filled: %w", err)
		}
	}
	s.began = time.Now()
	s.changed = s.began
	return s, nil
}

// isGuest reports whether the machine is one of daxbench vm, which is nobody else's.
func (m *Maker) isGuest() bool { return m.kernel.Machine != "" }

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
	m.aides.goOn()
	if !m.wrecked {
		errs = append(errs, m.keeper.dismiss())
	}
	if m.home != "" && !m.wrecked {
		if err := m.remount(); err != nil {
			errs = append(errs, err, fmt.Errorf("%s stays in the file system", m.home))
		} else {
			errs = append(errs, m.leave())
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
	m.keeper.close()
	m.aides.close()
	return errors.Join(errs...)
}

// leave puts the reserve back and removes our directory.
func (m *Maker) leave() error {
	m.restoreReserve()
	if _, err := m.aides.ask(aide.Request{Do: aide.Remove, Path: m.home}, aideLimit, nil); err != nil {
		return fmt.Errorf("%s stays: %w", m.home, err)
	}
	return nil
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
