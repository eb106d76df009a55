package engine_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/engine/enginetest/ops"
	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

var (
	opsSeed = flag.Uint64("ops.seed", 0, "TestSameResults: run the list of this seed only")
	opsFile = flag.String("ops.file", "", "TestSameResults: run the list in this file only")
)

// TestSameResults runs one list of operations under every policy with every set
// of options. As long as nobody has to wait for a pin they differ in cost and in
// nothing else.
func TestSameResults(t *testing.T) {
	r := opsRegion(t)
	for name, list := range opsLists(t) {
		d, err := ops.Compare(t.Context(), r, list, ops.Configs(layout.All))
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			list, d := reduce(t, r, list, d)
			t.Fatalf("%s\n%sreplay: go test ./engine -run '^TestSameResults$' %s, or -ops.file= with these OPS", name, d.Report(list), name)
		}
	}
}

// opsLength is how long generated lists are: some hundred operations let files
// come and go several times.
const opsLength = 300

// opsLists returns the lists that were asked for, or those of testdata/ops and
// some of the generator's.
func opsLists(t *testing.T) map[string][]ops.Op {
	lists := make(map[string][]ops.Op)
	generate := func(seed uint64) {
		lists[fmt.Sprint("-ops.seed=", seed)] = ops.Generate(rand.New(rand.NewPCG(seed, 0)), opsLength)
	}
	files := []string{*opsFile}
	switch {
	case *opsFile != "":
	case *opsSeed != 0:
		files = nil
		generate(*opsSeed)
	default:
		files = must(filepath.Glob("testdata/ops/*.txt"))
		if len(files) == 0 {
			t.Error("no lists in testdata/ops")
		}
		seeds := uint64(6)
		if testing.Short() {
			seeds = 2
		}
		for seed := range seeds {
			generate(seed + 1)
		}
	}
	for _, file := range files {
		list, err := ops.Parse(string(must(os.ReadFile(file))))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		lists["-ops.file="+file] = list
	}
	return lists
}

func opsRegion(t testing.TB) *pmem.Region {
	r := must(ops.NewRegion())
	t.Cleanup(func() { r.Close() })
	return r
}

// reduce returns the shortest list it finds that still shows a difference
// between the same two configurations, and that difference.
func reduce(t testing.TB, r *pmem.Region, list []ops.Op, d *ops.Difference) ([]ops.Op, *ops.Difference) {
	pair := []ops.Config{d.A, d.B}
	list = ops.Reduce(list, func(shorter []ops.Op) bool {
		less, err := ops.Compare(t.Context(), r, shorter, pair)
		if err != nil || less == nil {
			return false
		}
		d = less
		return true
	})
	return list, d
}

// TestSameResultsCanFail compares good engines with broken ones, and with one
// that picks other inodes than it says.
func TestSameResultsCanFail(t *testing.T) {
	r := opsRegion(t)
	good := ops.Config{Policy: policy(t, "dax-only"), Cache: vfs.Options{Stripes: 1, CacheInodes: ops.Files, CachePages: 256}}
	with := func(p layout.Policy) ops.Config { c := good; c.Policy = p; return c }
	liar := good
	liar.Cache.Stripes = 64
	for _, tt := range []struct {
		name string
		bad  ops.Config
		want string // part of what differs
		ops  int    // more should not be left of the list
	}{
		{"overwrites at eviction", with(scribbler{good.Policy, r}), "was written", 3},
		{"panics at an eviction", with(panicker{good.Policy}), "panic: one page", 3},
		{"takes other inodes", liar, "read in", 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(20) {
				list := ops.Generate(rand.New(rand.NewPCG(seed, 0)), opsLength)
				d := must(ops.Compare(t.Context(), r, list, []ops.Config{good, tt.bad}))
				if d == nil {
					continue
				}
				list, d = reduce(t, r, list, d)
				if !strings.Contains(d.Diff, tt.want) || len(list) > tt.ops {
					t.Errorf("%d operations are left, want at most %d, and %q in what differs", len(list), tt.ops, tt.want)
				}
				t.Log(d.Report(list))
				return
			}
			t.Error("no difference")
		})
	}
}

// A scribbler changes the last byte of each block of a file that leaves the cache.
type scribbler struct {
	layout.Policy
	r *pmem.Region
}

func (s scribbler) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	owner := uint64(in.Owner().Ino) | uint64(in.Owner().Gen)<<32 // as media.FS.Stamp has it
	for mem := s.r.Bytes(); len(mem) > 0; mem = mem[media.BlockSize:] {
		if binary.NativeEndian.Uint64(mem) == owner {
			mem[media.BlockSize-1] ^= 1
		}
	}
	return s.Policy.BreakForEvict(t, in)
}

// A panicker does so over files of one page.
type panicker struct{ layout.Policy }

func (p panicker) BreakForEvict(t *vfs.Task, in *vfs.Inode) error {
	if in.Pages() == 1 {
		panic("one page")
	}
	return p.Policy.BreakForEvict(t, in)
}
