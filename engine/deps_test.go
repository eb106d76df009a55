package engine_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "daxbench"

// order says, bottom up, what each package may import of this module, tests
// apart. A package must stand in it; one that does not exist yet may. "dir/..."
// is every package below dir, and "above" all that stands before.
//
// What is left out says most: layout knows no workload, vfs no policy, page no
// inode, and workloads and reports never import each other: they meet in files.
const order = `
engine/internal/bug:
engine/internal/sync: engine/internal/bug
engine/internal/huge:
engine/internal/prefetch:
engine/internal/sched: engine/internal/sync
engine/enginetest:    engine/internal/sync engine/internal/sched
engine/enginetest/history: engine/internal/sync
engine/enginetest/turns:
engine/pmem:          engine/internal/bug engine/internal/sync
engine/page:          engine/internal/bug engine/internal/sync
engine/lease:         engine/internal/bug engine/internal/sync
engine/media:         engine/internal/bug engine/internal/prefetch engine/internal/sync engine/pmem
engine/vfs:           engine/internal/huge engine/internal/bug engine/internal/sync engine/pmem engine/page engine/lease engine/media
engine/layout:        engine/internal/bug engine/lease engine/vfs
engine:               engine/pmem engine/media engine/vfs engine/layout
engine/enginetest/ops: engine engine/layout engine/media engine/pmem engine/vfs
engine/oracle:        engine/layout engine/lease engine/media engine/page engine/vfs
engine/target:
engine/enginefs:      engine engine/internal/sched engine/layout engine/lease engine/media engine/oracle engine/page engine/pmem engine/target engine/vfs
engine/kernelfs/wire:  engine/target
engine/kernelfs/dax:
engine/kernelfs/child: engine/target engine/kernelfs/dax engine/kernelfs/wire
engine/kernelfs/proc:
engine/kernelfs/owner:
engine/kernelfs/slow:  engine/kernelfs/owner
engine/kernelfs/aide:  engine/kernelfs/dax engine/kernelfs/owner engine/kernelfs/wire engine/kernelfs/proc
engine/kernelfs:      engine/target engine/kernelfs/wire engine/kernelfs/child engine/kernelfs/proc engine/kernelfs/slow engine/kernelfs/owner engine/kernelfs/aide
engine/vm/debian:
engine/vm/initramfs:
engine/vm/line:
engine/vm/vmtest:      engine/vm/line
engine/vm:            engine/kernelfs/dax engine/vm/debian engine/vm/initramfs engine/vm/line
engine/verify/model:
engine/verify/spin:
engine/verify:        engine engine/internal/sync engine/internal/sched engine/enginetest engine/layout engine/lease engine/media engine/oracle engine/page engine/pmem engine/verify/model engine/vfs

workloads/clock:
workloads/hist:
workloads/device:     workloads/clock workloads/hist
workloads/driver:     engine engine/layout engine/lease engine/pmem engine/vfs workloads/clock workloads/device workloads/hist
workloads/record:     engine engine/layout engine/pmem engine/vfs workloads/clock workloads/hist workloads/driver
workloads/litmus:     engine/enginefs engine/kernelfs engine/layout engine/target engine/vfs
workloads:            engine engine/target engine/kernelfs engine/layout engine/lease engine/vfs workloads/clock workloads/hist workloads/device workloads/driver
workloads/census:     engine/layout engine/pmem engine/vfs workloads workloads/device workloads/driver
workloads/mounted:    engine/kernelfs engine/kernelfs/dax engine/layout engine/vfs workloads/clock workloads/hist workloads/driver
workloads/noise:      workloads/clock workloads/record
workloads/lockstep:   engine/layout engine/pmem engine/vfs workloads workloads/clock workloads/hist workloads/driver workloads/record workloads/census

reports/unit:
reports/folder:
reports/reportstest:  reports/folder
reports/stats:
reports/compare:      reports/unit reports/folder reports/stats
reports/gate:         reports/unit reports/folder reports/stats reports/compare
reports/versus:       reports/unit reports/folder reports/stats reports/compare
reports/chart:        reports/unit reports/stats
reports/safety:       reports/unit reports/folder
reports/kernels:      reports/unit reports/folder
reports/gallery:      reports/unit reports/folder reports/stats reports/compare reports/versus reports/chart
reports/report:       reports/unit reports/folder reports/stats reports/compare reports/versus reports/chart reports/safety reports/kernels reports/gallery
reports/render:       reports/unit reports/folder reports/stats reports/compare reports/gate reports/versus reports/chart reports/safety reports/kernels reports/report
reports/serve:        reports/unit reports/folder reports/compare reports/chart reports/safety reports/kernels reports/gallery reports/report reports/render

baselines:            reports/unit reports/folder reports/stats reports/safety reports/kernels
cmd/...:              above
`

func TestImportOrder(t *testing.T) {
	for _, p := range brokenImports(os.DirFS(".."), order) {
		t.Error(p)
	}
}

// TestImportOrderCanFail shows the test a tree with one of each mistake.
func TestImportOrderCanFail(t *testing.T) {
	file := func(imports ...string) *fstest.MapFile {
		src := "package p\n"
		for _, i := range imports {
			src += fmt.Sprintf("import %q\n", i)
		}
		return &fstest.MapFile{Data: []byte(src)}
	}
	good := fstest.MapFS{
		"engine/internal/sync/a.go": file("sync", "sync/atomic"),
		"engine/page/a.go":          file("context", "daxbench/engine/internal/sync"),
		"engine/page/a_test.go":     file("sync", "daxbench/reports/unit"),
		"engine/vm/a.go":            file("sync"),
		"reports/unit/a.go":         file("sync"),
		"cmd/x/a.go":                file("daxbench/engine", "daxbench/reports/render"),
		".ci/a.go":                  file("daxbench/nothing"),
		"engine/testdata/a.go":      file("daxbench/nothing"),
		"engine/peers/go.mod":       file(),
		"engine/peers/a.go":         file("sync", "daxbench/nothing"),
	}
	if problems := brokenImports(good, order); len(problems) != 0 {
		t.Errorf("a good tree: %q", problems)
	}
	for name, tt := range map[string]struct {
		file    string
		imports string
		order   string
	}{
		"a package without a place":       {"engine/brandnew/a.go", "", order},
		"policy in vfs":                   {"engine/vfs/a.go", "daxbench/engine/layout", order},
		"inode in page":                   {"engine/page/a.go", "daxbench/engine/vfs", order},
		"workload in a policy":            {"engine/layout/a.go", "daxbench/workloads/driver", order},
		"report in a workload":            {"workloads/a.go", "daxbench/reports/folder", order},
		"workload in a report":            {"reports/render/a.go", "daxbench/workloads/hist", order},
		"command in a report":             {"reports/render/a.go", "daxbench/cmd/daxbench", order},
		"standard sync in the engine":     {"engine/vfs/a.go", "sync", order},
		"standard atomics in the engine":  {"engine/a.go", "sync/atomic", order},
		"an order that is not bottom up":  {"a/a.go", "", "a: b\nb:\n"},
		"a package of the module at root": {"a.go", "", order},
	} {
		if problems := brokenImports(fstest.MapFS{tt.file: file(strings.Fields(tt.imports)...)}, tt.order); len(problems) != 1 {
			t.Errorf("%s: want one problem, got %q", name, problems)
		}
	}
}

// brokenImports checks a tree of Go files against an order, and that engine/
// touches shared state through its own sync only.
func brokenImports(tree fs.FS, order string) (problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	allowed, seen := map[string][]string{}, []string{}
	for line := range strings.Lines(order) {
		pkg, imports, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		allowed[pkg] = strings.Fields(imports)
		if slices.Equal(allowed[pkg], []string{"above"}) {
			allowed[pkg] = slices.Clone(seen)
		}
		for _, i := range allowed[pkg] {
			if !slices.Contains(seen, i) {
				report("order: %s may import %s, which does not stand above it", pkg, i)
			}
		}
		seen = append(seen, pkg)
	}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); d.IsDir() && name != "." && (base == "testdata" || strings.ContainsAny(base[:1], "._")) {
			return fs.SkipDir
		}
		if _, err := fs.Stat(tree, path.Join(name, "go.mod")); d.IsDir() && name != "." && err == nil {
			return fs.SkipDir // a module of its own
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		pkg := path.Dir(name)
		list, ok := allowed[pkg]
		if top, _, _ := strings.Cut(pkg, "/"); !ok {
			list, ok = allowed[top+"/..."]
		}
		if !ok {
			report("%s: package %s has no place in the import order of engine/deps_test.go", name, pkg)
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			i, _ := strconv.Unquote(spec.Path.Value)
			if isEngine(pkg) && pkg != "engine/internal/sync" && (i == "sync" || i == "sync/atomic") {
				report("%s: imports %s; shared state in engine/ is touched through engine/internal/sync", name, i)
			}
			if of, ok := strings.CutPrefix(i, module+"/"); ok && !slices.Contains(list, of) {
				report("%s: package %s may not import %s", name, pkg, of)
			}
		}
		return nil
	})
	if err != nil {
		report("%v", err)
	}
	return problems
}

// isEngine reports whether a package is of the engine in this process, which the controlled scheduler drives. Real
// kernels and their machines are beside it, and so is the clock of benchmarks: nobody schedules those.
func isEngine(pkg string) bool {
	for _, beside := range []string{"engine/kernelfs", "engine/vm", "engine/enginetest/turns"} {
		if pkg == beside || strings.HasPrefix(pkg, beside+"/") {
			return false
		}
	}
	return pkg == "engine" || strings.HasPrefix(pkg, "engine/")
}
