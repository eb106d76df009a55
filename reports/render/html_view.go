package render

import (
	"fmt"
	"html/template"
	"net/url"
	"path"
	"strings"

	"daxbench/reports/chart"
	"daxbench/reports/compare"
	"daxbench/reports/report"
	"daxbench/reports/unit"
)

// Widths at which strings of a page are cut, in columns. A page wraps, so they are wider than on a terminal.
const (
	maxTitle = 160 // and a line of a story
	maxValue = 100 // a cell or a head of a table
)

// warningsShown is how many warnings stand above the verdict; the others are a click away.
const warningsShown = 4

// pageView is a page as the template wants it: every string is clean, every link is made.
type pageView struct {
	Title, Lead string
	Name        string // small, above the title
	Words       []termView
	Compared    []termView
	Security    string
	Style       template.CSS
	Script      template.JS
	Facts       []string
	Contents    []entry
	Policies    []policyView
	Warnings    warningsView
	Verdict     []sentenceView
	Safety      *safetyView
	Kernels     *kernelsView
	Parts       []partView
	Reading     []string
	Origin      []factView
	Files       []fileView
	charts      []*chartView // of all sections
}

// entry is a line of the contents.
type entry struct {
	ID, Title string
	Below     []entry
}

// termView is a word with what it stands for; Look is empty if it is no policy.
type termView struct{ Name, About, Look string }

type policyView struct{ Name, Look string }

type warningsView struct {
	Title       string
	First, Rest []string
}

type sentenceView struct{ Class, Tag, Text string }

type factView struct {
	Name, Value string
	Command     bool
}

type fileView struct{ Href, Path, About string }

// partView is a heading with sections below it.
type partView struct {
	ID, Title string
	Sections  []sectionView
}

type sectionView struct {
	ID, Title, About string
	Does             string
	Named, Fixed     []termView
	Set              string // the names of Fixed
	Sentences        []sentenceView
	Sets             []chartSet
	Tables           []tableView
	Footnotes        []string
}

// newPageView makes the view. Its charts are not drawn yet.
func newPageView(p *report.Page, o HTMLOptions) *pageView {
	a := assets()
	b := viewer{options: o, ids: taken{}, seen: map[string]bool{}, labels: taken{}}
	for _, id := range []string{"content", "verdict", "compared", "warnings", "safety", "kernels", "summary", "each", "reading", "origin", "policies", "said"} {
		b.ids.take(id)
	}
	v := &pageView{
		Title: clean(p.Title, maxTitle), Lead: clean(p.Lead, maxProse), Name: clean(p.Name, maxTitle),
		Words: termsOf(p.Words), Compared: termsOf(p.Compared),
		Security: a.security, Style: a.style, Script: a.script,
		Facts: cleaned(p.Facts, maxProse), Reading: cleaned(p.Reading, maxProse),
		Verdict: b.sentences(p.Verdict),
	}
	v.Warnings.Title = unit.Plural(len(p.Warnings), "warning")
	all := cleaned(p.Warnings, maxProse)
	if len(all) > warningsShown+1 { // never a click for a single one
		v.Warnings.First, v.Warnings.Rest = all[:warningsShown], all[warningsShown:]
	} else {
		v.Warnings.First = all
	}
	for _, part := range []partView{
		{ID: "summary", Title: "Overview", Sections: b.sections(p.Overview, false)},
		{ID: "each", Title: "One by one", Sections: b.sections(p.Groups, true)},
	} {
		if len(part.Sections) > 0 {
			v.Parts = append(v.Parts, part)
		}
	}
	v.Safety, v.Kernels = b.safety(p.Safety), b.kernels(p.Kernels)
	if v.Kernels != nil && len(v.Verdict) == 0 {
		v.Verdict, v.Kernels.Sentences = v.Kernels.Sentences, nil
	}
	for _, f := range p.Origin {
		v.Origin = append(v.Origin, factView{Name: clean(f.Name, maxCell), Value: clean(f.Value, maxCommand), Command: isCommand(f)})
	}
	for _, f := range p.Files {
		v.Files = append(v.Files, fileView{Href: relative(f.Path), Path: clean(f.Path, maxTitle), About: clean(f.About, maxProse)})
	}
	v.Contents, v.Policies, v.charts = contents(v), b.policies, b.charts
	return v
}

// viewer makes the parts of a view.
type viewer struct {
	options  HTMLOptions
	ids      taken
	charts   []*chartView    // of all sections
	policies []policyView    // that tables name, in the order in which they do
	seen     map[string]bool // names in policies
	labels   taken           // of regions
}

// label returns a name for a region, with a number behind it if the page has one of that name.
func (b *viewer) label(section, name string) string {
	return b.labels.take(clean(section+": "+name, maxTitle))
}

// taken are names that are in use, and how often each was asked for.
type taken map[string]int

// take returns the name, or with a number behind it one that nobody has.
func (n taken) take(name string) string {
	for {
		n[name]++
		if n[name] == 1 {
			return name
		}
		if next := fmt.Sprintf("%s-%d", name, n[name]); n[next] == 0 {
			name = next
		}
	}
}

// anchor returns an id that nothing else in the page has. What may not stand in one becomes a dash.
func (b *viewer) anchor(words ...string) string {
	return b.ids.take(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, clean(strings.Join(words, "-"), maxTitle)))
}

// isCommand says whether a fact is something to type.
func isCommand(f report.Fact) bool {
	return strings.HasPrefix(f.Name, "command") || strings.HasSuffix(f.Name, "command")
}

// relative is a path as a link from the page. It stays one whatever is in it.
func relative(file string) string {
	return (&url.URL{Path: "./" + strings.TrimLeft(file, "/")}).String()
}

// contents lists what has a heading.
func contents(v *pageView) (out []entry) {
	add := func(there bool, id, title string) {
		if there {
			out = append(out, entry{ID: id, Title: title})
		}
	}
	add(len(v.Verdict) > 0, "verdict", "Verdict")
	add(len(v.Compared) > 0, "compared", "What was compared")
	add(v.Safety != nil, "safety", "Safety")
	add(v.Kernels != nil, "kernels", "Scenarios on kernels")
	for _, part := range v.Parts {
		e := entry{ID: part.ID, Title: part.Title}
		for _, s := range part.Sections {
			e.Below = append(e.Below, entry{ID: s.ID, Title: s.Title})
		}
		out = append(out, e)
	}
	add(len(v.Reading) > 0, "reading", "How to read it")
	add(len(v.Origin)+len(v.Files) > 0, "origin", "Where it comes from")
	return out
}

// topics are the words and classes of compare's topics.
var topics = map[compare.Topic][2]string{
	compare.Harm:    {"Harm", "harm"},
	compare.Safe:    {"Safe", "safe"},
	compare.Price:   {"Cost", "price"},
	compare.Level:   {"Same", "level"},
	compare.Unknown: {"Undecided", "open"},
	compare.Share:   {"Waits", "level"},
}

// glue keeps together what reads as one: a number and its unit, the bounds of an interval.
func glue(prose string) string {
	list := pieces(prose)
	for i, piece := range list {
		list[i] = strings.ReplaceAll(piece, " ", "\u00a0")
	}
	return strings.Join(list, " ")
}

func (b *viewer) sentences(list []compare.Sentence) (out []sentenceView) {
	for _, s := range list {
		words := topics[s.Topic]
		text := s.Text
		if rest, twice := strings.CutPrefix(text, words[0]+" "); twice { // the tag says it
			text = unit.Capital(rest)
		}
		out = append(out, sentenceView{Tag: words[0], Class: words[1], Text: clean(text, maxProse)})
	}
	return out
}

func (b *viewer) sections(list []report.Section, closer bool) (out []sectionView) {
	for i := range list {
		s := &list[i]
		v := sectionView{
			ID: b.anchor(s.ID), Title: clean(s.Title, maxTitle), About: clean(s.About, maxProse),
			Sentences: b.sentences(s.Sentences), Footnotes: cleaned(s.Footnotes, maxProse),
		}
		v.Does, v.Named, v.Fixed = clean(s.Does, maxProse), termsOf(s.Named), termsOf(s.Fixed)
		v.Set = namesOf(v.Fixed)
		v.Sets = b.sets(s.Charts, v.Title, closer)
		for _, t := range s.Tables {
			v.Tables = append(v.Tables, b.table(t, v.Title))
		}
		out = append(out, v)
	}
	return out
}

// termsOf makes the views of terms.
func termsOf(list []report.Term) (out []termView) {
	for _, t := range list {
		v := termView{Name: clean(t.Name, maxParam), About: clean(t.About, 2*maxTitle)}
		if t.Look != chart.ByPlace {
			v.Look = t.Look.Var()
		}
		out = append(out, v)
	}
	return out
}

// namesOf are the names of terms, in one line.
func namesOf(list []termView) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return strings.Join(names, " ")
}

// cleaned cleans each string.
func cleaned(list []string, limit int) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = clean(s, limit)
	}
	return out
}

// picture is the link to a chart's PNG; empty if there is none.
func (o HTMLOptions) picture(id string) string {
	if o.Charts == "" {
		return ""
	}
	return relative(path.Join(o.Charts, fmt.Sprintf("%s.png", id)))
}
