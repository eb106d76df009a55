// Package proc looks at processes and the kernel from outside: what a thread does
// or waits for, what is mounted and who uses it, where the blocks of a file lie, what
// the kernel warned of.
//
// It reads /proc, /sys and /boot, and, but for Extents, never touches the file
// system that somebody may be stuck in. What it reads may have been written by others: it
// is bounded, and made printable where it is text.
package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"
)

// An FS is a tree that looks like the root of a running system: FS{Root: "/"}.
type FS struct{ Root string }

// ErrGone is returned for processes and threads that are not there, or not any more.
var ErrGone = errors.New("no such process or thread")

// limit bounds files of /proc that are read at once. Those of one process are some KiB; maps and mountinfo of a large
// machine some hundred.
const limit = 16 << 20

// path joins names, and numbers, to the root.
func (f FS) path(names ...any) string {
	p := f.Root
	for _, n := range names {
		p = filepath.Join(p, fmt.Sprint(n))
	}
	return p
}

// read returns the whole of a small file.
func (f FS) read(names ...any) (string, error) {
	file, err := os.Open(f.path(names...))
	if err != nil {
		return "", err
	}
	defer file.Close()
	all, err := io.ReadAll(io.LimitReader(file, limit))
	return string(all), err
}

// SysNumbers returns the numbers in a file of /proc/sys: "fs/inode-nr".
func (f FS) SysNumbers(name string) ([]int64, error) {
	text, err := f.read("proc/sys", name)
	if err != nil {
		return nil, err
	}
	var all []int64
	for _, word := range strings.Fields(text) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("/proc/sys/%s: %w", name, err)
		}
		all = append(all, n)
	}
	if all == nil {
		return nil, fmt.Errorf("/proc/sys/%s is empty", name)
	}
	return all, nil
}

// gone reports whether an error says that there is no such process: it went before open, or before read. EINVAL is what
// mountinfo of a zombie says, which has no name space any more.
func gone(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL)
}

// longest is the most runes of a text of others that is passed on.
const longest = 300

// printable makes text of others fit to be passed on: one line, no control characters, bounded.
func printable(s string) string {
	if len(s) > 4*longest { // a rune has at most four bytes
		s = s[:4*longest]
	}
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, strings.TrimSpace(s)))
	if len(r) > longest {
		r = append(r[:longest-1], '…')
	}
	return string(r)
}
