package serve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/serve"
)

// site is a folder that is served.
type site struct {
	*httptest.Server
	dir    string
	server *serve.Server
	made   atomic.Int64 // reports
	judged atomic.Int64 // verdicts
}

// newSite serves a new folder that fill has put something into. Its reports say which run they are of.
func newSite(t *testing.T, fill func(dir string)) *site {
	t.Helper()
	st := &site{dir: t.TempDir()}
	fill(st.dir)
	var err error
	st.server, err = serve.New(st.dir, serve.Options{
		Poll: 5 * time.Millisecond,
		Report: func(_ context.Context, in serve.Folder, name string) ([]byte, error) {
			st.made.Add(1)
			run, err := folder.ReadFS(in.FS, in.Dir)
			if err != nil {
				return nil, err
			}
			return fmt.Appendf(nil, "<!DOCTYPE html><title>report</title>report %d of %q with %d cells", st.made.Load(), name, len(run.Cells)), nil
		},
		Verdict: func(_ context.Context, in serve.Folder) (string, error) {
			st.judged.Add(1)
			run, err := folder.ReadFS(in.FS, in.Dir)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("verdict on seed %d", run.Manifest.Seed), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	st.Server = httptest.NewServer(st.server)
	t.Cleanup(func() {
		st.Server.Close()
		if err := st.server.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// get asks for a path and wants a status.
func (st *site) get(t *testing.T, path string, status int) (body string, header http.Header) {
	t.Helper()
	return st.ask(t, http.MethodGet, path, nil, status)
}

// ask sends a request with some headers changed; Host is one of them.
func (st *site) ask(t *testing.T, method, path string, headers map[string]string, status int) (body string, header http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, st.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	if host := headers["Host"]; host != "" {
		r.Host = host
	}
	resp, err := st.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status {
		t.Errorf("%s %s with %v: status %d, want %d\n%.300s", method, path, headers, resp.StatusCode, status, text)
	}
	return string(text), resp.Header
}

// writeRun writes the example run with a status and so many of its six rounds.
func writeRun(t *testing.T, dir, status string, rounds int, change ...func(*reportstest.Spec)) {
	t.Helper()
	spec := reportstest.Example()
	spec.Manifest.Status = status
	spec.Manifest.Plan.Rounds, spec.Rounds = 6, rounds
	spec.Manifest.Plan.Reference = "dax-only"
	if status == "running" {
		spec.Manifest.Ended = ""
	}
	for _, f := range change {
		f(spec)
	}
	if err := spec.Write(dir); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// settles waits until there are no more goroutines than before.
func settles(t *testing.T, before int) {
	t.Helper()
	var now int
	for range 400 {
		if now = runtime.NumGoroutine(); now <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Fatalf("%d goroutines, %d before:\n%s", now, before, stacks[:runtime.Stack(stacks, true)])
}

func TestReports(t *testing.T) {
	st := newSite(t, func(dir string) { writeRun(t, filepath.Join(dir, "a"), "finished", 6) })
	first, header := st.get(t, "/run/a/report.html", 200)
	if !strings.Contains(first, `report 1 of "a"`) || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		t.Errorf("%s\n%v", first, header)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "connect-src") {
		t.Errorf("a report may %s", csp)
	}
	if again, _ := st.get(t, "/run/a/report.html", 200); again != first || st.made.Load() != 1 {
		t.Errorf("the same files were read %d times", st.made.Load())
	}
	writeRun(t, filepath.Join(st.dir, "a"), "interrupted", 5)
	if changed, _ := st.get(t, "/run/a/report.html", 200); changed == first || st.made.Load() != 2 {
		t.Errorf("after a change: %s", changed)
	}
	writeFile(t, filepath.Join(st.dir, "a", "litmus.json"), "{}")
	if st.get(t, "/run/a/report.html", 200); st.made.Load() != 3 {
		t.Error("what litmus found is no reason for a new report")
	}
	if _, header := st.ask(t, http.MethodHead, "/run/a/report.html", nil, 200); header.Get("Content-Length") == "0" {
		t.Error("HEAD says that it is empty")
	}
}

func TestNoReport(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "new"), "running", 0)
		writeRun(t, filepath.Join(dir, "torn"), "finished", 6)
		writeFile(t, filepath.Join(dir, "torn", folder.ResultsName), "BenchmarkX/policy=none-2 1 NaN ns/op\n")
		writeFile(t, filepath.Join(dir, "bad", folder.ManifestName), `{"schema":1`)
	})
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/run/new/report.html":     {409, "No round is complete yet"},
		"/run/torn/report.html":    {422, "NaN"},
		"/run/bad/report.html":     {422, "the file ends too early"},
		"/run/missing/report.html": {404, "Nothing here"},
	} {
		if body, _ := st.get(t, path, want.status); !strings.Contains(body, want.text) || strings.Contains(body, st.dir) {
			t.Errorf("%s: no %q in, or the path of the folder:\n%s", path, want.text, body)
		}
	}
}

func TestListen(t *testing.T) {
	for address, want := range map[string]error{
		"127.0.0.1:0": nil, "localhost:0": nil, "LOCALHOST:0": nil, "127.8.9.10:0": nil,
		"0.0.0.0:0": serve.ErrListen, ":0": serve.ErrListen, "[::]:0": serve.ErrListen, "192.0.2.1:80": serve.ErrListen,
		"example.org:80": serve.ErrListen, "localhost.example.org:0": serve.ErrListen, "[::ffff:192.0.2.1]:0": serve.ErrListen,
		"": serve.ErrAddress, "127.0.0.1": serve.ErrAddress, "127.0.0.1:99999": serve.ErrAddress, "127.0.0.1:-1": serve.ErrAddress,
	} {
		ln, err := serve.Listen(address)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", address, err, want)
		}
		if ln != nil {
			if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
				t.Errorf("%q listens on %v", address, ln.Addr())
			}
			ln.Close()
		}
	}
}

// TestServeEnds wants a server that was told to stop to end its streams, and one whose listener broke to say so.
func TestServeEnds(t *testing.T) {
	dir := t.TempDir()
	writeRun(t, filepath.Join(dir, "a"), "running", 1)
	before := runtime.NumGoroutine()
	s, err := serve.New(dir, serve.Options{Poll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ln, err := serve.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get("http://" + ln.Addr().String() + "/run/a/events")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("told to end: %v", err)
	}
	if text, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(text), `"rounds":1`) {
		t.Errorf("the stream ended with %v after %q", err, text)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	settles(t, before)

	ln, err = serve.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := s.Serve(context.Background(), ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a listener that is closed: %v", err)
	}
}
