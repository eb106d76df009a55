package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serving starts daxbench serve and waits for the address that it prints.
func serving(t *testing.T, args ...string) (c *child, address string) {
	t.Helper()
	c = launch(t, append([]string{"serve"}, args...)...)
	for deadline := time.Now().Add(time.Minute); !strings.HasSuffix(c.out.String(), "/\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no address in a minute:\n%s%s", c.out.String(), c.err.String())
		}
	}
	return c, strings.TrimSuffix(c.out.String(), "/\n")
}

// fetch reads a page that must be there.
func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("%s: status %d, %v\n%.300s", url, resp.StatusCode, err, text)
	}
	return string(text)
}

// TestServe shows a run while it goes on, until it has ended, and its report.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	c, address := serving(t, dir, "-poll", "20ms")
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("address %q", address)
	}
	if text := fetch(t, address+"/"); !strings.Contains(text, "There is no run here yet") {
		t.Error(text)
	}
	run := launch(t, "run", "-workload", "unmount-storm", "-set", "inodes=256,dax=50", "-policy", "none,dax-only", "-duration", "60ms",
		"-rounds", "6", "-o", filepath.Join(dir, "now"))
	run.until(t, "results go to")

	client := http.Client{Timeout: time.Minute}
	resp, err := client.Get(address + "/run/now/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first, rounds, ended := "", 0, false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: {\"state\":")
		if ok && first == "" {
			first = data
			if page := fetch(t, address+"/"); !strings.Contains(page, `now</a> <span class="state running">`) {
				t.Errorf("the index while it runs:\n%s", page)
			}
		}
		if ok && strings.Contains(data, fmt.Sprintf(`"rounds":%d,"of":6`, rounds+1)) {
			rounds++
		}
		ended = ended || strings.Contains(lines.Text(), `"state":"finished"`)
	}
	run.ends(t, 0)
	if !strings.HasPrefix(first, `"running"`) || rounds < 3 || !ended { // some rounds may have gone by between two looks
		t.Errorf("it began with %s; %d rounds were seen one by one; the end was seen: %v", first, rounds, ended)
	}

	if page := fetch(t, address+"/"); !strings.Contains(page, `now</a> <span class="state finished">`) || !strings.Contains(page, `<p class="verdict">`) {
		t.Errorf("the index when it has ended:\n%s", page)
	}
	report := fetch(t, address+"/run/now/report.html")
	for _, text := range []string{`<meta http-equiv="Content-Security-Policy"`, " now</title>", "unmount-storm", "<svg"} {
		if !strings.Contains(report, text) {
			t.Errorf("no %q in the report", text)
		}
	}
	if left := strings.ReplaceAll(report, "-o "+filepath.Join(dir, "now"), ""); strings.Contains(left, dir) {
		t.Errorf("the report says where the folder is, and not as a part of the command: %.300s", left[strings.Index(left, dir):])
	}
	whole, err := os.ReadFile(filepath.Join(dir, "now", "results.txt"))
	if err != nil || fetch(t, address+"/run/now/results.txt") != string(whole) {
		t.Errorf("results.txt is another one: %v", err)
	}
	c.Process.Signal(syscall.SIGINT)
	c.ends(t, 0)
	if c.out.String() != address+"/\n" {
		t.Errorf("standard output holds more than the address: %q", c.out.String())
	}
}

// TestServeBaselines shows what is recorded in this repository.
func TestServeBaselines(t *testing.T) {
	_, address := serving(t, filepath.Join("..", "..", "baselines"))
	const record = "amd-epyc-2/2026-11-25-6a10b90"
	for n := 0; ; n++ {
		page := fetch(t, address+"/")
		if strings.Contains(page, record+`</a> <span class="state finished">`) && !strings.Contains(page, "http-equiv") {
			break
		}
		if n > 50 {
			t.Fatalf("the index is never done:\n%s", page)
		}
	}
	if !strings.Contains(fetch(t, address+"/run/"+record+"/report.html"), "evict-storm") {
		t.Error("the report of a record lacks its storms")
	}
	fetch(t, address+"/run/"+record+"/evict-storm.txt")
}

// TestServeEnd wants a server to end well when it is told to, by either signal, even in the middle of a stream, and at once when it
// is told twice.
func TestServeEnd(t *testing.T) {
	dir := t.TempDir()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		c, address := serving(t, dir)
		fetch(t, address+"/")
		c.Process.Signal(signal)
		c.ends(t, 0)
	}
	c, address := serving(t, dir)
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://")) // it never says what it wants
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n")
	time.Sleep(50 * time.Millisecond)
	c.Process.Signal(syscall.SIGINT)
	time.Sleep(50 * time.Millisecond)
	c.Process.Signal(syscall.SIGTERM)
	c.ends(t, 128+int(syscall.SIGTERM))
}

// TestServePortTaken wants the port to be named that somebody else has.
func TestServePortTaken(t *testing.T) {
	_, address := serving(t, t.TempDir())
	taken := strings.TrimPrefix(address, "http://")
	c := launch(t, "serve", t.TempDir(), "-listen", taken)
	c.ends(t, 4)
	if !strings.Contains(c.err.String(), taken) || !strings.Contains(c.err.String(), "address already in use") || c.out.String() != "" {
		t.Errorf("%s%s", c.out.String(), c.err.String())
	}
}
