package serve

import (
	"cmp"
	"context"
	"path"
	"slices"
	"time"
)

// indexBudget is how long the index reads runs that are not known yet: a page that takes longer seems to be broken. The next one
// goes on where it ended.
const indexBudget = time.Second

// An overview is what the index shows.
type overview struct {
	Runs []*run // newest first
	Open int    // how many are not read to their end yet
	Cut  string // what was left out, in words; empty if nothing was
}

// overview reads the runs of the tree: first what each is, then what it found, and those first that were written last.
func (s *Server) overview(ctx context.Context) (*overview, error) {
	select {
	case s.index <- struct{}{}:
		defer func() { <-s.index }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, indexBudget)
	defer cancel()
	dirs, cut := s.newest()
	o, holding := &overview{Cut: cut}, readHolders()
	for _, dir := range dirs {
		r := &run{Dir: dir, State: unread}
		if ctx.Err() == nil {
			r = s.look(dir, holding)
		}
		o.Runs = append(o.Runs, r)
	}
	for _, r := range o.Runs {
		if ctx.Err() == nil {
			s.judge(ctx, r)
		}
		if ctx.Err() != nil && r.State != running && r.State != damaged {
			if _, ok := s.verdict(r); !ok {
				o.Open++
			}
		}
	}
	slices.SortStableFunc(o.Runs, func(a, b *run) int { return b.began().Compare(a.began()) })
	return o, nil
}

// newest lists the folders of runs, those that were written last first.
func (s *Server) newest() (dirs []string, cut string) {
	type dated struct {
		dir string
		at  time.Time
	}
	found, cut := s.tree.runs()
	list := make([]dated, len(found))
	for i, dir := range found {
		list[i].dir = dir
		for _, name := range marks {
			if info, err := s.tree.lookAt(path.Join(dir, name)); err == nil {
				list[i].at = info.ModTime()
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b dated) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.dir, b.dir)) })
	if len(list) > maxRuns {
		list, cut = list[:maxRuns], "There are more runs: only those that were written last are listed."
	}
	for _, d := range list {
		dirs = append(dirs, d.dir)
	}
	return dirs, cut
}

// began is when a run began, or else when it was written.
func (r *run) began() time.Time {
	if r.head != nil && !r.Started.IsZero() {
		return r.Started
	}
	return r.Changed
}
