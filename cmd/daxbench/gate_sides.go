package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"daxbench/workloads/lockstep"
)

// side is one of the two builds that a gate compares.
type side struct {
	name   string // as the user gave it
	commit string // "" if only the program itself can say
	builds []lockstep.Build
}

// sides finds or builds both. Executables that are built go below dir.
func (f *gateFlags) sides(ctx context.Context, dir string) (base, head side, warnings []string, err error) {
	b := builder{dir: dir, layouts: f.layouts, stderr: f.stderr, first: 1}
	if f.baseRef != "" {
		base, err = b.revision(ctx, "base", f.baseRef)
	} else {
		base, err = executable(f.base)
	}
	if err != nil {
		return base, head, nil, err
	}
	switch {
	case f.headRef != "":
		head, err = b.revision(ctx, "head", f.headRef)
	case f.head == "" && f.baseRef != "":
		head, err = b.checkout(ctx)
	case f.head == "":
		head, err = self()
	default:
		head, err = executable(f.head)
	}
	if err != nil {
		return base, head, nil, err
	}
	warnings = b.warnings
	if same, err := sameFile(base.builds[0].Path, head.builds[0].Path); err != nil {
		return base, head, nil, err
	} else if same {
		warnings = append(warnings, "base and head are the same executable, byte for byte")
	}
	return base, head, warnings, nil
}

// self is this program.
func self() (side, error) {
	path, err := os.Executable()
	if err != nil {
		return side{}, err
	}
	return side{name: "this program", builds: []lockstep.Build{{Path: path}}}, nil
}

// executable is a file that can be run.
func executable(name string) (side, error) {
	if err := onlyKernels(name); err != nil {
		return side{}, err
	}
	file := name
	if _, err := os.Stat(name); err == nil && filepath.Base(name) == name {
		file = "." + string(filepath.Separator) + name // the one that is here, and not one of that name elsewhere
	}
	path, err := exec.LookPath(file)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return side{}, usagef("%s cannot be run: %w", name, err)
	}
	return side{name: name, builds: []lockstep.Build{{Path: path}}}, nil
}

// sameFile says whether two files have the same bytes.
func sameFile(a, b string) (bool, error) {
	sum := func(name string) (s [sha256.Size]byte, err error) {
		file, err := os.Open(name)
		if err != nil {
			return s, err
		}
		defer file.Close()
		h := sha256.New()
		_, err = io.Copy(h, file)
		return [sha256.Size]byte(h.Sum(nil)), err
	}
	x, err := sum(a)
	if err != nil {
		return false, err
	}
	y, err := sum(b)
	return x == y, err
}

// builder builds daxbench from the git checkout of the current folder.
type builder struct {
	dir      string // for executables and worktrees
	layouts  int
	first    int // layouts are numbered from here on
	stderr   io.Writer
	warnings []string
}

// twins builds one revision twice, with other layouts: the same source, and as different as two builds of it can be.
func (f *gateFlags) twins(ctx context.Context, dir string) (base, head side, err error) {
	b := builder{dir: dir, layouts: f.layouts, stderr: f.stderr, first: 1}
	if base, err = b.revision(ctx, "base", f.baseRef); err != nil {
		return base, head, err
	}
	b.first += f.layouts
	head, err = b.revision(ctx, "head", f.baseRef)
	if err == nil && b.layouts == 0 {
		err = usagef("this linker cannot lay code out at random: prove it with -base FILE")
	}
	return base, head, err
}

// git runs git. Its errors are the user's: no checkout, or no such revision.
func git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return "", usagef("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// short is how many digits of a commit are shown.
const short = 12

// revision builds a revision in a worktree of its own, which is removed again.
func (b *builder) revision(ctx context.Context, name, revision string) (s side, err error) {
	commit, err := git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return s, usagef("this checkout has no revision %q: %w", revision, err)
	}
	tree := filepath.Join(b.dir, name+"-tree")
	git(ctx, "worktree", "prune") // of gates that were killed; it is no matter if it cannot
	if _, err := git(ctx, "worktree", "add", "--force", "--detach", tree, commit); err != nil {
		return s, err
	}
	defer func() {
		if _, e := git(context.WithoutCancel(ctx), "worktree", "remove", "--force", tree); e != nil {
			err = errors.Join(err, e)
		}
	}()
	s = side{name: revision, commit: commit[:min(short, len(commit))]}
	s.builds, err = b.build(ctx, name, tree)
	return s, err
}

// checkout builds what is in the working tree, committed or not.
func (b *builder) checkout(ctx context.Context) (s side, err error) {
	top, err := git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return s, err
	}
	commit, err := git(ctx, "rev-parse", "HEAD")
	if err != nil {
		return s, err
	}
	changes, err := git(ctx, "status", "--porcelain", "--", "*.go", "*.s", "*.toml", "*.pgo", "go.mod", "go.sum") // what is built, tracked or not
	if err != nil {
		return s, err
	}
	s = side{name: "the checkout", commit: commit[:min(short, len(commit))]}
	if changes != "" {
		s.commit += "-dirty"
	}
	s.builds, err = b.build(ctx, "head", top)
	return s, err
}

// profile is the profile that both sides are built with, which is that of this checkout, or off: one that was renewed would
// else be part of the change.
func profile(ctx context.Context) (string, error) {
	top, err := git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	name := filepath.Join(top, "cmd", "daxbench", "default.pgo")
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		return "off", nil
	}
	return name, nil
}

// interruptLimit is how long a build that was told to stop may take to do so: it ends the compilers.
const interruptLimit = 10 * time.Second

// build builds the tree, once per layout. -trimpath makes builds of the same source the same, wherever it lies, and what
// profiles need is in the executable without the debugger's tables.
func (b *builder) build(ctx context.Context, name, tree string) (list []lockstep.Build, err error) {
	fmt.Fprintf(b.stderr, "daxbench: building the %s\n", name)
	pgo, err := profile(ctx)
	if err != nil {
		return nil, err
	}
	for layout := range max(b.layouts, 1) {
		out := lockstep.Build{Path: filepath.Join(b.dir, fmt.Sprintf("%s-%d", name, layout+1)), Layout: uint64(layout + b.first)}
		flags := fmt.Sprintf("-s -w -randlayout=%d", out.Layout)
		if b.layouts == 0 {
			flags, out.Layout = "-s -w", 0
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-pgo", pgo, "-ldflags", flags, "-o", out.Path, "./cmd/daxbench")
		cmd.Dir = tree
		cmd.Env = append(os.Environ(), "GOTMPDIR="+b.dir) // it is removed, whatever becomes of the build
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = interruptLimit
		text, err := cmd.CombinedOutput()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && layout == 0 && b.layouts > 0 && bytes.Contains(text, []byte("randlayout")):
			b.layouts = 0
			b.warnings = append(b.warnings, "this linker cannot lay code out at random: where the code happens to lie counts as part of the change")
			return b.build(ctx, name, tree)
		case err != nil:
			return nil, inputError{fmt.Errorf("the %s cannot be built: %w\n%s", name, err, bytes.TrimSpace(text))}
		}
		list = append(list, out)
	}
	return list, nil
}
