// Package kernelfs is a directory on a mounted file system as a subject for
// scenarios: each process of a scenario is a child process of this one, each step
// is a system call, and time is the machine's.
//
// Whoever may get stuck is disposable. The controller never touches the file
// system while somebody may hold a lock in it: it asks a child, and looks at
// children from outside, through /proc.
package kernelfs

import "time"

// Options are what a user may ask of a directory.
type Options struct {
	// Patience is how long a call must not return to count as blocked, and how long time goes on with nothing
	// happening before it is taken to go on like that. Zero: DefaultPatience.
	Patience time.Duration
	// Others allows a mount that others use, Root that of /. With others there it is filled up only as far as Fill says.
	Others, Root bool
	// Umount allows steps that unmount and mount the file system anew. It needs root.
	Umount bool
	// Unplug allows steps that take the device away, in a guest of daxbench vm. The kernel may not survive that, and nothing
	// can be played on the file system afterwards.
	Unplug bool
	// Fill is how many bytes of the file system may be filled up so that a freed block is the next one to be given away.
	// Zero: all but 1 MiB and what a scenario needs.
	Fill int64
}

// DefaultPatience is a hundred times what a call takes that waits for a journal, in an emulated machine.
const DefaultPatience = 1500 * time.Millisecond

// A Kernel says what a directory was found to be: which kernel, which file system, what of DAX works there.
type Kernel struct {
	Release   string            `json:"release"`    // uname -r: 6.12.107+deb13-cloud-amd64
	Version   string            `json:"version"`    // uname -v
	FS        string            `json:"fs"`         // xfs, ext4, …
	Name      string            `json:"name"`       // of the directory, the last element: xfs-nodax
	Mount     string            `json:"mount"`      // options
	DAX       bool              `json:"dax"`        // statx says so of a file that was made there
	MapSync   bool              `json:"map_sync"`   // MAP_SYNC works
	DeviceDAX bool              `json:"device_dax"` // queue/dax of the block device
	Preset    string            `json:"preset"`     // of the engine that is nearest: 6.0, 6.19
	Final     bool              `json:"final"`      // the kernel has dax_break_layout_final: eviction waits
	Clock     string            `json:"clock"`      // what time is: "real", "counted instructions, 2 ns each"
	Machine   string            `json:"machine"`    // hardware, kvm, tcg; empty: not known
	Package   string            `json:"package,omitempty"`
	Asked     string            `json:"asked,omitempty"`   // what daxbench vm was asked for: debian:6.12; empty: this is no guest of it
	Config    map[string]string `json:"config,omitempty"`  // CONFIG_… that matter, where the kernel tells them
	Missing   []string          `json:"missing,omitempty"` // what cannot be done here, and why: no dm, no fuse, no root
}

// Label is what a column is called: "6.12 xfs".
func (k *Kernel) Label() string { return k.Series() + " " + k.Name }
