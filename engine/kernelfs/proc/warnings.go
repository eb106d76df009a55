package proc

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A reader makes a line of each complaint in the log. A complaint is a line, or a
// dump: a header, then registers and a call trace, to "end trace".
type reader struct {
	out  []Warning
	said string        // text before the header of the dump that was cut here
	cut  bool          // "cut here" was read, and no header yet
	at   time.Duration // stamp of the line that is being read
	dump *dump         // that is being read
}

// A dump is what is known of a complaint whose lines still come.
type dump struct {
	text  string
	where string // function
	said  string // text that came before the header
	who   thread // in which it came about
	trace bool   // where is the first function of the call trace that does not belong to sleeping; else that of the RIP line
	stack []string
	at    time.Duration // stamp of its header
}

// A thread is who a dump says was at it.
type thread struct {
	pid  int
	name string
}

// whose are lines, also headers, that say in which thread a complaint came about. They cut names as the kernel does.
var whose = []*regexp.Regexp{
	regexp.MustCompile(`\bPID: (?P<pid>\d+) Comm: (?P<name>\S+)`),
	regexp.MustCompile(`, CPU#\d+: (?P<name>\S+)/(?P<pid>\d+)$`),
	regexp.MustCompile(`^INFO: task (?P<name>\S+):(?P<pid>\d+) blocked`),
}

// threadOf returns the thread that a line names.
func threadOf(l string) (t thread) {
	for _, is := range whose {
		if m := is.FindStringSubmatch(l); m != nil {
			t.pid, _ = strconv.Atoi(m[is.SubexpIndex("pid")]) // digits; 0 if there are too many
			t.name = m[is.SubexpIndex("name")]
		}
	}
	return t
}

// complaints are what headers look like. The first group is what it is, the second, if there is one, the function.
var complaints = []struct {
	is    *regexp.Regexp
	says  string // what stands for the first group; empty: it itself
	alone bool   // no dump follows, or it says nothing more
	trace bool
	part  bool // within a dump it is part of it
}{
	// __warn prints "WARNING: CPU: 0 PID: 8 at fs/dax.c:378 f+0x1/0x2 [module]", and later kernels
	// "WARNING: fs/dax.c:378 at f+0x1/0x2, CPU#0: comm/8".
	{is: regexp.MustCompile(`^WARNING: CPU: \d+ PID: \d+ at (\S+) (\S+?)\+0x`), says: "WARNING at "},
	{is: regexp.MustCompile(`^WARNING: (\S+:\d+) at (\S+?)\+0x`), says: "WARNING at "},
	{is: regexp.MustCompile(`^WARNING: (.+)`), says: "WARNING: "},
	{is: regexp.MustCompile(`^kernel BUG at ([^!]+)!`), says: "BUG at "},
	{is: regexp.MustCompile(`^(?:watchdog: )?(BUG: soft lockup .+|BUG: .+)`)},
	{is: regexp.MustCompile(`^(Oops: .+|(?:Internal error: )?Oops.*|general protection fault.*)`), part: true},
	{is: regexp.MustCompile(`^(INFO: task .+ blocked .+)`), trace: true},
	{is: regexp.MustCompile(`^(?:rcu: )?(INFO: rcu\S* .*stall.*)`)},
	{is: regexp.MustCompile(`^(Kernel panic .+)`), alone: true},
	{is: regexp.MustCompile(`^(EXT4-fs error .+)`), alone: true},
	{is: regexp.MustCompile(`^(XFS.*: (?:.*[Cc]orrupt.*|Internal error.*|Assertion failed.*|.*[Ss]hut(?:ting)? down.*))`), alone: true},
}

var (
	instruction = regexp.MustCompile(`^(?:RIP: 0010:|pc : )(\S+?)\+0x`) // of the kernel, not of the process
	frame       = regexp.MustCompile(`^ +([^\s?]\S*?)\+0x`)             // of the call trace; "? f" was merely found on the stack
)

// asleep are functions that any sleeping task is in.
var asleep = []string{"__schedule", "schedule", "schedule_timeout", "schedule_preempt_disabled", "io_schedule", "io_schedule_timeout",
	"context_switch", "__switch_to"}

// line takes the next line of the log, and when it was written by the log's clock.
func (r *reader) line(l string, at time.Duration) {
	r.at = at
	l = l[:min(len(l), 4*longest)] // more would not be passed on
	switch {
	case strings.Contains(l, "[ cut here ]"):
		r.end()
		r.cut = true
		return
	case strings.Contains(l, "[ end trace"), strings.Contains(l, "</TASK>") && r.dump != nil && r.dump.trace:
		r.end()
		return
	}
	for i := range complaints {
		c := &complaints[i]
		m := c.is.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		switch {
		case c.alone:
			r.alone(m[1])
		case c.part && r.dump != nil:
		default:
			r.begin(c.says+m[1], slices.Concat(m, []string{""})[2], c.trace)
			r.dump.who = threadOf(l)
		}
		return
	}
	r.inside(l)
}

// begin starts a dump.
func (r *reader) begin(text, where string, trace bool) {
	said := r.said
	r.end()
	r.dump = &dump{text: strings.TrimSuffix(text, "."), where: where, said: said, trace: trace, at: r.at}
}

// inside takes a line that is no header.
func (r *reader) inside(l string) {
	if r.dump == nil {
		if r.cut && r.said == "" {
			r.said = strings.TrimSpace(l)
		}
		return
	}
	d, is := r.dump, instruction
	if d.trace {
		is = frame
	}
	if m := is.FindStringSubmatch(l); m != nil && d.where == "" && !slices.Contains(asleep, m[1]) {
		d.where = m[1]
	}
	if t := threadOf(l); t.pid != 0 && d.who.pid == 0 {
		d.who = t
	}
	if m := frame.FindStringSubmatch(l); m != nil && len(d.stack) < maxFrames {
		d.stack = append(d.stack, printable(m[1]))
	}
}

// alone adds a complaint that is a line.
func (r *reader) alone(text string) {
	r.out = append(r.out, Warning{Text: printable(text), stamp: r.at})
}

// end closes the dump that is being read.
func (r *reader) end() {
	if d := r.dump; d != nil {
		if d.where != "" {
			d.text += " in " + d.where
		}
		if d.said != "" {
			d.text += ": " + d.said
		}
		r.out = append(r.out, Warning{Text: printable(d.text), Where: printable(d.where), Stack: d.stack, PID: d.who.pid, Comm: printable(d.who.name), stamp: d.at})
	}
	r.dump, r.cut, r.said = nil, false, ""
}

// gap says that lines are missing. What comes after belongs to no dump from before.
func (r *reader) gap(text string) {
	r.end()
	r.at = 0 // it is not known when that was
	r.alone(text)
}

// take returns the complaints so far. One that is still being printed is told without what follows.
func (r *reader) take() []Warning {
	r.end()
	out := r.out
	r.out = nil
	return out
}
