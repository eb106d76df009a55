package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime/pprof"

	"daxbench/engine/peers/cells"
	"github.com/google/renameio/v2"
)

// child measures one group and prints its samples.
func child(o options, stdout io.Writer) error {
	for _, g := range cells.All() {
		if g.Name != o.child {
			continue
		}
		b := cells.Bench{Rounds: o.rounds, Seed: o.seed, Wants: o.wants}
		if err := profiled(o.profile, func() error { return g.Measure(&b) }); err != nil {
			return err
		}
		return json.NewEncoder(stdout).Encode(b.Samples)
	}
	return fmt.Errorf("peers: no group is called %q", o.child)
}

// profiled calls f and keeps a processor profile of it, if a file is given.
func profiled(file string, f func() error) error {
	if file == "" {
		return f()
	}
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		return err
	}
	err := f()
	if pprof.StopCPUProfile(); err != nil {
		return err
	}
	return renameio.WriteFile(file, profile.Bytes(), 0o644)
}
