package mounted

import (
	"daxbench/engine/layout"
	"daxbench/engine/vfs"
)

// Linux stands for the policy: the kernel has its own, whichever that is. It is
// not in layout.All, since no engine can be built with it.
var Linux layout.Policy = linux{}

type linux struct{}

func (linux) Name() string          { return "linux" }
func (linux) ID() string            { return "" }
func (linux) About() string         { return "what the kernel does that the file system is mounted on" }
func (linux) Origin() string        { return "the kernel that runs; the environment of a run says which" }
func (linux) Holds() string         { return "not known" }
func (linux) BlocksOn() string      { return "not known" }
func (linux) Rules() vfs.Rules      { return vfs.Rules{} }
func (linux) Expect() layout.Expect { return layout.Expect{} }
func (linux) InCommonCode() bool    { return false }

// Safe: storms on mounted file systems pin nothing, so none of them can show that
// it is not.
func (linux) Safe() bool { return true }

// BreakForEvict implements vfs.Breaker.
func (linux) BreakForEvict(*vfs.Task, *vfs.Inode) error {
	panic("mounted: an engine was built with the policy of a kernel")
}
