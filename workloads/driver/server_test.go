package driver

import (
	"testing"
	"time"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// newRig returns a rig with room for the given number of files of one page, more
// or less, under a policy.
func newRig(t *testing.T, policy string, files uint32) *Rig {
	t.Helper()
	return newRigLimited(t, policy, files, 10*time.Second)
}

// newRigLimited is newRig in which no wait is longer than limit.
func newRigLimited(t *testing.T, policy string, files uint32, limit time.Duration) *Rig {
	t.Helper()
	p, err := layout.Lookup(policy)
	if err != nil {
		t.Fatal(err)
	}
	region, err := pmem.Open(pmem.Options{Size: engine.MinSize(files, files+16)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { region.Close() })
	r, err := NewRig(Env{Seed: 1, Workers: 1, Region: region, Policy: p, Context: t.Context(), Fatal: make(chan error, 1), HangLimit: limit},
		RigOptions{Inodes: files, Device: true, Frees: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// drop makes a file, gives its page to the device for d, unlinks and closes it.
func drop(t *testing.T, r *Rig, h *Holds, d time.Duration) {
	t.Helper()
	w := r.Workers[0]
	in, err := r.Create(w.Task, vfs.NewFile{Pages: 1, DAX: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Fault(w.Task, in, 0, 1); err != nil {
		t.Fatal(err)
	}
	pin, err := r.Pin(w.Task, in, 0)
	if err != nil {
		t.Fatal(err)
	}
	h.Submit(pin, d)
	if err := r.Unlink(w.Task, in); err != nil {
		t.Fatal(err)
	}
	r.Iput(w.Task, in)
}

// TestRigServesTheWorker: what policies leave over is done, counted, and does
// not keep the storm from an end.
func TestRigServesTheWorker(t *testing.T) {
	for _, policy := range []string{"dax-only", "inode-ref", "striped-ref", "vma-pin", "defer", "defer-aside"} {
		t.Run(policy, func(t *testing.T) {
			r := newRig(t, policy, 16)
			h := r.NewHolds(16)
			for range 8 {
				drop(t, r, h, time.Millisecond)
			}
			f, err := r.Finish(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if f.Stats.Evictions != 8 || f.Stats.Freed != 8 || f.Stats.FreedPinned != 0 || f.Violations != 0 || f.Looked != 8 {
				t.Errorf("%+v", f)
			}
			if r.Stats() != f.Stats {
				t.Error("Stats are not those of the findings")
			}
		})
	}
}

// TestRigWaitsForRoom fills the file system with files that are closed and
// pinned, or kept although unlinked. Without anything of that kind it is full.
func TestRigWaitsForRoom(t *testing.T) {
	for _, policy := range []string{"inode-ref", "defer", "busy-drop"} {
		r := newRig(t, policy, 4)
		h := r.NewHolds(16)
		for range 32 {
			drop(t, r, h, 100*time.Microsecond)
		}
		if f, err := r.Finish(t.Context()); err != nil {
			t.Errorf("%s: %v, %+v", policy, err, f)
		}
	}
	r := newRig(t, "inode-ref", 4)
	task := r.Workers[0].Task
	for i := range 5 {
		in, err := r.Create(task, vfs.NewFile{Pages: 1})
		if (err != nil) != (i == 4) || err != nil && !vfs.IsFull(err) {
			t.Errorf("file %d of 4: %v", i+1, err)
		}
		if err == nil {
			defer r.Iput(task, in)
		}
	}
}

// TestRigClosesInTheMiddle of I/O that takes longer than anybody waits.
func TestRigClosesInTheMiddle(t *testing.T) {
	r := newRig(t, "defer", 4)
	drop(t, r, r.NewHolds(1), time.Hour)
	start := time.Now()
	r.Close()
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("Close took %v", d)
	}
}
