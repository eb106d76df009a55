package kernelfs

import (
	"context"
	"errors"
	"fmt"

	"daxbench/engine/kernelfs/aide"
	"daxbench/engine/kernelfs/proc"
)

// A Dir is a directory of our own on a mounted file system, for who only makes files there: storms. It is looked at and
// refused as New does; nothing is done to the mount or the machine.
type Dir struct {
	m    *Maker
	path string
}

// storms is the name in our directory.
const storms = aide.Storms

// Open makes a directory of our own in dir. Close must be called in the end. Once ctx is done, Open fails soon. Errors: ErrRefused, ErrUnfit, those of files.
// Precondition: main has called Serve.
func Open(ctx context.Context, dir string, o Options) (*Dir, error) {
	if !served {
		return nil, errNotServed
	}
	m := &Maker{ctx: ctx, aides: aides{ctx: ctx}, o: o, sys: proc.FS{Root: "/"}, bare: true}
	d := &Dir{m: m}
	err := m.open(dir)
	if err == nil {
		d.path = m.in(storms)
		_, err = m.aides.ask(aide.Request{Do: aide.Mkdir, Path: d.path}, aideLimit, nil)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), m.Close())
	}
	m.aides.close() // nobody of ours runs beside a storm
	return d, nil
}

// Path is the directory, which is empty and ours.
func (d *Dir) Path() string { return d.path }

// Kernel says what the directory was found to be. It has DAX if files in it can have it.
func (d *Dir) Kernel() *Kernel { return &d.m.kernel }

// Announce says in sentences what is going to be done.
func (d *Dir) Announce() []string {
	k := &d.m.kernel
	return []string{
		fmt.Sprintf("Linux %s, %s on %s, %s.", k.Release, k.FS, d.m.mount.Point, d.m.aboutDAX()),
		fmt.Sprintf("All files are made below %s, and removed in the end.", d.m.home),
	}
}

// Notes says in sentences what Open found, and did, that one may want to know.
func (d *Dir) Notes() []string { return d.m.notes }

// Close removes the directory with what is in it. If that gets stuck, it says what stays.
func (d *Dir) Close() error { return d.m.Close() }
