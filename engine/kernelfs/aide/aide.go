// Package aide is a process that touches the file system for the controller of package kernelfs, which
// itself must not: it makes and removes directories, fills the file system up, looks where blocks lie and
// tries to get hold of one, one request after the other. If it gets stuck, it is killed and another one is asked.
//
// It is no part of a scenario; those are children.
package aide

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// Env is the environment variable that makes this program an aide. Its value is the number of the descriptor of a socket.
const Env = "DAXBENCH_AIDE"

// A Task is what an aide is asked to do.
type Task string

// The tasks, and the fields of a Request that they need.
const (
	Look       Task = "look"        // Path: what the directory is
	Mkdir      Task = "mkdir"       // Path, DAX
	Probe      Task = "probe"       // Path, a directory: what works for files in it
	Empty      Task = "empty"       // Path, a directory: remove what is in it
	Remove     Task = "remove"      // Path, with all that is in it
	Locate     Task = "locate"      // Path, Index: where a page lies
	IsDAX      Task = "isdax"       // Path
	Fill       Task = "fill"        // Path, Keep, Most, Dir, Names: let a file take all free space but Keep bytes
	Seek       Task = "seek"        // Path, Dir, Names, Pages, Fill, Block: make a file that owns a block
	Whose      Task = "whose"       // Dirs, But, Block: which file has it
	Count      Task = "count"       // Dirs: what is free, and what the files in them take
	Bystander  Task = "bystander"   // Dir: make, write and remove a file
	Reserve    Task = "reserve"     // Path: how many blocks xfs keeps back
	SetReserve Task = "set-reserve" // Path, Blocks
	Notice     Task = "notice"      // Path, Blocks: leave a note of how many blocks were kept back
	Stale      Task = "stale"       // Path: what processes that are gone have left behind there
)

// A Request asks for one thing. Blocks are byte offsets on the device.
type Request struct {
	Do    Task     `json:"do"`
	Path  string   `json:"path,omitempty"`
	Dir   string   `json:"dir,omitempty"`
	Dirs  []string `json:"dirs,omitempty"`
	But   []string `json:"but,omitempty"` // whose: names that are not looked at
	DAX   bool     `json:"dax,omitempty"`
	Keep  int64    `json:"keep,omitempty"`
	Most  int64    `json:"most,omitempty"`  // bytes of the file that fills; zero: no limit
	Names int      `json:"names,omitempty"` // fill: empty files that it makes in Dir; seek: that are there
	Index int      `json:"index,omitempty"`
	// Unnamed has fill take a file without a name in the directory Path, which goes with the aide.
	Unnamed bool  `json:"unnamed,omitempty"`
	Pages   int   `json:"pages,omitempty"`
	Fill    byte  `json:"fill,omitempty"`
	Block   int64 `json:"block,omitempty"`
	Once    bool  `json:"once,omitempty"` // seek: do not wait for blocks that are freed in the background

	Blocks uint64 `json:"blocks,omitempty"` // set-reserve, notice
}

// An Answer says what came of it. Before it comes one with Began, and the thread that does it.
type Answer struct {
	Began  bool   `json:"began,omitempty"`
	TID    int    `json:"tid,omitempty"`
	Failed string `json:"failed,omitempty"` // empty: it is done
	Errno  int    `json:"errno,omitempty"`

	Path      string `json:"path,omitempty"` // look: without symbolic links
	Directory bool   `json:"directory,omitempty"`
	Writable  bool   `json:"writable,omitempty"`
	DAX       bool   `json:"dax,omitempty"`      // probe, isdax
	MapSync   bool   `json:"map_sync,omitempty"` // probe
	Extents   bool   `json:"extents,omitempty"`
	Direct    bool   `json:"direct,omitempty"`    // O_DIRECT
	Clone     bool   `json:"clone,omitempty"`     // FICLONE
	Flag      bool   `json:"flag,omitempty"`      // FS_XFLAG_DAX can be set
	Free      int64  `json:"free,omitempty"`      // look, fill, count: bytes
	Used      int64  `json:"used,omitempty"`      // count: bytes
	Block     int64  `json:"block,omitempty"`     // locate; -1: nowhere
	Found     bool   `json:"found,omitempty"`     // seek
	Owner     Owner  `json:"owner,omitempty"`     // seek, if nothing was found
	Undecided string `json:"undecided,omitempty"` // … and why that does not say that the block was not given away
	Page      int    `json:"page,omitempty"`      // of the file that has the block
	Tried     int    `json:"tried,omitempty"`     // files
	Ino       uint64 `json:"ino,omitempty"`
	Blocks    uint64 `json:"blocks,omitempty"` // reserve
	Left      []Left `json:"left,omitempty"`   // stale
}

// Asked tells whether this process was started as an aide, and on which descriptor requests come.
func Asked() (fd int, ok bool) {
	value, ok := os.LookupEnv(Env)
	if !ok {
		return 0, false
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return -1, true
	}
	return fd, true
}

// Main is an aide until the other end of the socket is closed. It never returns.
func Main(fd int) {
	runtime.LockOSThread()
	conn, err := wire.New(fd)
	if err != nil {
		fmt.Fprintln(os.Stderr, "daxbench: aide:", err)
		os.Exit(4)
	}
	unix.CloseOnExec(fd)
	for {
		var r Request
		if _, err := conn.Receive(&r); err != nil {
			os.Exit(0) // the controller has gone
		}
		if conn.Send(Answer{Began: true, TID: unix.Gettid()}) != nil || conn.Send(do(r)) != nil {
			os.Exit(0)
		}
	}
}

var tasks = map[Task]func(r Request, a *Answer) error{
	Look: look, Mkdir: mkdir, Probe: probe, Empty: empty, Locate: locate, IsDAX: isDAX, Fill: fill, Seek: seek, Whose: whose, Count: count, Bystander: bystander, Reserve: reserve, SetReserve: setReserve, Notice: note, Stale: stale,
	Remove: func(r Request, _ *Answer) error { return os.RemoveAll(r.Path) },
}

func do(r Request) (a Answer) {
	task := tasks[r.Do]
	if task == nil {
		return Answer{Failed: fmt.Sprintf("no task %q", r.Do)}
	}
	if err := task(r, &a); err != nil {
		a.Failed = err.Error()
		a.Errno = int(errno(err))
	}
	return a
}
