package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Holders says in words what the kernel itself has in the file system of a mount, which is no process: loop devices over its
// files, overlays of its directories, swap files, other mounts of it. Who exports it over the network is not found.
func (f FS) Holders(m Mount) ([]string, error) {
	mounts, err := f.Mounts()
	if err != nil {
		return nil, err
	}
	on := func(path string) bool {
		at, ok := mountOf(mounts, path)
		return ok && filepath.IsAbs(path) && at.Dev == m.Dev
	}
	list, err := f.loops(on)
	if err != nil {
		return nil, err
	}
	swaps, err := f.swaps(on)
	if err != nil {
		return nil, err
	}
	list = append(list, swaps...)
	for _, o := range mounts {
		switch {
		case o.Dev == m.Dev && o.ID != m.ID:
			list = append(list, fmt.Sprintf("another mount of it, on %s", printable(o.Point)))
		case o.Type == "overlay" && slices.ContainsFunc(layers(o.Options), on):
			list = append(list, fmt.Sprintf("the overlay on %s", printable(o.Point)))
		}
	}
	return list, nil
}

// loops lists the loop devices over files for which on holds.
func (f FS) loops(on func(path string) bool) (list []string, err error) {
	entries, err := os.ReadDir(f.path("sys/block"))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "loop") {
			continue
		}
		text, err := f.read("sys/block", e.Name(), "loop/backing_file")
		if gone(err) { // it is not in use
			continue
		}
		if err != nil {
			return nil, err
		}
		if path := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), " (deleted)"); on(path) {
			list = append(list, fmt.Sprintf("/dev/%s over %s", e.Name(), printable(path)))
		}
	}
	return list, nil
}

// swaps lists the swap files for which on holds: "FILENAME TYPE SIZE USED PRIORITY" behind a line of titles.
func (f FS) swaps(on func(path string) bool) (list []string, err error) {
	text, err := f.read("proc/swaps")
	if gone(err) { // a kernel without
		return nil, nil
	}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && words[1] == "file" {
			if path := unescape(words[0]); on(path) {
				list = append(list, "swap in "+printable(path))
			}
		}
	}
	return list, err
}

// layers lists the directories that an overlay lies over, see Documentation/filesystems/overlayfs.rst.
func layers(options string) (dirs []string) {
	for o := range strings.SplitSeq(options, ",") {
		switch key, value, _ := strings.Cut(o, "="); key {
		case "lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir":
			for dir := range strings.SplitSeq(value, ":") { // one with an escaped colon is told in parts
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// Others lists the mounts of a file system but for m, in all name spaces that can be seen. A mount of another name space than
// this one's has a Point of there. Unseen is how many processes may not be looked at.
func (f FS) Others(m Mount) (others []Mount, unseen int, err error) {
	entries, err := os.ReadDir(f.path("proc"))
	if err != nil {
		return nil, 0, err
	}
	own, err := f.Mounts()
	if err != nil {
		return nil, 0, err
	}
	seen := map[int]bool{} // a mount has its number in one name space only
	for _, o := range own {
		seen[o.ID] = true
		if o.Dev == m.Dev && o.ID != m.ID {
			others = append(others, o)
		}
	}
	space, _ := os.Readlink(f.path("proc/self/ns/mnt"))
	spaces := map[string]bool{space: true}
	for _, pid := range numbers(entries) {
		space, err := os.Readlink(f.path("proc", pid, "ns/mnt"))
		switch {
		case gone(err) || err == nil && spaces[space]:
			continue
		case err != nil:
			unseen++
			continue
		}
		spaces[space] = true
		list, err := f.mounts(pid)
		if err != nil && !gone(err) {
			return nil, 0, err
		}
		for _, o := range list {
			if o.Dev == m.Dev && !seen[o.ID] {
				others = append(others, o)
			}
			seen[o.ID] = true
		}
	}
	return others, unseen, nil
}

// DeviceOf is what mountinfo calls the block device whose node a path is; empty: it is none.
func (f FS) DeviceOf(path string) string {
	var st unix.Stat_t
	if err := unix.Stat(f.path(path), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return ""
	}
	return devName(st.Rdev)
}

// maxStack bounds how many devices may lie one on the other.
const maxStack = 16

// LoopBelow returns the name of a loop device that a device is or lies on, by whichever layers; empty: there is none.
func (f FS) LoopBelow(dev string) string {
	return f.loopBelow(f.path("sys/dev/block", dev), maxStack)
}

func (f FS) loopBelow(dir string, depth int) string {
	path, err := filepath.EvalSymlinks(dir)
	if err != nil || depth == 0 {
		return ""
	}
	if _, err := os.Stat(filepath.Join(path, "partition")); err == nil {
		return f.loopBelow(filepath.Dir(path), depth-1)
	}
	if name := filepath.Base(path); strings.HasPrefix(name, "loop") {
		return name
	}
	slaves, _ := os.ReadDir(filepath.Join(path, "slaves"))
	for _, s := range slaves {
		if loop := f.loopBelow(filepath.Join(path, "slaves", s.Name()), depth-1); loop != "" {
			return loop
		}
	}
	return ""
}
