package engine_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// What TestKilled tells its child.
var (
	crashFile  = flag.String("crash.file", "", "TestKilledChild: the region")
	crashSeed  = flag.Uint64("crash.seed", 0, "TestKilledChild: what to do, and with which policy")
	crashBreak = flag.String("crash.break", "", "TestKilledChild: \"early\" or \"order\"")
)

// The size of the storm: several workers with several files each, whose records
// now and then need more extents than fit in them.
const (
	crashWorkers = 3
	crashFiles   = 6 // of each worker
	crashPages   = 12
	crashInodes  = 64
	crashBlocks  = 600
)

// TestKilledChild works on a region until it is killed. It says what it begins
// and what it has done in a journal, file descriptor 3.
func TestKilledChild(t *testing.T) {
	if *crashFile == "" {
		t.Skip("TestKilled runs this in a process of its own, and kills it")
	}
	r := must(pmem.Open(pmem.Options{Path: *crashFile}))
	fs := must(media.Mount(r))
	p := layout.All[*crashSeed%uint64(len(layout.All))]
	sb := must(vfs.NewSuperblock(fs, p, vfs.Options{
		Stripes: 4, CacheInodes: crashInodes, ReclaimBatch: 2, CachePages: crashWorkers * crashPages, HangLimit: 10 * time.Second, Rules: p.Rules(),
	}))
	var workers [crashWorkers]*crashWorker
	for i := range workers {
		workers[i] = &crashWorker{id: i, sb: sb, task: vfs.NewTask(t.Context()), rng: rand.New(rand.NewPCG(*crashSeed, uint64(i))), journal: os.NewFile(3, "journal")}
	}
	must(0, fs.Inodes(func(rec *media.Record) error {
		w := workers[int(rec.Ino)%crashWorkers]
		w.files = append(w.files, crashName{rec.Ino, rec.Gen})
		return nil
	}))
	go sb.ServeWorker(context.Background(), vfs.NewTask(t.Context()))
	fmt.Fprintln(workers[0].journal, "ready")
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			for range 1_000_000 { // it is killed long before
				if err := errors.Join(w.step(), w.task.Err()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A crashName is a file, as the journal calls it.
type crashName struct {
	ino media.Ino
	gen media.Gen
}

// A crashWorker has files of its own, so that the order of its journal is the
// order in which they change.
type crashWorker struct {
	id      int
	sb      *vfs.Superblock
	task    *vfs.Task
	rng     *rand.Rand
	journal io.Writer
	files   []crashName
}

// say writes one line, in one piece.
func (w *crashWorker) say(o crashOp) { fmt.Fprintln(w.journal, w.id, o) }

func (w *crashWorker) step() error {
	if len(w.files) == 0 || len(w.files) < crashFiles && w.rng.IntN(4) == 0 {
		return w.create()
	}
	i := w.rng.IntN(len(w.files))
	in, err := w.sb.Iget(w.task, w.files[i].ino)
	if err != nil {
		return err
	}
	defer w.sb.Iput(w.task, in)
	size := in.Pages()
	page := uint32(w.rng.IntN(int(max(1, size))))
	switch dice := w.rng.IntN(20); {
	case dice < 3:
		return w.doing(crashOp{verb: "truncate", crashName: w.files[i], n: uint32(w.rng.IntN(crashPages + 1))}, in)
	case dice < 5:
		name := w.files[i]
		w.files = slices.Delete(w.files, i, i+1)
		return w.doing(crashOp{verb: "unlink", crashName: name}, in)
	case dice < 6:
		w.sb.PruneICache(w.task, 2)
	case dice < 7:
		w.sb.EvictInodes(w.task, nil)
	case size == 0 || !in.IsDAX():
	case dice < 12:
		return w.doing(crashOp{verb: "write", crashName: w.files[i], n: page, value: byte(1 + w.rng.IntN(255))}, in)
	case dice < 14:
		return w.doing(crashOp{verb: "punch", crashName: w.files[i], n: page}, in)
	case dice < 17:
		return w.reflink(in, w.files[i], page)
	default:
		w.hold(in, page)
	}
	return nil
}

func (w *crashWorker) create() error {
	f := vfs.NewFile{Pages: uint32(w.rng.IntN(crashPages)), DAX: w.rng.IntN(8) != 0}
	w.say(crashOp{verb: "create", n: f.Pages})
	in, err := w.sb.Create(w.task, f)
	if err != nil {
		return err
	}
	name := crashName{in.Ino(), in.Owner().Gen}
	w.files = append(w.files, name)
	w.say(crashOp{verb: "done", crashName: name})
	w.sb.Iput(w.task, in)
	return nil
}

// doing does o to in, and says so before and after.
func (w *crashWorker) doing(o crashOp, in *vfs.Inode) (err error) {
	done := crashOp{verb: "done", crashName: o.crashName}
	w.say(o)
	if *crashBreak == "early" {
		w.say(done)
	}
	switch o.verb {
	case "truncate":
		if *crashBreak == "order" {
			w.freeFirst(in)
		}
		err = w.sb.Truncate(w.task, in, o.n)
	case "unlink":
		err = w.sb.Unlink(w.task, in)
	case "write":
		err = w.write(in, o.n, o.value)
	case "punch":
		err = w.sb.Punch(w.task, in, o.n, 1)
	}
	if errors.Is(err, vfs.ErrNotMapped) { // a hole
		done.verb, err = "not", nil
	}
	if err == nil && *crashBreak != "early" {
		w.say(done)
	}
	return err
}

// write stores a byte into the last of a page, after the page was made the
// file's own.
func (w *crashWorker) write(in *vfs.Inode, page uint32, value byte) error {
	b := make([]byte, media.BlockSize)
	b[len(b)-1] = value
	if err := errors.Join(w.sb.CowWrite(w.task, in, page), w.sb.Fault(w.task, in, page, 1)); err != nil {
		return err
	}
	return w.sb.WritePage(w.task, in, page, b)
}

// reflink lets another file of the worker have a page of this one.
func (w *crashWorker) reflink(src *vfs.Inode, from crashName, page uint32) error {
	to := w.files[w.rng.IntN(len(w.files))]
	if to == from {
		return nil
	}
	dst, err := w.sb.Iget(w.task, to.ino)
	if err != nil {
		return err
	}
	defer w.sb.Iput(w.task, dst)
	if !dst.IsDAX() || dst.Pages() == 0 {
		return nil
	}
	at := uint32(w.rng.IntN(int(dst.Pages())))
	w.say(crashOp{verb: "reflink", crashName: to, n: at, from: from, fromPage: page})
	err = w.sb.Reflink(w.task, src, page, dst, at, 1)
	if errors.Is(err, vfs.ErrNoShare) { // it has that block elsewhere: as if it had not been asked
		w.say(crashOp{verb: "not", crashName: to})
		return nil
	}
	if err == nil {
		w.say(crashOp{verb: "done", crashName: to})
	}
	return err
}

// hold lets a device have a page for a moment.
func (w *crashWorker) hold(in *vfs.Inode, page uint32) {
	if w.sb.Fault(w.task, in, page, 1) != nil {
		return
	}
	if pin, err := w.sb.Pin(w.task, in, page); err == nil {
		time.AfterFunc(time.Duration(w.rng.IntN(200))*time.Microsecond, func() {
			w.sb.DeviceRead(pin)
			w.sb.Unpin(pin)
		})
	}
}

// freeFirst is a truncation that frees the blocks before the record is durable,
// and stays there.
func (w *crashWorker) freeFirst(in *vfs.Inode) {
	var rec media.Record
	must(0, w.sb.FS().Read(in.Ino(), &rec))
	w.sb.FS().FreeBlocks(rec.Extents)
	for range len(rec.Extents) + 1 { // by others, say
		w.sb.Iput(w.task, must(w.sb.Create(w.task, vfs.NewFile{Pages: crashPages, DAX: true})))
	}
	select {}
}
