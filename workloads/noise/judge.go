package noise

import (
	"fmt"
	"strings"
	"time"

	"daxbench/workloads/clock"
)

// looks are the findings, in the order of a report. Each says whether the machine told enough for one.
var looks = []func(*Sample) (Finding, bool){
	steal, others, load, runQueue, pressure, speed, slowed, modes, broken, lateness, clockCost, clockSource, frequency, siblings, quota, hugePages,
}

// Limits between good, fair and poor. Where nothing else is said they are in percent of time, and come from what gate is to
// find: it calls no change below 1 % one, and must find 5 % nearly always (reports/gate), so what takes less than 1 %
// of the time does not matter, and what takes more than 5 % hides what must be found.
const (
	fairShare = 1.0
	poorShare = 5.0

	// Other programs, in percent of the processors. The kernel's own threads and the terminal that one looks at take some.
	fairOthers = 5
	poorOthers = 25 // from then on two workers on two processors meet somebody in every slice

	// Load average per processor: at 1 every processor has somebody to run, and a worker more must wait (proc_loadavg(5)).
	fairLoad = 0.5
	poorLoad = 1.0

	// Pressure counts our own threads too, and the runtime's wake up now and then.
	fairPressure = 5.0
	poorPressure = 25.0

	// Coefficient of variation of undisturbed chunks, in percent. A machine of one's own with a fixed frequency stays below
	// 1. On two shared processors where it was 11 to 15 at the quietest, sequential runs through benchstat raised false alarms
	// in 37 of 100 comparisons. Both were seen with a probe that multiplied in a chain; by turns on one machine that found 9 to
	// 14 where this one finds 14 to 26.
	fairSpeed = 2.0
	poorSpeed = 10.0

	// Chunks more than 10 % slower than the best, in percent of all. A median of slices does not see them while they are few.
	slowBy   = 1.10
	fairSlow = 5.0
	poorSlow = 25.0

	// Lateness of sleeps, in ns. A thread's timers have a slack of 50 µs (prctl(2), PR_SET_TIMERSLACK), and a deep idle state
	// takes 100 µs or so to leave; a scheduler's slice is 3 ms.
	fairLateMedian = 100_000
	poorLateMedian = 500_000
	fairLateTail   = 1_000_000
	poorLateTail   = 3_000_000

	// Cost of a reading of the clock, in ns. The counter takes 10 to 25, the kernel's page without a system call up to 50;
	// a system call 100 and more.
	fairClock = 50
	poorClock = 100
)

// grade compares a value with the two limits.
func grade(v, fair, poor float64) Verdict {
	switch {
	case v <= fair:
		return Good
	case v <= poor:
		return Fair
	}
	return Poor
}

// percent of a whole, 0 of nothing.
func percent[T ~int64 | float64](part, whole T) float64 {
	if whole <= 0 {
		return 0
	}
	return max(0, 100*float64(part)/float64(whole))
}

func steal(s *Sample) (f Finding, ok bool) {
	t := s.Times
	v := percent(t.Steal, t.Busy+t.Idle+t.Steal)
	f = Finding{Name: "steal", Value: v, Unit: "%", Verdict: grade(v, fairShare, poorShare)}
	f.Text = fmt.Sprintf("the hypervisor gave %.1f %% of this machine's time to others", v)
	f.Advice = "ask for processors of its own, or measure at another time; in between, compare by turns"
	if v == 0 {
		f.Text = "no time was stolen"
		if s.Environment.Hypervisor != "" {
			f.Text = "the hypervisor admits to no stolen time, which does not say that there was none"
		}
	}
	return f, t != Times{}
}

func others(s *Sample) (f Finding, ok bool) {
	busy := max(0, s.Times.Busy-s.Own).Seconds() / max(s.Elapsed.Seconds(), 1e-9)
	busy = min(busy, float64(s.Cores)) // ticks are coarse
	f = Finding{Name: "other programs", Value: busy, Unit: "CPUs", Verdict: grade(percent(busy, float64(s.Cores)), fairOthers, poorOthers)}
	f.Text = fmt.Sprintf("other programs use %.2g of %d processors", busy, s.Cores)
	f.Advice = "stop them (top shows which), or expect slices to be cut up and caches to be cold"
	return f, s.Times != Times{} && s.Cores > 0
}

func load(s *Sample) (f Finding, ok bool) {
	perCore := s.Load / max(1, float64(s.Cores))
	f = Finding{Name: "load average", Value: s.Load, Verdict: grade(perCore, fairLoad, poorLoad)}
	f.Text = fmt.Sprintf("over the last minute %.2g tasks wanted to run, on %d processors", s.Load, s.Cores)
	f.Advice = "wait until it has come down, or use fewer workers than processors"
	return f, len(s.Environment.Load) > 0 && s.Cores > 0
}

func runQueue(s *Sample) (f Finding, ok bool) {
	v := percent(s.Waited, s.Ran+s.Waited)
	f = Finding{Name: "run queue", Value: v, Unit: "%", Verdict: grade(v, fairShare, poorShare)}
	f.Text = fmt.Sprintf("a busy thread waited for a processor during %.1f %% of its time", v)
	f.Advice = "stop what competes, or give the benchmark processors of its own (taskset, cpuset)"
	return f, s.Ran > 0
}

func pressure(s *Sample) (f Finding, ok bool) {
	v := min(100, percent(s.Pressure, s.Elapsed))
	f = Finding{Name: "pressure", Value: v, Unit: "%", Verdict: grade(v, fairPressure, poorPressure)}
	f.Text = fmt.Sprintf("during %.1f %% of the time some task waited for a processor", v)
	f.Advice = "more wants to run than there are processors: stop something, or use fewer workers"
	return f, s.Pressed && s.Elapsed > 0
}

func speed(s *Sample) (f Finding, ok bool) {
	ratios := whole(s.Chunks)
	v := 100 * variation(ratios)
	f = Finding{Name: "speed", Value: v, Unit: "%", Verdict: grade(v, fairSpeed, poorSpeed)}
	f.Text = fmt.Sprintf("the same work of 0.2 ms varies by %.1f %% (coefficient of variation), breaks left out", v)
	f.Advice = "compare by turns: what the machine does to one side it then does to the other"
	return f, len(ratios) >= leastChunks
}

func slowed(s *Sample) (f Finding, ok bool) {
	ratios := whole(s.Chunks)
	n := 0
	for _, r := range ratios {
		if r > slowBy {
			n++
		}
	}
	v := percent(float64(n), float64(len(ratios)))
	f = Finding{Name: "slow chunks", Value: v, Unit: "%", Verdict: grade(v, fairSlow, poorSlow)}
	f.Text = fmt.Sprintf("%.0f %% of the chunks are more than 10 %% slower than the best", v)
	f.Advice = "use medians over many short slices, as gate does; means and minima mislead"
	return f, len(ratios) >= leastChunks
}

func modes(s *Sample) (f Finding, ok bool) {
	ratios := whole(s.Chunks)
	gap, share, two := twoModes(ratios)
	f = Finding{Name: "two speeds", Text: "the processor ran at one speed"}
	if two {
		f.Value, f.Unit, f.Verdict = 100*gap, "%", Poor
		f.Text = fmt.Sprintf("the processor ran at two speeds: %.0f %% of the chunks are about %.0f %% slower than the others", 100*share, 100*gap)
		f.Advice = "probably a neighbour on the same core, or a frequency that switches: use gate, not sequential runs"
	}
	return f, len(ratios) >= leastChunks
}

func broken(s *Sample) (f Finding, ok bool) {
	n := len(s.Chunks) - len(whole(s.Chunks))
	v := percent(float64(n), float64(len(s.Chunks)))
	f = Finding{Name: "breaks", Value: v, Unit: "%", Verdict: grade(v, fairShare, poorShare)}
	f.Text = fmt.Sprintf("%.1f %% of the chunks were interrupted for longer than they take", v)
	f.Advice = "keep slices short (gate's are 0.35 ms), so that most run whole"
	return f, len(s.Chunks) >= leastChunks
}

func lateness(s *Sample) (f Finding, ok bool) {
	const tail = 0.95 // of a hundred sleeps
	median, late := quantile(s.Late, 0.5), quantile(s.Late, tail)
	f = Finding{Name: "late timers", Value: median, Unit: "ns"}
	f.Verdict = max(grade(median, fairLateMedian, poorLateMedian), grade(late, fairLateTail, poorLateTail))
	f.Text = fmt.Sprintf("sleeps end %s late (median; one in twenty %s or more)", micros(median), micros(late))
	f.Advice = "I/O of storms with a device ends late by as much: leave a processor to it (-workers), or use longer holds (-set hold=…)"
	return f, len(s.Late) > 0
}

// micros writes ns as microseconds or milliseconds.
func micros(nanos float64) string {
	if d := time.Duration(nanos); d >= time.Millisecond {
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	}
	return fmt.Sprintf("%.0f µs", nanos/1e3)
}

func clockCost(s *Sample) (f Finding, ok bool) {
	c := s.Environment.Clock
	f = Finding{Name: "clock cost", Value: c.CostNanos, Unit: "ns", Verdict: grade(c.CostNanos, fairClock, poorClock)}
	f.Text = fmt.Sprintf("reading the clock takes %.3g ns; nothing shorter than %.3g ns can be timed", c.CostNanos, c.StepNanos)
	f.Advice = "operations are timed in slices, so means stand; read percentiles with care"
	return f, c.CostNanos > 0
}

// slowSources are clock sources that are read over a bus, or tick too seldom.
var slowSources = []string{"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"}

func clockSource(s *Sample) (f Finding, ok bool) {
	name := s.Environment.ClockSource
	f = Finding{Name: "clock source", Text: "the kernel's is " + name}
	for _, slow := range slowSources {
		if name == slow {
			f.Verdict = Poor
			f.Text += ", which is slow to read"
			f.Advice = "boot with clocksource=tsc if the processor's counter can be trusted (dmesg says why it was not)"
		}
	}
	if f.Verdict == Good && s.Environment.Clock.Source != clock.Counter {
		f.Verdict = Fair
		f.Text += "; the processor's counter is not used"
		f.Advice = "see the reason beside clock: every reading goes through the kernel's page"
	}
	return f, name != ""
}

func frequency(s *Sample) (f Finding, ok bool) {
	e := &s.Environment
	f = Finding{Name: "frequency"}
	switch {
	case e.Governor == "none":
		f.Verdict = Fair
		f.Text = "no cpufreq: the host or the firmware decides how fast the processor runs"
		f.Advice = "nothing can be fixed from here: compare by turns"
	case e.Governor == "performance" && e.Boost != "on":
		f.Text = "governor performance"
	case e.Governor == "performance":
		f.Verdict = Fair
		f.Text = "governor performance, but boost is on: the frequency depends on heat and on how many cores are busy"
		f.Advice = "switch boost off for comparisons over time; by turns it does not matter"
	default:
		f.Verdict = Fair
		f.Text = "governor " + e.Governor + ": the frequency follows the load"
		f.Advice = "cpupower frequency-set -g performance"
	}
	return f, e.Governor != ""
}

func siblings(s *Sample) (f Finding, ok bool) {
	f = Finding{Name: "shared cores", Verdict: Fair, Text: "SMT is on: two processors share each core, and slow each other down"}
	f.Advice = "give each worker a core of its own (taskset), or switch SMT off"
	return f, s.Environment.SMT == "on"
}

func quota(s *Sample) (f Finding, ok bool) {
	q := s.Environment.QuotaCPUs
	f = Finding{Name: "quota", Value: q, Unit: "CPUs", Verdict: Fair}
	f.Text = fmt.Sprintf("the control group allows %.3g processors' worth of time on %d processors", q, s.Cores)
	f.Advice = "use no more workers than that: a group that has used its quota up stands still until the next period, some 50 ms"
	if s.Stopped > 0 {
		f.Verdict = Poor
		f.Text += fmt.Sprintf(", and was stopped %d times just now", s.Stopped)
	}
	return f, s.Stopped > 0 || q > 0 && q < float64(s.Cores)
}

func hugePages(s *Sample) (f Finding, ok bool) {
	settings := s.Environment.HugePages
	f = Finding{Name: "huge pages", Value: float64(s.Collapse), Text: "khugepaged leaves alone what does not ask for it"}
	switch {
	case s.Collapse > 0:
		f.Verdict = Poor
		f.Text = fmt.Sprintf("khugepaged put %d huge pages together meanwhile", s.Collapse)
		f.Advice = "it moves memory under a running program: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
	case settings["anonymous"] == "always":
		f.Verdict = Fair
		f.Text = "transparent huge pages are on for all: khugepaged may move memory at any time"
		f.Advice = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
	}
	return f, strings.TrimSpace(settings["anonymous"]) != "" || s.Collapse > 0
}
