package pmem

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// populate makes all pages of mem present and writable without changing a byte.
func (h *host) populate(mem []byte) error {
	err := retry(func() error { return h.madvise(mem, unix.MADV_POPULATE_WRITE) })
	switch {
	case errors.Is(err, unix.EINVAL): // kernels before 5.14, and devdax
		for i := 0; i < len(mem); i += PageSize {
			storeByte(&mem[i], loadByte(&mem[i]))
		}
		return nil
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EFAULT): // EFAULT: SIGBUS, had it been a store
		return fmt.Errorf("%w: populating: %w", ErrNoSpace, err)
	case err != nil:
		return fmt.Errorf("populating: %w", err)
	}
	return nil
}

// loadByte and storeByte are two calls, lest the compiler drop a store of what was just loaded.
//
//go:noinline
func loadByte(p *byte) byte { return *p }

//go:noinline
func storeByte(p *byte, v byte) { *p = v }

// hugePages reports whether the kernel has mapped huge pages in mem, and why or why not.
func (h *host) hugePages(b Backing, mem []byte) (inUse bool, note string) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return false, "unknown: " + err.Error()
	}
	if kB := pmdMapped(string(smaps), uintptr(unsafe.Pointer(unsafe.SliceData(mem)))); kB > 0 {
		return true, fmt.Sprintf("in use: %d kB", kB)
	}
	switch b {
	case DAXFile, DevDAX:
		return false, "unknown: the kernel does not count them on dax"
	case File:
		return false, "none"
	}
	const setting = "/kernel/mm/transparent_hugepage/shmem_enabled"
	choice, _ := os.ReadFile(h.sys + setting) // "always within_size advise [never] deny force"
	_, choice2, _ := strings.Cut(string(choice), "[")
	chosen, _, ok := strings.Cut(choice2, "]")
	switch {
	case !ok:
		return false, "none: this kernel has none"
	case chosen == "never" || chosen == "deny":
		return false, "not allowed: " + h.sys + setting + " is " + chosen
	}
	return false, "advised: none in use yet"
}

// pmdMapped returns the kB of huge pages in the mapping that starts at addr.
func pmdMapped(smaps string, addr uintptr) (kB int) {
	head := fmt.Sprintf("%08x-", addr)
	within := false
	for line := range strings.Lines(smaps) {
		key, value, _ := strings.Cut(line, ":")
		switch {
		case strings.Contains(key, "-"): // 7f0000000000-7f0000001000 rw-s 00000000 00
			within = strings.HasPrefix(line, head)
		case within && (key == "ShmemPmdMapped" || key == "FilePmdMapped"):
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			kB += n
		}
	}
	return kB
}
