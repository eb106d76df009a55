package main

import (
	"context"
	"errors"
	"path/filepath"

	"daxbench/reports/folder"
	"daxbench/reports/gate"
)

// judgeAgain judges what lies in a gate's folder.
func (f *gateFlags) judgeAgain(suite *gate.Suite) (*gate.Report, error) {
	s, err := gate.ReadSamples(filepath.Join(f.judge, gate.SamplesName))
	if err != nil {
		return nil, err
	}
	return gate.Judge(s, suite, s.Looks())
}

// judgeRuns compares the ratios between policies inside two runs: way 2.
func (f *gateFlags) judgeRuns(suite *gate.Suite) (*gate.Report, error) {
	base, err := folder.Read(f.base)
	if err != nil {
		return nil, err
	}
	head, err := folder.Read(f.head)
	if err != nil {
		return nil, err
	}
	return gate.Within(base, head, suite)
}

// judgeRecord compares exact counts with those of a record: way 3.
func (f *gateFlags) judgeRecord(ctx context.Context, suite *gate.Suite) (*gate.Report, error) {
	return nil, errors.New("not yet")
}
