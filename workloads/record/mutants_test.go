package record

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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
		"	case errors.As(err, &open):\n		return statusUndecided", "	case errors.As(err, &open):\n		return statusOK",
		"./cmd/daxbench", "StatusOf|NothingMeasured",
	},
}

// TestMutants builds each mistake in, by an overlay of the source, and expects the tests to fail.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and tests several packages anew")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go command: ", err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			path := filepath.Join(root, m.file)
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(src), m.old) != 1 {
				t.Fatalf("%s has the text that is to be changed %d times", m.file, strings.Count(string(src), m.old))
			}
			dir := t.TempDir()
			changed, overlay := filepath.Join(dir, filepath.Base(path)), filepath.Join(dir, "overlay.json")
			table, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{changed: strings.Replace(string(src), m.old, m.new, 1), overlay: string(table)} {
				if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.CommandContext(t.Context(), goTool, "test", "-overlay", overlay, "-count=1", "-vet=off", "-run", m.run, m.pkg)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("the tests pass all the same:\n%s", out)
			case strings.Contains(string(out), "[build failed]"):
				t.Errorf("it does not build:\n%s", out)
			default:
				for line := range strings.Lines(string(out)) {
					if strings.Contains(line, "--- FAIL") {
						t.Log("found by ", strings.TrimSpace(line))
						break
					}
				}
			}
		})
	}
}
