package mounted

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/workloads/driver"
)

var truncateRaceKind = Kind{
	Workload: driver.Workload{
		Name:  "mounted-truncate-race",
		About: "truncate files and punch holes in them while workers take page faults in them and write to them",
		Doc: `The workers share files that are open and mapped. One operation either takes a page fault in a random page of a
random file and writes and reads another one, or, in some cases, cuts a file: it truncates it to half its size and
extends it again, or punches a hole where its second half is. Timed is the cut. A fault beyond the end of a file fails, as it
should. What is read must be zero or what was written to that file. Nothing is evicted.`,
		Remark:      "With one worker nothing races",
		Primary:     "ns/op",
		Slice:       10 * time.Millisecond,
		SelfTimed:   true,
		Timed:       "the call that truncates or punches; faults and writes are not timed",
		SampleEvery: 1,
		Knobs: []driver.Knob{
			{Key: "pages", Default: "16", About: "pages of 4 KiB per file", Check: driver.CheckInt(2, 65536)},
			{Key: "files", Default: "8", About: "files that the workers share", Check: driver.CheckInt(1, 4096)},
			{Key: "cut", Default: "20", About: "percentage of operations that cut", Check: checkPositivePercent},
			{Key: "punch", Default: "50", About: "of those, percentage that punch a hole; the others truncate", Check: driver.CheckPercent},
		},
		Size: func(v driver.Values, _ int, _ *driver.Population) (int64, error) {
			return sizeFor(v.Int("files"), v.Int("pages"))
		},
		Small: map[string]string{"files": "2"},
	},
	Needs: "Linux 5.14, for MADV_POPULATE_READ",
	Lacks: lacksNothing,
	open:  openTruncateRace,
}

// checkPositivePercent wants something to be timed.
func checkPositivePercent(s string) error {
	if f, err := strconv.ParseFloat(s, 64); err == nil && f < 0.1 {
		return errors.New("want at least 0.1: else nothing would be timed")
	}
	return driver.CheckPercent(s)
}

type truncateRace struct {
	*rig
	files []file // all are made by worker 0
	seen  []seen // per worker
}

// seen is what one worker saw.
type seen struct {
	faults, beyond int64 // page faults, and of them those beyond the end of a file
	page           [pageSize]byte
	_              [64]byte
}

// Bits of a pick; the others choose the file and the page.
const (
	pickCut   = 1 << 31
	pickPunch = 1 << 30
	pickStore = 1 << 29 // the fault is one for writing
)

func openTruncateRace(t *Target, env driver.Env) (driver.Storm, error) {
	r, err := newRig(t, env)
	if err != nil {
		return nil, err
	}
	v := env.Values
	s := &truncateRace{rig: r, files: newFiles(v.Int("files")), seen: make([]seen, env.Workers)}
	if err := s.prepare(); err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	cut, punch := v.Percent("cut"), v.Percent("punch")
	for _, w := range r.workers {
		w.SetPicks(1<<16, func(rng *rand.Rand) uint32 {
			pick := rng.Uint32() &^ (pickCut | pickPunch)
			if rng.Float64() < cut {
				pick |= pickCut
			}
			if rng.Float64() < punch {
				pick |= pickPunch
			}
			return pick
		})
	}
	return s, nil
}

// prepare makes the files and maps them.
func (s *truncateRace) prepare() error {
	for i := range s.files {
		f := &s.files[i]
		if err := s.create(s.workers[0], f); err != nil {
			return err
		}
		err := errors.Join(s.checkDAX(f), s.fill(s.workers[0], f))
		if err == nil {
			err = mmap(f, s.pages, f.dax && s.target.kernel.MapSync)
		}
		if err != nil {
			return err
		}
	}
	_, err := populate(&s.files[0], 0, false)
	if errors.Is(err, unix.EINVAL) {
		err = fmt.Errorf("this storm needs Linux 5.14, for MADV_POPULATE_READ: %w", err)
	}
	return err
}

func (s *truncateRace) Run(w *driver.Worker, n int) {
	for range n {
		if !s.goes(w) {
			return
		}
		pick := w.Pick()
		index := int(pick &^ (pickCut | pickPunch | pickStore))
		f := &s.files[index%len(s.files)]
		var err error
		if pick&pickCut != 0 {
			err = s.cut(w, f, pick&pickPunch != 0)
		} else {
			err = s.use(w, f, index/len(s.files)%s.pages, pick&pickStore != 0)
		}
		if err != nil {
			s.fail(w, err)
		}
	}
}

// cut takes the second half of a file away.
func (s *truncateRace) cut(w *driver.Worker, f *file, punch bool) error {
	half, whole := int64(s.pages/2)*pageSize, int64(s.pages)*pageSize
	var err error
	w.Begin()
	if punch {
		err = unix.Fallocate(f.fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, half, whole-half)
	} else {
		err = unix.Ftruncate(f.fd, half)
	}
	w.End()
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("this file system cannot punch holes: -set punch=0: %w", err)
	case err != nil:
		return &callError{"cut", &f.name, err}
	case !punch:
		if err := unix.Ftruncate(f.fd, whole); err != nil {
			return &callError{"extend", &f.name, err}
		}
	}
	return nil
}

// use takes a fault in one page, writes the one that is half a file away, and
// reads the first one back.
func (s *truncateRace) use(w *driver.Worker, f *file, page int, store bool) error {
	c := &s.seen[w.ID]
	there, err := populate(f, page, store)
	if err != nil {
		return err
	}
	c.faults++
	if !there {
		c.beyond++
	}
	stampPage(c.page[:], f.stamp)
	if err := pwrite(f, c.page[:], int64((page+s.pages/2)%s.pages)*pageSize); err != nil {
		return err
	}
	n, err := pread(f, c.page[:], int64(page)*pageSize)
	if err != nil {
		return err
	}
	return checkRaced(c.page[:n], f)
}

// Finish reads every file and removes it.
func (s *truncateRace) Finish(context.Context) (driver.Findings, error) {
	h := s.hands[0]
	data := h.data[:s.pages*pageSize]
	for i := range s.files {
		f := &s.files[i]
		n, err := pread(f, data, 0)
		if err == nil {
			err = checkRaced(data[:n], f)
		}
		if err == nil && n != len(data) {
			err = fmt.Errorf("%w: %s has %d bytes and should have %d", ErrContent, &f.name, n, len(data))
		}
		if err = errors.Join(err, s.release(f), unlinkat(h.dir(f), &f.name)); err != nil {
			return driver.Findings{}, s.explain(err)
		}
		h.ended++
	}
	found, err := s.finish()
	for i := range s.seen {
		found.Counted["faults"] += s.seen[i].faults
		found.Counted["faults_beyond_end"] += s.seen[i].beyond
	}
	return found, err
}

// Close implements driver.Storm.
func (s *truncateRace) Close() {
	for i := range s.files {
		s.release(&s.files[i])
	}
	s.rig.Close()
}
