package workloads_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/driver"
	"daxbench/workloads/hist"
)

// pictures says what is wrong with the latencies over time of a result, or with its waits; "" is nothing.
func pictures(r *driver.Result, workers int) string {
	if r.OverTime == nil {
		return "there are no latencies over time"
	}
	var sum, want hist.Coarse
	for i, pairs := range r.OverTime.Columns {
		last := int64(-1)
		for j := 0; j < len(pairs); j += 2 {
			if pairs[j] <= last || pairs[j+1] <= 0 {
				return fmt.Sprintf("column %d is %v", i, pairs)
			}
			last = pairs[j]
			sum[last] += uint64(pairs[j+1])
		}
	}
	if r.Latency.AddTo(&want); sum != want {
		return fmt.Sprintf("the columns add up to %v, the latencies are %v", sum, want)
	}
	count := int64(0)
	for _, n := range sum {
		count += int64(n)
	}
	if count != r.Counters["latencies"] {
		return fmt.Sprintf("%d latencies are in the columns, counted are %d", count, r.Counters["latencies"])
	}
	if len(r.Waits) > 12 || !slices.IsSortedFunc(r.Waits, func(a, b driver.Wait) int { return int(b.Length - a.Length) }) {
		return fmt.Sprintf("%d waits, or not the longest first: %+v", len(r.Waits), r.Waits)
	}
	end := time.Duration(len(r.OverTime.Columns))*r.OverTime.Column + time.Minute // a slice that hangs is longer than a column
	for _, w := range r.Waits {
		if w.Worker < 0 || w.Worker >= workers || w.At < 0 && r.Outcome != driver.Hung || w.At > end || w.Length <= 0 || w.Wake < 0 || w.Wake > w.Length ||
			w.For != driver.ForPin && w.For != driver.ForLease {
			return fmt.Sprintf("a wait cannot be so: %+v", w)
		}
		// A pin is noted some ns before it is dropped, and the end of a sleep is known to a µs or so; the rest is for machines
		// that take the processor away in between.
		const slack = time.Millisecond
		if p := w.Pin; p != nil && (p.Until < 0 || p.Until > w.Length-w.Wake+slack || p.Since > p.Until || p.Until < p.Due-slack) {
			return fmt.Sprintf("%+v cannot have been for %+v", w, p)
		}
	}
	return ""
}

// TestWaitsNameWhatTheyWereFor: in the storms that wait most sleeps are told with the pin, or the lease, that ended them.
func TestWaitsNameWhatTheyWereFor(t *testing.T) {
	for name, kind := range map[string]string{
		"unlink-storm": driver.ForPin, "unmount-storm": driver.ForPin, "truncate-race": driver.ForPin, "lease-recall": driver.ForLease,
	} {
		wl, err := workloads.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		r := small(wl)
		p, _ := layout.Lookup("unconditional")
		r.Policies, r.Set["dax"] = []layout.Policy{p}, []string{"100"}
		waits, named := 0, 0
		// A slow build on a busy machine comes to little in a short time.
		for r.Duration = 50 * time.Millisecond; (waits < 3 || named < waits/2) && r.Duration < 10*time.Second; r.Duration *= 6 {
			res := run(t, r)[0]
			waits, named = len(res.Waits), 0
			for _, w := range res.Waits {
				if w.For != kind {
					t.Errorf("%s: a wait for a %s", name, w.For)
				}
				if w.Pin != nil {
					named++
				}
			}
			for _, unit := range []string{"wake-p50-ns", "bare-wake-p50-ns", "unpin-p50-ns"} {
				if len(res.Waits) > 0 && !(metric(res, unit) > 0) {
					t.Errorf("%s: no %s", name, unit)
				}
			}
		}
		if waits < 3 || named < waits/2 {
			t.Errorf("%s: %d waits, of which %d name what they were for", name, waits, named)
		}
	}
	// Without anything to wait for there are none.
	for _, name := range []string{"evict-storm", "pin-mix", "nop"} {
		wl, _ := workloads.Lookup(name)
		for _, res := range run(t, small(wl)) {
			if len(res.Waits) > 0 {
				t.Errorf("%s, %s: %+v", name, res.Policy, res.Waits)
			}
			if v := metric(res, "bare-wake-p50-ns"); v > 0 {
				t.Errorf("%s, %s: a bare wake-up of %v ns, though nobody sleeps", name, res.Policy, v)
			}
		}
	}
}

// TestHungCellKeepsItsPictures: a cell without figures still shows where it stood, and behind what.
func TestHungCellKeepsItsPictures(t *testing.T) {
	wl, err := workloads.Lookup("unlink-storm")
	if err != nil {
		t.Fatal(err)
	}
	r := small(wl)
	p, _ := layout.Lookup("dax-only")
	r.Policies, r.Workers, r.HangLimit = []layout.Policy{p}, []int{1}, 50*time.Millisecond
	r.Duration = 100 * time.Millisecond // it hangs before; a slow build must come to a file with a pin
	r.Set["dax"], r.Set["hold"], r.Set["pin"] = []string{"100"}, []string{"fixed:10s"}, []string{"0.2"}
	res := run(t, r)[0]
	if res.Outcome != driver.Hung || len(res.Metrics) > 0 {
		t.Fatalf("%s: %v", res.Outcome, res.Notes)
	}
	if doubt := pictures(&res, r.Workers[0]); doubt != "" {
		t.Error(doubt)
	}
	if len(res.Waits) == 0 {
		t.Fatal("the wait in which it hung is lost")
	}
	if w := res.Waits[0]; w.Length < r.HangLimit || w.Pin != nil {
		t.Errorf("the longest wait is %+v, the pin %+v; it hung behind one for %v", w, w.Pin, r.HangLimit)
	}
}
