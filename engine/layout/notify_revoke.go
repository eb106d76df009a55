package layout

import "daxbench/engine/vfs"

// withNotify stands behind the name of a policy to which notification is added.
const withNotify = "+notify-revoke"

// notifyRevoke is P12, what pmem and XFS do at an unplug since 6.7
// (MF_MEM_PRE_REMOVE), with dax-only: the file system is frozen, whoever maps a
// file is killed and the pages unmapped, clean entries are dropped without a
// look at their pins, the file system is shut down and thawed, and then all
// inodes are evicted. Mappings are revoked by it, pins are not. At any other
// eviction it is dax-only.
var notifyRevoke = notifying(daxOnly)

// forgotten is what notification does to any policy.
var forgotten = because("A P1e", "The notification drops clean entries under their pins, so the eviction that follows finds none.")

// notified is a policy with notification before an unplug.
type notified struct {
	facts
	vfs.Breaker
}

// notifying adds notification to p. With dax-only it is P12 itself.
func notifying(p Policy) Policy {
	f := facts{
		id: p.ID() + "+P12", name: p.Name() + withNotify,
		about:    p.About() + "; an unplug notifies first",
		origin:   p.Origin() + ", with MF_MEM_PRE_REMOVE of Linux 6.7",
		holds:    p.Holds() + "; at an unplug the freeze and s_umount",
		blocksOn: p.BlocksOn(),
		rules:    p.Rules(),

		inCommonCode: p.InCommonCode(),
		expect:       p.Expect().and(forgotten),
	}
	if p == Policy(daxOnly) {
		f.id, f.name = "P12", "notify-revoke"
	}
	f.rules.Notify = true
	return &notified{f, p}
}
