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
	"golang.org/x/sys/unix"
)

// Exit statuses, as those of daxbench.
const (
	exitMet       = 0
	exitMissed    = 1
	exitUsage     = 2
	exitUndecided = 3
	exitFailed    = 4
	exitStopped   = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	cell    *regexp.Regexp
	rounds  int
	blocks  int
	seed    uint64
	quick   bool
	list    bool
	md      bool
	json    string
	profile string // file
	commit  string // that is measured, with md
	command string // with which these are measured again
	child   string // group that this process measures for its parent
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	set := flag.NewFlagSet("peers", flag.ContinueOnError)
	set.SetOutput(stderr)
	cell := set.String("cell", "", "measure only rows whose name matches this `regexp`")
	set.BoolVar(&o.quick, "quick", false, "two processes of 20 rounds: no interval over processes")
	set.IntVar(&o.rounds, "rounds", 30, "rounds in each process")
	set.IntVar(&o.blocks, "blocks", 9, "processes, one after the other; with fewer than 6 there is no interval over them")
	set.Uint64Var(&o.seed, "seed", 1, "of keys and orders")
	set.BoolVar(&o.list, "list", false, "list the rows with their targets, and measure nothing")
	set.BoolVar(&o.md, "md", false, "also write the table into "+document+", and what it is made of to "+figures)
	set.StringVar(&o.json, "json", "", "also write what the table is made of to `file`")
	set.StringVar(&o.profile, "cpuprofile", "", "write a processor profile of the first process to `file`; of several groups, that of the last stays")
	set.StringVar(&o.child, "child", "", "for its own use: measure `group` once and print samples")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if o.quick {
		o.rounds, o.blocks = 20, 2
	}
	if set.NArg() > 0 || o.rounds < 8 || o.blocks < 1 {
		return o, errors.New("peers: want no arguments, -rounds of 8 or more and -blocks of 1 or more")
	}
	o.command = commandOf(set)
	if o.cell, err = regexp.Compile(*cell); err == nil && o.md {
		err = o.mayWrite()
	}
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
		report := newReport(o)
		var results []table.Result
		if err = report.measure(ctx, o, wants, stderr); err == nil {
			results, err = table.Join(rows, report.Samples)
		}
		if err == nil {
			err = report.tell(o, results, stdout)
		}
		if err == nil {
			return exits[table.Worst(results)]
		}
	}
	switch {
	case ctx.Err() != nil:
		return exitStopped
	case err != nil:
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return exitMet
}

// exits are the statuses that verdicts lead to.
var exits = map[table.Verdict]int{table.Met: exitMet, table.Undecided: exitUndecided, table.Missed: exitMissed}

// measure has processes measure all groups that have a wanted row. Those of a group do not follow each other: what the
// machine goes through meanwhile is in the intervals of all.
func (r *Report) measure(ctx context.Context, o options, wants func(table.Row) bool, stderr io.Writer) error {
	for block := range o.blocks {
		for _, g := range cells.All() {
			if len(g.Wanted(wants)) == 0 || g.Once && block > 0 {
				continue
			}
			fmt.Fprintf(stderr, "process %d of %d: %s\n", block+1, o.blocks, g.Name)
			for i := range 1 + g.Extra {
				found, err := inChild(ctx, o, g.Name, block+i*o.blocks, stderr)
				if err != nil {
					return err
				}
				for key, s := range found {
					r.Samples[key] = append(r.Samples[key], s)
				}
			}
		}
	}
	return nil
}

// tell prints the table, and writes it wherever else it was asked for.
func (r *Report) tell(o options, results []table.Result, stdout io.Writer) error {
	if _, err := fmt.Fprintf(stdout, "%s\n%s\n", table.Text(results), r.origin()); err != nil {
		return err
	}
	if o.json != "" {
		if err := r.write(o.json); err != nil {
			return err
		}
	}
	if o.md {
		return r.publish(document, figures)
	}
	return nil
}
