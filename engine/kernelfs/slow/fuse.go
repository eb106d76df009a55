package slow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// A server makes Helds that are files of a FUSE file system in this process. A request that it has read from the kernel
// cannot be taken back, whoever is killed.
type server struct {
	dir    string // own folder, with the mount point in it
	point  string
	direct bool // mounted by mount(2), not by fusermount3
	root   *fs.Inode
	fuse   *fuse.Server
	served chan struct{} // closed when the file system is gone
	made   int
}

// fuseType is what mountinfo calls it, and pending how many asynchronous requests there may be at once, of all Helds.
const (
	fuseName = "daxbench"
	fuseType = "fuse." + fuseName
	pending  = 4096
)

// patience is how long the file system may take to go once it is unmounted.
const patience = 5 * time.Second

// openFUSE opens a Pool.
func openFUSE(dir string) (_ *Pool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("fuse: %w", err)
		}
	}()
	if err := sweepMounts(); err != nil {
		return nil, err
	}
	s := &server{served: make(chan struct{})}
	if s.dir, err = ownDir(dir); err != nil {
		return nil, err
	}
	s.point = filepath.Join(s.dir, "fuse")
	if err = s.mount(); err != nil {
		return nil, errors.Join(err, removeDir(s.dir))
	}
	p := newPool("fuse", false, s)
	if err = p.try(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// mount mounts the file system and begins to serve it.
func (s *server) mount() error {
	if err := os.Mkdir(s.point, 0o700); err != nil {
		return err
	}
	name, err := mark()
	if err != nil {
		return err
	}
	root := &fs.Inode{}
	options := fuse.MountOptions{
		Name: fuseName, FsName: name, MaxBackground: pending, DisableXAttrs: true,
		ExtraCapabilities: fuse.CAP_ASYNC_DIO, // else io_submit itself waits
		Logger:            log.New(io.Discard, "", 0),
	}
	raw := fs.NewNodeFS(root, &fs.Options{MountOptions: options, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())})
	fd, err := mountDirect(s.point, name)
	at := s.point
	if s.direct = err == nil; s.direct {
		at = fmt.Sprintf("/dev/fd/%d", fd) // means: it is mounted
	}
	server, serr := fuse.NewServer(raw, at, &options)
	if serr != nil {
		if s.direct {
			return errors.Join(serr, unix.Unmount(s.point, unix.MNT_DETACH), unix.Close(fd))
		}
		return errors.Join(err, serr)
	}
	s.root, s.fuse = root, server
	go func() {
		server.Serve()
		close(s.served)
	}()
	return server.WaitMount()
}

// mountDirect mounts without help and returns the descriptor to serve it by.
//
// Note: that of the library would be inherited by children. As long as one of them lives, the kernel then waits for answers,
// though this process is dead.
func mountDirect(point, source string) (fd int, err error) {
	fd, err = unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("/dev/fuse: %w", err)
	}
	data := fmt.Sprintf("fd=%d,rootmode=%o,user_id=%d,group_id=%d", fd, unix.S_IFDIR, os.Geteuid(), os.Getegid())
	if err := unix.Mount(source, point, fuseType, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, data); err != nil {
		return -1, errors.Join(fmt.Errorf("mount: %w", err), unix.Close(fd))
	}
	return fd, nil
}

func (s *server) close() error {
	err := s.unmount()
	select {
	case <-s.served:
	case <-time.After(patience):
		err = errors.Join(err, fmt.Errorf("%s is still in use after %v", s.point, patience))
	}
	return errors.Join(err, removeDir(s.dir))
}

// unmount takes the file system away from who uses it, too. Nothing is held any more.
func (s *server) unmount() error {
	if s.direct {
		return unix.Unmount(s.point, unix.MNT_DETACH|unix.MNT_FORCE)
	}
	if err := s.fuse.Unmount(); err == nil {
		return nil
	}
	return detach(s.point)
}

// detach asks fusermount3 to unmount even if somebody has files open.
func detach(point string) error {
	if out, err := exec.Command("fusermount3", "-u", "-z", "--", point).CombinedOutput(); err != nil {
		return fmt.Errorf("fusermount3 %s: %w: %.200q", point, err, out)
	}
	return nil
}

// A file is a Held of FUSE.
type file struct {
	fs.Inode
	server *server
	name   string
	free   chan struct{} // closed by release
	came   atomic.Uint32 // requests that were read from the kernel, which SIGKILL takes no more back
	guard  guard
	data   []byte // guard
}

func (s *server) make(fill byte) (held, error) {
	s.made++
	f := &file{server: s, name: fmt.Sprint(s.made), free: make(chan struct{}), guard: newGuard(), data: make([]byte, Size)}
	for i := range f.data {
		f.data[i] = fill
	}
	node := s.root.NewPersistentInode(context.Background(), f, fs.StableAttr{Mode: unix.S_IFREG})
	if !s.root.AddChild(f.name, node, false) {
		return nil, fmt.Errorf("there is a file %s already", f.name)
	}
	return f, nil
}

func (f *file) path() string { return filepath.Join(f.server.point, f.name) }

func (f *file) release() error {
	close(f.free)
	return nil
}

func (f *file) read(p []byte) error {
	f.guard.lock()
	defer f.guard.unlock()
	copy(p, f.data)
	return nil
}

func (f *file) close() error {
	f.server.root.RmChild(f.name)
	return nil
}

// Open implements fs.NodeOpener.
func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO | fuse.FOPEN_PARALLEL_DIRECT_WRITES, 0
}

// Getattr implements fs.NodeGetattrer.
func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size, out.Blocks = unix.S_IFREG|0o600, Size, Size/sector
	return 0
}

// await is what each request does that was read from the kernel: it waits for release.
func (f *file) await() {
	f.came.Add(1)
	<-f.free
}

// Read implements fs.NodeReader. The context ends when the reader gets a signal, which is of no concern here.
func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.await()
	f.guard.lock()
	defer f.guard.unlock()
	n := copy(dest, f.data[min(max(off, 0), Size):])
	return fuse.ReadResultData(dest[:n]), 0
}

// Write implements fs.NodeWriter.
func (f *file) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.await()
	if off < 0 || off+int64(len(data)) > Size {
		return 0, unix.ENOSPC
	}
	f.guard.lock()
	defer f.guard.unlock()
	return uint32(copy(f.data[off:], data)), 0
}

// sweepMounts unmounts what processes that are gone left mounted. Their requests have failed when they died.
func sweepMounts() error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		mount, kind, _ := strings.Cut(line, " - ")
		words, of := strings.Fields(mount), strings.Fields(kind)
		if len(words) < 5 || len(of) < 2 || of[0] != fuseType || !stale(of[1]) || strings.Contains(words[4], `\`) {
			continue
		}
		if os.Geteuid() == 0 {
			err = unix.Unmount(words[4], unix.MNT_DETACH)
		} else {
			err = detach(words[4])
		}
		if err != nil {
			return fmt.Errorf("what a process that is gone left mounted on %s: %w", words[4], err)
		}
		if dir := filepath.Dir(words[4]); stale(filepath.Base(dir)) {
			removeDir(dir)
		}
	}
	return nil
}
