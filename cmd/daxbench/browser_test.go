package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/reportstest"
)

// A browser opens the reports that daxbench writes; testdata/browser/check.mjs says how and what it looks at. What it
// takes, and how to get it:
//
//	apt-get install chromium nodejs npm
//	npm ci --prefix cmd/daxbench/testdata/browser
//
// DAXBENCH_SCREENSHOTS=FOLDER leaves pictures of the pages, at three widths and in both colour schemes, to be looked at.
const screenshotsEnv = "DAXBENCH_SCREENSHOTS"

// opened is what check.mjs says of a page.
type opened struct {
	Name     string         `json:"name"`
	Problems []string       `json:"problems"`
	Seen     map[string]int `json:"seen"`
}

// tools is where check.mjs and its packages are.
const tools = "testdata/browser"

// browser returns the program that opens pages, or skips the test.
func browser(t *testing.T) (chromium string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes half a minute")
	}
	for _, name := range []string{"check.mjs", "package-lock.json", "broken.html"} { // read so that what go test keeps depends on them
		if _, err := os.ReadFile(filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	chromium, err := exec.LookPath("chromium")
	_, noNode := exec.LookPath("node")
	_, noPackages := os.Stat(filepath.Join(tools, "node_modules", "playwright-core"))
	if err = errors.Join(err, noNode, noPackages); err != nil {
		t.Skipf("no browser to open reports with: %v (see browser_test.go)", err)
	}
	return chromium
}

// browse opens pages, by name. own is the beginning of addresses that they may ask for.
func browse(t *testing.T, chromium, own string, names []string, address map[string]string) []opened {
	t.Helper()
	type page struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	input := struct {
		Chromium    string `json:"chromium"`
		Screenshots string `json:"screenshots"`
		Own         string `json:"own"`
		Pages       []page `json:"pages"`
	}{chromium, os.Getenv(screenshotsEnv), own, nil}
	for _, name := range names {
		input.Pages = append(input.Pages, page{name, address[name]})
	}
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command("node", filepath.Join(tools, "check.mjs"), string(text))
	cmd.Stderr = &stderr
	text, err = cmd.Output()
	var out []opened
	if err = errors.Join(err, json.Unmarshal(text, &out)); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if len(out) != len(names) {
		t.Fatalf("%d pages were opened, want %d", len(out), len(names))
	}
	return out
}

// fileURL is the address of a file.
func fileURL(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// must runs a command that shall end well.
func must(t *testing.T, args ...string) {
	t.Helper()
	if text, err := exec.Command("daxbench", args...).CombinedOutput(); err != nil {
		t.Fatalf("daxbench %s: %v\n%.2000s", strings.Join(args, " "), err, text)
	}
}

// TestReportsInABrowser opens the report of a run with all that can be in one, a comparison, a history, scenarios on kernels,
// and the reports of a run and of kernels whose every name and value is hostile.
func TestReportsInABrowser(t *testing.T) {
	t.Parallel() // beside TestGateFindsSlowEngine, after all others: these two take longest
	chromium := browser(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	later := reportstest.Example()
	later.Seed++
	for i := range later.Cells {
		later.Cells[i].Metrics["ns/evict"] *= 1.3
	}
	for name, spec := range map[string]*reportstest.Spec{"full": reportstest.Example(), "later": later, "hostile": reportstest.Markup()} {
		if err := spec.Write(path(name)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "run", "-rounds", "6", "-duration", "20ms", "-workload", "evict-storm,unlink-storm,lease-recall", "-set", "dax=0,100", "-seed", "1", "-o", path("run"))
	must(t, "verify", "-policy", "none,dax-only", "-shape", "unlink,self", "-schedules", "1000", "-o", path("run"))
	must(t, "report", path("run"))
	must(t, "report", path("hostile"))
	must(t, "report", "old="+path("full"), "new="+path("later"), "-o", path("compared.html"))
	shelf := path("baselines")
	synthetic(t, shelf, 12, 1.1, 10)
	for name, spec := range map[string]*reportstest.KernelsSpec{"kernels": reportstest.Kernels(), "kernels-hostile": reportstest.HostileKernels()} {
		if err := spec.Write(path(name)); err != nil {
			t.Fatal(err)
		}
		must(t, "report", path(name))
	}
	must(t, "history", "-dir", shelf, "-o", path("history.html"))

	names := []string{"run", "hostile", "compared", "history", "kernels", "kernels-hostile"}
	address := map[string]string{
		"run": fileURL(t, path("run/report.html")), "hostile": fileURL(t, path("hostile/report.html")),
		"compared": fileURL(t, path("compared.html")), "history": fileURL(t, path("history.html")),
		"kernels": fileURL(t, path("kernels/report.html")), "kernels-hostile": fileURL(t, path("kernels-hostile/report.html")),
	}
	least := map[string]map[string]int{ // that a check saw at least, or it cannot have found anything
		"run":             {"rules": 20, "colours": 1, "headings": 10, "charts": 10, "tables": 6, "rows": 30, "sorted": 5, "filtered": 10, "csv": 3, "links": 10, "stops": 20, "pdf": 10_000},
		"hostile":         {"rules": 20, "colours": 1, "headings": 5, "tables": 1, "links": 5},
		"compared":        {"rules": 20, "colours": 1, "headings": 3, "charts": 2, "tables": 1, "sorted": 2, "csv": 3},
		"history":         {"rules": 20, "colours": 1, "headings": 2, "charts": 2},
		"kernels":         {"rules": 20, "colours": 1, "headings": 6, "tables": 3, "rows": 50, "figures": 540, "sorted": 5, "csv": 15, "links": 100, "stops": 20, "pdf": 10_000},
		"kernels-hostile": {"rules": 20, "colours": 1, "headings": 6, "tables": 2, "links": 20},
	}
	for _, o := range browse(t, chromium, "", names, address) {
		for _, p := range o.Problems {
			t.Errorf("%s: %s", o.Name, p)
		}
		for what, n := range least[o.Name] {
			if o.Seen[what] < n {
				t.Errorf("%s: only %d %s were seen, want %d or more", o.Name, o.Seen[what], what, n)
			}
		}
	}
}

// TestBrowserFindsMistakes opens a page with one of each mistake.
func TestBrowserFindsMistakes(t *testing.T) {
	chromium := browser(t)
	broken := fileURL(t, filepath.Join("testdata", "browser", "broken.html"))
	for _, o := range browse(t, chromium, "", []string{"broken"}, map[string]string{"broken": broken}) {
		found := make(map[string]bool)
		for _, p := range o.Problems {
			kind, _, _ := strings.Cut(p, ":")
			found[kind] = true
		}
		for _, kind := range strings.Fields("axe console copy exception filter keyboard link print request script sort width") {
			if !found[kind] {
				t.Errorf("no mistake of the kind %q was found in %q", kind, o.Problems)
			}
		}
		if !slices.Contains(o.Problems, "print: 1 cells of a matrix are off the paper") {
			t.Errorf("no cell of a matrix was found off the paper in %q", o.Problems)
		}
		if !slices.ContainsFunc(o.Problems, func(p string) bool {
			return strings.HasPrefix(p, "axe: dark 1440: color-contrast") && strings.Contains(p, ": 3 times")
		}) {
			t.Errorf("what cannot be read in the dark was not found in %q", o.Problems)
		}
	}
}
