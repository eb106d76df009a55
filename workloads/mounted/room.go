package mounted

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"

	"daxbench/workloads/driver"
)

// sizeFor returns about how many bytes files take, with their inodes and
// directories.
func sizeFor(files, pages int) (int64, error) {
	const perFile = 2 * pageSize // an inode, and what an allocator loses
	if int64(files) > math.MaxInt64/(int64(pages)*pageSize+perFile) {
		return 0, fmt.Errorf("%d files of %d pages are more than any file system holds", files, pages)
	}
	return int64(files) * (int64(pages)*pageSize + perFile), nil
}

// hasRoom returns an error if the storm would not fit into what is free.
func (t *Target) hasRoom(wl *driver.Workload, env driver.Env) error {
	need, err := wl.Size(env.Values, env.Workers, nil)
	if err != nil {
		return err
	}
	var st unix.Statfs_t
	if err := unix.Statfs(t.dir, &st); err != nil {
		return fmt.Errorf("statfs %s: %w", t.dir, err)
	}
	const mib = 1 << 20
	if free := st.Bavail * uint64(st.Bsize); free < uint64(need) {
		return fmt.Errorf("%s needs about %d MiB, and %d MiB are free in %s: %w: make room, or let it keep less (-set files=… or pages=…, -workers)",
			wl.Name, (need+mib-1)/mib, free/mib, t.dir, unix.ENOSPC)
	}
	return nil
}
