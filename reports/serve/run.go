package serve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"daxbench/reports/folder"
	"daxbench/reports/kernels"
	"daxbench/reports/render"
)

// A state is how far a run came.
type state string

// The states. Those of a run.json are finished, interrupted, running and failed.
const (
	finished    state = "finished"
	interrupted state = "interrupted"
	failed      state = "failed"
	running     state = "running" // and somebody writes it
	silent      state = "silent"  // it says that it is running, but nobody writes it
	damaged     state = "damaged" // it cannot be read
	unread      state = "unread"  // there was no time to read it
	played      state = "kernels" // it is no run: scenarios were played on kernels
)

// about says what a state means where its name does not.
var about = map[state]string{
	interrupted: "It was stopped before its last round; daxbench run -resume continues it.",
	failed:      "It came to an early end by an error, which its last warning names.",
	silent:      "It says that it is running, but no process of this machine holds its folder: it was killed, or runs elsewhere.",
}

// freshFor is how long after its last write a run is held to be running whose lock is not seen: on some file systems
// /proc/locks has other numbers.
const freshFor = time.Minute

// A run is what a page says of a run.
type run struct {
	Dir     string // relative to the tree, with slashes
	State   state
	Trouble string // why it is damaged; cleaned
	Changed time.Time
	Verdict string // cleaned; empty if there is none
	*head          // nil if it is damaged, unread or played
	files   *listing
}

// look reads a run. Errors are in its State.
func (s *Server) look(dir string, holding holders) *run {
	r := &run{Dir: dir, files: s.tree.read(dir)}
	r.Changed = r.files.changed
	switch {
	case r.files.odd != "":
		return r.damage(fmt.Errorf("%q is no regular file", r.files.odd))
	case r.files.more:
		return r.damage(fmt.Errorf("there are more than %d files in its folder", maxListing))
	case !r.files.has(folder.ManifestName) && !r.files.has(folder.ResultsName) && r.files.has(kernels.Name):
		r.State = played
		return r
	case !r.files.has(folder.ManifestName):
		return r.damage(errors.New("run.json is missing"))
	}
	h, err := s.head(dir, r.files)
	if err != nil {
		return r.damage(err)
	}
	r.head, r.State = h, state(h.Status)
	switch r.State {
	case finished, interrupted, failed:
	case running:
		if !s.held(dir, holding) && time.Since(r.Changed) > freshFor {
			r.State = silent
		}
	default:
		return r.damage(fmt.Errorf("its status is %q", h.Status))
	}
	if !r.files.results {
		return r.damage(errors.New("results.txt is missing"))
	}
	return r
}

// damage marks a run as one that cannot be read.
func (r *run) damage(err error) *run {
	r.State, r.Trouble = damaged, render.Clean(err.Error(), maxText)
	return r
}

// held says whether somebody writes a run, as far as one can see.
func (s *Server) held(dir string, holding holders) bool {
	info, err := s.tree.lookAt(dir)
	return holding == nil || err == nil && holding.hold(info)
}

// said is what was found out about a run by reading all of it.
type said struct {
	text string
	err  error
}

// verdict is what is known of what a run found; ok is false if it must be read for that.
func (s *Server) verdict(r *run) (v said, ok bool) {
	if s.Verdict == nil || r.State == damaged || r.State == running || r.head != nil && r.Rounds == 0 {
		return v, true
	}
	if r.head == nil && r.State != played {
		return v, false
	}
	return s.said.get(r.Dir, r.files.stamp)
}

// judge adds the verdict, which takes reading all of the run.
func (s *Server) judge(ctx context.Context, r *run) {
	v, ok := s.verdict(r)
	if !ok && (r.head != nil || r.State == played) {
		v.text, v.err = s.Verdict(ctx, s.folderOf(r.Dir))
		if ctx.Err() != nil {
			return
		}
		v.text = render.Clean(v.text, maxText)
		if v.err != nil {
			v.err = errors.New(render.Clean(s.short(v.err), maxText))
		}
		s.said.put(r.Dir, r.files.stamp, v, 1)
	}
	if v.err != nil {
		r.damage(v.err)
	}
	r.Verdict = v.text
}

// short is the text of an error, with the names of files as they are below the folder that is shown.
func (s *Server) short(err error) string {
	return strings.ReplaceAll(err.Error(), strings.TrimSuffix(s.folderPath("."), "/")+"/", "")
}
