package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daxbench/reports/serve"
)

func TestGuard(t *testing.T) {
	st := newSite(t, func(dir string) { writeRun(t, filepath.Join(dir, "a"), "finished", 6) })
	u, _ := url.Parse(st.URL)
	port, host := ":"+u.Port(), u.Host
	for _, c := range []struct {
		name, method string
		headers      map[string]string
		status       int
	}{
		{"as printed", "GET", nil, 200},
		{"by name", "GET", map[string]string{"Host": "localhost" + port}, 200},
		{"by name, loudly", "GET", map[string]string{"Host": "LocalHost" + port}, 200},
		{"by the other address", "GET", map[string]string{"Host": "[::1]" + port}, 200},
		{"head", "HEAD", nil, 200},
		{"own script", "GET", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://" + host}, 200},
		{"typed in", "GET", map[string]string{"Sec-Fetch-Site": "none"}, 200},

		{"rebinding", "GET", map[string]string{"Host": "evil.example" + port}, 421},
		{"rebinding with the right beginning", "GET", map[string]string{"Host": "localhost.evil.example" + port}, 421},
		{"rebinding with the address in front", "GET", map[string]string{"Host": "127.0.0.1.nip.example" + port}, 421},
		{"trailing dot", "GET", map[string]string{"Host": "localhost." + port}, 421},
		{"another port", "GET", map[string]string{"Host": "127.0.0.1:1"}, 421},
		{"no port", "GET", map[string]string{"Host": "127.0.0.1"}, 421},
		{"another loopback address", "GET", map[string]string{"Host": "127.0.0.2" + port}, 421},
		{"anywhere", "GET", map[string]string{"Host": "0.0.0.0" + port}, 421},
		{"a user", "GET", map[string]string{"Host": "evil@127.0.0.1" + port}, 421},
		{"link from elsewhere", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"another port of this machine", "GET", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"script from elsewhere", "GET", map[string]string{"Origin": "http://evil.example"}, 403},
		{"a file", "GET", map[string]string{"Origin": "null"}, 403},
		{"another scheme", "GET", map[string]string{"Origin": "https://" + host}, 403},
		{"the port as a beginning", "GET", map[string]string{"Origin": "http://" + host + "1"}, 403},
		{"post", "POST", nil, 405},
		{"put", "PUT", nil, 405},
		{"delete", "DELETE", nil, 405},
		{"patch", "PATCH", nil, 405},
		{"options", "OPTIONS", nil, 405},
		{"trace", "TRACE", nil, 405},
		{"lower case", "get", nil, 405},
		{"WebDAV", "PROPFIND", nil, 405},
	} {
		for _, path := range []string{"/", "/run/a/", "/run/a/report.html", "/run/a/run.json", "/run/a/events", "/style.css"} {
			body, header := st.ask(t, c.method, path, c.headers, c.status)
			if c.status != 200 && (strings.Contains(body, "dax") && !strings.Contains(body, "daxbench serve printed") || header.Get("Access-Control-Allow-Origin") != "") {
				t.Errorf("%s: %s tells %q, %v", c.name, path, body, header)
			}
			if c.status == 405 && header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: allows %q", c.name, header.Get("Allow"))
			}
		}
	}
	if st.made.Load() == 0 {
		t.Error("nobody got a report")
	}
}

// TestOtherAddress wants a handler that is reached by an address that is not loopback to say nothing, whoever mounted it there.
func TestOtherAddress(t *testing.T) {
	s, err := serve.New(t.TempDir(), serve.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, local := range []net.Addr{nil, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, &net.UnixAddr{Name: "x"}} {
		r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
		if local != nil {
			r = r.WithContext(contextWith(r, local))
		}
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 421 {
			t.Errorf("%v: status %d", local, w.Code)
		}
	}
}

// TestHeaders wants every answer to have those that keep a browser from doing more than showing it.
func TestHeaders(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "a"), "finished", 6)
		writeFile(t, filepath.Join(dir, "a", "charts", "x.png"), "<script>alert(1)</script>")
	})
	for path, c := range map[string]struct {
		status int
		kind   string
	}{
		"/": {200, "text/html"}, "/run/a/": {200, "text/html"}, "/run/a/report.html": {200, "text/html"}, "/nothing": {404, "text/html"},
		"/run/a/results.txt": {200, "text/plain"}, "/run/a/run.json": {200, "text/plain"}, "/run/a/charts/x.png": {200, "image/png"},
		"/style.css": {200, "text/css"}, "/live.js": {200, "text/javascript"}, "/icon.svg": {200, "image/svg+xml"},
		"/run/a/events": {200, "text/event-stream"},
	} {
		_, header := st.get(t, path, c.status)
		for name, want := range map[string]string{
			"Content-Type": c.kind, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
		} {
			if !strings.HasPrefix(header.Get(name), want) {
				t.Errorf("%s: %s is %q, want %q", path, name, header.Get(name), want)
			}
		}
		if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || path != "/run/a/report.html" && strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", path, csp)
		} else if raw := c.kind == "text/plain" || c.kind == "image/png"; raw != strings.Contains(csp, "sandbox") {
			t.Errorf("%s: %s", path, csp)
		}
	}
}

// raw sends a request line as it stands, which clients would tidy up, and returns status and body.
func (st *site) raw(t *testing.T, target string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", st.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, st.Listener.Addr())
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", target, err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// TestPathTricks asks for what lies outside, in every spelling that has worked somewhere, and for what is no file of a run.
func TestPathTricks(t *testing.T) {
	const secret = "the secret"
	outside := t.TempDir()
	writeRun(t, filepath.Join(outside, "run"), "finished", 6)
	writeFile(t, filepath.Join(outside, "run", "results.txt"), secret)
	writeFile(t, filepath.Join(outside, "run", "x.png"), secret)
	st := newSite(t, func(dir string) {
		in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
		for _, name := range []string{"a", "b", "c", ".git", "deep/1/2/3/4/5"} {
			writeRun(t, in(name), "finished", 6)
		}
		for _, name := range []string{"a/secret.txt", "a/.env", "a/notes.md", "a/report.html", "a/index.html", "a/counts.txt", "a/x.svg", "secret.txt", "results.json", "a/charts/x.txt", "a/events.txt"} {
			writeFile(t, in(name), secret)
		}
		writeFile(t, in(".git/results.txt"), secret)
		writeFile(t, in("deep/1/2/3/4/5/results.txt"), secret)
		writeFile(t, in("norun/results/x.png"), secret)
		writeFile(t, in("a/evict-storm.txt"), "a record of a baseline")
		for link, to := range map[string]string{
			"out": filepath.Join(outside, "run"), "up": "..", "c/litmus.json": filepath.Join(outside, "run", "results.txt"),
			"a/x.png": filepath.Join(outside, "run", "x.png"), "a/charts/y.png": "../../secret.txt", "b/charts": filepath.Join(outside, "run"),
			"inner": "a", "loop": ".",
		} {
			if err := os.Symlink(to, in(link)); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"b/verify.json", "b/pipe.png"} {
			if err := syscall.Mkfifo(in(name), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		os.Mkdir(in("b/litmus.json"), 0o777)
	})
	rel, err := filepath.Rel(st.dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	rel = filepath.ToSlash(rel) + "/run/results.txt"
	enc := func(old, new string) string { return strings.ReplaceAll(rel, old, new) }
	targets := []string{
		"/" + rel, "/run/" + rel, "/run/a/" + rel, "/run/a/../" + rel, "/run/a/charts/../" + rel, "/run/./a/results.txt", "/run//a/results.txt",
		"//run/a/results.txt", "/run/a//results.txt", "/run/a/./results.txt", "/run/b/../a/results.txt", "/run/..", "/run/../", "/run/a/..", "/run/a/../",
		"/run/" + enc("..", "%2e%2e"), "/run/" + enc("..", "%2E."), "/run/" + enc("/", "%2f"), "/run/" + enc("../", "..%2f"), "/run/" + enc("../", "%2e%2e%2f"),
		"/run/" + enc("..", "%252e%252e"), "/run/" + enc("../", "..%5c"), "/run/" + enc("../", `..\`), "/run/" + enc("..", "..;"), "/run/" + enc("..", "..."),
		"/run/" + enc("../", "....//"), "/run/" + enc("..", "%c0%ae%c0%ae"), "/run/" + enc("..", "%uff0e%uff0e"), "/run/" + enc("..", "．．"),
		"/run/a/results.txt%00", "/run/a/results.txt%00.png", "/run/%00", "/run/a%00/results.txt", "/run/a/%2e%2e%2fa%2fresults.txt",
		"/run/" + outside + "/run/results.txt", "/run/%2f" + strings.TrimPrefix(outside, "/") + "/run/results.txt", outside + "/run/results.txt",
		"/run/file:%2f%2f" + outside + "/run/results.txt", "/etc/passwd", "/run//etc/passwd", "/run/%2fetc%2fpasswd", "/run/C:/x", `/run/C:\x`,
		"/run/out/results.txt", "/run/out/", "/run/out/x.png", "/run/up/", "/run/up/run/", "/run/inner/", "/run/inner/results.txt", "/run/inner/report.html", "/run/loop/a/", "/run/loop/a/results.txt",
		"/run/c/litmus.json", "/run/c/report.html", "/run/a/x.png", "/run/a/charts/y.png", "/run/b/charts/x.png", "/run/b/charts/", "/run/b/verify.json", "/run/b/pipe.png", "/run/b/litmus.json",
		"/run/.git/results.txt", "/run/.git/", "/run/deep/1/2/3/4/5/results.txt", "/run/deep/1/2/3/4/5/",
		"/run/a/secret.txt", "/run/a/.env", "/run/a/notes.md", "/run/a/index.html", "/run/a/counts.txt", "/run/a/x.svg", "/run/secret.txt", "/secret.txt",
		"/run/results.json", "/run/a/charts/x.txt", "/run/a/charts/", "/run/a/events.txt", "/run/norun/results/x.png", "/run/norun/charts/x.png",
		"/run/a", "/run", "/run/a/results.txt/", "/run/a/RESULTS.TXT", "/run/a/results.txt ", "/run/a/results.txt.", "/run/a/results.txt::$DATA",
		"/index.html", "/page/style.css", "/style.css/", "/debug/pprof/", "/favicon.ico", "/" + strings.Repeat("run/", 1000), "/run/" + strings.Repeat("a/", 1000),
		"/run/" + strings.Repeat("x", 5000) + "/results.txt", "http://evil.example/run/a/results.txt", "*",
	}
	for _, target := range targets {
		status, body := st.raw(t, strings.ReplaceAll(target, " ", "%20"))
		if status < 400 || status >= 500 {
			t.Errorf("%q: status %d", target, status)
		}
		if strings.Contains(body, secret) || strings.Contains(body, "root:") || strings.Contains(body, st.dir) {
			t.Errorf("%q tells %q", target, body)
		}
	}
	for _, target := range []string{ // what the same spellings do reach
		"/run/a/results.txt", "/run/a/run.json", "/run/a/evict-storm.txt", "/run/%61/results.txt", "/run/a%2fresults.txt", "/run/b/run.json", "/run/a/results.txt?x=../..",
		"/run/a/report.html",
	} {
		if status, body := st.raw(t, target); status != 200 || strings.Contains(body, secret) {
			t.Errorf("%q: status %d, %.80q", target, status, body)
		}
	}
}

// TestHugeFile wants a part of a file that is larger than memory.
func TestHugeFile(t *testing.T) {
	st := newSite(t, func(dir string) {
		writeRun(t, filepath.Join(dir, "a"), "finished", 6)
		for _, name := range []string{"a/results.txt", "b/run.json", "b/results.txt"} {
			writeFile(t, filepath.Join(dir, name), "{")
			if err := os.Truncate(filepath.Join(dir, name), 1<<40); err != nil {
				t.Skip(err)
			}
		}
	})
	body, header := st.ask(t, "GET", "/run/a/results.txt", map[string]string{"Range": "bytes=0-9"}, 206)
	if len(body) != 10 || header.Get("Content-Range") != fmt.Sprintf("bytes 0-9/%d", 1<<40) {
		t.Errorf("%q, %v", body, header)
	}
	if body, _ := st.get(t, "/", 200); !strings.Contains(body, "damaged") {
		t.Error(body)
	}
	st.get(t, "/run/a/report.html", 422)
	st.get(t, "/run/b/report.html", 422)
}

// contextWith is the context of a request that came in by a local address.
func contextWith(r *http.Request, local net.Addr) context.Context {
	return context.WithValue(r.Context(), http.LocalAddrContextKey, local)
}
