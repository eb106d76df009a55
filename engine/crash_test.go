package engine_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
)

var killSeed = flag.Uint64("kill.seed", 0, "TestKilled: begin with this seed")

// TestKilled kills a process in the midst of its work on a region, over and
// over, and looks each time at what is there: it must mount, be consistent, and
// hold what the process had said to be done.
//
// A power cut loses more, namely what was stored and not flushed; that, at each
// store of one task, is what media's TestPowerCut is for. Here the stores are
// those of several tasks, of all that package vfs does, and of a mount that was
// itself cut short.
//
// A seed says what the child does and roughly when it is killed, no more: after so
// many lines of its journal, however long a busy machine takes for them.
func TestKilled(t *testing.T) {
	kills := 40
	if testing.Short() {
		kills = 10
	}
	k := newKiller(t, *killSeed)
	for range kills {
		if err := k.kill(""); err != nil {
			t.Fatalf("seed %d, policy %s: %v\nreplay, perhaps more than once: go test ./engine -run '^TestKilled$' -kill.seed=%d",
				k.seed, k.policy(), err, k.seed)
		}
	}
	if k.ready < kills/2 || k.model.journal < 100*kills {
		t.Errorf("%d kills: %d of them after the mount, %d lines of journal: that is too little", kills, k.ready, k.model.journal)
	}
	t.Logf("%d kills, %d of them after the mount; %d lines of journal; mounts freed %d orphans and rewrote %d torn records",
		kills, k.ready, k.model.journal, k.orphans, k.torn)
}

// TestKilledCanFail has the child say that something is done before it does it,
// and free blocks before the record that had them is durable.
func TestKilledCanFail(t *testing.T) {
	for _, tt := range []struct{ broken, want string }{
		{"early", "want"},
		{"order", "double-owned"},
	} {
		t.Run(tt.broken, func(t *testing.T) {
			k := newKiller(t, *killSeed)
			var err error
			for range 40 {
				if err = k.kill(tt.broken); err == nil {
					continue
				}
				if strings.Contains(err.Error(), tt.want) {
					t.Logf("found with seed %d: %v", k.seed, err)
					return
				}
				t.Logf("seed %d: something else: %v", k.seed, err)
				k = newKiller(t, k.seed) // of this region the model knows nothing any more
			}
			t.Errorf("not found; the last kill: %v", err)
		})
	}
}

// A killer has a region in a file, and knows what must be on it.
type killer struct {
	t             *testing.T
	file          string
	seed          uint64
	rng           *rand.Rand
	model         crashModel
	ready         int // children that were at work when they were killed
	orphans, torn uint32
}

func newKiller(t *testing.T, seed uint64) *killer {
	k := &killer{t: t, file: filepath.Join(ramDir(t), "region"), seed: seed, rng: rand.New(rand.NewPCG(seed, 0))}
	k.model.files = make(map[crashName]crashFileState)
	r := must(pmem.Open(pmem.Options{Path: k.file, Size: engine.MinSize(crashInodes, crashBlocks)}))
	must(media.Format(r, media.Geometry{Inodes: crashInodes}))
	must(0, r.Close())
	return k
}

// ramDir returns a directory in memory if there is one: a kill loses nothing that
// a disk would keep, and msync costs nothing there.
func ramDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "daxbench")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (k *killer) policy() string { return layout.All[k.seed%uint64(len(layout.All))].Name() }

// kill starts a child, kills it, and compares what is left.
func (k *killer) kill(broken string) error {
	k.seed++
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	var output bytes.Buffer
	child := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-crash.file="+k.file, fmt.Sprint("-crash.seed=", k.seed), "-crash.break="+broken)
	child.Stdout, child.Stderr, child.ExtraFiles = &output, &output, []*os.File{write}
	if err := child.Start(); err != nil {
		return err
	}
	write.Close()
	lines := bufio.NewScanner(read)
	var killed atomic.Bool
	timer := time.AfterFunc(time.Second, func() { killed.Store(true); child.Process.Kill() }) // one that is broken may get stuck
	delay := 10 * time.Millisecond
	if k.rng.IntN(8) != 0 && lines.Scan() { // else it may be mounting, or not even that
		k.ready++
		delay = time.Millisecond
		err = k.follow(lines, k.rng.IntN(crashLines))
	}
	timer.Reset(time.Duration(k.rng.Int64N(int64(delay))))
	if err == nil {
		err = k.follow(lines, math.MaxInt)
	}
	if child.Wait(); killed.Load() && err == nil {
		err = k.look()
	} else if err == nil {
		err = fmt.Errorf("the child ended by itself: %s", &output)
	}
	return err
}

// crashLines is after how many lines of the journal a child is killed at the latest, or a little later. A child writes some
// 1600 in 10 ms, if nobody else wants the processor.
const crashLines = 1600

// follow reads up to n lines of the journal, or to its end.
func (k *killer) follow(lines *bufio.Scanner, n int) error {
	for ; n > 0 && lines.Scan(); n-- {
		if lines.Text() == "ready" {
			continue
		}
		worker, text, _ := strings.Cut(lines.Text(), " ")
		o, err := parseCrashOp(text)
		if err != nil {
			return fmt.Errorf("journal: %q: %w", lines.Text(), err)
		}
		if err := k.model.note(int(worker[0]-'0'), o); err != nil {
			return err
		}
	}
	return lines.Err()
}

// look mounts the region and compares it with the journal.
func (k *killer) look() error {
	r, err := pmem.Open(pmem.Options{Path: k.file})
	if err != nil {
		return err
	}
	defer r.Close()
	fs, err := media.Mount(r)
	if err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	k.orphans += fs.Recovered().Orphans
	k.torn += fs.Recovered().Torn
	if _, err := fs.Check(); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return k.model.compare(fs)
}
