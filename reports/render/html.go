package render

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"

	"daxbench/reports/chart"
	"daxbench/reports/report"
)

// HTMLOptions say how a page, of HTML or of Markdown, is linked to what lies beside it.
type HTMLOptions struct {
	Charts string // folder with a PNG per chart, relative to the page; empty: there is none to link to
}

// pageFiles are the template of a page, its style sheet and its script. The script only adds: what it finds nothing of in
// a page is not missed.
//
//go:embed page
var pageFiles embed.FS

// pageAssets are what is the same in every page.
type pageAssets struct {
	template *template.Template
	style    template.CSS
	script   template.JS
	security string // the Content-Security-Policy
}

// assets reads them once: most commands write no page.
var assets = sync.OnceValue(func() *pageAssets {
	style, script := Tokens()+pageFile("page.css"), pageFile("page.js")
	return &pageAssets{
		template: template.Must(template.New("").Funcs(template.FuncMap{"glue": glue}).Parse(pageFile("page.html"))),
		style:    template.CSS(style),
		script:   template.JS(script),
		security: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
			sourceHash(style), sourceHash(script)),
	}
})

// Tokens are the custom properties of CSS that pages are made with: colours, sizes, and the looks of charts and policies.
func Tokens() string { return pageFile("tokens.css") + chart.Styles() }

func pageFile(name string) string {
	data, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the program was built without it
	}
	return string(data)
}

// sourceHash names an inline style sheet or script in a Content-Security-Policy. No other one is obeyed, whatever gets
// into the page.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// HTML writes a page as one self-contained HTML file. It needs no network and no script, and the same page gives the same
// bytes. A chart that cannot be drawn is replaced by the reason.
func HTML(w io.Writer, p *report.Page, o HTMLOptions) error {
	v := newPageView(p, o)
	drawAll(v.charts)
	var out bytes.Buffer
	if err := assets().template.ExecuteTemplate(&out, "page", v); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}
