package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/reports/folder"
	"daxbench/reports/kernels"
)

// Limits of the tree. A folder of runs is flat; baselines are three deep.
const (
	maxDepth   = 5     // folders on the way to a run
	maxRuns    = 500   // in the index
	maxEntries = 20000 // that are looked at to find them
	maxListing = 1000  // entries of the folder of a run
)

// tree is what lies below the folder that is shown. Only what is reached by names that are not hidden and without a symbolic
// link is there. The links of an archive that somebody sent are caught that way; and should one be put in place between a look
// and an open, os.Root keeps it from leading out of the folder.
type tree struct {
	root *os.Root
	dir  string
}

// errNotShown means that a path is none that is shown. It says no more: whether such a file exists is nobody's business.
var errNotShown = errors.New("there is no such file or folder, or it is none that is shown")

// lookAt returns what a path is: a folder or a regular file. Any other is errNotShown.
func (t *tree) lookAt(name string) (fs.FileInfo, error) {
	if !shown(name) {
		return nil, errNotShown
	}
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		if info, err := t.root.Lstat(name[:i]); err != nil || !info.IsDir() {
			return nil, errNotShown
		}
	}
	info, err := t.root.Lstat(name)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return nil, errNotShown
	}
	return info, nil
}

// shown says whether a path may be one that is shown: relative, without "." and "..", without hidden names, not too deep.
func shown(name string) bool {
	if name == "." {
		return true
	}
	parts := strings.Split(name, "/")
	return fs.ValidPath(name) && !strings.ContainsRune(name, 0) && len(parts) <= maxDepth+2 &&
		!slices.ContainsFunc(parts, func(part string) bool { return part[0] == '.' })
}

// open opens a regular file for reading.
func (t *tree) open(name string) (*os.File, fs.FileInfo, error) {
	before, err := t.lookAt(name)
	if err != nil || !before.Mode().IsRegular() {
		return nil, nil, errNotShown
	}
	f, err := t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe that took its place does not hold us up
	if err != nil {
		return nil, nil, errNotShown
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, nil, errNotShown
	}
	return f, info, nil
}

// list lists a folder, in the order of names; more says that there is more in it than limit.
func (t *tree) list(name string, limit int) (entries []fs.DirEntry, more bool) {
	info, err := t.lookAt(name)
	if err != nil || !info.IsDir() {
		return nil, false
	}
	f, err := t.root.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	entries, _ = f.ReadDir(limit + 1) // what could be read before an error is there to be shown
	if more = len(entries) > limit; more {
		entries = entries[:limit]
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, more
}

// listing is what lies in the folder of a run.
type listing struct {
	stamp   string // changes when a file does that a report may come from
	texts   []string
	results bool     // there are results
	charts  []string // below the folder, with those of the folder charts
	odd     string   // a name that should be a regular file and is not; empty if there is none
	more    bool
	changed time.Time // when run.json was written last, or kernels.json if that is all
}

// has says whether one of the texts has a name.
func (l *listing) has(name string) bool { return slices.Contains(l.texts, name) }

// chartsName is the folder of the pictures of a run.
const chartsName = "charts"

// read looks at the files of the folder of a run.
func (t *tree) read(dir string) *listing {
	l := new(listing)
	entries, more := t.list(dir, maxListing)
	l.more = more
	var stamp strings.Builder
	for _, e := range entries {
		name := e.Name()
		switch path.Ext(name) {
		case ".txt", ".json":
			info, err := t.root.Lstat(path.Join(dir, name))
			if err != nil {
				continue // it has just gone
			}
			if !info.Mode().IsRegular() {
				l.odd = name
				continue
			}
			fmt.Fprintf(&stamp, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
			l.texts = append(l.texts, name)
			l.results = l.results || len(folder.ResultsNames([]fs.DirEntry{e})) > 0
			if name == folder.ManifestName || name == kernels.Name && l.changed.IsZero() { // run.json comes last
				l.changed = info.ModTime()
			}
		case ".png":
			if e.Type().IsRegular() {
				l.charts = append(l.charts, name)
			}
		}
	}
	l.stamp = stamp.String()
	charts, _ := t.list(path.Join(dir, chartsName), maxListing)
	for _, e := range charts {
		if e.Type().IsRegular() && path.Ext(e.Name()) == ".png" {
			l.charts = append(l.charts, chartsName+"/"+e.Name())
		}
	}
	return l
}

// marks are the files by which a folder is known for one of a run, or of scenarios on kernels, the surest first.
var marks = []string{folder.ManifestName, folder.ResultsName, kernels.Name}

// isRun says whether a folder with these entries is one of a run, or was to be one, or of scenarios on kernels.
func isRun(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return slices.Contains(marks, e.Name()) && !e.IsDir() })
}

// runs finds the folders of runs. cut says in words what was left out, if anything.
func (t *tree) runs() (found []string, cut string) {
	looked := 0
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		entries, more := t.list(dir, maxEntries-looked)
		looked += len(entries)
		if more {
			cut = fmt.Sprintf("There is more: after %d files and folders nobody looked on.", maxEntries)
		}
		if isRun(entries) {
			found = append(found, dir)
		}
		for _, e := range entries {
			sub := path.Join(dir, e.Name())
			switch {
			case !e.IsDir() || !shown(sub):
			case depth == maxDepth:
				cut = fmt.Sprintf("Folders more than %d deep were not looked into.", maxDepth)
			default:
				walk(sub, depth+1)
			}
		}
	}
	walk(".", 0)
	return found, cut
}

// holders are the files that some process of this machine has locked (flock), as /proc/locks tells. A run locks its folder as
// long as it writes to it. To try the lock would be surer, and could make a run fail that wants it just then.
type holders map[string]bool

// readHolders reads /proc/locks; nil if that cannot be read.
func readHolders() holders {
	text, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil
	}
	h := make(holders)
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		words := strings.Fields(lines.Text()) // 1: FLOCK ADVISORY WRITE pid major:minor:inode start end
		if len(words) >= 6 && words[1] == "FLOCK" {
			h[words[5]] = true
		}
	}
	return h
}

// hold says whether somebody has a folder locked.
func (h holders) hold(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && h[fmt.Sprintf("%02x:%02x:%d", unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev)), st.Ino)]
}
