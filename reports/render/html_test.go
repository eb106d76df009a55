package render

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daxbench/reports/compare"
	"daxbench/reports/report"
)

func htmlOf(t testing.TB, p *report.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, p, HTMLOptions{Charts: "charts"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Parts of a page that are held to what they should be by other tests than the golden.
var (
	stylePart  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scriptPart = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	drawnPart  = regexp.MustCompile(`(?s)<svg [^>]*role="img".*?</svg>\n`)
)

func TestPageGolden(t *testing.T) {
	got := htmlOf(t, examplePage())
	got = stylePart.ReplaceAllString(got, "<style>…</style>")
	got = scriptPart.ReplaceAllString(got, "<script>…</script>")
	got = regexp.MustCompile(`&#39;sha256-.*?&#39;`).ReplaceAllString(got, "…")
	golden(t, "page.html.golden", drawnPart.ReplaceAllString(got, "<svg>…</svg>"))

	var b bytes.Buffer
	if err := PageMarkdown(&b, examplePage(), HTMLOptions{Charts: "charts"}); err != nil {
		t.Fatal(err)
	}
	golden(t, "page.markdown.golden", b.String())
}

func TestPageRepeats(t *testing.T) {
	first, second := htmlOf(t, hostilePage()), htmlOf(t, hostilePage())
	if first != second {
		t.Error("the same page gave other bytes")
	}
}

func TestPageHolds(t *testing.T) {
	for name, p := range map[string]*report.Page{"example": examplePage(), "hostile": hostilePage(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			page := htmlOf(t, p)
			for _, problem := range problems(page) {
				t.Error(problem)
			}
			if len(page) > 2200<<10 { // one of the long strings of the hostile page has 1.3 MB
				t.Errorf("the page has %d bytes", len(page))
			}
			if t.Failed() {
				os.WriteFile(t.ArtifactDir()+"/page.html", []byte(page), 0o666)
			}
		})
	}
}

// TestProblems shows the checker pages with one of each mistake.
func TestProblems(t *testing.T) {
	page := htmlOf(t, examplePage())
	for name, c := range map[string][2]string{
		"a script":             {"<h1>", `<script>alert(1)</script><h1>`},
		"another style":        {"<h1>", `<style>*{}</style><h1>`},
		"another script":       {`"use strict";`, `"use strict"; alert(1);`},
		"an event handler":     {"<h1>", `<h1 onclick="alert(1)">`},
		"a style attribute":    {"<h1>", `<h1 style="color:red">`},
		"an image":             {"<h1>", `<img src="x"/><h1>`},
		"a scheme":             {`href="./results.txt"`, `href="javascript:x"`},
		"another host":         {`href="./results.txt"`, `href="//example.com/"`},
		"a dangling link":      {`href="#verdict"`, `href="#nowhere"`},
		"an id twice":          {`id="verdict"`, `id="safety"`},
		"a heading left out":   {"<h3", "<h5"},
		"no caption":           {"<caption>", "<p>"},
		"a head without scope": {`scope="col"`, ""},
		"a region without name": {
			`tabindex="0" aria-label="Policies and hazards"`, `tabindex="0"`},
		"an escape":   {"Nightly", "\x1b[31m"},
		"bidi":        {"Nightly", "\u202e"},
		"no language": {`lang="en"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(page, c[0], c[1], 1)
			if bad == page {
				t.Fatalf("the page has no %s", c[0])
			}
			if name == "no caption" {
				bad = strings.Replace(bad, "</caption>", "</p>", 1)
			}
			if len(problems(bad)) == 0 {
				t.Error("nothing was found")
			}
		})
	}
}

// elements are those that a page is made of.
var elements = strings.Fields(`html head meta link title style body script a header h1 h2 h3 p ul ol li nav svg circle main section div table caption
	thead tbody tr th td dl dt dd small span b i details summary pre code figure figcaption desc path rect g line polyline polygon text tspan defs clipPath use image`)

// problems returns what is wrong with a page.
func problems(page string) (out []string) {
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, part := range []struct {
		name string
		at   *regexp.Regexp
		want string
	}{{"style", stylePart, string(assets().style)}, {"script", scriptPart, string(assets().script)}} {
		all := part.at.FindAllStringSubmatch(page, -1)
		if len(all) != 1 || all[0][1] != part.want || strings.Count(page, "<"+part.name) != 1 {
			bad("the %s is not the one", part.name)
		}
		if !strings.Contains(page, "sha256-") || !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), sourceHash(part.want)) {
			bad("the policy does not allow the %s", part.name)
		}
		page = part.at.ReplaceAllString(page, "<"+part.name+"></"+part.name+">")
	}
	for _, r := range page {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffd {
			bad("character %U", r)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids, links, labels := map[string]bool{}, []string{}, map[string]bool{}
	level, captions, tables := 0, 0, 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad("%v", err)
			break
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		name, attributes := e.Name.Local, map[string]string{}
		if !slices.Contains(elements, name) {
			bad("element %q", name)
		}
		for _, a := range e.Attr {
			key := a.Name.Local
			attributes[key] = a.Value
			switch {
			case strings.HasPrefix(strings.ToLower(key), "on"), key == "style", key == "src", key == "srcset", key == "action":
				bad("<%s %s=%q>", name, key, a.Value)
			case key == "id" && ids[a.Value]:
				bad("id %q stands twice", a.Value)
			case key == "id":
				ids[a.Value] = true
			case key == "href" && strings.HasPrefix(a.Value, "#"):
				links = append(links, a.Value[1:])
			case key == "href" && !strings.HasPrefix(a.Value, "./") && a.Value != "data:," && !(name == "image" && strings.HasPrefix(a.Value, "data:image/png;base64,")):
				bad("link to %q", a.Value)
			case key == "aria-labelledby":
				links = append(links, strings.Fields(a.Value)...)
			}
		}
		switch name {
		case "html":
			if attributes["lang"] == "" {
				bad("no language")
			}
		case "h1", "h2", "h3", "h4", "h5", "h6":
			if n := int(name[1] - '0'); n > level+1 {
				bad("<%s> below h%d", name, level)
			} else {
				level = n
			}
		case "caption":
			captions++
		case "table":
			tables++
		case "th":
			if attributes["scope"] == "" {
				bad("<th> without scope")
			}
		case "div":
			if attributes["role"] == "region" {
				if label := attributes["aria-label"]; label == "" || labels[label] {
					bad("region named %q", label)
				}
				labels[attributes["aria-label"]] = true
			}
		}
	}
	if captions != tables {
		bad("%d captions of %d tables", captions, tables)
	}
	for _, id := range links {
		if !ids[id] {
			bad("nothing has the id %q", id)
		}
	}
	return out
}

// TestPageWithoutChart holds that a chart that cannot be drawn costs the page that chart.
func TestPageWithoutChart(t *testing.T) {
	p := examplePage()
	p.Groups[0].Charts = append(p.Groups[0].Charts, exampleChart())
	p.Groups[0].Charts[0].Series[1].Pieces[0][2].Y = math.NaN()
	page := htmlOf(t, p)
	if strings.Count(page, "Not drawn: a value that no axis can show") != 1 || strings.Count(page, `<div class="wide"><svg`) != 1 {
		t.Error("one chart is to be drawn, and of the other the reason told")
	}
	if strings.Contains(page, "charts/cost-evict-storm.png") == strings.Contains(page, "NaN is") {
		t.Error("the picture of the chart that is drawn is to be linked")
	}
}

// TestPageMarkdownHostile holds that no string ends what it stands in: each line is one that the writer began.
func TestPageMarkdownHostile(t *testing.T) {
	var b bytes.Buffer
	if err := PageMarkdown(&b, hostilePage(), HTMLOptions{Charts: "charts"}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if n := len(text); n > 2<<20 {
		t.Errorf("%d bytes", n)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "    ") { // a command: nothing in it has a meaning
			line = ""
		}
		if strings.ContainsAny(line, "<>\x1b\u202e") && !strings.HasPrefix(line, "> **Warning:**") {
			t.Errorf("%q", line)
		}
	}
	if strings.Contains(text, "](javascript:") {
		t.Error("a link that runs")
	}
}

func BenchmarkHTML(b *testing.B) {
	p := examplePage()
	for range 13 {
		p.Groups = append(p.Groups, p.Groups[0])
	}
	for b.Loop() {
		if err := HTML(io.Discard, p, HTMLOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTagsAreNotRepeated: a sentence that begins with the word of its tag goes on behind it.
func TestTagsAreNotRepeated(t *testing.T) {
	b := viewer{}
	for text, want := range map[string]string{
		"Undecided against dax-only: none +3 %.": "Against dax-only: none +3 %.", "Of 39 comparisons 36 are undecided.": "Of 39 comparisons 36 are undecided.",
		"Undecided": "Undecided",
	} {
		if got := b.sentences([]compare.Sentence{{Topic: compare.Unknown, Text: text}})[0]; got.Tag != "Undecided" || got.Text != want {
			t.Errorf("%q: %q %q, want %q", text, got.Tag, got.Text, want)
		}
	}
}
