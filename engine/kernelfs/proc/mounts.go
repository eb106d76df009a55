package proc

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Mount is a line of mountinfo.
type Mount struct {
	ID, Parent int
	Dev        string // major:minor, decimal
	Root       string // what of the file system is mounted
	Point      string // where
	Options    string // of the mount, then of the file system: "rw,relatime,dax=always"
	Type       string // xfs
	Source     string // /dev/pmem0
}

// Mounts lists what is mounted, in the order of the kernel.
func (f FS) Mounts() ([]Mount, error) { return f.mounts("self") }

// mounts lists what a process sees mounted.
func (f FS) mounts(pid any) ([]Mount, error) {
	text, err := f.read("proc", pid, "mountinfo")
	if err != nil {
		return nil, err
	}
	var all []Mount
	for line := range strings.Lines(text) {
		m, err := parseMount(line)
		if err != nil {
			return nil, fmt.Errorf("/proc/%v/mountinfo, line %d: %w", pid, len(all)+1, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// parseMount reads "ID PARENT DEV ROOT POINT OPTIONS TAGS… - TYPE SOURCE OPTIONS", see proc_pid_mountinfo(5).
func parseMount(line string) (m Mount, err error) {
	words := strings.Split(strings.TrimRight(line, "\n"), " ")
	dash := slices.Index(words, "-")
	if dash < 6 || len(words) < dash+4 {
		return m, errors.New("it is not what a mount is told in")
	}
	id, err1 := strconv.Atoi(words[0])
	parent, err2 := strconv.Atoi(words[1])
	if err := errors.Join(err1, err2); err != nil {
		return m, err
	}
	options := strings.Split(words[5], ",")
	for _, o := range strings.Split(words[dash+3], ",") {
		if !slices.Contains(options, o) {
			options = append(options, o)
		}
	}
	return Mount{ID: id, Parent: parent, Dev: words[2], Root: unescape(words[3]), Point: unescape(words[4]),
		Options: unescape(strings.Join(options, ",")), Type: unescape(words[dash+1]), Source: unescape(words[dash+2])}, nil
}

// unescape undoes how the kernel writes blanks, line ends, # and backslashes: a backslash and three octal digits.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// MountOf returns the mount that a path lies on, which is absolute and has no symbolic links. It does not look at the path.
func (f FS) MountOf(path string) (Mount, error) {
	mounts, err := f.Mounts()
	if err != nil {
		return Mount{}, err
	}
	m, ok := mountOf(mounts, path)
	if !ok {
		return m, fmt.Errorf("%s lies on no mount", path)
	}
	return m, nil
}

// mountOf walks the path as the kernel does: from a mount to the one that stands on it and comes first on the way. So a
// mount that another one hides is not found.
func mountOf(mounts []Mount, path string) (m Mount, ok bool) {
	root := func(c *Mount) bool {
		return c.Parent == c.ID || !slices.ContainsFunc(mounts, func(p Mount) bool { return p.ID == c.Parent })
	}
	step := func(is func(*Mount) bool) (found bool) {
		var best *Mount
		for i := range mounts {
			c := &mounts[i]
			if is(c) && within(path, c.Point) && (best == nil || len(c.Point) < len(best.Point)) {
				best = c
			}
		}
		if best != nil {
			m = *best
		}
		return best != nil
	}
	if !step(root) {
		return m, false
	}
	for range mounts { // a bound, should parents go round in circles
		at := m.ID
		if !step(func(c *Mount) bool { return c.Parent == at && c.ID != at }) {
			break
		}
	}
	return m, true
}

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	path = filepath.Clean(path)
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
