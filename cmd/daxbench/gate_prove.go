package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"daxbench/reports/gate"
	"daxbench/reports/render"
	"daxbench/reports/unit"
)

// proveIt gates a build against itself many times, some with planted further work, and says how often the gate was right.
// The rule is the suite's, frozen before the first trial, and no trial is left out.
func (f *gateFlags) proveIt(ctx context.Context, suite *gate.Suite) error {
	effects, err := f.planted()
	if err != nil {
		return err
	}
	builds, err := os.MkdirTemp("", "daxbench-gate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(builds)
	base, head, how, err := f.alike(ctx, builds)
	if err != nil {
		return err
	}
	g, err := f.newGating(ctx, suite, base, head)
	if err != nil {
		return err
	}
	dir, err := f.folder("prove")
	if err != nil {
		return err
	}
	fmt.Fprintf(f.stderr, "daxbench: %s of %s, about %s; seed %d; results go to %s\n", unit.Plural(len(effects), "gating"), suite.Title(),
		spell(time.Duration(len(effects)*len(suite.Cells))*perCell), f.seed, dir)
	var trials []gate.Trial
	progress := newSteps(f.stderr)
	for i, effect := range effects {
		progress.trial(i, len(effects), effect)
		var t gate.Trial
		if t, err = f.trial(ctx, suite, base, head, i, effect); err != nil {
			break
		}
		trials = append(trials, t)
		if err = keepTrial(dir, i, &t); err != nil {
			break
		}
		if effect == 0 {
			var lacking gate.Trial
			if lacking, err = without(t, suite, i%len(suite.Cells)); err != nil {
				break
			}
			trials = append(trials, lacking)
		}
	}
	progress.end()
	if err != nil && len(trials) == 0 {
		return err
	}
	proof, e := gate.Prove(trials, suite, gate.Promised())
	if e != nil {
		return errors.Join(err, e)
	}
	proof.Command, proof.Machine = gate.Command(g.samples.Command), gate.Machine(g.samples.Environment)
	proof.Warnings = append(proof.Warnings, how)
	if err != nil {
		proof.Warnings = append(proof.Warnings, fmt.Sprintf("ended after %d of %d gatings: %v", len(trials), len(effects), err))
	}
	if e := f.writeProof(dir, proof); e != nil {
		return e
	}
	switch {
	case err != nil:
		return err
	case proof.Failed():
		return &badAnswer{strings.Join(proof.Failures, "; ")}
	case !proof.Shown():
		return &undecided{strings.Join(proof.Open, "; ")}
	}
	return nil
}

// alike are two sides that do the same: one executable, or two builds of one revision. how says which.
func (f *gateFlags) alike(ctx context.Context, dir string) (base, head side, how string, err error) {
	if f.baseRef != "" {
		base, head, err = f.twins(ctx, dir)
		return base, head, fmt.Sprintf("base and head are builds of the same source, %s, with other link layouts, %d of each", base.commit, len(base.builds)), err
	}
	if f.base != "" {
		base, err = executable(f.base)
	} else {
		base, err = self()
	}
	return base, base, "base and head are the same executable: what the layout of code adds is not in these figures (see -base-ref)", err
}

// perCell is about how long a cell takes in a gating, measured on two busy cores.
const perCell = 6 * time.Second

// planted is the further work of each gating, as shares, in random order.
func (f *gateFlags) planted() (list []float64, err error) {
	for range f.trials {
		list = append(list, 0)
	}
	for _, given := range f.effects {
		for text := range strings.SplitSeq(given, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil || !(v > 0 && v <= 100) {
				return nil, usagef("-effects %q: want per cents above 0, up to 100", given)
			}
			for range (2*f.trials + 4) / 5 {
				list = append(list, v/100)
			}
		}
	}
	rand.New(rand.NewPCG(f.seed, 0)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// trial is one gating from start to end.
func (f *gateFlags) trial(ctx context.Context, suite *gate.Suite, base, head side, number int, effect float64) (t gate.Trial, err error) {
	own := *f
	own.seed = rand.New(rand.NewPCG(f.seed, uint64(number)+1)).Uint64()
	g, err := own.newGating(ctx, suite, base, head)
	if err != nil {
		return t, err
	}
	begun := time.Now()
	t = gate.Trial{Effect: effect}
	t.Report, err = g.run(ctx, effect)
	t.Seconds = time.Since(begun).Seconds()
	t.Samples = judged(&g.samples)
	return t, err
}

// without is the same gating with a declared cell left out of what was measured. It must not be green.
func without(t gate.Trial, suite *gate.Suite, cell int) (gate.Trial, error) {
	lacking := *t.Samples
	lacking.Cells = slices.DeleteFunc(slices.Clone(lacking.Cells), func(c gate.Sampled) bool { return c.Name == suite.Cells[cell].Name })
	report, err := gate.Judge(&lacking, suite, lacking.Looks())
	return gate.Trial{Missing: true, Report: report}, err
}

// keepTrial writes what a gating found: an interrupted proof keeps its finished trials.
func keepTrial(dir string, number int, t *gate.Trial) error {
	return writeWhole(filepath.Join(dir, fmt.Sprintf("trial-%04d.json", number+1)), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(map[string]any{
			"effect": t.Effect, "seconds": t.Seconds, "verdict": t.Report.Verdict, "cells": t.Report.Cells, "controls": t.Report.Controls,
		})
	})
}

// writeProof writes the proof in the formats that were asked for, and keeps it.
func (f *gateFlags) writeProof(dir string, p *gate.Proof) error {
	err := writeWhole(filepath.Join(dir, proofName), func(w io.Writer) error { return render.ProofJSON(w, p, render.Options{}) })
	return errors.Join(err, f.each(func(name string, w io.Writer, o render.Options) error {
		format, _ := render.LookupProof(name)
		return format.Write(w, p, o)
	}))
}
