package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"daxbench/engine/kernelfs"
)

// onEngine is the target that is no directory.
const onEngine = "engine"

// mountedFlags are those that only a directory of a mounted file system has.
type mountedFlags struct {
	umount, unplug, others, root bool
	patience                     time.Duration
	fill                         bytesValue
	expect                       string
}

func (f *mountedFlags) define(fl *pflag.FlagSet) {
	fl.BoolVar(&f.umount, "umount", false, "allow scenarios to unmount and mount the file systems of -target anew (needs root)")
	fl.BoolVar(&f.unplug, "unplug", false, "allow scenarios to take the device away, after all others; in a guest of daxbench vm only, whose kernel may crash")
	fl.BoolVar(&f.others, "others", false, "go to work on a mount although others use it; it is then filled up only as -fill says")
	fl.BoolVar(&f.root, "root", false, "go to work on the root file system")
	fl.DurationVar(&f.patience, "patience", kernelfs.DefaultPatience, "take a call that has not returned after `time` to be blocked")
	fl.Var(&f.fill, "fill", "fill up at most `size` of a file system, so that a freed block is the next to be given away (default all but 1 MiB; with -others nothing)")
	fl.StringVar(&f.expect, "expect", "", "compare what kernels come to with the lines of `file`, such as one that -format expect wrote")
}

// ofMounted lists the flags that only directories have, and ofEngine those that only the engine has.
var (
	ofMounted = []string{"umount", "unplug", "others", "root", "patience", "fill", "expect"}
	ofEngine  = []string{"policy", "kernel"}
)

// dirs returns the directories of -target, none for the engine, and refuses what does not go together.
func (f *litmusFlags) dirs(fl *pflag.FlagSet) (dirs []string, err error) {
	formats := []string{"text", "json"}
	if f.target != onEngine {
		formats = append(formats, "expect")
		for t := range strings.SplitSeq(f.target, ",") {
			dir, ok := strings.CutPrefix(t, "dir:")
			switch {
			case !ok && t == onEngine:
				return nil, usagef("-target %s: the engine is played by itself; -against compares it with kernels", f.target)
			case !ok && strings.ContainsRune(t, '/'):
				return nil, usagef("unknown target %q; did you mean dir:%s?", t, t)
			case !ok:
				return nil, usagef("unknown target %q; known: engine, dir:DIR", t)
			case dir == "":
				return nil, usagef("-target %s: want dir:DIR with a directory of a mounted file system", f.target)
			case slices.Contains(dirs, dir):
				return nil, usagef("-target %s: %s stands there twice", f.target, dir)
			}
			dirs = append(dirs, dir)
		}
	}
	if !slices.Contains(formats, f.format) {
		if f.format == "expect" {
			return nil, usagef("-format expect tells what kernels come to: say which, by -target dir:DIR")
		}
		return nil, usagef("unknown format %q; known: %s", f.format, strings.Join(formats, ", "))
	}
	return dirs, f.fit(fl, dirs)
}

// fit refuses flags that are about something else than what was asked for.
func (f *litmusFlags) fit(fl *pflag.FlagSet, dirs []string) error {
	refuse := func(names []string, why string) error {
		for _, name := range names {
			if fl.Changed(name) {
				return usagef("-%s: %s", name, why)
			}
		}
		return nil
	}
	switch {
	case f.against != nil:
		names := slices.Concat(ofMounted, ofEngine, []string{"target", "scenario", "set", "list", "o"})
		return refuse(names, "with -against, the folders say what is played and on what")
	case dirs == nil:
		return refuse(ofMounted, "it is about mounted file systems: name one by -target dir:DIR")
	case f.mounted.patience <= 0:
		return usagef("-patience %v: want a time, such as 1.5s", f.mounted.patience)
	}
	return refuse(ofEngine, "with -target dir: the kernel of this machine is what it is")
}
