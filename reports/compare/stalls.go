package compare

import (
	"fmt"

	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// Stalls are the shares of what a row waited for pins and leases. The first three are in ns per operation; what is left of the
// time waited is that for which pins and leases were to be held. All are 0 in runs that did not record them.
type Stalls struct {
	Late  float64 // the device, or who held a lease, was to let go and had not yet
	Unpin float64 // from when it did to the engine's wake-up call
	Wake  float64 // from that call to when the waiter ran again

	UnpinP50 float64 // ns; medians over the waits
	WakeP50  float64
	BareP50  float64 // as WakeP50, of goroutines that the device woke by turns with these, without the engine
}

func stalls(c *folder.Cell) Stalls {
	return Stalls{
		Late: waited(c, unitLate), Unpin: waited(c, unitUnpin), Wake: waited(c, unitWake),
		UnpinP50: middle(c, unitUnpinP50), WakeP50: middle(c, unitWakeP50), BareP50: middle(c, unitBareP50),
	}
}

// known says whether the run recorded them, and anybody waited.
func (s *Stalls) known() bool { return s.WakeP50 > 0 && s.BareP50 > 0 }

// shares says whose the time is that the reference waits; if it does not, the row that waits most.
func (s *speaker) shares() {
	r := s.reference()
	if r == nil || !r.Stalls.known() {
		for i := range s.g.Rows {
			if o := &s.g.Rows[i]; o.Stalls.known() && (r == nil || o.slept() > r.slept()) {
				r = o
			}
		}
	}
	if r == nil || !r.Stalls.known() || r.slept() == 0 {
		return
	}
	slept, parts := r.slept(), &r.Stalls
	share := func(v float64) string { return fmt.Sprintf("%.2g %%", min(100, v/slept*100)) }
	s.say(Share, "Of the %s that an operation waits under %s %s is for as long as was asked, %s a late device, %s waking up, and %s "+
		"the engine, from the end of a pin to its wake-up call. Waking up takes %s (median), a bare goroutine by turns %s.",
		unit.Format(slept, unit.Nanos), r.Policy, share(max(0, slept-parts.Late-parts.Unpin-parts.Wake)), share(parts.Late),
		share(parts.Wake), share(parts.Unpin), unit.Format(parts.WakeP50, unit.Nanos), unit.Format(parts.BareP50, unit.Nanos))
}

// slept is what a row waited for pins and leases, in ns per operation.
func (r *Row) slept() float64 { return r.Blocked + r.Recalls }
