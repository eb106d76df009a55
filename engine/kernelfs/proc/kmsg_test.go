package proc

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A log hands out records as /dev/kmsg does. An entry may be an error, too.
type records []any

func (r *records) read(p []byte) (int, error) {
	if len(*r) == 0 {
		return 0, unix.EAGAIN
	}
	next := (*r)[0]
	*r = (*r)[1:]
	if err, ok := next.(error); ok {
		return 0, err
	}
	return copy(p, next.(string)), nil
}

// log numbers lines as the kernel does, from 100 on.
func log(lines ...string) (r records) {
	for i, l := range lines {
		r = append(r, fmt.Sprintf("4,%d,%d,-;%s\n SUBSYSTEM=block\n DEVICE=b259:0\n", 100+i, 5000+i, l))
	}
	return r
}

func warnings(r records) []string {
	k := &Kmsg{fd: -1, read: r.read, write: refuse}
	return texts(k.Warnings())
}

// refuse is a kernel that takes no record of ours.
func refuse(string) error { return unix.EPERM }

// TestWhen has warnings be dated by a record of ours, which has both clocks; without it they are not, or by an older one.
func TestWhen(t *testing.T) {
	const warn, second = "EXT4-fs error (device x): y", int64(1e6) // microseconds
	var r records
	clock := 5000 * second
	record := func(priority int, at int64, text string) {
		r = append(r, fmt.Sprintf("%d,%d,%d,-,caller=T1;%s\n", priority, len(r), at, text))
	}
	takes, late := true, 0
	write := func(text string) error {
		level, text, _ := strings.Cut(strings.TrimSuffix(text, "\n"), ">")
		switch {
		case level != "<15" || text == "":
			t.Errorf("%q is written", text)
		case !takes:
			return unix.EPERM
		}
		record(15, clock, text)
		record(15, clock+second, "daxbench 1 reads the clock of this log, time 1") // another's
		for range late {
			record(4, clock-3*second, warn) // came before the mark, and was not there yet
		}
		return nil
	}
	k := &Kmsg{fd: -1, read: func(p []byte) (int, error) { return r.read(p) }, write: write}
	dated := func(want ...time.Duration) {
		t.Helper()
		began := time.Now()
		list := k.Warnings()
		ended := time.Now()
		if len(list) != len(want) {
			t.Fatalf("%+v, want %v", list, want)
		}
		for i, w := range list {
			switch ago := want[i]; {
			case ago == 0 && !w.When.IsZero(), ago > 0 && (w.When.Before(began.Add(-ago)) || w.When.After(ended.Add(-ago))):
				t.Errorf("warning %d: %v ago, want %v", i, ended.Sub(w.When), ago)
			}
		}
	}
	dated()
	record(4, clock-second, "nothing to complain of")
	if dated(); k.marks > 0 {
		t.Error("a record is written into the log of a kernel that does not complain")
	}
	takes = false
	record(4, clock-7*second, warn)
	dated(0)
	takes, late = true, 1
	record(4, clock-250_000, "------------[ cut here ]------------")
	record(4, clock-200_000, "WARNING: CPU: 0 PID: 1 at a.c:1 a+0x1/0x2")
	record(4, clock-100_000, "---[ end trace 0000000000000000 ]---")
	dated(200*time.Millisecond, 3*time.Second)
	late = 0
	record(4, clock-second, "nothing to complain of")
	r[0] = strings.Replace(r[0].(string), ",0,", ",100,", 1) // others were lost before it, nobody knows when
	record(4, clock-second, warn)
	r[1] = strings.Replace(r[1].(string), ",1,", ",101,", 1)
	dated(0, time.Second)
	takes, clock = false, clock+3600*second
	record(4, clock-3600*second, warn)
	if w := k.Warnings(); len(w) != 1 || time.Since(w[0].When) > time.Minute || time.Since(w[0].When) < 0 {
		t.Errorf("%+v: what was found out before does not count", w)
	}
}

func texts(list []Warning) (out []string) {
	for _, w := range list {
		out = append(out, w.Text)
	}
	return out
}

// dumps are what kernels print, in part, and what is to be said of it.
var dumps = []struct {
	name string
	log  string
	want []string
}{
	{"warning, 6.1", `
------------[ cut here ]------------
WARNING: CPU: 0 PID: 118 at fs/dax.c:378 dax_disassociate_entry+0x3a/0x90
Modules linked in: xfs brd
CPU: 0 PID: 118 Comm: sh Not tainted 6.1.0 #1
RIP: 0010:dax_disassociate_entry+0x3a/0x90
Call Trace:
 <TASK>
 dax_delete_mapping_entry+0x79/0xb0
 evict+0xcd/0x190
RIP: 0033:0x7f7a83e802ad
 </TASK>
---[ end trace 0000000000000000 ]---`, []string{"WARNING at fs/dax.c:378 in dax_disassociate_entry"}},
	{"warning, 7.3", `
------------[ cut here ]------------
WARNING: fs/dax.c:412 at dax_associate_entry+0x1a/0x90 [xfs], CPU#0: daxbench/118
RIP: 0010:dax_associate_entry+0x3a/0x90
---[ end trace 0000000000000000 ]---`, []string{"WARNING at fs/dax.c:412 in dax_associate_entry"}},
	{"warning with a text", `
------------[ cut here ]------------
refcount_t: underflow; use-after-free.
WARNING: CPU: 1 PID: 9 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110
---[ end trace 0000000000000000 ]---`, []string{"WARNING at lib/refcount.c:28 in refcount_warn_saturate: refcount_t: underflow; use-after-free."}},
	{"two warnings, the first without an end", `
------------[ cut here ]------------
WARNING: CPU: 0 PID: 1 at a.c:1 a+0x1/0x2
------------[ cut here ]------------
WARNING: CPU: 0 PID: 1 at b.c:2 b+0x1/0x2
---[ end trace 0000000000000000 ]---`, []string{"WARNING at a.c:1 in a", "WARNING at b.c:2 in b"}},
	{"lockdep", `
======================================================
WARNING: possible circular locking dependency detected
6.12.0 Not tainted`, []string{"WARNING: possible circular locking dependency detected"}},
	{"oops", `
BUG: kernel NULL pointer dereference, address: 0000000000000008
#PF: supervisor read access in kernel mode
Oops: 0000 [#1] PREEMPT SMP NOPTI
RIP: 0010:xfs_inactive+0x8/0x120 [xfs]
RIP: 0033:0x7f7a83e802ad
---[ end trace 0000000000000000 ]---
Kernel panic - not syncing: Fatal exception`, []string{
		"BUG: kernel NULL pointer dereference, address: 0000000000000008 in xfs_inactive", "Kernel panic - not syncing: Fatal exception"}},
	{"kernel BUG", `
------------[ cut here ]------------
kernel BUG at fs/inode.c:620!
Oops: invalid opcode: 0000 [#1] SMP
RIP: 0010:clear_inode+0x71/0x80
---[ end trace 0000000000000000 ]---`, []string{"BUG at fs/inode.c:620 in clear_inode"}},
	{"oops without a header before", `
Oops: general protection fault, probably for non-canonical address 0x6b6b: 0000 [#1] SMP
RIP: 0010:evict+0x71/0x80
---[ end trace`, []string{"Oops: general protection fault, probably for non-canonical address 0x6b6b: 0000 [#1] SMP in evict"}},
	{"hung task", `
INFO: task daxbench:118 blocked for more than 10 seconds.
      Not tainted 7.3.4 #1
"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
task:daxbench        state:D stack:0     pid:118   ppid:1
Call Trace:
 <TASK>
 __schedule+0x3cf/0x9f0
 ? __pfx_var_wake_function+0x10/0x10
 schedule+0x27/0xf0
 dax_break_layout_final+0x105/0x1b0
 xfs_fs_evict_inode+0x32/0x60 [xfs]
 evict+0xcd/0x190
 </TASK>`, []string{"INFO: task daxbench:118 blocked for more than 10 seconds in dax_break_layout_final"}},
	{"soft lockup", `
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [daxbench:118]
RIP: 0010:dax_layout_busy_page_range+0x81/0x2f0`, []string{
		"BUG: soft lockup - CPU#0 stuck for 26s! [daxbench:118] in dax_layout_busy_page_range"}},
	{"file systems", `
EXT4-fs (pmem1): mounted filesystem without journal
EXT4-fs error (device pmem1): ext4_mb_free_blocks:1856: comm sh: freeing already freed block
XFS (pmem0): Mounting V5 Filesystem
XFS (pmem0): Metadata corruption detected at xfs_agf_verify+0x5a/0x1d0 [xfs], xfs_agf block 0x1
XFS (pmem0): Unmount and run xfs_repair
XFS (pmem0): Internal error ltbno + ltlen > bno at line 1957 of file fs/xfs/libxfs/xfs_alloc.c.
XFS: Assertion failed: 0, file: fs/xfs/xfs_aops.c, line: 1`, []string{
		"EXT4-fs error (device pmem1): ext4_mb_free_blocks:1856: comm sh: freeing already freed block",
		"XFS (pmem0): Metadata corruption detected at xfs_agf_verify+0x5a/0x1d0 [xfs], xfs_agf block 0x1",
		"XFS (pmem0): Internal error ltbno + ltlen > bno at line 1957 of file fs/xfs/libxfs/xfs_alloc.c.",
		"XFS: Assertion failed: 0, file: fs/xfs/xfs_aops.c, line: 1"}},
	{"an error of a file system within a dump", `
WARNING: CPU: 0 PID: 1 at a.c:1 a+0x1/0x2
EXT4-fs error (device pmem1): f:1: x
RIP: 0010:other+0x81/0x2f0`, []string{"EXT4-fs error (device pmem1): f:1: x", "WARNING at a.c:1 in a"}},
	{"nothing to complain of", `
brd: module loaded
nd_pmem namespace0.0: unable to guarantee persistence of writes
device-mapper: core: CONFIG_IMA_DISABLE_HTABLE is disabled.
process WARNING: not at the start
RIP: 0010:f+0x1/0x2
 evict+0xcd/0x190`, nil},
}

func TestDumps(t *testing.T) {
	for _, d := range dumps {
		if got := warnings(log(strings.Split(strings.TrimPrefix(d.log, "\n"), "\n")...)); !reflect.DeepEqual(got, d.want) {
			t.Errorf("%s:\n got  %q\n want %q", d.name, got, d.want)
		}
	}
}

// TestStackOfWarning has who called the function that warns, and not what was merely found on the stack or is the process's.
func TestStackOfWarning(t *testing.T) {
	r := log("------------[ cut here ]------------", "WARNING: CPU: 0 PID: 118 at fs/dax.c:398 dax_disassociate_entry+0x3a/0x90", "CPU: 0 PID: 118 Comm: sh Not tainted", "RIP: 0010:dax_disassociate_entry+0x3a/0x90",
		"Call Trace:", " <TASK>", " __dax_invalidate_entry+0x79/0xb0", " ? exc_invalid_op+0x1/0x2", " evict+0xcd/0x190", "RIP: 0033:0x7f7a83e802ad", " </TASK>",
		"---[ end trace 0000000000000000 ]---", " later+0x1/0x2")
	k := &Kmsg{fd: -1, read: r.read, write: refuse}
	want := []Warning{{Text: "WARNING at fs/dax.c:398 in dax_disassociate_entry", Where: "dax_disassociate_entry", Stack: []string{"__dax_invalidate_entry", "evict"}, PID: 118, Comm: "sh",
		stamp: 5001 * time.Microsecond}}
	if got := k.Warnings(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestThreadOf takes lines as kernels of different ages print them.
func TestThreadOf(t *testing.T) {
	for line, want := range map[string]thread{
		"CPU: 0 PID: 118 Comm: sh Not tainted 6.1.0 #1":                     {118, "sh"},
		"CPU: 0 UID: 0 PID: 119 Comm: exe Not tainted 6.12.0 #1":            {119, "exe"},
		"WARNING: fs/dax.c:378 at dax_folio_put+0x1/0x2, CPU#0: exe/120":    {120, "exe"},
		"INFO: task kworker/0:1:121 blocked for more than 120 seconds.":     {121, "kworker/0:1"},
		"Workqueue: events_unbound flush_to_ldisc":                          {},
		"WARNING: CPU: 0 PID: 118 at fs/dax.c:378 dax_disassociate_entry+0": {},
	} {
		if got := threadOf(line); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

func TestKmsgRecords(t *testing.T) {
	const warn = "WARNING: CPU: 0 PID: 1 at a.c:1 a+0x1/0x2"
	for name, tt := range map[string]struct {
		records records
		want    []string
	}{
		"lines in one record": {log(`first\x0aEXT4-fs error (device x): y\x0a`), []string{"EXT4-fs error (device x): y"}},
		"escaped bytes stay":  {log(`EXT4-fs error (device \x1b[31m)`), []string{`EXT4-fs error (device \x1b[31m)`}},
		"text of a process":   {records{"12,7,1,-;" + warn + "\n", "9,8,1,-;" + warn}, nil},
		"no records":          {records{"", "x", ";", "4,1;" + warn, "a,b,c;" + warn}[1:], nil},
		"gap":                 {records{"4,7,1,-;x", unix.EPIPE, "4,12,1,-;y"}, []string{"4 messages of the kernel were lost"}},
		"gap before the first": {records{unix.EPIPE, "4,7,1,-;x", "4,8,1,-;y"}, []string{
			"messages of the kernel were lost"}},
		"gap in a dump": {records{"4,7,1,-;" + warn, unix.EPIPE, unix.EINTR, "4,9,1,-;RIP: 0010:f+0x1/0x2"}, []string{
			"WARNING at a.c:1 in a", "1 messages of the kernel were lost"}},
		"interrupted": {records{unix.EINTR, "4,7,1,-;" + warn}, []string{"WARNING at a.c:1 in a"}},
		"broken":      {records{"4,7,1,-;" + warn, unix.EIO}, []string{"WARNING at a.c:1 in a", "/dev/kmsg: input/output error"}},
		"ended":       {records{""}, []string{"/dev/kmsg has ended"}},
	} {
		if got := warnings(tt.records); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	flood := make([]string, maxWarnings+5)
	for i := range flood {
		flood[i] = "XFS: Assertion failed: " + strings.Repeat("x", 4*longest)
	}
	got := warnings(log(flood...))
	if len(got) != maxWarnings+1 || len([]rune(got[0])) > longest {
		t.Errorf("a flood: %d warnings of %d", len(got), len(got[0]))
	}
}

func TestKmsgByAndBy(t *testing.T) {
	r := log("WARNING: CPU: 0 PID: 1 at a.c:1 a+0x1/0x2", "RIP: 0010:a+0x1/0x2")
	later := r[1:]
	r = r[:1]
	k := &Kmsg{fd: -1, read: func(p []byte) (int, error) { return r.read(p) }, write: refuse}
	if got := k.Warnings(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	r = append(later, "4,102,1,-;XFS: Assertion failed: x")
	if got := texts(k.Warnings()); !reflect.DeepEqual(got, []string{"XFS: Assertion failed: x"}) {
		t.Errorf("then %q", got)
	}
	if got := k.Warnings(); got != nil {
		t.Errorf("at last %+v", got)
	}
}

// TestRealKmsg writes into the log, and wants that passed over.
func TestRealKmsg(t *testing.T) {
	k := OpenKmsg()
	if why := k.Missing(); why != "" {
		if got := k.Warnings(); got != nil {
			t.Errorf("not open, but %+v", got)
		}
		t.Skip(why)
	}
	defer k.Close()
	out, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer out.Close()
	k.Warnings()
	k.marks = int(time.Now().UnixNano()) // of this run, in a log that has those of others
	began := time.Now()
	k.readClock()
	if k.marked == 0 || k.zero.After(began) {
		t.Errorf("a record of ours is at %v, the log's zero %v ago", k.marked, time.Since(k.zero))
	}
	const text = "daxbench test: this line stands in the log of the kernel"
	if _, err := fmt.Fprintf(out, "<12>WARNING: %s\n", text); err != nil {
		t.Skip(err)
	}
	before := k.next
	for end := time.Now().Add(time.Second); k.next == before && time.Now().Before(end); {
		for _, w := range k.Warnings() {
			if strings.Contains(w.Text, text) {
				t.Errorf("what a process has written is told as the kernel's: %+v", w)
			}
		}
	}
	if k.next == before {
		t.Error("the record has not been read")
	}
	if err := k.Close(); err != nil || k.Missing() == "" || k.Warnings() != nil {
		t.Errorf("closed: %v, %q", err, k.Missing())
	}
}
