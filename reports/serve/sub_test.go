package serve_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"daxbench/reports/folder"
	"daxbench/reports/reportstest"
	"daxbench/reports/serve"
)

// TestSwapped puts a symbolic link in the place of a file, or of the whole folder, after the server has looked at it and before
// the report is made: whoever makes it does not get behind the link, and by path they would.
func TestSwapped(t *testing.T) {
	for name, swap := range map[string]func(dir, secret string) error{
		"results": func(dir, secret string) error {
			return relink(filepath.Join(dir, "results.txt"), filepath.Join(secret, "results.txt"))
		},
		"manifest": func(dir, secret string) error {
			return relink(filepath.Join(dir, "run.json"), filepath.Join(secret, "run.json"))
		},
		"folder": func(dir, secret string) error { return relink(dir, secret) },
		"within": func(dir, _ string) error { return relink(filepath.Join(dir, "run.json"), "../other/run.json") },
	} {
		root, secret := t.TempDir(), t.TempDir()
		for _, dir := range []string{filepath.Join(root, "run"), filepath.Join(root, "other"), secret} {
			if err := reportstest.Example().Write(dir); err != nil {
				t.Fatal(err)
			}
		}
		read := make(chan error, 1)
		s, err := serve.New(root, serve.Options{Report: func(_ context.Context, in serve.Folder, _ string) ([]byte, error) {
			if _, err := folder.ReadFS(in.FS, in.Dir); err != nil {
				t.Errorf("%s: a run that nobody touched: %v", name, err)
			}
			if err := swap(in.Dir, secret); err != nil {
				t.Error(err)
			}
			if _, err := folder.Read(in.Dir); err != nil {
				t.Errorf("%s: there is nothing behind the link: %v", name, err)
			}
			run, err := folder.ReadFS(in.FS, in.Dir)
			if err == nil {
				t.Errorf("%s: %d cells came through a link", name, len(run.Cells))
			}
			read <- err
			return nil, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		ts := httptest.NewServer(s)
		answer, err := http.Get(ts.URL + "/run/run/report.html")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		ts.Close()
		select {
		case err := <-read:
			if !errors.Is(err, folder.ErrNotFolder) {
				t.Errorf("%s: %v", name, err)
			}
		default:
			t.Errorf("%s: nobody made a report", name)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// relink puts a link in the place of something.
func relink(path, to string) error {
	return errors.Join(os.RemoveAll(path), os.Symlink(to, path))
}
