package driver

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A Population is a set of files as a real directory tree has them, in place of
// the synthetic ones: sizes, link counts, and the order in which a walk of the
// tree meets them. Names are not kept.
type Population struct {
	Source string
	Files  []File

	Dirs    int
	Clipped int // files cut to MaxPages
	Skipped int // entries that are no regular file, or could not be read
}

// File is one file of a population.
type File struct {
	Pages uint32
	Nlink uint32
}

// MaxPages is what larger files of a population are cut to, 4 MiB: an engine
// lives in memory, and beyond some hundred pages more of them change nothing
// about its eviction but the length of a scan.
const MaxPages = 1024

// ReadPopulation reads "dir:PATH". Directories are walked in the order in which
// the file system lists them; a file with several links counts once, at the
// first. Entries that cannot be read are skipped and counted.
func ReadPopulation(source string) (*Population, error) {
	dir, ok := strings.CutPrefix(source, "dir:")
	if !ok || dir == "" {
		return nil, fmt.Errorf("population %q: want dir:PATH", source)
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("population: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("population: %s is not a directory", dir)
	}
	p := &Population{Source: source}
	type id struct{ dev, ino uint64 }
	seen := make(map[id]bool)
	var walk func(string) error
	walk = func(dir string) error {
		p.Dirs++
		f, err := os.Open(dir)
		if err != nil {
			p.Skipped++
			return nil
		}
		entries, err := f.ReadDir(-1) // in directory order
		f.Close()
		if err != nil {
			p.Skipped++
		}
		for _, e := range entries {
			if e.IsDir() {
				if err := walk(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
				continue
			}
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() {
				p.Skipped++
				continue
			}
			st, ok := info.Sys().(*syscall.Stat_t)
			if !ok {
				return errors.New("population: this system has no inode numbers")
			}
			if key := (id{uint64(st.Dev), st.Ino}); st.Nlink > 1 {
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			p.add(info, uint32(st.Nlink))
		}
		return nil
	}
	if err := walk(dir); err != nil {
		return nil, err
	}
	if len(p.Files) == 0 {
		return nil, fmt.Errorf("population: no regular file below %s", dir)
	}
	return p, nil
}

func (p *Population) add(info fs.FileInfo, nlink uint32) {
	pages := (info.Size() + 4095) / 4096
	if pages > MaxPages {
		pages = MaxPages
		p.Clipped++
	}
	p.Files = append(p.Files, File{Pages: uint32(pages), Nlink: nlink})
}

// Label names the population in results: different trees get different names.
func (p *Population) Label() string {
	h := fnv.New32a()
	for _, f := range p.Files {
		fmt.Fprintln(h, f.Pages, f.Nlink)
	}
	return fmt.Sprintf("%dfiles-%08x", len(p.Files), h.Sum32())
}

// Pages returns the sum of the files' sizes.
func (p *Population) Pages() (n uint64) {
	for _, f := range p.Files {
		n += uint64(f.Pages)
	}
	return n
}

// Synthetic returns n files of the same size.
func Synthetic(n int, pages uint32) []File {
	files := make([]File, n)
	for i := range files {
		files[i] = File{Pages: pages, Nlink: 1}
	}
	return files
}
