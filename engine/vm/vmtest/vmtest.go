// Package vmtest plays QEMU and its guests to tests: a script that stands in for
// qemu-system-x86_64 on PATH, and what a guest says as frames in files, since a shell
// cannot count.
package vmtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/vm/line"
)

// A Fake is a QEMU that plays guests.
type Fake struct {
	Dir   string // with the files of the script
	Image string // an empty file that may pass for a kernel

	t *testing.T
}

// QEMU puts one first on PATH, until the test is over. Its body is a script: $D is its folder, and the console and the frames of
// the guest are descriptors 3 and 4.
func QEMU(t *testing.T, body string) *Fake {
	f := &Fake{Dir: t.TempDir(), t: t}
	f.Image = filepath.Join(f.Dir, "image")
	script := "#!/bin/sh\nD='" + f.Dir + "'\necho \"$*\" >> $D/called\n" + body + "\n"
	if err := errors.Join(os.Mkdir(f.Bin(), 0o777), os.WriteFile(filepath.Join(f.Bin(), "qemu-system-x86_64"), []byte(script), 0o777)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", f.Bin()+":"+os.Getenv("PATH"))
	f.File("image", nil)
	return f
}

// Bin is the folder on PATH.
func (f *Fake) Bin() string { return filepath.Join(f.Dir, "bin") }

// File writes a file into the folder.
func (f *Fake) File(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.Dir, name), content, 0o666); err != nil {
		f.t.Fatal(err)
	}
}

// Calls are the arguments that it was started with, a line for each time.
func (f *Fake) Calls() (calls []string) {
	text, _ := os.ReadFile(filepath.Join(f.Dir, "called"))
	return slices.Collect(strings.Lines(string(text)))
}

// Written is what a guest sends that says these things.
func Written(t testing.TB, frames ...line.Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := line.NewWriter(&b)
	for _, f := range frames {
		if err := w.Write(f.Kind, f.Payload); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Guest is what a guest says whose command ends with a status, and leaves these files. It runs 6.1-fake, for five seconds, of
// which three are gone before its first word.
func Guest(t testing.TB, status int, stdout, stderr string, files map[string]string) []line.Frame {
	t.Helper()
	packed := Packed(t, files)
	return []line.Frame{
		{Kind: line.First, Payload: JSON(t, line.Hello{Release: "6.1-fake", Guest: 3e9})},
		{Kind: line.Err, Payload: []byte(stderr)},
		{Kind: line.Out, Payload: []byte(stdout)},
		{Kind: line.Packed, Payload: packed},
		{Kind: line.Last, Payload: JSON(t, line.End{Status: status, Guest: 5e9, Seal: line.SealOf(packed)})},
	}
}

// Parcel is what a guest says that sends these files on the way.
func Parcel(t testing.TB, files map[string]string) []line.Frame {
	t.Helper()
	packed := Packed(t, files)
	return []line.Frame{{Kind: line.Packed, Payload: packed}, {Kind: line.Sealed, Payload: JSON(t, line.SealOf(packed))}}
}

// JSON is v as a payload.
func JSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Packed are files as tar.gz.
func Packed(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(files[name]))})
		if _, e := w.Write([]byte(files[name])); err != nil || e != nil {
			t.Fatal(err, e)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
