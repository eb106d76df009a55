package engine

import (
	"fmt"

	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// Config says what Open builds. The zero value of a field takes its default.
type Config struct {
	Policy layout.Policy // required
	Inodes uint32        // files that fit; 0: one for every four blocks of the region
	Cache  vfs.Options
	Seed   uint64 // tells this format's stamps from older ones in the same memory; 0: the clock
}

// An Engine is one mounted file system.
type Engine struct {
	*vfs.Superblock
	Policy layout.Policy
}

// MinSize returns how many bytes a region for so many files and data blocks takes.
func MinSize(inodes, blocks uint32) int64 { return media.MinSize(inodes, blocks) }

// Open formats r, whatever is on it, and mounts it. The region stays the
// caller's to close. Errors: pmem.ErrTooSmall, *pmem.FaultError.
func Open(r *pmem.Region, c Config) (*Engine, error) {
	if c.Policy == nil {
		return nil, fmt.Errorf("engine: no policy")
	}
	fs, err := media.Format(r, media.Geometry{Inodes: c.Inodes, ID: c.Seed})
	if err != nil {
		return nil, err
	}
	sb, err := vfs.NewSuperblock(fs, c.Policy, c.Cache)
	if err != nil {
		return nil, err
	}
	return &Engine{Superblock: sb, Policy: c.Policy}, nil
}

// Check verifies the engine at rest: no page is pinned, of either kind, no
// reference or eviction is left over, and the region is consistent
// (media.FS.Check). All
// tasks must have released what they held.
func (e *Engine) Check() error {
	if n := e.PinnedPages(); n > 0 {
		return fmt.Errorf("engine: %d pages are still pinned", n)
	}
	if u := e.Usage(); u.InUse > 0 || u.Freeing > 0 {
		return fmt.Errorf("engine: at rest, but %d inodes are in use and %d are being evicted", u.InUse, u.Freeing)
	}
	if held, used := e.Usage().CachePages, e.CachedPages(); held != used {
		return fmt.Errorf("engine: at rest, but %d page-cache pages are in use and mappings hold %d", used, held)
	}
	_, err := e.FS().Check()
	return err
}
