package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/renameio/v2"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/serve"
)

// An event is one of a stream.
type event struct {
	name  string
	state struct {
		State, Meaning  string
		Rounds, Of      int
		Found, Warnings []string
		Warned          int
	}
}

// follow reads the events of a run until the stream ends. It reports each to told.
func (st *site) follow(ctx context.Context, run string, told func(event)) (all []event, err error) {
	r, err := http.NewRequestWithContext(ctx, "GET", st.URL+"/run/"+run+"/events", nil)
	if err != nil {
		return nil, err
	}
	resp, err := st.Client().Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		text, _ := io.ReadAll(resp.Body)
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, text)
	}
	var e event
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case key == "event":
			e.name = value
		case key == "data":
			if err := json.Unmarshal([]byte(value), &e.state); err != nil {
				return all, err
			}
		case lines.Text() == "" && e.name != "":
			all = append(all, e)
			told(e)
			e = event{}
		}
	}
	return all, lines.Err()
}

// replaceRun writes a run as record does, each file as a whole, results.txt first.
func replaceRun(t *testing.T, dir, status string, rounds int, change ...func(*reportstest.Spec)) {
	t.Helper()
	tmp := t.TempDir()
	writeRun(t, tmp, status, rounds, change...)
	for _, name := range []string{folder.ResultsName, folder.ManifestName} {
		data, err := os.ReadFile(filepath.Join(tmp, name))
		if err == nil {
			err = renameio.WriteFile(filepath.Join(dir, name), data, 0o666, renameio.WithTempDir(dir))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLive follows a run to its end.
func TestLive(t *testing.T) {
	for _, end := range []string{"finished", "interrupted", "failed"} {
		t.Run(end, func(t *testing.T) {
			st := newSite(t, func(dir string) { writeRun(t, filepath.Join(dir, "a"), "running", 0) })
			dir, round := filepath.Join(st.dir, "a"), 0
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			all, err := st.follow(ctx, "a", func(e event) {
				switch {
				case e.name != "state" || e.state.State != "running":
				case e.state.Rounds < round: // seen between the renames of the two files, as somebody may
				case e.state.Rounds > round:
					t.Errorf("%d rounds, want %d", e.state.Rounds, round)
				case round == 4:
					replaceRun(t, dir, end, 4, func(s *reportstest.Spec) {
						s.Manifest.Warnings = append(s.Manifest.Warnings, folder.Warning{Text: "the last words\n\nevent: end"})
					})
				default:
					round++
					replaceRun(t, dir, "running", round)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, e := range all {
				told = append(told, fmt.Sprintf("%s %s %d/%d", e.name, e.state.State, e.state.Rounds, e.state.Of))
			}
			want := []string{"state running 0/6", "state running 1/6", "state running 2/6", "state running 3/6", "state running 4/6",
				"state " + end + " 4/6", "end  0/0"}
			if told = slices.Compact(told); !slices.Equal(told, want) {
				t.Errorf("%q, want %q", told, want)
			}
			last := all[len(all)-2].state
			if last.Warned != 3 || !slices.Contains(last.Warnings, `the last words\n\nevent: end`) {
				t.Errorf("%q", last.Warnings)
			}
		})
	}
}

// TestLiveFound wants what went wrong to be told while the run goes on, and a folder that goes away to be an end.
func TestLiveFound(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "a"), "running", 2, func(s *reportstest.Spec) {
			s.Cells[0].Counters, s.Cells[1].Hung = map[string]int64{"violations": 7}, []int{1, 2}
		})
	})
	all, err := st.follow(t.Context(), "a", func(e event) {
		if e.state.State == "running" {
			os.RemoveAll(filepath.Join(st.dir, "a"))
		}
	})
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	if found := all[0].state.Found; !slices.Contains(found, "none: 2 cells with violations") || !slices.Contains(found, "always-call: 2 cells hung") {
		t.Errorf("found %q", found)
	}
	if all[1].state.State != "damaged" || all[2].name != "end" {
		t.Errorf("%v", all)
	}
}

// TestLivePage wants the page of a run that goes on to need no script, and to end by a link to the report.
func TestLivePage(t *testing.T) {
	st := newSite(t, func(dir string) { writeRun(t, filepath.Join(dir, "a"), "running", 3) })
	body, _ := st.get(t, "/run/a/", 200)
	for _, text := range []string{`<noscript><meta http-equiv="refresh"`, `src="/live.js"`, `data-events="/run/a/events"`, `max="6" value="3"`,
		`href="/run/a/report.html"`, "the machine was shared", "3 of 6 rounds"} {
		if !strings.Contains(body, text) {
			t.Errorf("running: no %q in\n%s", text, body)
		}
	}
	replaceRun(t, filepath.Join(st.dir, "a"), "finished", 6)
	body, _ = st.get(t, "/run/a/", 200)
	for _, text := range []string{"refresh", "live.js", "data-events"} {
		if strings.Contains(body, text) {
			t.Errorf("finished: %q in\n%s", text, body)
		}
	}
	for _, text := range []string{`href="/run/a/report.html"`, `href="/run/a/results.txt"`, "verdict on seed 1"} {
		if !strings.Contains(body, text) {
			t.Errorf("finished: no %q in\n%s", text, body)
		}
	}
}

// TestStreamsAreBounded wants no more streams than there may be, their places to be free again when browsers go, and nothing
// to be left of them.
func TestStreamsAreBounded(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("", func(t *testing.T) {
		st := newSite(t, func(dir string) { writeRun(t, filepath.Join(dir, "a"), "running", 1) })
		for range 2 {
			ctx, leave := context.WithCancel(t.Context())
			var open, done sync.WaitGroup
			for range serve.MaxStreams {
				open.Add(1)
				done.Go(func() {
					if _, err := st.follow(ctx, "a", func(event) { open.Done() }); !errors.Is(err, context.Canceled) {
						t.Errorf("a stream ended with %v", err)
					}
				})
			}
			open.Wait()
			if _, header := st.get(t, "/run/a/events", 503); header.Get("Retry-After") == "" {
				t.Error("nobody says when to come back")
			}
			st.get(t, "/run/a/", 200)
			leave()
			done.Wait()
			for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				if len(st.server.Streams()) == 0 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("streams stay open after their browsers have gone")
				}
			}
		}
	})
	settles(t, before)
}

// TestManyAtOnce is for the race detector: browsers ask for all there is while runs are written.
func TestManyAtOnce(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "a"), "running", 1)
		writeRun(t, filepath.Join(dir, "b"), "finished", 6)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var browsers, streams sync.WaitGroup
	for range 4 {
		streams.Go(func() {
			if all, err := st.follow(ctx, "a", func(event) {}); err != nil || all[len(all)-1].name != "end" {
				t.Errorf("%v, %v", all, err)
			}
		})
		browsers.Go(func() {
			for range 10 {
				for _, path := range []string{"/", "/run/a/", "/run/a/report.html", "/run/b/report.html", "/run/b/results.txt"} {
					st.get(t, path, 200)
				}
			}
		})
	}
	for round := 2; round <= 6; round++ {
		replaceRun(t, filepath.Join(st.dir, "a"), "running", round)
	}
	browsers.Wait()
	replaceRun(t, filepath.Join(st.dir, "a"), "finished", 6)
	streams.Wait()
	cancel()
	if n := st.made.Load(); n > 2*6+2 {
		t.Errorf("%d reports were made of 2 runs that changed 6 times", n)
	}
}
