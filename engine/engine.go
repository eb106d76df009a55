package engine

import (
	"fmt"
	"maps"

	"daxbench/engine/layout"
	"daxbench/engine/media"
	"daxbench/engine/pmem"
	"daxbench/engine/vfs"
)

// Config says what Open builds. The zero value of a field takes its default.
type Config struct {
	Policy layout.Policy // required
	Inodes uint32        // files that fit; 0: one for every four blocks of the region, up to a million
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
	c.Cache.Rules = c.Policy.Rules()
	sb, err := vfs.NewSuperblock(fs, c.Policy, c.Cache)
	if err != nil {
		return nil, err
	}
	return &Engine{Superblock: sb, Policy: c.Policy}, nil
}

// Remount unmounts the file system and mounts what is on the region again, with
// the same policy and options: another engine, whose cache is empty. Pins outlive
// it, and are the new engine's to drop. The error is vfs.ErrBusyInodes if an inode
// is in use, after which e is as good as before, a *vfs.HungError, or media.Mount's.
func (e *Engine) Remount(t *vfs.Task) (*Engine, error) {
	if err := e.Unmount(t); err != nil {
		return nil, err
	}
	fs, err := media.Mount(e.FS().Region())
	if err != nil {
		return nil, err
	}
	sb, err := e.Superblock.Remount(fs)
	if err != nil {
		return nil, err
	}
	return &Engine{Superblock: sb, Policy: e.Policy}, nil
}

// Check verifies the engine at rest: no page is pinned, of either kind, no
// reference or eviction is left over, the region is consistent
// (media.FS.Check), and the engine counts the files that share a block as the
// region does. All tasks must have released what they held.
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
	if _, err := e.FS().Check(); err != nil {
		return err
	}
	if have, want := e.Shares(), e.FS().Shares(); !maps.Equal(have, want) {
		return fmt.Errorf("engine: blocks are shared so often: %v, but counted so often: %v", want, have)
	}
	return nil
}
