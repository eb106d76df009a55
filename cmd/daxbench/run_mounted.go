package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"daxbench/engine/kernelfs"
	"daxbench/engine/layout"
	"daxbench/workloads"
	"daxbench/workloads/driver"
	"daxbench/workloads/mounted"
	"daxbench/workloads/record"
)

// onDir is what -target begins with when it names a directory.
const onDir = "dir:"

// targetFlags are those of run that say where a mounted file system is, and what may be done to it.
type targetFlags struct {
	target       string
	others, root bool
}

func (f *targetFlags) define(fl *pflag.FlagSet) {
	fl.StringVar(&f.target, "target", "", "run storms by system calls in `dir:PATH`, on the file system that is mounted there; the kernel stands for the policy (default: the engine; see daxbench list)")
	fl.BoolVar(&f.others, "others", false, "go to work on a mount although others use it")
	fl.BoolVar(&f.root, "root", false, "go to work on the root file system")
}

// fit refuses what does not go together.
func (f *targetFlags) fit(fl *pflag.FlagSet) error {
	if f.target == "" {
		for _, name := range []string{"others", "root"} {
			if fl.Changed(name) {
				return usagef("-%s: it is about mounted file systems: name one by -target dir:PATH", name)
			}
		}
		return nil
	}
	if dir, ok := strings.CutPrefix(f.target, onDir); !ok || dir == "" {
		return usagef("-target %s: want dir:PATH, a directory of a mounted file system; without -target the engine is measured", f.target)
	}
	for _, refused := range []struct{ name, why string }{
		{"policy", "the kernel that is running has its own, which cannot be chosen; daxbench vm runs others"},
		{"kernel", "it switches the engine; the kernel that is running is what it is"},
		{"pmem", "it is where the engine keeps its regions; the mounted file system has its own storage"},
		{"size", "it is that of the engine's regions; the mounted file system is as large as it is"},
		{"population", "storms on mounted file systems make files of one size; see the parameters files and pages"},
	} {
		if fl.Changed(refused.name) {
			return usagef("-%s does not go with -target %s: %s", refused.name, f.target, refused.why)
		}
	}
	return nil
}

// mountedStorms are the storms that were asked for. Of all of them those are left out, and said to be, that lack something here.
func mountedStorms(given []string, stderr io.Writer) ([]string, error) {
	names, err := splitList("workload", given, mounted.Names())
	if err != nil {
		return nil, err
	}
	named, err := splitList("workload", slices.DeleteFunc(slices.Clone(given), func(s string) bool { return s == "all" }), nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		k, err := mounted.Lookup(name)
		if err != nil {
			if _, e := workloads.Lookup(name); e == nil {
				err = fmt.Errorf("%s is a storm of the engine: leave -target away, or choose from %s", name, strings.Join(mounted.Names(), ", "))
			}
			return nil, usagef("%w%s", err, meant(name, mounted.Names()))
		}
		why := k.Lacks()
		switch {
		case why != "" && slices.Contains(named, name):
			return nil, usagef("%s cannot be run here: %s", name, why)
		case why != "":
			fmt.Fprintf(stderr, "daxbench: %s is left out: %s\n", name, why)
		default:
			out = append(out, name)
		}
	}
	return out, nil
}

// A place is where storms work on a mounted file system. A nil one stands for the engine.
type place struct {
	home   *kernelfs.Dir
	target *mounted.Target
	name   string // dir:/mnt/pmem
}

// command is the command of a run there, which a reader can give again.
func (p *place) command(args []string) []string {
	if p == nil {
		return args
	}
	return commandInGuest(p.home.Kernel().Asked, []string{strings.TrimPrefix(p.name, onDir)}, args)
}

// openPlace makes itself at home in the directory that was asked for, nil if none was, and says what will be done there. It must
// be closed.
func openPlace(ctx context.Context, r *record.Request, stderr io.Writer) (*place, error) {
	if r.Target == "" {
		return nil, nil
	}
	dir := strings.TrimPrefix(r.Target, onDir)
	home, err := kernelfs.Open(ctx, dir, kernelfs.Options{Others: r.Others, Root: r.Root})
	if err != nil {
		return nil, ofMount(dir, err)
	}
	p := &place{home: home, name: r.Target}
	if p.target, err = mounted.Open(home.Path(), home.Kernel()); err != nil {
		return nil, inputError{errors.Join(err, home.Close())}
	}
	about, why := p.target.Counter()
	lines := append(home.Announce(), "Evictions are counted by "+about+".")
	if why != "" {
		lines = append(lines, "They are not counted on this device alone: "+why+".")
	}
	for _, name := range r.Workload {
		if k, err := mounted.Lookup(name); err == nil && k.Warns != "" {
			lines = append(lines, name+" "+k.Warns)
		}
	}
	for _, line := range append(lines, home.Notes()...) {
		fmt.Fprintf(stderr, "daxbench: %s: %s\n", dir, printable(line))
	}
	return p, nil
}

// close removes what was made there. It does nothing the second time.
func (p *place) close() error {
	if p == nil || p.home == nil {
		return nil
	}
	p.target.Close()
	err := p.home.Close()
	p.home = nil
	return err
}

// storm returns the storm with a name: that of the engine if p is nil.
func (p *place) storm(name string) (*driver.Workload, error) {
	if p != nil {
		k, err := mounted.Lookup(name)
		if err != nil {
			return nil, usageError{err}
		}
		return k.On(p.target), nil
	}
	wl, err := workloads.Lookup(name)
	if err == nil {
		return wl, nil
	}
	if _, e := mounted.Lookup(name); e == nil {
		return nil, usagef("%s runs on a mounted file system: name one by -target dir:PATH", name)
	}
	return nil, usagef("%w%s", err, meant(name, workloads.Names()))
}

// policy returns the policy with a name. A place has but one.
func (p *place) policy(name string) (layout.Policy, error) {
	if p != nil && name == mounted.Linux.Name() {
		return mounted.Linux, nil
	}
	policy, err := layout.Lookup(name)
	switch {
	case err != nil:
		return nil, usagef("%w%s", err, meant(name, layout.Names()))
	case p != nil:
		return nil, usagef("policy %s is one of the engine: on a mounted file system there is only %s", name, mounted.Linux.Name())
	}
	return policy, nil
}

// facts are what run.json says of the place.
func (p *place) facts() map[string]any {
	k := p.home.Kernel()
	about, _ := p.target.Counter()
	whole := make(map[string]any)
	text, err := json.Marshal(k)
	if err == nil {
		err = json.Unmarshal(text, &whole)
	}
	if err != nil {
		panic("run: facts of a kernel: " + err.Error()) // plain values only
	}
	return map[string]any{
		"dir": p.name, "fs": k.FS, "clock": k.Clock, "machine": k.Machine, "evictions": about, "kernel": whole,
	}
}

// realClock is what a kernel's clock is called whose seconds are those of the world.
const realClock = "real"

// doubts adds what one must know of the place to read the figures.
func (p *place) doubts(m *record.Manifest) {
	if c := p.home.Kernel().Clock; c != "" && c != realClock {
		m.Warn("", "times are %s: they say how much the kernel does, not how long hardware takes for it, and compare with such times only", c)
	}
	if about, why := p.target.Counter(); why != "" {
		m.Warn("", "evictions are counted by %s, so others blur the count: %s", about, why)
	}
}
