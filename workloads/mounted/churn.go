package mounted

import (
	"context"
	"time"

	"daxbench/workloads/driver"
)

var churnKind = Kind{
	Workload: driver.Workload{
		Name:  "create-evict-churn",
		About: "create, write, close and unlink small files, one at a time",
		Doc: `One operation creates a file, writes it, closes it and unlinks it, which evicts its inode: the whole life of an inode
that nobody maps. Every 64th is read back before it is closed.`,
		Primary:     "ns/op",
		Slice:       5 * time.Millisecond,
		SampleEvery: 1,
		Knobs: []driver.Knob{
			{Key: "pages", Default: "1", About: "pages of 4 KiB that are written to each file; 0: it stays empty", Check: driver.CheckInt(0, 4096)},
		},
		Size: func(v driver.Values, workers int, _ *driver.Population) (int64, error) {
			return sizeFor(workers, v.Int("pages"))
		},
		Small: map[string]string{"pages": "1"},
	},
	Lacks:  lacksNothing,
	evicts: true,
	open:   openChurn,
}

type churn struct {
	*rig
	files []file // one per worker
}

func openChurn(t *Target, env driver.Env) (driver.Storm, error) {
	r, err := newRig(t, env)
	if err != nil {
		return nil, err
	}
	return &churn{rig: r, files: newFiles(env.Workers)}, nil
}

func (s *churn) Run(w *driver.Worker, n int) {
	for range n {
		if !s.goes(w) {
			return
		}
		if err := s.live(w, &s.files[w.ID]); err != nil {
			s.fail(w, err)
		}
	}
}

// live is the life of a file.
func (s *churn) live(w *driver.Worker, f *file) error {
	h := s.hands[w.ID]
	look := h.made%lookEvery == 0
	if err := s.create(w, f); err != nil {
		return err
	}
	if err := s.fill(w, f); err != nil {
		return err
	}
	if look {
		if err := s.checkDAX(f); err != nil {
			return err
		}
		if err := s.check(w, f); err != nil {
			return err
		}
	}
	if err := f.close(); err != nil {
		return err
	}
	err := unlinkat(h.dir(f), &f.name)
	if err == nil {
		h.ended++
	}
	return err
}

// Finish implements driver.Storm.
func (s *churn) Finish(context.Context) (driver.Findings, error) { return s.finish() }

// Close implements driver.Storm.
func (s *churn) Close() {
	for i := range s.files {
		s.release(&s.files[i])
	}
	s.rig.Close()
}
