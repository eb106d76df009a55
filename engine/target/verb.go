package target

// A Verb is what a step does.
type Verb uint8

// The verbs.
const (
	NoVerb Verb = iota

	Create
	Open
	Close
	Unlink
	Rename
	Truncate
	Punch
	Write
	Cow
	Check
	Reflink
	Dedupe
	DontCache
	DAX

	Map
	Munmap
	Fault
	LockEntry
	UnlockEntry

	Pin
	Release
	DMAWrite
	DMARead

	Alloc
	Free
	Shrink
	DropCaches
	Lock
	Unlock
	Lease
	Return

	Sync
	Umount
	Mount
	Unplug
	Poison

	Exit
	Kill
	Signal
	Wait
	Expect

	verbEnd
)

// A VerbInfo describes a verb to the parser, the formatter and the reader.
//
// Form is what follows the verb. A word in capitals is an operand, a small one
// stands for itself, "a|b" is a choice, and what is in brackets may be left out
// and stand in any order.
type VerbInfo struct {
	Name  string
	Form  string
	About string
	makes thing // what the new name in it becomes
}

// A thing is what a name of a scenario stands for.
type thing uint8

const (
	nothing thing = iota
	aFile
	aPin
	aLease
	aMemory
	aTask
)

func (t thing) String() string {
	return [...]string{"nothing", "file", "pin", "lease", "memory", "task"}[t]
}

// Info returns the description of v.
func (v Verb) Info() VerbInfo { return verbs[v] }

// String returns the verb's name.
func (v Verb) String() string { return verbs[v].Name }

// Verbs lists all verbs in the order in which they are documented.
func Verbs() []Verb {
	var list []Verb
	for v := NoVerb + 1; v < verbEnd; v++ {
		list = append(list, v)
	}
	return list
}

// LookupVerb returns the verb with the given name.
func LookupVerb(name string) (Verb, bool) {
	for v := NoVerb + 1; v < verbEnd; v++ {
		if verbs[v].Name == name {
			return v, true
		}
	}
	return NoVerb, false
}

// forms holds the forms of verbs, taken apart.
var forms = func() (parts [verbEnd][]part) {
	for v, info := range verbs {
		parts[v] = parseForm(info.Form)
	}
	return parts
}()

var verbs = [verbEnd]VerbInfo{
	Create:    {"create", "FILE [pages=COUNT] [nodax] [dir] [reusing PIN]", "make a file, all of its blocks allocated, and have it open; reusing: let it have the block that the pin is on, if that is free", aFile},
	Open:      {"open", "FILE", "open it by name; a lookup", nothing},
	Close:     {"close", "FILE", "close it; the last reference may evict the inode", nothing},
	Unlink:    {"unlink", "FILE", "take its name away", nothing},
	Rename:    {"rename", "FILE over OTHER", "rename it over another file, which is unlinked thereby", nothing},
	Truncate:  {"truncate", "FILE INDEX", "make it INDEX pages long", nothing},
	Punch:     {"punch", "FILE INDEX [pages=COUNT]", "punch a hole: free the blocks, keep the size", nothing},
	Write:     {"write", "FILE INDEX", "write the file's own pattern to a page", nothing},
	Cow:       {"cow", "FILE INDEX", "write to a page whose block is shared: the file gets a block of its own", nothing},
	Check:     {"check", "FILE INDEX", "look whether the pattern is still there; foreign bytes break U", nothing},
	Reflink:   {"reflink", "FILE to COPY", "make a file that shares all blocks, and have it open", aFile},
	Dedupe:    {"dedupe", "FILE with OTHER", "break the layouts of two files together, as deduplication does: wait for the first, retry for the second", nothing},
	DontCache: {"dontcache", "FILE", "let the last close evict the inode although it is linked (d_mark_dontcache)", nothing},
	DAX:       {"dax", "FILE on|off", "change FS_XFLAG_DAX; takes effect when the inode is next read in", nothing},

	Map:         {"map", "FILE", "mmap all of it, shared", nothing},
	Munmap:      {"munmap", "FILE", "unmap it", nothing},
	Fault:       {"fault", "FILE INDEX [pages=COUNT] [read]", "touch pages of the mapping, so that they can be pinned; read: only read them, which leaves shared blocks shared", nothing},
	LockEntry:   {"lock-entry", "FILE INDEX", "lock the DAX entry of a page, as a page fault or memory failure does", nothing},
	UnlockEntry: {"unlock-entry", "FILE INDEX", "unlock it", nothing},

	Pin:      {"pin", "FILE INDEX as NEW by HOLDER [get|pin] [stride=STRIDE]", "take a pin through the mapping; of many pins of one file, each on the page STRIDE further; get, pin: with FOLL_GET or FOLL_PIN, whatever the kernel", aPin},
	Release:  {"release", "PIN [last-first] [every=TIME]", "the I/O ends: drop the pin; of many, TIME lies between two", nothing},
	DMAWrite: {"dma-write", "PIN", "the device writes into the page", nothing},
	DMARead:  {"dma-read", "PIN", "the device, or who reads the pipe or the connection, reads the page", nothing},

	Alloc:      {"alloc", "kernel|nofs|nowait as NEW", "allocate memory with GFP_KERNEL, GFP_NOFS or GFP_NOWAIT; may reclaim inodes", aMemory},
	Free:       {"free", "MEMORY", "free it", nothing},
	Shrink:     {"shrink", "INDEX", "reclaim: look at INDEX inodes on the LRU lists, as kswapd does", nothing},
	DropCaches: {"drop-caches", "", "evict all inodes that reclaim may take", nothing},
	Lock:       {"lock", "FILE shared|exclusive", "take the inode's I/O lock, as readdir and write do", nothing},
	Unlock:     {"unlock", "FILE", "release it", nothing},
	Lease:      {"lease", "FILE as NEW [answer=TIME] [ignore-recall]", "grant a layout lease, which does not hold the file; a recall is answered after TIME, or never", aLease},
	Return:     {"return", "LEASE", "give the lease back", nothing},

	Sync:   {"sync", "", "write all dirty inodes back", nothing},
	Umount: {"umount", "", "unmount: evict all inodes; busy if a file is open", nothing},
	Mount:  {"mount", "", "mount again what was unmounted", nothing},
	Unplug: {"unplug", "[notify]", "take the device away: evict what can be, and the memory is gone; notify: tell the file system first (MF_MEM_PRE_REMOVE)", nothing},
	Poison: {"poison", "PIN", "the memory of the page fails: the owner must be found through the page", nothing},

	Exit:   {"exit", "", "the process ends: mappings go, then open files", nothing},
	Kill:   {"kill", "TASK", "SIGKILL: the task's killable waits end, and it exits", nothing},
	Signal: {"signal", "TASK", "a signal: the task's interruptible waits end", nothing},
	Wait:   {"wait", "TIME", "let time pass", nothing},
	Expect: {"expect", "TASK blocked|returned|failed", "say what must be true here of the task's last step", nothing},
}
