package serve_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daxbench/reports/kernels"
	"daxbench/reports/reportstest"
	"daxbench/reports/serve"
)

// TestKernels wants a folder that holds scenarios on kernels, and no run, listed with what they came to, with its report and its raw
// file; one that cannot be read is damaged, and one that has a run beside them is a run.
func TestKernels(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	write := func(name string) {
		if err := reportstest.Kernels().Write(in(name)); err != nil {
			t.Fatal(err)
		}
	}
	write("kernels/6.12")
	write("both")
	writeRun(t, in("both"), "finished", 6)
	write("torn")
	if err := os.Truncate(in("torn/kernels.json"), 100); err != nil {
		t.Fatal(err)
	}
	read := func(f serve.Folder) (*kernels.Matrix, error) { return kernels.ReadFS(f.FS, f.Dir) }
	server, err := serve.New(dir, serve.Options{
		Report: func(_ context.Context, f serve.Folder, name string) ([]byte, error) {
			m, err := read(f)
			if err != nil {
				return nil, err
			}
			return fmt.Appendf(nil, "%d columns of %s", len(m.Columns), name), nil
		},
		Verdict: func(_ context.Context, f serve.Folder) (string, error) {
			m, err := read(f)
			if err != nil {
				return "", err
			}
			return m.Sentences()[0].Text, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	st := &site{Server: httptest.NewServer(server), dir: dir, server: server}
	defer st.Server.Close()
	body, _ := st.get(t, "/", 200)
	names, about := entries(body)
	got := strings.Join(names, ", ")
	for _, want := range []string{"kernels/6.12 kernels", "both finished", "torn damaged"} {
		if !strings.Contains(got, want) {
			t.Errorf("listed %s; want %s", got, want)
		}
	}
	for name, want := range map[string]string{"kernels/6.12": "A pinned block is freed on 6.1 and 6.12 in 20 of 24 scenarios.", "torn": "the file ends too early"} {
		if !strings.Contains(about[name], want) {
			t.Errorf("%s: no %q in\n%s", name, want, about[name])
		}
	}
	for path, want := range map[string]string{
		"/run/kernels/6.12/": "A pinned block is freed", "/run/kernels/6.12/report.html": "15 columns of kernels/6.12", "/run/kernels/6.12/kernels.json": `"schema": 1`,
		"/run/both/kernels.json": `"schema": 1`,
	} {
		if body, _ := st.get(t, path, 200); !strings.Contains(body, want) {
			t.Errorf("%s: no %q in %.300s", path, want, body)
		}
	}
}
