package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"

	"daxbench/reports/gate"
	"daxbench/reports/render"
)

// Names of what a gate leaves in its folder, besides the samples.
const (
	reportName = "report.json"
	proofName  = "proof.json"
)

// checkOutputs refuses two reports on standard output, and chooses text if nothing else goes there.
func (f *gateFlags) checkOutputs() error {
	there := ""
	for _, name := range slices.Sorted(maps.Keys(f.outputs)) {
		if _, ok := render.LookupProof(name); f.prove && *f.outputs[name] != "" && !ok {
			return usagef("-%s: a proof has no such format", name)
		}
		if *f.outputs[name] != "-" {
			continue
		}
		if there != "" && there != "github" && name != "github" { // GitHub finds its commands among other lines
			return usagef("-%s and -%s cannot both be written to standard output", there, name)
		}
		there = name
	}
	if text := f.outputs["text"]; *text == "" && (there == "" || there == "github") {
		*text = "-"
	}
	return nil
}

// write writes the report in all formats that were asked for.
func (f *gateFlags) write(r *gate.Report) error {
	return f.each(func(name string, w io.Writer, o render.Options) error {
		format, _ := render.LookupGate(name)
		return format.Write(w, r, o)
	})
}

// each writes each format that was asked for to where it was asked for.
func (f *gateFlags) each(write func(format string, w io.Writer, o render.Options) error) (err error) {
	for _, name := range slices.Sorted(maps.Keys(f.outputs)) {
		file := *f.outputs[name]
		o := render.Options{Width: render.DefaultWidth, Verbose: f.verbose}
		switch file {
		case "":
		case "-":
			if width, ok := terminal(f.stdout); ok {
				o.Width, o.Colour = width, colour(f.stdout)
			}
			err = errors.Join(err, write(name, f.stdout, o))
		default:
			err = errors.Join(err, writeWhole(file, func(w io.Writer) error { return write(name, w, o) }))
		}
	}
	return err
}

// writeWhole replaces a file by what write writes, or leaves it as it is.
func writeWhole(name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return renameio.WriteFile(name, b.Bytes(), 0o666, renameio.WithTempDir(filepath.Dir(name)))
}

// keep writes the report to the gate's folder, whatever else was asked for.
func keep(dir string, r *gate.Report) error {
	return writeWhole(filepath.Join(dir, reportName), func(w io.Writer) error { return render.GateJSON(w, r, render.Options{}) })
}
