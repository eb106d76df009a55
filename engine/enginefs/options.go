package enginefs

import (
	"daxbench/engine/layout"
	"daxbench/engine/page"
	"daxbench/engine/target"
	"daxbench/engine/vfs"
)

// options are those of the engine's cache: the preset's, then the scenario's.
func (m *Maker) options(set []target.Setting, z size) vfs.Options {
	o := m.preset.Apply(vfs.Options{})
	o.CacheInodes = int(z.inodes) + 8
	o.CachePages = 64
	for _, s := range set {
		switch s.Key {
		case "lru":
			o.LRU = lruRules[s.Value]
		case "isolate":
			o.IsolateStays = s.Value == "stay"
		case "refcount":
			o.Refcount = map[string]page.Refcount{"1": page.Base1, "0": page.Base0, "0-maps": page.Base0Maps}[s.Value]
		case "granule":
			o.Granule = map[string]page.Granule{"page": page.Page, "folio": page.Folio}[s.Value]
		case "scan":
			o.Scan = with(o.Scan, vfs.MappedOnly, s.Value == "mapped-only")
		case "locked":
			o.Scan = with(o.Scan, vfs.SkipLocked, s.Value == "skip")
		case "pause":
			o.Scan = with(o.Scan, vfs.PauseSkips, s.Value == "skip")
		case "hash":
			if s.Value == "global" {
				o.Stripes = 1
			}
		case "queues":
			o.WaitQueues = s.Number()
		case "memory":
			o.CacheInodes = s.Number()
		case "recall":
			o.RecallDeadline = s.Time()
		case "bound":
			o.BreakDeadline = s.Time()
		}
	}
	return o
}

// lruRules are those that a scenario can set, by its words.
var lruRules = map[string]vfs.LRURule{"any": vfs.EntriesIgnored, "shrinkable": vfs.EntriesKeepOff}

// with returns a scan with a fault, or without it.
func with(scan, fault vfs.Scan, on bool) vfs.Scan {
	if on {
		return scan | fault
	}
	return scan &^ fault
}

// policyFor returns the policy as a scenario wants it: with notification before
// an unplug, or on a file system that forgets to call it.
func (m *Maker) policyFor(sc *target.Scenario, set []target.Setting) (layout.Policy, error) {
	p := m.policy
	for i := range sc.Steps {
		if sc.Steps[i].Verb == target.Unplug && sc.Steps[i].Has(target.Notify) && !p.Rules().Notify {
			var err error
			if p, err = layout.Lookup(p.Name() + "+notify-revoke"); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range set {
		if s.Key == "fs" && s.Value == "forgets" && !p.InCommonCode() {
			return forgetful{p}, nil
		}
	}
	return p, nil
}

// forgetful is a policy on a file system that does not call what it should.
// What a policy does by its rules happens elsewhere, so that stays.
type forgetful struct{ layout.Policy }

// BreakForEvict implements vfs.Breaker.
func (forgetful) BreakForEvict(*vfs.Task, *vfs.Inode) error { return nil }

// holders says by which of the kernel's functions a holder takes the page.
type holders struct{ old bool }

func newHolders(p vfs.Preset, set []target.Setting) holders {
	h := holders{old: p.Name == "6.0"}
	for _, s := range set {
		if s.Key == "gup" {
			h.old = s.Value == "6.0"
		}
	}
	return h
}

// how returns how the step's holder pins.
func (h holders) how(s *target.Step, by *target.Holder) vfs.How {
	get := by.GetNew
	if h.old {
		get = by.GetOld
	}
	switch {
	case s.Has(target.FollGet):
		get = true
	case s.Has(target.FollPin):
		get = false
	}
	how := vfs.How{Kind: vfs.FollPin, Unbounded: by.Unbounded}
	if get {
		how.Kind = vfs.FollGet
	}
	return how
}
