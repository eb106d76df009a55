package proc

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// HasSymbol reports whether the kernel, or a module that is loaded, has a function of this name; not one that was inlined
// wherever it is called. What the compiler has made of it (name.isra.0) counts. In an emulated machine it takes a second.
func (f FS) HasSymbol(name string) (bool, error) {
	file, err := os.Open(f.path("proc/kallsyms"))
	if err != nil {
		return false, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file) // names have at most KSYM_NAME_LEN = 512 bytes
	functions := 0
	for lines.Scan() { // "ADDRESS TYPE NAME", and behind a tab the module
		_, rest, _ := bytes.Cut(lines.Bytes(), []byte(" "))
		kind, rest, ok := bytes.Cut(rest, []byte(" "))
		if !ok || len(kind) != 1 || bytes.IndexByte([]byte("tTwW"), kind[0]) < 0 {
			continue
		}
		functions++
		if rest, ok := bytes.CutPrefix(rest, []byte(name)); ok && (len(rest) == 0 || rest[0] == '.' || rest[0] == '\t') {
			return true, nil
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("/proc/kallsyms: %w", err)
	}
	if functions == 0 {
		return false, errors.New("/proc/kallsyms lists no function")
	}
	return false, nil
}

// Release is what uname -r says.
func (f FS) Release() (string, error) {
	text, err := f.read("proc/sys/kernel/osrelease")
	return strings.TrimSpace(text), err
}

// Config returns the options that the kernel was built with, "CONFIG_FS_DAX": "y". Those not set are not in it. It comes from
// the kernel itself or from where packages put it, under the name of its release.
func (f FS) Config() (map[string]string, error) {
	config, err := f.config(f.path("proc/config.gz"))
	if err == nil {
		return config, nil
	}
	release, err2 := f.Release()
	if err2 != nil {
		return nil, errors.Join(err, err2)
	}
	release = filepath.Base(release)
	for _, p := range []string{"boot/config-" + release, "lib/modules/" + release + "/config", "usr/lib/modules/" + release + "/config"} {
		config, err2 = f.config(f.path(p))
		if err2 == nil {
			return config, nil
		}
		err = errors.Join(err, err2)
	}
	return nil, err
}

// config reads a file of options, compressed if its name says so.
func (f FS) config(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	in := io.Reader(file)
	if filepath.Ext(path) == ".gz" {
		if in, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	config := map[string]string{}
	lines := bufio.NewScanner(io.LimitReader(in, limit))
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if ok && strings.HasPrefix(key, "CONFIG_") {
			config[printable(key)] = printable(strings.Trim(value, `"`))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(config) == 0 {
		return nil, fmt.Errorf("%s has no options in it", path)
	}
	return config, nil
}

// Rearm makes the kernel print warnings again that it prints only once per boot. It needs debugfs, and root.
func (f FS) Rearm() error {
	return os.WriteFile(f.path("sys/kernel/debug/clear_warn_once"), []byte("1"), 0)
}
