package engine_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"daxbench/engine"
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "TestModel: run this seed only")
	modelOps  = flag.Int("model.ops", 400, "TestModel: operations per run")
)

// TestModel runs random operations, one after the other, on an engine with
// each policy and on a model that is a few maps. What the model predicts must
// happen, and what it leaves open, namely whom reclaim picks, must be the same
// with every policy: while nobody holds a pin on an idle file, a policy makes
// no difference.
func TestModel(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	if *modelSeed != 0 {
		seeds = []uint64{*modelSeed}
	}
	for _, o := range []vfs.Options{
		{Stripes: 1, CacheInodes: 6, CachePages: 64, WaitQueues: 1},
		{Stripes: 4, CacheInodes: 6, CachePages: 64, ReclaimBatch: 2},
		{Stripes: 2, CacheInodes: 40, CachePages: 64, LRU: vfs.EntriesKeepOff},
	} {
		for _, seed := range seeds {
			var want []string
			for _, p := range layout.Default {
				m := newModel(t, seed, engine.Config{Policy: p, Inodes: 32, Cache: o})
				got, err := m.run(*modelOps)
				if err == nil && want != nil && !slices.Equal(got, want) {
					err = fmt.Errorf("policy %s had other results than %s", p.Name(), layout.Default[0].Name())
				}
				if err != nil {
					t.Fatalf("seed %d, policy %s, options %+v: %v\nreplay: go test ./engine -run '^TestModel$' -model.seed=%d -model.ops=%d\nlast operations:\n%s",
						seed, p.Name(), o, err, seed, *modelOps, strings.Join(got[max(0, len(got)-30):], "\n"))
				}
				want = got
			}
		}
	}
}

// A model is what should be, beside an engine.
type model struct {
	e     *engine.Engine
	task  *vfs.Task
	rng   *rand.Rand
	files [8]modelFile
	total uint32 // blocks
	log   []string
}

// A modelFile is one file, or none if it has no links and no references.
type modelFile struct {
	in     *vfs.Inode // nil without references
	ino    vfs.Ino    // the last one it had
	refs   int
	linked bool
	dax    bool
	drop   bool // not to be kept
	pages  uint32
	mapped map[uint32]tristate
	data   map[uint32]byte // as far as it was written
	pins   []vfs.Pin
}

type tristate uint8

const (
	no tristate = iota
	yes
	unknown
)

func newModel(t *testing.T, seed uint64, c engine.Config) *model {
	e := open(t, c)
	return &model{
		e: e, task: vfs.NewTask(t.Context()), rng: rand.New(rand.NewPCG(seed, 1)), total: e.FS().FreeBlockCount(),
	}
}

func (f *modelFile) exists() bool { return f.linked || f.refs > 0 }

// run does n operations, ends all that is open and checks the engine. It returns
// what was done and what came of it.
func (m *model) run(n int) ([]string, error) {
	for range n {
		verb := modelVerbs[m.rng.IntN(len(modelVerbs))]
		i, arg := m.rng.IntN(len(m.files)), uint32(m.rng.IntN(6))
		if err := m.do(verb, i, arg); err != nil {
			return m.log, err
		}
	}
	for i := range m.files {
		for m.files[i].refs > 0 {
			if err := errors.Join(m.do("unpin", i, 0), m.do("iput", i, 0)); err != nil {
				return m.log, err
			}
		}
	}
	if err := m.do("evict-all", 0, 0); err != nil {
		return m.log, err
	}
	return m.log, m.e.Check()
}

// The verbs, as often as they should come up.
var modelVerbs = strings.Fields(`create create create iget iget iget iget iput iput iput iput fault fault fault
	write write write read read pin pin unpin unpin unlink truncate truncate dont-cache prune evict-all`)

// do does one operation if it is legal, logs what came of it, and checks it.
func (m *model) do(verb string, i int, arg uint32) error {
	f := &m.files[i]
	result, err := "", error(nil)
	switch {
	case verb == "create" && !f.exists():
		result, err = m.create(f, arg)
	case verb == "iget":
		result, err = m.iget(f)
	case verb == "prune":
		result = fmt.Sprint(m.e.PruneICache(m.task, int(arg)))
		m.mayHaveGone()
	case verb == "evict-all":
		result, err = m.evictAll()
	case f.refs == 0, verb == "create":
		return nil
	case verb == "iput" && (f.refs > 1 || len(f.pins) == 0): // else a safe policy would wait
		m.e.Iput(m.task, f.in)
		if f.refs--; f.refs == 0 {
			f.in = nil
			if f.drop || !f.linked {
				f.evicted()
			}
		}
	case verb == "fault" && arg < f.pages:
		err = m.e.Fault(m.task, f.in, arg, 1)
		f.mapped[arg] = yes
	case verb == "write" && arg < f.pages:
		page := make([]byte, 4096)
		page[4095] = byte(m.rng.IntN(256))
		result, err = f.expect(arg, m.e.WritePage(m.task, f.in, arg, page))
		if result == "" {
			f.data[arg] = page[4095]
		}
	case verb == "pin" || verb == "read":
		var p vfs.Pin
		p, err = m.e.Pin(m.task, f.in, arg)
		if result, err = f.expect(arg, err); result != "" || err != nil {
			break
		}
		if want, ok := f.data[arg]; ok && m.e.PinBytes(p)[4095] != want {
			err = fmt.Errorf("page %d holds %d, want %d", arg, m.e.PinBytes(p)[4095], want)
		}
		if !m.e.DeviceRead(p) {
			err = errors.New("a pinned page is another file's")
		}
		if f.pins = append(f.pins, p); verb == "read" {
			f.unpin(m.e)
		}
	case verb == "unpin":
		for len(f.pins) > 0 {
			f.unpin(m.e)
		}
	case verb == "unlink" && f.linked:
		err = m.e.Unlink(m.task, f.in)
		f.linked = false
	case verb == "truncate" && len(f.pins) == 0:
		err = m.e.Truncate(m.task, f.in, arg)
		for page := arg; page < f.pages; page++ {
			delete(f.mapped, page)
			delete(f.data, page)
		}
		f.pages = arg
	case verb == "dont-cache":
		f.in.DontCache()
		f.drop = true
	default:
		return nil
	}
	m.log = append(m.log, fmt.Sprintf("%s %d %d: %s", verb, i, arg, result))
	return errors.Join(err, m.agree(f))
}

// agree compares what can be seen without changing it.
func (m *model) agree(f *modelFile) error {
	used, refd := uint32(0), 0
	for i := range m.files {
		if m.files[i].exists() {
			used += m.files[i].pages
		}
		refd += min(1, m.files[i].refs)
	}
	if got := m.total - m.e.FS().FreeBlockCount(); got != used {
		return fmt.Errorf("%d blocks are in use, want %d", got, used)
	}
	if u := m.e.Usage(); u.InUse != refd || u.Freeing != 0 {
		return fmt.Errorf("%+v, want %d in use", u, refd)
	}
	if f.refs == 0 {
		return nil
	}
	links := uint32(0)
	if f.linked {
		links = 1
	}
	if in := f.in; in.Ino() != f.ino || in.Pages() != f.pages || in.Nlink() != links || in.IsDAX() != f.dax || m.e.ForeignWrites(in) != 0 {
		return fmt.Errorf("inode %d: %d pages, %d links, dax %t; want %+v", in.Ino(), in.Pages(), in.Nlink(), in.IsDAX(), f)
	}
	return nil
}

func (m *model) create(f *modelFile, pages uint32) (string, error) {
	dax := m.rng.IntN(2) == 0
	in, err := m.e.Create(m.task, vfs.NewFile{Pages: pages, DAX: dax})
	m.mayHaveGone()
	if full, err := m.full(err); full {
		return "full", err
	}
	for i := range m.files {
		if o := &m.files[i]; o.exists() && o.ino == in.Ino() {
			return "", fmt.Errorf("inode %d was given out twice", in.Ino())
		}
	}
	*f = modelFile{in: in, ino: in.Ino(), refs: 1, linked: true, dax: dax, pages: pages, mapped: map[uint32]tristate{}, data: map[uint32]byte{}}
	return fmt.Sprint(in.Ino()), err
}

func (m *model) iget(f *modelFile) (string, error) {
	for i := range m.files {
		if o := &m.files[i]; o != f && o.exists() && o.ino == f.ino {
			return "reused", nil
		}
	}
	in, err := m.e.Iget(m.task, f.ino)
	if f.refs == 0 {
		m.mayHaveGone()
	}
	switch full, fullErr := m.full(err); {
	case full && f.refs == 0:
		return "full", fullErr
	case errors.Is(err, vfs.ErrNotExist) && !f.exists():
		return "none", nil
	case err != nil || !f.exists():
		return "", fmt.Errorf("iget %d: %v; exists: %t", f.ino, err, f.exists())
	case f.in != nil && in != f.in:
		return "", fmt.Errorf("inode %d is in the cache twice", f.ino)
	}
	f.in = in
	f.refs++
	return "", nil
}

// full reports whether err says that the cache is, which it may say only if it is.
func (m *model) full(err error) (bool, error) {
	if !errors.Is(err, vfs.ErrCacheFull) {
		return err != nil && !errors.Is(err, vfs.ErrNotExist), err
	}
	u := m.e.Usage()
	if u.InUse+u.Parked < m.e.Options().CacheInodes {
		return true, fmt.Errorf("%w, but not all is in use: %+v", err, u)
	}
	return true, nil
}

func (m *model) evictAll() (string, error) {
	before := m.e.Usage()
	evicted, busy := m.e.EvictInodes(m.task, nil)
	for i := range m.files {
		if m.files[i].refs == 0 {
			m.files[i].evicted()
		}
	}
	if evicted != before.Cached-before.InUse || busy != before.InUse {
		return "", fmt.Errorf("evicted %d, busy %d of %+v", evicted, busy, before)
	}
	return fmt.Sprint(evicted), nil
}

// evicted: the next lookup finds no page mapped.
func (f *modelFile) evicted() { clear(f.mapped); f.drop = false }

// mayHaveGone: reclaim ran, perhaps.
func (m *model) mayHaveGone() {
	for i := range m.files {
		if f := &m.files[i]; f.refs == 0 {
			for page, is := range f.mapped {
				if is == yes {
					f.mapped[page] = unknown
				}
			}
		}
	}
}

// expect compares how a pin ended with what is mapped, and learns if that was unknown.
func (f *modelFile) expect(page uint32, err error) (string, error) {
	is := f.mapped[page]
	switch {
	case err == nil && is != no:
		f.mapped[page] = yes
		return "", nil
	case errors.Is(err, vfs.ErrNotMapped) && is != yes:
		f.mapped[page] = no
		return "not mapped", nil
	}
	return "", fmt.Errorf("pin of page %d: %v; mapped: %d (0 no, 1 yes, 2 unknown)", page, err, is)
}

func (f *modelFile) unpin(e *engine.Engine) {
	last := len(f.pins) - 1
	e.Unpin(f.pins[last])
	f.pins = f.pins[:last]
}
