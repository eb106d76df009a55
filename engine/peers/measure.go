package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
	"daxbench/engine/peers/turns"
	"daxbench/reports/stats"
	"golang.org/x/sys/unix"
)

// A process measures a group once. Its number tells it from the others of the group.
type process func(ctx context.Context, group string, number int) (map[string]table.Sample, error)

// measure has processes measure the groups: each time all of them, so that what the machine goes through meanwhile is in the
// intervals of all. A group's extra processes come after each time, with those of the other groups that have any; where there
// are too few processes for an interval over them, there are none.
func (r *Report) measure(ctx context.Context, o options, groups []cells.Group, run process, stderr io.Writer) error {
	for block := range o.blocks {
		for pass, left := 0, true; left; pass++ {
			left = false
			for _, g := range groups {
				extra := g.Extra
				if o.blocks < stats.MinPairs {
					extra = 0
				}
				left = left || pass < extra
				if pass > extra || g.Once && block > 0 {
					continue
				}
				number := block + pass*o.blocks
				fmt.Fprintf(stderr, "process %d of %d: %s\n", number+1, (1+extra)*o.blocks, g.Name)
				if err := r.add(ctx, g.Name, number, run, stderr); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// add adds what a process finds. One that fails for reasons of the machine is tried once more, and the report says so.
func (r *Report) add(ctx context.Context, group string, number int, run process, stderr io.Writer) error {
	found, err := run(ctx, group, number)
	if errors.Is(err, errMachine) && ctx.Err() == nil {
		r.Again = append(r.Again, err.Error())
		fmt.Fprintf(stderr, "%v; it is tried once more\n", err)
		found, err = run(ctx, group, number)
	}
	for key, s := range found {
		r.Samples[key] = append(r.Samples[key], s)
	}
	return err
}

// errMachine is that of a process that the machine kept from measuring. A subject that does something wrong is no such error, and
// no panic is.
var errMachine = errors.New("for reasons of the machine")

// inChild returns what has a process of its own measure a group. Where its memory lies is then chosen anew, which can matter more
// than what is measured.
func (o options) inChild(stderr io.Writer) process {
	return func(ctx context.Context, group string, number int) (map[string]table.Sample, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, self, "-child", group, "-cell", o.cell.String(),
			"-rounds", strconv.Itoa(o.rounds), "-seed", strconv.FormatUint(o.seed+uint64(number), 10))
		if o.profile != "" && number == 0 {
			cmd.Args = append(cmd.Args, "-cpuprofile", o.profile)
		}
		cmd.Env = append(os.Environ(), "GOGC=off") // but for a collection before each load; README.md says why
		cmd.Stderr = stderr
		cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL} // whatever becomes of this one
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("peers: %s, process %d: %w", group, number+1, childError(err))
		}
		var samples map[string]table.Sample
		if err := json.Unmarshal(out, &samples); err != nil {
			return nil, fmt.Errorf("peers: %s: %w", group, err)
		}
		return samples, nil
	}
}

// childError says of a process that ended badly whether the machine is to blame: it said so, or was killed, as the kernel does where
// memory runs out.
func childError(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	status, _ := exit.Sys().(syscall.WaitStatus)
	if status.ExitStatus() == exitAgain || status.Signaled() && status.Signal() == unix.SIGKILL {
		return fmt.Errorf("%w: %w", errMachine, err)
	}
	return err
}

// ofMachine reports whether a process could not measure because of what the machine did.
func ofMachine(err error) bool {
	return errors.Is(err, turns.ErrCollected) || errors.Is(err, unix.ENOMEM)
}
