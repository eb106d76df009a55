package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"daxbench/reports/compare"
	"daxbench/reports/folder"
	"daxbench/reports/gallery"
	"daxbench/reports/kernels"
	"daxbench/reports/render"
	"daxbench/reports/serve"
)

// serveFlags are the flags of serve as they were given.
type serveFlags struct {
	listen string
	poll   time.Duration
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags] FOLDER",
		Short: "show a folder of runs in a browser of this machine",
		Long: "Serve prints an address that a browser on this machine opens: an index of all\n" +
			"runs below a folder, the newest first; the report of each, made anew from its\n" +
			"files; the files; and how far a run has come that is still going, which the page\n" +
			"follows by itself.\n\n" +
			"It listens on loopback addresses only, answers to requests that name one, and\n" +
			"changes nothing. Symbolic links and hidden folders are not followed. Whoever\n" +
			"else is logged in on this machine can read along. To look from elsewhere,\n" +
			"forward the port: ssh -L 8080:127.0.0.1:8080 machine.\n\n" +
			"An interrupt (Ctrl-C) or SIGTERM ends it, and a second one at once. Exit status:\n" +
			"0 it was told to end, which is how a server comes to its end; 2 usage, or an\n" +
			"address that others can reach; 4 no such folder, or the port is taken; 130, 143\n" +
			"at the second signal.",
		Example: "  daxbench serve results\n" +
			"  daxbench serve baselines -listen 127.0.0.1:8080",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("serve what? Give the folder that runs are in, such as results; see daxbench help serve")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.execute(cmd, args[0]) },
	}
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringVar(&f.listen, "listen", "127.0.0.1:0", "listen on `address`, a loopback address and a port (default 127.0.0.1:0: a port that is free)")
	fl.DurationVar(&f.poll, "poll", serve.DefaultPoll, "look every `time` how far a run has come (default 1s)")
	return cmd
}

// execute serves until a signal. That is no early end, as nothing is left half done and no answer is missing: the status is 0.
func (f *serveFlags) execute(cmd *cobra.Command, dir string) error {
	if f.poll < 10*time.Millisecond {
		return usagef("-poll %v is less than 10ms", f.poll)
	}
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return &nothingError{fmt.Sprintf("%s: there is no such folder", dir)}
	} else if err == nil && !info.IsDir() {
		return &nothingError{fmt.Sprintf("%s is no folder: give the one that runs are in", dir)}
	}
	ctx, stop := withSignals(cmd.Context())
	defer stop()
	stderr := cmd.ErrOrStderr()
	server, err := serve.New(dir, serve.Options{
		Report: pageOf, Verdict: findingOf, Poll: f.poll,
		Warn: func(text string) { fmt.Fprintf(stderr, "daxbench: %s\n", text) },
	})
	if err != nil {
		return err
	}
	defer server.Close()
	ln, err := serve.Listen(f.listen)
	if errors.Is(err, serve.ErrListen) || errors.Is(err, serve.ErrAddress) {
		return usagef("-listen: %w", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "daxbench: showing %s on this machine only; Ctrl-C ends it\n", printable(dir))
	fmt.Fprintf(cmd.OutOrStdout(), "http://%s/\n", ln.Addr())
	return server.Serve(ctx, ln)
}

// pageOf is the report of the run in a folder, as daxbench report makes it.
func pageOf(ctx context.Context, in serve.Folder, name string) ([]byte, error) {
	if m, err := servedKernels(in); m != nil || err != nil {
		return kernelsPage(m, name, in.Dir, err)
	}
	src, err := servedSource(in)
	if err != nil {
		return nil, err
	}
	src.Name = name
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := onePage(src)
	if p == nil {
		return nil, err
	}
	var out bytes.Buffer // what it lacks stands in its warnings
	err = render.HTML(&out, p, render.HTMLOptions{})
	return out.Bytes(), err
}

// servedSource reads the run in a folder as the server lets it be seen.
func servedSource(in serve.Folder) (*gallery.Source, error) {
	run, err := folder.ReadFS(in.FS, in.Dir)
	if err != nil {
		return nil, inputError{err}
	}
	return sourceOf(run, "")
}

// servedKernels reads what scenarios came to on kernels in a folder that has no run; nil if it has one.
func servedKernels(in serve.Folder) (*kernels.Matrix, error) {
	for _, name := range []string{folder.ManifestName, folder.ResultsName} {
		if _, err := fs.Stat(in.FS, name); err == nil {
			return nil, nil
		}
	}
	m, err := kernels.ReadFS(in.FS, in.Dir)
	if err != nil {
		err = inputError{err}
	}
	return m, err
}

// kernelsPage is the report of scenarios on kernels, as daxbench report makes it.
func kernelsPage(m *kernels.Matrix, name, dir string, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = render.HTML(&out, newKernelsPage(m, name, dir), render.HTMLOptions{})
	return out.Bytes(), err
}

// findingOf is the first thing to know of the run in a folder.
func findingOf(_ context.Context, in serve.Folder) (string, error) {
	if m, err := servedKernels(in); err != nil {
		return "", err
	} else if m != nil {
		for _, s := range m.Sentences() {
			return s.Text, nil
		}
		return "", nil
	}
	src, err := servedSource(in)
	if err != nil {
		return "", err
	}
	for _, s := range compare.Summary(src.Table) {
		return s.Text, nil
	}
	return "", nil
}
