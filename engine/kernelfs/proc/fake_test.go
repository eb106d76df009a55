package proc

import (
	"os"
	"path/filepath"
	"testing"
)

// tree makes a root of files; a content that begins with "-> " is a symbolic link.
func tree(t *testing.T, files map[string]string) FS {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		if len(content) > 3 && content[:3] == "-> " {
			err = os.Symlink(content[3:], path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return FS{root}
}

// status is a file of that name, as far as it is read.
const status = "Name:\tx\nState:\tD (disk sleep)\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"
