package debian

import (
	"context"
	"errors"
)

// Unpack makes one tree, a folder in cache, of the kernel's .deb files, unless it is there already: what is in the files
// counts, not their names. Only the image, its configuration and its modules are taken. Errors: ErrArchive, with the file and
// what is wrong with it; those of files.
func Unpack(ctx context.Context, cache string, debs ...string) (*Tree, error) {
	return nil, errors.New("not built yet")
}
