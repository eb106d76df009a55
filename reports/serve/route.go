package serve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"daxbench/reports/folder"
	"daxbench/reports/kernels"
	"daxbench/reports/safety"
)

// Names below the address of a run. Its own page has none.
const (
	runPrefix  = "/run/"
	reportName = "report.html" // made anew, whatever lies in the folder under that name
	eventsName = "events"      // how far it has come, as server-sent events
)

// ServeHTTP implements http.Handler. Paths are compared as they are, and nothing is redirected.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if status, reason := guard(r); status != 0 {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		http.Error(w, reason, status)
		return
	}
	switch p := r.URL.Path; {
	case p == "/":
		s.serveIndex(w, r)
	case assets()[p].kind != "":
		s.serveAsset(w, r, assets()[p])
	case strings.HasPrefix(p, runPrefix):
		s.serveRun(w, r, strings.TrimPrefix(p, runPrefix))
	default:
		s.notShown(w, r)
	}
}

// address is the path of something of a run, as it stands in links: dir is relative to the tree.
func address(dir, name string) string {
	if dir != "." {
		name = dir + "/" + name
	}
	return (&url.URL{Path: runPrefix + name}).EscapedPath()
}

// serveRun answers for what is below the address of a run. What has no slash at its end is something in a folder.
func (s *Server) serveRun(w http.ResponseWriter, r *http.Request, rest string) {
	dir, name := ".", rest
	if i := strings.LastIndexByte(rest, '/'); i >= 0 {
		dir, name = rest[:i], rest[i+1:]
	}
	if path.Ext(name) == ".png" && path.Base(dir) == chartsName && !s.isRun(dir) {
		dir, name = path.Dir(dir), chartsName+"/"+name
	}
	switch {
	case !s.isRun(dir):
		s.notShown(w, r)
	case name == "":
		s.serveFolder(w, r, dir)
	case name == reportName:
		s.serveReport(w, r, dir)
	case name == eventsName:
		s.serveEvents(w, r, dir)
	default:
		s.serveFile(w, r, dir, name)
	}
}

// isRun says whether a path is that of a folder that the index may list.
func (s *Server) isRun(dir string) bool {
	if !shown(dir) || strings.Count(dir, "/") >= maxDepth {
		return false
	}
	for _, name := range marks {
		if info, err := s.tree.root.Lstat(path.Join(dir, name)); err == nil && !info.IsDir() {
			_, err := s.tree.lookAt(dir)
			return err == nil
		}
	}
	return false
}

// notShown answers for what is not there. It does not say whether there is a file of that name.
func (s *Server) notShown(w http.ResponseWriter, r *http.Request) {
	s.say(w, r, http.StatusNotFound, "Nothing here", "There is no such run or file, or it is none that is shown.")
}

// say answers with a page that has a few words on it.
func (s *Server) say(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	s.show(w, r, status, "words", &wordsView{Title: title, Text: text})
}

// serveIndex lists the runs.
func (s *Server) serveIndex(w http.ResponseWriter, r *http.Request) {
	o, err := s.overview(r.Context())
	if err != nil {
		return // the browser has gone, or the server is being stopped
	}
	s.show(w, r, http.StatusOK, "index", s.newIndexView(o))
}

// serveFolder shows what there is of a run.
func (s *Server) serveFolder(w http.ResponseWriter, r *http.Request, dir string) {
	one := s.look(dir, readHolders())
	if _, known := s.verdict(one); !known && r.Method == http.MethodGet {
		if s.judgeOne(r.Context(), one) != nil {
			return
		}
	} else {
		s.judge(r.Context(), one)
	}
	s.show(w, r, http.StatusOK, "run", s.newRunView(one))
}

// judgeOne is judge, when it is the turn of this request to read a whole run.
func (s *Server) judgeOne(ctx context.Context, one *run) error {
	select {
	case s.index <- struct{}{}:
		defer func() { <-s.index }()
	case <-ctx.Done():
		return ctx.Err()
	}
	s.judge(ctx, one)
	return ctx.Err()
}

// serveReport makes the report of a run, or shows it as it was made from the same files.
func (s *Server) serveReport(w http.ResponseWriter, r *http.Request, dir string) {
	html, err := s.report(r.Context(), dir)
	var none *noReport
	switch {
	case r.Context().Err() != nil:
		return
	case errors.As(err, &none):
		s.say(w, r, http.StatusConflict, "No report yet", none.why)
		return
	case err != nil:
		s.say(w, r, http.StatusUnprocessableEntity, "There is no report of this run", s.short(err))
		return
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	write(w, r, http.StatusOK, html)
}

// noReport says why there is nothing to make a report from.
type noReport struct{ why string }

func (e *noReport) Error() string { return e.why }

// report returns the report of a run. One is made at a time.
func (s *Server) report(ctx context.Context, dir string) ([]byte, error) {
	select {
	case s.builder <- struct{}{}:
		defer func() { <-s.builder }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	one := s.look(dir, readHolders())
	switch {
	case one.State == damaged && one.Trouble != errSize.Error():
		return nil, errors.New(one.Trouble)
	case one.head != nil && one.Rounds == 0:
		return nil, &noReport{"No round is complete yet. A report shows whole rounds."}
	}
	if html, ok := s.pages.get(dir, one.files.stamp); ok {
		return html, nil
	}
	html, err := s.Report(ctx, s.folderOf(dir), s.name(dir))
	if err == nil {
		s.pages.put(dir, one.files.stamp, html, len(html))
	}
	return html, err
}

// files are the names of raw files that are shown: what a report comes from. Pictures are shown as well, and the results of
// storms in the record of a baseline, which has a file for each.
var files = []string{folder.ResultsName, folder.ManifestName, safety.LitmusName, safety.VerifyName, kernels.Name}

// raw lists the files of a run that are shown.
func (r *run) raw() (names []string) {
	for _, name := range r.files.texts {
		storm, isText := strings.CutSuffix(name, ".txt")
		if slices.Contains(files, name) || isText && r.head != nil && slices.Contains(r.Storms, storm) {
			names = append(names, name)
		}
	}
	return append(names, r.files.charts...)
}

// serveFile sends a raw file, as text or as a picture.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, dir, name string) {
	one := s.look(dir, nil)
	if !slices.Contains(one.raw(), name) {
		s.notShown(w, r)
		return
	}
	f, info, err := s.tree.open(path.Join(dir, name))
	if err != nil {
		s.notShown(w, r)
		return
	}
	defer f.Close()
	kind := "text/plain; charset=utf-8"
	if path.Ext(name) == ".png" {
		kind = "image/png"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", rawPolicy)
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// write sends a whole answer.
func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // an error means that nobody reads it
	}
}

// serveAsset sends the style sheet, the script or the icon.
func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request, a asset) {
	w.Header().Set("Content-Type", a.kind)
	write(w, r, http.StatusOK, a.data)
}
