package litmus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"unicode"
)

// maxKernels is how large a file of kernels may be: fifty times what five kernels and all scenarios take.
const maxKernels = 64 << 20

// ErrKernels is that a file is there, and is not what PlayKernels finds.
var ErrKernels = errors.New("it does not hold what scenarios came to on kernels")

// ReadKernels reads kernels.json in the folder dir. Whatever a terminal would obey in it is replaced. Errors: those of
// the file system, and ErrKernels with what is wrong.
func ReadKernels(dir string) (*Kernels, error) {
	name := filepath.Join(dir, KernelsName)
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKernels+1))
	if err != nil {
		return nil, err
	}
	k, err := parseKernels(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrKernels, err)
	}
	return k, nil
}

func parseKernels(text []byte) (*Kernels, error) {
	if len(text) > maxKernels {
		return nil, fmt.Errorf("it has more than %d MiB", maxKernels>>20)
	}
	doc := struct {
		Schema int `json:"schema"`
		Kernels
	}{}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(text[dec.InputOffset():])) > 0 {
		return nil, fmt.Errorf("something stands behind it, at byte %d", dec.InputOffset())
	}
	k := &doc.Kernels
	switch {
	case doc.Schema != schema:
		return nil, fmt.Errorf("schema %d, where %d is known", doc.Schema, schema)
	case len(k.Scenarios) == 0 || len(k.Columns) == 0:
		return nil, fmt.Errorf("it has %d scenarios on %d file systems", len(k.Scenarios), len(k.Columns))
	}
	for i := range k.Columns {
		if n := len(k.Columns[i].Cells); n != len(k.Scenarios) {
			return nil, fmt.Errorf("column %d has %d cells for %d scenarios", i+1, n, len(k.Scenarios))
		}
	}
	legible(reflect.ValueOf(k).Elem())
	return k, nil
}

// maxString is how long a string of a file may get on a terminal.
const maxString = 4000

// legible replaces in all strings of v what is not a printable character.
func legible(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		s := strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return unicode.ReplacementChar
		}, v.String())
		if len(s) > maxString {
			s = strings.ToValidUTF8(s[:maxString], "") + "…"
		}
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			legible(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			legible(v.Index(i))
		}
	}
}
