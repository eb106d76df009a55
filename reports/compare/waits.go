package compare

import (
	"fmt"

	"daxbench/reports/folder"
)

// LongWaits are the longest waits for one cause that the run recorded of a row, in all rounds: a dozen of each. Those of which
// it is not known what ended them are left out. The zero value says that there are none.
type LongWaits struct {
	N     int
	Nanos float64 // that they lasted together
	Late  float64 // ns of these after the I/O was to end, or the holder of a lease to answer
	Wake  float64 // ns of these from the end of the pin, or the lease, to when the waiter ran again
}

// mostHarness is the share of the longest waits from which on a tail is called the harness's, and not the policy's: what a
// policy does to it is then overstated by more than half, 1/(1−1/3), which comes close to the factor of two that is worth a
// sentence.
const mostHarness = 1. / 3

// Harness is the share of their time that a device with a processor of its own, and a machine with idle ones, would not
// have taken; 0 if none is known.
func (l LongWaits) Harness() float64 {
	if l.Nanos == 0 {
		return 0
	}
	return (l.Late + l.Wake) / l.Nanos
}

// OfHarness says whether so much of them is the harness's that a tail is no longer the policy's.
func (l LongWaits) OfHarness() bool { return l.Harness() > mostHarness }

// longWaits sums the waits of a cell for pins, or for leases. Times that contradict each other count as if they did not.
func longWaits(c *folder.Cell, cause string) (l LongWaits) {
	for i := range c.Rounds {
		if c.Rounds[i].Record == nil {
			continue
		}
		for _, w := range c.Rounds[i].Record.Waits {
			if w.For != cause || w.Pin == nil || w.Nanos <= 0 {
				continue
			}
			until := min(max(w.Pin.Until, 0), w.Nanos-min(max(w.Wake, 0), w.Nanos))
			l.N++
			l.Nanos += float64(w.Nanos)
			l.Late += float64(until - min(max(w.Pin.Due, 0), until))
			l.Wake += float64(w.Nanos - until)
		}
	}
	return l
}

// longest are the longest waits for what the row waited most for.
func (r *Row) longest() LongWaits {
	if r.Recalls > r.Blocked {
		return r.ForLease
	}
	return r.ForPins
}

// lateTail says that a tail is not the policy's; empty if it is.
func lateTail(r *Row) string {
	l := r.longest()
	if !l.OfHarness() {
		return ""
	}
	return fmt.Sprintf("Of the longest waits under %s %.0f %% is the harness's: a late device, or waking up.", r.Policy, l.Harness()*100)
}
