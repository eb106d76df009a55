package kernelfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daxbench/engine/kernelfs/proc"
	"daxbench/engine/target"
)

// Stacks as real kernels have shown them.
var (
	finalBreak = []string{"dax_break_layout_final", "xfs_fs_evict_inode", "evict", "__dentry_kill", "__fput", "task_work_run", "do_syscall_64"}
	oldBreak   = []string{"xfs_break_dax_layouts", "xfs_break_layouts", "xfs_vn_setattr", "notify_change", "do_syscall_64"}
	journal    = []string{"jbd2_log_wait_commit", "ext4_sync_file", "__x64_sys_fsync", "do_syscall_64"}
	behindLock = []string{"__schedule", "rwsem_down_write_slowpath", "down_write", "lock_rename", "do_renameat2", "__x64_sys_rename"}
	dropping   = []string{"dax_break_layout_final", "evict", "dispose_list", "prune_icache_sb", "super_cache_scan", "drop_slab"}
)

func TestStacks(t *testing.T) {
	for name, tt := range map[string]struct {
		stack                 []string
		telling               string
		ordinary, pin, evicts bool
	}{
		"final break":  {finalBreak, "dax_break_layout_final", false, true, true},
		"old break":    {oldBreak, "xfs_break_dax_layouts", false, true, false},
		"journal":      {journal, "jbd2_log_wait_commit", true, false, false},
		"behind locks": {behindLock, "lock_rename", false, false, false},
		"drop caches":  {dropping, "dax_break_layout_final", false, true, true},
		"nothing":      {nil, "", false, false, false},
		"only dull":    {[]string{"schedule", "do_syscall_64"}, "", false, false, false},
	} {
		if got := telling(tt.stack); got != tt.telling {
			t.Errorf("%s tells %q, want %q", name, got, tt.telling)
		}
		if isOrdinary(tt.stack) != tt.ordinary || waitsForPin(tt.stack) != tt.pin || evicts(tt.stack) != tt.evicts {
			t.Errorf("%s: ordinary %v, for a pin %v, evicts %v", name, isOrdinary(tt.stack), waitsForPin(tt.stack), evicts(tt.stack))
		}
	}
}

// looks feeds a view with what a thread is seen to be every tick for a time.
func looks(v *view, t proc.Thread, d time.Duration) {
	for began := time.Now(); time.Since(began) < d; time.Sleep(tick) {
		v.look(t, time.Duration(time.Now().UnixNano()))
	}
}

func TestView(t *testing.T) {
	asleepIn := func(state byte, stack []string) proc.Thread {
		return proc.Thread{TID: 7, State: state, Switches: 10, Stack: stack}
	}
	for name, tt := range map[string]struct {
		see          func(v *view)
		quiet, waits bool
		says         string
	}{
		"never seen":    {func(*view) {}, false, false, "not seen"},
		"runs":          {func(v *view) { looks(v, asleepIn('R', nil), time.Second) }, false, false, "R"},
		"just asleep":   {func(v *view) { looks(v, asleepIn('D', finalBreak), stillFor/2) }, false, false, "D in dax_break_layout_final"},
		"asleep":        {func(v *view) { looks(v, asleepIn('D', finalBreak), 2*stillFor) }, true, false, "D in dax_break_layout_final"},
		"asleep, long":  {func(v *view) { looks(v, asleepIn('D', finalBreak), 2*blockedAfter) }, true, true, "D in dax_break_layout_final"},
		"interruptible": {func(v *view) { looks(v, asleepIn('S', oldBreak), 2*blockedAfter) }, true, true, "S in xfs_break_dax_layouts"},
		"a commit":      {func(v *view) { looks(v, asleepIn('D', journal), 2*blockedAfter) }, true, false, "D in jbd2_log_wait_commit"},
		"polls": {func(v *view) {
			for i := range 100 { // as xfs_iget does: it sleeps a tick, and looks again
				th := asleepIn('D', []string{"schedule_timeout", "xfs_iget"})
				th.Switches = int64(i)
				looks(v, th, 2*tick)
			}
		}, false, true, "D in xfs_iget"},
		"exit, for its own I/O": {func(v *view) { looks(v, asleepIn('D', []string{"exit_aio", "__mmput"}), 2*blockedAfter) }, true, false, "D in exit_aio"},
		"an aide that rests": {func(v *view) {
			looks(v, asleepIn('S', []string{"futex_wait_queue", "futex_wait", "do_futex"}), 2*blockedAfter)
		}, false, false, "S in"},
		"it, without stacks":        {func(v *view) { looks(v, proc.Thread{State: 'S', Wchan: "hrtimer_nanosleep"}, 2*blockedAfter) }, false, false, "S in"},
		"without stacks":            {func(v *view) { looks(v, proc.Thread{State: 'S', Wchan: "pipe_read"}, 2*blockedAfter) }, true, true, "S in pipe_read"},
		"a journal, without stacks": {func(v *view) { looks(v, proc.Thread{State: 'D', Wchan: "jbd2_log_wait_commit"}, 2*blockedAfter) }, true, false, "D in jbd2"},
		"without any":               {func(v *view) { looks(v, proc.Thread{State: 'S', Syscall: "87"}, 2*blockedAfter) }, true, false, "S in system call 87, it is not known what for"},
		"without any, for long":     {func(v *view) { looks(v, proc.Thread{State: 'S', Syscall: "87"}, 2*unknownAfter) }, true, true, "S in system call 87, it is not known"},
		"many short sleeps": {func(v *view) {
			for i := range 100 {
				th := asleepIn('D', behindLock)
				th.Switches = int64(i)
				looks(v, th, 2*tick)
			}
		}, false, false, "D in lock_rename"},
		"breaks layouts, and wakes at times": {func(v *view) {
			for i := range 100 {
				th := asleepIn('D', finalBreak)
				th.Switches = int64(i)
				looks(v, th, 2*tick)
			}
		}, false, true, "D in dax_break_layout_final"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := new(view)
				tt.see(v)
				d, _ := v.slept(time.Duration(time.Now().UnixNano()))
				if v.isQuiet() != tt.quiet || (d > 0) != tt.waits || !strings.Contains(v.String(), tt.says) {
					t.Errorf("quiet %v, slept %v, %q; want %v, %v, %q", v.isQuiet(), d, v, tt.quiet, tt.waits, tt.says)
				}
			})
		})
	}
}

func TestForemost(t *testing.T) {
	thread := func(tid int, state byte) proc.Thread { return proc.Thread{TID: tid, State: state} }
	if got, ok := foremost([]proc.Thread{thread(1, 'Z'), thread(2, 'S'), thread(3, 'D'), thread(4, 'R')}); !ok || got.TID != 3 {
		t.Errorf("%v, %v", got, ok)
	}
	if got, ok := foremost([]proc.Thread{thread(1, 'Z'), thread(2, 'X')}); ok {
		t.Errorf("of the dead, %v", got)
	}
}

// TestSee looks at a tree that is like /proc.
func TestSee(t *testing.T) {
	root := t.TempDir()
	put := func(tid int, state, stack string) {
		dir := filepath.Join(root, "proc/40/task", fmt.Sprint(tid))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"stat":    fmt.Sprintf("%d (evil) S (name) %s 1 40 40 0 -1 0 0", tid, state),
			"status":  "Name:\tevil\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t1\n",
			"stack":   stack,
			"wchan":   "0",
			"syscall": "3 0x0",
			"comm":    "evil",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(40, "Z", "")
	put(41, "D", "[<0>] dax_break_layout_final+0x9c/0x190\n[<0>] evict+0x110/0x2b0\n")
	put(42, "S", "[<0>] futex_wait_queue+0x60/0x90\n")
	s := &subject{m: &Maker{sys: proc.FS{Root: root}}}
	for name, tt := range map[string]struct {
		at   spot
		want string
	}{
		"a thread":            {spot{pid: 40, tid: 42}, "S in system call 3"},
		"another":             {spot{pid: 40, tid: 41}, "D in dax_break_layout_final"},
		"the whole":           {spot{pid: 40}, "D in dax_break_layout_final"},
		"one that is not one": {spot{pid: 40, tid: 99}, "not seen"},
		"a process neither":   {spot{pid: 999}, "not seen"},
	} {
		if got := s.see(tt.at).String(); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestNoteStall lists waits for others and for I/O of one's own, but no commit of a journal and no rest of an aide.
func TestNoteStall(t *testing.T) {
	type sight struct {
		state byte
		stack []string
	}
	futex, aio := sight{'S', []string{"futex_wait_queue", "futex_wait"}}, sight{'D', []string{"exit_aio", "__mmput"}}
	for name, tt := range map[string]struct {
		verb  target.Verb
		see   []sight // each for a second, if it is not one's patience that is asked
		own   bool    // that the call waits for its own I/O
		lists bool
		want  target.Stall
	}{
		"the search of an aide":           {verb: target.Create, see: []sight{futex}},
		"a journal":                       {verb: target.Sync, see: []sight{{'D', journal}}},
		"a pin":                           {verb: target.Close, see: []sight{{'D', finalBreak}}, lists: true, want: target.Stall{State: "D"}},
		"a device":                        {verb: target.Pin, see: []sight{{'D', []string{"submit_bio_wait"}}}, own: true, lists: true, want: target.Stall{State: "D", Own: true}},
		"an exit, for its own I/O":        {verb: target.Exit, see: []sight{aio, {'R', nil}}, lists: true, want: target.Stall{State: "D", Own: true}},
		"an exit, for that and for a pin": {verb: target.Exit, see: []sight{aio, {'D', finalBreak}}, lists: true, want: target.Stall{State: "D"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSubject(&Maker{o: Options{Patience: time.Minute}}, new(target.Scenario))
				c := &call{task: "T1", proc: &process{}, now: &target.Step{Verb: tt.verb}, own: tt.own, at: spot{pid: 1, since: time.Now()}}
				for _, see := range tt.see {
					for began := time.Now(); time.Since(began) < time.Second; time.Sleep(tick) {
						at := time.Duration(time.Now().UnixNano())
						c.view.look(proc.Thread{TID: 1, State: see.state, Stack: see.stack}, at)
						s.noteStall(c, at)
					}
				}
				if (len(s.stalls) == 1) != tt.lists || tt.lists && (s.stalls[0].Own != tt.want.Own || s.stalls[0].State != tt.want.State) {
					t.Errorf("%+v, want %+v", s.stalls, tt.want)
				}
			})
		})
	}
}

func TestStallEnds(t *testing.T) {
	st := &stall{Stall: target.Stall{Since: time.Second}}
	st.end(3*time.Second, 0, release{by: "release p", at: 500 * time.Millisecond})
	if st.Ended != "by itself" || st.For != 2*time.Second {
		t.Errorf("%+v", st)
	}
	st.end(3*time.Second, 0, release{by: "release q", at: 2 * time.Second})
	if st.Ended != "release q" {
		t.Errorf("%+v", st)
	}
	if st.end(3*time.Second, 2*time.Second, release{}); st.Kill != target.Died {
		t.Errorf("%+v", st)
	}
}

func TestIsCrash(t *testing.T) {
	for line, want := range map[string]bool{
		"BUG: unable to handle page fault for address: ffff88805400d000 in _copy_to_iter": true,
		"BUG at fs/inode.c:612 in clear_inode":                                            true,
		"Oops: general protection fault, probably for non-canonical address":              true,
		"WARNING at fs/dax.c:398 in dax_disassociate_entry":                               false,
		"BUG: soft lockup - CPU#0 stuck for 22s":                                          false,
	} {
		if isCrash(line) != want {
			t.Errorf("%s: %v", line, !want)
		}
	}
}

// TestWaitsOneAfterTheOther takes the longest, and not all the time since the first.
func TestWaitsOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := new(view)
		looks(v, proc.Thread{State: 'D', Stack: []string{"exit_aio"}}, time.Second)
		looks(v, proc.Thread{State: 'D', Stack: behindLock}, 2*time.Second)
		looks(v, proc.Thread{State: 'D', Stack: finalBreak}, 4*time.Second)
		d, what := v.slept(time.Duration(time.Now().UnixNano()))
		if d.Round(time.Second) != 4*time.Second || what != "D in dax_break_layout_final" {
			t.Errorf("%v in %s", d, what)
		}
	})
}

// TestIsSettled takes a wait for a medium for one that ends, until our patience does.
func TestIsSettled(t *testing.T) {
	for name, tt := range map[string]struct {
		stack []string
		own   bool
		first bool // once it is seen to sleep
	}{
		"a pin": {finalBreak, false, true}, "a journal": {journal, false, false}, "a device of ours": {[]string{"submit_bio_wait"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSubject(&Maker{o: Options{Patience: DefaultPatience}}, new(target.Scenario))
				c := &call{own: tt.own, at: spot{pid: 1, since: time.Now()}}
				looks(&c.view, proc.Thread{State: 'D', Stack: tt.stack}, 2*stillFor)
				if got := s.isSettled(c); got != tt.first {
					t.Errorf("after %v: %v", 2*stillFor, got)
				}
				time.Sleep(DefaultPatience)
				if !s.isSettled(c) {
					t.Error("never")
				}
			})
		})
	}
}

// TestOwnWaitIsSeen has time not be skipped before it is seen that somebody waits for I/O of his own, however late he begins,
// as on a busy machine. A wait that is never long is looked at for some time, too.
func TestOwnWaitIsSeen(t *testing.T) {
	for name, tt := range map[string]struct {
		sleeps time.Duration // when
		wakes  time.Duration // how often from then on; zero: never
		stalls int
		after  time.Duration // skipped, at least
	}{
		"at once":       {0, 0, 1, idleAfter},
		"late":          {idleAfter - 2*stillFor, 0, 1, idleAfter - 2*stillFor + blockedAfter},
		"very late":     {2 * time.Second, 0, 1, 2*time.Second + blockedAfter},
		"now and again": {0, 2 * stillFor, 0, runLimit * DefaultPatience},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "proc/7/task/7")
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			switches := 0
			is := func(state string) {
				switches++
				for file, text := range map[string]string{
					"stat": "7 (exe) " + state + " 1", "stack": "[<0>] submit_bio_wait+0x1/0x2\n",
					"status": fmt.Sprintf("voluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t0\n", switches),
				} {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
						t.Error(err)
					}
				}
			}
			synctest.Test(t, func(t *testing.T) {
				const long = time.Hour
				s := newSubject(&Maker{o: Options{Patience: DefaultPatience}, sys: proc.FS{Root: root}}, new(target.Scenario))
				began := time.Now()
				s.began, s.changed = began, began
				s.calls = []*call{{task: "T1", own: true, proc: new(process), now: new(target.Step), at: spot{pid: 7, tid: 7, since: began}}}
				is("R")
				ended := make(chan struct{})
				go func() {
					for wait := tt.sleeps; ; wait = tt.wakes {
						select {
						case <-ended:
							return
						case <-time.After(wait):
						}
						if is("D"); tt.wakes == 0 {
							return
						}
					}
				}()
				d, err := s.Advance(long)
				close(ended)
				took := time.Since(began)
				if d != long || err != nil || s.Now() < long || len(s.stalls) != tt.stalls || took < tt.after || took > tt.after+2*slowTick {
					t.Errorf("%v passed in %v, %v; %d stalls", d, took, err, len(s.stalls))
				}
				if len(s.stalls) > 0 && !s.stalls[0].Own {
					t.Errorf("%+v", s.stalls[0])
				}
			})
		})
	}
}

// TestRuns has who runs, or sleeps for one thing after the other, neither hang nor be blocked: the call is given up.
func TestRuns(t *testing.T) {
	for name, th := range map[string]proc.Thread{"runs": {State: 'R'}, "one thing after the other": {State: 'D', Stack: []string{"folio_wait_bit"}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const patience = time.Second
				s := newSubject(&Maker{o: Options{Patience: patience}}, new(target.Scenario))
				c := &call{task: "T1", proc: &process{}, now: &target.Step{Verb: target.Truncate}, at: spot{pid: 1, since: time.Now()}}
				s.calls = append(s.calls, c)
				for began := time.Now(); time.Since(began) < runLimit*patience; time.Sleep(tick) {
					th.Switches++
					c.view.look(th, time.Since(began))
					s.noteStall(c, time.Since(began))
					if s.giveUp(); s.isSettled(c) || !s.isBusy() {
						t.Fatalf("after %v: %+v", time.Since(began), c.status)
					}
					if want := th.State == 'R' && time.Since(began) >= patience; s.runsOn(c) != want {
						t.Fatalf("after %v in state %c the others go on: %t", time.Since(began), th.State, !want)
					}
				}
				s.giveUp()
				if !c.status.Returned || c.status.Err == nil || c.status.Slept > 0 || len(s.stalls) > 0 {
					t.Errorf("%+v, %+v", c.status, s.stalls)
				}
			})
		})
	}
}

// TestIgnoresKill takes state D for a while after SIGKILL, and nothing less.
func TestIgnoresKill(t *testing.T) {
	for name, tt := range map[string]struct {
		th   proc.Thread
		runs bool // between looks
		d    time.Duration
		want target.Killed
	}{
		"too early":      {proc.Thread{State: 'D', Stack: behindLock}, false, 2 * killedAfter, target.Untried},
		"ignored":        {proc.Thread{State: 'D', Stack: behindLock}, false, 2 * ignoredAfter, target.Ignored},
		"interruptible":  {proc.Thread{State: 'S', Stack: behindLock}, false, 2 * ignoredAfter, target.Untried},
		"does something": {proc.Thread{State: 'D', Stack: behindLock}, true, 2 * ignoredAfter, target.Untried},
		"breaks layouts": {proc.Thread{State: 'D', Stack: finalBreak}, true, 2 * ignoredAfter, target.Ignored},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSubject(&Maker{o: Options{Patience: time.Minute}}, new(target.Scenario))
				c := &call{task: "T1", proc: &process{}, now: new(target.Step), at: spot{pid: 1, since: time.Now()}}
				began := time.Now()
				for time.Since(began) < tt.d+time.Second {
					if c.proc.killedAt == 0 && time.Since(began) >= time.Second {
						c.proc.killedAt, c.proc.killedOn = time.Since(began), time.Now()
					}
					if tt.runs && time.Since(began) >= time.Second {
						tt.th.Switches++
					}
					c.view.look(tt.th, time.Since(began))
					s.noteStall(c, time.Since(began))
					time.Sleep(tick)
				}
				if len(s.stalls) != 1 || s.stalls[0].Kill != tt.want {
					t.Errorf("%+v, want %q", s.stalls, tt.want)
				}
			})
		})
	}
}

// TestReclaimSleeps has who drops caches be at fault only if he waits for a pin.
func TestReclaimSleeps(t *testing.T) {
	for name, tt := range map[string]struct {
		stack []string
		want  int
	}{"for a pin": {dropping, 1}, "for the log": {[]string{"xfs_buf_lock", "xfs_inactive", "evict", "dispose_list", "prune_icache_sb"}, 0}} {
		s := newSubject(&Maker{kmsg: new(proc.Kmsg)}, new(target.Scenario))
		s.stalls = []*stall{{Stall: target.Stall{Task: "T1", Action: target.DropCaches.String(), State: "D", Stack: tt.stack}}}
		s.noteReclaim(s.stalls)
		if len(s.found) != tt.want {
			t.Errorf("%s: %+v", name, s.found)
		}
	}
}

// TestSkippedTime belongs to what was seen before, also if something else is seen afterwards.
func TestSkippedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := new(view)
		for range 50 {
			v.look(proc.Thread{State: 'S', Stack: []string{"ext4_wait_dax_page"}}, time.Duration(time.Now().UnixNano()))
			time.Sleep(tick)
		}
		const skipped = 3 * time.Second
		v.look(proc.Thread{State: 'D', Stack: []string{"unmap_mapping_range"}}, time.Duration(time.Now().UnixNano())+skipped)
		d, what := v.slept(time.Duration(time.Now().UnixNano()) + skipped + tick)
		if d != skipped+50*tick || what != "S in ext4_wait_dax_page" {
			t.Errorf("%v in %s", d, what)
		}
	})
}

// TestLetGoFor blames a pin of one's own rather than one that was released later.
func TestLetGoFor(t *testing.T) {
	own, other := &process{name: "own"}, &process{name: "other"}
	s := &subject{letGo: []release{{by: "release early", at: 1, proc: own}, {by: "release p", at: 3, proc: own}, {by: "release q", at: 4, proc: other}}}
	c := &call{proc: own, stall: &stall{Stall: target.Stall{Since: 2}}}
	if got := s.letGoFor(c, 5).by; got != "release p" {
		t.Error(got)
	}
	s.letGo = append(s.letGo, release{by: "kill T1", at: 5, proc: own, kill: true})
	if got := s.letGoFor(c, 6).by; got != "kill T1" {
		t.Error(got)
	}
	if got := s.letGoFor(c, 6+killedAfter).by; got != "release p" {
		t.Errorf("%s, to which nobody listened", got)
	}
	c.proc = &process{name: "third"}
	if got := s.letGoFor(c, 6+killedAfter).by; got != "release q" {
		t.Error(got)
	}
}
