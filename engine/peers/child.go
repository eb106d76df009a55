package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// inChild has a process of its own measure a group once. Where its memory lies is then chosen anew, which can matter more
// than what is measured.
func inChild(ctx context.Context, o options, group string, number int, stderr io.Writer) (map[string]table.Sample, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-child", group, "-cell", o.cell.String(),
		"-rounds", strconv.Itoa(o.rounds), "-seed", strconv.FormatUint(o.seed+uint64(number), 10))
	if o.profile != "" && number == 0 {
		cmd.Args = append(cmd.Args, "-cpuprofile", o.profile)
	}
	cmd.Env = append(os.Environ(), "GOGC=off") // but for a collection before each load: it took 2/5 of the time that caches take to fill
	cmd.Stderr = stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL} // whatever becomes of this one
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("peers: %s: %w", group, err)
	}
	var samples map[string]table.Sample
	if err := json.Unmarshal(out, &samples); err != nil {
		return nil, fmt.Errorf("peers: %s: %w", group, err)
	}
	return samples, nil
}

// child measures one group and prints its samples.
func child(o options, wants func(table.Row) bool, stdout io.Writer) error {
	for _, g := range cells.All() {
		if g.Name != o.child {
			continue
		}
		b := cells.Bench{Rounds: o.rounds, Seed: o.seed, Wants: wants}
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
