// Peers holds the engine against the best libraries for what it does, and against what the machine can do at all: by turns,
// in one process, and then in others. README.md says how to read what it prints.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"

	"daxbench/engine/peers/cells"
	"daxbench/engine/peers/table"
)

// Exit statuses, as those of daxbench.
const (
	exitMet       = 0
	exitMissed    = 1
	exitUsage     = 2
	exitUndecided = 3
	exitFailed    = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	cell   *regexp.Regexp
	rounds int
	blocks int
	seed   uint64
	list   bool
	child  string // group that this process measures for its parent
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	set := flag.NewFlagSet("peers", flag.ContinueOnError)
	set.SetOutput(stderr)
	cell := set.String("cell", "", "measure only rows whose name matches this `regexp`")
	quick := set.Bool("quick", false, "two processes of 100 rounds: no interval over processes")
	set.IntVar(&o.rounds, "rounds", 400, "rounds in each process")
	set.IntVar(&o.blocks, "blocks", 6, "processes, one after the other; with fewer than 6 there is no interval over them")
	set.Uint64Var(&o.seed, "seed", 1, "of keys and orders")
	set.BoolVar(&o.list, "list", false, "list the rows with their targets, and measure nothing")
	set.StringVar(&o.child, "child", "", "for its own use: measure `group` once and print samples")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.rounds, o.blocks = 100, 2
	}
	if set.NArg() > 0 || o.rounds < 8 || o.blocks < 1 {
		return o, errors.New("peers: want no arguments, -rounds of 8 or more and -blocks of 1 or more")
	}
	o.cell, err = regexp.Compile(*cell)
	return o, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitMet
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	wants := func(r table.Row) bool { return o.cell.MatchString(r.Key()) }
	var rows []table.Row
	for _, g := range cells.All() {
		rows = append(rows, g.Wanted(wants)...)
	}
	switch {
	case len(rows) == 0:
		fmt.Fprintf(stderr, "peers: no row matches %q; -list lists them\n", o.cell)
		return exitUsage
	case o.list:
		for _, r := range rows {
			fmt.Fprintf(stdout, "%-60s %s\n", r.Key(), r.Target)
		}
		return exitMet
	case o.child != "":
		err = child(o, wants, stdout)
	default:
		return measure(ctx, o, wants, rows, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return exitMet
}

// measure has processes measure all groups that have a wanted row, prints the table, and returns the exit status.
func measure(ctx context.Context, o options, wants func(table.Row) bool, rows []table.Row, stdout, stderr io.Writer) int {
	var samples []table.Sample
	for _, g := range cells.All() {
		if len(g.Wanted(wants)) == 0 {
			continue
		}
		for block := range o.blocks {
			fmt.Fprintf(stderr, "%s: process %d of %d\n", g.Name, block+1, o.blocks)
			found, err := inChild(ctx, o, g.Name, block, stderr)
			if err != nil {
				fmt.Fprintln(stderr, err)
				return exitFailed
			}
			samples = append(samples, found...)
		}
	}
	results, err := table.Join(rows, samples)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	fmt.Fprintln(stdout, table.Text(results))
	switch table.Worst(results) {
	case table.Missed:
		return exitMissed
	case table.Undecided:
		return exitUndecided
	}
	return exitMet
}
