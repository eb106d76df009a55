package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"daxbench/baselines"
	"daxbench/reports/folder"
	"daxbench/reports/gate"
)

// judgeAgain judges what lies in a gate's folder.
func (f *gateFlags) judgeAgain(suite *gate.Suite) (*gate.Report, error) {
	s, err := gate.ReadSamples(filepath.Join(f.judge, gate.SamplesName))
	if err != nil {
		return nil, inputError{fmt.Errorf("nothing can be judged: %w. Measure again with daxbench gate -base", err)}
	}
	return gate.Judge(s, suite, s.Looks())
}

// judgeRuns compares the ratios between policies inside two runs: way 2.
func (f *gateFlags) judgeRuns(suite *gate.Suite) (*gate.Report, error) {
	base, err := readRunFolder("base", f.base)
	if err != nil {
		return nil, err
	}
	head, err := readRunFolder("head", f.head)
	if err != nil {
		return nil, err
	}
	return gate.Within(base, head, suite)
}

// readRunFolder reads the run of a side.
func readRunFolder(side, dir string) (*folder.Run, error) {
	if err := onlyKernels(dir); err != nil {
		return nil, err
	}
	run, err := folder.Read(dir)
	if err != nil {
		return nil, inputError{fmt.Errorf("the %s cannot be used: %w. Make it anew with daxbench run -o", side, err)}
	}
	return run, nil
}

// judgeRecord compares exact counts with those of a record, and shows the times of a run as a trend: way 3.
func (f *gateFlags) judgeRecord(ctx context.Context) (*gate.Report, error) {
	var trend *folder.Run // first: what cannot be read shall not cost a census
	if f.head != "" {
		run, err := readRunFolder("head", f.head)
		if err != nil {
			return nil, err
		}
		trend = run
	}
	dir := filepath.Clean(f.baseline)
	if err := onlyKernels(dir); err != nil {
		return nil, err
	}
	entry, err := findRecord(dir)
	if err != nil {
		return nil, err
	}
	if err := entry.Err(); err != nil {
		return nil, err
	}
	if entry.Counts == nil {
		return nil, &undecided{fmt.Sprintf("no verdict: %s has no exact counts to compare with; daxbench baseline record makes a record that has", dir)}
	}
	base, err := gate.ReadCounts("the counts of "+dir, bytes.NewReader(entry.Counts))
	if err != nil {
		return nil, inputError{fmt.Errorf("%w. Record it anew with daxbench baseline record", err)}
	}
	text, err := censusOf(ctx, f.stderr, entry.Workloads())
	var bad *badAnswer
	if err != nil && !errors.As(err, &bad) { // what is bad stands in the counts
		return nil, err
	}
	head, err := gate.ReadCounts("census of this program", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	report := gate.Exact(base, head)
	report.Base, report.Head = gate.Binary{Name: dir, Commit: entry.Commit()}, gate.Binary{Name: "this program", Tool: tool}
	if trend != nil {
		addTrend(report, entry.Run, trend)
	}
	return report, nil
}

// findRecord finds the record whose folder is dir.
func findRecord(dir string) (*baselines.Entry, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(full); err != nil {
		return nil, fmt.Errorf("nothing is recorded in %s: %w", dir, reason(err))
	}
	machine := filepath.Dir(full)
	store, err := baselines.Open(filepath.Dir(machine))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	entry, err := store.Find(filepath.Base(machine), filepath.Base(full))
	if errors.Is(err, baselines.ErrNone) || errors.Is(err, baselines.ErrName) {
		return nil, usagef("-baseline %s: want the folder of a record, <baselines>/<machine>/<date>-<commit>: %w", dir, err)
	}
	return entry, err
}

// addTrend shows the times of a run beside those of the record, if the machine and the settings are the same.
func addTrend(r *gate.Report, base, head *folder.Run) {
	var differs error
	for _, d := range baselines.Forbidding(baselines.Diff(baselines.Of(&base.Manifest), baselines.Of(&head.Manifest))) {
		differs = errors.Join(differs, errors.New(d.String()))
	}
	r.AddTrend(base, head, differs)
}
