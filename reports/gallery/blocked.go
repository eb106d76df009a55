package gallery

import (
	"cmp"
	"fmt"
	"slices"

	"daxbench/reports/chart"
	"daxbench/reports/folder"
	"daxbench/reports/unit"
)

// blocked answers what a single stalled eviction waited for.
var blocked = Kind{Name: "blocked", About: "the longest waits, each with the pin that it was for", Scope: OfGroup,
	Make: func(sources []*Source) ([]Picture, error) { return eachGroup(sources, blockedOf) }}

// maxWaits is how many waits of a policy are drawn: one round's record holds no more either.
const maxWaits = 12

// sleep is a wait, with the round that it was in.
type sleep struct {
	round int
	*folder.Wait
}

// blockedOf draws one picture per policy that has waited.
func blockedOf(_ *Source, g *group) (out []Picture, err error) {
	ids := make(idents)
	for i, c := range g.cells {
		list, err := sleeps(c)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			continue
		}
		if len(out) == maxPolicies {
			out[len(out)-1].Note += fmt.Sprintf(" The first %d of %s policies are shown.", maxPolicies, unit.Count(len(g.cells)))
			break
		}
		id := "blocked-" + g.id + "-" + ids.unique(cmp.Or(c.Policy, fmt.Sprint(i)))
		out = append(out, Picture{Group: g.index, Chart: blockedChart(g, c, id, list)})
	}
	return out, nil
}

// sleeps are the recorded waits of a cell, the longest first.
func sleeps(c *folder.Cell) (list []sleep, err error) {
	for i := range c.Rounds {
		r := &c.Rounds[i]
		if r.Record == nil {
			continue
		}
		for k := range r.Record.Waits {
			w := &r.Record.Waits[k]
			if w.Nanos < 0 || w.Wake < 0 || w.Wake > w.Nanos || w.Pin != nil && w.Pin.Until < w.Pin.Since {
				return nil, wrong(c, r.Number, "waits[%d] is no wait: %d ns, of it %d ns of waking up", k, w.Nanos, w.Wake)
			}
			if w.Nanos > 0 {
				list = append(list, sleep{r.Number, w})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b sleep) int { return cmp.Compare(b.Nanos, a.Nanos) })
	return list, nil
}

// forLease is what folder.Wait.For calls a wait for a lease.
const forLease = "lease"

// The parts of a wait, in the order of time.
const (
	partHeld  = iota // somebody held the page, or the lease, and nobody waited yet
	partWait         // the wait for a pin, up to when the device was to let go
	partLease        // the wait for a lease
	partLate         // the device has not let go although it was to
	partAwake        // it has let go; the waiter is on its way back to the processor
	parts
)

// blockedChart draws a row per wait. All begin at zero; what lies before is how long the pin was held already.
func blockedChart(g *group, c *folder.Cell, id string, list []sleep) *chart.Chart {
	shown := list[:min(len(list), maxWaits)]
	out := &chart.Chart{ID: id, Title: fmt.Sprintf("%s: the longest waits, %s", g.title(), policyName(c.Policy)),
		X: chart.Axis{Title: "time since the wait began", Kind: unit.Nanos}, Y: chart.Axis{Scale: chart.Rows},
		Series: []chart.Series{
			partHeld:  {Name: "held before the wait", Look: chart.Neutral},
			partWait:  {Name: "waiting for the pin", Look: chart.Pins},
			partLease: {Name: "waiting for the lease", Look: chart.Leases},
			partLate:  {Name: "the device is late", Look: chart.Late},
			partAwake: {Name: "waking up", Look: chart.Waking},
		}}
	unknown := 0
	for i, s := range shown {
		out.Y.Names = append(out.Y.Names, fmt.Sprintf("inode %d, worker %d, round %d at %s", s.Ino, s.Worker, s.round, unit.Format(s.AtMS*1e6, unit.Nanos)))
		if s.pin() == nil {
			unknown++
		}
		for part, span := range s.parts() {
			if span.To > span.From {
				span.Row = float64(i)
				out.Series[part].Spans = append(out.Series[part].Spans, span)
			}
		}
	}
	out.Series = slices.DeleteFunc(out.Series, func(s chart.Series) bool { return len(s.Spans) == 0 })
	out.Marks = []chart.Mark{{At: 0, Series: chart.Everyone}}
	out.Note = blockedNote(c, shown)
	if unknown > 0 {
		out.Note += fmt.Sprintf(" Of %d it is not known which pin they were for.", unknown)
	}
	return out
}

// pin is what the wait was for; nil if that is not known. What ended before it began was not what it waited for.
func (s *sleep) pin() *folder.Pin {
	if s.Pin == nil || s.Pin.Until < 0 {
		return nil
	}
	return s.Pin
}

// parts are the stretches of a wait, none of which overlap, in ns from its beginning.
func (s *sleep) parts() (out [parts]chart.Span) {
	end := float64(s.Nanos)
	awake := end - float64(s.Wake)
	wait := partWait
	if s.For == forLease {
		wait = partLease
	}
	out[wait] = chart.Span{From: 0, To: awake}
	out[partAwake] = chart.Span{From: awake, To: end}
	pin := s.pin()
	if pin == nil {
		return out
	}
	since, until := float64(pin.Since), min(float64(pin.Until), awake)
	due := min(max(float64(pin.Due), since), until)
	out[partHeld] = chart.Span{From: since, To: min(due, 0)}
	out[partLate] = chart.Span{From: due, To: until}
	out[wait] = chart.Span{From: 0, To: max(due, 0)}
	out[partAwake].From = until // what is left of the wait is on its way
	return out
}

// blockedNote says how many waits there were, as far as they were counted.
func blockedNote(c *folder.Cell, shown []sleep) string {
	var waits, counted int64
	for i := range c.Rounds {
		pins, ok := c.Rounds[i].Count("pin_waits")
		leases, _ := c.Rounds[i].Count("recalls")
		waits += pins + leases
		if ok {
			counted++
		}
	}
	note := fmt.Sprintf("The %d longest waits of %s.", len(shown), countOf(len(c.Rounds), "round"))
	if len(shown) == 1 {
		note = fmt.Sprintf("The longest wait of %s.", countOf(len(c.Rounds), "round"))
	}
	if counted > 0 && waits >= int64(len(shown)) {
		note = fmt.Sprintf("The %d longest of %s waits in %s.", len(shown), unit.Count(waits), countOf(len(c.Rounds), "round"))
	}
	return note + " All begin at zero; what lies left of it is how long the pin, or the lease, was held already. A late device and waking up are the harness's, which shares the processors with the storm."
}
