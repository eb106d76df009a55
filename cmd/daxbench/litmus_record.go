package main

import (
	"context"
	"errors"

	"daxbench/engine/layout"
	"daxbench/engine/vfs"
	"daxbench/workloads/litmus"
)

// recordLitmus plays all scenarios under these policies, named as layout.Lookup takes them, on an engine made like a kernel
// (a preset; empty: as it is by itself), and leaves litmus.json in the folder dir, in place of one that is there. The error is
// a badAnswer if a policy does not do what it declares: the file is written all the same.
func recordLitmus(ctx context.Context, dir string, policies []string, kernel string) (err error) {
	var list []layout.Policy
	for _, name := range policies {
		p, err := layout.Lookup(name)
		if err != nil {
			return usageError{err}
		}
		list = append(list, p)
	}
	var preset vfs.Preset
	if kernel != "" {
		if preset, err = vfs.LookupPreset(kernel); err != nil {
			return usageError{err}
		}
	}
	columns, closeAll := litmus.Engines(list, preset)
	defer func() { err = errors.Join(err, closeAll()) }()
	_, err = litmus.Play(ctx, columns, litmus.All())
	return err
}
