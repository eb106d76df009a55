// Package pmem maps the persistent memory that the engine keeps its file system on, and makes stores to it durable.
//
// A [Region] is a range of bytes mapped, in this order of preference, from
//
//   - a file on a DAX mount: MAP_SYNC, so that writing cache lines back from user space is all that durability takes;
//   - a devdax node, such as /dev/dax0.0: the same, without a file system;
//   - any other file: msync where the medium needs it;
//   - nothing: a memfd, which needs neither privilege nor set-up and is the default of an embedded engine.
//
// A memfd loses everything with the process, yet it counts as memory here and not as a file: lines are written back
// and fences are issued exactly as on persistent memory, so that the engine pays what durability costs there.
//
// Lines are written back by CLWB, else CLFLUSHOPT, else CLFLUSH, whichever is the first that CPUID reports; whole
// pages are copied with non-temporal stores. Processors other than amd64 take the portable path, which copies and
// orders but writes nothing back. [Info] says what is in use, and goes into every result.
//
// The package does not know what lies on a region, except for the eight bytes of [Magic] at its start: by them it
// tells a region from somebody's data, which it refuses and never overwrites.
//
// Kernel counterparts: drivers/dax/device.c and fs/dax.c for the mappings, arch_wb_cache_pmem and memcpy_flushcache in
// arch/x86/lib/usercopy_64.c for the write-back.
//
// Locks: mapping.syncing is held across msync, and so may be waited for; mapping.mu is a leaf below it.
package pmem
