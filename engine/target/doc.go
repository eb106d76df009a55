// Package target is the narrow contract between what is asked and who is asked:
// a scenario is a list of steps, as data; a Subject takes the steps. The engine
// in this process is one subject (package enginefs), a directory on a mounted
// file system is to be another. So a step is there only if it makes sense on
// both: it names files, not inode numbers, and holders of pins by the system
// calls that make them.
//
// It runs nothing and knows no engine. Who runs a scenario on a subject, under
// which policies, is in workloads/litmus.
//
// # The text
//
// A scenario is written in lines. Settings come first, then "steps:", then one
// step per line:
//
//	# Whatever stands behind a # is a remark.
//	scenario: unlink-under-dio
//	title: a device writes into the next owner's file
//	origin: Gunthorpe and Chinner, linux-xfs, September 2022
//	shows: The block of F is freed and given to N while a device writes into it.
//	probes: U A
//	threads: T1 T2
//	set: lru=any memory=64
//
//	steps:
//	T1: create F pages=1
//	T1: map F
//	T1: fault F 0
//	T1: pin F 0 as p by io_uring
//	T2: munmap F
//	T2: unlink F
//	T2: close F
//	T2: create N pages=1 reusing p
//	dev: dma-write p
//	time: wait 5s
//	dev: release p
//
// A step says who does what. Steps of one task come one after the other; a step
// whose task is still busy with the last one, or that needs something which a
// delayed step is still to make, is put off until then, and the steps of other
// tasks go on. So one text serves policies that wait and those that do not.
//
// "&" at the end of a step starts the next one at the same moment: every order
// of the two that matters is tried.
//
// "F*100" is a hundred files F.1 to F.100, and a step with such a name is done
// with each; if the task has the same number, each of the tasks does its own.
// A number can be a parameter, "$n", which "param: n=100" declares and a caller
// may set otherwise.
//
// Tasks are processes of their own unless "threads:" says that they share one:
// files that are open and mappings belong to a process. The task time is the
// clock; a task that only does dma-write, dma-read and release is a device.
//
// The verbs are listed by Verbs, the settings by Settings, the holders of pins
// by Holders; workloads/litmus/README.md has all three as tables.
//
// # Limits
//
// The text and all counts are limited (see limits.go), so that a file from
// anywhere can be parsed.
package target
