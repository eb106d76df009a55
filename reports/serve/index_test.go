package serve_test

import (
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
)

// listed finds the runs of an index: name and state, in order.
var listed = regexp.MustCompile(`(?s)<h2><a href="([^"]*)">(.*?)</a> <span class="state [a-z]+">([a-z]+)</span></h2>(.*?)</li>\n`)

// entries are the runs of an index as "name state", and what is said of each.
func entries(body string) (names []string, about map[string]string) {
	about = make(map[string]string)
	for _, m := range listed.FindAllStringSubmatch(body, -1) {
		names = append(names, m[2]+" "+m[3])
		about[m[2]] = m[4]
	}
	return names, about
}

// old makes a file look as if it had been written an hour ago.
func old(t *testing.T, path string) {
	t.Helper()
	at := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func began(at string) func(*reportstest.Spec) {
	return func(s *reportstest.Spec) { s.Manifest.Started = at }
}

// TestIndex lists a folder with one of each.
func TestIndex(t *testing.T) {
	outside := t.TempDir()
	writeRun(t, filepath.Join(outside, "secret"), "finished", 6)
	st := newSite(t, func(dir string) {
		in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
		writeRun(t, in("finished"), "finished", 6, began("2026-01-01T00:00:00Z"))
		writeRun(t, in("sub/interrupted"), "interrupted", 4, began("2026-01-02T00:00:00Z"))
		writeRun(t, in("failed"), "failed", 2, began("2026-01-03T00:00:00Z"))
		writeRun(t, in("running"), "running", 3, began("2026-01-04T00:00:00Z"))
		writeRun(t, in("killed"), "running", 3, began("2026-01-05T00:00:00Z"))
		old(t, in("killed/run.json"))
		writeRun(t, in("odd-status"), "exploded", 6, began("2026-01-06T00:00:00Z"))
		writeRun(t, in("no-results"), "finished", 6, began("2026-01-07T00:00:00Z"))
		os.Remove(in("no-results/results.txt"))
		writeRun(t, in("nan"), "finished", 6, began("2026-01-08T00:00:00Z"))
		writeFile(t, in("nan/results.txt"), "BenchmarkX/policy=none-2 1 NaN ns/op\n")
		writeFile(t, in("torn/run.json"), `{"schema":1,"plan":{`)
		writeFile(t, in("no-manifest/results.txt"), "")
		// Junk, and what is not to be followed.
		writeFile(t, in("notes/readme.txt"), "none of ours")
		writeFile(t, in("run.json/x"), "a folder of that name")
		writeRun(t, in(".hidden/run"), "finished", 6)
		writeRun(t, in("a/b/c/d/e/f"), "finished", 6)
		for link, to := range map[string]string{"out": filepath.Join(outside, "secret"), "in": "finished", "loop": "."} {
			if err := os.Symlink(to, in(link)); err != nil {
				t.Fatal(err)
			}
		}
		os.MkdirAll(in("linked"), 0o777)
		os.Symlink(filepath.Join(outside, "secret", "run.json"), in("linked/run.json"))
		os.MkdirAll(in("pipe"), 0o777)
		if err := syscall.Mkfifo(in("pipe/run.json"), 0o666); err != nil {
			t.Fatal(err)
		}
		old(t, in("torn/run.json"))
	})
	body, header := st.get(t, "/", 200)
	names, about := entries(body)
	want := []string{
		"nan damaged", "no-results damaged", "odd-status damaged", "killed silent", "running running", "failed failed",
		"sub/interrupted interrupted", "finished finished",
	}
	got := strings.Join(names, ", ")
	if !strings.Contains(got, strings.Join(want, ", ")) {
		t.Errorf("listed %s; want, newest first, %s", got, strings.Join(want, ", "))
	}
	for name, text := range map[string]string{
		"finished": "verdict on seed 1", "sub/interrupted": "4 of 6 rounds", "running": `<progress max="6" value="3"`,
		"killed": "no process of this machine holds its folder", "odd-status": "exploded", "no-results": "results.txt is missing",
		"nan": "NaN", "torn": "the file ends too early", "no-manifest": "run.json is missing", "linked": "is no regular file",
		"pipe": "is no regular file", "failed": "verdict on seed 1",
	} {
		if !strings.Contains(about[name], text) {
			t.Errorf("%s: no %q in\n%s", name, text, about[name])
		}
	}
	for _, text := range []string{"evict-storm", "dax-only", "AMD EPYC", "2026-01-01 00:00 UTC", "1 running", "1 silent"} {
		if !strings.Contains(body, text) {
			t.Errorf("no %q in the index", text)
		}
	}
	if len(names) != 12 || !strings.Contains(body, "Folders more than 5 deep were not looked into") {
		t.Errorf("%d runs: %s", len(names), got)
	}
	if header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", header)
	}
	judged := st.judged.Load()
	if again, _ := st.get(t, "/", 200); again != body || st.judged.Load() != judged {
		t.Errorf("the second index differs, or was judged anew (%d, then %d verdicts)", judged, st.judged.Load())
	}
}

// TestLockedRun wants a run that is locked to be running, however long ago it wrote its last round.
func TestLockedRun(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "long"), "running", 3)
		old(t, filepath.Join(dir, "long", "run.json"))
	})
	f, err := os.Open(filepath.Join(st.dir, "long"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	state := func() string {
		body, _ := st.get(t, "/", 200)
		names, _ := entries(body)
		return strings.Join(names, ", ")
	}
	if got := state(); got != "long silent" {
		t.Errorf("unlocked: %s", got)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	locks, _ := os.ReadFile("/proc/locks")
	if !strings.Contains(string(locks), fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino)) {
		t.Skip("/proc/locks does not show locks of this file system")
	}
	if got := state(); got != "long running" {
		t.Errorf("locked: %s\n%s", got, locks)
	}
}

// TestOneRun serves the folder of a run itself.
func TestOneRun(t *testing.T) {
	st := newSite(t, func(dir string) { writeRun(t, dir, "finished", 6) })
	body, _ := st.get(t, "/", 200)
	if names, _ := entries(body); len(names) != 1 || names[0] != filepath.Base(st.dir)+" finished" {
		t.Errorf("%v", names)
	}
	st.get(t, "/run/report.html", 200)
	st.get(t, "/run/", 200)
	st.get(t, "/run/results.txt", 200)
}

func TestEmptyIndex(t *testing.T) {
	st := newSite(t, func(string) {})
	if body, _ := st.get(t, "/", 200); !strings.Contains(body, "There is no run here yet") {
		t.Error(body)
	}
}

// TestManyRuns wants the index to be bounded, to say so, and to be read in parts that come to an end.
func TestManyRuns(t *testing.T) {
	const more = 520
	st := newSite(t, func(dir string) {
		for i := range more {
			name := filepath.Join(dir, fmt.Sprint(i))
			writeFile(t, filepath.Join(name, folder.ManifestName), `{"schema":1,"status":"finished","plan":{"rounds":1},"cells":[]}`)
			writeFile(t, filepath.Join(name, folder.ResultsName), "")
		}
	})
	for n := 0; ; n++ {
		body, _ := st.get(t, "/", 200)
		names, _ := entries(body)
		if len(names) != 500 || !strings.Contains(body, "There are more runs") {
			t.Fatalf("%d of %d runs", len(names), more)
		}
		if !strings.Contains(body, `http-equiv="refresh"`) {
			if strings.Contains(body, "unread") {
				t.Error("some are unread, and the page does not load itself again")
			}
			return
		}
		if n > 20 {
			t.Fatal("the index is never done")
		}
	}
}

// TestHostileNames wants names and values that try to be more than text to be text.
func TestHostileNames(t *testing.T) {
	names := []string{
		`<script>alert(1)<b>`, `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "a b%2e%2e#?&=;", "\u202etxt.exe", "\x1b[31mred", "new\nline",
		strings.Repeat("long", 60), `{{.}}`, `back\slash`, `'`, "+", "%",
	}
	evil := "<script>alert('run')</script>\x1b]0;x\a\u202e" + strings.Repeat("w", 1<<10)
	st := newSite(t, func(dir string) {
		for i, name := range names {
			writeRun(t, filepath.Join(dir, name), "finished", 2, func(s *reportstest.Spec) {
				s.Manifest.Plan.Rounds = 2
				if i > 0 {
					return
				}
				s.Manifest.Command, s.Manifest.Commit, s.Manifest.Tool = []string{evil}, evil, evil
				s.Manifest.Environment["cpu"] = evil
				s.Manifest.Warnings = []folder.Warning{{Cell: evil, Text: strings.Repeat(evil, 1<<10)}}
				for k := range s.Cells {
					s.Cells[k].Policy, s.Cells[k].Workload = evil+s.Cells[k].Policy, evil+s.Cells[k].Workload
				}
			})
		}
	})
	body, _ := st.get(t, "/", 200)
	if len(body) > 1<<17 {
		t.Errorf("the index has %d bytes", len(body))
	}
	links := listed.FindAllStringSubmatch(body, -1)
	if len(links) != len(names) {
		t.Fatalf("%d of %d runs are listed:\n%s", len(links), len(names), body)
	}
	for _, m := range links {
		path := html.UnescapeString(m[1])
		if !regexp.MustCompile(`^/run/[A-Za-z0-9%._~!$&'()*+,;=:@\[\]-]+/report\.html$`).MatchString(path) {
			t.Errorf("address %q", path)
		}
		st.get(t, path, 200)
		page, _ := st.get(t, strings.TrimSuffix(path, "report.html"), 200)
		body += page
	}
	for _, bad := range []string{"<script>alert", "<img", "\x1b", "\u202e", "\a", "href=\"javascript"} {
		if strings.Contains(body, bad) {
			t.Errorf("%q got through", bad)
		}
	}
}

// TestLooksLikeReports holds the colours and sizes of these pages against those of reports.
func TestLooksLikeReports(t *testing.T) {
	own, _ := newSite(t, func(string) {}).get(t, "/style.css", 200)
	reports, err := os.ReadFile(filepath.Join("..", "render", "page", "tokens.css"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := regexp.MustCompile(`--[a-z-]+: [^;]+;`).FindAllString(own, -1)
	for _, token := range tokens {
		if !strings.Contains(string(reports), token) {
			t.Errorf("a report has another %s", token)
		}
	}
	if len(tokens) < 15 {
		t.Errorf("only %d are compared", len(tokens))
	}
}

// TestFinishedAndUndecided: a run that is finished, and has no figure where a cell hung or measured nothing, says so in the index and
// on its page. One that lacks nothing does not.
func TestFinishedAndUndecided(t *testing.T) {
	mend := func(s *reportstest.Spec) {
		for i := range s.Cells {
			s.Cells[i].Hung = nil
		}
	}
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "whole"), "finished", 6, mend)
		writeRun(t, filepath.Join(dir, "partly"), "finished", 6, mend, func(s *reportstest.Spec) { s.Cells[1].Hung = []int{2, 3} })
		writeRun(t, filepath.Join(dir, "blank"), "finished", 6, mend)
		path := filepath.Join(dir, "blank", folder.ManifestName)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, strings.Replace(string(text), `"ns/evict":`, `"ns/other":`, 1))
	})
	index, _ := st.get(t, "/", http.StatusOK)
	_, about := entries(index)
	for name, want := range map[string]string{
		"partly": "undecided in part: 2 cells of single rounds have no figure", "blank": "undecided in part: 1 cell of a round has no figure", "whole": "",
	} {
		page, _ := st.get(t, "/run/"+name+"/", http.StatusOK)
		for where, text := range map[string]string{"index": about[name], "page": page} {
			if strings.Contains(text, "undecided in part") != (want != "") || !strings.Contains(text, want) {
				t.Errorf("%s, %s: %s", name, where, text)
			}
		}
		if strings.Contains(page, "1 cell without a figure") != (name == "blank") {
			t.Errorf("%s: cells without a figure", name)
		}
	}
}
