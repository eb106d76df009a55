package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
)

// profileStrings returns all strings of a profile as runtime/pprof writes it: a gzipped message of protocol buffers, whose sixth
// field, repeated, is its table of strings (github.com/google/pprof, proto/profile.proto). No other field has text.
func profileStrings(data []byte) (list []string, err error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	const stringTable, varint, delimited = 6, 0, 2
	next := func() (uint64, error) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, fmt.Errorf("no number %d bytes before the end", len(b))
		}
		b = b[n:]
		return v, nil
	}
	for len(b) > 0 {
		tag, err := next()
		if err != nil {
			return nil, err
		}
		v, err := next()
		switch wire := tag & 7; {
		case err != nil:
			return nil, err
		case wire == varint:
		case wire != delimited || v > uint64(len(b)):
			return nil, fmt.Errorf("field %d of kind %d and %d bytes, %d before the end", tag>>3, wire, v, len(b))
		default:
			if tag>>3 == stringTable {
				list = append(list, string(b[:v]))
			}
			b = b[v:]
		}
	}
	return list, nil
}

// machinePaths are the strings of a profile that are paths of the machine that it was made on.
func machinePaths(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		drive := len(s) > 2 && s[1] == ':' && (s[2] == '\\' || s[2] == '/')
		return !strings.HasPrefix(s, "/") && !drive
	})
}

// TestProfileHasNoPaths: the profile that the compiler uses has the functions that are measured, by names that every checkout has.
func TestProfileHasNoPaths(t *testing.T) {
	data, err := os.ReadFile("default.pgo")
	if err != nil {
		t.Fatal(err)
	}
	list, err := profileStrings(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"daxbench/engine/vfs.(*Superblock).Iget", "daxbench/engine/vfs/iget.go"} {
		if !slices.Contains(list, want) {
			t.Errorf("default.pgo has no %s", want)
		}
	}
	if paths := machinePaths(list); len(paths) > 0 {
		t.Errorf("default.pgo has paths of a machine: %q; make it as CONTRIBUTING.md says", paths)
	}
}

// TestPathsOfProfileAreFound: what go test writes by itself has paths of this machine.
func TestPathsOfProfileAreFound(t *testing.T) {
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Skip(err) // go test -cpuprofile
	}
	pprof.StopCPUProfile()
	list, err := profileStrings(profile.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if paths := machinePaths(list); !slices.Contains(paths, exe) {
		t.Errorf("%s is not among %q", exe, paths)
	}
	if list, err := profileStrings(profile.Bytes()[:profile.Len()/2]); err == nil {
		t.Errorf("half a profile: %q", list)
	}
	if got := machinePaths([]string{"", "a/b", "C:/x", `D:\x`, "d:x", "/x"}); !slices.Equal(got, []string{"C:/x", `D:\x`, "/x"}) {
		t.Errorf("paths of a machine are %q", got)
	}
}
