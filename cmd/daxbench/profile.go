package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/pflag"
)

// profiles are the files that profiles of a run are written to. An empty name is none.
type profiles struct {
	cpu, mem, mutex, trace string
}

func (p *profiles) flags(fl *pflag.FlagSet) {
	fl.StringVar(&p.cpu, "cpuprofile", "", "write a processor profile of the run to `file`")
	fl.StringVar(&p.mem, "memprofile", "", "write a profile of allocations to `file`")
	fl.StringVar(&p.mutex, "mutexprofile", "", "write a profile of contended Go mutexes to `file`; the engine's own locks are not among them")
	fl.StringVar(&p.trace, "trace", "", "write an execution trace to `file`")
}

// any says whether a profile is wanted: it costs time, and the results say so.
func (p *profiles) any() bool { return *p != profiles{} }

// start begins what is asked for and returns what ends it. The files are made now: one that cannot be is no reason to
// lose a run.
func (p *profiles) start() (stop func() error, err error) {
	var ends []func() error
	stop = func() error {
		var all error
		for _, end := range ends {
			all = errors.Join(all, end())
		}
		ends = nil
		return all
	}
	open := func(name string, begin func(io.Writer) error, end func(io.Writer) error) {
		if name == "" || err != nil {
			return
		}
		f, e := os.Create(name)
		if e == nil {
			if e = begin(f); e != nil {
				f.Close()
			}
		}
		if err = e; err != nil {
			return
		}
		ends = append(ends, func() error { return errors.Join(end(f), f.Close()) })
	}
	nothing := func(io.Writer) error { return nil }
	open(p.mem, nothing, func(w io.Writer) error {
		runtime.GC() // the profile is as old as the last collection
		return pprof.Lookup("allocs").WriteTo(w, 0)
	})
	open(p.mutex, func(io.Writer) error { runtime.SetMutexProfileFraction(1); return nil }, func(w io.Writer) error {
		return pprof.Lookup("mutex").WriteTo(w, 0)
	})
	open(p.cpu, pprof.StartCPUProfile, func(io.Writer) error { pprof.StopCPUProfile(); return nil })
	open(p.trace, trace.Start, func(io.Writer) error { trace.Stop(); return nil })
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}
