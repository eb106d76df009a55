package noise

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/workloads/record"
)

// counters are what the kernel counts, at one moment.
type counters struct {
	times       Times
	cores       int
	ran, waited time.Duration
	load        float64
	pressure    time.Duration
	pressed     bool
	collapsed   int64
	throttled   int64
}

// counters reads them. What is not there, or garbage, is zero.
func (p *probe) counters() (c counters) {
	c.times, c.cores = parseStat(p.read("proc/stat"), record.Allowed(p.root))
	c.ran, c.waited = parseSchedstat(p.read("proc/thread-self/schedstat"))
	c.load, _ = strconv.ParseFloat(first(p.read("proc/loadavg")), 64)
	c.pressure, c.pressed = parsePressure(p.read("proc/pressure/cpu"))
	c.collapsed = parseCounter(p.read("proc/vmstat"), "thp_collapse_alloc")
	c.throttled = record.Throttled(p.root)
	return c
}

func (p *probe) read(path string) string {
	text, err := fs.ReadFile(p.root, path)
	if err != nil {
		return ""
	}
	return string(text)
}

// first is the first word.
func first(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word
}

// tick is the unit of /proc/stat: USER_HZ is 100 on all architectures that Go has (proc_stat(5)).
const tick = time.Second / 100

// The columns of a line of /proc/stat, behind the name.
const (
	statUser = iota
	statNice
	statSystem
	statIdle
	statIOWait
	statIRQ
	statSoftIRQ
	statSteal
	statColumns
)

// parseStat adds up the processors that are allowed, all if that is nil, and counts them.
func parseStat(text string, allowed []int) (t Times, cores int) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 1+statColumns {
			continue
		}
		digits, ok := strings.CutPrefix(words[0], "cpu")
		cpu, err := strconv.Atoi(digits)
		if !ok || err != nil || allowed != nil && !slices.Contains(allowed, cpu) {
			continue
		}
		var v [statColumns]time.Duration
		for i := range v {
			n, err := strconv.ParseInt(words[1+i], 10, 48)
			if err != nil || n < 0 {
				return Times{}, 0
			}
			v[i] = time.Duration(n) * tick
		}
		cores++
		t.Busy += v[statUser] + v[statNice] + v[statSystem] + v[statIRQ] + v[statSoftIRQ]
		t.Idle += v[statIdle] + v[statIOWait]
		t.Steal += v[statSteal]
	}
	return t, cores
}

// parseSchedstat reads how long a thread has run, and waited on a run queue (Documentation/scheduler/sched-stats.rst).
func parseSchedstat(text string) (ran, waited time.Duration) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return 0, 0
	}
	r, err := strconv.ParseInt(words[0], 10, 64)
	w, err2 := strconv.ParseInt(words[1], 10, 64)
	if err != nil || err2 != nil || r < 0 || w < 0 {
		return 0, 0
	}
	return time.Duration(r), time.Duration(w)
}

// parsePressure reads in how much time some task waited (Documentation/accounting/psi.rst).
func parsePressure(text string) (some time.Duration, ok bool) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "some" {
			continue
		}
		for _, word := range words[1:] {
			if total, found := strings.CutPrefix(word, "total="); found {
				micros, err := strconv.ParseInt(total, 10, 53)
				return time.Duration(micros) * time.Microsecond, err == nil && micros >= 0
			}
		}
	}
	return 0, false
}

// parseCounter reads one line of /proc/vmstat.
func parseCounter(text, name string) int64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err == nil && n >= 0 {
				return n
			}
		}
	}
	return 0
}
