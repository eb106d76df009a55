package folder

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"unicode/utf8"
)

// ReadDocument reads the JSON file name in a folder, which fsys is and errors call dir, into v: a regular file of at most limit
// bytes, in UTF-8, and else as Document has it. there is false, and the error nil, if there is no such file. A named pipe must
// not block the reader for ever, so anything that is no regular file is refused before it is opened.
func ReadDocument(fsys fs.FS, dir, name string, limit int64, schema int, v any) (there bool, err error) {
	path := filepath.Join(dir, name)
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%s: %w", path, err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is no regular file", path)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return false, fmt.Errorf("%s has more than the %d bytes that are read", path, limit)
	}
	for at, rest := 0, data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return false, fmt.Errorf("%s: byte %d: is no UTF-8", path, at)
		}
		at, rest = at+size, rest[size:]
	}
	return true, Document(path, data, schema, v)
}

// Document decodes the JSON in the file path into v: exactly one object with that schema version, no key twice, and nothing
// after it. The error wraps ErrSchema if the file is of another version.
func Document(path string, data []byte, schema int, v any) error {
	// The version comes first: a file of another schema may well not fit the fields of this one.
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := Unmarshal(path, data, &version); err != nil {
		return err
	}
	if version.Schema == nil {
		return fmt.Errorf("%s: %w: there is no field \"schema\"; this daxbench reads %d", path, ErrSchema, schema)
	}
	if *version.Schema != schema {
		return fmt.Errorf("%s: %w %d; this daxbench reads %d", path, ErrSchema, *version.Schema, schema)
	}
	if err := UniqueKeys(data); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return Unmarshal(path, data, v)
}
