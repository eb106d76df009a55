package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"daxbench/engine/peers/turns"
	"daxbench/reports/stats"
	"daxbench/workloads/record"
)

// together says why these flags do not make the table of the document, nil if they do.
func (o *options) together() error {
	if o.cell.String() != "" || o.quick || o.blocks < stats.MinPairs {
		return fmt.Errorf("peers: the table has all rows with intervals over processes: -md wants no -cell and no -quick, and -blocks of %d or more", stats.MinPairs)
	}
	return nil
}

// measurable returns the commit that is measured for the document. The error says why this machine, build or checkout cannot.
func measurable(folder string) (commit string, err error) {
	switch {
	case turns.Processors() < 2:
		return "", errors.New("peers: the table has rows of two workers: -md wants two processors")
	case record.Look().Race:
		return "", errors.New("peers: the race detector is built in: -md wants a build without -race")
	}
	return clean(folder)
}

// clean returns the commit that is checked out around a folder. The error lists what is not as in that commit, but for what -md
// writes: the commit in the table must be the code that ran.
func clean(folder string) (commit string, err error) {
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", folder}, args...)...).Output()
		if err != nil {
			return "", fmt.Errorf("peers: git %s: %w: -md wants a checkout", args[0], err)
		}
		return strings.TrimSpace(string(out)), nil
	}
	if commit, err = git("rev-parse", "HEAD"); err != nil {
		return "", err
	}
	const short = 12 // as record.Commit has it
	commit = commit[:short]
	changed, err := git("status", "--porcelain", "--", ":(top)", ":(top,exclude)engine/README.md", ":(top,exclude)engine/peers/"+figures)
	switch {
	case err != nil:
		return "", err
	case changed != "":
		return "", fmt.Errorf("peers: -md measures what is committed; commit this first, or put it elsewhere:\n%s", changed)
	case record.Stamped() != "" && record.Stamped() != commit:
		return "", fmt.Errorf("peers: built from %s, with %s checked out: run -md by go run", record.Stamped(), commit)
	}
	return commit, nil
}
