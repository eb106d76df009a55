package kernelfs

import (
	"fmt"
	"os"

	"daxbench/engine/kernelfs/slow"
	"daxbench/engine/target"
)

// untold are steps that nobody outside can make a kernel do.
var untold = map[target.Verb]string{
	target.LockEntry:   "a kernel cannot be told from outside to lock an entry",
	target.UnlockEntry: "a kernel cannot be told from outside to unlock an entry",
	target.Alloc:       "a kernel cannot be told from outside to allocate",
	target.Free:        "a kernel cannot be told from outside to free memory",
	target.Lock:        "a kernel cannot be told from outside to hold an inode's lock",
	target.Unlock:      "a kernel cannot be told from outside to hold an inode's lock",
	target.Lease:       "layout leases are given by nfsd to clients; there is none here",
	target.Return:      "layout leases are given by nfsd to clients; there is none here",
}

// Why implements target.Maker.
func (m *Maker) Why(s *target.Step) string {
	if why := untold[s.Verb]; why != "" {
		return why
	}
	isRoot := os.Geteuid() == 0
	switch s.Verb {
	case target.Pin:
		return m.whyNotPin(s)
	case target.Create:
		return m.whyNotCreate(s)
	case target.DropCaches, target.Shrink:
		if !isRoot {
			return "only root may drop caches"
		}
	case target.Umount, target.Mount:
		return m.whyNotUmount()
	case target.DontCache, target.DAX:
		return m.whyNotFlag()
	case target.Reflink, target.Cow, target.Dedupe:
		if !m.can.Clone {
			return m.kernel.FS + " cannot share blocks here"
		}
	case target.Unplug:
		switch {
		case m.kernel.Machine == "":
			return "a device is taken away only from a guest of daxbench vm"
		case !m.o.Unplug:
			return "taking the device away, which a kernel may not survive, was not allowed"
		}
	case target.Poison:
		if _, err := os.Stat(m.sys.Root + poisonPath); err != nil {
			return "memory can be made to fail only where the kernel has hwpoison injection"
		}
	}
	return ""
}

// poisonPath is there with CONFIG_HWPOISON_INJECT, for root.
const poisonPath = "sys/kernel/debug/hwpoison/corrupt-pfn"

func (m *Maker) whyNotCreate(s *target.Step) string {
	switch {
	case s.Has(target.Dir):
		return "what is locked of a directory, a kernel cannot be told from outside"
	case s.Has(target.NoDAX) && m.can.DAX && modeOf(m.mount) == "always":
		return "every file is DAX on a mount with dax=always"
	}
	return ""
}

// whyNotFlag says why FS_XFLAG_DAX of a file cannot be changed, or why nothing follows from that.
func (m *Maker) whyNotFlag() string {
	switch mode := modeOf(m.mount); {
	case !m.can.DAX:
		return "no file is DAX here"
	case mode == "always" || mode == "never":
		return fmt.Sprintf("the flag of a file changes nothing on a mount with dax=%s", mode)
	case !m.can.Flag:
		return m.kernel.FS + " has no FS_XFLAG_DAX here"
	}
	return ""
}

func (m *Maker) whyNotPin(s *target.Step) string {
	if s.Has(target.FollGet) || s.Has(target.FollPin) {
		return "which flag a holder's reference is taken with is up to the kernel"
	}
	switch s.Holder {
	case "vmsplice", "msg-zerocopy", "longterm":
		return ""
	case "nfs-direct":
		return "there is no NFS server that can be held"
	case "fuse":
		if m.fusePool() == nil {
			return "FUSE: " + m.noFUSE
		}
	default:
		if m.slow == nil {
			return m.noSlow
		}
	}
	return ""
}

// fusePool is the pool for those who want their I/O to go to FUSE; nil if there is none.
func (m *Maker) fusePool() *slow.Pool {
	if m.fuse == nil && m.noFUSE == "" {
		var err error
		if m.fuse, err = slow.OpenFUSE(os.TempDir()); err != nil {
			m.fuse, m.noFUSE = nil, err.Error()
		}
	}
	return m.fuse
}

// WhySetting implements target.Maker. What is about the machine makes the engine run short of something; a kernel does not.
func (m *Maker) WhySetting(s target.Setting) string {
	for _, info := range target.Settings {
		if info.Key == s.Key && info.OfKernel {
			return "a kernel does it its own way"
		}
	}
	return ""
}
