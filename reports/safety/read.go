package safety

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Read reads what litmus and verify left in the folder dir, and puts it together. It returns nil and no error if the folder
// has neither file; an error names the file and the byte at which it cannot be understood.
func Read(dir string) (*Matrix, error) {
	for _, name := range []string{LitmusName, VerifyName} {
		path := filepath.Join(dir, name)
		switch _, err := os.Stat(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		default:
			return nil, fmt.Errorf("%s: byte 0: this version does not read it", path)
		}
	}
	return nil, nil
}
