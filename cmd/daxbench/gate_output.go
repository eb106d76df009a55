package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
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

// writeWhole replaces a file by what write writes, or leaves it as it is. What is no regular file, such as a pipe or
// /dev/stdout, is written to and not replaced; a link is followed.
func writeWhole(name string, write func(io.Writer) error) error {
	data, err := written(name, write)
	if err != nil {
		return err
	}
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return usagef("%s is a folder: name a file", name)
	case err == nil && !info.Mode().IsRegular():
		return writeInto(name, data)
	}
	target := name
	if there, err := filepath.EvalSymlinks(name); err == nil {
		target = there
	}
	return rename(name, target, data)
}

// replaceFile replaces a file, or a link, by what write writes, or leaves it as it is.
func replaceFile(name string, write func(io.Writer) error) error {
	data, err := written(name, write)
	if err != nil {
		return err
	}
	return rename(name, name, data)
}

// written is what write writes into the file that is called name.
func written(name string, write func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b.Bytes(), nil
}

// rename puts data in place of the file target, which errors call name.
func rename(name, target string, data []byte) error {
	if err := renameio.WriteFile(target, data, 0o666, renameio.WithTempDir(filepath.Dir(target))); err != nil {
		return fmt.Errorf("%s cannot be written, and is as it was: %w", name, reason(err))
	}
	return nil
}

// reason is an error of the file system without the name of a temporary file.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// writeInto writes to what is there.
func writeInto(name string, text []byte) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(text)
	return err
}

// keep writes the report to the gate's folder, whatever else was asked for.
func keep(dir string, r *gate.Report) error {
	return writeWhole(filepath.Join(dir, reportName), func(w io.Writer) error { return render.GateJSON(w, r, render.Options{}) })
}
