package record

import (
	"testing"

	"daxbench/engine/enginetest"
)

// A mutant is a mistake in how results are kept, told by the text that it changes, and the tests that must find it.
// The engine's mistakes are in engine/internal/bug.
type mutant struct {
	name     string
	file     string // from the module's root
	old, new string
	pkg, run string
}

var mutants = []mutant{
	{
		"run.json is written before results.txt", "workloads/record/write.go",
		"	if err := f.write(filepath.Join(f.dir, ResultsName), f.results()); err != nil {\n		return err\n	}\n	if err := f.write(filepath.Join(f.dir, ManifestName), manifest); err != nil {",
		"	if err := f.write(filepath.Join(f.dir, ManifestName), manifest); err != nil {\n		return err\n	}\n	if err := f.write(filepath.Join(f.dir, ResultsName), f.results()); err != nil {",
		"./workloads/record", "FullDisk|OrderOfCalls",
	}, {
		"a file is not flushed before it is renamed", "workloads/record/write.go",
		"	return renameio.WriteFile(path, data, 0o666, renameio.WithTempDir(filepath.Dir(path)))",
		"	_ = renameio.WriteFile\n	if err := os.WriteFile(path+\"~\", data, 0o666); err != nil {\n		return err\n	}\n	return os.Rename(path+\"~\", path)",
		"./workloads/record", "OrderOfCalls",
	}, {
		"a file is written in place", "workloads/record/write.go",
		"	return renameio.WriteFile(path, data, 0o666, renameio.WithTempDir(filepath.Dir(path)))",
		"	_ = renameio.WriteFile\n	return os.WriteFile(path, data, 0o666)",
		"./workloads/record", "OrderOfCalls|EveryCallFails/killed",
	}, {
		"the folder is not flushed", "workloads/record/write.go",
		"if err := f.lock.Sync(); err != nil",
		"if err := error(nil); err != nil",
		"./workloads/record", "OrderOfCalls",
	}, {
		"values that are no numbers are kept", "workloads/record/cell.go",
		"v > 0 && !math.IsInf(v, 0)", "v > 0 || v != v",
		"./workloads/record", "Nulls|Benchmark|Manifest",
	}, {
		"a paired ratio takes values that are no numbers", "reports/stats/median.go",
		"			if math.IsNaN(v) || math.IsInf(v, 0) || v <= 0 {", "			if v <= 0 {",
		"./reports/stats", "Ratio|Bad|Refuse|Stats|Value",
	}, {
		"a suspension is not looked for", "workloads/record/watch.go",
		"gap > clockGap {\n\t\tadd(\"the machine was suspended", "gap < 0 {\n\t\tadd(\"the machine was suspended",
		"./workloads/record", "Watch",
	}, {
		"a quota further up is overlooked", "workloads/record/limits.go",
		"if dir == mount || len(dir) <= len(mount) {", "if true {",
		"./workloads/record", "Fingerprint|ControlGroups",
	}, {
		"a damaged record of an inode is read", "engine/media/record.go",
		"if found != seq || sum != v.recordSum(ino, seq, off) {", "if _ = sum; found != seq {",
		"./engine/media", "Record|Check",
	}, {
		"what was not decided is fine", "cmd/daxbench/status.go",
		"errors.Is(err, lockstep.ErrProtocol):\n		return statusUndecided", "errors.Is(err, lockstep.ErrProtocol):\n		return statusOK",
		"./cmd/daxbench", "StatusOf|NothingMeasured",
	},
}

// TestMutants builds each mistake in, by an overlay of the source, and expects the tests to fail.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and tests several packages anew")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			enginetest.Mistake{File: m.file, Old: m.old, New: m.new}.MustBeFound(t, "-run", m.run, m.pkg)
		})
	}
}
