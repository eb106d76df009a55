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
	"slices"

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
	exitAgain     = 75 // of a process that measures a group: EX_TEMPFAIL of sysexits.h
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
		err = o.together()
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
	groups := slices.DeleteFunc(cells.All(), func(g cells.Group) bool { return len(g.Wanted(o.wants)) == 0 })
	switch {
	case len(groups) == 0:
		fmt.Fprintf(stderr, "peers: no row matches %q; -list lists them\n", o.cell)
		return exitUsage
	case o.list:
		for _, g := range groups {
			for _, r := range g.Wanted(o.wants) {
				fmt.Fprintf(stdout, "%-60s %s\n", r.Key(), r.Target)
			}
		}
		return exitMet
	case o.child != "":
		err = child(o, stdout)
	default:
		var worst table.Verdict
		if worst, err = report(ctx, o, groups, stdout, stderr); err == nil {
			return exits[worst]
		}
	}
	switch {
	case ctx.Err() != nil:
		return exitStopped
	case err != nil:
		fmt.Fprintln(stderr, err)
		if o.child != "" && ofMachine(err) {
			return exitAgain
		}
		return exitFailed
	}
	return exitMet
}

// report measures the groups, tells what came out, and returns the worst of it.
func report(ctx context.Context, o options, groups []cells.Group, stdout, stderr io.Writer) (worst table.Verdict, err error) {
	if o.md {
		if o.commit, err = measurable("."); err != nil {
			return worst, err
		}
	}
	r := newReport(o)
	if err := r.measure(ctx, o, groups, o.inChild(stderr), stderr); err != nil {
		return worst, err
	}
	var rows []table.Row
	for _, g := range groups {
		rows = append(rows, g.Wanted(o.wants)...)
	}
	results, err := table.Join(rows, r.Samples)
	if err != nil {
		return worst, err
	}
	return table.Worst(results), r.tell(o, results, stdout)
}

// wants reports whether a row is to be measured.
func (o options) wants(r table.Row) bool { return o.cell.MatchString(r.Key()) }

// exits are the statuses that verdicts lead to.
var exits = map[table.Verdict]int{table.Met: exitMet, table.Undecided: exitUndecided, table.Missed: exitMissed}

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
