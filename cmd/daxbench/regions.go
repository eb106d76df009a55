package main

import (
	"errors"
	"fmt"

	"daxbench/engine/pmem"
	"daxbench/reports/unit"
	"daxbench/workloads/driver"
)

// regions are the persistent memory of a run: one mapping, cut into one piece per policy. On a mounted file system there is none:
// root and the only slice are nil.
type regions struct {
	root   *pmem.Region
	slices []*pmem.Region
}

// mostPopulated is up to how many bytes all pages are made present before the run.
const mostPopulated = 2 << 30

// openRegions maps what the plan needs; storms of a place need nothing. Errors: pmem.ErrNotRegion, ErrTooSmall and the others of pmem.Open; a size that
// is too small, or larger than the memory it is to come from, is the user's.
func openRegions(p *driver.Plan, on *place) (*regions, error) {
	if on != nil {
		return &regions{slices: make([]*pmem.Region, len(p.Policies))}, nil
	}
	size, err := p.EngineSize()
	if err != nil {
		return nil, usageError{err}
	}
	n := int64(len(p.Policies))
	if err := fits(p, size, memory()); err != nil {
		return nil, err
	}
	root, err := pmem.Open(pmem.Options{Path: p.Pmem, Size: n * size, Populate: n*size <= mostPopulated})
	if errors.Is(err, pmem.ErrTooSmall) {
		err = fmt.Errorf("%w; %d bytes (%s) are needed, %d for each of %d policies", err, n*size, formatBytes(n*size), size, n)
	}
	if err != nil {
		return nil, err
	}
	r := &regions{root: root}
	err = root.Guard(func() error {
		if !pmem.IsRegion(root.Bytes()) { // from now on it is ours, whenever we are stopped
			copy(root.Bytes(), pmem.Magic)
			root.Persist(0, pmem.CacheLine)
		}
		return nil
	})
	for i := range n {
		if err != nil {
			break
		}
		var slice *pmem.Region
		slice, err = root.Slice(i*size, size)
		r.slices = append(r.slices, slice)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// fits refuses what a machine that has so many bytes of memory, 0 if that is not known, cannot hold: the regions, if they are
// memory, and the engines, all of which are there at the same time. Of a region only what is touched takes memory; but one so
// large that the words of its pages alone might not fit is a mistake.
func fits(p *driver.Plan, size, have int64) error {
	touched, err := p.Touched()
	if err != nil {
		return usageError{err}
	}
	n, engines := int64(len(p.Policies)), p.EngineMemory()
	if p.Pmem != "" {
		touched, size = 0, 0
	}
	switch {
	case have == 0:
	case touched > have/n || size/wordsShare > have/n:
		return usagef("a region of %s for each of %s is more than the %s of memory that this machine has: "+
			"choose a smaller -size, fewer policies or smaller storms, or keep the regions in a file with -pmem",
			formatBytes(size), unit.Plural(n, "policy"), formatBytes(have))
	case touched+engines > have/n:
		return usagef("engines that cache so many inodes take %s of memory and %s of region for each of %s, more than the %s "+
			"that this machine has: choose fewer policies or smaller storms",
			formatBytes(engines), formatBytes(touched), unit.Plural(n, "policy"), formatBytes(have))
	}
	return nil
}

// wordsShare is how many bytes of a region there are to each byte of the words of its pages, which have four bytes for a page.
const wordsShare = pmem.PageSize / 4

func (r *regions) close() error {
	if r.root == nil {
		return nil
	}
	return r.root.Close()
}
