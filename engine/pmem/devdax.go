package pmem

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const devDAXHead = 1 << 20 // bytes at the start of a device that must be zero if they are no region

// openDevDAX maps a device-dax node, whose pages need no file system and no fault into one. The device knows no read
// and no size of its own: sysfs says the size, and the head is looked at through the mapping.
//
// Note: tried on a fake sysfs and a plain file only, never on a device.
func (h *host) openDevDAX(o Options) (r *Region, err error) {
	var st unix.Stat_t
	if err := unix.Stat(o.Path, &st); err != nil { // before open, which starts a watchdog and rewinds a tape
		return nil, fmt.Errorf("pmem: %s: %w", o.Path, err)
	}
	dev, err := readDevDAX(h.sys, st.Rdev)
	if err != nil {
		return nil, fmt.Errorf("pmem: %s: %w: %w", o.Path, ErrNotRegion, err)
	}
	size, length, err := dev.fit(o.Size)
	if err != nil {
		return nil, fmt.Errorf("pmem: %s: %w", o.Path, err)
	}
	f, err := h.openFile(o.Path, os.O_RDWR, 0)
	if err != nil {
		return nil, openError(err)
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := h.lock(f); err != nil {
		return nil, err
	}
	mem, err := h.mapShared(f, length, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	if head := mem[:min(length, devDAXHead)]; !IsRegion(head) && !isZero(head) {
		err = fmt.Errorf("pmem: %s: %w, but holds data: if nobody needs it, wipe its start with "+
			"daxio --zero --len=1M --output=%s", o.Path, ErrNotRegion, o.Path)
		return nil, errors.Join(err, h.munmap(mem))
	}
	r, err = h.region(o, f, mem, size, Info{Backing: DevDAX, Align: dev.align})
	if err != nil {
		return nil, errors.Join(err, h.munmap(mem))
	}
	return r, nil
}

// A devDAX is what sysfs says of a node, in bytes.
type devDAX struct{ size, align int64 }

// readDevDAX looks up the character device rdev in the sysfs mounted at sys.
func readDevDAX(sys string, rdev uint64) (devDAX, error) {
	dir := filepath.Join(sys, "dev/char", fmt.Sprintf("%d:%d", unix.Major(rdev), unix.Minor(rdev)))
	if bus, err := os.Readlink(filepath.Join(dir, "subsystem")); err != nil || filepath.Base(bus) != "dax" {
		return devDAX{}, errors.New("a character device, but no devdax node") // a flash chip has a size as well
	}
	size, err := readNumber(filepath.Join(dir, "size"))
	if err != nil {
		return devDAX{}, err
	}
	align, err := readNumber(filepath.Join(dir, "align"))
	if errors.Is(err, fs.ErrNotExist) {
		align, err = 2<<20, nil // before kernel 5.10; the default then and now
	}
	if err != nil {
		return devDAX{}, err
	}
	if size <= 0 || align < PageSize || align&(align-1) != 0 {
		return devDAX{}, fmt.Errorf("%s: size %d and align %d make no sense", dir, size, align)
	}
	return devDAX{size, align}, nil
}

// fit returns the bytes of the region, given how many are wanted or zero for all, and the bytes to map for it.
func (d devDAX) fit(want int64) (size, length int64, err error) {
	whole := d.size &^ (d.align - 1)
	if want == 0 {
		want = whole
	}
	if want == 0 || want > whole {
		return 0, 0, fmt.Errorf("%w: %d bytes wanted, the device has %d", ErrTooSmall, want, whole)
	}
	return want, (want + d.align - 1) &^ (d.align - 1), nil
}

func readNumber(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

func isZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}
