package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs are the texts whose commands must work.
var docs = []string{"README.md", "CONTRIBUTING.md", "engine/README.md", "engine/growth.md", "workloads/README.md", "workloads/litmus/README.md", "baselines/README.md", "reports/README.md", "engine/vm/README.md"}

// elsewhere lists commands that other tests or .ci/run stand for.
var elsewhere = map[string]string{
	"go test ./...": "this is it",
	"go test ./cmd/daxbench -run Pictures -update": "TestPictures",

	"go test ./cmd/daxbench -run 'DocsOf|Pictures' -update": "TestDocsOfCosts",

	"daxbench serve results": "TestServe",

	"go run ./cmd/daxbench verify": ".ci/run", // which has the model explored as well; TestScripts/verify is short

	"./daxbench run -workload iget-churn,evict-storm,pin-mix,insert-evict,pin-page,break-idle,unlink-storm -set dax=50 -policy all -workers 1 -rounds 1 -duration 200ms -cpuprofile cpu.prof": "default.pgo was made with it",
	"CGO_ENABLED=0 go build -trimpath -o daxbench ./cmd/daxbench":               "the gate builds likewise",
	"go tool pprof -proto -output cmd/daxbench/default.pgo ./daxbench cpu.prof": "TestProfileHasNoPaths",
	"go build -pgo off -o without ./cmd/daxbench":                               "the gate builds likewise",
	"go build -pgo cmd/daxbench/default.pgo -o with ./cmd/daxbench":             "the gate builds likewise",
	"./daxbench gate -base without -head with -suite .ci/gate.toml":             "TestGateFindsSlowEngine",

	"daxbench gate -base-ref origin/main":                                                ".ci/run",
	"daxbench gate -base-ref origin/main -github - -markdown summary.md -junit gate.xml": ".ci/run",
	"daxbench gate -base ./daxbench.old -head ./daxbench.new":                            "TestGateFindsSlowEngine",
	"daxbench gate -prove -base-ref HEAD -suite .ci/gate.toml -trials 10 -effects 5":     "TestGateProves",
	"daxbench gate -prove -base-ref HEAD":                                                "TestGateProves",
	"daxbench gate -within -base OLD -head NEW":                                          "TestGateWithin",
	"daxbench gate -baseline baselines/amd-epyc-2/2026-11-26-a6d5fc7":                    "TestGateBaseline",
	"daxbench baseline record -promote":                                                  "TestScripts/baseline",
	"daxbench baseline record":                                                           "TestScripts/baseline",

	"daxbench litmus -target dir:/mnt/pmem":                                                                                       "TestLitmusMounted",
	"daxbench litmus -target dir:/mnt/xfs,dir:/mnt/ext4 -umount -o results/here":                                                  "TestLitmusMounted",
	"daxbench litmus -v -target dir:/mnt/pmem -scenario unlink-under-dio":                                                         "TestLitmusMounted",
	"daxbench litmus -target dir:/mnt/pmem -format expect > golden.txt":                                                           "TestLitmusMounted",
	"daxbench litmus -target dir:/mnt/pmem -expect golden.txt":                                                                    "TestLitmusMounted",
	"daxbench vm -kernel debian:6.1,debian:newest -- litmus":                                                                      ".ci/kernels/check",
	"daxbench vm -kernel debian:6.12,debian:newest -- litmus -v -scenario unlink-under-dio":                                       ".ci/kernels/check",
	"daxbench vm -kernel debian:6.1,debian:6.12,debian:6.16,debian:6.18,debian:newest -o baselines/kernels/DATE-COMMIT -- litmus": "baselines/kernels was made with it",
	"daxbench vm -kernel debian:6.12,newest=debian:newest -fs xfs -o . -- run":                                                    "TestVMRuns",
	"daxbench run -target dir:/mnt/pmem":                                                                                          "TestScripts/mounted",
	"go test ./cmd/daxbench -run OfKernels -update":                                                                               "TestDocsOfKernels",
	"daxbench litmus -against results/here":                                                                                       "TestScripts/litmus_kernel",
	"daxbench report 6.1/ 6.12/ newest/ -o kernels.html":                                                                          "TestReportOfKernels",

	"daxbench vm -kernel arch/x86/boot/bzImage -- litmus":                                                                                  "TestRecipe",
	"daxbench vm -kernel arch/x86/boot/bzImage+../mods/lib/modules/$(make -s kernelrelease) -- litmus":                                     "TestRecipe",
	"daxbench vm -kernel good=arch/x86/boot/bzImage -o ../steps -- litmus -scenario 1,20,35 -format expect > ../good.txt":                  "TestRecipe",
	"daxbench vm -kernel $(git rev-parse --short HEAD)=arch/x86/boot/bzImage -o ../steps -- litmus -scenario 1,20,35 -expect ../good.txt'": "TestRecipe",
}

// stand-ins for what a reader has and a test has not, or not in reasonable time.
func standIns(dir, tree, region string) *strings.Replacer {
	recorded, err := filepath.Abs("../../baselines/amd-epyc-2/2026-11-22-e14e154/unlink-10m")
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer(
		"go run ./cmd/daxbench", "daxbench",
		"/mnt/pmem/daxbench.region", region,
		"dir:/usr", "dir:"+tree,
		"-resume DIR", "-resume "+filepath.Join(dir, "run"),
		"compare OLD NEW", "compare "+recorded+" "+recorded,
		"compare 6.12/ newest/", "compare "+recorded+" "+recorded,
		"report OLD NEW", "report "+recorded+" "+recorded,
		"report DIR", "report "+filepath.Join(dir, "run"),
		"-o history.png", "-dir "+filepath.Join(filepath.Dir(recorded), "../..")+" -o "+filepath.Join(dir, "history.png"),
		"-o history.html", "-dir "+filepath.Join(filepath.Dir(recorded), "../..")+" -o "+filepath.Join(dir, "history.html"),
		"DIR/results.txt", filepath.Join(dir, "run", "results.txt"),
	)
}

// TestDocs runs every command that stands on an indented line of the docs. Runs
// are made short by flags that are added: their last value counts.
func TestDocs(t *testing.T) {
	if testing.Short() {
		t.Skip("short: some ten runs")
	}
	stat, err := benchstatPath()
	if err != nil {
		t.Fatal(err)
	}
	dir, region, tree := t.TempDir(), inTemp(t, "region"), inTemp(t, "tree")
	// More than any cache in the docs holds: of fewer, none is evicted, and a run about evictions is undecided.
	if err := populate(tree, 5000); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("daxbench", "run", "-workload", "nop", "-rounds", "1", "-duration", "1ms", "-o", filepath.Join(dir, "run")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ran := 0
	for _, doc := range docs {
		text, err := os.ReadFile(filepath.Join("..", "..", doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commands(string(text)) {
			if elsewhere[line] != "" {
				continue
			}
			ran++
			t.Run(line, func(t *testing.T) {
				args := strings.Fields(standIns(dir, tree, region).Replace(line))
				switch {
				case strings.Contains(line, "-resume"): // takes all from the folder
				case args[0] == "daxbench" && len(args) > 1 && args[1] == "run":
					args = append(args, "-rounds", "1", "-duration", "20ms", "-o", filepath.Join(t.TempDir(), "run"))
				case strings.HasPrefix(line, "go tool benchstat "):
					args = append([]string{stat}, args[3:]...)
				case args[0] != "daxbench":
					t.Fatalf("no test stands for this command; run it here or say in elsewhere what does")
				}
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Dir = filepath.Join(dir, "run")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", args, err, out)
				}
			})
		}
	}
	if ran < 8 {
		t.Errorf("only %d commands were found in %v", ran, docs)
	}
}

// holdDocs holds the parts of all docs that is finds against what should makes of them; with -update it writes them, and name is of
// the test for which that is asked.
func holdDocs(t *testing.T, name string, is *regexp.Regexp, should func(doc string, part [][]byte) []byte) {
	t.Helper()
	n := 0
	for _, doc := range docs {
		path := filepath.Join("..", "..", doc)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := is.ReplaceAllFunc(text, func(part []byte) []byte {
			n++
			return should(doc, is.FindSubmatch(part))
		})
		switch {
		case bytes.Equal(text, want):
		case *update:
			if err := os.WriteFile(path, want, 0o666); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s does not show what it should; go test ./cmd/daxbench -run %s -update", doc, name)
		}
	}
	if n == 0 {
		t.Error("no doc has such a part: the test looks at nothing")
	}
}

// indented is text as a block of Markdown.
func indented(text string) []byte {
	var b bytes.Buffer
	b.WriteString("\n")
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}

// commands returns the commands on indented lines of a Markdown text, without
// what stands behind a #, and without those of generated parts, which say how a
// recorded run was made.
func commands(text string) []string {
	var list []string
	generated := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "<!-- generated:"):
			generated = true
		case strings.HasPrefix(line, "<!-- end -->"):
			generated = false
		}
		command, indented := strings.CutPrefix(line, "    ")
		command, _, _ = strings.Cut(command, " #")
		command = strings.TrimSpace(command)
		first, _, _ := strings.Cut(command, " ")
		if indented && !generated && slices.Contains([]string{"daxbench", "go"}, first) && !slices.Contains(list, command) {
			list = append(list, command)
		}
	}
	return list
}
