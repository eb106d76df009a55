package reportstest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// KernelsSpec is a kernels.json to be written: scenarios on each file system of each kernel. It stands in for daxbench litmus, and
// what its kernels do is made up.
type KernelsSpec struct {
	Commit    string
	Releases  []string // 6.12.107+deb13-cloud-amd64; those before 6.15 free pinned blocks, later ones wait
	FS        []string // xfs, ext4, xfs-nodax: the last is a control
	Scenarios int
	Odd       string                           // put behind every string, as somebody may who wants to do harm
	Change    func(doc map[string]any)         // may change all of it; nil: nothing
	Cell      func(i, k int, c map[string]any) // may change a cell of column i and scenario k; nil: nothing
}

// Releases are kernels of five series, on either side of 6.15.
var Releases = []string{"6.1.0-50-cloud-amd64", "6.12.107+deb13-cloud-amd64", "6.16.12+deb13-cloud-amd64", "6.18.15+deb13-cloud-amd64", "7.3.4+deb13-cloud-amd64"}

// Kernels is five kernels with two file systems on DAX and a control, and 36 scenarios.
func Kernels() *KernelsSpec {
	return &KernelsSpec{Commit: "3f2a9c1", Releases: Releases, FS: []string{"xfs", "ext4", "xfs-nodax"}, Scenarios: 36}
}

// HostileKernels is Kernels with markup, control characters and very long strings wherever the file has a string.
func HostileKernels() *KernelsSpec {
	s := Kernels()
	s.Releases, s.FS, s.Scenarios = s.Releases[1:3], s.FS[:2], 8
	s.Odd = strings.Join(hostile, " ")
	s.Cell = func(i, k int, c map[string]any) {
		if i == 0 && k == 0 {
			c["lines"] = []string{strings.Repeat("long ", 1<<18), strings.Repeat("l", 1<<16)}
			c["log"] = []string{strings.Repeat("WARNING ", 1<<16)}
			c["word"] = strings.Repeat("word", 1<<10)
		}
	}
	return s
}

// Write writes kernels.json into the folder dir, which is made.
func (s *KernelsSpec) Write(dir string) error {
	data, err := json.MarshalIndent(s.document(), "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "kernels.json"), append(data, '\n'), 0o666)
}

// situations are what scenarios are about, each with a way to take the reference and one to let go of the file.
var situations = []struct{ name, title, probes string }{
	{"unlink-under-dio", "a device writes into a file's block after unlink and close", "UA"},
	{"umount-remount", "a file system is unmounted and mounted again while a page is pinned", "UAL"},
	{"munmap-then-truncate", "truncate after munmap while a device still writes", "U"},
	{"rename-over-pinned", "rename puts another file over one whose page is pinned", "UH"},
	{"parked-zombie", "an unlinked inode waits for a pin that nobody drops", "L"},
	{"killed-with-io-uring-in-flight", "the process is killed while its io_uring has direct I/O in flight", "UR"},
	{"punch-hole-while-somebody-else-has-it-mapped", "a hole is punched into a pinned page that another task has mapped", "UK"},
	{"two-inode-retry", "two inodes are locked, and one of them is pinned", "K"},
	{"shrinker-wedge", "an inode with exactly one entry, at index 0, and memory runs short", "R"},
}

// holders take references that outlive the file.
var holders = []string{"vmsplice", "aio-write", "uring-read", "zerocopy"}

func (s *KernelsSpec) document() map[string]any {
	r := rand.New(rand.NewPCG(1, 2))
	var scenarios, columns []any
	for k := range s.Scenarios {
		about, holder := &situations[k%len(situations)], holders[k/len(situations)%len(holders)]
		scenarios = append(scenarios, map[string]any{
			"number": k + 1, "name": s.odd(about.name + "-" + holder), "title": s.odd(about.title + ", pinned by " + holder), "probes": about.probes,
			"steps": []string{"T1 create F", "T1 map F", s.odd("T1 pin F 0 p " + holder), "T1 munmap F", "T1 close F", "T2 unlink F", "T2 evict F", "T3 allocate 64", "D release p"},
		})
	}
	for _, release := range s.Releases {
		for _, name := range s.FS {
			i, cells := len(columns), []any{}
			for k := range s.Scenarios {
				c := s.cell(r, release, name, k)
				if s.Cell != nil {
					s.Cell(i, k, c)
				}
				cells = append(cells, c)
			}
			columns = append(columns, map[string]any{"label": s.odd(series(release) + " " + name), "kernel": s.kernel(release, name), "cells": cells})
		}
	}
	doc := map[string]any{
		"schema": 1, "tool": s.odd("daxbench 0.1.0"), "commit": s.odd(s.Commit), "date": "2026-11-27T02:10:00Z",
		"command": []string{"vm", "-kernel", s.odd("debian:6.12"), "--", "litmus", "-target", "dir:/mnt/xfs"}, "scenarios": scenarios, "columns": columns,
	}
	if s.Change != nil {
		s.Change(doc)
	}
	return doc
}

// odd puts what is odd behind a string.
func (s *KernelsSpec) odd(text string) string { return text + s.Odd }

// series is 6.12 of 6.12.107+deb13.
func series(release string) string {
	parts := strings.SplitN(release, ".", 3)
	return parts[0] + "." + parts[1]
}

// waits says whether a kernel waits for pins at eviction.
func waits(release string) bool {
	major, minor, _ := strings.Cut(series(release), ".")
	a, _ := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor)
	return a > 6 || a == 6 && b >= 15
}

func (s *KernelsSpec) kernel(release, name string) map[string]any {
	dax, fs := !strings.HasSuffix(name, "-nodax"), strings.TrimSuffix(name, "-nodax")
	k := map[string]any{
		"release": s.odd(release), "version": s.odd("#1 SMP PREEMPT_DYNAMIC Debian 1"), "fs": s.odd(fs), "name": s.odd(name), "dax": dax, "map_sync": dax, "device_dax": true,
		"mount": s.odd("rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota"), "preset": "6.0", "final": waits(release), "clock": "counted instructions, 2 ns each",
		"machine": s.odd("tcg"), "package": s.odd("linux-image-" + release + " " + series(release) + ".1-1"),
		"config": map[string]any{"CONFIG_FS_DAX": "y", s.odd("CONFIG_MEMORY_FAILURE"): map[bool]string{true: "y", false: "n"}[waits(release)]},
	}
	if waits(release) {
		k["preset"] = "6.19"
	}
	if fs == "ext4" {
		k["missing"] = []string{s.odd("no reflink: ext4 has none")}
	}
	return k
}

// evicting is the stack of who waits for a pin in unlink, and lookingUp that of who wants the inode meanwhile.
var (
	evicting = []string{"schedule", "wait_page_idle_uninterruptible", "dax_break_layout_final", "xfs_fs_evict_inode", "evict", "iput_final", "do_unlinkat",
		"__x64_sys_unlink", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"}
	lookingUp = []string{"schedule", "__wait_on_freeing_inode", "find_inode_fast", "iget_locked", "__ext4_iget", "ext4_lookup", "path_openat", "do_sys_openat2",
		"__x64_sys_openat", "entry_SYSCALL_64_after_hwframe.with_a_name_that_is_longer_than_any_phone_is_wide"}
)

// cell makes up what becomes of scenario k: before 6.15 each that probes U frees the block, later ones make somebody wait.
func (s *KernelsSpec) cell(r *rand.Rand, release, name string, k int) map[string]any {
	about, holder := &situations[k%len(situations)], holders[k/len(situations)%len(holders)]
	block, at := 1000+r.IntN(9000), 1_500_000_000+r.IntN(1_000_000)
	lines := []string{"0s       T1  create F", "         T1  map F, MAP_SYNC", s.odd("4.1ms    T1  pin page 0 of F as p, by " + holder), "         T1  munmap F", "         T1  close F",
		"5.2ms    T2  unlink F", "           block " + strconv.Itoa(block) + " is free"}
	outcome := map[string]any{"kind": "safe"}
	c := map[string]any{"outcome": outcome, "word": "safe", "lines": lines, "replay": s.odd(fmt.Sprintf("daxbench vm -kernel debian:%s -fs %s -- litmus -v -target dir:/mnt/%s -scenario %d", series(release), name, name, k+1))}
	stall := func(task, action string, step int, state, kill string, stack []string) map[string]any {
		for i := range stack {
			stack[i] = s.odd(stack[i])
		}
		return map[string]any{"task": s.odd(task), "action": s.odd(action), "step": step, "since_ns": 5_200_000, "for_ns": at, "state": state, "kill": kill, "ended": s.odd("release p"), "stack": stack}
	}
	switch {
	case strings.HasSuffix(name, "-nodax") || !strings.Contains(about.probes, "U") && !waits(release):
	case about.name == "umount-remount":
		outcome["kind"], outcome["why"], c["word"] = "refused", s.odd("umount: EBUSY: a process has a file open"), "refused"
	case name == "ext4" && about.name == "shrinker-wedge":
		outcome["kind"], outcome["why"], c["word"] = "not applicable", s.odd("ext4 does not shrink it"), "—"
	case !waits(release):
		text := s.odd(fmt.Sprintf("block %d of F was given to file X while page 0 of F was pinned, and the device wrote 4096 bytes into it", block))
		outcome["kind"], outcome["broken"], outcome["why"], c["word"] = "violation", "U", text, "foreign data"
		outcome["findings"] = []any{map[string]any{"invariants": "U", "property": "P1r", "text": text, "at_ns": at}}
		c["lines"] = append(lines, "! U: "+text)
		if k%4 == 0 {
			c["log"] = []string{s.odd("WARNING: CPU: 0 PID: 71 at fs/dax.c:407 dax_disassociate_entry+0x3a/0xc0: dax_delete_mapping_entry")}
		}
	case holder == "vmsplice":
		outcome["kind"], outcome["for_ns"], outcome["why"], c["word"] = "hung", at, s.odd("T2 waits in unlink for as long as nobody reads the pipe"), "hangs D"
		c["stalls"] = []any{stall("T2", "unlink F", 6, "D", "ignored", append([]string{}, evicting...)), stall("bystander", "create a file in the directory", 0, "D", "", append([]string{}, lookingUp...))}
	default:
		state, kill := "D", "ignored"
		if about.name == "munmap-then-truncate" {
			state, kill = "S", "dies"
		}
		outcome["kind"], outcome["for_ns"], outcome["why"], c["word"] = "blocked", at, s.odd("T2 waited in unlink until the pin was released"), "waits "+state
		c["stalls"] = []any{stall("T2", "unlink F", 6, state, kill, append([]string{}, evicting...))}
	}
	return c
}
