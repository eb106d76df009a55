package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// wellFormed reads all of an element and returns its text, and the values of its attributes.
func wellFormed(t *testing.T, data []byte) (text string, attributes []xml.Attr) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in %.200s", err, data)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
				if token.Name.Local != "svg" {
					t.Errorf("begins with <%s>", token.Name.Local)
				}
			}
			depth++
			attributes = append(attributes, token.Attr...)
		case xml.EndElement:
			depth--
		case xml.CharData:
			text += string(token)
		case xml.ProcInst, xml.Directive, xml.Comment:
			t.Errorf("%T in an element for a page", token)
		}
	}
	if roots != 1 {
		t.Errorf("%d roots", roots)
	}
	return text, attributes
}

// drawn is the SVG of a chart.
func drawn(t *testing.T, width int, c *Chart) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := SVG(&b, width, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSVG wants what a page needs of a latency chart: a name and a description, colours as variables that Styles
// defines, IDs that differ between widths, no more bytes than it may have, and the same ones again.
func TestSVG(t *testing.T) {
	c := latency(rand.New(rand.NewPCG(1, 1)), names)
	wide, narrow := drawn(t, 760, c), drawn(t, 360, c)
	text, attributes := wellFormed(t, wide)
	for _, want := range append([]string{c.Title, c.Note, "latency", "p99.9", "1 µs", "the harness's own cost"}, names...) {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q", want)
		}
	}
	ids, labelled := make(map[string]bool), ""
	for _, a := range attributes {
		switch a.Name.Local {
		case "id":
			ids[a.Value] = true
			if bytes.Contains(narrow, []byte(`"`+a.Value+`"`)) {
				t.Errorf("ID %q stands in the narrow one as well", a.Value)
			}
		case "aria-labelledby":
			labelled = a.Value
		case "stroke", "fill":
			if a.Value != "none" && !strings.HasPrefix(a.Value, "var(--") {
				t.Errorf("%s=%q is no variable", a.Name.Local, a.Value)
			}
		}
	}
	for _, id := range strings.Fields(labelled) {
		if !ids[id] {
			t.Errorf("labelled by %q, which is not there", id)
		}
	}
	if len(ids) != 2 || labelled == "" {
		t.Errorf("IDs %v, labelled by %q", ids, labelled)
	}
	for _, name := range names {
		if l := LookOf(name); !bytes.Contains(wide, []byte(strings.TrimSuffix(l.Var(), ")")+",")) {
			t.Errorf("nothing has the colour %s of %s", l.Var(), name)
		}
	}
	if most := 15 << 10; len(wide) > most {
		t.Errorf("%d bytes", len(wide))
	}
	if !bytes.Equal(wide, drawn(t, 760, c)) {
		t.Error("differs from the one before")
	}
}

// TestSVGVariables wants each variable of each demo to be defined, for both schemes.
func TestSVGVariables(t *testing.T) {
	light, dark, ok := strings.Cut(Styles(), "@media")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	variable := regexp.MustCompile(`var\((--[a-z0-9-]+)`)
	for _, c := range demos() {
		for _, m := range variable.FindAllStringSubmatch(string(drawn(t, 760, c)), -1) {
			if !strings.Contains(light, m[1]+":#") || !strings.Contains(dark, m[1]+":#") {
				t.Errorf("%s: %s is not defined", c.ID, m[1])
			}
		}
	}
}

// hostile are strings that files may hold.
var hostile = []string{"<script>alert(1)</script>", "\x1b[2J\x00\u202e", `"><img src=x onerror=1>`, "]]>&amp;", "\xff\xfe\ufffe", strings.Repeat("x", 1<<16), strings.Repeat("̈", 1<<10), ""}

// TestSVGOfHostileStrings wants these to be text and nothing else wherever a chart has text.
func TestSVGOfHostileStrings(t *testing.T) {
	for _, s := range hostile {
		for _, c := range demos() {
			c.Title, c.Note, c.X.Title, c.Y.Title = s, s, s, s
			for i := range c.Series {
				c.Series[i].Name = s
			}
			c.Y.Names = append([]string(nil), c.Y.Names...)
			for i := range c.Y.Names {
				c.Y.Names[i] = s
			}
			for i := range c.Marks {
				c.Marks[i].Label = s
			}
			data := drawn(t, 360, c)
			text, attributes := wellFormed(t, data)
			if strings.ContainsAny(text, "\x1b\x00\u202e\ufffe") {
				t.Errorf("%s: %.20q is obeyed", c.ID, s)
			}
			for _, a := range attributes {
				if strings.Contains(a.Value, "alert") || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("%s: %.20q became %v", c.ID, s, a)
				}
			}
			if bytes.Contains(data, []byte("<script")) || bytes.Contains(data, []byte("<img")) {
				t.Errorf("%s: %.20q became an element", c.ID, s)
			}
			if most := 64 << 10; len(data) > most {
				t.Errorf("%s: %.20q makes %d bytes", c.ID, s, len(data))
			}
		}
	}
}

func TestSVGRefuses(t *testing.T) {
	for _, width := range []int{0, -1, maxSide + 1} {
		if err := SVG(io.Discard, width, step()); err == nil {
			t.Errorf("%d pixels were drawn", width)
		}
	}
	c := step()
	c.ID = `x" onload="`
	if err := SVG(io.Discard, 760, c); !errors.Is(err, ErrName) {
		t.Errorf("%q: %v", c.ID, err)
	}
	if err := SVG(io.Discard, 760, new(Chart)); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	drawn(t, 1, step())
}

// TestSVGFile wants title and note to be drawn, as text, in a picture that has a size and a ground of its own.
func TestSVGFile(t *testing.T) {
	c := forest()
	var alone bytes.Buffer
	if err := SVGFile(&alone, 760, c); err != nil {
		t.Fatal(err)
	}
	said := func(svg []byte) (title, note bool) {
		list, _, _ := writings(t, svg)
		for _, w := range list {
			title, note = title || w.text == c.Title, note || w.text == c.Note
		}
		return title, note
	}
	if title, note := said(alone.Bytes()); !title || !note {
		t.Errorf("title %t, note %t", title, note)
	}
	if title, note := said(drawn(t, 760, c)); title || note {
		t.Errorf("in a page: title %t, note %t", title, note)
	}
	if !bytes.Contains(alone.Bytes(), []byte(`width="760" height="`)) || !bytes.Contains(alone.Bytes(), []byte("background:#ffffff")) {
		t.Errorf("%.300s", alone.Bytes())
	}
	wellFormed(t, alone.Bytes())
}
