package serve

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"daxbench/reports/chart"
	"daxbench/reports/render"
	"daxbench/reports/unit"
)

// pageFiles are the templates, the style sheet, the script, which only adds, and the icon.
//
//go:embed page
var pageFiles embed.FS

// An asset is a file that is the same for all pages.
type asset struct {
	kind string // media type
	data []byte
}

// assets are the assets by path. Colours and sizes are those of reports.
var assets = sync.OnceValue(func() map[string]asset {
	return map[string]asset{
		"/style.css": {"text/css; charset=utf-8", append([]byte(render.Tokens()), pageFile("style.css")...)},
		"/live.js":   {"text/javascript; charset=utf-8", pageFile("live.js")},
		"/icon.svg":  {"image/svg+xml", pageFile("icon.svg")},
	}
})

var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Parse(string(pageFile("pages.html"))))
})

func pageFile(name string) []byte {
	data, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the program was built without it
	}
	return data
}

// show sends a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, view any) {
	var out bytes.Buffer
	if err := templates().ExecuteTemplate(&out, name, view); err != nil {
		panic(err) // a template that does not fit its view
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	write(w, r, status, out.Bytes())
}

// maxPath is how many columns of a path are shown.
const maxPath = 120

// wordsView is a page with a few words.
type wordsView struct{ Title, Text string }

// indexView is the index.
type indexView struct {
	Title   string
	Runs    []runView
	Counts  []string // "3 runs", "1 running"
	Open    int
	Refresh int // seconds after which the page is to be loaded again; 0: not
	Cut     string
}

// runView is a run, in the index or on its own page.
type runView struct {
	Name, Href, Events string
	ReportHref         string // whether there is one or not yet
	Report             string // empty if there is none
	State              state
	Meaning            string
	Live               bool
	Date, Machine      string
	At                 string // Date as RFC 3339
	Storms             string
	Policies           []policyView
	Took, Progress     string
	Written            string // when run.json was, to the second
	Progressing        *progress
	Verdict            string
	Facts              []fact
	Files              []link
	Charts             []link
}

type policyView struct {
	Name, Colour string
}

type fact struct{ Name, Value string }

type link struct{ Name, Href string }

// newIndexView lays the index out.
func (s *Server) newIndexView(o *overview) *indexView {
	v := &indexView{Title: s.name("."), Open: o.Open, Cut: o.Cut}
	if o.Open > 0 {
		v.Refresh = 1
	}
	count := make(map[state]int)
	for _, r := range o.Runs {
		count[r.State]++
		v.Runs = append(v.Runs, *s.newRunView(r))
	}
	v.Counts = append(v.Counts, unit.Plural(len(o.Runs), "run"))
	for _, st := range []state{running, silent, interrupted, failed, damaged} {
		if count[st] > 0 {
			v.Counts = append(v.Counts, fmt.Sprintf("%d %s", count[st], st))
		}
	}
	return v
}

// name is what a run is called: by its path, or as the folder is that is shown.
func (s *Server) name(dir string) string {
	if dir == "." {
		dir = filepath.Base(s.tree.dir)
	}
	return render.Clean(dir, maxPath)
}

// newRunView lays a run out.
func (s *Server) newRunView(r *run) *runView {
	v := &runView{
		Name: s.name(r.Dir), Href: address(r.Dir, ""), Events: address(r.Dir, eventsName), ReportHref: address(r.Dir, reportName), State: r.State, Live: r.State == running,
		Verdict: r.Verdict, Progressing: newProgress(r),
	}
	v.Meaning = v.Progressing.Meaning
	v.Date, v.At = date(r.began())
	v.Written = r.Changed.UTC().Format("2006-01-02 15:04:05 UTC")
	if h := r.head; h != nil {
		s.addHead(v, r, h)
	}
	if r.State == played {
		v.Report = v.ReportHref
	}
	if r.files == nil {
		return v
	}
	for _, name := range r.raw() {
		l := link{render.Clean(name, maxPath), address(r.Dir, name)}
		if strings.HasSuffix(name, ".png") {
			v.Charts = append(v.Charts, l)
		} else {
			v.Files = append(v.Files, l)
		}
	}
	return v
}

// addHead adds what run.json says.
func (s *Server) addHead(v *runView, r *run, h *head) {
	if h.Rounds > 0 && r.State != damaged {
		v.Report = v.ReportHref
	}
	v.Machine, v.Storms, v.Progress = h.Machine, strings.Join(h.Storms, ", "), roundsOf(h)
	if !h.Ended.IsZero() && h.Ended.After(h.Started) && !h.Started.IsZero() {
		v.Took = unit.Elapsed(h.Ended.Sub(h.Started))
	}
	for _, p := range h.Policies {
		v.Policies = append(v.Policies, policyView{p, chart.LookOf(p).Var()})
	}
	for _, f := range []fact{
		{"Command", h.Command}, {"Seed", fmt.Sprint(h.Seed)}, {"Machine", h.Machine}, {"Began", v.Date}, {"Took", v.Took},
		{"Program", strings.TrimSpace(h.Tool + " " + h.Commit)},
	} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
}

// roundsOf is how many rounds are complete.
func roundsOf(h *head) string {
	if h.Rounds >= h.Of {
		return unit.Plural(h.Rounds, "round")
	}
	return fmt.Sprintf("%d of %s", h.Rounds, unit.Plural(h.Of, "round"))
}

func date(t time.Time) (text, exact string) {
	if t.IsZero() {
		return "", ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC"), t.UTC().Format(time.RFC3339)
}
