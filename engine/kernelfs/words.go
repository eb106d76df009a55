package kernelfs

import (
	"slices"
	"strings"

	"daxbench/engine/kernelfs/proc"
)

// dull are functions on the way into a wait that do not tell what for; prefixes.
var dull = []string{
	"schedule", "__schedule", "preempt_schedule", "io_schedule", "__cond_resched", "bit_wait", "__wait_on_bit", "out_of_line_wait",
	"wait_for_completion", "__wait_for_common", "wait_woken", "prepare_to_wait", "rwsem_down", "down_read", "down_write", "down",
	"__mutex_lock", "mutex_lock", "rt_mutex", "futex_wait", "do_nanosleep", "hrtimer_nanosleep", "call_rwsem",
	"__x64_sys_", "__do_sys_", "__se_sys_", "__arm64_sys_", "ksys_", "do_syscall_64", "x64_sys_call", "entry_SYSCALL", "el0", "invoke_syscall",
	"ret_from_fork",
}

// telling returns the innermost function of a stack that says what somebody waits for; empty if none does.
func telling(stack []string) string {
	for _, f := range stack {
		if !slices.ContainsFunc(dull, func(d string) bool { return strings.HasPrefix(f, d) }) {
			return f
		}
	}
	return ""
}

// ordinary are waits for a medium or a journal, which end by themselves.
var ordinary = []string{
	"jbd2_log_wait_commit", "jbd2_journal_commit", "start_this_handle", "wait_transaction_locked", "xlog_wait", "xfs_log_force",
	"xlog_grant", "xfs_ail_push", "folio_wait", "wait_on_page", "filemap_fdatawait", "__filemap_fdatawait", "blk_", "submit_bio_wait",
	"xfs_buf_iowait", "wb_wait", "sync_inodes_sb", "writeback_", "wait_sb_inodes",
}

// isOrdinary reports whether a stack is one of a wait for a medium.
func isOrdinary(stack []string) bool {
	return !waitsForPin(stack) && slices.ContainsFunc(stack, func(f string) bool {
		return slices.ContainsFunc(ordinary, func(o string) bool { return strings.HasPrefix(f, o) })
	})
}

// waitsForPin reports whether a function that breaks layouts is in a stack.
func waitsForPin(stack []string) bool {
	return slices.ContainsFunc(stack, func(f string) bool {
		return strings.Contains(f, "break_layout") || strings.Contains(f, "break_dax_layout") || strings.Contains(f, "wait_dax_page") || strings.Contains(f, "wait_page_idle")
	})
}

// polling are functions that wake up and sleep again while they wait for one thing: xfs_iget_cache_hit has xfs_iget come back a tick
// later, fs/xfs/xfs_icache.c.
var polling = []string{"xfs_iget"}

// polls reports whether a stack is one of a wait that is made of many sleeps: who breaks layouts looks again at each wake.
func polls(stack []string) bool {
	return waitsForPin(stack) || slices.ContainsFunc(stack, func(f string) bool { return slices.Contains(polling, f) })
}

// functions are what is known of where a thread sleeps: its stack, or without rights to see that, the one function of wchan.
func functions(t proc.Thread) []string {
	if t.Stack == nil && t.Wchan != "" && t.Wchan != "0" {
		return []string{t.Wchan}
	}
	return t.Stack
}

// evicts reports whether an eviction is in a stack.
func evicts(stack []string) bool {
	return slices.ContainsFunc(stack, func(f string) bool {
		return f == "evict" || strings.HasPrefix(f, "evict_inodes") || strings.HasPrefix(f, "dispose_list") || strings.HasPrefix(f, "prune_icache_sb")
	})
}

// isOurs reports whether a thread sleeps by itself between system calls of the scenario: the runtime of a child or an aide does so
// in futex(2), and an aide that searches when it sleeps.
func isOurs(t proc.Thread) bool {
	own := func(f string) bool {
		return strings.HasPrefix(f, "futex_") || strings.HasPrefix(f, "do_futex") || strings.HasPrefix(f, "hrtimer_nanosleep") || strings.HasPrefix(f, "do_nanosleep")
	}
	return own(t.Wchan) || slices.ContainsFunc(t.Stack, own)
}

// exitsAIO reports whether a process is in the part of its exit that waits for its own I/O: exit_aio.
func exitsAIO(stack []string) bool { return slices.Contains(stack, "exit_aio") }
