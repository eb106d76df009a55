package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"strings"
)

// A Pool does jobs in several processes, since a process can play one schedule
// at a time. Without a Command it does them itself, one after the other.
type Pool struct {
	Workers int
	// Command returns a command that runs Worker on its standard input and
	// output, and ends at the end of its input.
	Command func(context.Context) *exec.Cmd
}

// Each schedule leaves some 15 KB of garbage in a heap that is otherwise next to
// empty. With gcPercent it is collected at some 30 MB, not at 4.
const gcPercent = 800

// Worker does the jobs that it reads from r, one JSON value each, and writes
// their reports to w. It ends with r. The process is its own.
func Worker(r io.Reader, w io.Writer) error {
	debug.SetGCPercent(gcPercent)
	in, out := json.NewDecoder(r), json.NewEncoder(w)
	for {
		var j Job
		if err := in.Decode(&j); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("verify worker: %w", err)
		}
		if err := out.Encode(Do(j)); err != nil {
			return fmt.Errorf("verify worker: %w", err)
		}
	}
}

// answer is the report of the job with that index, or why there is none.
type answer struct {
	job    int
	report Report
	err    error
}

// Do does all jobs and calls done, in this goroutine, with each report as it
// comes. It stops at the first error, be it a worker's, done's or ctx's.
func (p *Pool) Do(ctx context.Context, jobs []Job, done func(job int, r Report) error) error {
	if p.Command == nil {
		for i, j := range jobs {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := done(i, Do(j)); err != nil {
				return err
			}
		}
		return nil
	}
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	next, answers := make(chan int), make(chan answer)
	workers := max(1, min(p.Workers, len(jobs)))
	for range workers {
		go p.work(ctx, jobs, next, answers)
	}
	go func() {
		defer close(next)
		for i := range jobs {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	var err error
	for running := workers; running > 0; {
		a := <-answers
		switch {
		case a.job < 0:
			running--
			err = first(err, a.err)
		case err == nil:
			err = done(a.job, a.report)
		}
		if err != nil {
			cancel()
		}
	}
	cancel()
	return first(context.Cause(outer), err)
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// work starts a process and gives it jobs until there are no more. Its last
// answer has job -1.
func (p *Pool) work(ctx context.Context, jobs []Job, next <-chan int, answers chan<- answer) {
	var stderr bytes.Buffer
	cmd := p.Command(ctx)
	cmd.Stderr = &stderr
	err := func() error {
		in, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		dec, enc := json.NewDecoder(out), json.NewEncoder(in)
		for i := range next {
			var r Report
			if err = enc.Encode(jobs[i]); err == nil {
				err = dec.Decode(&r)
			}
			if err != nil {
				break
			}
			answers <- answer{job: i, report: r}
		}
		in.Close()
		return first(cmd.Wait(), err)
	}()
	if err != nil {
		err = fmt.Errorf("verify worker: %w%s", err, after(strings.TrimSpace(stderr.String())))
	}
	answers <- answer{job: -1, err: err}
}

// after puts what a process said behind its error.
func after(said string) string {
	if said == "" {
		return ""
	}
	return ": " + said
}
